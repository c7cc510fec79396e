"""What a tick of the covid preset asks of memory, arithmetic and launches: `python -m tests.bench.movement`, as JSON.

Bytes are those of the vectors over paths that kernels are handed (each read or written at least once), not the bytes
inside NumPy's own expressions. Operations are counted in the source of the fused loop (`tests.bench.fused`).
"""

from __future__ import annotations

import ast
import inspect
import json
import pickle
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from scenarios.worlds.blueprint import draw_up
from sim.jit import Kernel
from tests.bench import fused
from tests.bench.part_job import peaks_job
from tests.bench.test_limit import covered
from tests.bench.worlds import worlds
from tests.cost import PACKAGES

PATHS = 4096
MAKERS = 3  # of the preset: loops over them are counted so often
WORTH = {"exp": 25, "sqrt": 1, "max": 1, "min": 1, "abs": 1, "option_greeks": 150, "option_values": 100}


def kernel_traffic(paths: int = PATHS) -> dict[str, float]:
    """Kernel calls a tick, and bytes of vectors over paths handed to them, a path and tick."""
    found = {"calls": 0, "bytes": 0}

    def counting(kernel: Any) -> Any:
        def call(*arguments: Any) -> Any:
            wide = [a for a in arguments if isinstance(a, np.ndarray) and a.shape[-1:] == (paths,)]
            found["calls"] += 1
            found["bytes"] += sum(a.nbytes for a in wide)
            return kernel(*arguments)

        return call

    (warm,) = worlds(covered(), paths, ())
    warm.run()
    with pytest.MonkeyPatch.context() as patch:
        for module in [m for n, m in sys.modules.items() if n.split(".")[0] in PACKAGES]:
            for name, kernel in list(vars(module).items()):
                if isinstance(kernel, Kernel):
                    patch.setattr(module, name, counting(kernel))
        (world,) = worlds(covered(), paths, ())
        ticks = len(world.clock.ticks)
        world.run()
    return {"ticks": ticks, "launches": found["calls"] / ticks, "bytes": found["bytes"] / ticks / paths}


def operations() -> int:
    """Floating-point operations of a path and tick in the fused loop: operators and functions in loops over paths."""
    tree = ast.parse(inspect.getsource(fused.loop.py_func))
    return sum(_worth(node, 1) for node in ast.walk(tree) if _over(node, "width") and not _resets(node))


def _over(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.For) and name in ast.unparse(node.iter)


def _resets(node: ast.AST) -> bool:
    return not any(isinstance(each, ast.BinOp | ast.AugAssign | ast.Call) for each in ast.walk(node))


def _worth(node: ast.AST, times: int) -> int:
    own = 0
    if isinstance(node, ast.BinOp | ast.AugAssign | ast.Compare):
        own = times
    if isinstance(node, ast.Call):
        name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        own = times * WORTH.get(name, 0)
    if _over(node, "number"):
        times *= MAKERS
    return own + sum(_worth(child, times) for child in ast.iter_child_nodes(node))


def measured() -> dict[str, float]:
    """All of it."""
    scenario = covered()
    blueprint = draw_up(scenario)
    state = {name: len(pickle.dumps(what)) for name, what in {"job": peaks_job(Path("x"), blueprint)}.items()}
    return kernel_traffic() | {"operations": operations() + WORTH["option_greeks"] + 5 * 60, "job_bytes": state["job"]}


if __name__ == "__main__":
    print(json.dumps(measured(), indent=1))
