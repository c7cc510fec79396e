"""`spiral frontier`: every hedging policy in one crisis or in all: cost, risk and externality of each."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from scenarios.commands.chosen import choose
from scenarios.commands.finished_sweep import WIDTH
from scenarios.commands.options import Record
from scenarios.commands.output import say
from scenarios.commands.screen import screen
from scenarios.commands.sweep import over, print_estimate, run_with_bar, tell_failed
from scenarios.reading.overrides import parse
from scenarios.reading.shipped import presets
from scenarios.scenario import Scenario
from scenarios.studies.policies_frontier import check_lender, everywhere, frontier_spec
from sim.errors import UserError
from sim.sweep_dataset import SweepResult

MOST_SHARE = 2.0  # of the book's risk that an option leg buys back
CAPITAL = "survival_capital_95"  # the risk that only a desk with a lender has


def frontier_and_report(
    *,
    scenario: str | None,
    everything: bool,
    record: Record,
    desks: str,
    option_shares: str | None,
    risk: str,
    paths: int | None,
    seed: int | None,
    settings: tuple[str, ...],
    dry_run: bool,
    no_report: bool,
    quiet: bool,
    **options: Any,
) -> bool:
    """Run the policies or go on with them, print the frontier, write its page; whether no cell has failed."""
    crowds = numbers(desks)
    changes = (*settings, *record.settings)
    keys = {".".join(key): value for key, value in parse(changes).items()}
    chosen = scenarios(scenario, everything, crowds, record, settings)
    bought = shares(option_shares)
    spec = frontier_spec(chosen, paths=paths, seed=seed, desks=crowds, option_shares=bought, settings=keys)
    if isinstance(chosen, Scenario):
        spec = over(spec, chosen, quiet=quiet)
    if risk == CAPITAL:
        check_lender(chosen)
    if dry_run:
        print_estimate(spec, **options)
        return True
    result = run_with_bar(spec, quiet=quiet, **options)
    report = None if no_report else write_report(result, risk)  # before printing: the terminal may be closed
    if not quiet:
        print_frontier(result, risk)
    if report is not None or not quiet:
        say(report or result.path)
    return not tell_failed(result)


def numbers(text: str) -> tuple[int, ...]:
    """Numbers of desks: "1,2,5,10". Raises UserError."""
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isdigit() and int(part) > 0 for part in parts):
        raise UserError("desks are whole numbers from 1", value=text, place="--desks", remedy="e.g. --desks 1,2,5,10")
    return tuple(dict.fromkeys(int(part) for part in parts))


def shares(text: str | None) -> tuple[float, ...]:
    """Shares of an option leg: "0,0.5,1". Raises UserError."""
    try:
        found = tuple(float(part) for part in text.split(",")) if text else ()
    except ValueError:
        found = (-1.0,)
    if not all(0 <= share <= MOST_SHARE for share in found):
        rule = f"shares are numbers from 0 to {MOST_SHARE:g}"
        raise UserError(rule, value=text, place="--option-shares", remedy="e.g. --option-shares 0,0.5,1")
    return tuple(dict.fromkeys(found))


def scenarios(
    scenario: str | None, everything: bool, desks: tuple[int, ...], record: Record, settings: tuple[str, ...]
) -> str | list[str] | Scenario:
    """The scenario, the user's own record, or with --all each preset that can have so many desks. Raises UserError."""
    asked = [scenario is not None, everything, record.history is not None]
    if sum(asked) != 1:
        remedy = "spiral frontier covid_crash_2020, spiral frontier --history FILE.csv, or spiral frontier --all"
        rule = "give a SCENARIO, --history or --all, one of them"
        raise UserError(rule, value="several" if any(asked) else "none", remedy=remedy)
    for option in record.tables if everything else ():
        raise UserError(f"{option} is for one scenario", value="--all", remedy="name the SCENARIO, or give --history")
    if record.history is not None or record.tables:
        return choose(scenario, record, settings, example="frontier")
    if scenario is not None:
        return scenario
    found = everywhere(desks)
    left = [name for name in presets() if name not in found]
    if left:
        say(f"left out, as a lender there names the desk: {', '.join(left)}", err=True)
    return found


def print_frontier(result: SweepResult, risk: str) -> None:
    """Frontier, words and best policies in the terminal."""
    from analysis.pages.frontier_report import command_lines, render

    screen(WIDTH).print(render(result, risk=risk))
    for line in command_lines(result, risk):
        say(line)


def write_report(result: SweepResult, risk: str) -> Path:
    """The frontier's page, in the sweep's folder."""
    from analysis.pages.frontier_report import FILE, write_frontier_report

    return write_frontier_report(result, result.path / FILE, risk=risk)
