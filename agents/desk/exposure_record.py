"""What a desk's counterparty owes at every close, and what it may come to owe."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.columns import Column, Table

if TYPE_CHECKING:
    from agents.desk.counterparty import Counterparty
    from agents.desk.desk import Desk

EXPOSURE = Table(
    "exposure",
    (
        Column("agent", "Agent", kind="text"),
        Column("counterparty", "Counterparty", kind="text"),
        Column("value", "Value of the book", "$"),  # as if the counterparty could not default
        Column("collateral", "Collateral held", "$"),  # of a margin period ago; below zero: posted
        Column("exposure", "Exposure", "$"),
        Column("cva", "CVA", "$"),
        Column("met", "Exposure that its default has met", "$"),
        Column("lost", "Lost by its default", "$"),
        Column("ended", "Has defaulted", kind="flag"),
    ),
    rows="every close and desk whose book has a counterparty, on all paths",
)
EXPECTED = Table(
    "expected_exposure",
    (
        Column("agent", "Agent", kind="text"),
        Column("years", "Years ahead", "number"),
        Column("expected", "Expected exposure, discounted", "$"),
        Column("died", "Probability of a default since the date before", "share"),
        Column("cost", "Part of CVA", "$"),
    ),
    rows="every date ahead and desk whose book has a counterparty, at the start (the first path)",
)


class ExposureRecord:
    """Writes the table `exposure` at closes, and `expected_exposure` at the start, which is the same on all paths."""

    def __init__(self, desk: Desk, there: Counterparty) -> None:
        self._desk, self._there, self._log = desk, there, desk.world.log
        if self._log.wants(EXPECTED.name) and int(self._log.paths[0]) == 0:  # one chunk writes the start
            self._write_start()

    def _write_start(self) -> None:
        first, loss = np.zeros(1, dtype=np.int64), 1.0 - self._there.name.recovery
        for years, expected, died in self._there.ahead():
            said = {"agent": self._desk.name, "years": years, "expected": expected, "died": died}
            self._log.add(EXPECTED.name, self._desk.world.now, first, **said, cost=loss * died * expected)

    def write(self) -> None:
        """At a close, after marking."""
        desk, there = self._desk, self._there
        self._log.add(
            EXPOSURE.name,
            desk.world.now,
            agent=desk.name,
            counterparty=there.name.name,
            value=desk.scale * desk.last.clean,
            collateral=desk.scale * there.collateral,
            exposure=desk.scale * there.exposure(desk.last.clean),
            cva=desk.scale * desk.unit_cva if desk.unit_cva is not None else 0.0,
            met=there.found,
            lost=there.lost,
            ended=there.ended,
        )
