"""A case to play: a preset, a seat in it, a pace, what is shown, and words for the class."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from sim.errors import UserError
from sim.nearest import nearest

FOLDER = Path(__file__).with_name("cases")
VISIBLE = {  # what a lecturer may show or hide
    "greeks": "Greeks of the book",
    "neutral": "the position that would neutralise the book",
    "news": "news lines",
    "scores": "the scores of the others",
}


@dataclass(frozen=True)
class Bot:
    """A policy that plays beside the students: a name, and keys of the desk that are set for it."""

    name: str
    keys: Mapping[str, Any]


@dataclass(frozen=True)
class News:
    """A line that appears when its day begins."""

    day: date
    text: str


@dataclass(frozen=True, kw_only=True)
class Case:
    """What a file of `cases/` says."""

    key: str
    title: str
    preset: str
    seat: str
    decide: str
    seconds: float  # of a decision
    text: str  # for the class
    notes: str  # for the lecturer
    visible: tuple[str, ...]
    bots: tuple[Bot, ...]
    news: tuple[News, ...]
    changes: Mapping[str, Any]  # keys of the preset, by dotted name
    until: date | None = None  # an anchor's day, at which the case ends


@cache
def cases() -> dict[str, Case]:
    """The catalogue, by key, in order of their files' names."""
    return {file.stem: _read(file) for file in sorted(FOLDER.glob("*.toml"))}


def case(key: str) -> Case:
    """The case of that key. Raises UserError."""
    known = cases()
    if key not in known:
        raise UserError("there is no such case", value=key, place="case", remedy=nearest(key, list(known)))
    return known[key]


def _read(file: Path) -> Case:
    told = tomllib.loads(file.read_text(encoding="utf-8"))
    bots = tuple(Bot(each["name"], each["keys"]) for each in told.pop("bots"))
    news = tuple(News(each["day"], each["text"]) for each in told.pop("news", []))
    texts: dict[str, Any] = {name: " ".join(told.pop(name).split()) for name in ("text", "notes")}
    changes = told.pop("changes", {})
    return Case(
        key=file.stem, bots=bots, news=news, changes=changes, visible=tuple(told.pop("visible")), **texts, **told
    )
