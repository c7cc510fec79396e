"""A world: one SimPy environment that carries a whole ensemble of paths."""

from __future__ import annotations

from heapq import heappush
from typing import TYPE_CHECKING, Any

import numpy as np
import simpy
from numpy.typing import NDArray
from simpy.events import NORMAL

from sim.errors import SpiralError
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


class Instant(simpy.Event):
    """A phase of an instant: certain to come, as SimPy's `Timeout`."""

    _ok, _value = True, None

    def __init__(self, env: simpy.Environment, phase: Phase, key: int, entered: Callable[[Any], None]) -> None:
        """key: of its seconds and phase. entered: called first."""
        self.env, self.phase, self.key, self.callbacks = env, phase, key, [entered]


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
        self._number = len(self._ticks)
        self.streams = streams
        self.ledger = ledger
        self.log = log
        self.profile = profile
        self.paths = streams.paths
        self.env = simpy.Environment(initial_time=int(clock.ticks[0]))
        self.tick_index = -1
        self.phase = Phase.END
        self.instant = -1  # seconds: when the phase began
        self._waiting: dict[int, simpy.Event] = {}  # by instant and phase
        self._next: list[simpy.Event | None] = [None] * PHASES  # by phase: its next occurrence, if anybody waits for it
        self._entered: Any = self._enter

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
        index = self.tick_index
        if phase <= self.phase or self.env._now != self._ticks[index]:
            index += 1
            if index == self._number:
                return self.env.event()  # after the end: never comes
        event = self._next[phase] = self._instant(self._ticks[index], phase)
        return event

    def after(self, seconds: int, phase: Phase) -> simpy.Event:
        """An event at a phase, `seconds` from now. A time in a night or a weekend becomes the first tick after it."""
        clock, target = self.clock, self.now + seconds
        if target > clock.ticks[-1]:
            return self.env.event()
        nearest = clock.next_tick(target)
        return self.at(int(clock.ticks[nearest]) if clock.after_night[nearest] else target, phase)

    def at(self, seconds: int, phase: Phase) -> simpy.Event:
        """An event at a phase of one instant, in seconds since midnight of the first day.

        All who wait for the same phase and instant share one SimPy event. Raises ValueError for the past.
        """
        if not seconds >= self.env._now:
            raise ValueError(f"cannot wait for the past: {seconds - self.env._now} seconds from now")
        return self._instant(seconds, phase)

    def _instant(self, seconds: int, phase: Phase) -> simpy.Event:
        key = PHASES * seconds + phase  # a number: to hash a tuple with a phase takes Python
        event = self._waiting.get(key)
        if event is None:
            env = self.env
            event = self._waiting[key] = Instant(env, phase, key, self._entered)
            heappush(env._queue, (seconds, phase, next(env._eid), event))  # type: ignore[misc] # as env.schedule does
        return event

    def _enter(self, instant: Instant) -> None:
        self._waiting.pop(instant.key, None)
        phase: Phase = instant.phase
        seconds: Any = self.env._now
        self.phase = phase
        if self._next[phase] is instant:
            self._next[phase] = None
        if seconds == self.instant:
            return
        self.instant = seconds
        ticks, following = self._ticks, self.tick_index + 1
        while following < self._number and seconds >= ticks[following]:
            self.tick_index, following = following, following + 1

    def start(self, process: Process, owner: str | None = None) -> None:
        """Start a process in this world. owner: the owner of its time in a profile (default: that of the process that
        starts it)."""
        if self.profile is not None:
            process = self.profile.process(process, owner, self._phase_name)
        self.env.process(process)

    def soon(self, value: Any = None) -> simpy.Event:
        """An event later in this phase: after all who wait for the phase, and after earlier calls of `soon`."""
        env = self.env
        event = simpy.Event(env)
        event._ok, event._value = True, value
        heappush(env._queue, (env._now, NORMAL, next(env._eid), event))  # as event.succeed does
        return event

    def when(self, event: simpy.Event, act: Callable[[Any], None]) -> None:
        """Call `act` with the value of an event when it comes. Cheaper than a process that waits for it."""
        if self.profile is not None:
            act = self.profile.action(act, self._phase_name)
        assert event.callbacks is not None
        event.callbacks.append(lambda come: act(come._value))

    def _phase_name(self) -> str:
        return START if self.tick_index < 0 else self.phase.name

    def run(self, progress: Callable[[int], None] | None = None) -> None:
        """Run to the end of the clock. progress: called with the number of ticks done since the last call.

        Raises SpiralError if a process stopped the run.
        """
        if progress is not None:
            self.start(self._report(progress), "progress")
        self._run_to(self._ending())

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

    def _run_to(self, event: simpy.Event) -> None:
        come: list[simpy.Event] = []
        assert event.callbacks is not None
        event.callbacks.append(come.append)
        self.env.run(until=event)
        if not come:  # somebody raised SimPy's own StopSimulation
            raise SpiralError(f"the run was stopped at tick {self.tick_index} of {len(self._ticks) - 1}")

    def _report(self, progress: Callable[[int], None]) -> Process:
        while True:
            yield self.tick(Phase.END)
            progress(1)
