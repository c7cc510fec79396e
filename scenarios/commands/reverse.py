"""`spiral reverse`: the mildest end of a desk, and what would have saved it."""

from __future__ import annotations

from pathlib import Path

from analysis.csv_text import csv_text
from scenarios.checking.plausibility import taken_as_given
from scenarios.commands.chosen import choose
from scenarios.commands.notes import say_notes
from scenarios.commands.options import Record
from scenarios.commands.output import say
from scenarios.commands.progress import progress_bar
from scenarios.commands.run import made_ready
from scenarios.commands.screen import screen
from scenarios.describing.scenario_file import scenario_text
from scenarios.studies.reverse.moments import rarity
from scenarios.studies.reverse.reverse import ReverseStress, reverse_stress
from sim.figure_text import basis_points, interval, money, percent, significant, text_of
from sim.files import check_folder, write_whole

PAGE, STORYLINE = "reverse.html", "storyline.toml"
TABLES = ("levers.csv", "along.csv", STORYLINE)
WIDTH = 110  # characters, where the output is not a terminal


def reverse_and_show(
    *,
    scenario: str | None,
    record: Record,
    ends: str,
    limit: float,
    share: float,
    days: int | None,
    paths: int,
    directions: int,
    reach: float,
    agent: str | None,
    seed: int | None,
    settings: tuple[str, ...],
    out: Path | None,
    quiet: bool,
) -> None:
    """Search, try the levers, print the tables, write page, CSV and storyline."""
    chosen = choose(scenario, record, settings, example="reverse").with_run(seed=seed)
    if not quiet:
        say_notes((*chosen.notes, *taken_as_given(chosen)))
    folder = out or Path("runs") / f"{chosen.name}-{chosen.run.seed}-reverse"
    check_folder(folder, PAGE, *TABLES)
    chosen = made_ready(chosen, quiet=quiet)
    with progress_bar(f"{chosen.title}: directions and levers", quiet=quiet) as progress:
        found = reverse_stress(
            chosen,
            agent=agent,
            ends=ends,
            limit=limit,
            share=share,
            days=days,
            paths=paths,
            directions=directions,
            reach=reach,
            progress=progress,
        )
    if not quiet:
        from analysis.pages.reverse_page import render

        screen(WIDTH).print(render(told(found), found.levers))
    say(_write(found, folder))


def told(found: ReverseStress) -> dict[str, str]:
    """The storyline in words: what each level does."""
    first, worst = (found.scenario.storyline.anchor[i] for i in (0, 1))
    assert first.spot and first.vol and worst.spot and worst.vol
    assert first.credit is not None and worst.credit is not None
    what = {"dead": "is closed out or in default", "reduced": "loses a part of the book to the lender"}
    what |= {kind: f"has a {kind} of {money(found.limit)} or more" for kind in ("loss", "drawdown")}
    share, fall = text_of(found.share, "share", found.share_error), worst.spot / first.spot - 1
    return {
        "the desk": f"{found.desk} {what[found.ends]} on {share} of the paths",
        "how mild": f"{found.distance:.1f} standard deviations of the record's moves over {found.days} trading days: "
        f"{rarity(found.distance)}",
        "price": f"{significant(first.spot)} to {significant(worst.spot)} ({percent(fall, 0, plus=True)})",
        "vol": interval(100 * first.vol, 100 * worst.vol, 0, " %"),
        "credit": interval(1e4 * first.credit, 1e4 * worst.credit, 0, " bp"),
        "rates": basis_points(found.move.rates, 0, plus=True),
        "until": f"{worst.date}, and no further",
    }


def _write(found: ReverseStress, folder: Path) -> Path:
    from analysis.pages.reverse_page import write_reverse

    folder.mkdir(parents=True, exist_ok=True)
    write_whole(folder / "levers.csv", csv_text(found.levers))
    write_whole(folder / "along.csv", csv_text(found.along))
    write_whole(folder / STORYLINE, scenario_text(found.scenario, "The mildest storyline found by `spiral reverse`."))
    return write_reverse(
        folder / PAGE,
        title=f"{found.scenario.title or found.scenario.name}: the mildest end",
        meta=f"{found.scenario.run.paths:,} paths a run, {found.runs} runs, seed {found.scenario.run.seed}",
        told=told(found),
        along=found.along,
        levers=found.levers,
        share=found.share,
    )
