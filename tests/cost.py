"""What a run costs in things that can be counted: SimPy events, kernel calls, Python instructions of our packages."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from heapq import heappop
from pathlib import Path
from types import FrameType
from typing import Any, NamedTuple

import pytest

from agents.world import TradingWorld
from sim.jit import Kernel

ROOT = Path(__file__).resolve().parents[1]
OURS = tuple(f"{ROOT / name}/" for name in ("sim", "markets", "agents"))
PACKAGES = ("sim", "markets", "agents")


class Cost(NamedTuple):
    """Counts of one run."""

    events: int
    kernel_calls: int
    instructions: int


@contextmanager
def counted_calls(count: dict[str, int]):
    """Count calls of compiled kernels from Python, by name. Let them be compiled before: a counter cannot be."""
    with pytest.MonkeyPatch.context() as patch:
        for module in [m for n, m in sys.modules.items() if n.split(".")[0] in PACKAGES]:
            for name, kernel in list(vars(module).items()):
                if isinstance(kernel, Kernel):
                    patch.setattr(module, name, _counting(kernel, name, count))
        yield


def _counting(kernel: Any, name: str, count: dict[str, int]) -> Any:
    def call(*arguments: Any) -> Any:
        count[name] = count.get(name, 0) + 1
        return kernel(*arguments)

    return call


def instructions_of(run: Any) -> int:
    """Bytecode instructions that a call executes in our packages; what NumPy and SimPy do inside is not counted."""
    number = 0

    def local(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal number
        number += event == "opcode"
        return local

    def enter(frame: FrameType, event: str, _: Any) -> Any:
        if not frame.f_code.co_filename.startswith(OURS):
            return None
        frame.f_trace_opcodes = True
        frame.f_trace_lines = False
        return local

    before = sys.gettrace()
    sys.settrace(enter)
    try:
        run()
    finally:
        sys.settrace(before)
    return number


def cost_of(make: Any) -> Cost:
    """Run the world that `make()` builds twice: once to count events and kernel calls, once to count instructions."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sim.counter_stream.AHEAD", 1)  # few paths draw several rows of noise in one call: no cost a path
        return _cost_of(make)


def _cost_of(make: Any) -> Cost:
    make().run()  # kernels are compiled
    calls: dict[str, int] = {}
    events = 0

    def counting(queue: list[Any]) -> Any:
        nonlocal events
        events += 1
        return heappop(queue)

    with counted_calls(calls), pytest.MonkeyPatch.context() as patch:
        patch.setattr("sim.world.heappop", counting)
        make().run()
    world: TradingWorld = make()
    return Cost(events, sum(calls.values()), instructions_of(world.run))
