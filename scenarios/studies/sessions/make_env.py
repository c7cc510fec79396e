"""`scenarios.hedging_env`: a scenario as an environment for learners."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, overload

from scenarios.studies.sessions.plan import Plan
from sim.arguments import maybe, takes, text, whole
from sim.errors import UserError

if TYPE_CHECKING:
    from scenarios.scenario import Scenario
    from scenarios.studies.sessions.environment import HedgingEnv, HedgingVectorEnv


@overload
def hedging_env(
    scenario: Scenario | str | Path, *, paths: None = None, seat: str = "hedger", decide: str = "1d"
) -> HedgingEnv: ...
@overload
def hedging_env(
    scenario: Scenario | str | Path, *, paths: int, seat: str = "hedger", decide: str = "1d"
) -> HedgingVectorEnv: ...
@takes(seat=text, paths=maybe(whole(1)))
def hedging_env(
    scenario: Scenario | str | Path, *, paths: int | None = None, seat: str = "hedger", decide: str = "1d"
) -> HedgingEnv | HedgingVectorEnv:
    """A scenario as a Gymnasium environment: a learner is the desk.

    Args:
        scenario: a `Scenario`, the name of a preset, or the path of a file.
        paths: desks that live at once, each on a path of its own: a vector environment (default: one, a plain one).
        seat: the hedger that learns.
        decide: when it decides, as of `open_session`.

    Raises:
        UserError: for a user's mistake, and where Gymnasium is not installed.
    """
    plan = Plan.of(scenario, seat, paths or 1, None, decide)
    try:
        from scenarios.studies.sessions.environment import HedgingEnv, HedgingVectorEnv
    except ModuleNotFoundError as error:
        remedy = 'pip install "spiral-crisis[env]"'
        raise UserError("environments need Gymnasium", value=error.name, place="hedging_env", remedy=remedy) from None
    return HedgingEnv(plan) if paths is None else HedgingVectorEnv(plan)
