"""A scenario with every feedback loop alone and with every loop left out, all worlds on the same random numbers."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from markets.spec import FeedbackSpec
from scenarios.scenario import Scenario, TwinSpec
from scenarios.worlds.tables import capital_is_limited
from scenarios.worlds.world_spec import WorldSpec
from sim.arguments import called, flag, made, maybe, takes, whole
from sim.ensemble import Progress
from sim.names import ACTUAL, FROZEN, NO_TWIN, PRICE_TAKER
from sim.scratch import scratch

if TYPE_CHECKING:
    from sim.dataset import Run

T = TypeVar("T")
SECOND = "second"  # world of a pair


def loops_of(scenario: Scenario) -> list[str]:
    """The loops that the scenario has on, in the order of its keys."""
    switches = {f.name: getattr(scenario.feedback, f.name) for f in dataclasses.fields(FeedbackSpec)}
    if not scenario.market.rates.vol:
        del switches["rates_vol"]  # there is none
    if not capital_is_limited(scenario):
        del switches["capital"]
    return [name for name, switch in switches.items() if isinstance(switch, float | int) and switch > 0]


def ablations(scenario: Scenario, *, loops: bool = True) -> dict[str, WorldSpec]:
    """By name: "actual", "price_taker"; with `loops` also "frozen", "<loop> alone" and "without <loop>" for each on."""
    actual, frozen = scenario.feedback, FeedbackSpec.frozen()
    found = {
        ACTUAL: WorldSpec(feedback=actual),
        PRICE_TAKER: WorldSpec(feedback=actual, price_takers=True),
    }
    if loops:
        found[FROZEN] = WorldSpec(feedback=frozen)
    for loop in loops_of(scenario) if loops else ():
        found[f"{loop} alone"] = WorldSpec(feedback=dataclasses.replace(frozen, **{loop: getattr(actual, loop)}))
        found[f"without {loop}"] = WorldSpec(feedback=dataclasses.replace(actual, **{loop: 0.0}))
    return found


@takes(
    scenario=made(Scenario, "a Scenario, as load() gives it"),
    measure=called,
    loops=flag,
    workers=maybe(whole(1)),
    progress=maybe(called),
)
def ablate(
    scenario: Scenario,
    measure: Callable[[Run, str], T],
    *,
    loops: bool = True,
    workers: int | None = None,
    progress: Progress | None = None,
) -> dict[str, T]:
    """Measure a scenario in every world of `ablations`: each loop alone, each left out, on the same random numbers.

    Args:
        scenario: as `load` gives it. A record without its outside world gets it first.
        measure: called as `measure(run, world)` for each world. Runs are made two worlds at a time and not kept.
        loops: whether to run loop by loop, besides the actual world and the price-taker twin.
        workers: processes (default: one a core).
        progress: called with path-ticks (done, total) of all runs together.

    Returns:
        What `measure` returned, by the name of the world.

    Raises:
        UserError: for a user's mistake. What `measure` raises is passed on.
    """
    from scenarios.studies.calibrating.before_run import ready
    from scenarios.studies.run import run

    scenario = ready(scenario)  # once for all runs
    worlds = ablations(scenario, loops=loops)
    names = list(worlds)
    pairs = [names[i : i + 2] for i in range(0, len(names), 2)]
    found: dict[str, T] = {}
    for index, pair in enumerate(pairs):
        first, *others = (worlds[name] for name in pair)  # the last may be alone
        twins = [TwinSpec(name=SECOND, feedback=o.feedback, price_takers=o.price_takers) for o in others]
        settings = dataclasses.replace(scenario.run, twin=twins[0] if twins else NO_TWIN, unhedged=False)
        both = dataclasses.replace(scenario, feedback=first.feedback, run=settings)
        with scratch("facts") as folder:
            at = _share(progress, index, len(pairs))
            finished = run(both, out=folder / "run", workers=workers, progress=at)
            found |= zip(pair, (measure(finished, world) for world in finished.manifest["worlds"]), strict=True)
    return found


def _share(progress: Progress | None, index: int, runs: int) -> Progress | None:
    """The progress of one of several runs of the same size."""
    if progress is None:
        return None
    return lambda done, total: progress(index * total + done, runs * total)
