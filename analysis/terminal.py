"""The summary of a run for a terminal."""

from __future__ import annotations

from collections.abc import Mapping

from rich.console import Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from analysis import frames, words
from analysis.given import A_RUN
from analysis.liquidity import NETTING, stress
from analysis.numbers import Number
from analysis.summary import summarise
from sim.arguments import maybe, takes, text
from sim.dataset import Run
from sim.text import one_line

DESK = {
    "P&L of the desk": (
        "pnl", "pnl_q05", "pnl_q50", "pnl_q95", "unhedged_pnl", "unhedged_pnl_q50", "es_95", "es_99", "unhedged_es_95",
    ),
    "Cost of survival": (
        "gamma_bleed", "theta_earned", "spread_cost_calm", "spread_cost_crisis", "impact_cost", "netting_gain",
        "liquidity_tax",
        "funding_credit", "cost_of_survival", "feedback_cost", "feedback_share",
    ),
    "Survival": ("survival_rate", "default_rate", "margin_called", "margin_call_rate", "margin_unmet"),
}  # fmt: skip
STRONG = {"cost_of_survival", "pnl", "survival_rate"}


@takes(run=A_RUN, agent=maybe(text))
def render(run: Run, *, agent: str | None = None) -> Group:
    """Key figures by world and the run in words, for `rich.print`. Raises UserError for an unknown agent."""
    worlds = [str(w) for w in run.manifest["worlds"]]
    figures = {world: summarise(run, agent=agent, world=world) for world in worlds}
    first = figures[worlds[0]]
    blocks = {title: names for title, names in DESK.items() if names[0] in first}
    blocks["The market at its worst (median path)"] = tuple(stress(run, world=worlds[0]))
    table = _table(worlds)
    for title, names in blocks.items():
        _block(table, title, names, figures)
    said = Text("\n".join(words.paragraphs(run, first, agent=agent)))
    desk = f"{frames.desk_name(run, agent)}, {run.manifest['paths']:,} paths, seed {run.manifest['seed']}"
    head = Panel(
        said,
        title=Text(one_line(str(run.manifest.get("title") or run.manifest["name"]))),
        subtitle=Text(one_line(desk)),
        title_align="left",
        border_style="dim",
    )
    return Group(head, table)


def _table(columns: list[str]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("")
    for name in columns:
        table.add_column(name, justify="right", no_wrap=True)
    return table


def _block(table: Table, title: str, names: tuple[str, ...], figures: Mapping[str, Mapping[str, Number]]) -> None:
    table.add_row(Text(title, style="bold cyan"))
    worlds = list(figures)
    for name in names:
        if name == NETTING and not any(figures[w][name].value for w in worlds):
            continue
        of_pair = name.startswith("feedback_")  # one figure for both worlds: shown once
        cells = [_cell(figures[w][name]) if i == 0 or not of_pair else Text("") for i, w in enumerate(worlds)]
        table.add_row(f"  {figures[worlds[0]][name].label}", *cells, style="bold" if name in STRONG else None)
    table.add_row("")


def _cell(number: Number) -> Text:
    if not number.known:
        return Text("n/a", style="dim")
    return Text(str(number), style="red" if number.unit == "$" and number.value < 0 else "")
