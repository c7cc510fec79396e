"""`scenarios.reverse_stress`: the mildest storyline that ends a desk, and what would have saved it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from agents.hedging.hedger import Hedger
from scenarios.reading.made_by_hand import check_values, meant
from scenarios.scenario import Scenario
from scenarios.studies.reverse.fate import ENDS, WITH_LIMIT, fate_of
from scenarios.studies.reverse.levers import levers
from scenarios.studies.reverse.moments import DAYS, Move, covariance, distance
from scenarios.studies.reverse.stress_line import moved
from scenarios.worlds.blueprint import blueprint_of
from sim.arguments import called, maybe, number, one_of, takes, text, whole
from sim.errors import UserError
from sim.estimate import Estimate
from sim.names import PRICE_TAKER
from sim.nearest import nearest

if TYPE_CHECKING:
    import polars as pl

    from sim.clock import Clock

Vector = NDArray[np.float64]
Progress = Callable[[int, int], None]
FACTORS = len(Move._fields)
SCALES = (0.25, 0.5, 0.75, 0.9, 1.0, 1.1, 1.25, 1.5)  # of the distance found, at which `along` looks
STEP = 0.5  # of the components of a direction of length 1, at the start of the search


@dataclass(frozen=True, eq=False)
class ReverseStress:
    """The mildest storyline found, and levers against it.

    scenario: the one that was asked about, on that storyline. move: from its start. distance: standard deviations of
    the record's moves over so many days. share, share_error: of paths on which the desk ends.
    along: distance, share, share_error: milder and harsher storylines in the same direction.
    levers: lever, share, share_error (on that storyline), distance (in its direction, at which the share is passed
    again; infinite if the desk does not end at the end of the reach).
    """

    scenario: Scenario
    desk: str
    ends: str
    limit: float
    move: Move
    days: int
    distance: float
    share: float
    share_error: float
    along: pl.DataFrame
    levers: pl.DataFrame
    runs: int


@takes(
    agent=maybe(text),
    ends=one_of(*ENDS),
    limit=number,
    share=number,
    days=maybe(whole(1)),
    paths=whole(2),
    directions=whole(1),
    reach=number,
    seed=maybe(whole(0)),
    progress=maybe(called),
)
def reverse_stress(
    scenario: Scenario | str | Path,
    *,
    agent: str | None = None,
    ends: str = "dead",
    limit: float = 0.0,
    share: float = 0.5,
    days: int | None = None,
    paths: int = 64,
    directions: int = 24,
    reach: float = 20.0,
    seed: int | None = None,
    progress: Progress | None = None,
) -> ReverseStress:
    """Find the mildest storyline on which a desk ends, and try what would have saved it.

    A storyline goes in a straight line from the scenario's start to a move of price, vol, credit and rates, `days`
    trading days on, and stays there to the scenario's end; book, agents and noise are the scenario's. How mild it is:
    sqrt(m' C^-1 m), C the covariance of the record's moves over so many days (`reverse.moments`). In each direction the
    least distance at which the desk ends on `share` of the paths is found by bisection; the direction by a search from
    the likeliest moves for a fall or rise of each factor (Nelder and Mead 1965). All runs have the same noise.

    Args:
        scenario: a `Scenario`, the name of a preset, or the path of a file; its first anchor is the start.
        agent: the hedger (default: the first by name).
        ends: "dead" (closed out or in default), "reduced" (the lender takes a part), "loss" or "drawdown" of at least
            `limit`.
        limit: $, of a loss or a drawdown.
        share: of the paths, in (0, 1].
        days: trading days until the worst (default: a month, or the whole of a shorter scenario).
        paths: of every run.
        directions: that the search looks in, beside the first ones.
        reach: how far it looks, standard deviations.
        seed: of the noise (default: the scenario's).
        progress: called with (directions looked at, all), levers included.

    Raises:
        UserError: for a user's mistake, and where no storyline within reach ends the desk.
    """
    base = meant(scenario).with_run(seed=seed).with_run(paths=paths, witnesses=0, twin="none", attribution="none")
    check_values(base)
    desk = _desk(base, agent)
    if ends in WITH_LIMIT and limit <= 0:
        raise UserError(f"a {ends} has a limit above 0", value=limit, place="limit", remedy="give it in $, say 5e8")
    if ends not in WITH_LIMIT and limit:
        raise UserError("a limit is of a loss or a drawdown", value=limit, place="limit", remedy="leave it out")
    if not 0 < share <= 1:
        raise UserError("a share lies above 0 and at most at 1", value=share, place="share", remedy="0.5 is usual")
    if not 0.1 <= reach <= 1_000:
        raise UserError("lies between 0.1 and 1000 standard deviations", value=reach, place="reach")
    clock = blueprint_of(base).clock
    days = days or min(DAYS, len(clock.session_dates) - 1)
    if days >= len(clock.session_dates):
        rule = f"the scenario has {len(clock.session_dates) - 1} trading days"
        raise UserError(rule, value=days, place="days", remedy="choose fewer")
    search = _Search(base, clock, desk, ends, limit, share, days, reach)
    tried = levers(base, desk)
    steps = 2 * FACTORS + directions + len(tried)
    direction = search.mildest(directions, lambda done: progress(done, steps) if progress else None)
    return _told(
        search, direction, tried, lambda done: progress(steps - len(tried) + done, steps) if progress else None
    )


def _desk(scenario: Scenario, agent: str | None) -> str:
    names = sorted(each.name for each in scenario.agents if isinstance(each, Hedger))
    desk = agent or (names[0] if names else "")
    if desk not in names:
        remedy = nearest(desk, names) if names else 'add an agent of type = "Hedger"'
        raise UserError("a hedger is put to the test", value=desk or "none", place=scenario.name, remedy=remedy)
    return desk


class _Search:
    """Runs on storylines in different directions and at different distances."""

    def __init__(
        self,
        base: Scenario,
        clock: Clock,
        desk: str,
        ends: str,
        limit: float,
        share: float,
        days: int,
        reach: float,
    ) -> None:
        self.base, self.clock, self.desk = base, clock, desk
        self.ends, self.limit, self.share, self.days, self.reach = ends, limit, share, days, reach
        self._root = np.linalg.cholesky(covariance(days))
        self.runs = 0
        self._looked: list[tuple[float, list[float]]] = []  # directions, with the least distance in each

    def move(self, direction: Vector, far: float) -> Move:
        """In a direction of uncorrelated factors, (4,), so many standard deviations."""
        found = self._root @ (direction / np.linalg.norm(direction) * far)
        return Move(*map(float, found))

    def ended(
        self, direction: Vector, far: float, change: Callable[[Scenario], Scenario] | None = None, *, deaf: bool = False
    ) -> NDArray[np.bool_]:
        """Paths on which the desk ends, (paths,)."""
        scenario = moved(self.base, self.clock, self.move(direction, far), self.days)
        self.runs += 1
        fate = fate_of(scenario if change is None else change(scenario), self.desk, price_takers=deaf)
        return ENDS[self.ends](fate, self.limit)

    def least(self, direction: Vector, most: float, *, near: float, **lever: Any) -> float:
        """The least distance at which it ends often enough, to within `near`; infinite if none up to `most`."""
        if self.ended(direction, most, **lever).mean() < self.share:
            return math.inf
        low, high = 0.0, most
        while high - low > near:
            middle = (low + high) / 2
            if self.ended(direction, middle, **lever).mean() >= self.share:
                high = middle
            else:
                low = middle
        return high

    def mildest(self, directions: int, tell: Callable[[int], None]) -> Vector:
        """The best direction found. Raises UserError if the desk ends in none."""
        from scipy.optimize import minimize

        def looked(direction: Vector) -> float:
            far = self._look(direction)
            tell(len(self._looked))
            return far

        for factor in range(FACTORS):  # the likeliest moves of the others for one of this factor: C e
            for sign in (-1.0, 1.0):
                looked(sign * np.linalg.solve(self._root, covariance(self.days)[factor]))
        start = np.array(self._best()[1])
        corners = np.vstack([start, start + STEP * np.eye(FACTORS)])
        options: Any = {"maxfev": directions, "initial_simplex": corners, "xatol": 0.01, "fatol": 0.01}
        minimize(looked, start, method="Nelder-Mead", options=options)
        return np.array(self._best()[1])

    def _look(self, direction: Vector) -> float:
        """The least distance in a direction; one that is no better than the best so far is not looked at further."""
        known, norm = min((far for far, _ in self._looked), default=math.inf), float(np.linalg.norm(direction))
        most = min(known, self.reach)
        far = self.least(direction, most, near=0.05 * most) if norm > 0 else math.inf
        self._looked.append((far, (direction / norm).tolist() if norm > 0 else [0.0] * FACTORS))
        return far if math.isfinite(far) else 2 * most

    def _best(self) -> tuple[float, list[float]]:
        best = min(self._looked)
        if not math.isfinite(best[0]):
            rule = f"the desk ends on no storyline within {self.reach:g} standard deviations"
            remedy = "look farther, or give it less capital"
            raise UserError(rule, value=self.ends, place=f"{self.base.name}: {self.desk}", remedy=remedy)
        return best


def _told(search: _Search, direction: Vector, tried: list[Any], tell: Callable[[int], None]) -> ReverseStress:
    import polars as pl

    far = search.least(direction, search.reach, near=0.02)
    ended = search.ended(direction, far)
    found = Estimate.share(ended)
    along = []
    for scale in SCALES:
        share = Estimate.share(search.ended(direction, scale * far))
        along.append({"distance": scale * far, "share": share.value, "share_error": share.error})
    rows = []
    for done, lever in enumerate(tried, start=1):

        def change(scenario: Scenario, lever: Any = lever) -> Scenario:
            changed: Scenario = lever.of(scenario, search.desk)
            return changed

        share = Estimate.share(search.ended(direction, far, change, deaf=lever.deaf))
        least = search.least(direction, search.reach, near=0.05, change=change, deaf=lever.deaf)
        rows.append({"lever": lever.name, "share": share.value, "share_error": share.error, "distance": least})
        tell(done)
    move = search.move(direction, far)
    run = replace(search.base.run, twin=PRICE_TAKER, attribution="tick", as_given=True)  # which no market has had yet
    return ReverseStress(
        scenario=replace(moved(search.base, search.clock, move, search.days), run=run),
        desk=search.desk,
        ends=search.ends,
        limit=search.limit,
        move=move,
        days=search.days,
        distance=distance(move, search.days),
        share=found.value,
        share_error=float(found.error or 0.0),
        along=pl.DataFrame(along),
        levers=pl.DataFrame(rows).sort("distance", descending=True, maintain_order=True),
        runs=search.runs,
    )
