"""Every known answer, in the order of the chapters."""

from __future__ import annotations

import importlib
from functools import cache

from scenarios.studies.validation.case import CHAPTERS, Case
from sim.errors import BugError

# Modules of scenarios.studies.validation.cases, each with CASES; the order is kept within a chapter.
MODULES: tuple[str, ...] = (
    "avellaneda_stoikov",
    "hedging_error",
    "hedge_metrics",
    "attribution",
    "leland",
    "bands",
    "listed_options",
    "variance_swaps",
    "further_books",
    "feedback_law",
    "defaults",
    "feedback_books",
    "memory_feedback",
    "contagion",
    "spirals",
    "leverage",
    "vol_funds",
    "impact",
    "stylised_facts",
    "pricing",
    "pricing_options",
    "pricing_swaps",
    "curves",
    "curve_models",
    "currency",
    "forced_rates",
    "rates_hedge",
    "rates_vol",
    "curve_laws",
    "trading_mechanics",
    "desk_mechanics",
    "margin_mechanics",
    "swap_mechanics",
    "liquidity_mechanics",
    "factor_noise",
    "path_memory",
    "rate_options",
    "hull_white",
    "margin_models",
    "netting_sets",
    "cleared_margin",
    "cash_book",
    "notes",
    "credit_default_swaps",
    "counterparty",
    "capital",
)


@cache
def suite() -> tuple[Case, ...]:
    """All cases in chapter order. Raises BugError if two share a name, or a case repeats an expected key."""
    home = "scenarios.studies.validation.cases"
    cases: list[Case] = [case for m in MODULES for case in importlib.import_module(f"{home}.{m}").CASES]
    names = [case.name for case in cases]
    check_unique("two cases have one name", names)
    for case in cases:
        check_unique(f"{case.name} expects one thing twice", [e.what for e in case.expected])
    return tuple(sorted(cases, key=lambda case: CHAPTERS.index(case.chapter)))


def check_unique(rule: str, names: list[str]) -> None:
    """Raise BugError if a name occurs twice."""
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise BugError(f"{rule}: {', '.join(twice)}")
