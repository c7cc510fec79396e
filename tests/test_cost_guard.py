"""What a run costs in Python does not depend on how many paths, or instruments, it carries. Counted, not timed."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from agents.base import Agent, Process
from agents.desk.book_record import SHOWN
from agents.world import TradingWorld
from scenarios.reading.loading import load
from scenarios.scenario import Scenario
from sim.phases import Phase
from tests.cost import Cost, cost_of
from tests.small import crisis, world_of

FEW, MANY = 400, 6400  # paths
# A tick of one path, by its witnesses: Python's of ours, and calls of kernels.
MOST = {0: (12_260, 47.9), 1: (20_810, 67.2)}
ROWS = (1.40, 1.16)  # instructions and calls of a run with witnesses, whose rows are written, over one without
SLACK = 0.07  # share: a branch is taken on one path of many rather than on none of few (calls, halts, close-outs)


def cost(scenario: Scenario, paths: int) -> Cost:
    return cost_of(lambda: world_of(scenario, paths))


def book_of(number: int) -> list[dict[str, Any]]:
    """Swaps and options of so many different strikes and rates on the same dates; together always of one size."""
    options = [
        {
            "kind": "put" if i % 2 else "call",
            "moneyness": 0.8 + 0.4 * i / number,
            "months": 3,
            "notional": -1e8 / number,
        }
        for i in range(number)
    ]
    swaps = [
        {"kind": "swap", "months": 84, "fixed_rate": 0.01 + 0.02 * i / number, "notional": 1e8 / number}
        for i in range(number)
    ]
    return options + swaps


def one_desk(book: list[dict[str, Any]], **tables: Any) -> Scenario:
    cast = {
        "maker": {"type": "MarketMaker"},
        "hedger": {"type": "Hedger", "capital": 5e9, "book": book},
        "bank": {"type": "FundingDesk"},
    }
    return crisis(agents=cast, market={"realised_ratio": 0.7, "xi": 0.5}, minutes=195, **tables)


def assert_same(few: Cost, many: Cost) -> None:
    assert many.events == pytest.approx(few.events, rel=SLACK)
    assert many.kernel_calls == pytest.approx(few.kernel_calls, rel=SLACK)
    assert many.instructions == pytest.approx(few.instructions, rel=SLACK)


# Covid with half the desk's capital: else calls and close-outs are branches that one path in a hundred takes.
# The gilt crisis without the noise of realised vol: its tails make branches that one path in thousands takes.
@pytest.mark.parametrize(
    ("preset", "changes"),
    [
        ("covid_crash_2020", {"agents.hedger.capital": 1e9}),
        pytest.param("gilt_ldi_2022", {"market.memory.realised_noise": 0.0}, marks=pytest.mark.slow),
    ],
)
def test_16_times_the_paths_cost_the_same_in_python(preset, changes):
    scenario = load(preset, {"clock.tick_minutes": 390, "run.witnesses": 0, **changes})
    assert_same(cost(scenario, FEW), cost(scenario, MANY))


@pytest.mark.slow
@pytest.mark.skipif(sys.version_info[:2] != (3, 11), reason="other releases of Python have other instructions")
@pytest.mark.parametrize("witnesses", MOST)
def test_a_tick_of_one_path_takes_few_instructions(witnesses):
    """Of the covid preset with all its tables, two ticks a day, so a close at every other; with 2 % to spare."""
    scenario = load("covid_crash_2020", {"clock.tick_minutes": 390, "run.witnesses": witnesses})
    ticks = len(world_of(scenario, 1).clock.ticks)
    found = cost(scenario, 1)
    instructions, calls = MOST[witnesses]
    assert found.instructions / ticks < instructions
    assert found.kernel_calls / ticks < calls


def test_rows_of_witnesses_cost_a_share_and_the_same_for_16_times_as_many():
    """In a run whose marks, quotes, levels, funding and holdings are written for them alone before the last close."""
    none, few, many = (
        cost(one_desk(book_of(2), run={"paths": FEW, "witnesses": number, "twin": "none", "marks": None}), FEW)
        for number in (0, 5, 80)
    )
    assert none.events == few.events == many.events
    assert few.instructions < ROWS[0] * none.instructions
    assert few.kernel_calls < ROWS[1] * none.kernel_calls
    assert_same(few, many)


@pytest.mark.slow
def test_40_times_the_instruments_cost_the_same_in_python():
    """From the book on whose record has as many rows as any: its largest positions, and the others together."""
    least = SHOWN + 1
    few, many = cost(one_desk(book_of(least)), FEW), cost(one_desk(book_of(40 * least)), FEW)
    assert few.kernel_calls > 0
    assert_same(few, many)


@dataclass(frozen=True, kw_only=True)
class Plodder(Agent):
    """Looks at one path after the other."""

    capital: float = 1e9

    def live(self, world: TradingWorld) -> Process:
        while True:
            yield world.tick(Phase.TRADE)
            mids = world.venue("asset").mid
            orders = np.zeros(world.paths)
            for path in range(world.paths):
                orders[path] = 1.0 if mids[path] > 100 else -1.0
            yield world.venue("asset").trade(self, orders)


def test_a_loop_over_paths_is_seen(monkeypatch):
    """The guard itself: an agent that loops over paths costs more instructions the more there are."""
    import tests.cost

    monkeypatch.setattr(tests.cost, "OURS", (*tests.cost.OURS, __file__))
    cast = {"maker": {"type": "MarketMaker"}, "plodder": {"type": "tests.test_cost_guard:Plodder"}}
    scenario = crisis(agents=cast, minutes=195)
    few, many = cost(scenario, FEW), cost(scenario, MANY)
    assert many.events == few.events
    assert many.instructions > (1 + 10 * SLACK) * few.instructions
