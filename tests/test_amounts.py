"""Money is judged by its own scenario: slips of a thousand, a million, a billion and percent; small worlds pass."""

from __future__ import annotations

import copy
import dataclasses
import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Union, get_args, get_origin, get_type_hints

import pytest

from agents.base import Agent
from agents.hedging.positions import Position
from agents.obligations import Obligation
from agents.policies import POLICIES, Policy
from markets.spec import CalibrationSpec, ExplainedSpec
from scenarios import load, presets
from scenarios.checking.plausibility import odd_values, taken_as_given
from scenarios.parameters.classes import agent_types
from scenarios.reading.loading import from_dict
from scenarios.scenario import Scenario, TwinSpec
from scenarios.studies.replay.positions_csv import take_book
from sim.errors import UserError
from sim.params import param
from sim.place import Place
from tests.fuzz_cases import scenario as of_everything

Keys = tuple[str | int, ...]
MONEY = ("capital", "line", "inventory_limit", "notional", "depth")


def changed(tables: dict[str, Any], keys: Keys, value: Any) -> dict[str, Any]:
    """The tables with one value changed."""
    found = copy.deepcopy(tables)
    holder: Any = found
    for key in keys[:-1]:
        holder = holder[key]
    holder[keys[-1]] = value
    return found


def held(tables: Any, keys: Keys) -> Any:
    for key in keys:
        tables = tables[key]
    return tables


def numbers(tables: Any, keys: Keys = ()) -> Iterator[Keys]:
    """Every number of nested tables."""
    for key, value in tables.items() if isinstance(tables, dict) else enumerate(tables):
        if isinstance(value, dict | list):
            yield from numbers(value, (*keys, key))
        elif isinstance(value, int | float) and not isinstance(value, bool):
            yield (*keys, key)


def is_money(keys: Keys, names: tuple[str, ...]) -> bool:
    """Whether a key is an amount of one of the names: a `depth` or a `margin` may also be a multiple."""
    of_loops = keys[0] in ("feedback", "run")
    return keys[-1] in names and not of_loops and (keys[-1] != "depth" or "venue" in keys)


def written(keys: Keys) -> str:
    """A key as messages have it."""
    return ".".join(str(key + 1) if isinstance(key, int) else key for key in keys)


COVID = load("covid_crash_2020").to_dict()
GILTS = load("gilt_ldi_2022").to_dict()
CALM, BEAR = load("calm_market").to_dict(), load("bear_flattener").to_dict()  # no record that must stay as it is
SLIPS = [(COVID, keys) for keys in numbers(COVID) if is_money(keys, MONEY)]
SLIPS += [(GILTS, ("agents", "clearing_bank", "line")), (GILTS, ("agents", "fund_a", "book", 0, "notional"))]


@pytest.mark.parametrize("factor", [1e3, 1e6, 1e9, 1e-3, 1e-6, 1e-9])
@pytest.mark.parametrize(("tables", "keys"), SLIPS, ids=[f"{t['name']}-{written(k)}" for t, k in SLIPS])
def test_an_amount_of_a_preset_in_another_unit_is_refused(tables: dict[str, Any], keys: Keys, factor: float) -> None:
    value = held(tables, keys)
    with pytest.raises(UserError) as caught:
        from_dict(changed(tables, keys, value * factor))
    said = str(caught.value)
    assert said.startswith(f"scenario: {written(keys)}: ") and said.endswith("take it with --as-given")
    assert "\n" not in said and len(said) < 300
    assert taken_as_given(from_dict(changed(tables, keys, value * factor), as_given=True))


def test_the_message_names_both_amounts_and_the_remedy() -> None:
    with pytest.raises(UserError) as caught:
        load("covid_crash_2020", {"agents.treasury.line": 1.5})
    assert str(caught.value) == (
        "--set agents.treasury.line: a line of $1.5 is out of proportion to a capital of $2e9 (agents.bank.capital), "
        "got 1.5; write 1.5e9 for 1.5 bn, or take it with --as-given"
    )


PERCENT = [
    "venue.asset.slope",
    "venue.asset.capacity",
    "venue.asset.depth_power",
    "venue.asset.spread_power",
    "market.xi",
    "market.beta",
    "market.realised_ratio",
    "market.rates.vol_us2y",
    "credit.elasticity",
    "credit.stress_elasticity",
    "feedback.leverage",
    "feedback.impact",
    "agents.treasury.line_power",
    "agents.treasury.rate_vol",
    "agents.treasury.minimum_call",
    "agents.treasury.closeout_cost",
    "agents.bank.drawdown_limit",
]


@pytest.mark.parametrize("key", PERCENT)
def test_a_preset_s_number_in_percent_is_refused(key: str) -> None:
    value = 100 * held(COVID, tuple(key.split(".")))
    with pytest.raises(UserError, match=re.escape(f"--set {key}: outside")) as caught:
        load("covid_crash_2020", {key: value})
    assert f"write {value / 100:g} for {value:g} %" in str(caught.value)


# --- everything that is judged by something else, in a scenario of everything ----------------------------------------


def everything() -> dict[str, Any]:
    """A scenario with every key that is judged against another one."""
    tables = copy.deepcopy(of_everything())
    agents = tables["agents"]
    agents["fund"] |= {"capital": 1e9, "value": 100.0, "margin": 10.0}
    agents["index_fund"]["capital"] = 3e8
    agents["relative"]["holding"] = 1e9
    agents["broker"] |= {"schedule": "almgren_chriss", "risk_aversion": 1e-7, "capital": 1e8}
    agents["insider"] = {"type": "InformedTrader", "aggressiveness": 7e7}
    agents["hedger"]["policy"] = {"kind": "whalley_wilmott", "risk_aversion": 1e-8}
    return from_dict(tables).to_dict()


EVERYTHING = everything()


def judged(spec: Any, keys: Keys = ()) -> Iterator[tuple[Keys, str]]:
    """Values of a spec that are judged against others: their place in the tables, and their key's name."""
    for f in dataclasses.fields(spec):
        value = getattr(spec, f.name)
        here = (*keys, f.name)
        if f.metadata.get("against") and value:
            inner = [(*here, name) for name in value] if isinstance(value, dict) else [here]
            yield from ((place, f"{type(spec).__name__}.{f.name}") for place in inner)
        elif dataclasses.is_dataclass(value):
            yield from judged(value, here)
        elif isinstance(value, tuple):
            for i, item in enumerate(value):
                if dataclasses.is_dataclass(item):
                    yield from judged(item, (*here, getattr(item, "name", i)))


JUDGED = list(judged(from_dict(EVERYTHING)))


@pytest.mark.parametrize("factor", [1e-6, 1e6])
@pytest.mark.parametrize(("keys", "_name"), JUDGED, ids=[written(keys) for keys, _ in JUDGED])
def test_a_slip_of_a_million_is_refused_at_its_key(keys: Keys, _name: str, factor: float) -> None:
    with pytest.raises(UserError, match=re.escape(f"scenario: {written(keys)}: ")):
        from_dict(changed(EVERYTHING, keys, held(EVERYTHING, keys) * factor))


# --- what must pass --------------------------------------------------------------------------------------------------

AMOUNTS = (*MONEY, "balance", "spot", "outside_spot", "strike", "order_size", "value", "margin", "redemption", "amount")
PER_DOLLAR = ("risk_aversion", "aggressiveness")


@pytest.mark.parametrize("factor", [1e-8, 1e-3, 1e6])
@pytest.mark.parametrize("tables", [CALM, BEAR, EVERYTHING], ids=lambda tables: tables["name"])
def test_a_whole_world_may_be_small_or_large(tables: dict[str, Any], factor: float) -> None:
    scaled = tables
    for keys in numbers(tables):
        if is_money(keys, AMOUNTS) or keys[-2:] in (
            ("relative", "holding"),
            ("investors", "capacity"),
        ):  # others hold units
            scaled = changed(scaled, keys, held(tables, keys) * factor)
        elif keys[-1] in PER_DOLLAR and keys[-2] not in ("quoting", "patient"):  # theirs are per unit of return
            scaled = changed(scaled, keys, held(tables, keys) / factor)
    assert taken_as_given(from_dict(scaled)) == ()


WORLD_OF_100: dict[str, Any] = {
    "name": "hundred",
    "storyline": {
        "anchor": [
            {"date": "2024-03-01", "spot": 100, "vol": 0.2, "credit": 0.01}
            | dict.fromkeys(("overnight", "us2y", "us10y"), 0.04),
            {"date": "2024-03-15", "spot": 90},
        ]
    },
    "venue": {"asset": {"depth": 100.0}},
    "agents": {
        "maker": {"type": "MarketMaker", "venues": ["asset"], "capital": 20.0, "inventory_limit": 50.0},
        "hedger": {
            "type": "Hedger",
            "capital": 10.0,
            "book": [{"kind": "put", "moneyness": 0.9, "months": 3, "quantity": -1}],
        },
        "treasury": {"type": "FundingDesk", "capital": 100.0, "line": 10.0},
    },
}  # fmt: skip


def test_a_world_of_a_hundred_dollars_passes() -> None:
    assert taken_as_given(from_dict(WORLD_OF_100)) == ()


def test_a_default_that_does_not_suit_a_small_world_is_said_and_not_refused() -> None:
    agents = WORLD_OF_100["agents"] | {"treasury": {"type": "FundingDesk"}}
    scenario = from_dict(WORLD_OF_100 | {"agents": agents})
    (line,) = taken_as_given(scenario)
    assert line.startswith("left at its default: agents.treasury.line, 6e+09: a line of $6e9 is out of proportion")


@pytest.mark.slow
def test_presets_have_room() -> None:
    """A desk four times as large or small, and a venue as deep, is as plausible as the preset."""
    for name in presets():
        tables = load(name).to_dict()
        for keys in numbers(tables):
            if is_money(keys, MONEY):
                for factor in (0.25, 4.0):
                    assert taken_as_given(from_dict(changed(tables, keys, held(tables, keys) * factor))) == (), keys


def test_a_small_listed_position_passes_and_a_slip_in_a_book_file_does_not(tmp_path: Path) -> None:
    book = tmp_path / "book.csv"
    book.write_text("kind,moneyness,months,contracts\nput,0.9,3,-1\nput,0.8,3,-3000\n")
    take_book(load("calm_market"), book)
    book.write_text("kind,moneyness,months,notional\nput,0.9,3,-10\n")
    with pytest.raises(UserError, match=r"book.csv:2: notional: a book of \$10 is out of .*; write -1e10 for -10 bn"):
        take_book(load("calm_market"), book)
    take_book(load("calm_market", as_given=True), book)


# --- no key is forgotten ---------------------------------------------------------------------------------------------

# Numbers without a plausible range and without a limit on each side, and why.
NONE_NEEDED = {
    "AssetSpec.correlation": "lies between -1 and 1, which is checked by name of the other asset",
    "SpreadSpec.correlation": "lies between -1 and 1, which is checked by name of the other factor",
    "SpreadNodeSpec.correlation": "lies between -1 and 1, which is checked by name of the other factor",
    "CurrencyNodeSpec.correlation": "lies between -1 and 1, which is checked by name of the other factor",
    "CreditNameSpec.correlation": "lies between -1 and 1, which is checked by name of the other factor",
    "CounterpartyTerms.threshold": "nothing, or what is open on a book of any size",
    "FundingDesk.threshold": "a few millions, or so much that no margin is ever asked",
    "FundingDesk.minimum_transfer": "as low as a dollar, or so much that nothing is ever moved",
    "NettingTerms.positions": "numbers of lines, which are checked",
    "NettingTerms.threshold": "a few millions, or so much that no margin is ever asked",
    "NettingTerms.minimum_transfer": "as low as a dollar, or so much that nothing is ever moved",
    "FundingDesk.skin": "at most the lender's capital, which is checked",
    "FxSpec.correlation": "lies between -1 and 1, which is checked by name of the other factor",
    "NodeSpec.correlation": "lies between -1 and 1, which is checked by name of the other node",
}
MADE_BY_SPIRAL = (CalibrationSpec, ExplainedSpec)  # nobody writes them


def specs() -> set[type]:
    """Every parameter dataclass of a scenario file."""
    found: set[type] = set()
    todo: list[Any] = [Scenario, TwinSpec, Position, Obligation, *agent_types().values(), *POLICIES.values()]
    while todo:
        spec = todo.pop()
        if not dataclasses.is_dataclass(spec) or spec in found or spec in MADE_BY_SPIRAL:
            continue
        found.add(spec)  # type: ignore[arg-type]
        for hint in get_type_hints(spec).values():
            todo += [part for part in (hint, *get_args(hint)) if isinstance(part, type)]
    return {spec for spec in found if spec not in (Agent, Policy)}


def numeric(hint: Any) -> bool:
    """Whether values of a hint are numbers, or tables or lists of numbers."""
    if get_origin(hint) in (dict, tuple, Union, type(int | None)):
        return any(numeric(part) for part in get_args(hint))
    return hint in (int, float)


def unbounded(spec: type) -> Iterator[str]:
    """Numeric keys of a spec that may have any value."""
    hints = get_type_hints(spec)
    for f in dataclasses.fields(spec):
        limits = f.metadata.get("limits", {})
        both = {"gt", "ge"} & set(limits) and {"lt", "le"} & set(limits)
        if numeric(hints[f.name]) and not (both or f.metadata.get("plausible") or f.metadata.get("against")):
            yield f"{spec.__name__}.{f.name}"


def test_every_number_of_the_schema_is_bounded() -> None:
    found = {key for spec in specs() for key in unbounded(spec)}
    assert found == set(NONE_NEEDED), "give a new key a plausible range (sim.params.param), or say here why it has none"


def test_a_key_without_bounds_is_found() -> None:
    @dataclasses.dataclass
    class Forgotten:
        speed: float | None = param(None, unit="1/day", help="how fast", gt=0)
        levels: tuple[float, ...] = param((), help="where")
        share: float = param(0.5, help="how much", ge=0, le=1)

    namespace = {"Forgotten": Forgotten}
    assert set(unbounded(namespace["Forgotten"])) == {"Forgotten.speed", "Forgotten.levels"}


def test_whatever_is_judged_by_something_else_is_tried() -> None:
    """Above, in the scenario of everything: a key that says so and is not judged is found here."""
    marked = {
        f"{spec.__name__}.{f.name}"
        for spec in specs()
        for f in dataclasses.fields(spec)
        if f.metadata.get("against") and not (f.name == "capital" and spec.__name__ in ("ClientFlow", "NoiseTrader"))
    }
    cash_of_others = {"InformedTrader.capital"}  # as the Executor's: agents of other types have one rule
    other_policy = {"Zakamouline.risk_aversion"}  # as Whalley and Wilmott's
    assert marked - cash_of_others - other_policy == {name for _, name in JUDGED}


def test_plausible_ranges_hold_the_defaults() -> None:
    for spec in specs():
        for f in dataclasses.fields(spec):
            low, high = f.metadata.get("plausible") or (-math.inf, math.inf)
            values = f.default if isinstance(f.default, tuple) else (f.default,)
            assert all(v == 0 or low <= v <= high for v in values if isinstance(v, int | float)), f.name


def test_each_amount_is_blamed_once() -> None:
    """A depth in billions is out of proportion to much else, and is one line."""
    scenario = load("covid_crash_2020", {"venue.asset.depth": 15.0}, as_given=True)
    assert [str(odd.place) for odd in odd_values(scenario, Place("x"))] == ["x: venue.asset.depth"]
