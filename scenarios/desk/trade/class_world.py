"""The world of a class: a live session with a desk for each student."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scenarios.desk.trade.class_desks import ClassDesks, class_desks
from scenarios.desk.trade.views import instant, view
from scenarios.studies.sessions.session import open_session
from sim.errors import UserError

if TYPE_CHECKING:
    from scenarios.desk.trade.chosen import Chosen

Order = tuple[int, str, float]  # who, venue, units


class ClassWorld:
    """Moves from decision to decision with the orders of all."""

    def __init__(self, chosen: Chosen, students: int) -> None:
        self._desks: ClassDesks = class_desks(chosen, students)
        scenario = self._desks.scenario
        self._session = open_session(scenario, seat=self._desks.seats, paths=scenario.run.paths, decide=chosen.decide)
        self._priced = self._session.priced

    def advance(self, orders: list[list[Any]]) -> list[dict[str, Any]]:
        """Send the orders [who, venue, units], and go on to the next decision; returns those that were refused."""
        refused = []
        for who, venue, units in orders:
            seat, path = self._desks.places[who]
            try:
                self._session.send({venue: units}, seat=seat, path=path)
            except UserError as error:
                refused.append({"who": who, "venue": venue, "error": str(error)})
        self._session.advance()
        return refused

    def seen(self) -> dict[str, Any]:
        """The instant, and what each desk sees."""
        by_seat = {seat: self._session.observe(seat) for seat in self._desks.seats}
        first = next(iter(by_seat.values()))
        desks = [view(by_seat[place.seat], place.path, self._priced) for place in self._desks.places]
        bots = {name: view(self._session.watch(desk), 0, self._priced) for name, desk in self._desks.bots.items()}
        return instant(first) | {"desks": desks, "bots": bots}
