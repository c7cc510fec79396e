"""The table of a desk's book, position by position."""

from __future__ import annotations

from sim.columns import Column, Table

AGENT = Column("agent", "Agent", kind="text")
VALUED = (  # a position
    Column("value", "value", "$"),
    Column("delta_dollars", "delta", "$"),
    Column("gamma_dollars_1pct", "gamma 1 %", "$"),
    Column("vega_point", "vega/pt", "$"),
    Column("theta_day", "theta/day", "$"),
    Column("dv01", "DV01", "$"),
)
BOOK = Table(
    "book",
    (
        AGENT,
        Column("number", "Line of the book", kind="count"),  # from 1; 0: all lines that have no row of their own
        Column("position", "Position", kind="text"),
        Column("quantity", "Quantity"),
        Column("at", "At", kind="text"),  # start, worst or end
        VALUED[0],
        Column("pnl", "P&L", "$"),
        *VALUED[1:],
    ),
    rows="every position of a hedger's book at the start (path 0), at each path's worst close and at the last one",
)
