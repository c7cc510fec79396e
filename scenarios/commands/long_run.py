"""`spiral facts --years`: the facts of a long run path by path, beside those of the S&P 500."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from analysis.csv_text import csv_text
from scenarios.commands.output import say
from scenarios.commands.progress import progress_bar
from scenarios.commands.record import COLUMNS, as_table, cells, lines_of
from scenarios.commands.screen import screen
from scenarios.scenario import Scenario
from scenarios.studies.long_run import left_alone, years_text
from scenarios.worlds.blueprint import blueprint_of
from sim.errors import UserError
from sim.files import check_folder, write_whole
from sim.scratch import scratch

if TYPE_CHECKING:
    from analysis.against_record import Comparison

MOST_PATHS = 200  # unless told otherwise
TEN = 10  # years, the length of the index's windows
WIDTH = 150  # characters, where the output is not a terminal
FILES = ("long_run.html", "long_run.csv")
NOTE = (
    "Known: the S&P 500's figure over ten years of 1990 to 2025, the median of 52 overlapping windows; source: the "
    "least and the greatest of them. The rest: the same figure of each path."
)


def print_long_run(
    scenario: Scenario,
    *,
    years: int,
    cast: bool,
    paths: int | None,
    witnesses: int | None,
    workers: int | None,
    out: Path | None,
    quiet: bool,
) -> None:
    """Run, measure each path, print the table; with `out` also write the page and the figures."""
    chosen = left_alone(scenario, years, cast=cast)
    chosen = chosen.with_run(paths=paths or min(chosen.run.paths, MOST_PATHS))
    chosen = chosen.with_run(witnesses=min(witnesses or 0, chosen.run.paths))
    blueprint_of(chosen, scenario.name)
    if out is not None:
        check_folder(out, *FILES)
    found = measured(chosen, workers=workers, quiet=quiet)
    title = f"{chosen.title}: stylised facts"
    fewer = "kurtosis, tails and extreme quantiles grow with the length, so the verdicts hold for ten years only."
    length = "" if years == TEN else f" These paths are of {years_text(years)}. Beware: {fewer}"
    if not quiet:
        screen(WIDTH).print(as_table(lines_of(found), title, chosen.run.paths))
        say(f"\n{NOTE}{length}", lines=True)
    if out is not None:
        say(_write(out, found, chosen, title))


def measured(scenario: Scenario, *, workers: int | None, quiet: bool) -> list[Comparison]:
    """The facts of a run that is not kept. Raises UserError if prices stand still."""
    from analysis.long_run import long_run_facts
    from scenarios.studies.run import run

    tables = ("closes", "market", "trades") if scenario.run.witnesses else ("closes",)
    with scratch("facts") as room:
        with progress_bar(scenario.title, quiet=quiet) as progress:
            finished = run(scenario, out=room / "run", workers=workers, progress=progress, tables=tables)
        found = long_run_facts(finished)
    if not any(c.median.known for c in found if c.figure.name == "realised"):
        raise UserError("prices vary", value="all the same", remedy="market.realised_ratio above 0")
    return found


def _write(out: Path, found: list[Comparison], scenario: Scenario, title: str) -> Path:
    """long_run.html and long_run.csv."""
    from analysis import page
    from analysis.charts.against import against
    from analysis.long_run import as_frame

    how = "A band is the middle 90 % of the paths; a dot is the index."
    rows = [cells(comparison) for comparison in found]
    meta = f"{scenario.run.paths:,} paths, seed {scenario.run.seed}"
    written = page.write_page(
        out / FILES[0],
        "facts.html.j2",
        title=title,
        meta=meta,
        charts=[page.figure("index", against(found, title), how)],
        tables=[page.Table("The S&P 500 among the paths", COLUMNS, rows, note=NOTE)],
    )
    write_whole(out / FILES[1], csv_text(as_frame(found)))
    return written
