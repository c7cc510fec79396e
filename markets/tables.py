"""Tables that the market writes."""

from __future__ import annotations

from sim.eventlog import Table

LEVELS = dict.fromkeys(
    (
        "mid",
        "vol",
        "half_spread",
        "depth",
        "impact",
        "realised_vol",
        "credit",
        "credit_index",
        "overnight",
        "us2y",
        "us10y",
        "loop_gain",
        "gain_vanna",
        "gain_all",
        "spectral_radius",
    ),
    "f",
)

# What trading costs, by part: ledger reasons of every fill, and columns of the desks' marks. The walk of the price is
# split: who is on the side of the net order pays it, who trades against it gains it.
TRADING_COSTS = ("spread_cost_calm", "spread_cost_crisis", "impact_cost", "netting_gain")

MARKET = Table("market", {"venue": "s", **LEVELS})
CLOSES = Table("closes", {"venue": "s", **LEVELS, "tick_variance": "f"})
QUOTES = Table("quotes", {"maker": "s", "venue": "s", "half_spread": "f", "skew": "f", "depth": "f", "inventory": "f"})
TRADES = Table(
    "trades",
    {
        "taker": "s",
        "venue": "s",
        **dict.fromkeys(("requested", "quantity", "price", "mid", "spread_cost", "impact_cost"), "f"),
    },
)
EVENTS = Table("events", {"kind": "s", "subject": "s", "value": "f"})
PEAKS = Table(
    "peaks",
    dict.fromkeys(
        (
            "low_mid",
            "high_mid",
            "peak_vol",
            "peak_half_spread_multiple",
            "low_depth_multiple",
            "peak_credit",
            "peak_loop_gain",
            "peak_spectral_radius",
            "low_us10y",
            "high_us10y",
            "low_us2y",
            "high_us2y",
        ),
        "f",
    ),
    timeless=True,
)
TABLES = (MARKET, CLOSES, QUOTES, TRADES, EVENTS, PEAKS)
