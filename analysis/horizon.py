"""Horizon and condition of risk figures: shown beside every VaR and expected shortfall."""

from __future__ import annotations

OVER_THE_RUN = "over the run, given this storyline"  # horizon: the whole run; condition: its one storyline
BY_CRISIS = "over the run, given the row's storyline, or for any crisis one of them"  # in tables of several scenarios
