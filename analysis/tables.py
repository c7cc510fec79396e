"""The tables of a report: attribution by world, costs, risk, the market's worst levels, the cast, the storyline."""

from __future__ import annotations

from collections.abc import Mapping

from analysis import (
    book,
    cash,
    curve,
    exposures,
    force,
    frames,
    liquidity,
    moves,
    parts,
    pnl,
    rates_risk,
    record,
    regulatory,
    twins,
    way,
)
from analysis.horizon import OVER_THE_RUN
from analysis.numbers import Number, money, share
from analysis.page import Table
from sim.dataset import Run
from sim.figure_text import fixed
from sim.names import UNHEDGED
from sim.split import Group, Split


def all_tables(run: Run, numbers: Mapping[str, Number], *, agent: str | None = None) -> list[Table]:
    """Every table that the run has data for."""
    found: list[Table] = []
    worlds = [str(w) for w in run.manifest["worlds"]]
    if frames.desks(run, agent):
        found += [attribution(run, agent, world) for world in worlds]
        found += [costs(run, agent, worlds), risk(run, agent, worlds)]
        found += book.tables(run, agent, worlds)
        found += rates_risk.tables(run, agent, worlds[0])
    found += [moves.moves(run, worlds[0]), market(run, worlds)]
    if frames.cast(run):
        found.append(cast(run, worlds[0]))
    levels = storyline(run)
    return [*found, levels] if levels.rows else found


def attribution(run: Run, agent: str | None, world: str) -> Table:
    """Component, mean with its standard error, quantiles."""
    frame = pnl.attribution_table(run, agent=agent, world=world)
    rows = []
    for r in frame.iter_rows(named=True):
        middle = Number(value=r["mean"], unit="$", label=r["label"], error=r["error"])
        rows.append((r["label"], str(middle), money(r["q05"]), money(r["q50"]), money(r["q95"])))
    return Table(
        f"P&L attribution, {world} world",
        ("component", "mean ± standard error", "5 %", "median", "95 %"),
        rows,
        note=f"{frames.desk_name(run, agent)}; gains positive. The components add up to the P&L; quantiles do not.",
        totals=("P&L",),
    )


def costs(run: Run, agent: str | None, worlds: list[str]) -> Table:
    """Cost of survival part by part in each world, its sub-totals, and what feedback added."""
    figures = {w: liquidity.costs(run, agent=agent, world=w) for w in worlds}
    extra = twins.feedback_parts(run, agent=agent) if frames.twin_name(run) else {}
    loss = parts.loss_of(run)
    quantiles = [f"{loss.name}_q{q}" for q in ("05", "95")]
    rows = []
    for name in (*(item.name for item in loss.items), *quantiles):
        cells = [str(figures[w][name]) for w in worlds]
        rows.append((figures[worlds[0]][name].label, *cells, *([str(extra.get(name, ""))] if extra else [])))
    header = ("part", *worlds, *(["due to feedback"] if extra else []))
    note = (
        "Mean ± standard error, costs positive. The cost of survival is the loss over the run, marked at the end: its "
        f"parts add up to it. {_sums(loss)}."
    )
    return Table("Cost of survival", header, rows, note=note, totals=(loss.label,))


def _sums(loss: Split) -> str:
    """The sums behind the sub-totals, in words."""
    told = [group for group in loss.inside() if isinstance(group, Group)]
    return "; ".join(f"{g.label} = {' + '.join(parts.spoken(item) for item in loss.inside(g))}" for g in told)


def risk(run: Run, agent: str | None, worlds: list[str]) -> Table:
    """VaR, expected shortfall and survival by world."""
    figures = {
        w: {
            **pnl.risk(run, agent=agent, world=w),
            **way.on_the_way(run, agent=agent, world=w),
            **cash.liquidity(run, agent=agent, world=w),
            **pnl.survival(run, agent=agent, world=w),
            **force.force(run, agent=agent, world=w),
            **liquidity.margin(run, agent=agent, world=w),
            **regulatory.capital(run, agent=agent, world=w),
            **exposures.counterparty(run, agent=agent, world=w),
        }
        for w in worlds
    }
    rows = [(number.label, *[str(figures[w][name]) for w in worlds]) for name, number in figures[worlds[0]].items()]
    note = (
        f"{OVER_THE_RUN.capitalize()}; losses positive. Worst closes, drawdowns, lowest cash and peaks are each path's "
        "own. Survival capital: the capital at which so many paths would never be reduced by force, with the market as "
        "it was in this run; n/a where too many paths lose the whole book; `spiral capital` runs the desk with it. "
        "Use of the credit line: drawn, as a share of its limit then; above 100 % where trades, close-outs and losses "
        "are paid beyond it, or it has shrunk as credit widened: only margin calls stop at it. 'Hedged' is the "
        f"desk as each world has it: in the world {UNHEDGED} it does not hedge."
    )
    return Table("Risk, liquidity, survival, force and margin", ("figure", *worlds), rows, note=note)


def market(run: Run, worlds: list[str]) -> Table:
    """The worst levels of the market by world."""
    figures = {w: liquidity.stress(run, world=w) for w in worlds}
    rows = [(number.label, *[str(figures[w][name]) for w in worlds]) for name, number in figures[worlds[0]].items()]
    return Table(
        "The market at its worst",
        ("figure", *worlds),
        rows,
        note="Each path's worst level at any time, then over paths.",
    )


def cast(run: Run, world: str) -> Table:
    """Every agent that is marked: its P&L and whether it survived."""
    paths, roles, rows = frames.paths_of(run), frames.cast(run), []
    for each in pnl.of_cast(run, world).iter_rows(named=True):
        name, made = each["agent"], Number(value=each["pnl"], unit="$", label=each["agent"], error=each["error"])
        alive = share(paths - each["fallen"], paths, name)
        shown = (money(each[column]) for column in ("q05", "q95", "equity"))
        rows.append((name, roles[name].replace("_", " "), str(made), *shown, str(alive)))
    header = ("agent", "role", "mean P&L", "P&L 5 %", "P&L 95 %", "median equity", "survival rate")
    return Table(f"The cast, {world} world", header, rows, note="At the last close.")


def storyline(run: Run) -> Table:
    """The ensemble's median beside the scenario's anchors."""
    apart = record.against_storyline(run)
    rows = []
    for day, group in apart.group_by("date", maintain_order=True):
        levels = {r["level"]: r for r in group.iter_rows(named=True)}
        cells = [_level(levels[k], k) if k in levels else "" for k in record.levels(run)]
        rows.append((f"{day[0]:%Y-%m-%d}", *cells))
    rates = (f"{'O/N' if name == 'overnight' else label}, %" for name, label in curve.nodes(run).items())
    header = ("anchor date", "spot", "vol, %", *rates, "credit, bp")
    return Table("Storyline: anchor / median of the ensemble", header, rows)


def _level(row: Mapping[str, float], name: str) -> str:
    factor, digits = {"spot": (1, 0), "credit": (1e4, 0), "vol": (100, 1)}.get(name, (100, 2))
    return f"{fixed(row['anchor'] * factor, digits)} / {fixed(row['median'] * factor, digits)}"
