"""The accountant: marks every account at MARK, attributes its P&L, and proves that the two agree."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from agents.base import Process
from agents.tables import ATTRIBUTION, COSTS, UNSPLIT
from agents.world import TradingWorld, margin_account
from sim.errors import BugError
from sim.kernels.proof import accumulate, disagreement
from sim.phases import Phase

if TYPE_CHECKING:
    from agents.base import Agent

Vector = NDArray[np.float64]
TOLERANCE = 1e-9  # of gross P&L flow


class Accountant:
    """Runs in every world beside the agents.

    With attribution "none" books are still marked at every close and their P&L proved, but not split: the columns of
    the components are NaN.
    """

    def __init__(self, world: TradingWorld, attribution: Literal["daily", "tick", "none"]) -> None:
        self._world = world
        self._every_tick = attribution == "tick"
        self._attributed = attribution != "none"
        for desk in world.desks.values():
            desk.attributed = self._attributed

    def live(self) -> Process:
        """Mark at every close, or at every tick."""
        world = self._world
        while True:
            yield world.tick(Phase.MARK)
            closing = bool(world.clock.is_close[world.tick_index])
            if not (closing or self._every_tick):
                continue
            for desk in world.desks.values():
                desk.mark()
            if closing:
                self._close()

    def _close(self) -> None:
        world = self._world
        for each in world.lenders:
            each.settlement.settle_broken()
        for name in world.desks:
            if lender := world.lender_of(name):
                lender.write_off(name, world.equity_now(name))
        for agent in world.agents:
            self._write(agent)
        world.ledger.check(f"{world.timestamp()} MARK")

    def _write(self, agent: Agent) -> None:
        world, ledger, name = self._world, self._world.ledger, agent.name
        desk, account = world.desks.get(name), margin_account(name)
        hedge_value = world.hedge_value(name)
        book_value = desk.book_value if desk else 0.0
        cash = ledger.balance(name)
        margin = ledger.balance(account) if ledger.reached(account) else 0.0
        claims = world.claims.value(name) if world.claims.debts else 0.0
        equity = cash + margin + hedge_value + book_value + claims
        parts: dict[str, Vector | float] = {c: desk.totals[c] if desk else 0.0 for c in (*ATTRIBUTION, UNSPLIT)}
        parts |= {c: ledger.flow(name, c) if ledger.noted(name, c) else 0.0 for c in COSTS}
        parts["hedge"] = parts["hedge"] + hedge_value
        capital = ledger.flow(name, "capital")
        if ledger.noted(name, "write_off"):
            written_off = ledger.flow(name, "write_off")
            if agent.role == "funding_desk":
                parts["funding_credit"] = parts["funding_credit"] + written_off
            else:
                capital = capital + written_off
        pnl = equity - capital
        self._prove(name, pnl, parts)
        if not world.log.wants("marks"):
            return
        del parts[UNSPLIT]
        if desk and not self._attributed:
            parts |= dict.fromkeys(ATTRIBUTION, world.full(np.nan))
        world.log.add(
            "marks",
            world.now,
            agent=name,
            role=agent.role,
            book_value=book_value,
            hedge_value=hedge_value,
            cash=cash,
            margin=margin,
            claims=claims,
            equity=equity,
            pnl=pnl,
            **parts,
            **self._risk(name),
        )

    def _risk(self, name: str) -> dict[str, Vector | NDArray[np.bool_] | float | bool]:
        """Unhedged P&L, net exposure and fate of a desk."""
        world = self._world
        desk, spot = world.desks.get(name), world.factors.spot
        asset = world.venue("asset")
        held = asset.value(name) if asset.reached(name) else 0.0
        if desk is None:
            return {
                "unhedged_pnl": 0.0,
                "net_delta_dollars": held,
                "gamma_dollars_1pct": 0.0,
                "liquidated": False,
                "defaulted": False,
            }
        greeks = desk.greeks()
        return {
            "unhedged_pnl": desk.unhedged,
            "net_delta_dollars": desk.scale * greeks.delta * spot + held,
            "gamma_dollars_1pct": 0.01 * desk.scale * greeks.gamma * spot**2,
            "liquidated": desk.liquidated,
            "defaulted": desk.defaulted,
        }

    def _prove(self, name: str, pnl: Vector, parts: dict[str, Vector | float]) -> None:
        world = self._world
        total, gross = world.full(0.0), world.full(1.0) + world.ledger.gross()
        for part in parts.values():
            if isinstance(part, np.ndarray):
                accumulate(np.ascontiguousarray(part), total, gross)
        i = disagreement(pnl, total, gross, TOLERANCE)
        if i >= 0:
            world.require_finite(f"P&L of {name}", pnl)
            raise BugError(
                f"attribution of {name} does not add up at {world.timestamp()}: {total[i]:.6f} against {pnl[i]:.6f} $"
                f" on path {world.log.paths[i]} (world {world.name})"
            )
