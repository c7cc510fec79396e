"""The report of a frontier or of crowding: one HTML file that opens with no network; and its tables in a terminal."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from analysis import page
from analysis.given import A_SWEEP
from analysis.numbers import MINUS, Unit
from analysis.page import Table
from analysis.sweeps import appetite_words, crowding_words, outcomes
from analysis.sweeps import frontier_words as words
from analysis.sweeps.appetite import ANY_CRISIS, APPETITES, best_policies
from analysis.sweeps.crowding import externality
from analysis.sweeps.frontier import MANY, frontier
from analysis.sweeps.measures import RISKS, unit_of
from sim.arguments import path as file
from sim.arguments import takes, text
from sim.sweep_dataset import SweepResult

if TYPE_CHECKING:
    from rich.console import Group
    from rich.table import Table as Screen

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

    Raises UserError for an unknown risk and for a sweep that is not over policies.
    """
    from analysis.charts.crowding import appetite_chart

    names = outcomes.scenarios(sweep)
    best = best_policies(sweep)
    sections = [_section(sweep, name, risk, best) for name in names]
    table = page.figure("appetites", appetite_chart(sweep), READ_APPETITES)
    return page.write_page(
        Path(path),
        "frontier.html.j2",
        title=str(sweep.manifest["title"]),
        description=sweep.manifest.get("description") or "",
        meta=_meta(sweep),
        overview=table,
        overview_words=_overview(best, names),
        best=best_table(best),
        sections=sections,
        charts=[table, *(figure for section in sections for figure in section["figures"])],
        notes=[words.KNOWN_CRISIS, *_failed(sweep)],
        command=sweep.manifest.get("command") or "",
        footer=f"Engine {sweep.manifest['engine']['fingerprint']}; the sweep's folder holds every cell and path.",
    )


def _meta(sweep: SweepResult) -> str:
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
    """For many crises the policies that do well in all of them alike, for one what each appetite wants."""
    shown = ANY_CRISIS if ANY_CRISIS in set(best["scenario"]) else names[0] if len(names) == 1 else None
    if shown is None:
        return []
    lead = ["For a desk that does not know which of them comes, each as likely:"] if shown == ANY_CRISIS else []
    return _tidy([*lead, *appetite_words.appetite_lines(best, shown)])


def _section(sweep: SweepResult, scenario: str, risk: str, best: pl.DataFrame) -> dict[str, Any]:
    from analysis.charts.crowding import crowding_chart
    from analysis.charts.frontier import frontier_chart

    figures = [page.figure(f"frontier-{scenario}", frontier_chart(sweep, scenario=scenario, risk=risk), READ_FRONTIER)]
    told = words.paragraphs(sweep, scenario, risk)
    tables = [frontier_table(frontier(sweep, risk, scenario=scenario), risk)]
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
        "words": _tidy(told),
        "appetites": _tidy(lines),
        "crowded": _tidy(crowded),
        "tables": tables,
    }


def _tidy(told: list[str]) -> list[str]:
    """Numbers that no line break takes apart."""
    joined = f"{MINUS}\N{WORD JOINER}$"
    return [text.replace(" %", "\N{NO-BREAK SPACE}%").replace(f"{MINUS}$", joined) for text in told]


def frontier_table(frame: pl.DataFrame, risk: str) -> Table:
    """Every policy with its cost, risk and standing, efficient ones first, from the safest."""
    ordered = frame.sort(pl.col("efficient").not_(), "risk", "cost")
    header = ("policy", "mean cost", RISKS[risk][0], "liquidated", "standing")
    rows = [_row(row, risk) for row in ordered.iter_rows(named=True)]
    note = "Means ± standard errors; cost is the loss over the run, marked at the end."
    return Table(f"Policies by {RISKS[risk][0]}", header, rows, note=note)


def _row(row: dict[str, Any], risk: str) -> tuple[str, ...]:
    if row["efficient"]:
        standing = "efficient" + (", not alive" if row["liquidation_rate"] > MANY else "")
    else:
        standing = f"{'clearly ' if row['clearly_dominated'] else ''}dominated by {row['dominated_by']}"
    units: dict[str, Unit] = {"cost": "$", "risk": unit_of(risk), "liquidation_rate": "share"}
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
    note = f"{MEANT}. {STAYING} As good: not to be told apart within two paired standard errors."
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
    from rich.console import Group
    from rich.text import Text

    names, best = outcomes.scenarios(sweep), best_policies(sweep)
    blocks: list[Any] = []
    for name in names if len(names) <= NO_ROOM else []:
        blocks.append(_screen(frontier_table(frontier(sweep, risk, scenario=name), risk), title=name))
        blocks += [Text(f"\n{text}") for text in words.paragraphs(sweep, name, risk)]
        if len(outcomes.desk_numbers(sweep)) > 1:
            blocks += [Text(f"\n{text}") for text in crowding_words.crowding(sweep, name, risk)]
        blocks.append(Text())
    blocks.append(_screen(best_table(best), title="Best policies"))
    return Group(*blocks)


def _screen(table: Table, *, title: str) -> Screen:
    from rich.table import Table as Screen
    from rich.text import Text

    shown = Screen(box=None, pad_edge=False, header_style="bold", title=title, title_justify="left")
    for i, heading in enumerate(table.header):
        right = i > 0 and heading not in ("appetite", "policy", "standing", "as good")
        shown.add_column(heading, justify="right" if right else "left", no_wrap=right)
    for row in table.rows:
        grey = "dominated" in row[-1] or "not alive" in row[-1]
        shown.add_row(*map(Text, row), style="dim" if grey else None)
    return shown
