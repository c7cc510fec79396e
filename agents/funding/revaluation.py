"""A desk's book and hedges in other markets, and what closing them out takes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from agents.funding.factor_history import STREAM, FactorHistory, draw_history, in_logs
from agents.funding.holdings import Holdings
from markets.factors.key import SPOT, FactorKey

if TYPE_CHECKING:
    from markets.factors.snapshot import Snapshot
    from markets.venues.venue import Venue

Vector = NDArray[np.float64]
Mask = NDArray[np.bool_]


class Revaluation(Holdings):
    """Gains in other markets, the past of the factors behind them, and the way out."""

    def gain(self, snapshot: Snapshot, *, years: float = 0.0) -> Vector:
        """What book and hedges gain if the market becomes this one, (paths,) $.

        years: that pass meanwhile for the book. Hedges are taken as they stand: what time makes of them is their carry.
        """
        held, name = self._held, self.name
        then = held.book.value(self.factors.tick, snapshot, held.unit.fixings, settled=held.marked, later=years)
        gained: Vector = held.scale * then - held.clean_now()
        for venue in self.venues.values():
            if venue.reached(name):
                gained = gained + (venue.value(name, snapshot) - venue.value(name))
        return gained

    def factor_keys(self) -> tuple[FactorKey, ...]:
        """Factors that book or possible hedges depend on, in the market's order."""
        needs = {SPOT, *self._held.book.needs, *self.curve.nodes}
        for venue in self.venues.values():
            needs |= set(venue.listing.sensitivities()) if not self.idle(venue) else set()
        return tuple(key for key in self.factors.snapshot.keys if key in needs)

    def history(self, *, lam: float, before: Callable[[Sequence[FactorKey], Mask], Vector]) -> FactorHistory:
        """Daily returns of the factors, of a time before the start and of each path since; made at first use.

        before: returns before the start, (days, factors), for keys and which of them have returns of logs.
        """
        kept = self.memory.get("history")
        if kept is None:
            keys = self.factor_keys()
            logs = in_logs(keys, self.factors)
            drawn = before(keys, logs)
            kept = self.memory["history"] = FactorHistory(keys, logs, drawn, lam, self.factors.snapshot)
        if self.clock.is_close[self.factors.tick]:
            kept.look(self.factors.tick, self.factors.snapshot)
        found: FactorHistory = kept
        return found

    def drawn_history(self, keys: Sequence[FactorKey], days: int) -> Vector:
        """Returns drawn from the scenario's laws, (days, factors)."""
        world = self._world
        draws = world.streams.shared(STREAM)
        return draw_history(
            self.factors, world.market, keys, days=days, days_a_year=world.clock.days_a_year, draws=draws
        )

    def to_close(self) -> Iterator[tuple[Venue, Vector]]:
        """Venues, and the signed notional that must be traded there to close book and hedges out, (paths,) $."""
        desk, risk = self._desk, self._held.unit.risk()
        options = desk.legs.neutral_options(risk=risk)
        neutral = desk.legs.neutral_rates(risk=risk) | desk.legs.neutral_vega(risk=risk) | options
        neutral |= desk.legs.neutral_deltas(options, risk)
        for name, venue in self.venues.items():
            if self.idle(venue):
                continue
            net = venue.held(desk.name) - desk.scale * neutral.get(name, 0.0)
            yield venue, venue.notional(net)
