"""A world: one SimPy environment that carries a whole ensemble of paths."""

from __future__ import annotations

from heapq import heappop, heappush
from math import inf
from typing import TYPE_CHECKING, Any

import numpy as np
import simpy
from numpy.typing import NDArray
from simpy.core import StopSimulation
from simpy.events import NORMAL

from sim.errors import SpiralError
from sim.life import begin
from sim.phases import Phase
from sim.process import Process as Process
from sim.profile import START

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sim.clock import Clock
    from sim.eventlog import EventLog
    from sim.ledger import Ledger
    from sim.profile import Profile
    from sim.streams import Streams

PHASES = 16  # more than there are
new = simpy.Event.__new__  # without `__init__`: an instant is all set where it is made


class Instant(simpy.Event):
    """A phase of an instant: certain to come, as SimPy's `Timeout`; after the last tick there is none any more."""

    _ok, _value = True, None


class World:
    """One simulated world: a calendar of events that all paths share, and the ledger, noise and log of their vectors.

    Time is common to all paths; what differs between them is a vector of shape (paths,).

    now: seconds since midnight of the first day, exchange wall clock. tick_index: the last tick that has begun.
    phase: the phase of the instant that is under way. profile: if given, measures the time of every process.
    """

    def __init__(
        self,
        *,
        name: str,
        clock: Clock,
        streams: Streams,
        ledger: Ledger,
        log: EventLog,
        profile: Profile | None = None,
    ) -> None:
        self.name = name
        self.clock = clock
        self._ticks: list[int] = clock.plain.ticks
        self.streams = streams
        self.ledger = ledger
        self.log = log
        self.profile = profile
        self.paths = streams.paths
        self.env = simpy.Environment(initial_time=int(clock.ticks[0]))
        self.tick_index = -1
        self._ahead = iter(self._ticks)
        self._last: float = -inf  # seconds: of that tick
        self._coming: float = next(self._ahead)  # seconds: of the next one; infinite after the last
        self.phase = Phase.END
        self.instant: float = -1  # seconds: when the phase began
        # by phase: its next occurrence at a tick, if anybody waits for it; and what is done when a phase begins
        self._next: list[Instant | None] = [None] * PHASES
        self._enter = {phase: self._entrance(phase) for phase in Phase}
        self._waiting: dict[float, dict[Phase, Instant]] = {}  # what `at` has made, by seconds and phase

    @property
    def now(self) -> int:
        """Seconds since midnight of the first day."""
        return int(self.env._now)

    def full(self, value: float) -> NDArray[np.float64]:
        """A vector (paths,) of one value."""
        vector = np.empty(self.paths)
        vector[:] = value  # in a quarter of the time that np.full takes
        return vector

    def tick(self, phase: Phase) -> simpy.Event:
        """An event at the next occurrence of a phase: in this instant if it is still ahead, else at the next tick.

        After the last tick the event never comes, so a process that waits for it ends with the run.
        """
        event = self._next[phase]  # it stays the next occurrence until it comes
        if event is not None:
            return event
        env, seconds = self.env, self._coming
        if phase > self.phase and env._now == self._last:
            seconds = self._last
        if seconds in self._waiting and phase in self._waiting[seconds]:
            event = self._waiting[seconds][phase]
        else:
            event = new(Instant)
            event.env, event.callbacks = env, [self._enter[phase]]
            heappush(env._queue, (seconds, phase, next(env._eid), event))  # type: ignore[misc] # as env.schedule does
        self._next[phase] = event
        return event

    def after(self, seconds: int, phase: Phase) -> simpy.Event:
        """An event at a phase, `seconds` from now. A time in a night or a weekend becomes the first tick after it.

        Raises ValueError for the past, and for NaN.
        """
        if not seconds >= 0:
            raise ValueError(f"cannot wait for the past: {seconds} seconds from now")
        clock, target = self.clock, self.now + seconds
        if target > clock.ticks[-1]:
            return self.env.event()
        nearest = clock.next_tick(target)
        return self.at(int(clock.ticks[nearest]) if clock.after_night[nearest] else target, phase)

    def at(self, seconds: int, phase: Phase) -> simpy.Event:
        """An event at a phase of one instant, in seconds since midnight of the first day.

        All who wait for the same phase and instant share one SimPy event. Raises ValueError for the past.
        """
        now = self.env._now
        if not seconds >= now:
            raise ValueError(f"cannot wait for the past: {seconds - now} seconds from now")
        if seconds == (self._last if phase > self.phase and now == self._last else self._coming):
            return self.tick(phase)
        waiting = self._waiting.setdefault(seconds, {})
        event = waiting.get(phase)
        if event is None:
            env = self.env
            event = waiting[phase] = new(Instant)
            event.env, event.callbacks = env, [lambda come: self._meet(come, phase)]
            heappush(env._queue, (seconds, phase, next(env._eid), event))  # type: ignore[misc]
        return event

    def _entrance(self, phase: Phase) -> Callable[[Any], None]:
        """What begins a phase of a tick."""
        env, following = self.env, self._next

        def enter(_: Instant) -> None:
            self.phase = phase
            following[phase] = None
            if env._now != self.instant:
                self._begin(env._now)

        return enter

    def _meet(self, instant: Instant, phase: Phase) -> None:
        """Begin a phase of an instant that need not be a tick."""
        seconds, following = self.env._now, self._next[phase]
        waiting = self._waiting[seconds]
        del waiting[phase]
        if not waiting:
            del self._waiting[seconds]
        self._enter[phase](instant)
        if following is not instant:
            self._next[phase] = following

    def _begin(self, seconds: float) -> None:
        """The first phase of an instant has come: a tick's, or one between ticks."""
        self.instant = seconds
        while seconds >= self._coming:
            self.tick_index += 1
            self._last, self._coming = self._coming, next(self._ahead, inf)

    def start(self, process: Process, owner: str | None = None) -> None:
        """Start a process in this world. owner: the owner of its time in a profile (default: that of the process that
        starts it)."""
        if self.profile is not None:
            process = self.profile.process(process, owner, self._phase_name)
        begin(self.env, process)

    def soon(self, value: Any = None) -> simpy.Event:
        """An event later in this phase: after all who wait for the phase, and after earlier calls of `soon`."""
        env = self.env
        event = new(simpy.Event)
        event.env, event.callbacks, event._ok, event._value = env, [], True, value
        heappush(env._queue, (env._now, NORMAL, next(env._eid), event))  # as event.succeed does
        return event

    def when(self, event: simpy.Event, act: Callable[[Any], None]) -> None:
        """Call `act` with the value of an event when it comes. Cheaper than a process that waits for it."""
        if self.profile is not None:
            act = self.profile.action(act, self._phase_name)
        event.callbacks.append(lambda come: act(come._value))

    def _phase_name(self) -> str:
        return START if self.tick_index < 0 else self.phase.name

    def run(self, progress: Callable[[int], None] | None = None) -> None:
        """Run to the end of the clock. progress: called with the number of ticks done since the last call.

        Raises SpiralError if a process stopped the run.
        """
        if progress is not None:
            self.start(self._report(progress), "progress")
        self._run_out(self._ending())

    def stops(self, phase: Phase) -> Iterator[int]:
        """Run to the end of the clock, and stop at a phase of every tick: gives the tick. Results are those of `run`.

        Raises SpiralError if a process stopped the run.
        """
        end = self._ending()
        for tick, seconds in enumerate(self._ticks):
            self._run_to(self.at(seconds, phase))
            yield tick
        self._run_to(end)

    def _ending(self) -> simpy.Event:
        """What comes after everything else."""
        end = self.env.event()
        end._ok, end._value = True, None
        self.env.schedule(end, priority=Phase.END + 1, delay=int(self.clock.ticks[-1]) - self.env.now)  # type: ignore[arg-type]
        return end

    def _run_out(self, end: simpy.Event) -> None:
        """What `_run_to` does where nobody else waits for the end: SimPy's steps, without a call for each."""
        env: Any = self.env
        queue, event = env._queue, None
        try:
            while event is not end:
                env._now, _, _, event = heappop(queue)
                callbacks, event.callbacks = event.callbacks, None
                for act in callbacks:
                    act(event)
                if not event._ok and not hasattr(event, "_defused"):
                    raise event._value
        except StopSimulation:
            raise self._stopped() from None

    def _run_to(self, event: simpy.Event) -> None:
        come: list[simpy.Event] = []
        assert event.callbacks is not None
        event.callbacks.append(come.append)
        self.env.run(until=event)
        if not come:
            raise self._stopped()

    def _stopped(self) -> SpiralError:
        """Somebody raised SimPy's own StopSimulation."""
        return SpiralError(f"the run was stopped at tick {self.tick_index} of {len(self._ticks) - 1}")

    def _report(self, progress: Callable[[int], None]) -> Process:
        while True:
            yield self.tick(Phase.END)
            progress(1)
