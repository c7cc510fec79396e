"""How often one may ask: a bucket of tokens for each asker."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable

MOST_ASKERS = 4096  # remembered; those who asked longest ago are forgotten


class RateLimit:
    """At most `burst` requests at once, and `rate` a second in the long run, by asker."""

    def __init__(self, rate: float, burst: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.rate, self.burst, self._clock = rate, burst, clock
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()  # tokens and when they were counted
        self._lock = threading.Lock()

    def allows(self, asker: str) -> bool:
        """Take a token of the asker's; False if none is left."""
        with self._lock:
            now = self._clock()
            tokens, then = self._left.pop(asker, (self.burst, now))
            tokens = min(tokens + (now - then) * self.rate, self.burst)
            allowed = tokens >= 1
            self._left[asker] = (tokens - 1 if allowed else tokens, now)
            if len(self._left) > MOST_ASKERS:
                self._left.popitem(last=False)
            return allowed
