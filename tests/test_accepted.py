"""Tables that are accepted without pydantic are those that it accepts, and give the same values."""

from __future__ import annotations

import copy
import math
import random
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import pytest

from markets.spec import ClockSpec, CreditSpec, FeedbackSpec, MarketSpec, StorylineSpec, VenuesSpec
from scenarios.parameters import models
from scenarios.parameters.accepted import accepted
from scenarios.parameters.classes import agent_types
from scenarios.parameters.validation import model_of
from scenarios.reading.loading import load
from scenarios.reading.shipped import catalogue, presets, read_toml
from scenarios.scenario import RunSpec

ODD: tuple[Any, ...] = (
    *(
        0,
        1,
        -1,
        2.0,
        -2.5,
        1e300,
        10**30,
        math.nan,
        math.inf,
        True,
        None,
        "",
        "put",
        "\ud800",
        "2020-03-16",
        "20200316",
    ),
    *(
        "20200316",
        date(2020, 3, 16),
        date(1, 1, 1),
        datetime(2020, 3, 16),
        [],
        [1.0, 2],
        ["a"],
        (1.0,),
        {},
        {"a": 1.0},
        {1: 2},
    ),
)
PARTS = {"market": MarketSpec, "venue": VenuesSpec, "credit": CreditSpec, "clock": ClockSpec, "feedback": FeedbackSpec}


def by_pydantic(cls: type[Any], table: Any, *, partial: bool) -> dict[str, Any] | None:
    try:
        return model_of(cls, partial=partial).model_validate(dict(table)).model_dump(exclude_unset=True)
    except Exception:
        return None


def same(cls: type[Any], table: Any, *, partial: bool = False) -> bool:
    """Whether a table is accepted; then pydantic's values are the same, to the type."""
    found = accepted(cls, table, partial=partial)
    if found is not None:
        assert repr(found) == repr(by_pydantic(cls, table, partial=partial)), (cls, table)
    return found is not None


def tables_of(name: str) -> list[tuple[type[Any], Any, bool]]:
    tables = read_toml(catalogue()[name])
    found: list[tuple[type[Any], Any, bool]] = [(cls, tables.get(key, {}), True) for key, cls in PARTS.items()]
    found += [(StorylineSpec, tables["storyline"], False), (RunSpec, tables.get("run", {}), False)]
    for agent, table in tables["agents"].items():
        values = {k: v for k, v in table.items() if k not in ("type", "count")}
        found.append((agent_types()[table["type"]], {**values, "name": agent}, False))
    return found


@pytest.mark.parametrize("name", presets())
def test_presets_need_no_pydantic(name: str, monkeypatch: pytest.MonkeyPatch):
    asked = []

    def watched(cls: type[Any], table: Any, *, partial: bool = False) -> Any:
        found = accepted(cls, table, partial=partial)
        asked.append(found is not None)
        return found

    monkeypatch.setattr(models, "accepted", watched)
    load(name)
    assert all(asked) and len(asked) > 8


def places(table: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The way to every value of nested tables."""
    inner = table.items() if isinstance(table, dict) else enumerate(table) if isinstance(table, list) else ()
    return [at] * bool(at) + [way for key, value in inner for way in places(value, (*at, key))]


def changed(table: Any, draw: random.Random) -> Any:
    """A table with one value made odd, one key taken out, or one added."""
    table = copy.deepcopy(table)
    *way, last = draw.choice(places(table) or [("new",)])
    inner = table
    for key in way:
        inner = inner[key]
    if isinstance(last, str) and draw.random() < 0.2:
        inner.pop(last, None)
    else:
        inner[last if draw.random() < 0.9 or not isinstance(last, str) else "new"] = draw.choice(ODD)
    return table


@pytest.mark.parametrize("name", ["covid_crash_2020", "gilt_ldi_2022", "sonia_swap_desk"])
def test_changed_tables_are_accepted_only_if_pydantic_does(name: str):
    draw, yes = random.Random(7), 0
    for cls, table, partial in tables_of(name):
        same(cls, table, partial=partial)
        yes += sum(same(cls, changed(table, draw), partial=partial) for _ in range(60))
    assert yes > 30  # some changes are right


def test_every_key_with_every_odd_value():
    yes = 0
    for cls in (*agent_types().values(), *PARTS.values(), RunSpec):
        for key in cls.__dataclass_fields__:
            yes += sum(same(cls, {key: value}, partial=True) for value in ODD)
    assert yes > 500


@dataclass(frozen=True, kw_only=True)
class Odd:
    """A user's own, with a type that no file has."""

    name: str
    raw: bytes = b""


def test_a_class_with_types_that_no_file_has_is_left_to_pydantic():
    assert accepted(Odd, {"name": "a"}) is None
