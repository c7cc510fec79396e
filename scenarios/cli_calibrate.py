"""`spiral calibrate`: find the outside world of a scenario's anchors and write it into the scenario's file."""

from __future__ import annotations

from pathlib import Path

import click
from rich.table import Table

from scenarios.calibrated_file import check_writable, write_calibrated
from scenarios.calibration import Calibration, Point, calibrate
from scenarios.calibration_table import print_calibration
from scenarios.cli_run import progress_bar
from scenarios.cli_show import LEVELS, console
from scenarios.loading import find, from_dict
from scenarios.outside import record_tables
from scenarios.outside_fit import FACTORS
from scenarios.shipped import catalogue, read_toml


def calibrate_and_write(
    scenario: str, *, out: Path | None, paths: int | None, workers: int | None, quiet: bool
) -> None:
    """Calibrate, show what was found, and write the file: the scenario's own, or `out`."""
    source = find(scenario)
    preset = scenario in catalogue()
    target = out or (Path(f"{scenario}.calibrated.toml") if preset else source)
    check_writable(target)
    place = scenario if preset else str(source)
    chosen = from_dict(record_tables(read_toml(source)), place=place, folder=source.parent.resolve())
    with progress_bar(chosen.title, quiet=quiet) as bar:
        told = None if bar is None else lambda stage, done, total: bar(done, total, f"{chosen.name}: {stage}")
        found = calibrate(chosen, paths=paths, workers=workers, progress=told)
    write_calibrated(source, target, found.scenario.storyline)
    if not quiet:
        out_console = console()
        out_console.print(points_table(found))
        print_calibration(out_console, found.scenario.storyline)
        for line in misses(found):
            out_console.print(line, highlight=False)
    click.echo(str(target))


def points_table(found: Calibration) -> Table:
    """Record, outside world and medians of the check, one anchor a line."""
    table = Table(title=f"{found.scenario.name}: anchors and medians at another seed", title_justify="left")
    table.add_column("date")
    levels = [f for f in FACTORS if any(p.level == f.name for p in found.points)]
    for factor in levels:
        for heading in (factor.name, "outside", "actual"):
            table.add_column(heading, justify="right")
    for day in dict.fromkeys(p.date for p in found.points):
        row = {p.level: p for p in found.points if p.date == day}
        table.add_row(str(day), *(cell for f in levels for cell in _cells(row.get(f.name), f.name)))
    return table


def _cells(point: Point | None, level: str) -> list[str]:
    if point is None:
        return [""] * 3
    form = LEVELS[level]
    return [form.format(point.record), form.format(point.outside), f"{form.format(point.actual)} ± {_error(point)}"]


def _error(point: Point) -> str:
    """The median's standard error: of the level for spot and vol and credit, in basis points for rates."""
    if point.level in ("us2y", "us10y"):
        return f"{point.error * 1e4:.2f} bp"
    return f"{point.error / point.actual:.2%}"


def misses(found: Calibration) -> list[str]:
    """One line for each level whose median stays further from the record than its tolerance."""
    lines = []
    for factor in FACTORS:
        worst = max((p for p in found.points if p.level == factor.name), key=lambda p: abs(p.residual), default=None)
        if worst is not None and abs(worst.residual) > factor.tolerance:
            shown = f"{worst.residual:+.2%}" if factor.log else f"{worst.residual * 1e4:+.1f} bp"
            advice = "; take more --paths" if factor.required else ""
            lines.append(f"{factor.name}: the median of {worst.date} is {shown} from the record{advice}.")
    return lines
