"""Duration of a trade's trace, and long-run loop gain: before any run, in closed form."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from markets.factors.memory.long_run_gain import critical_gain, hedged_variance, long_run_gain
from markets.factors.memory.path_memory import settlements
from markets.factors.memory.trace import Trace, implied_trace, leverage_trace
from sim.dataclass import dataclass
from sim.figure_text import fixed

if TYPE_CHECKING:
    from scenarios.scenario import Scenario
    from sim.clock import Clock

GAINS = tuple(round(0.05 * i, 2) for i in range(20))  # loop gains at which the long-run gain is given


@dataclass(frozen=True, kw_only=True)
class LongRun:
    """What the variance of past returns adds to itself: a gain that is 1 or more has no end but the law's limit.

    gain: without desks. critical: the loop gain at which it is 1, if it lasted. at: it, at each of `loop_gain`.
    """

    gain: float
    critical: float
    loop_gain: tuple[float, ...]
    at: tuple[float, ...]

    @property
    def multiplier(self) -> float | None:
        """1 / (1 - gain): final rise per unit rise of vol; None if it diverges."""
        return 1 / (1 - self.gain) if self.gain < 1 else None


@dataclass(frozen=True, kw_only=True)
class Remembered:
    """Trading days until half, and nine tenths, of a trade's trace in implied vol are gone; None if it stays.

    long_run: where vol follows from the path.
    """

    half_days: float | None
    tenth_days: float | None
    long_run: LongRun | None = None

    def described(self) -> dict[str, Any]:
        """For the manifest; None for what diverges."""
        found = asdict(self)
        if self.long_run is not None:
            found["long_run"]["at"] = [at if np.isfinite(at) else None for at in self.long_run.at]
            found["long_run"]["multiplier"] = self.long_run.multiplier
        return found


def remembered(scenario: Scenario, clock: Clock, gains: tuple[float, ...] = GAINS) -> Remembered | None:
    """Of the main asset, to first order in a market at rest; None if vol does not answer trades as calibrated.

    The law's returns are taken as equally long: of nights and days, half a day each. gains: loop gains at which the
    long-run gain is given.
    """
    market, asset, loops = scenario.market, scenario.venue.asset, scenario.feedback
    by_path = market.vol_law == "path_dependent"
    if loops.leverage != 1 or (not by_path and market.beta == 0):
        return None
    returns = int(settlements(clock, market.memory.clock if by_path else "ticks")[1:].sum())
    years, passing = float(clock.variance_years[-1]), asset.resilience * clock.days_a_year
    step, lasting = years / returns, asset.permanent_share
    if not by_path:
        return _times(leverage_trace(market.beta, market.kappa, step=step, lasting=lasting, resilience=passing), clock)
    ticks, memory = max(round((len(clock.ticks) - 1) / returns), 1), market.memory
    decay = passing * step / ticks
    hedged = partial(hedged_variance, ticks=ticks, lasting=lasting, decay=decay)
    told = LongRun(
        gain=long_run_gain(memory, step=step),
        critical=critical_gain(memory, step=step, ticks=ticks, lasting=lasting, decay=decay),
        loop_gain=gains,
        at=tuple(long_run_gain(memory, step=step, variance=hedged(gain)) for gain in gains),
    )
    trace = implied_trace(memory, step=step, lasting=lasting, resilience=passing)
    return _times(trace, clock, told)


def _times(trace: Trace, clock: Clock, long_run: LongRun | None = None) -> Remembered:
    half, tenth = (_days(trace.time_to(share), clock) for share in (0.5, 0.1))
    return Remembered(half_days=half, tenth_days=tenth, long_run=long_run)


def _days(years: float, clock: Clock) -> float | None:
    return years * clock.days_a_year if np.isfinite(years) else None


def memory_line(scenario: Scenario, clock: Clock) -> str:
    """For people, one line; empty if there is nothing to say."""
    found = remembered(scenario, clock, gains=())
    if found is None:
        return ""
    text = f"Memory: of a trade's trace in vol {_gone(found)}."
    if found.long_run is None:
        return text
    told = found.long_run
    if told.multiplier is None:
        return f"{text} Vol feeds itself, up to the law's limit: long-run gain {fixed(told.gain, 2)}."
    return (
        f"{text} Long-run gain without desks {fixed(told.gain, 2)}: a rise of vol that lasts is multiplied by "
        f"{told.multiplier:.1f} in the end; a loop gain of {told.critical:.2f} that lasted would feed itself."
    )


def _gone(found: Remembered) -> str:
    if found.half_days is None:
        return "half never goes"
    rest = "never" if found.tenth_days is None else f"after {_count(found.tenth_days)}"
    return f"half is gone after {_count(found.half_days)} trading days, nine tenths {rest}"


def _count(days: float) -> str:
    return fixed(days, 1) if days < 10 else fixed(days, 0)
