"""The summary of a run for a terminal."""

from __future__ import annotations

from collections.abc import Mapping

from analysis import book, frames, moves, page, parts, rates_risk, words
from analysis.given import A_RUN
from analysis.liquidity import stress
from analysis.numbers import Number
from analysis.summary import summarise
from sim.arguments import maybe, takes, text
from sim.dataset import Run
from sim.names import ACTUAL
from sim.screen.group import Group
from sim.screen.panel import Panel
from sim.screen.table import Table
from sim.screen.text import Text
from sim.split import Split
from sim.text import one_line

OUTCOME = {
    "P&L of the desk": (
        "pnl", "pnl_q05", "pnl_q50", "pnl_q95", "unhedged_desk_pnl", "unhedged_desk_pnl_q50", "unhedged_desk_survival",
        "hedging_saved", "unhedged_pnl", "unhedged_pnl_q50",
    ),
}  # fmt: skip
LOSS = "Cost of survival: the loss over the run, part by part (costs positive)"
RISK = {
    "Risk over the run, given this storyline (losses positive)": (
        "es_95", "es_99", "unhedged_es_95", "worst_close", "worst_close_q95", "drawdown", "drawdown_es_95",
    ),
    "The hedge, day by day over all paths": (
        "hedge_var_reduction", "hedge_tracking_error", "hedge_dollar_offset", "hedge_r2", "hedge_slope",
        "hedge_least_variance",
    ),
    "What moves the book, day by day over all paths": ("explained_by_curve", "explained_by_vol", "unexplained"),
    "Survival and force": (
        "survival_rate", "default_rate", "reduced_rate", "book_taken", "margin_called", "margin_call_rate",
        "margin_unmet",
    ),
    "Liquidity at closes: each path's worst, then over paths": (
        "low_free_cash", "low_free_cash_q05", "peak_line_share", "peak_line_share_q95", "line_used_up_rate",
        "peak_initial_margin", "peak_variation_margin", "peak_short_sale_proceeds",
        "survival_capital_95", "survival_capital_99",
    ),
}  # fmt: skip
OF_PAIRS = ("feedback_", "unhedged_desk_", "hedging_saved")  # how the names of figures begin that compare worlds
STRONG = {"cost_of_survival", "pnl", "survival_rate"}


@takes(run=A_RUN, agent=maybe(text))
def render(run: Run, *, agent: str | None = None) -> Group:
    """Key figures by world and the run in words, for `rich.print`. Raises UserError for an unknown agent."""
    worlds = [ACTUAL, *filter(None, [frames.twin_name(run)])]
    figures = {world: summarise(run, agent=agent, world=world) for world in worlds}
    first = figures[worlds[0]]
    loss = parts.loss_of(run)
    blocks = {title: names for title, names in _desk(loss).items() if names[0] in first}
    blocks["The market at its worst (median path)"] = tuple(stress(run, world=worlds[0]))
    table = _table(worlds)
    for title, names in blocks.items():
        _block(table, title, names, figures, loss)
    said = Text("\n".join(words.paragraphs(run, first, agent=agent)))
    desk = f"{frames.desk_name(run, agent)}, {run.manifest['paths']:,} paths, seed {run.manifest['seed']}"
    head = Panel(said, title=str(run.manifest.get("title") or run.manifest["name"]), subtitle=desk)
    moved = moves.moves(run, worlds[0])
    held = [moved, book.short_table(run, agent, worlds[0]), *rates_risk.tables(run, agent, worlds[0])]
    return Group(head, table, *(_held(each) for each in held if each is not None))


def _held(held: page.Table) -> Table:
    """A table of few columns: how the market moved, a desk's positions, its risk."""
    table = Table(box=False, pad_edge=False, title=held.title, title_style="bold cyan")
    for i, name in enumerate(held.header):
        table.add_column(name, justify="right" if i else "left", no_wrap=bool(i))
    for row in held.rows:
        table.add_row(*row, style="bold" if row[0] in held.totals else "")
    return table


def _table(columns: list[str]) -> Table:
    table = Table(box=False, pad_edge=False)
    table.add_column("")
    for name in columns:
        table.add_column(name, justify="right", no_wrap=True)
    return table


def _desk(loss: Split) -> dict[str, tuple[str, ...]]:
    """Names of a desk's figures by block: the loss part by part, each sub-total below its parts."""
    split = (item.name for item in loss.walk())
    return {**OUTCOME, LOSS: (*split, loss.name, loss.lasting.name, "feedback_cost", "feedback_share"), **RISK}


def _block(
    table: Table, title: str, names: tuple[str, ...], figures: Mapping[str, Mapping[str, Number]], loss: Split
) -> None:
    table.add_row(Text(title, "bold cyan"))
    worlds, rare = list(figures), {part.name for part in loss.parts if part.rare}
    sums = {loss.lasting.name, *(group.name for group in loss.groups)}  # of the lines above them
    for name in names:
        if name not in figures[worlds[0]] or (name in rare and not any(figures[w][name].value for w in worlds)):
            continue
        of_pair = name.startswith(OF_PAIRS)  # one figure for both worlds: shown once
        cells = [_cell(figures[w][name]) if i == 0 or not of_pair else Text("") for i, w in enumerate(worlds)]
        label = Text(f"{'    ' if name in sums else '  '}{one_line(figures[worlds[0]][name].label)}")
        table.add_row(label, *cells, style="bold" if name in STRONG else "italic" if name in sums else "")
    table.add_row("")


def _cell(number: Number) -> Text:
    if not number.known:
        return Text("n/a", "dim")
    return Text(str(number), "red" if number.unit == "$" and number.value < 0 else "")
