"""Models of margin and capital by their `kind` in a scenario file; a new model needs one entry here."""

from __future__ import annotations

from agents.funding.capital import CapitalModel
from agents.funding.filtered_margin import FilteredHistorical
from agents.funding.frozen_margin import Frozen
from agents.funding.frtb_capital import FrtbCapital
from agents.funding.hull_white_margin import HullWhiteMargin
from agents.funding.leverage_ratio import LeverageRatio
from agents.funding.margin import MarginModel
from agents.funding.parametric_margin import Parametric
from agents.funding.sa_ccr_capital import SaCcrCapital
from agents.funding.schedule_margin import Schedule
from agents.funding.weights_margin import Weights

MARGIN_MODELS: dict[str, type[MarginModel]] = {
    cls.kind: cls for cls in (Parametric, Schedule, HullWhiteMargin, FilteredHistorical, Weights, Frozen)
}
CAPITAL_MODELS: dict[str, type[CapitalModel]] = {cls.kind: cls for cls in (LeverageRatio, FrtbCapital, SaCcrCapital)}
