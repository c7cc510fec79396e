"""Which fit of implied vol's law is taken: of its residual's shocks, or of the levels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scenarios.studies.estimation.estimators import Estimate
from scenarios.studies.estimation.path_feed import Feed, Vector
from scenarios.studies.estimation.path_law import PathLaw
from scenarios.studies.estimation.path_level import VOL_TAIL, Level, fit_level
from scenarios.studies.estimation.path_shocks import echo

NEW = 4.0  # standard errors: shocks whose correlation is nearer to 0 are taken for new each day
SEEN = 2.0  # standard errors: a share of the residual in realised vol that is larger is spoken of


@dataclass(frozen=True)
class VolChoice:
    """Both fits of implied vol, and what chooses between them.

    echo: correlation of the residual's shocks with those of the day before. follows: share of the residual that
    realised vol has too: 0 where it follows the law alone, 1 where it follows implied vol.
    """

    by_levels: Level
    by_shocks: Level
    echo: Estimate
    follows: Estimate

    @property
    def taken(self) -> Level:
        """The shocks' where each day's is new, as the process has it: right whatever the returns follow.

        Where they are not new, the residual is another process and the shocks' fit is not right either; the levels' is
        then the nearest to the record given its path, unless its search has stopped short of the other.
        """
        new = abs(self.echo.value) <= NEW * self.echo.error
        return self.by_shocks if new or self.by_shocks.rms < self.by_levels.rms else self.by_levels

    @property
    def is_biased(self) -> bool:
        """Whether the law that is taken has taken some of the residual."""
        return not self.taken.by_shocks and self.follows.value > SEEN * self.follows.error


def choose_vol(feed: Feed, level: Vector) -> VolChoice:
    """Both fits of implied vol, (days,) decimals with NaN if it is not known."""
    by_levels = fit_level(feed, level, PathLaw.of_vol(), VOL_TAIL)
    by_shocks = fit_level(feed, level, PathLaw.of_vol(), VOL_TAIL, by_shocks=True)
    said = by_shocks.law.log_levels(feed)
    left = np.log(level) - said
    return VolChoice(by_levels, by_shocks, echo(left, by_shocks.left.kept(feed.day)), follows(feed, said, left))


def follows(feed: Feed, said: Vector, left: Vector) -> Estimate:
    """Least squares of ln |return of the next day| on ln law and residual, (days,) each: the residual's coefficient.

    White's error.
    """
    told = np.isfinite(left[:-1]) & (feed.returns != 0)
    moved = np.log(np.abs(feed.returns[told]))
    by = np.column_stack([np.ones(len(moved)), said[:-1][told], left[:-1][told]])
    inverse = np.linalg.pinv(by.T @ by)
    slope = inverse @ by.T @ moved
    weighed = by * (moved - by @ slope)[:, None]
    errors = np.sqrt(np.diag(inverse @ weighed.T @ weighed @ inverse))
    return Estimate(float(slope[2]), float(errors[2]), len(moved))
