"""`scenarios.tune`: search a policy's parameters on common random numbers, then check the finding elsewhere."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from agents.hedging.hedger import Hedger
from agents.intervals import check_interval
from agents.policies import Policy
from scenarios.parameters.models import chosen
from scenarios.reading.made_by_hand import check_values, meant
from scenarios.scenario import Scenario, encode
from scenarios.studies.calibrating.before_run import ready
from scenarios.studies.tuning.knobs import Knob, knobs_of, turned
from scenarios.studies.tuning.losses import RISKS, Losses, desk_losses
from scenarios.worlds.blueprint import Blueprint, blueprint_of
from sim.arguments import called, maybe, one_of, takes, text, whole
from sim.errors import UserError
from sim.nearest import nearest
from sim.place import Place

if TYPE_CHECKING:
    import polars as pl

Progress = Callable[[int, int], None]
TUNED, TUNED_ALONE, OWN = "tuned", "tuned in the twin", "its own"
POLICY: Any = Policy  # mypy takes an abstract class for one that will be made
REACH = 7.0  # how far a knob may go from where it began: a positive one to a thousandth, or a thousandfold
TRAIN, TEST = "train", "test"
BESIDE: dict[str, dict[str, Any]] = {  # shipped policies that a finding is compared with
    "every tick": {"kind": "every", "interval": "tick"},
    "every day": {"kind": "every", "interval": "1d"},
    "band 0.02": {"kind": "band", "width": 0.02, "interval": "tick"},
    "band 0.15": {"kind": "band", "width": 0.15, "interval": "tick"},
    "never": {"kind": "never"},
}


@dataclass(frozen=True, eq=False)
class Tuned:
    """What a search found, and how it fares where it was not searched.

    policy, alone: tables as a scenario file has them: tuned in the market that answers, and in the one that does not.
    trials: a row a trial: `world`, the parameters, `risk` ($).
    table: a row a policy, crisis, noise and world: `mean`, `es_95`, `sd` with errors ($), `reduced` (share of paths).
    """

    scenario: str
    desk: str
    risk: str
    paths: int
    policy: dict[str, Any]
    alone: dict[str, Any]
    trials: pl.DataFrame
    table: pl.DataFrame


@takes(
    agent=maybe(text),
    risk=one_of(*RISKS),
    paths=whole(2),
    test_paths=maybe(whole(2)),
    seed=maybe(whole(0)),
    trials=whole(5),
    progress=maybe(called),
)
def tune(
    scenario: Scenario | str | Path,
    policy: Policy | Mapping[str, Any] | None = None,
    *,
    agent: str | None = None,
    risk: str = "es_95",
    paths: int = 256,
    test_paths: int | None = None,
    seed: int | None = None,
    trials: int = 40,
    crises: Sequence[Scenario | str | Path] = (),
    progress: Progress | None = None,
) -> Tuned:
    """Find the parameters of a hedging policy with the least risk of the loss, and check them.

    Every trial has the same noise, so that trials differ by the policy alone. The search (Nelder and Mead 1965, by
    SciPy) runs twice: in the market that answers the desk's trades, and in the price-taker twin, which does not. Both
    findings, the desk's own policy and some shipped ones are then run in both worlds, on the noise of the search and on
    other noise, and in other crises.

    Args:
        scenario: a `Scenario`, the name of a preset, or the path of a file.
        policy: its kind and first parameters: a table as a scenario file has it (default: the desk's own).
        agent: the hedger (default: the first by name).
        risk: "mean", "es_75" and "es_95" (mean of the worst quarter or twentieth), or "sd" of the loss.
        paths: of every trial; of the checks `test_paths` (default: four times as many).
        seed: of the noise of the search; the checks have the next one.
        trials: of each of the two searches, at most.
        crises: scenarios beside this one in which the findings are checked: at the hedger of the same name, or else the
            first by name.
        progress: called with path-ticks (done, all).

    Raises:
        UserError: for a user's mistake, and for a policy that has nothing to tune.
    """
    lab = _Lab.of(scenario, agent, paths, seed)
    given = lab.hedger.policy if policy is None else _policy(policy)
    knobs = knobs_of(given)
    if not knobs:
        remedy = "give one with a number, say {'kind': 'band'}, or {'kind': 'learned'}"
        raise UserError("this policy has no parameter to tune", value=given.kind, place="tune: policy", remedy=remedy)
    others = [_Lab.of(crisis, _namesake(crisis, lab.desk), paths, seed) for crisis in crises]
    beside = {OWN: lab.hedger.policy} | {name: _policy(each) for name, each in BESIDE.items()}
    labs = [lab, lab.elsewhere(test_paths or 4 * paths), *(other.elsewhere(paths) for other in others)]
    count = _Counter(progress, 2 * trials * lab.size + 2 * (len(beside) + 2) * sum(each.size for each in labs))
    rows: list[dict[str, Any]] = []
    found = {}
    for world, deaf in (("actual", False), ("price_taker", True)):
        search = _Search(lab, given, knobs, risk, trials, deaf, count)
        found[world] = search.best()
        rows += [{"world": world, **row} for row in search.rows]
    tried = {TUNED: found["actual"], TUNED_ALONE: found["price_taker"], **beside}
    table = _checked(tried, labs, count)
    import polars as pl

    return Tuned(
        scenario=lab.scenario.name,
        desk=lab.desk,
        risk=risk,
        paths=paths,
        policy=_table(found["actual"]),
        alone=_table(found["price_taker"]),
        trials=pl.DataFrame(rows),
        table=table,
    )


def _policy(given: Policy | Mapping[str, Any]) -> Policy:
    """A policy from a table of a scenario file. Raises UserError."""
    if isinstance(given, Policy):
        return given
    at = Place("tune").at("policy")
    found: Policy = chosen(POLICY, given, at)
    check_interval(found.interval, at.at("interval"))
    found.check(at)
    return found


def _table(policy: Policy) -> dict[str, Any]:
    return {key: value for key, value in encode(policy).items() if value is not None}


def _namesake(crisis: Scenario | str | Path, desk: str) -> str | None:
    """The desk's name if the crisis has a hedger of that name."""
    names = [each.name for each in meant(crisis).agents if isinstance(each, Hedger)]
    return desk if desk in names else None


@dataclass(frozen=True, eq=False)
class _Lab:
    """One desk in one crisis, ready to be run with any policy."""

    scenario: Scenario
    blueprint: Blueprint
    desk: str
    noise: str = TRAIN

    @classmethod
    def of(cls, scenario: Scenario | str | Path, agent: str | None, paths: int, seed: int | None) -> _Lab:
        """Raises UserError."""
        found = ready(meant(scenario).with_run(seed=seed))
        found = found.with_run(paths=paths, witnesses=0, twin="none", attribution="none")
        check_values(found)
        names = sorted(each.name for each in found.agents if isinstance(each, Hedger))
        desk = agent or (names[0] if names else "")
        if desk not in names:
            remedy = nearest(desk, names) if names else 'add an agent of type = "Hedger"'
            raise UserError("a policy is a hedger's", value=desk or "none", place=found.name, remedy=remedy)
        return cls(found, blueprint_of(found), desk)

    @property
    def hedger(self) -> Hedger:
        """The desk with its own policy."""
        found = self.scenario.agent(self.desk)
        assert isinstance(found, Hedger)
        return found

    @property
    def size(self) -> int:
        """Path-ticks of a run."""
        return self.scenario.run.paths * len(self.blueprint.clock.ticks)

    def elsewhere(self, paths: int) -> _Lab:
        """The same with other noise."""
        run = replace(self.scenario.run, seed=self.scenario.run.seed + 1, paths=paths)
        return replace(self, scenario=replace(self.scenario, run=run), noise=TEST)

    def losses(self, policy: Policy, *, deaf: bool) -> Losses:
        """deaf: in the market that does not answer."""
        return desk_losses(self.scenario, self.blueprint, self.desk, policy, price_takers=deaf)


class _Counter:
    """Tells how much is done, in path-ticks."""

    def __init__(self, progress: Progress | None, total: int) -> None:
        self._progress, self._total, self._done = progress, total, 0

    def one(self, lab: _Lab) -> None:
        """One more run."""
        self._done += lab.size
        if self._progress is not None:
            self._progress(min(self._done, self._total), self._total)


class _Search:
    """Trials of one policy in one world."""

    def __init__(
        self, lab: _Lab, policy: Policy, knobs: list[Knob], risk: str, trials: int, deaf: bool, count: _Counter
    ) -> None:
        self._lab, self._policy, self._knobs, self._deaf, self._count = lab, policy, knobs, deaf, count
        self._risk, self._trials = risk, trials
        self.rows: list[dict[str, Any]] = []
        self._points: list[tuple[float, list[float]]] = []

    def best(self) -> Policy:
        """The policy with the least risk that was tried."""
        from scipy.optimize import minimize

        start = np.array([knob.at for knob in self._knobs])
        corners = np.vstack([start, start + np.diag([knob.step for knob in self._knobs])])
        options: Any = {
            "maxfev": self._trials,
            "initial_simplex": corners,
            "xatol": 1e-3,
            "fatol": 1.0,
            "adaptive": True,
        }
        minimize(self._at, start, method="Nelder-Mead", options=options)
        return turned(self._policy, self._knobs, min(self._points)[1])

    def _at(self, x: Any) -> float:
        point = [float(each) for each in x]
        far = any(abs(each - knob.at) > REACH for each, knob in zip(point, self._knobs, strict=True))
        if far or not _allowed(turned(self._policy, self._knobs, point)):
            return math.inf
        policy = turned(self._policy, self._knobs, point)
        value = self._lab.losses(policy, deaf=self._deaf).risk(self._risk).value
        self._count.one(self._lab)
        values = [knob.read(each) for knob, each in zip(self._knobs, point, strict=True)]
        self.rows.append({**dict(zip((k.name for k in self._knobs), values, strict=True)), "risk": value})
        self._points.append((value, point))
        return value


def _allowed(policy: Policy) -> bool:
    """Whether a scenario file may have it."""
    try:
        chosen(POLICY, _table(policy), Place("policy"))
    except UserError:
        return False
    return True


def _checked(tried: Mapping[str, Policy], labs: Sequence[_Lab], count: _Counter) -> pl.DataFrame:
    import polars as pl

    rows = []
    for at in labs:
        for name, policy in tried.items():
            mine = at.hedger.policy if name == OWN else policy
            for world, deaf in (("actual", False), ("price_taker", True)):
                found = at.losses(mine, deaf=deaf)
                count.one(at)
                row: dict[str, Any] = {"policy": name, "crisis": at.scenario.name, "noise": at.noise, "world": world}
                for measure in ("mean", "es_95", "sd"):
                    estimate = found.risk(measure)
                    row |= {measure: estimate.value, f"{measure}_error": estimate.error}
                rows.append(row | {"reduced": float(found.reduced.mean())})
    return pl.DataFrame(rows)
