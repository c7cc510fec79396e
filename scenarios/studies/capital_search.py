"""Survival capital: the capital at which a share of the paths is never reduced by force, found by running them."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from agents.hedging.hedger import Hedger
from scenarios.reading.made_by_hand import meant
from scenarios.scenario import Scenario
from scenarios.studies.policies_frontier import lender_of
from sim.arguments import called, maybe, number, several, takes, text, whole
from sim.ensemble import Progress
from sim.errors import UserError
from sim.scratch import scratch

Vector = NDArray[np.float64]
LEVELS = (0.95, 0.99)
TOLERANCE = 1e-3  # of the capital: how narrow the bracket of an answer is
CURVE = (0.05, 0.25, 0.5, 0.8)  # shares at which the curve is tried too
MOST = 60  # runs of one search
LARGEST = 1e15  # $, the largest capital that is tried


@dataclass(frozen=True, kw_only=True, eq=False)
class Trial:
    """The scenario run with one capital of the desk, always on the same random numbers."""

    capital: float  # $
    never_reduced: float  # share of the paths
    error: float | None  # its Monte Carlo standard error (Agresti and Coull 1998); None for a single path
    needed: Vector  # (paths,) $: capital that each path needs, to first order; infinite if the book is gone


@dataclass(frozen=True, kw_only=True)
class LevelCapital:
    """The answer for one share of the paths."""

    level: float
    capital: float  # $: the least capital tried at which so many paths are never reduced
    below: float  # $: the largest below it at which fewer are; 0 where none was tried
    error: float | None  # Monte Carlo standard error of the capital, $
    first_order: float  # $: estimate from the run with today's capital; infinite if it has none


@dataclass(frozen=True, kw_only=True, eq=False)
class SurvivalCapital:
    """What the search found: answers by level, and all trials by capital."""

    scenario: str
    agent: str
    paths: int
    seed: int
    today: Trial  # with the capital that the scenario gives the desk
    levels: tuple[LevelCapital, ...]
    trials: tuple[Trial, ...]

    @property
    def monotone(self) -> bool:
        """Whether more capital never meant fewer paths spared, over all trials."""
        shares = [trial.never_reduced for trial in self.trials]
        return all(a <= b for a, b in pairwise(shares))


@takes(
    levels=several(number),
    agent=maybe(text),
    paths=maybe(whole(1)),
    seed=maybe(whole(0)),
    workers=maybe(whole(1)),
    tolerance=number,
    progress=maybe(called),
    tell=maybe(called),
)
def survival_capital(
    scenario: Scenario | str,
    levels: Sequence[float] = LEVELS,
    *,
    agent: str | None = None,
    paths: int | None = None,
    seed: int | None = None,
    workers: int | None = None,
    tolerance: float = TOLERANCE,
    progress: Progress | None = None,
    tell: Callable[[Trial], None] | None = None,
) -> SurvivalCapital:
    """The capital of a desk at which a share `levels` of the paths is never reduced by force.

    Capital changes the run: a call that is met is no stress, and a forced sale moves the price. So every capital is a
    run of its own, all on the same random numbers, and the least that suffices is found by bisection. The next capital
    to try is the first-order answer of the nearest run, if that lies in the bracket. The search ends when the bracket
    is `tolerance` of the capital wide. The error is that of the quantile over paths.

    Args:
        scenario: a `Scenario`, a name or a path.
        levels: shares of the paths, each in (0, 1).
        agent: a hedger that somebody lends to (default: the first by name); the others keep their capital.
        paths: of every run (default: the scenario's).
        seed: of every run (default: the scenario's).
        workers: processes.
        tolerance: width of the bracket at the end, share of the capital.
        progress: called with path-ticks (done, total) of the run under way.
        tell: called with every finished trial.

    Raises:
        UserError: for a user's mistake.
    """
    wanted = _levels(levels)
    if not 1e-6 <= tolerance <= 0.5:
        raise UserError("a tolerance lies between 1e-6 and 0.5", value=tolerance, place="tolerance")
    from scenarios.studies.calibrating.before_run import ready

    base = ready(meant(scenario).with_run(seed=seed)).with_run(
        paths=paths, seed=seed, witnesses=0, twin="none", attribution="none"
    )
    desk = _desk(base, agent)
    search = _Search(base, desk, workers, progress, tell)
    today = search.at(desk.capital)
    brackets = {level: search.least(level, tolerance) for level in wanted}
    search.fill_curve(today)
    return SurvivalCapital(
        scenario=base.name,
        agent=desk.name,
        paths=base.run.paths,
        seed=base.run.seed,
        today=today,
        levels=tuple(search.answer(level, *bracket, today) for level, bracket in brackets.items()),
        trials=tuple(sorted(search.trials, key=lambda trial: trial.capital)),
    )


def _levels(levels: Sequence[float]) -> list[float]:
    bad = [level for level in levels if not 0 < level < 1]
    if bad or not levels:
        value = bad[0] if bad else "none"
        raise UserError("a level is a share of the paths, above 0 and below 1", value=value, remedy="0.95 for 95 %")
    return sorted(set(levels))


def _desk(scenario: Scenario, agent: str | None) -> Hedger:
    """The hedger whose capital is varied. Raises UserError if there is none, or nobody lends to it."""
    hedgers = {each.name: each for each in scenario.agents if isinstance(each, Hedger)}
    if agent is None and hedgers:
        agent = min(hedgers)
    if agent not in hedgers:
        remedy = f"hedgers: {', '.join(sorted(hedgers))}" if hedgers else 'add an agent of type = "Hedger"'
        raise UserError("survival capital is a hedger's", value=agent or "none", place=scenario.name, remedy=remedy)
    if lender_of(scenario, agent) is None:
        rule, remedy = "survival capital needs a lender", 'add an agent of type = "FundingDesk"'
        raise UserError(rule, value=f"nobody lends to {agent}", place=scenario.name, remedy=remedy)
    return hedgers[agent]


class _Search:
    """Runs with different capitals of one desk; none is made twice."""

    def __init__(
        self,
        scenario: Scenario,
        desk: Hedger,
        workers: int | None,
        progress: Progress | None,
        tell: Callable[[Trial], None] | None,
    ) -> None:
        self._scenario, self._desk, self._workers, self._progress, self._tell = scenario, desk, workers, progress, tell
        self.trials: list[Trial] = []

    def at(self, capital: float) -> Trial:
        """The trial with this capital."""
        known = next((trial for trial in self.trials if trial.capital == capital), None)
        return known or self._run(capital)

    def _run(self, capital: float) -> Trial:
        from scenarios.studies.run import run

        agents = tuple(
            dataclasses.replace(each, capital=capital) if each is self._desk else each for each in self._scenario.agents
        )
        changed = dataclasses.replace(self._scenario, agents=agents)
        with scratch("capital") as folder:
            place, kept = folder / "run", ("liquidity",)
            made = run(changed, out=place, workers=self._workers, progress=self._progress, tables=kept)
            mine = made.table("liquidity").collect().sort("path")
            mine = mine.filter(mine["agent"] == self._desk.name)
        spared = mine["book_share"].to_numpy() >= 1.0
        hits, n = int(spared.sum()), spared.size
        p = (hits + 2) / (n + 4)
        error = math.sqrt(p * (1 - p) / (n + 4)) if n > 1 else None
        needed = mine["capital_needed"].to_numpy()
        trial = Trial(capital=capital, never_reduced=hits / n, error=error, needed=needed)
        self.trials.append(trial)
        if self._tell is not None:
            self._tell(trial)
        return trial

    def least(self, level: float, tolerance: float) -> tuple[float, float]:
        """The least capital that suffices and the largest below it that does not, $; 0 where none was tried.

        Bisection whose first points are the first-order answers of the runs, then steps over them that grow.
        Raises UserError if no capital suffices.
        """
        guess, width = self._guess(level, self._desk.capital), tolerance
        for _ in range(MOST):
            high, below = self._bracket(level)
            if math.isfinite(high) and high - below <= tolerance * high:
                return high, below
            if not below < guess < high:
                guess = (below + high) / 2 if math.isfinite(high) else 2 * max(below, self._desk.capital)
            if guess > LARGEST:
                break
            trial = self.at(guess)
            near = self._guess(level, trial.capital)
            if trial.never_reduced >= level:
                guess = min(near, trial.capital) * (1 - width / 2)
            elif math.isfinite(near):
                guess = max(near, trial.capital) * (1 + width / 2)
            else:  # too many paths lost their book for an estimate
                guess = trial.capital * (1 + width / 2 if math.isfinite(high) else 2)
            width *= 2
        rule = f"no capital keeps {level * 100:g} % of the paths from being reduced"
        raise UserError(rule, value=f"{self._desk.name}, {len(self.trials)} runs", place=self._scenario.name)

    def _bracket(self, level: float) -> tuple[float, float]:
        """The least capital at which so many paths are spared (infinite: none yet), the largest below with fewer."""
        high = min((trial.capital for trial in self.trials if trial.never_reduced >= level), default=math.inf)
        fewer = (trial.capital for trial in self.trials if trial.never_reduced < level)
        return high, max((capital for capital in fewer if capital < high), default=0.0)

    def _guess(self, level: float, near: float) -> float:
        """The first-order answer of the run whose capital is nearest."""
        nearest = min(self.trials, key=lambda trial: abs(trial.capital - near))
        return _quantile(nearest.needed, level)

    def fill_curve(self, today: Trial) -> None:
        """Try the first-order answers for the shares of `CURVE` too."""
        for share in CURVE:
            at = _quantile(today.needed, share)
            if math.isfinite(at) and at > 0:
                self.at(at)

    def answer(self, level: float, capital: float, below: float, today: Trial) -> LevelCapital:
        """The bracket found for a level, with its error and today's first-order estimate. Call after all trials."""
        first_order = _quantile(today.needed, level)
        return LevelCapital(
            level=level, capital=capital, below=below, error=self._error(level, capital), first_order=first_order
        )

    def _error(self, level: float, capital: float) -> float | None:
        """Error of the answer: that of the quantile, from the first run with at least this capital that gives one."""
        above = sorted((t for t in self.trials if t.capital >= capital), key=lambda trial: trial.capital)
        return next((found for trial in above if (found := _error(trial.needed, level)) is not None), None)


def _quantile(needed: Vector, level: float) -> float:
    """The least capital that at least `level` of the paths do not need more than; may be infinite."""
    ordered = np.sort(needed)
    return float(ordered[min(math.ceil(level * ordered.size - 1e-9), ordered.size) - 1])


def _error(needed: Vector, level: float) -> float | None:
    """Half the distance between the order statistics one binomial deviation either side; None if one is infinite."""
    if needed.size < 2:
        return None
    step = math.sqrt(level * (1 - level) / needed.size)
    low, high = (_quantile(needed, min(max(share, 1 / needed.size), 1.0)) for share in (level - step, level + step))
    return (high - low) / 2 if math.isfinite(high) else None
