"""What a browser has chosen: a scenario or files, and what is changed. It lives in the address and in the form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from starlette.datastructures import ImmutableMultiDict

from scenarios.desk.jobs.reading import scenario_of
from scenarios.desk.jobs.wanted import AMONG, FILES, Wanted
from sim.errors import UserError

if TYPE_CHECKING:
    from pathlib import Path

    from scenarios.scenario import Scenario

SET = "set:"  # before the key of a knob, in a form


@dataclass(frozen=True)
class Draft:
    """The source of a run as an address names it, and the desk whose policy is changed."""

    wanted: Wanted
    agent: str = ""

    @property
    def chosen(self) -> bool:
        """Whether there is something to run."""
        return bool(self.wanted.scenario or self.wanted.files.get("file") or self.wanted.files.get("history"))

    @property
    def source(self) -> dict[str, str]:
        """The fields of it, as an address or a form has them."""
        said = {"scenario": self.wanted.scenario, **self.wanted.files, "dates": self.wanted.dates or "",
                "exogenous": "yes" if self.wanted.exogenous else "", "agent": self.agent}  # fmt: skip
        return {key: value for key, value in said.items() if value}

    @property
    def address(self) -> str:
        """Of the page that shows it."""
        return f"/run?{urlencode(self.source)}"

    def scenario(self, folder: Path) -> Scenario:
        """As it is chosen, without changes. Raises UserError."""
        return scenario_of(replace(self.wanted, settings=(), paths=None, seed=None, twin=None), folder)


def draft_of(said: Mapping[str, Any]) -> Draft:
    """The draft of an address or a form. Raises UserError for a choice that is none."""
    files = {use: place for use in FILES if (place := _text(said, use))}
    dates = str(said.get("dates") or "") or None
    if dates is not None and dates not in AMONG["dates"]:
        raise UserError("is none of these", value=dates, place="dates", remedy=", ".join(AMONG["dates"]))
    scenario = str(said.get("scenario") or "")
    wanted = Wanted(scenario=scenario, files=files, dates=dates, exogenous=bool(said.get("exogenous")))
    return Draft(wanted, str(said.get("agent") or ""))


def _text(said: Mapping[str, Any], name: str) -> str:
    """A field's text. A form has the place of a file sent before, then the field of another one, often empty."""
    every = said.getlist(name) if isinstance(said, ImmutableMultiDict) else [said.get(name)]
    return next((each for each in every if isinstance(each, str) and each), "")


def typed_in(form: Mapping[str, Any]) -> dict[str, str]:
    """What a form has at each knob, by key."""
    return {key[len(SET) :]: value for key, value in form.items() if key.startswith(SET) and isinstance(value, str)}


def whole(form: Mapping[str, Any], name: str) -> int | None:
    """A field as a whole number, None where it is empty. Raises UserError."""
    text = str(form.get(name) or "").strip().replace(",", "")
    if not text:
        return None
    try:
        return int(text)
    except ValueError:
        raise UserError("must be a whole number", value=text[:40], place=name, remedy="write 1000") from None
