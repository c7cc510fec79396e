"""A textbook market for known answers: no feedback, no frictions, a continuous calendar; overrides on top."""

from __future__ import annotations

from typing import Any

from scenarios.reading.loading import from_dict
from scenarios.scenario import Scenario

FREE = {
    "half_spread": 0.0,
    "impact": 0.0,
    "depth": 1e12,
    "depth_floor": 1.0,
    "capacity": 1e6,
    "slope": 0.0,
    "halts": [],
}

MAKER = {"type": "MarketMaker", "capital": 1e12, "quoting": {"inventory_skew": 0.0, "funding_days": 0.0}}


def textbook(
    *,
    book: list[dict[str, Any]] | None = None,
    steps: int = 52,
    anchors: list[dict[str, Any]] | None = None,
    vol: float = 0.2,
    rate: float = 0.0,
    market: dict[str, Any] | None = None,
    asset: dict[str, Any] | None = None,
    feedback: dict[str, Any] | None = None,
    policy: dict[str, Any] | None = None,
    agents: dict[str, Any] | None = None,
    run: dict[str, Any] | None = None,
    minutes: int | None = None,
    clock: dict[str, Any] | None = None,
    credit: dict[str, Any] | None = None,
) -> Scenario:
    """One hedger in a Black-Scholes world of S = 100 over one year (364 days) of `steps` equal ticks.

    clock: in place of those ticks.
    """
    level = {"spot": 100.0, "vol": vol, "overnight": rate, "us2y": rate, "us10y": rate, "credit": 0.0}
    cut = dict.fromkeys(("leverage", "spread", "depth", "impact", "credit", "margin", "rates_vol"), 0.0)
    rates = {"vol_us2y": 0.0, "vol_us10y": 0.0}
    smooth = {"dispersion": 1.0, "realised_ratio": 1.0, "xi": 0.0, "rho": 0.0, "skew": 0.0, "term_reversion": 0.0}
    hedger = {
        "type": "Hedger",
        "capital": 1e6,
        "policy": policy or {"kind": "every", "interval": "tick"},
        "book": book or [],
    }
    return from_dict(
        {
            "name": "textbook",
            "clock": clock or {"calendar": "continuous", "tick_minutes": minutes or 364 * 1440 // steps},
            "market": {**smooth, "day_count": "continuous", "rates": rates, **(market or {})},
            "venue": {"asset": {**FREE, **(asset or {})}},
            "feedback": {**cut, **(feedback or {})},
            "credit": credit or {},
            "storyline": {"anchor": anchors or [{"date": "2020-01-01", **level}, {"date": "2020-12-30", **level}]},
            "agents": agents or {"hedger": hedger, "maker": MAKER, "bank": {"type": "FundingDesk", "line": 1e12}},
            "run": {"paths": 2048, "twin": "none", "witnesses": 0, **(run or {})},
        },
        as_given=True,  # textbooks halve a price in a day
    )
