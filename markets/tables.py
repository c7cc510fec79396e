"""Tables that the market writes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from markets.specs.bond_future import future_columns
from markets.specs.rates import RateSpec
from markets.specs.rates_vol import RatesVolSpec
from markets.specs.repo import RepoSpec
from markets.specs.variable import FX, Variable
from sim.columns import Column, Table

VENUE = Column("venue", "Venue", kind="text")
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
    rows="every maker and venue at every tick, on the witness paths alone",
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
    rows="every order, on the witness paths alone",
)
EVENTS = Table(
    "events",
    (Column("kind", "Event", kind="text"), Column("subject", "Of whom", kind="text"), Column("value", "Value")),
    rows="every event, on all paths",
)


SURFACE = (
    Column("vol_slope", "Slope of vols"),  # ln of 3-month over 30-day vol, beyond the term response
    Column("smile_skew", "Skew of the smile"),
)


def market_tables(rates: RateSpec, further: tuple[Variable, ...] = (), *, surface: bool = False) -> tuple[Table, ...]:
    """The tables of a market with this curve, vol of rates and surface of vols if declared, and further variables."""
    mid, *levels = _levels(rates, further, surface)
    variance = Column("tick_variance", "Sum of squared returns of the day's ticks")
    return (
        Table("market", (VENUE, mid, *levels), rows="every venue at every tick, on the witness paths alone"),
        Table(
            "closes",
            (VENUE, replace(mid, label="Spot"), *levels, variance),
            rows="the main asset at every close, on all paths",
        ),
        QUOTES,
        TRADES,
        EVENTS,
        Table("peaks", tuple(_peaks(rates)), timeless=True, rows="one a path: the worst of all ticks"),
    )


def _levels(rates: RateSpec, further: tuple[Variable, ...], surface: bool) -> tuple[Column, ...]:
    return (
        Column("mid", "Mid", "price"),  # of a swap venue its par rate
        Column("vol", "Implied vol", "vol"),
        Column("half_spread", "Half-spread", "rate"),  # share of mid; of a swap venue in its rate
        Column("depth", "Depth", "$"),
        Column("impact", "Displacement by trades", "share"),  # of a swap venue in its rate
        Column("realised_vol", "Realised vol", "vol"),
        Column("credit", "Credit spread", "rate"),
        Column("credit_index", "Credit index", "rate"),
        *(Column(node.name, node.label, "rate") for node in rates.curve),
        *([Column("rates_vol", "Rates vol", "rate")] if rates.vol else []),
        *(SURFACE if surface else ()),
        *(Column(each.name, each.label, "price" if each.family == FX else "rate") for each in further),
        *_lending(rates),
        Column("loop_gain", "Loop gain", "gain"),
        Column("gain_vanna", "Loop gain through vol", "gain"),
        Column("gain_all", "Loop gain in all", "gain"),
        Column("spectral_radius", "Spectral radius of the loop gains", "gain"),  # of all venues together
    )


def _lending(rates: RateSpec) -> Iterator[Column]:
    """What bonds in repo and their futures are traded and lent on, where they are declared."""
    if rates.repo:
        yield Column("haircut", "Haircut of bonds in repo", "share")
    for name in rates.futures:
        basis, margin = future_columns(name)
        yield Column(basis, f"Basis of {name}", "price")
        yield Column(margin, f"Margin of {name}", "share")


def _peaks(rates: RateSpec) -> list[Column]:
    """Rates are those of the nodes behind the first, the longest first."""
    levels = [
        Column(f"{side}_{node.name}", f"{word} {node.label}", "rate")
        for node in reversed(rates.curve[1:])
        for side, word in (("low", "Lowest"), ("high", "Highest"))
    ]
    return [
        Column("low_mid", "Lowest price", "price"),
        Column("high_mid", "Highest price", "price"),
        Column("peak_vol", "Peak implied vol", "vol"),
        Column("peak_half_spread_multiple", "Peak spread, multiple of base", "multiple"),
        Column("low_depth_multiple", "Lowest depth, share of base", "share"),
        Column("peak_credit", "Peak credit spread", "rate"),
        Column("peak_loop_gain", "Peak loop gain", "gain"),
        Column("peak_spectral_radius", "Peak spectral radius", "gain"),
        *levels,
        *([Column("peak_rates_vol", "Peak rates vol", "rate")] if rates.vol else []),
    ]


# With every column that has no name of a scenario in it.
TABLES = market_tables(RateSpec(repo={"usd": RepoSpec()}, vol={"usd": RatesVolSpec()}))
