"""Tables that the market writes."""

from __future__ import annotations

from dataclasses import replace

from sim.columns import Column, Table

VENUE = Column("venue", "Venue", kind="text")
LEVELS = (
    Column("mid", "Mid", "price"),  # of a swap venue its par rate
    Column("vol", "Implied vol", "vol"),
    Column("half_spread", "Half-spread", "rate"),  # share of mid; of a swap venue in its rate
    Column("depth", "Depth", "$"),
    Column("impact", "Displacement by trades", "share"),  # of a swap venue in its rate
    Column("realised_vol", "Realised vol", "vol"),
    Column("credit", "Credit spread", "rate"),
    Column("credit_index", "Credit index", "rate"),
    Column("overnight", "Overnight rate", "rate"),
    Column("us2y", "2Y zero rate", "rate"),
    Column("us10y", "10Y zero rate", "rate"),
    Column("loop_gain", "Loop gain", "gain"),
    Column("gain_vanna", "Loop gain through vol", "gain"),
    Column("gain_all", "Loop gain in all", "gain"),
)

MARKET = Table("market", (VENUE, *LEVELS))
SPOT = replace(LEVELS[0], label="Spot")
VARIANCE = Column("tick_variance", "Sum of squared returns of the day's ticks")
CLOSES = Table("closes", (VENUE, SPOT, *LEVELS[1:], VARIANCE))
QUOTES = Table(
    "quotes",
    (
        Column("maker", "Maker", kind="text"),
        VENUE,
        Column("half_spread", "Half-spread", "rate"),
        Column("skew", "Skew", "rate"),
        Column("depth", "Depth", "$"),
        Column("inventory", "Inventory", "$"),
    ),
)
TRADES = Table(
    "trades",
    (
        Column("taker", "Taker", kind="text"),
        VENUE,
        Column("requested", "Ordered"),
        Column("quantity", "Filled"),
        Column("price", "Price", "price"),
        Column("mid", "Mid", "price"),
        Column("spread_cost", "Cost of spread and skew", "$"),
        Column("impact_cost", "Cost of the walk", "$"),
    ),
)
EVENTS = Table(
    "events",
    (Column("kind", "Event", kind="text"), Column("subject", "Of whom", kind="text"), Column("value", "Value")),
)
PEAKS = Table(
    "peaks",
    (
        Column("low_mid", "Lowest price", "price"),
        Column("high_mid", "Highest price", "price"),
        Column("peak_vol", "Peak implied vol", "vol"),
        Column("peak_half_spread_multiple", "Peak spread, multiple of base", "multiple"),
        Column("low_depth_multiple", "Lowest depth, share of base", "share"),
        Column("peak_credit", "Peak credit spread", "rate"),
        Column("peak_loop_gain", "Peak loop gain", "gain"),
        Column("low_us10y", "Lowest 10Y zero rate", "rate"),
        Column("high_us10y", "Highest 10Y zero rate", "rate"),
        Column("low_us2y", "Lowest 2Y zero rate", "rate"),
        Column("high_us2y", "Highest 2Y zero rate", "rate"),
    ),
    timeless=True,
)
TABLES = (MARKET, CLOSES, QUOTES, TRADES, EVENTS, PEAKS)
