"""What an address asks for: agent, world, page, numbers and dates, each checked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from analysis import frames
from sim.errors import UserError
from sim.names import ACTUAL, ALL

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request

    from sim.dataset import Run


@dataclass(frozen=True)
class Asked:
    """The desk and the world that a page is about: agent None is the first hedger by name."""

    agent: str | None
    world: str

    @property
    def query(self) -> str:
        """The same for the address of another page, with its question mark; nothing where both are the usual ones."""
        said = {
            key: value for key, value in (("agent", self.agent), ("world", self.world)) if value not in (None, ACTUAL)
        }
        return f"?{urlencode(said)}" if said else ""


def asked(request: Request, run: Run) -> Asked:
    """Agent and world of a request. Raises UserError for a world that the run does not have."""
    given = request.query_params
    return Asked(given.get("agent") or None, frames.check_world(run, given.get("world") or ACTUAL))


def choices(run: Run, asked: Asked) -> dict[str, Any]:
    """The desks and worlds that a reader may choose from, as the manifest has them."""
    agents = (run.manifest.get("scenario") or {}).get("agents") or {}
    named = sorted(name for name, agent in agents.items() if isinstance(agent, dict) and agent.get("type") == "Hedger")
    found = [*named, *([ALL] if len(named) > 1 else [])]
    if asked.agent is not None and asked.agent not in found:
        found.append(asked.agent)
    worlds = [str(world) for world in run.manifest["worlds"]]
    return {
        "agents": found,
        "agent": asked.agent or (named[0] if named else ""),
        "worlds": worlds,
        "world": asked.world,
    }


def whole(given: Mapping[str, str], name: str, usual: int, *, least: int = 0, most: int = 10**9) -> int:
    """A whole number of the query. Raises UserError."""
    text = given.get(name) or str(usual)
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 12 else -1
    if not least <= number <= most:
        raise UserError(f"a whole number from {least} to {most:,}", value=text, place=name)
    return number


def day_of(text: str) -> date:
    """A date of an address. Raises UserError."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UserError("a day is written YYYY-MM-DD", value=text, place="the address") from None


def at(*parts: object) -> str:
    """An address from its parts, each quoted: at("look", "runs", name)."""
    return "".join(f"/{quote(str(part), safe='')}" for part in parts)
