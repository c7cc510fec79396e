"""`spiral tune`: a policy's parameters by search, and how the finding fares elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from analysis.csv_text import csv_text
from scenarios.checking.plausibility import taken_as_given
from scenarios.commands.chosen import choose
from scenarios.commands.notes import say_notes
from scenarios.commands.options import Record
from scenarios.commands.output import say
from scenarios.commands.progress import progress_bar
from scenarios.commands.run import made_ready
from scenarios.commands.screen import screen
from scenarios.scenario import Scenario, encode
from scenarios.studies.tuning.tune import Tuned, tune
from sim.files import check_folder, write_whole

PAGE = "tuned.html"
TABLES = ("checks.csv", "trials.csv")
WIDTH = 130  # characters, where the output is not a terminal


def tune_and_show(
    *,
    scenario: str | None,
    record: Record,
    kind: str | None,
    hidden: int | None,
    interval: str | None,
    risk: str,
    trials: int,
    paths: int,
    crises: tuple[str, ...],
    agent: str | None,
    seed: int | None,
    settings: tuple[str, ...],
    out: Path | None,
    quiet: bool,
) -> None:
    """Search, check, print the table, write page and CSV."""
    chosen = choose(scenario, record, settings, example="tune").with_run(seed=seed)
    if not quiet:
        say_notes((*chosen.notes, *taken_as_given(chosen)))
    folder = out or Path("runs") / f"{chosen.name}-{chosen.run.seed}-tuned"
    check_folder(folder, PAGE, *TABLES)
    chosen = made_ready(chosen, quiet=quiet)
    policy = _asked(chosen, kind, hidden, interval)
    with progress_bar(f"{chosen.title}: runs", quiet=quiet) as progress:
        found = tune(
            chosen, policy, agent=agent, risk=risk, trials=trials, paths=paths, crises=crises, progress=progress
        )
    if not quiet:
        from analysis.pages.tuned_page import render

        screen(WIDTH).print(render(found.table, found.risk))
        say(f"tuned:             {written(found.policy)}")
        say(f"tuned in the twin: {written(found.alone)}")
    say(_write(chosen, folder, found))


def _asked(chosen: Scenario, kind: str | None, hidden: int | None, interval: str | None) -> dict[str, Any] | None:
    """The policy to begin with, as a scenario file would have it; None for the desk's own."""
    own = encode(chosen.desk.policy) if chosen.desk is not None else {"kind": "every"}
    if kind is None and hidden is None and interval is None:
        return None
    kind = kind or ("learned" if hidden is not None else own["kind"])
    table = {key: value for key, value in own.items() if value is not None} if kind == own["kind"] else {"kind": kind}
    table |= {"interval": interval or own.get("interval", "30m")}
    return table | ({} if hidden is None else {"hidden": hidden})


def written(policy: dict[str, Any]) -> str:
    """A policy as a line of TOML."""
    import json

    return "policy = { " + ", ".join(f"{key} = {json.dumps(value)}" for key, value in policy.items()) + " }"


def _write(chosen: Scenario, folder: Path, found: Tuned) -> Path:
    from analysis.pages.tuned_page import write_tuned

    folder.mkdir(parents=True, exist_ok=True)
    write_whole(folder / "checks.csv", csv_text(found.table))
    write_whole(folder / "trials.csv", csv_text(found.trials))
    return write_tuned(
        folder / PAGE,
        title=f"{chosen.title or chosen.name}: a policy tuned",
        meta=f"{found.paths:,} paths a trial, seed {chosen.run.seed}, by {found.risk} of the loss",
        checks=found.table,
        trials=found.trials,
        risk=found.risk,
        policies={"tuned": written(found.policy), "tuned in the twin": written(found.alone)},
    )
