"""Figures of one agent at a close: the parts of its P&L, its exposure and its fate, as rows of tables have them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from agents.accounts import margin_account
from agents.desk.loss import ROWS
from agents.desk.options_held import options_held
from agents.tables import is_whole
from agents.world import WRITE_OFF, TradingWorld
from markets.factors.key import MAIN, SPOT, of_asset
from sim.eventlog import ALL
from sim.kernels.proof import EQUITY, PNL

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from agents.desk.desk import Desk
    from agents.world import Participant

Vector = NDArray[np.float64]
Columns = dict[str, Any]  # (paths,) each, or a number for all paths
RISK = ("net_delta_dollars", "gamma_dollars_1pct", "book_share")  # first in the block
TOTALS = ("equity", "pnl", "unhedged_pnl")  # the last that `desks` has
HOLDINGS = ("book_value", "hedge_value", "cash", "margin")
NEVER = dict.fromkeys((*RISK, *TOTALS, *HOLDINGS), 0.0) | {"book_share": 1.0}  # of who never has any
FUNDING = "funding_credit"


class Figures:
    """All numbers in one block, (columns, paths): those that `desks` has in single precision are its first rows, those
    that only `marks` has its last. What an agent never has is a number for all paths. Where they come from is found
    again whenever the ledger gets a further row.
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

    def look(self, worth: Vector, paths: slice, *, kept: bool) -> None:
        """Find them now, on all paths or the first. worth: what the proof has found, (WORTH, paths) $ of all.

        kept: in the log's own memory, for rows of all paths; else they stand until the next look.
        """
        if self._used != self._world.ledger.used:
            self._lay_out()
        world, name, desk, at, flows = self._world, self._name, self._desk, self._at, self._flow_rows
        rows = world.ledger.rows[:, paths]
        block = self._block = world.log.block(len(at)) if kept else np.empty((len(at), rows.shape[1]))
        rows.take(flows, 0, block[self._first : self._first + flows.size], "clip")
        if self._book_rows.size and desk is not None:
            desk.attribution.parts[:, paths].take(self._book_rows, 0, block[len(RISK) : self._first], "clip")
        for row in self._unnoted:
            block[row] = 0.0
        for row, gains in self._held:
            block[row] += world.hedge_value(name, gains)[paths]
        if self._written_off is not None:
            block[self._written_off] += world.ledger.flow(name, WRITE_OFF)[paths]
        found = {"equity": worth[EQUITY], "pnl": worth[PNL], **self._risk(desk)}
        if desk is not None:
            found |= {"book_share": desk.kept, "unhedged_pnl": desk.attribution.unhedged}
        for column, level in found.items():
            block[at[column]] = level[paths] if isinstance(level, np.ndarray) else level

    def _lay_out(self) -> None:
        world, ledger, name, desk = self._world, self._world.ledger, self._name, self._desk
        flows, held = ledger.flow_rows(name), {venue.listing.gains for venue in world.at_venues(name).venues}
        written_off = self._agent.role == "funding_desk" and ledger.noted(name, WRITE_OFF)
        added = {*(gains for gains in self._hedges if gains in held), *([FUNDING] if written_off else [])}
        costs = [cost for cost in self._costs if cost in flows or cost in added]
        parts = self._parts if desk is not None and desk.attribution.on else ()
        risk, totals = (RISK, TOTALS) if desk is not None else (RISK[: 2 if world.options else 1], TOTALS[:2])
        self._holdings = dict(self._find_holdings())
        names = (*risk, *parts, *costs, *totals, *self._holdings)
        self._at = at = {column: row for row, column in enumerate(names)}
        rest = NEVER | dict.fromkeys(self._costs, 0.0) | dict.fromkeys(self._parts, 0.0 if desk is None else np.nan)
        self._rest = {column: number for column, number in rest.items() if column not in at}
        self._brief_rest = {column: number for column, number in self._rest.items() if column not in HOLDINGS}
        self._brief = names[: len(names) - len(self._holdings)]
        self._singles = len(self._brief) - sum(map(is_whole, self._brief))
        self._first = len(risk) + len(parts)  # of the costs
        self._book_rows = np.array([ROWS.index(part) for part in parts], dtype=np.int64)
        self._flow_rows = np.array([flows.get(cost, 0) for cost in costs], dtype=np.int64)
        self._unnoted = [at[cost] for cost in costs if cost not in flows]
        self._held = [(at[gains], gains) for gains in self._hedges if gains in held]
        self._written_off = at[FUNDING] if written_off else None
        self._used = ledger.used

    def whole(self, paths: slice) -> Columns:
        """Columns of `marks`: views of the look's block on all paths, if it was `kept`; copies on the first paths."""
        block, at = self._block if paths is ALL else self._block[:, paths].copy(), self._at
        for column, find in self._holdings.items():
            block[at[column]] = find()[paths]
        return {**self._rest, **dict(zip(at, block, strict=True)), **self._fate(paths)}

    def brief(self) -> Columns:
        """Columns of `desks`, for the log to have: their own storage, and in their own precision."""
        block, names, singles = self._block, self._brief, self._singles
        halved = zip(names[:singles], block[:singles].astype(np.float32), strict=True)
        doubles = zip(names[singles:], block[singles:], strict=False)  # holdings follow
        return {**self._brief_rest, **dict(halved), **self._world.log.kept(dict(doubles)), **self._fate(ALL)}

    def _fate(self, paths: slice) -> Columns:
        desk = self._desk
        if desk is None:
            return {"liquidated": False, "defaulted": False}
        return {"liquidated": desk.liquidated[paths].copy(), "defaulted": desk.defaulted[paths].copy()}

    def _find_holdings(self) -> Iterator[tuple[str, Callable[[], Vector]]]:
        """What finds each of those that the agent may have."""
        world, name, desk, margin = self._world, self._name, self._desk, margin_account(self._name)
        if desk is not None:
            yield "book_value", lambda: desk.book_value
        if world.at_venues(name).venues:
            yield "hedge_value", lambda: world.hedge_value(name)
        yield "cash", lambda: world.ledger.balance(name)
        if world.ledger.reached(margin):
            yield "margin", lambda: world.ledger.balance(margin)

    # --- exposure -------------------------------------------------------------------------------------------------
    def _risk(self, desk: Desk | None) -> dict[str, Vector | float]:
        """Delta of what is held and of the book, and its change for a move of 1 %, where there may be any."""
        delta, gamma = self._delta_and_gamma(desk)
        return dict(zip(RISK, (delta, gamma) if RISK[1] in self._at else (delta,), strict=False))

    def _delta_and_gamma(self, desk: Desk | None) -> tuple[Vector | float, Vector | float]:
        """Both, (paths,) $."""
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
