"""Tables into parameters: defaults stay where the fields are, tables change them key by key."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.hedging.hedger import Hedger
from agents.policies import POLICIES, Band
from markets.spec import Anchor, MarketSpec, VenueSpec, VenuesSpec, asset_venue
from scenarios.describing.reference import NAME, Key, all_keys, keys_of, number
from scenarios.parameters.models import build
from sim.errors import UserError
from sim.params import param
from sim.place import Place

HERE = Place("test.toml", ("spec",))


def test_missing_keys_keep_their_defaults() -> None:
    assert build(MarketSpec, {}, HERE) == MarketSpec()
    assert build(MarketSpec, {"beta": 3, "jumps": {"intensity": 2.0}}, HERE).jumps.intensity == 2.0
    assert build(MarketSpec, {"beta": 3}, HERE).beta == 3.0


def test_a_venue_table_changes_its_own_venue_key_by_key() -> None:
    venues = build(VenuesSpec, {"asset": {"depth": 1e9}}, HERE, default=VenuesSpec())
    assert venues.asset.depth == 1e9
    assert venues.asset.half_spread == asset_venue().half_spread
    assert venues.us10y == VenuesSpec().us10y


def test_a_key_without_default_is_required() -> None:
    with pytest.raises(UserError, match=r"test.toml: spec.half_spread: this key is required"):
        build(VenueSpec, {}, HERE)


@pytest.mark.parametrize("kind", POLICIES)
def test_every_policy_is_chosen_by_kind(kind: str) -> None:
    hedger = build(Hedger, {"name": "h", "policy": {"kind": kind}}, HERE)
    assert type(hedger.policy) is POLICIES[kind]


def test_policy_parameters() -> None:
    hedger = build(Hedger, {"policy": {"kind": "band", "width": 0.1, "interval": "1d"}}, HERE)
    assert hedger.policy == Band(width=0.1, interval="1d")
    with pytest.raises(UserError, match=r"spec.policy.width: must be >= 0, got -1"):
        build(Hedger, {"policy": {"kind": "band", "width": -1}}, HERE)


def test_dates_are_dates_or_iso_text_and_nothing_else() -> None:
    assert build(Anchor, {"date": "2020-03-16"}, HERE).date == date(2020, 3, 16)
    for wrong in (20200316, 1.5, "16/03/2020", True):
        with pytest.raises(UserError, match="must be a date, YYYY-MM-DD"):
            build(Anchor, {"date": wrong}, HERE)


@dataclass(frozen=True, kw_only=True)
class Nested:
    """A user's own table."""

    size: float
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Own:
    """A user's own parameters, with and without metadata."""

    count: int
    ratio: float | None = None
    parts: tuple[Nested, ...] = ()
    speed: float = param(1.0, unit="1/day", help="how fast", gt=0)


def test_plain_dataclasses_are_checked_by_their_hints() -> None:
    own = build(Own, {"count": 2, "ratio": 0.5, "parts": [{"size": 1, "tags": ["a"]}]}, HERE)
    assert own == Own(count=2, ratio=0.5, parts=(Nested(size=1.0, tags=("a",)),))
    for table, message in (
        ({"count": 2.5}, "spec.count: must be a whole number, got 2.5"),
        ({"count": 2, "parts": [{"size": "big"}]}, "spec.parts.1.size: must be a number, got 'big'"),
        ({"count": 2, "parts": [{}]}, "spec.parts.1.size: this key is required"),
        ({"count": 2, "speed": 0}, "spec.speed: must be > 0, got 0; speed is: how fast [1/day]"),
    ):
        with pytest.raises(UserError) as caught:
            build(Own, table, HERE)
        assert str(caught.value) == f"test.toml: {message}"


@dataclass(frozen=True, kw_only=True)
class Strange:
    """A parameter that no file can hold."""

    thing: memoryview


def test_types_that_no_file_can_hold_are_refused() -> None:
    with pytest.raises(UserError, match="a parameter's type cannot be written in a scenario file"):
        build(Strange, {"thing": 1}, HERE)


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(), lambda x: st.lists(x) | st.dictionaries(st.text(), x)
    )
)
def test_any_value_is_built_or_refused_in_one_line(value: Any) -> None:
    for table in (value, {"rho": value}, {"jumps": value}, {"jumps": {"kind": value}}):
        try:
            assert isinstance(build(MarketSpec, table, HERE), MarketSpec)
        except UserError as error:
            assert len(str(error).splitlines()) == 1


def test_every_key_has_a_meaning() -> None:
    keys = list(all_keys())
    assert len(keys) > 120
    assert {key.path for key in keys if not key.help} == {"storyline.anchor[].date", "assets.NAME.anchor[].date"}


def test_printed_defaults_are_the_fields_own() -> None:
    for key in keys_of(MarketSpec, ""):
        if NAME in key.path:  # a table that only some scenarios have
            continue
        value: Any = MarketSpec()
        for part in key.path.split("."):
            if value is None:  # of a table that is left out
                break
            value = getattr(value, part)
        else:
            _check_default(key, value)


def _check_default(key: Key, value: Any) -> None:
    expected = "" if value is None else number(value) if isinstance(value, float) else str(value)
    assert key.default.strip('"') == expected


@given(st.floats(1e-9, 1e12, allow_nan=False) | st.floats(-1e12, -1e-9))
def test_numbers_print_close_to_themselves(value: float) -> None:
    assert float(number(value)) == pytest.approx(value, rel=1e-5)
