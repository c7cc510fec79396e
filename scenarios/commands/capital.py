"""`spiral capital`: the capital at which 95 or 99 % of the paths are never reduced by force."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from analysis.csv_text import csv_text
from scenarios.commands.chosen import choose
from scenarios.commands.notes import say_notes
from scenarios.commands.options import Record
from scenarios.commands.output import say
from scenarios.commands.progress import progress_bar
from scenarios.commands.run import made_ready
from scenarios.commands.screen import screen
from scenarios.studies.capital_search import LEVELS, SurvivalCapital, Trial, survival_capital
from scenarios.worlds.assumed import assumed
from scenarios.worlds.blueprint import blueprint_of
from sim.files import check_folder, write_whole

if TYPE_CHECKING:
    import polars as pl

PAGE, TABLE = "capital.html", "capital.csv"
WIDTH = 100  # characters, where the output is not a terminal


def search_and_show(
    *,
    scenario: str | None,
    record: Record,
    levels: tuple[float, ...],
    agent: str | None,
    paths: int | None,
    seed: int | None,
    workers: int | None,
    settings: tuple[str, ...],
    out: Path | None,
    quiet: bool,
) -> None:
    """Search, print the answers, write the page with the curve and the trials as CSV."""
    chosen = choose(scenario, record, settings, example="capital").with_run(paths=paths, seed=seed)
    blueprint_of(chosen, str(record.history or scenario))
    if not quiet:
        say_notes(assumed(chosen))
    chosen = made_ready(chosen, quiet=quiet)
    folder = out or Path("runs") / f"{chosen.name}-{chosen.run.seed}-capital"
    check_folder(folder, PAGE, TABLE)
    with progress_bar(chosen.title, quiet=quiet) as progress:
        found = survival_capital(
            chosen,
            levels or LEVELS,
            agent=agent,
            workers=workers,
            progress=progress,
            tell=None if quiet else _tell,
        )
    page = _write(found, folder, chosen.title or chosen.name)
    if not quiet:
        from analysis.pages import capital_page

        screen(WIDTH).print(capital_page.render(_answers(found), _trials(found), _head(found)))
    say(page)


def _tell(trial: Trial) -> None:
    from analysis.numbers import Number
    from analysis.pages.capital_page import exact

    share = Number(value=trial.never_reduced, unit="share", label="never reduced", error=trial.error)
    say(f"capital {exact(trial.capital)}: {share} of the paths are never reduced", err=True)


def _write(found: SurvivalCapital, folder: Path, title: str) -> Path:
    from analysis.pages import capital_page

    trials = _trials(found)
    page = capital_page.write_capital(
        folder / PAGE,
        title=f"{title}: survival capital",
        meta=_head(found),
        answers=_answers(found),
        trials=trials,
        needed=found.today.needed,
        today=found.today.capital,
    )
    write_whole(folder / TABLE, csv_text(trials))
    return page


def _head(found: SurvivalCapital) -> str:
    head = f"{found.agent}, {found.paths:,} paths, seed {found.seed}, {len(found.trials)} runs"
    return head if found.monotone else f"{head}; more capital did not always mean fewer paths reduced"


def _answers(found: SurvivalCapital) -> pl.DataFrame:
    """level, capital, error, below, first_order: $."""
    import polars as pl

    names = ("level", "capital", "error", "below", "first_order")
    rows = [tuple(getattr(each, name) for name in names) for each in found.levels]
    return pl.DataFrame(rows, schema=dict.fromkeys(names, pl.Float64), orient="row")


def _trials(found: SurvivalCapital) -> pl.DataFrame:
    """capital ($), never_reduced, error, today: a row a run."""
    import polars as pl

    rows = [(t.capital, t.never_reduced, t.error, t is found.today) for t in found.trials]
    schema = {"capital": pl.Float64, "never_reduced": pl.Float64, "error": pl.Float64, "today": pl.Boolean}
    return pl.DataFrame(rows, schema=schema, orient="row")
