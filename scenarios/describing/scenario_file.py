"""A scenario as the text of a commented file that loads as the same scenario."""

from __future__ import annotations

import dataclasses
import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any, get_type_hints

from agents.base import Agent
from agents.hedging.positions import Position
from agents.obligations import Obligation
from markets.spec import Anchor, AssetSpec, StorylineSpec
from scenarios.describing.calibration import HEAD as CALIBRATED
from scenarios.describing.calibration import calibration_table
from scenarios.describing.reference import keys_of, limits_text, number
from scenarios.describing.template import WIDTH, commented
from scenarios.parameters.classes import kind_base
from scenarios.reading.loading import DEFAULTS, from_dict
from scenarios.scenario import RunSpec, Scenario, TwinSpec, encode, type_name
from sim.errors import BugError
from sim.params import written_fields

HEAD = """\
# {written}
# Keys behind a # have their defaults: take the # away to change one. Money in $; rates, spreads and vols as decimals
# (0.15 is 15 %). `spiral keys` lists all, `spiral check` validates.
"""
STORY = {
    "observed": "The record: dated levels at the close, which contain what the desks did to them.",
    "exogenous": "The outside world: dated levels at the close, to which the desks' impact is added.",
}
TABLES = ("clock", "market", "venue", "feedback", "credit")
APART = ("name", "book", "policy", "obligations", "anchor", "calibration", "further")  # keys that have their own place
BARE = re.compile(r"[A-Za-z0-9_-]+")


def scenario_text(scenario: Scenario, written: str) -> str:
    """The text: every key with its value, unit, limits and meaning. written: its first line, without the #.

    Raises BugError if the text does not give the scenario back.
    """
    parts = [
        HEAD.format(written=written),
        *(f"{key} = {value_text(getattr(scenario, key))}" for key in ("name", "title", "regime", "description")),
        *_notes(scenario.notes),
        *(line for key in TABLES for line in _section(key, getattr(scenario, key), DEFAULTS[key])),
        *(
            line
            for key, venue in scenario.venue.further.items()
            for line in _section(f"venue.{_key(key)}", venue, None)
        ),
        *_storyline(scenario.storyline),
        *(line for asset in scenario.assets for line in _asset(asset)),
        "\n# --- The cast " + "-" * 103,
        *(line for agent in scenario.agents for line in _agent(agent)),
        "\n# --- The run " + "-" * 104,
        *_section("run", scenario.run, RunSpec()),
    ]
    if scenario.storyline.calibration is not None:
        parts += ["", CALIBRATED + calibration_table(scenario.storyline.calibration)]
    text = "\n".join(parts).rstrip() + "\n"
    return text.encode("utf-8", "replace").decode()  # the bytes of a file's name may be no text


def check_reads_back(text: str, scenario: Scenario, folder: Path) -> None:
    """Raise BugError unless the text of a file in `folder` loads as the scenario."""
    if from_dict(tomllib.loads(text), folder=folder) != scenario:
        raise BugError(f"{scenario.name}: the file that was to be written is another scenario")


def value_text(value: Any) -> str:
    """A value as TOML writes it, to the last digit; tables in one line, without keys that have no value."""
    if isinstance(value, bool | int) and not isinstance(value, float):
        return str(value).lower()
    if isinstance(value, float):
        return _float(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, TwinSpec):
        return value_text(encode(value))
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        kind = {"kind": type_name(type(value))} if kind_base(type(value)) else {}
        return value_text(kind | {f.name: getattr(value, f.name) for f in written_fields(value)})
    if isinstance(value, Mapping):
        pairs = [f"{_key(str(k))} = {value_text(item)}" for k, item in value.items() if item is not None]
        return f"{{ {', '.join(pairs)} }}" if pairs else "{}"
    if isinstance(value, tuple | list):
        return f"[{', '.join(map(value_text, value))}]"
    return json.dumps(str(value), ensure_ascii=False).replace("\x7f", "\\u007f")


def _float(value: float) -> str:
    text = number(value)
    try:
        exact = float(text) == value
    except ValueError:
        exact = False
    return text if exact else repr(value)


def _key(name: str) -> str:
    return name if BARE.fullmatch(name) else value_text(name)


def _notes(notes: tuple[str, ...]) -> list[str]:
    """The scenario's notes, a line each."""
    lines = [f"    {value_text(note)}," for note in notes]
    return ["notes = [", *lines, "]"] if notes else []


def _section(path: str, value: Any, default: Any) -> Iterator[str]:
    yield f"\n[{path}]"
    yield from _lines(value, default)


def _lines(value: Any, default: Any = None, above: str = "") -> Iterator[str]:
    """`key = value   # meaning [unit] (limits)` of a parameter dataclass, behind a # where it is the default."""
    hints = get_type_hints(type(value))
    for f in written_fields(value):
        if f.name in APART:
            continue
        item, usual = getattr(value, f.name), _default(f) if default is None else getattr(default, f.name)
        whole = usual is None  # a table that is there or not, defaults and all
        if dataclasses.is_dataclass(item) and not isinstance(item, TwinSpec) and not whole:
            yield from _lines(item, usual if type(usual) is type(item) else None, f"{above}{f.name}.")
            continue
        given = "" if item is None else f" {value_text(item)}"
        said = f"{'# ' if item is None or item == usual else ''}{above}{f.name} ={given}"
        unit = f" [{f.metadata['unit']}]" if f.metadata.get("unit") else ""
        limits = limits_text(hints[f.name], {**f.metadata, "against": ""})
        meaning = f"{f.metadata.get('help', '')}{unit}{f' ({limits})' if limits else ''}"
        yield f"{said:<{WIDTH}} # {meaning}".rstrip(" #")


def _default(f: dataclasses.Field[Any]) -> Any:
    return f.default if f.default_factory is dataclasses.MISSING else f.default_factory()


def _storyline(storyline: StorylineSpec) -> Iterator[str]:
    rows = (f"    {value_text(anchor)}," for anchor in storyline.anchor)
    yield f"\n# {STORY[storyline.anchors]}"
    yield "# Between the dates spot and vol run log-linearly, rates and credit linearly."
    yield from ("[storyline]", f'anchors = "{storyline.anchors}"', "anchor = [", *rows, "]")
    if storyline.shock:
        yield from ("shock = [", *(f"    {value_text(shock)}," for shock in storyline.shock), "]")
    yield "# Keys of an anchor:"
    yield from commented(keys_of(Anchor, ""))


def _asset(asset: AssetSpec) -> Iterator[str]:
    yield from _section(f"assets.{_key(asset.name)}", asset, None)
    if asset.anchor:
        yield from ("anchor = [", *(f"    {value_text(anchor)}," for anchor in asset.anchor), "]")


def _agent(agent: Agent) -> Iterator[str]:
    """An agent's table, and those of its policy, its positions and its debts."""
    path = f"agents.{_key(agent.name)}"
    yield f"\n# {(type(agent).__doc__ or '').strip().partition(chr(10))[0]}\n[{path}]"
    yield f"type = {value_text(type_name(type(agent)))}"
    yield from _lines(agent)
    policy = getattr(agent, "policy", None)
    if policy is not None:
        yield f"\n[{path}.policy]\nkind = {value_text(type_name(type(policy)))}"
        yield from _lines(policy)
    for key, kind in (("book", Position), ("obligations", Obligation)):
        items = getattr(agent, key, ())
        for item in items:
            yield f"\n[[{path}.{key}]]"
            yield from _given(item)
        if items:
            yield "# Its keys:"
            yield from commented(keys_of(kind, ""))


def _given(item: Any) -> Iterator[str]:
    """`key = value` of a position or a debt, without keys that are left empty."""
    for f in dataclasses.fields(item):
        value = getattr(item, f.name)
        empty = value is None or (value in ("", ()) and value == _default(f))
        if not empty:
            yield f"{f.name} = {value_text(value)}"
