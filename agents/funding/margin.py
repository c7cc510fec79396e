"""Initial margin: collateral for what a desk may lose while it is closed out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from sim.dataclass import dataclass

if TYPE_CHECKING:
    from agents.cast import Cast
    from agents.funding.portfolio import Portfolio
    from agents.funding.risk_classes import MarginDays
    from sim.place import Place

Vector = NDArray[np.float64]


class MarginTerms(Protocol):
    """Terms of a lender for all margin models: keys of a `FundingDesk`."""

    @property
    def margin_multiple(self) -> float:
        """Standard deviations."""

    @property
    def mpor_days(self) -> float:
        """Margin period of risk, trading days."""

    @property
    def rate_vol(self) -> float:
        """Yield vol at base implied vol, decimal a year."""

    @property
    def rates_days(self) -> float | None:
        """The same for rates, if it is another one."""

    @property
    def margin_days(self) -> MarginDays | None:
        """The same by risk class, where it is another one; see `agents.funding.margin_periods.margin_days`."""

    @property
    def threshold(self) -> float:
        """Initial margin that is not asked, $."""

    @property
    def minimum_transfer(self) -> float:
        """Smaller amounts are not moved, $."""

    @property
    def collateral_haircut(self) -> float | None:
        """Share of their value at which long assets do not count as initial margin; None: cash alone counts."""

    @property
    def option_credit(self) -> float:
        """Share of the liquidating value of long listed options that counts in margin."""

    @property
    def default_fund(self) -> float:
        """Contribution of each desk, a share of its first initial margin."""

    @property
    def repo_spread(self) -> float | None:
        """Of repo on long stock; None without."""

    @property
    def rates_margin(self) -> str:
        """Which vol margin on DV01 follows: "implied_vol" or "rates_vol"."""


@dataclass(frozen=True, kw_only=True)
class MarginModel(ABC):
    """How initial margin is computed.

    A new model is a frozen dataclass in a file of its own, whose fields are its keys in a scenario file, and one line
    in `agents.funding.models`.
    """

    kind: ClassVar[str]  # its name in a scenario file
    by_position: ClassVar[bool] = False  # whether it looks at the positions of a book one by one

    def check(self, cast: Cast, at: Place) -> None:
        """Raise UserError where it does not fit its scenario; single values have already been checked."""

    @abstractmethod
    def initial(self, portfolio: Portfolio, terms: MarginTerms) -> Vector:
        """Initial margin for book and hedges as they stand, (paths,) $, at least 0."""
