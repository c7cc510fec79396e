"""Keys of a run's manifest that are plainly right; `sim.manifest_model` has the same keys for pydantic."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sim.names import UNHEDGED
from sim.plainly import anything, by_name, checked, listed, maybe, number, plainly, sized, table, text, whole

NAME = re.compile(r"(?P<table>\w+)/(?P<world>[^/\\\0]+)-\d+\.parquet")  # of a table's file, for a world and chunk
DIGEST = re.compile("^[0-9a-f]{64}\\Z")


def check_names(worlds: list[str], files: Mapping[str, Any], twin: str | None, unhedged: str | None) -> None:
    """Raise ValueError unless the worlds and the files' names belong together, and every file lies in the folder.

    twin: the world that is the twin. unhedged: the desk that does not hedge in the world of that name.
    """
    if worlds[0] != "actual" or len(set(worlds)) != len(worlds):
        raise ValueError("worlds are 'actual' and others, each once")
    found: dict[str, set[str]] = {}
    for name in files:
        parts = NAME.fullmatch(name)
        if parts is None or parts["world"] not in worlds:
            raise ValueError(f"{name!r} is no table's file of these worlds")
        found.setdefault(parts["table"], set()).add(parts["world"])
    for name, mine in found.items():
        if mine != set(worlds):
            raise ValueError(f"table {name!r} lacks a world")
    if twin is not None and twin not in worlds:
        raise ValueError(f"the twin {twin!r} is none of the worlds {', '.join(worlds)}")
    if unhedged is not None and UNHEDGED not in worlds:
        raise ValueError(f"{unhedged!r} is said to be unhedged, and there is no world {UNHEDGED!r}")


def _sha(value: str) -> None:
    if DIGEST.match(value) is None:
        raise ValueError


def _file(value: Any) -> Any:
    """Size and checksum; size alone in an older run."""
    return WHOLE(value) if type(value) is int else table(FILE, "size")(value)


WORD, WHOLE, NUMBER = maybe(text), whole(0), maybe(number)
INSTANT, DAY = checked(datetime.fromisoformat, text), checked(date.fromisoformat, text)
NAMED = sized(1, 20_000, text)
FILE = {"size": WHOLE, "sha256": maybe(checked(_sha, text))}
CLOCK = {"first": INSTANT, "last": INSTANT, "ticks": whole(1), "days": WHOLE}
ANCHOR = {"date": DAY, **dict.fromkeys(("spot", "vol", "overnight", "us2y", "us10y", "credit"), NUMBER)}
EXPLAINED = {"actual": number, "price_taker": NUMBER, "error": number}
FIGURES = ("drawdown", "vol_peak", "spread_peak")
CALIBRATION = {"paths": whole(1), **dict.fromkeys(FIGURES, table(EXPLAINED, "actual", "error"))}
STORYLINE = {"anchors": WORD, "calibration": maybe(table(CALIBRATION, *CALIBRATION))}
SCENARIO = {
    "regime": WORD,
    "description": WORD,
    "clock": maybe(table({"calendar": WORD})),
    "storyline": maybe(table(STORYLINE)),
    "agents": maybe(by_name(by_name(anything))),
}
MANIFEST = {
    "name": NAMED,
    "title": maybe(sized(0, 20_000, text)),
    "scenario": table(SCENARIO),
    "seed": WHOLE,
    "paths": whole(1, 1 << 31),
    "witnesses": maybe(WHOLE),
    "worlds": sized(1, 2**63, listed(NAMED)),
    "twin": WORD,
    "unhedged": WORD,
    "versions": maybe(by_name(text)),
    "content_hash": WORD,
    "timing": maybe(table({"seconds": number}, "seconds")),
    "clock": maybe(table(CLOCK, *CLOCK)),
    "anchors": maybe(sized(0, 100_000, listed(table(ANCHOR, "date")))),
    "base": maybe(by_name(number)),
    "command": WORD,
    "profile": maybe(by_name(by_name(number))),
    "digest": WORD,
    "files": by_name(_file),
}
NEEDED = ("name", "scenario", "seed", "paths", "worlds", "files")


def is_right(manifest: Any) -> bool:
    """Whether a run's manifest is plainly right, its worlds and files together."""
    return plainly(checked(_together, table(MANIFEST, *NEEDED)), manifest) is not None


def _together(found: Mapping[str, Any]) -> None:
    check_names(list(found["worlds"]), found["files"], found.get("twin"), found.get("unhedged"))
