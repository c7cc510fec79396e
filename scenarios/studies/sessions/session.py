"""A live session: a world that stops where a decision is due."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from markets.venues.order import numbers
from scenarios.studies.run import run
from scenarios.studies.sessions.due import EVENTS, when
from scenarios.studies.sessions.live_seat import LiveSeat
from scenarios.studies.sessions.observation import Event, Observation, observed
from scenarios.studies.sessions.plan import Plan
from scenarios.studies.sessions.saved import read, write
from scenarios.worlds.orders_table import check_seat, orders_table, seats_of
from scenarios.worlds.world import make_world
from sim.arguments import flag, maybe, one_or_several, takes, text, whole
from sim.ensemble import Chunk
from sim.errors import UserError
from sim.names import ACTUAL
from sim.nearest import nearest
from sim.phases import Phase

if TYPE_CHECKING:
    import polars as pl

    from agents.world import TradingWorld
    from scenarios.scenario import Scenario
    from sim.dataset import Run

Vector = NDArray[np.float64]
MOST = 1e15  # $ notional of an order
OVER = "the session has come to its end"


@takes(seat=one_or_several(text), paths=whole(1), seed=maybe(whole(0)), common_noise=flag)
def open_session(
    scenario: Scenario | str | Path,
    *,
    seat: str | tuple[str, ...] = "hedger",
    paths: int = 1,
    seed: int | None = None,
    decide: str = "tick",
    common_noise: bool = False,
) -> Session:
    """Open a world and take the seat of a desk: it stops, before anybody trades, where a decision is due.

        session = open_session("covid_crash_2020", decide="1d")
        while not (seen := session.observe()).done:
            session.send({"asset": seen.venues["asset"].neutral - seen.venues["asset"].held})
            session.advance()
        result = session.finish()

    The desk begins with the hedge of its own policy, and then does only what is ordered. Lenders margin and reduce it
    as ever; everybody else lives as in a run.

    Args:
        scenario: a `Scenario`, the name of a preset, or the path of a file.
        seat: the hedger whose orders come from outside, or several; () for none: everybody acts by policy, and the
            session only watches.
        paths: worlds that are lived at once, with noise of their own; an order may differ on each.
        seed: of all noise (default: the scenario's).
        decide: when a decision is due: 'tick', an interval ('30m', '2h', '1d'), or 'events' (a margin call, a halt, a
            default, a move of the asset by 2 %).
        common_noise: all paths have the noise of path 0, so that they differ by orders alone; the key
            `run.common_noise`.

    Raises:
        UserError: for a user's mistake.
    """
    return Session(Plan.of(scenario, seat, paths, seed, decide, common_noise or None))


@takes(trust=flag)
def resume_session(file: str | Path, *, trust: bool = True) -> Session:
    """Go on with a session that `Session.save` wrote: it stands where it stood, to the last bit.

    Args:
        file: what `Session.save` wrote.
        trust: import the classes of your own that its scenario names (`module:Class`). If false, a file that names
            some is refused.

    Raises:
        UserError: for a file that is no session.
    """
    plan, sent, tick = read(file, trust=trust)
    return Session(plan, sent, tick)


class Session:
    """A world that waits for a decision. Made by `open_session`."""

    def __init__(self, plan: Plan, sent: Mapping[str, Any] | None = None, until: int = -1) -> None:
        """sent: orders by seat and tick, which are repeated up to the tick `until`."""
        self._plan = plan
        given: Mapping[str, Any] = sent or {}
        self._seats = {name: LiveSeat(given.get(name)) for name in plan.seats}
        scenario = plan.scenario
        self._world: TradingWorld = make_world(
            scenario,
            Chunk(ACTUAL, 0, scenario.run.paths),
            scenario.feedback,
            plan.blueprint,
            tables=plan.tables,
            seats=self._seats,
        )
        self._stops: Iterator[int] = self._world.stops(Phase.DECIDE)
        self._due = when(plan.decide)
        self._done = False
        self._fills, self._events = dict.fromkeys(plan.seats, 0), 0  # of what was observed before
        self._go_on()
        while not self._done and self._world.tick_index < until:
            self._look_past()
            self._go_on(until)

    # --- what is seen ----------------------------------------------------------------------------------------------
    @property
    def scenario(self) -> Scenario:
        """What is lived, paths and seed included."""
        return self._plan.scenario

    @property
    def paths(self) -> int:
        """Worlds that are lived at once."""
        return self._world.paths

    @property
    def time(self) -> datetime:
        """Exchange-local time now."""
        return self._world.timestamp()

    @property
    def tick(self) -> int:
        """Index of the tick at which the world waits."""
        return self._world.tick_index

    @property
    def done(self) -> bool:
        """Whether the clock has ended."""
        return self._done

    @property
    def priced(self) -> dict[str, bool]:
        """By venue, whether its mid is a price in $; else it is a rate or a vol, decimal."""
        return {name: venue.listing.priced for name, venue in self._world.venues.items()}

    @property
    def orders(self) -> pl.DataFrame:
        """All that was ordered so far: `time`, `tick`, `path`, `seat`, `venue`, `units`. A run takes them as
        `run(scenario, orders=...)`.
        """
        return orders_table({name: seat.sent for name, seat in self._seats.items()}, self._world.clock)

    @takes(seat=maybe(text))
    def observe(self, seat: str | None = None) -> Observation:
        """What a seat sees now; looking changes nothing."""
        name = self._seat(seat)
        fills = tuple(self._seats[name].fills[self._fills[name] :])
        events = tuple(self._event(row) for row in self._world.log.added(EVENTS, self._events))
        return observed(self._world, name, done=self._done, fills=fills, events=events)

    @takes(desk=text)
    def watch(self, desk: str) -> Observation:
        """What any desk sees now, also one that acts by its policy; without fills and events."""
        check_seat(desk, self.scenario, "desk")
        return observed(self._world, desk, done=self._done, fills=(), events=())

    def _event(self, row: Mapping[str, Any]) -> Event:
        time = self._world.clock.timestamp(int(row["time"]))
        return Event(time, row["kind"], str(row["subject"]), np.array(row["path"]), row["value"])

    # --- what is done ----------------------------------------------------------------------------------------------
    @takes(seat=maybe(text), path=maybe(whole(0)))
    def send(self, orders: Mapping[str, Any], *, seat: str | None = None, path: int | None = None) -> None:
        """Order units at venues, to be traded when the world goes on; what was sent before at this tick is added to.

        An order is one number for all paths, or one for each. What a venue cannot fill lapses.

        Args:
            orders: units by venue: of the asset, or $ notional received fixed; negative to sell.
            seat: whose (default: the only seat).
            path: the one path that orders; the others do nothing.

        Raises:
            UserError: for a wrong order; then none of them is sent.
        """
        name = self._seat(seat)
        self._require_open()
        if not isinstance(orders, Mapping):
            remedy = "write {'asset': -1000.0}"
            raise UserError("orders are units by venue", value=type(orders).__name__, place="orders", remedy=remedy)
        if path is not None and path >= self.paths:
            raise UserError(f"the session's paths are 0 to {self.paths - 1}", value=path, place="path")
        checked = {venue: self._units(venue, units, path) for venue, units in orders.items()}
        sent = self._seats[name].sent.setdefault(self.tick, {})
        for venue, units in checked.items():
            sent[venue] = sent[venue] + units if venue in sent else units

    @takes(seat=maybe(text))
    def withdraw(self, seat: str | None = None) -> None:
        """Take back what a seat has ordered at this tick."""
        self._seats[self._seat(seat)].sent.pop(self.tick, None)

    def _units(self, venue: Any, units: Any, path: int | None) -> Vector:
        """An order as (paths,). Raises UserError."""
        known, place = list(self._world.venues), f"orders: {venue}"
        if not isinstance(venue, str) or venue not in known:
            raise UserError("no such venue", value=venue, place="orders", remedy=nearest(str(venue), known))
        try:
            given = numbers(units)
        except (TypeError, ValueError):
            raise UserError("must be a number, or one for each path", value=units, place=place) from None
        if given.ndim > 1 or (given.ndim == 1 and (path is not None or given.shape != (self.paths,))):
            rule = "must be one number" + (f", or {self.paths}: one for each path" if path is None else "")
            raise UserError(rule, value=f"shape {given.shape}", place=place)
        bad = given[~np.isfinite(given)]
        if bad.size:
            raise UserError("must be finite", value=float(bad.flat[0]), place=place)
        found = np.zeros(self.paths)
        found[slice(None) if path is None else path] = given
        notional = np.abs(self._world.venue(venue).notional(found))
        if (notional > MOST).any():
            rule = f"an order has a notional of at most ${MOST:.0e}"
            raise UserError(rule, value=f"${float(notional.max()):.3g}", place=place)
        return found

    def advance(self) -> Observation:
        """Let the world go on to the next decision, or to its end, and look at it; the first seat's view."""
        self._require_open()
        self._look_past()
        self._go_on()
        return self.observe(self._plan.seats[0]) if self._plan.seats else self.watch(seats_of(self.scenario)[0])

    def _look_past(self) -> None:
        self._fills = {name: len(seat.fills) for name, seat in self._seats.items()}
        self._events = len(self._world.log.added(EVENTS))

    def _go_on(self, until: int | None = None) -> None:
        """To the next decision; a tick `until` counts as one."""
        for tick in self._stops:
            if self._due.due(self._world) or tick == until:
                return
        self._done = True

    # --- again -----------------------------------------------------------------------------------------------------
    def __reduce__(self) -> Any:
        rule = "a session is a running world: it is not copied or pickled"
        raise TypeError(f"{rule}; branch() makes another, save() keeps what was ordered")

    def branch(self, at: int | datetime | None = None) -> Session:
        """Another session that has lived the same up to now, or up to an earlier tick or time: what if ...?

        What was ordered at that tick, and after it, is left out. Results equal those of a session that ordered the same
        to the last bit.
        """
        tick = self.tick if at is None else self._tick_of(at)
        sent = {
            name: {t: {v: u.copy() for v, u in by.items()} for t, by in seat.sent.items() if t < tick}
            for name, seat in self._seats.items()
        }
        return Session(self._plan, sent, tick)

    def _tick_of(self, at: Any) -> int:
        clock = self._world.clock
        if isinstance(at, datetime):
            times = [clock.timestamp(int(seconds)) for seconds in clock.ticks[: self.tick + 1]]
            if at.tzinfo is not None or not times[0] <= at <= times[-1]:
                rule = f"must be an exchange-local time from {times[0]} to {times[-1]}"
                raise UserError(rule, value=at, place="at", remedy="branch at a time that the session has lived")
            return next(i for i, time in enumerate(times) if time >= at)
        found: int = whole(0)("at", at)
        if found > self.tick:
            remedy = "branch at a tick that the session has lived"
            raise UserError(f"must be at most {self.tick}", value=found, place="at", remedy=remedy)
        return found

    def save(self, file: str | Path) -> Path:
        """Write the session to a JSON file, from which `resume_session` goes on."""
        return write(self._plan, self.tick, self.orders, file)

    def finish(self, **settings: Any) -> Run:
        """Let the world go on to its end without further orders, and write it as a run, with its other worlds.

        settings: as of `scenarios.run`, apart from scenario, paths, seed and orders. The twin trades the same orders.
        """
        for name in ("paths", "seed", "orders", "scenario"):
            if name in settings:
                raise UserError("is the session's own", value=settings[name], place=name, remedy="leave it out")
        orders = self.orders
        self.close()
        return run(self._plan.scenario, orders=orders, seats=self._plan.seats, **settings)

    def close(self) -> None:
        """End the session."""
        self._done = True
        close = getattr(self._stops, "close", None)
        if close is not None:
            close()

    # --- checks ----------------------------------------------------------------------------------------------------
    def _seat(self, seat: str | None) -> str:
        seats = self._plan.seats
        if not seats:
            raise UserError("the session has no seat", place="seat", remedy="watch() looks at a desk by its name")
        if seat is None:
            if len(seats) > 1:
                raise UserError("the session has several seats", place="seat", remedy=f"say which: {', '.join(seats)}")
            return seats[0]
        if seat not in seats:
            raise UserError("the session has no such seat", value=seat, place="seat", remedy=nearest(seat, list(seats)))
        return seat

    def _require_open(self) -> None:
        if self._done:
            raise UserError(OVER, place=str(self.time), remedy="finish() writes it as a run; branch() goes back")

    def __repr__(self) -> str:
        return f"Session({self._plan.scenario.name!r}, {', '.join(self._plan.seats)}, {self.paths} paths, {self.time})"
