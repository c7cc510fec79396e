"""What a live session is opened with."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from scenarios.checking.outside import is_pending
from scenarios.reading.made_by_hand import check_values, meant
from scenarios.studies.calibrating.before_run import ready
from scenarios.studies.sessions.due import EVENTS, when
from scenarios.worlds.blueprint import Blueprint, blueprint_of
from scenarios.worlds.first_margin import check_first_margin
from scenarios.worlds.orders_table import check_seat, seats_of
from sim.errors import UserError

if TYPE_CHECKING:
    from scenarios.scenario import Scenario


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a session is opened with; enough to make it again."""

    scenario: Scenario
    blueprint: Blueprint
    seats: tuple[str, ...]
    decide: str
    tables: tuple[str, ...] | None = (EVENTS,)  # that the living world gathers; a run gathers all

    @classmethod
    def of(
        cls,
        scenario: Scenario | str | Path,
        seat: str | tuple[str, ...],
        paths: int | None,
        seed: int | None,
        decide: object,
        common_noise: bool | None = None,
    ) -> Plan:
        """Raises UserError for what no session can be opened with."""
        when(decide)
        found = meant(scenario).with_run(paths=paths, seed=seed, common_noise=common_noise)
        check_values(found)
        seats = (seat,) if isinstance(seat, str) else tuple(seat)
        if seats == ("hedger",) and "hedger" not in seats_of(found) and len(seats_of(found)) == 1:
            seats = tuple(seats_of(found))  # the one desk there is
        for name in seats:
            check_seat(name, found)
        if len(set(seats)) < len(seats):
            raise UserError("a session has each seat once", value=list(seats), place="seat")
        blueprint = blueprint_of(found)
        if is_pending(found.storyline):
            found = ready(found)
            blueprint = blueprint.along(found)
        check_first_margin(found, blueprint)
        return cls(scenario=found, blueprint=blueprint, seats=seats, decide=str(decide))
