"""What a risk figure of a run is conditional on: said beside every VaR and expected shortfall."""

from __future__ import annotations

OVER_THE_RUN = "over the run, given this storyline"  # horizon: the whole run; condition: its one storyline
ANY_STORYLINE = "over the run, given any of these storylines"  # of several scenarios thrown together
