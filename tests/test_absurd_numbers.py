"""Numbers that no machine can compute with, taken as given: an answer, or one line and no warning before it."""

from __future__ import annotations

import copy
import warnings
from pathlib import Path

import pytest

from scenarios import from_dict, run
from sim.arithmetic import quieten
from sim.errors import UserError
from tests.fuzz import Case, verdict
from tests.fuzz_cases import scenario
from tests.fuzz_values import document

ABSURD = [
    ("storyline.anchor.0.spot", 1e200),
    ("storyline.anchor.1.spot", 1e30),
    ("storyline.anchor.0.vol", 1e-30),
    ("storyline.anchor.2.vol", 1e200),
    ("storyline.anchor.0.overnight", 1e30),
    ("storyline.anchor.0.us2y", 1e200),
    ("storyline.anchor.2.credit", 1e200),
    ("storyline.anchor.1.depth", 1e-30),
    ("credit.elasticity", 1e200),
    ("market.rates.vol_us2y", 1e30),
    ("venue.asset.depth", 1e-30),
    ("assets.gold.vol", 1e200),
    ("clock.overnight_variance", 1e-30),
]
RUN = ("run", "x.toml", "--as-given", "--workers", "1", "--paths", "2", "--out", "out", "--quiet", "--no-report")


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> None:
    """On a machine that has no machine code yet that takes longer than an answer may."""
    run(from_dict(scenario()), paths=2, workers=1, out=tmp_path_factory.mktemp("compiled") / "run")


@pytest.mark.usefixtures("compiled")
@pytest.mark.parametrize(("key", "value"), ABSURD)
def test_nothing_stands_before_the_line(key: str, value: float, tmp_path: Path) -> None:
    tables = copy.deepcopy(scenario())
    holder = tables
    *path, last = (int(part) if part.isdigit() else part for part in key.split("."))
    for part in path:
        holder = holder[part]
    holder[last] = value
    assert verdict(Case({"x.toml": document(tables)}, RUN), tmp_path) in ("accepted", "refused")


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize(("key", "value"), [("spot", 1e308), ("vol", 1e160)])
def test_the_level_that_leaves_the_range_of_numbers_is_named(key, value, workers, tmp_path: Path) -> None:
    first = {"date": "2024-03-01", "spot": 5000, "vol": 0.14, "overnight": 0.05, "us2y": 0.045, "us10y": 0.042}
    book = [{"kind": "put", "moneyness": 0.95, "months": 2, "notional": -1e9}]
    tables = {
        "name": "beyond",
        "storyline": {"anchor": [{**first, "credit": 0.01}, {"date": "2024-03-08", key: value}]},
        "agents": {
            "maker": {"type": "MarketMaker"},
            "desk": {"type": "Hedger", "capital": 1e8, "book": book},
        },
    }
    place = rf"^storyline\.anchor\.2024-03-08\.{key}"
    told = rf"{place}: with this level .*, got .*; it was taken as given(, as 1 other value was)?: .*is not finite on"
    with pytest.raises(UserError, match=told):
        run(from_dict(tables, as_given=True), paths=2, workers=workers, twin="none", out=tmp_path / "run")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("module", "shown"), [("markets.venues.venue", 0), ("agents.desk.desk", 0), ("my_agents", 1), ("mine", 1)]
)
def test_only_our_own_arithmetic_is_quiet(module: str, shown: int) -> None:
    with warnings.catch_warnings(record=True) as found:
        warnings.resetwarnings()
        quieten()
        warnings.warn_explicit("overflow", RuntimeWarning, "x.py", 1, module=module)
        warnings.warn_explicit("old", DeprecationWarning, "x.py", 2, module=module)
    assert [str(w.message) for w in found] == ["overflow"] * shown + ["old"]


def test_who_asks_for_errors_gets_them() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        quieten()
        with pytest.raises(RuntimeWarning, match="overflow"):
            warnings.warn_explicit("overflow", RuntimeWarning, "x.py", 1, module="markets.venues.venue")
