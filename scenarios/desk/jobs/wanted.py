"""What a job shall run: the arguments of `spiral run`, as JSON."""

from __future__ import annotations

import dataclasses
import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from scenarios.reading.plain_values import LONGEST_TEXT
from sim.errors import UserError
from sim.text import STEERING

LONGEST_NAME, MOST_SETTINGS = 500, 10_000  # characters; settings of a job
OPTIONS = ("history", "book", "curves")  # files that are given to an option of that name
FILES = ("file", *OPTIONS)


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A scenario, what is changed in it, and the size of the run.

    Attributes:
        scenario: a preset's name; "" where a file or a base is given.
        files: uploads by use: `file` (a scenario), `history`, `book`, `curves`.
        base: the run whose scenario is varied.
        label: what a variation is called.
        settings: `KEY=VALUE` texts, as of --set.
        paths, seed, twin: of the run; None: the scenario's.
        dates: order of dates in the files, `mdy`, `dmy` or `iso`.
        exogenous: take a history as the outside world.
        name: folder of the run below `runs/`; "": of the scenario's name and seed.
    """

    scenario: str = ""
    files: dict[str, str] = field(default_factory=dict)
    base: str = ""
    label: str = ""
    settings: tuple[str, ...] = ()
    paths: int | None = None
    seed: int | None = None
    twin: str | None = None
    dates: str | None = None
    exogenous: bool = False
    name: str = ""

    @property
    def title(self) -> str:
        """For lists: the scenario, and what is changed."""
        source = self.base or self.scenario or self.files.get("file") or self.files.get("history", "")
        return f"{source.rpartition('/')[2]}: {self.label}" if self.label else source.rpartition("/")[2]

    def command(self, base: str | None = None) -> str:
        """The command line that does the same in the desk's folder. base: that of the run that is varied."""
        words = shlex.split(base) if base else ["spiral", "run", *filter(None, [self.scenario, self.files.get("file")])]
        for option in OPTIONS:
            words += [f"--{option}", self.files[option]] if option in self.files else []
        words += ["--exogenous"] if self.exogenous else []
        given = {"dates": self.dates, "paths": self.paths, "seed": self.seed, "twin": self.twin}
        for option, value in given.items():
            if value is not None:
                words = [*_without(words, f"--{option}"), f"--{option}", str(value)]
        for setting in self.settings:
            words += ["--set", setting]
        if self.name:
            words = [*_without(words, "--out"), "--out", f"runs/{self.name}"]
        return shlex.join(words)

    def to_json(self) -> str:
        """One line."""
        return json.dumps(dataclasses.asdict(self))


def _without(words: list[str], option: str) -> list[str]:
    """The words of a command without an option and its value."""
    if option not in words:
        return words
    at = words.index(option)
    return words[:at] + words[at + 2 :]


KINDS: dict[str, tuple[type, ...]] = {
    "scenario": (str,),
    "base": (str,),
    "label": (str,),
    "name": (str,),
    "paths": (int, type(None)),
    "seed": (int, type(None)),
    "twin": (str, type(None)),
    "dates": (str, type(None)),
    "exogenous": (bool,),
}
LEAST = {"paths": 1, "seed": 0}
AMONG = {"dates": ("iso", "mdy", "dmy"), "twin": ("price_taker", "frozen", "none")}


def wanted_of(found: Any) -> Wanted:
    """What a JSON object says. Raises UserError."""
    if not isinstance(found, dict):
        raise UserError("a job is an object of keys", value=type(found).__name__, remedy='{"scenario": "calm_market"}')
    known = [f.name for f in dataclasses.fields(Wanted)]
    for key, value in found.items():
        if key not in known:
            raise UserError("a job has no such key", value=key, remedy=f"it has {', '.join(known)}")
        if key in KINDS and (not isinstance(value, KINDS[key]) or (isinstance(value, bool) and key != "exogenous")):
            kinds = " or ".join("nothing" if kind is type(None) else kind.__name__ for kind in KINDS[key])
            raise UserError(f"must be {kinds}", value=value, place=key)
        if key in LEAST and value is not None and value < LEAST[key]:
            raise UserError(f"must be at least {LEAST[key]}", value=value, place=key)
        if key in AMONG and value is not None and value not in AMONG[key]:
            raise UserError("is none of these", value=value, place=key, remedy=", ".join(AMONG[key]))
    files, settings = found.get("files", {}), found.get("settings", ())
    if isinstance(settings, list | tuple) and len(settings) > MOST_SETTINGS:
        raise UserError(f"a job has at most {MOST_SETTINGS:,} settings", value=len(settings), place="settings")
    if not isinstance(files, dict) or not all(isinstance(each, str) for each in files.values()):
        raise UserError("files are uploads by use", value=files, place="files")
    for use in files:
        if use not in FILES:
            raise UserError("a job takes no such file", value=use, place="files", remedy=", ".join(FILES))
    if not isinstance(settings, list | tuple) or not all(isinstance(each, str) for each in settings):
        raise UserError("settings are a list of KEY=VALUE", value=settings, place="settings")
    _check_texts({**{key: value for key, value in found.items() if isinstance(value, str)}, **files}, LONGEST_NAME)
    _check_texts({f"settings, item {i + 1}": setting for i, setting in enumerate(settings)}, LONGEST_TEXT)
    return Wanted(**{**found, "settings": tuple(settings)})


def _check_texts(texts: Mapping[str, str], longest: int) -> None:
    """Raise UserError for a text that is too long, or that pages and lists could not show."""
    for place, text in texts.items():
        if len(text) > longest:
            raise UserError(f"has at most {longest:,} characters", value=len(text), place=place, remedy="shorten it")
        if (odd := STEERING.search(text)) is not None:
            raise UserError("holds a character that nobody can see", value=odd[0], place=place, remedy="leave it out")
