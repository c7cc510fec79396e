"""Times that other work on the machine does not spoil: CPU seconds, taken in turns, least of several."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from typing import Any


def seconds(function: Callable[[], Any]) -> float:
    """CPU seconds of one call in this process, all its threads together."""
    gc.collect()
    begun = time.process_time()
    function()
    return time.process_time() - begun


def least(repeats: int, *functions: Callable[[], Any]) -> list[float]:
    """Least CPU seconds of each; they take turns, so that a slow minute of the machine is everybody's."""
    rounds = [[seconds(function) for function in functions] for _ in range(repeats)]
    return [min(times) for times in zip(*rounds, strict=True)]
