"""Figures of one agent at a close: the parts of its P&L, its exposure and its fate, as rows of tables have them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from agents.desk.loss import ROWS
from agents.desk.options_held import options_held
from agents.tables import is_whole
from agents.world import WRITE_OFF, TradingWorld
from markets.factors.key import MAIN, SPOT, of_asset
from sim.kernels.proof import EQUITY, PNL

if TYPE_CHECKING:
    from collections.abc import Iterable

    from agents.desk.desk import Desk
    from agents.world import Participant

Vector = NDArray[np.float64]
Columns = dict[str, Any]  # (paths,) each, or a number for all paths
RISK = ("net_delta_dollars", "gamma_dollars_1pct", "book_share")  # first in the block
TOTALS = ("equity", "pnl", "unhedged_pnl")  # last
FUNDING = "funding_credit"


class Figures:
    """All numbers in one block, (columns, paths), overwritten at each look: those that `desks` has in single precision
    are its first rows. Where they come from is found again whenever the ledger gets a further row.
    """

    def __init__(
        self, world: TradingWorld, agent: Participant, costs: Iterable[str], hedges: Iterable[str], parts: Iterable[str]
    ) -> None:
        """costs: reasons of the ledger that are parts of a P&L. hedges: those of them to which positions at mid belong.
        parts: steps of the attribution of books.
        """
        self._world, self._agent, self._name = world, agent, agent.name
        self._desk = world.desks.get(agent.name)
        self._costs, self._hedges, self._parts = sorted(costs, key=is_whole), tuple(hedges), tuple(parts)
        self._used = -1  # rows of the ledger when the block was laid out

    def look(self, worth: Vector) -> None:
        """Find them now. worth: what the proof has found, (WORTH, paths) $."""
        if self._used != self._world.ledger.used:
            self._lay_out()
        world, block, name, desk = self._world, self._block, self._name, self._desk
        world.ledger.rows.take(self._flow_rows, 0, self._flows, "clip")
        if self._book_rows.size and desk is not None:
            desk.attribution.parts.take(self._book_rows, 0, self._book, "clip")
        for row in self._unnoted:
            block[row] = 0.0
        for row, gains in self._held:
            block[row] += world.hedge_value(name, gains)
        if self._written_off is not None:
            block[self._written_off] += world.ledger.flow(name, WRITE_OFF)
        block[0], block[1] = self._risk(desk)
        block[2], block[-1] = (1.0, 0.0) if desk is None else (desk.kept, desk.attribution.unhedged)
        block[-3], block[-2] = worth[EQUITY], worth[PNL]

    def _lay_out(self) -> None:
        world, ledger, name, desk = self._world, self._world.ledger, self._name, self._desk
        flows, held = ledger.flow_rows(name), {venue.listing.gains for venue in world.venues_held(name)}
        written_off = self._agent.role == "funding_desk" and ledger.noted(name, WRITE_OFF)
        added = {*(gains for gains in self._hedges if gains in held), *([FUNDING] if written_off else [])}
        costs = [cost for cost in self._costs if cost in flows or cost in added]
        parts = self._parts if desk is not None and desk.attribution.on else ()
        self._rest = dict.fromkeys(self._costs, 0.0) | dict.fromkeys(self._parts, 0.0 if desk is None else np.nan)
        self._names = (*RISK, *parts, *costs, *TOTALS)
        self._singles = len(self._names) - sum(map(is_whole, self._names))
        for column in self._names:
            self._rest.pop(column, None)
        self._block = np.empty((len(self._names), world.paths))
        first, end = len(RISK) + len(parts), len(self._names) - len(TOTALS)
        self._book, self._flows = self._block[len(RISK) : first], self._block[first:end]
        self._book_rows = np.array([ROWS.index(part) for part in parts], dtype=np.int64)
        self._flow_rows = np.array([flows.get(cost, 0) for cost in costs], dtype=np.int64)
        where = {cost: first + number for number, cost in enumerate(costs)}
        self._unnoted = [row for cost, row in where.items() if cost not in flows]
        self._held = [(where[gains], gains) for gains in self._hedges if gains in held]
        self._written_off = where[FUNDING] if written_off else None
        self._used = ledger.used

    def whole(self) -> Columns:
        """Columns of `marks`, valid until the next look."""
        return {**self._rest, **dict(zip(self._names, self._block, strict=True)), **self._fate()}

    def brief(self) -> Columns:
        """Columns of `desks`, for the log to have: their own storage, and in their own precision."""
        block, names, singles = self._block, self._names, self._singles
        halved = zip(names[:singles], block[:singles].astype(np.float32), strict=True)
        doubles = zip(names[singles:], block[singles:], strict=True)
        return {**self._rest, **dict(halved), **self._world.log.kept(dict(doubles)), **self._fate()}

    def _fate(self) -> Columns:
        desk = self._desk
        if desk is None:
            return {"liquidated": False, "defaulted": False}
        return {"liquidated": desk.liquidated.copy(), "defaulted": desk.defaulted.copy()}

    # --- exposure -------------------------------------------------------------------------------------------------
    def _risk(self, desk: Desk | None) -> tuple[Vector | float, Vector | float]:
        """Delta of what is held and of the book, and its change for a move of 1 %, (paths,) $."""
        held, curved = self._exposure(MAIN)
        if desk is None:
            return held, 0.0 if curved is None else curved
        delta, gamma = self._of_book(desk, MAIN)
        delta, gamma = delta + held, gamma if curved is None else gamma + curved
        for asset in desk.legs.assets[1:]:
            (own, bent), (held, curved) = self._of_book(desk, asset), self._exposure(asset)
            delta, gamma = delta + own + held, gamma + bent if curved is None else gamma + bent + curved
        return delta, gamma

    def _of_book(self, desk: Desk, asset: str) -> tuple[Vector, Vector]:
        """Delta in an asset of what is left of a book, and its change for a move of 1 %, (paths,) $."""
        slopes, spot = desk.unit.slopes(bent=True), self._world.factors.snapshot.row(of_asset(SPOT, asset))
        return desk.scale * slopes.delta_of(asset) * spot, 0.01 * desk.scale * slopes.gamma_of(asset) * spot**2

    def _exposure(self, asset: str) -> tuple[Vector | float, Vector | None]:
        """Likewise of what the account holds in the asset and, if it holds any, in listed options on it."""
        world, name, venue = self._world, self._name, self._world.venue(asset)
        held = venue.value(name) if venue.reached(name) else 0.0
        options = options_held(world, name, asset=asset)
        if not options:
            return held, None
        spot = world.factors.snapshot.row(of_asset(SPOT, asset))
        return held + options.sum("delta") * spot, np.asarray(0.01 * options.sum("gamma") * spot**2)
