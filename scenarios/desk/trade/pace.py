"""When a class goes on: a deadline for each decision, or the lecturer's word. Reads the clock on the wall."""

from __future__ import annotations

import time
from collections.abc import Callable

LEAST = 0.5  # share of a decision's time that is left for it, however long the step before took


class Pace:
    """Counts down while running; seconds = 0: only steps that are asked for."""

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.seconds, self._clock = seconds, clock
        self._deadline: float | None = None
        self._asked = False

    def begin(self) -> None:
        """A decision begins, after a pause or a change of pace."""
        self._deadline = self._clock() + self.seconds if self.seconds else None

    def stop(self) -> None:
        """A pause: time does not run."""
        self._deadline = None

    def ask(self) -> None:
        """Step now."""
        self._asked = True

    def stepped(self, *, running: bool) -> None:
        """A step is done. The next deadline is so many seconds after the last, unless the step itself took too long."""
        self._asked = False
        if not running or not self.seconds:
            self._deadline = None
            return
        now = self._clock()
        begun = now if self._deadline is None else self._deadline
        self._deadline = max(begun + self.seconds, now + LEAST * self.seconds)

    @property
    def due(self) -> bool:
        """Whether it is time to step."""
        return self._asked or (self._deadline is not None and self._clock() >= self._deadline)

    @property
    def left(self) -> float | None:
        """Seconds to the deadline; None where none is set."""
        return None if self._deadline is None else max(self._deadline - self._clock(), 0.0)
