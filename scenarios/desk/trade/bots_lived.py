"""Policies that play beside a class, where markets are their own: each lives through the crisis once, on one path."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scenarios.desk.trade.class_desks import bot_scenario
from scenarios.desk.trade.views import instant, plain
from scenarios.studies.sessions.session import open_session
from sim.files import write_whole

if TYPE_CHECKING:
    from scenarios.desk.trade.chosen import Chosen
    from scenarios.studies.sessions.observation import Observation


def file_of(folder: Path, number: int) -> Path:
    """Where the life of a bot is kept."""
    return folder / f"bot-{number}.json"


def live_bots(chosen: Chosen, folder: Path) -> None:
    """Write the life of each bot that has not lived yet: a list of what it had at every decision."""
    for number, (_, keys) in enumerate(chosen.bots):
        if not file_of(folder, number).exists():
            write_whole(file_of(folder, number), json.dumps(_life(chosen, keys), allow_nan=False))


def _life(chosen: Chosen, keys: dict[str, Any]) -> list[dict[str, Any]]:
    session = open_session(bot_scenario(chosen, keys), seat=(), paths=1, decide=chosen.decide)
    life = [_stage(session.watch(chosen.seat))]
    while not session.done:
        session.advance()
        life.append(_stage(session.watch(chosen.seat)))
    return life


def _stage(seen: Observation) -> dict[str, Any]:
    """Tick, P&L, whether the desk stands, and what it holds."""
    account = seen.account
    return {
        "tick": instant(seen)["tick"],
        "pnl": plain(account.pnl[0]),
        "alive": not (account.liquidated[0] or account.defaulted[0]),
        "held": {name: plain(venue.held[0]) for name, venue in seen.venues.items()},
    }
