"""The attribution of a desk's book: which step of the market made how much of its P&L between two marks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from agents.desk.loss import ROWS, UNSPLIT
from agents.desk.revaluation import revaluations
from markets.factors.key import MAIN, SMILE_SPOT, SPOT, of_asset
from markets.kernels.hedging import (
    DELTA_PART,
    GAMMA_PART,
    PARTS,
    SMILE_PART,
    VEGA_PART,
    add_step,
    attribute,
    attribute_few,
)
from markets.kernels.options import DELTA, VALUE
from markets.products.table import Held
from sim.named_tuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from agents.desk.unit_book import UnitBook
    from markets.factors.key import FactorKey
    from markets.factors.snapshot import Snapshot
    from markets.products.risk import Risk
    from markets.products.table import Steps
    from markets.world import MarketWorld

Vector = NDArray[np.float64]


class Mark(NamedTuple):
    """A mark of one unit of a desk's book."""

    tick: int
    snapshot: Snapshot  # the market
    clean: Vector  # (paths,) $, without CVA


class Stepped(NamedTuple):
    """What an attribution needs of the market of the last mark, at the tick of this one."""

    slopes: Risk  # with the smile held where it was
    following: dict[str, Vector] | None  # what its slide adds to each delta, units; None where it does not slide
    values: list[Vector]  # before each step after that of spot, and at the end


class OnlySpot(NamedTuple):
    """Besides time nothing else has moved."""


if TYPE_CHECKING:
    Found = Stepped | OnlySpot | tuple[Risk, Steps] | None  # the last: by one kernel; None: nothing is attributed


class Attribution:
    """Running $ sums by step: `parts`, (`ROWS` and `UNSPLIT`, paths), with their names `totals`.

    By stepwise full revaluation per unit of scale: time, spot, then the moves that `agents.desk.revaluation` declares.
    """

    def __init__(self, world: MarketWorld, unit: UnitBook, *, sure: bool) -> None:
        """sure: whether nobody's default can change the book."""
        self._factors, self._unit, self._book = world.factors, unit, unit.book
        self.on = True  # whether marks split the P&L; if not, all of it is in `totals[UNSPLIT]`
        self.parts = np.zeros((len(ROWS) + 1, world.paths))  # the last is `UNSPLIT`
        self.totals = dict(zip((*ROWS, UNSPLIT), self.parts, strict=True))
        self.unhedged = np.zeros(world.paths)  # P&L of the whole book had nobody hedged or reduced it
        # Whether the value may have moved by anything but time and spot so far.
        self.moved_besides = len(ROWS) > PARTS
        self._assets = (MAIN, *self._book.assets)
        self._steps = revaluations(self._book.needs)
        besides = [key for step in self._steps for key in step.keys]  # factors other than time and spot
        self._besides = [key for key in besides if not key.node], {key[:2] for key in besides if key.node}
        self._moving = [(step.keys[0], step.keys) for step in self._steps if step.keys]
        # whether one kernel can attribute a mark at which all steps move, and one at which only time and spot do
        self._joint, self._splits = self._book.steps_together and bool(self._moving), self._book.splits and sure

    @property
    def explained(self) -> Vector:
        """The running totals that add up to the book's P&L, (some of `parts`, paths) $."""
        if not self.on:
            return self.parts[-1:]
        return self.parts[: -1 if self.moved_besides else VEGA_PART]  # VEGA_PART and on are zero until then

    def of_time(self, scale: Vector, made: Vector) -> None:
        """Count $ that one unit has made, (paths,), under time."""
        total = self.totals["theta" if self.on else UNSPLIT]
        total += scale * made
        self.unhedged += made

    # --- one mark ---------------------------------------------------------------------------------------------------
    def revalued(self, old: Snapshot, new: Snapshot, *, settles: bool) -> Found:
        """The book in the markets between two marks. settles: whether it pays or fixes anything now.

        Ask before rates are fixed and rights used. What is fixed or exercised at this mark is so in the new market: in
        an old one it would be worth something else.
        """
        if not self.on:
            return None
        found = self._together(old, new)
        if found is not None:
            return found
        if self._splits and not settles and self._stood(old, new):
            return OnlySpot()
        return self._one_by_one(old, new, settles)

    def take(self, scale: Vector, last: Mark, new: Snapshot, found: Found, end: Vector) -> None:
        """Attribute the change of value from the last mark to `end`, cash paid included; per unit of scale."""
        parts, unhedged = self.parts, self.unhedged
        if found is None:
            add_step(scale, last.clean, end, self.totals[UNSPLIT], unhedged)
        elif isinstance(found, Stepped):
            self._take_steps(scale, last, new, found, end)
        elif isinstance(found, OnlySpot):
            held = Held(scale, last.clean, end, new.row(SPOT))
            self._book.split(self._factors.tick, last.snapshot, held, parts, unhedged, settled=last.tick)
        else:
            slopes, (by_spot, by_vol, _) = found
            at, before, now = slopes.rows, last.snapshot.row(SPOT), new.row(SPOT)
            value, delta = at[VALUE], at[DELTA]
            attribute_few(scale, last.clean, value, delta, before, now, by_spot, by_vol, end, parts, unhedged)
            self.moved_besides = True

    def _take_steps(self, scale: Vector, last: Mark, new: Snapshot, steps: Stepped, end: Vector) -> None:
        old, slopes, values = last.snapshot, steps.slopes, [*steps.values[:-1], end]
        from_spot = slopes.value, slopes.delta, old.row(SPOT), new.row(SPOT), values[0]
        attribute(scale, last.clean, *from_spot, self.parts, self.unhedged)
        for asset in self._book.assets:  # the step of spot has taken them for gamma
            straight = scale * slopes.delta_of(asset) * _moved(asset, old, new)
            self.parts[DELTA_PART] += straight
            self.parts[GAMMA_PART] -= straight
        for asset, units in (steps.following or {}).items():
            self._follow(scale * (units * _moved(asset, old, new)))
        for step, before, after in zip(self._steps, values, values[1:], strict=False):
            if before is not after:
                self.moved_besides = True
                add_step(scale, before, after, self.parts[step.row], self.unhedged)

    def _follow(self, slid: Vector) -> None:
        """Count what the smile's slide made by its delta, (paths,) $, under delta, which is hedged."""
        self.parts[DELTA_PART] += slid
        self.parts[SMILE_PART] -= slid
        self.moved_besides = True

    # --- revaluation ------------------------------------------------------------------------------------------------
    def _together(self, old: Snapshot, new: Snapshot) -> tuple[Risk, Steps] | None:
        """By one kernel, where the book has one and all steps of its own move; None elsewhere."""
        if not (self._joint and self._unit.full):
            return None
        before, now = old.row, new.row
        for first, keys in self._moving:
            if before(first)[0] == now(first)[0] and _stand(old, new, keys):
                return None
        return self._unit.stepped(old, new)

    def _one_by_one(self, old: Snapshot, new: Snapshot, settles: bool) -> Stepped:
        end, unit = self._unit.value(), self._unit
        if not self._book.slides:
            return Stepped(unit.first_order(old), None, self._values(old, new, end, settles))
        held, free = unit.slopes(self._held(old, old)), unit.slopes(old)
        slides = {asset: free.delta_of(asset) - held.delta_of(asset) for asset in self._assets}
        return Stepped(held, slides, self._values(old, new, end, settles))

    def _values(self, old: Snapshot, new: Snapshot, end: Vector, settles: bool) -> list[Vector]:
        """Value before each step, then at the end, (paths,) each; the same array object if a step moves nothing."""
        values = [end]
        if self._stood(old, new) and not self._book.slides and not settles:
            return [end] * (len(self._steps) + 1)
        slid = self._book.slides and not _stand(old, new, [of_asset(SPOT, asset) for asset in self._assets])
        for step in reversed(self._steps):
            stands = not (step.first and slid) and _stand(old, new, step.keys)
            if not stands or (step.last and settles):
                before = old.with_rows({key: new.row(key) for key in step.before})
                values.insert(0, self._unit.value_at(self._held(before, old) if step.first else before))
            else:
                values.insert(0, values[0])
        return values

    def _held(self, market: Snapshot, old: Snapshot) -> Snapshot:
        """A market in which the smile stays where spot was in an old one; the same market if it does not slide."""
        if not self._book.slides:
            return market
        rows = {of_asset(SMILE_SPOT, each): old.row(of_asset(SPOT, each)) for each in self._assets}
        return market.with_rows(rows)

    def _stood(self, old: Snapshot, new: Snapshot) -> bool:
        """Whether surely nothing but spot has moved: the other factors, of curves all nodes, have the same arrays."""
        keys, curves = self._besides
        return old.stands(new, keys) and old.stands_too(new, curves)


def _moved(asset: str, old: Snapshot, new: Snapshot) -> Vector:
    """$ by which an asset's price has moved, (paths,)."""
    key = of_asset(SPOT, asset)
    moved: Vector = new.row(key) - old.row(key)
    return moved


def _stand(old: Snapshot, new: Snapshot, keys: Iterable[FactorKey]) -> bool:
    """Whether levels are unchanged on all paths; path 0 is usually decisive."""
    moved = [(a, b) for key in keys if (a := old.row(key)) is not (b := new.row(key))]
    return all(a[0] == b[0] for a, b in moved) and all(np.array_equal(a, b) for a, b in moved)
