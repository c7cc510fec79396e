"""`spiral calibrate`: find the outside world of a scenario's anchors and write it into the scenario's file."""

from __future__ import annotations

from pathlib import Path

from scenarios.checking.outside import record_tables
from scenarios.commands.calibration_table import print_calibration
from scenarios.commands.chosen import choose, written_by
from scenarios.commands.notes import say_notes
from scenarios.commands.options import Record
from scenarios.commands.output import say
from scenarios.commands.progress import progress_bar
from scenarios.commands.screen import screen
from scenarios.commands.show import level
from scenarios.describing.scenario_file import scenario_text
from scenarios.reading.based import with_base
from scenarios.reading.loading import find, from_dict
from scenarios.reading.plain_values import read_text
from scenarios.reading.shipped import catalogue, read_toml
from scenarios.scenario import Scenario
from scenarios.studies.calibrating.calibrated_file import check_writable, write_calibrated
from scenarios.studies.calibrating.calibration import Calibration, Point, calibrate
from scenarios.studies.calibrating.outside_fit import Factor, factors
from sim.errors import UserError
from sim.figure_text import basis_points, percent
from sim.place import Place
from sim.screen.beside import Beside
from sim.screen.table import Table
from sim.screen.text import Text


def calibrate_and_write(
    scenario: str | None,
    *,
    record: Record,
    out: Path | None,
    force: bool,
    paths: int | None,
    workers: int | None,
    as_given: bool,
    quiet: bool,
) -> None:
    """Calibrate, show the result, and write the file: the scenario's own, or `out`, which is new unless `force`."""
    chosen, text, source = _source(scenario, record, as_given=as_given)
    target = out or (Path(f"{chosen.name}.calibrated.toml") if source is None else source)
    check_writable(source, target, force=force)
    if record.history is not None and not quiet:
        say_notes(chosen.notes)
    with progress_bar(chosen.title, quiet=quiet) as bar:
        told = None if bar is None else lambda stage, done, total: bar(done, total, f"{chosen.name}: {stage}")
        found = calibrate(chosen, paths=paths, workers=workers, progress=told)
    write_calibrated(text, target, found.scenario.storyline, str(record.history or scenario))
    if not quiet:
        out_screen = screen()
        title = Text.assemble((found.scenario.name, "bold"), ": record, outside world, and median at another seed")
        out_screen.print(title, points_tables(found))
        print_calibration(out_screen, found.scenario)
        for line in misses(found):
            out_screen.print(line)
    say(target)


def _source(scenario: str | None, record: Record, *, as_given: bool) -> tuple[Scenario, str, Path | None]:
    """The scenario to calibrate, the text of its file, and that file where it is the user's own. Raises UserError."""
    if record.exogenous:
        rule = "a calibration takes the desks' impact out of a record; --exogenous takes it as it is"
        raise UserError(rule, place="--exogenous", remedy="leave it out")
    for option, table in record.tables.items() if record.history is None else ():
        remedy = "give --history too, or write the table into the scenario's file"
        raise UserError(f"{option} goes with --history", place=option, value=str(table), remedy=remedy)
    if record.history is not None or scenario is None:
        chosen = choose(scenario, record, as_given=as_given, example="calibrate")
        return chosen, scenario_text(chosen, written_by("calibrate", record)), None
    file = find(scenario)
    preset = scenario in catalogue()
    place = scenario if preset else str(file)
    home = file.parent.resolve()
    tables = record_tables(with_base(read_toml(file), Place(place), home))
    chosen = from_dict(tables, place=place, folder=home, as_given=as_given)
    return chosen, read_text(file), None if preset else file


def points_tables(found: Calibration) -> Beside:
    """Record, outside world and median of the check, a table a level, beside one another where there is room."""
    fitted = [f for f in factors(found.scenario) if any(p.level == f.name for p in found.points)]
    return Beside(*(_level_table(found, factor) for factor in fitted))


def _level_table(found: Calibration, factor: Factor) -> Table:
    table = Table(title=factor.name, box=False, pad_edge=False)
    for heading in ("date", "record", "outside", "median", "± share" if factor.log else "±"):
        table.add_column(heading, justify="left" if heading == "date" else "right", no_wrap=True)
    finer = 1 if factor.name == "vol" else 0
    for point in found.points:
        if point.level == factor.name:
            cells = (level(factor.name, value, finer=finer) for value in (point.record, point.outside, point.actual))
            table.add_row(str(point.date), *cells, _error(point, factor))
    return table


def _error(point: Point, factor: Factor) -> str:
    """The median's standard error: a share of the level, in basis points for rates."""
    return percent(point.error / point.actual, 2) if factor.log else basis_points(point.error, 2)


def misses(found: Calibration) -> list[str]:
    """One line for each level whose median stays further from the record than its tolerance."""
    lines = []
    for factor in factors(found.scenario):
        worst = max((p for p in found.points if p.level == factor.name), key=lambda p: abs(p.residual), default=None)
        if worst is not None and abs(worst.residual) > factor.tolerance:
            shown = percent(worst.residual, 2, plus=True) if factor.log else basis_points(worst.residual, 1, plus=True)
            advice = "; take more --paths" if factor.required else ""
            lines.append(f"{factor.name}: the median of {worst.date} is {shown} from the record{advice}.")
    return lines
