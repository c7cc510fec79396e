"""The figures of a stored calibration, in the terminal."""

from __future__ import annotations

import math

from markets.spec import CalibrationSpec, ExplainedSpec, RiseSpec
from scenarios.checking.outside import laws_of
from scenarios.commands.screen import Screen
from scenarios.scenario import Scenario
from sim.columns import Unit
from sim.figure_text import apart_text_of, fixed, percent, text_of
from sim.screen.table import Table

RISES_NOTE = (
    "Shares of the rise in ln. Memory: the laws' answer to the outside price path, which the storyline tells. "
    "Storyline: what its anchors add to that answer, or take from it."
)
LEAST_RISE = 0.05  # ln: of a level that rises less there are no shares
MEASURES = {"drawdown": "Drawdown of the price, median path", "vol_peak": "Vol peak", "spread_peak": "Spread peak"}
UNITS: dict[str, Unit] = {"drawdown": "share", "vol_peak": "share", "spread_peak": "multiple"}


def print_calibration(out: Screen, scenario: Scenario) -> None:
    """Print the calibration's figures, from the scenario alone; nothing for one without a calibration."""
    storyline = scenario.storyline
    found = storyline.calibration
    if found is None:
        return
    if found.laws is not None and found.laws != laws_of(scenario):
        told = (
            f"Calibrated under other laws of vol and credit ({found.laws}): calibrate again for what feedback explains."
        )
        out.print(told)
        return
    out.print(explained_table(found))
    rises = {label: rise for label, rise in (("vol", found.vol_rise), ("credit spread", found.credit_rise)) if rise}
    if rises:
        out.print(rises_table(rises), RISES_NOTE)
    moved = dict.fromkeys(name for anchor in storyline.anchor for name in anchor.outside_levels)
    used = "" if storyline.anchors == "observed" else " They stand unused: the anchors are taken as exogenous."
    out.print(
        f"Calibrated levels: {', '.join(moved)}; {found.paths:,} paths, seed {found.seed}, spiral {found.spiral}. "
        f"At seed {found.check_seed} the median leaves the record by at most {percent(found.residual_spot, 2)} of "
        f"spot and {percent(found.residual_vol, 2)} of vol.{used}"
    )


def rises_table(rises: dict[str, RiseSpec]) -> Table:
    """The median path's rise from the start to its highest close, by cause: storyline, memory, feedback."""
    table = Table(title="Told or caused: the rise to the median path's highest close")
    for heading in ("", "rise", "storyline", "market's memory", "desks' feedback"):
        table.add_column(heading, justify="left" if not heading else "right")
    for label, rise in rises.items():
        whole = rise.total
        table.add_row(
            label,
            f"x {fixed(math.exp(whole), 2)}",
            share(rise.storyline, whole),
            share(rise.memory, whole, rise.memory_error),
            share(rise.feedback, whole, rise.feedback_error),
        )
    return table


def share(part: float, whole: float, error: float | None = None) -> str:
    """A part of the rise of ln level, in percent of all of it."""
    if abs(whole) < LEAST_RISE:
        return "n/a"
    return text_of(part / whole, "share", None if error is None else error / abs(whole))


def explained_table(found: CalibrationSpec) -> Table:
    """Drawdown, vol peak and spread peak: as the desks trade, in the price-taker twin, and the difference."""
    table = Table(title="What feedback explains (as calibrated)")
    for heading in ("", "actual", "price_taker", "feedback", "share"):
        table.add_column(heading, justify="left" if not heading else "right")
    for name, label in MEASURES.items():
        measure: ExplainedSpec = getattr(found, name)
        unit = UNITS[name]
        if measure.price_taker is None:  # stored by an earlier version, which had another twin
            table.add_row(label, text_of(measure.actual, unit), "not measured", "calibrate again", "")
            continue
        apart = measure.actual - measure.price_taker
        share = _share(measure.actual, apart, measure.error)
        table.add_row(
            label,
            text_of(measure.actual, unit),
            text_of(measure.price_taker, unit),
            apart_text_of(apart, unit, measure.error),
            share,
        )
    return table


def _share(actual: float, apart: float, error: float) -> str:
    return text_of(apart / actual, "share", error / actual) if actual > 0 else ""
