"""A failing agent or policy is told in one line: who, when, where, what, and what there is instead."""

from __future__ import annotations

import gc
import re
from typing import Any

import pytest

from sim.errors import SpiralError, UserError
from tests import failing
from tests.small import crisis, world_of

BOOK = [{"kind": "put", "moneyness": 0.9, "months": 6, "quantity": -1e6}]
WHEN = r"(tick \d+ at 2020-0\d-\d\d \d\d:\d\d:00 \([A-Z]+\)|before the first tick), world actual"


def cast(agent: str | None = None, policy: str | None = None) -> dict[str, Any]:
    desk: dict[str, Any] = {"type": "Hedger", "book": BOOK}
    if policy:
        desk["policy"] = {"kind": f"tests.failing:{policy}", "interval": "tick"}
    fund = {"fund": {"type": f"tests.failing:{agent}"}} if agent else {}
    return {"maker": {"type": "MarketMaker"}, "desk": desk, **fund}


def failed(**who: str) -> str:
    with pytest.raises(SpiralError) as caught:
        world_of(crisis(agents=cast(**who))).run()
    gc.collect()  # no generator of the failed run speaks up later: warnings are errors here
    told = str(caught.value)
    assert "\n" not in told
    assert not isinstance(caught.value, UserError)
    return told


@pytest.mark.parametrize("name", failing.AGENTS)
def test_an_agent(name: str) -> None:
    told = failed(agent=name)
    assert failing.AGENTS[name].__doc__ in told
    if name != "Stops":  # SimPy's own way to stop knows no agent
        assert re.match(rf"agent 'fund' \(tests.failing:{name}\), {WHEN}", told)


@pytest.mark.parametrize("name", failing.POLICIES)
def test_a_policy(name: str) -> None:
    told = failed(policy=name)
    assert failing.POLICIES[name].__doc__ in told
    assert re.match(rf"policy of 'desk' \(tests.failing:{name}\), {WHEN}", told)
    assert re.search(r"\(\S*tests/failing.py:\d+, in \S+\)$", told)
