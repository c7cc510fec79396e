"""Models of margin and capital by their `kind` in a scenario file; a new model needs one entry here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.registry import Registry

if TYPE_CHECKING:
    from agents.funding.capital import CapitalModel
    from agents.funding.margin import MarginModel

MARGIN_MODELS: Registry[type[MarginModel]] = Registry(
    {
        "parametric": "agents.funding.parametric_margin:Parametric",
        "schedule": "agents.funding.schedule_margin:Schedule",
        "hull_white": "agents.funding.hull_white_margin:HullWhiteMargin",
        "filtered_historical": "agents.funding.filtered_margin:FilteredHistorical",
        "weights": "agents.funding.weights_margin:Weights",
        "portfolio": "agents.funding.portfolio_margin:PortfolioMargin",
        "frozen": "agents.funding.frozen_margin:Frozen",
    }
)
CAPITAL_MODELS: Registry[type[CapitalModel]] = Registry(
    {
        "leverage_ratio": "agents.funding.leverage_ratio:LeverageRatio",
        "frtb": "agents.funding.frtb_capital:FrtbCapital",
        "sa_ccr": "agents.funding.sa_ccr_capital:SaCcrCapital",
    }
)
