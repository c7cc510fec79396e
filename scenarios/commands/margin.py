"""`spiral margin`: rules of margin in one crisis, and a book by the short rate."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

from analysis.csv_text import csv_text
from scenarios.checking.plausibility import taken_as_given
from scenarios.commands.chosen import choose
from scenarios.commands.notes import say_notes
from scenarios.commands.options import Record
from scenarios.commands.output import say
from scenarios.commands.progress import progress_bar
from scenarios.commands.run import made_ready
from scenarios.commands.screen import screen
from scenarios.studies.margin_rules import RULES, MarginRules, margin_rules
from scenarios.studies.risk.rate_map import RateMap, rate_map
from sim.errors import UserError
from sim.files import check_folder, write_whole
from sim.nearest import nearest

if TYPE_CHECKING:
    import polars as pl

    from scenarios.scenario import Scenario

PAGE = "margin.html"
TABLES = ("rules.csv", "margin_by_day.csv", "by_rate.csv", "rate_days.csv")
WIDTH = 150  # characters, where the output is not a terminal


def margin_and_show(
    *,
    scenario: str | None,
    record: Record,
    names: tuple[str, ...],
    only_map: bool,
    agent: str | None,
    level: float,
    days: int,
    reversion: float,
    sigma: float,
    paths: int | None,
    seed: int | None,
    workers: int | None,
    settings: tuple[str, ...],
    out: Path | None,
    quiet: bool,
) -> None:
    """Map the book, run the rules, print the tables, write page and CSV."""
    for name in names:
        if name not in RULES:
            raise UserError("no such rule of margin", value=name, place="--rule", remedy=nearest(name, list(RULES)))
    if not 0.0 < level < 1.0:
        raise UserError("a level lies between 0 and 1", value=level, place="--level", remedy="0.99 for 99 %")
    for name, value in (("--reversion", reversion), ("--sigma", sigma)):
        if not 0.0 < value < math.inf:
            raise UserError("must be a finite number > 0", value=value, place=name)
    chosen = choose(scenario, record, settings, example="margin").with_run(paths=paths, seed=seed)
    if not quiet:
        say_notes((*chosen.notes, *taken_as_given(chosen)))
    folder = out or Path("runs") / f"{chosen.name}-{chosen.run.seed}-margin"
    check_folder(folder, PAGE, *TABLES)
    mapped = _mapped(chosen, agent, level, days, reversion, sigma, needed=only_map)
    found: MarginRules | None = None
    if not only_map:
        chosen = made_ready(chosen, quiet=quiet)
        rules = {name: RULES[name] for name in names} if names else None
        with progress_bar(chosen.title, quiet=quiet) as progress:
            found = margin_rules(chosen, rules, agent=agent, days=days, out=folder, workers=workers, progress=progress)
    if not quiet:
        from analysis.pages.margin_page import render

        shown = render(None if found is None else found.figures, None if mapped is None else mapped.days)
        screen(WIDTH).print(shown)
    say(_write(chosen, folder, found, mapped))


def _mapped(
    chosen: Scenario, agent: str | None, level: float, days: int, reversion: float, sigma: float, *, needed: bool
) -> RateMap | None:
    """The book by the short rate; None of one without rates, unless it is all that was asked for."""
    from agents.hedging.hedger import Hedger
    from scenarios.worlds.blueprint import blueprint_of

    hedgers = {a.name for a in chosen.agents if isinstance(a, Hedger) and a.book}
    name = agent or min(hedgers, default="")
    book = blueprint_of(chosen).books.get(name)
    if not needed and (book is None or not book.has_rates):
        return None
    return rate_map(chosen, agent, level=level, days=days, reversion=reversion, sigma=sigma)


def _write(chosen: Scenario, folder: Path, found: MarginRules | None, mapped: RateMap | None) -> Path:
    from analysis.pages.margin_page import write_margin

    frames: dict[str, pl.DataFrame] = {}
    if found is not None:
        frames |= {"rules.csv": found.figures, "margin_by_day.csv": found.days}
    if mapped is not None:
        frames |= {"by_rate.csv": mapped.values, "rate_days.csv": mapped.days}
    folder.mkdir(parents=True, exist_ok=True)
    for name, frame in frames.items():
        write_whole(folder / name, csv_text(frame))
    return write_margin(
        folder / PAGE,
        title=f"{chosen.title or chosen.name}: margin",
        meta=f"{chosen.run.paths:,} paths, seed {chosen.run.seed}",
        figures=None if found is None else found.figures,
        margin_days=None if found is None else found.days,
        states=None if mapped is None else mapped.days,
        values=None if mapped is None else mapped.values,
    )
