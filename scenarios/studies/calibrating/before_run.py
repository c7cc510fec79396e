"""Before a record runs: find the outside world of its anchors, with few paths and in a few rounds."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

from agents.funding.funding_desk import FundingDesk
from agents.making.market_maker import MarketMaker
from scenarios.checking.outside import as_record, is_pending
from scenarios.reading.made_by_hand import meant
from scenarios.scenario import Scenario
from sim.arguments import called, maybe, takes
from sim.errors import UserError
from sim.figure_text import percent

if TYPE_CHECKING:
    from scenarios.studies.calibrating.calibration import Calibration
    from scenarios.studies.calibrating.outside_fit import Told

PATHS = 512  # fixed, so that the outside world does not depend on the run's number of paths
ROUNDS = 6  # the records of ten crises need two to four
INSTEAD = (
    "take the record as the outside world with --exogenous (anchors='exogenous' in Python), or write it with "
    "`spiral new FILE --history ...` and let `spiral calibrate FILE` look longer"
)


@takes(progress=maybe(called))
def ready(scenario: Scenario | str | Path, *, progress: Told | None = None) -> Scenario:
    """The scenario as it can run: its observed anchors have outside levels.

    If nobody has calibrated them, a fit does: 512 paths at the run's own seed, at most six rounds, and a check beside
    the price-taker twin at another seed, about as much work as the run. It takes one process, and its result does not
    depend on the number of workers or paths. `notes` say what was done. Agents that do not trade leave no impact: then
    the record is the outside world. Any other scenario is returned as it is.

    Args:
        scenario: a `Scenario`, or the name or path of one.
        progress: called with a stage and its path-ticks (done, total).

    Raises:
        UserError: where no outside world is found so quickly. A record is never taken as the outside world unasked.
    """
    scenario = meant(scenario)
    if not is_pending(scenario.storyline):
        return scenario
    if not trades(scenario):
        said = "nobody in this scenario trades on a book: the record is the outside world, and nothing is calibrated"
        return _noted(dataclasses.replace(scenario, storyline=as_record(scenario.storyline)), said)
    from scenarios.studies.calibrating.calibration import MORE, CheckDisagrees, calibrate
    from scenarios.studies.calibrating.outside_fit import NoOutsideWorld

    try:
        found = calibrate(scenario, paths=PATHS, workers=1, rounds=ROUNDS, progress=progress)
    except NoOutsideWorld as error:
        raise UserError(error.rule, value=error.value, place=error.place, remedy=INSTEAD) from None
    except CheckDisagrees as error:
        raise UserError(str(error).removesuffix(MORE), remedy=INSTEAD) from None
    return _noted(found.scenario, _said(found))


def plan(scenario: Scenario) -> str | None:
    """One line on what a run would do first with the scenario's anchors; None for nothing."""
    if not is_pending(scenario.storyline):
        return None
    if not trades(scenario):
        return "observed anchors, and nobody trades on a book: a run takes the record as the outside world"
    return (
        f"observed anchors: a run first takes the desks' own impact out of the record ({PATHS} paths, at most "
        f"{ROUNDS} rounds); --exogenous takes it as it is"
    )


def trades(scenario: Scenario) -> bool:
    """Whether an agent can move a market: makers and lenders wait for others, a hedger without a book has no need."""
    return any(type(a) not in (MarketMaker, FundingDesk) and getattr(a, "book", True) for a in scenario.agents)


def _said(found: Calibration) -> str:
    spec, count = found.found, len(found.rounds)
    rounds = f"{count} round{'s' * (count != 1)}"
    return (
        f"observed: before the run the desks' own impact was taken out of the record ({spec.paths} paths, seed "
        f"{spec.seed}, {rounds}); at seed {spec.check_seed} the median leaves the record by at most "
        f"{percent(spec.residual_spot, 2)} of spot and {percent(spec.residual_vol, 2)} of vol"
    )


def _noted(scenario: Scenario, note: str) -> Scenario:
    return dataclasses.replace(scenario, notes=(*scenario.notes, note))
