"""Mutations: the known answers notice a flipped sign or factor in the engine."""

from __future__ import annotations

import dataclasses

import pytest

from scenarios.studies.validation.suite import suite
from tests.mutation_list import MUTATIONS, Mutation
from tests.mutations import ROOT, Engine, caught

EACH = [pytest.param(m, id=m.name.replace(" ", "-")) for m in MUTATIONS]
PAGE = ROOT / "docs" / "validation.md"


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    """One copy of the packages a worker: the kernels are compiled in it once."""
    return Engine(tmp_path_factory.mktemp("engine"))


@pytest.mark.parametrize("mutation", EACH)
def test_the_text_to_replace_stands_in_the_source_once(mutation: Mutation) -> None:
    assert mutation.source(ROOT) != (ROOT / mutation.file(ROOT)).read_text()


def test_a_mutation_that_has_lost_its_text_is_an_error() -> None:
    lost = dataclasses.replace(MUTATIONS[0], old="no such text")
    with pytest.raises(ValueError, match="0 times, not once"):
        lost.source(ROOT)


def test_mutations_name_cases_of_the_suite() -> None:
    known = {case.name for case in suite()}
    assert {name for m in MUTATIONS for name in (*m.cases, m.control)} <= known
    assert all(m.control not in m.cases for m in MUTATIONS)


@pytest.mark.parametrize("mutation", EACH)
def test_the_page_has_a_row_for_each_case(mutation: Mutation) -> None:
    rows, place = PAGE.read_text().splitlines(), mutation.file(ROOT)  # to find the place takes 10 ms
    for case in mutation.cases:
        assert any(row.startswith(f"| {mutation.name} | `{place}` | `{case}` |") for row in rows)


def test_a_crash_is_not_a_catch() -> None:
    assert caught({"verdict": "failed", "message": ""})
    assert caught({"verdict": "error", "message": "BugError: ledger out of balance at noon"})
    assert not caught({"verdict": "error", "message": "ImportError: cannot import name 'x'"})
    assert not caught({"verdict": "passed", "message": ""})


@pytest.mark.slow
@pytest.mark.parametrize("mutation", EACH)
def test_the_suite_notices(mutation: Mutation, engine: Engine) -> None:
    """The named cases pass as the engine stands; mutated, at least one fails, and the control goes on passing."""
    asked = (*mutation.cases, mutation.control)
    before = engine.ask(*asked)
    with engine.mutated(mutation):
        after = engine.ask(*asked)
    told = {name: (case["verdict"], case["message"]) for name, case in after.items()}
    assert {name for name, case in before.items() if case["verdict"] != "passed"} == set()
    assert any(caught(after[name]) for name in mutation.cases), told
    assert after[mutation.control]["verdict"] == "passed", told
