"""Scenarios: read them, run them, study them; and the command line.

    from scenarios import load, presets, run

    result = run(load("covid_crash_2020"), paths=500)
    result.rows  # by table, what it has a row of, and on which paths
    result.desks.collect()

Importing this package is cheap; the first use of a name loads what it needs.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from scenarios.house import verify

if TYPE_CHECKING:
    from scenarios.reading.loading import from_dict as from_dict
    from scenarios.reading.loading import load as load
    from scenarios.reading.shipped import presets as presets
    from scenarios.scenario import Scenario as Scenario
    from scenarios.studies.ablation import ablate as ablate
    from scenarios.studies.calibrating.before_run import ready as ready
    from scenarios.studies.calibrating.calibration import calibrate as calibrate
    from scenarios.studies.capital_search import survival_capital as survival_capital
    from scenarios.studies.charges.frtb_charge import frtb_charge as frtb_charge
    from scenarios.studies.charges.sa_ccr_exposure import sa_ccr as sa_ccr
    from scenarios.studies.credit.risky_bond import price_risky_bond as price_risky_bond
    from scenarios.studies.credit.solving import solve_credit as solve_credit
    from scenarios.studies.credit.solving import value_cds as value_cds
    from scenarios.studies.credit.swap_cva import swap_cva as swap_cva
    from scenarios.studies.curves.bonds import price_bond as price_bond
    from scenarios.studies.curves.curve_model import model_curve as model_curve
    from scenarios.studies.curves.history import curve_history as curve_history
    from scenarios.studies.curves.solving import solve_curves as solve_curves
    from scenarios.studies.curves.solving import value_swaps as value_swaps
    from scenarios.studies.estimation.fitting import fit as fit
    from scenarios.studies.margin_rules import margin_rules as margin_rules
    from scenarios.studies.note import price_note as price_note
    from scenarios.studies.policies_frontier import frontier as frontier
    from scenarios.studies.prediction import predict as predict
    from scenarios.studies.rates_fit.rates_fit import fit_rates as fit_rates
    from scenarios.studies.replay.history import from_history as from_history
    from scenarios.studies.reverse.reverse import reverse_stress as reverse_stress
    from scenarios.studies.risk.book_risk import book_risk as book_risk
    from scenarios.studies.risk.rate_map import rate_map as rate_map
    from scenarios.studies.run import run as run
    from scenarios.studies.sessions.make_env import hedging_env as hedging_env
    from scenarios.studies.sessions.session import open_session as open_session
    from scenarios.studies.sessions.session import resume_session as resume_session
    from scenarios.studies.shock import shock as shock
    from scenarios.studies.sweeps.spec import Axis as Axis
    from scenarios.studies.sweeps.spec import SweepSpec as SweepSpec
    from scenarios.studies.sweeps.sweep import sweep as sweep
    from scenarios.studies.tuning.tune import tune as tune
    from scenarios.studies.validation.runner import validate as validate
    from sim.dataset import open_run as open_run
    from sim.sweep_dataset import open_sweep as open_sweep

verify()

_HOMES = {
    "Axis": "scenarios.studies.sweeps.spec",
    "SweepSpec": "scenarios.studies.sweeps.spec",
    "open_sweep": "sim.sweep_dataset",
    "sweep": "scenarios.studies.sweeps.sweep",
    "Scenario": "scenarios.scenario",
    "ablate": "scenarios.studies.ablation",
    "fit": "scenarios.studies.estimation.fitting",
    "fit_rates": "scenarios.studies.rates_fit.rates_fit",
    "calibrate": "scenarios.studies.calibrating.calibration",
    "from_dict": "scenarios.reading.loading",
    "from_history": "scenarios.studies.replay.history",
    "frontier": "scenarios.studies.policies_frontier",
    "frtb_charge": "scenarios.studies.charges.frtb_charge",
    "hedging_env": "scenarios.studies.sessions.make_env",
    "load": "scenarios.reading.loading",
    "open_run": "sim.dataset",
    "open_session": "scenarios.studies.sessions.session",
    "resume_session": "scenarios.studies.sessions.session",
    "presets": "scenarios.reading.shipped",
    "ready": "scenarios.studies.calibrating.before_run",
    "book_risk": "scenarios.studies.risk.book_risk",
    "margin_rules": "scenarios.studies.margin_rules",
    "rate_map": "scenarios.studies.risk.rate_map",
    "reverse_stress": "scenarios.studies.reverse.reverse",
    "run": "scenarios.studies.run",
    "sa_ccr": "scenarios.studies.charges.sa_ccr_exposure",
    "predict": "scenarios.studies.prediction",
    "curve_history": "scenarios.studies.curves.history",
    "price_note": "scenarios.studies.note",
    "price_bond": "scenarios.studies.curves.bonds",
    "model_curve": "scenarios.studies.curves.curve_model",
    "price_risky_bond": "scenarios.studies.credit.risky_bond",
    "solve_credit": "scenarios.studies.credit.solving",
    "swap_cva": "scenarios.studies.credit.swap_cva",
    "value_cds": "scenarios.studies.credit.solving",
    "solve_curves": "scenarios.studies.curves.solving",
    "value_swaps": "scenarios.studies.curves.solving",
    "shock": "scenarios.studies.shock",
    "survival_capital": "scenarios.studies.capital_search",
    "tune": "scenarios.studies.tuning.tune",
    "validate": "scenarios.studies.validation.runner",
}

__all__ = [
    "Axis",
    "Scenario",
    "SweepSpec",
    "ablate",
    "book_risk",
    "calibrate",
    "curve_history",
    "fit",
    "fit_rates",
    "from_dict",
    "from_history",
    "frontier",
    "frtb_charge",
    "hedging_env",
    "load",
    "margin_rules",
    "model_curve",
    "open_run",
    "open_session",
    "open_sweep",
    "predict",
    "presets",
    "price_bond",
    "price_note",
    "price_risky_bond",
    "rate_map",
    "ready",
    "resume_session",
    "reverse_stress",
    "run",
    "sa_ccr",
    "shock",
    "solve_credit",
    "solve_curves",
    "survival_capital",
    "swap_cva",
    "sweep",
    "tune",
    "validate",
    "value_cds",
    "value_swaps",
]


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'scenarios' has no attribute {name!r}")
    return getattr(importlib.import_module(home), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
