"""The report of a frontier or of crowding: one HTML file that opens with no network; and its tables in a terminal."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl

from analysis import page
from analysis.csv_text import csv_text
from analysis.given import A_SWEEP
from analysis.horizon import BY_CRISIS, OVER_THE_RUN
from analysis.page import Table
from analysis.sweeps import appetite_words, crowding_words, outcomes
from analysis.sweeps import frontier_words as words
from analysis.sweeps.appetite import ANY_CRISIS, APPETITES, best_policies
from analysis.sweeps.crowding import externality
from analysis.sweeps.frontier import MANY, SCHEMA, frontier
from analysis.sweeps.measures import CAPITAL, RISKS, conditional, unit_of
from sim.arguments import path as file
from sim.arguments import takes, text
from sim.columns import Unit
from sim.files import write_whole
from sim.screen.group import Group, Shown
from sim.screen.table import Table as Screen
from sim.screen.text import Text
from sim.sweep_dataset import SweepResult

FILE = "frontier.html"
READ_FRONTIER = (
    "Left is cheap, low is safe. The line joins the efficient policies: no other is as cheap and as safe. Grey ones "
    "are dominated. Hollow marks are liquidated on more than 5 % of the paths. Whiskers are two standard errors; the "
    "switch below the chart leaves only those that live."
)
READ_CROWDING = (
    "Each colour is a number of identical desks, each with the whole book. Below: what a desk that joins puts on those "
    "that were there, by step; grey lines are the other policies."
)
MEANT = "; ".join(f"{appetite.name}: {appetite.said}" for appetite in APPETITES)
STAYING = "Staying alive is being liquidated on at most 5 % of the paths, where any policy is."
READ_APPETITES = (
    f"Each cell is the best policy for who wants what its column says. {MEANT}. {STAYING} Colour is the kind of policy."
)
NO_ROOM = 4  # scenarios beyond which the terminal shows only the table of best policies


@takes(sweep=A_SWEEP, path=file, risk=text)
def write_frontier_report(sweep: SweepResult, path: str | Path, *, risk: str = "es_95") -> Path:
    """Write frontiers, best policies and, with several numbers of desks, crowding as one self-contained HTML file.

    Beside it, with the suffix .csv, every row of every frontier with the command that gives it alone.
    Raises UserError for an unknown risk and for a sweep that is not over policies.
    """
    from analysis.charts.crowding import appetite_chart

    names = outcomes.scenarios(sweep)
    best = best_policies(sweep)
    sections = [_section(sweep, name, risk, best) for name in names]
    write_whole(Path(path).with_suffix(".csv"), csv_text(all_rows(sweep, risk)))
    table = page.figure("appetites", appetite_chart(sweep), READ_APPETITES)
    return page.write_page(
        Path(path),
        "frontier.html.j2",
        title=str(sweep.manifest["title"]),
        description=sweep.manifest.get("description") or "",
        meta=meta_of(sweep),
        overview=table,
        overview_words=_overview(best, names),
        best=best_table(best),
        sections=sections,
        charts=[table, *(figure for section in sections for figure in section["figures"])],
        notes=[words.KNOWN_CRISIS, *_failed(sweep)],
        command=sweep.manifest.get("command") or "",
        footer=f"Engine {sweep.manifest['engine']['fingerprint']}; the sweep's folder holds every cell and path.",
    )


def all_rows(sweep: SweepResult, risk: str = "es_95") -> pl.DataFrame:
    """`frontier` of the actual world for every scenario and number of desks, one below the other."""
    names, crowds = outcomes.scenarios(sweep), outcomes.desk_numbers(sweep)
    frames = [frontier(sweep, risk, scenario=name, desks=desks) for name in names for desks in crowds]
    return pl.concat(frames) if frames else pl.DataFrame(schema=SCHEMA)


def meta_of(sweep: SweepResult) -> str:
    """Policies, scenarios, desks, paths, seed and cells, in a line."""
    manifest, desks = sweep.manifest, outcomes.desk_numbers(sweep)
    policies = len(outcomes.describe(sweep))
    parts = [
        f"{policies} policies",
        f"{len(manifest['scenarios'])} scenarios" if len(manifest["scenarios"]) > 1 else manifest["scenarios"][0],
        f"{', '.join(map(str, desks))} desks" if desks != [1] else "",
        f"{manifest['paths']:,} paths a cell",
        f"seed {manifest['seed']}",
        f"{sweep.done} of {manifest['cells']} cells" if not sweep.complete else f"{manifest['cells']} cells",
    ]
    return " \N{MIDDLE DOT} ".join(filter(None, parts))


def _failed(sweep: SweepResult) -> list[str]:
    failed = sweep.cells.filter(pl.col("status") == "failed").select("cell", "error").collect()
    if not failed.height:
        return []
    return [f"{failed.height} cells failed and are left out; the first: {failed['error'][0]}"]


def _overview(best: pl.DataFrame, names: list[str]) -> list[str]:
    """For many crises: the policies that do well in all; for one: the best policy of each appetite."""
    shown = ANY_CRISIS if ANY_CRISIS in set(best["scenario"]) else names[0] if len(names) == 1 else None
    if shown is None:
        return []
    lead = ["For a desk that does not know which of them comes, each as likely:"] if shown == ANY_CRISIS else []
    return [*lead, *appetite_words.appetite_lines(best, shown)]


def _section(sweep: SweepResult, scenario: str, risk: str, best: pl.DataFrame) -> dict[str, Any]:
    from analysis.charts.crowding import crowding_chart
    from analysis.charts.frontier import frontier_chart

    figures = [page.figure(f"frontier-{scenario}", frontier_chart(sweep, scenario=scenario, risk=risk), READ_FRONTIER)]
    told = words.paragraphs(sweep, scenario, risk)
    rows = frontier(sweep, risk, scenario=scenario)
    tables = [frontier_table(rows, risk), *command_table(rows)]
    crowded: list[str] = []
    if len(outcomes.desk_numbers(sweep)) > 1:
        figures.append(
            page.figure(f"crowding-{scenario}", crowding_chart(sweep, scenario=scenario, risk=risk), READ_CROWDING)
        )
        crowded = crowding_words.crowding(sweep, scenario, risk)
        tables.append(crowding_table(externality(sweep, scenario=scenario)))
    several = len(sweep.manifest["scenarios"]) > 1
    lines = appetite_words.appetite_lines(best, scenario) if several else []
    return {
        "title": scenario,
        "figures": figures,
        "words": told,
        "appetites": lines,
        "crowded": crowded,
        "tables": tables,
    }


def frontier_table(frame: pl.DataFrame, risk: str) -> Table:
    """Every policy with its cost, risk and standing, efficient ones first, from the safest."""
    more = _survival_columns(frame, risk)
    header = ("policy", "mean cost", RISKS[risk][0], "liquidated", *more, "standing")
    rows = [_row(row, risk, more) for row in ordered(frame).iter_rows(named=True)]
    note = (
        f"Means ± standard errors; risks are {OVER_THE_RUN}; cost is the loss over the run, marked at the end. "
        "Liquidated, reduced: share of the paths on which the lender took the whole book, or part of it. Survival "
        "capital: that with which 95 % of the paths are never reduced, first order."
    )
    return Table(f"Policies by {conditional(risk)}", header, rows, note=note)


def ordered(frame: pl.DataFrame) -> pl.DataFrame:
    """Rows of `frontier` as its table has them: efficient ones first, from the safest."""
    return frame.sort(pl.col("efficient").not_(), "risk", "cost")


def _survival_columns(frame: pl.DataFrame, risk: str) -> dict[str, tuple[str, Unit]]:
    """Headings of further columns on survival, if the sweep has them: column and unit."""
    wanted: dict[str, tuple[str, Unit]] = {
        "reduced": ("reduced_rate", "share"),
        "survival capital": ("survival_capital", "$"),
    }
    wanted = wanted if risk != CAPITAL else {"reduced": wanted["reduced"]}
    return {heading: found for heading, found in wanted.items() if not frame[found[0]].null_count()}


def command_table(frame: pl.DataFrame) -> list[Table]:
    """Of every policy, the command that gives its row alone; nothing if the sweep does not say."""
    rows = [(row["label"], row["command"]) for row in frame.iter_rows(named=True) if row["command"]]
    note = "Each gives the row's cost, risk and survival in a run of its own, with its report."
    return [Table("Each policy as a command", ("policy", "command"), rows, note=note)] if rows else []


def _row(row: dict[str, Any], risk: str, more: dict[str, tuple[str, Unit]]) -> tuple[str, ...]:
    if row["efficient"]:
        standing = "efficient" + (", not alive" if row["liquidation_rate"] > MANY else "")
    else:
        standing = f"{'clearly ' if row['clearly_dominated'] else ''}dominated by {row['dominated_by']}"
    units: dict[str, Unit] = {"cost": "$", "risk": unit_of(risk), "liquidation_rate": "share"} | dict(more.values())
    return (row["label"], *(str(words.figure(row, name, unit)) for name, unit in units.items()), standing)


def best_table(best: pl.DataFrame) -> Table:
    """`best_policies` as text, with what each appetite means."""
    header = ("crisis", "appetite", "policy", "mean cost", "ES 95 % of the loss", "liquidated", "as good")
    rows = []
    for row in best.iter_rows(named=True):
        close = row["runner_ups"]
        more = f" and {len(close) - 3} more" if len(close) > 3 else ""
        figures = [str(words.figure(row, n)) for n in ("cost", "es_95")]
        dead = str(words.figure(row, "liquidation_rate", "share"))
        named = row["label"] or "makes no difference"
        rows.append((row["scenario"], row["appetite"], named, *figures, dead, ", ".join(close[:3]) + more))
    note = (
        f"{MEANT}. {STAYING} Costs and ES are {BY_CRISIS}. As good: not to be told apart within two paired standard "
        "errors."
    )
    return Table("Best policies", header, rows, note=note)


def crowding_table(steps: pl.DataFrame) -> Table:
    """`externality` as text."""
    header = ("policy", "desks", "a desk loses", "loss on others", "all desks lose", "liquidated")
    rows = []
    for row in steps.iter_rows(named=True):
        shown = ("cost_after", "cost_externality", "cost_total_after")
        figures = [str(words.figure(row, name)) for name in shown]
        dead = str(words.figure(row, "liquidation_rate_after", "share"))
        rows.append((row["label"], f"{row['desks']} to {row['more_desks']}", *figures, dead))
    note = "After each step; on the others: what one more desk puts on those that were there. Paired standard errors."
    return Table("What one more desk puts on the others", header, rows, note=note)


def render(sweep: SweepResult, *, risk: str = "es_95") -> Group:
    """The frontier as a table, what it says, and the best policies, for `rich.print`. Raises UserError."""
    names, best = outcomes.scenarios(sweep), best_policies(sweep)
    blocks: list[Shown] = []
    for name in names if len(names) <= NO_ROOM else []:
        rows = frontier(sweep, risk, scenario=name)
        blocks.append(_screen(frontier_table(rows, risk), title=f"{name}: cost and risk {OVER_THE_RUN}"))
        blocks += [Text(f"\n{text}") for text in words.paragraphs(sweep, name, risk)]
        if len(outcomes.desk_numbers(sweep)) > 1:
            blocks += [Text(f"\n{text}") for text in crowding_words.crowding(sweep, name, risk)]
        blocks.append(Text())
    blocks.append(_screen(best_table(best), title=f"Best policies ({BY_CRISIS})"))
    return Group(*blocks)


def command_lines(sweep: SweepResult, risk: str = "es_95") -> list[str]:
    """The efficient policies of each scenario as commands, the safest first; few scenarios only, as in `render`."""
    names = outcomes.scenarios(sweep)
    found: list[str] = []
    for name in names if len(names) <= NO_ROOM else []:
        best = frontier(sweep, risk, scenario=name).filter("efficient", pl.col("command").is_not_null())
        found += best.sort("risk", "cost")["command"].to_list()
    head = "Each efficient policy alone, the safest first (frontier.csv has a line for every policy):"
    return [head, *found] if found else []


def _screen(table: Table, *, title: str) -> Screen:
    shown = Screen(box=False, pad_edge=False, title=title)
    for i, heading in enumerate(table.header):
        right = i > 0 and heading not in ("appetite", "policy", "standing", "as good")
        shown.add_column(heading, justify="right" if right else "left", no_wrap=right)
    for row in table.rows:
        grey = "dominated" in row[-1] or "not alive" in row[-1]
        shown.add_row(*row, style="dim" if grey else "")
    return shown
