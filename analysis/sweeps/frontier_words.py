"""A frontier of hedging policies in sentences, written from the numbers."""

from __future__ import annotations

import math
from typing import Any

import polars as pl

from analysis.horizon import OVER_THE_RUN
from analysis.numbers import MINUS, Number
from analysis.sweeps import outcomes as read
from analysis.sweeps.frontier import MANY, frontier
from analysis.sweeps.measures import RISKS, difference, measure, unit_of
from sim.columns import Unit
from sim.figure_text import percent
from sim.sweep_dataset import SweepResult

Row = dict[str, Any]
LIMIT = percent(MANY, 0)
KNOWN_CRISIS = (
    "Every path of a scenario lives through the same crisis: risk here is what is left of it for a desk that knows "
    "which one comes. The best of many policies also looks a little better than it is."
)


def figure(row: Row, column: str, unit: Unit = "$") -> Number:
    """A figure of a row with its standard error."""
    value, error = row[column], row.get(f"{column}_error")
    return Number(value=math.nan if value is None else value, unit=unit, label=column, error=error)


def bare(row: Row, column: str, unit: Unit = "$") -> str:
    """The figure without its error."""
    return figure(row, column, unit).brief()


def name(row: Row) -> str:
    """The policy's label, set off."""
    return f"'{row['label']}'"


def more_or_less(number: Number, of: str = "") -> str:
    """ "$3.0 ± 0.5m more", or less."""
    size = Number(value=abs(number.value), unit=number.unit, label=number.label, error=number.error)
    return f"{size}{of} {'more' if number.value >= 0 else 'less'}"


def living(frame: pl.DataFrame) -> pl.DataFrame:
    """The policies that are liquidated on at most 5 % of the paths."""
    return frame.filter(pl.col("liquidation_rate") <= MANY)


def paragraphs(
    sweep: SweepResult, scenario: str | None = None, risk: str = "es_95", desks: int | None = None
) -> list[str]:
    """The frontier of one scenario: who is efficient, what staying alive costs, what the market's answer
    adds. Arguments and errors as `frontier`."""
    frame = frontier(sweep, risk, scenario=scenario, desks=desks)
    if not frame.height:
        return ["No policy of this scenario has finished."]
    if indifferent(sweep, scenario, desks):
        return [_indifferent(frame)]
    told = [standing(frame, risk), _alive(sweep, frame, risk), _dominated(frame, risk)]
    told.append(_twin(sweep, frame, risk, scenario, desks))
    return [*filter(None, told)]


def indifferent(sweep: SweepResult, scenario: str | None = None, desks: int | None = None) -> bool:
    """Whether several policies were run and none changes anything on any path."""
    found = read.outcomes(sweep, scenario=scenario, desks=desks)
    return len(found) > 1 and read.alike(found)


def _indifferent(frame: pl.DataFrame) -> str:
    row = frame.row(0, named=True)
    return (
        f"None of the {frame.height} policies changes anything for this desk on any path: what it holds has nothing "
        f"that they hedge. Whatever it chooses, survival costs {figure(row, 'cost')} and it is liquidated on "
        f"{figure(row, 'liquidation_rate', 'share')} of the paths."
    )


def standing(frame: pl.DataFrame, risk: str) -> str:
    """How many policies are efficient, from where to where, and how many clearly are not."""
    efficient = frame.filter("efficient").sort("cost")
    ends = [efficient.row(i, named=True) for i in (-1, 0)]
    unit, what = unit_of(risk), RISKS[risk][0]
    said = [f"{name(r)} (mean cost {figure(r, 'cost')}, {what} {figure(r, 'risk', unit)})" for r in ends]
    reach = f"from {said[0]} to {said[1]}" if efficient.height > 1 else said[0]
    clear = frame.filter("clearly_dominated").height
    rest = frame.height - efficient.height
    text = (
        f"{efficient.height} of {frame.height} policies {'are' if efficient.height > 1 else 'is'} efficient, {reach}."
    )
    if rest == clear > 0:
        text += (
            f" {'The other is' if rest == 1 else f'The other {rest} are'} dominated by more than two standard errors."
        )
    elif rest:
        are = "is" if clear == 1 else "are"
        text += f" Of the {rest} dominated ones {clear or 'none'} {are} so by more than two standard errors."
    return f"{text} Cost and risk are {OVER_THE_RUN}."


def _alive(sweep: SweepResult, frame: pl.DataFrame, risk: str) -> str:
    """The cheapest policy that is rarely liquidated, against the one with least risk."""
    alive = living(frame)
    if not alive.height:
        least = frame.sort("liquidation_rate", "cost").row(0, named=True)
        rate = figure(least, "liquidation_rate", "share")
        return f"No policy keeps this desk alive: the least often liquidated is {name(least)}, on {rate} of the paths."
    cheap = alive.sort("cost", "risk").row(0, named=True)
    safe = alive.sort("risk", "cost").row(0, named=True)
    text = (
        f"The cheapest policy that is liquidated on at most {LIMIT} of the paths is {name(cheap)}: its mean "
        f"cost is {figure(cheap, 'cost')}, and it is liquidated on {figure(cheap, 'liquidation_rate', 'share')}."
    )
    if cheap["label"] == safe["label"]:
        return f"{text} It also risks least among them."
    extra, risks = compared(sweep, safe, cheap, ("cost_of_survival", risk))
    more = more_or_less(Number(value=-risks.value, unit=risks.unit, label=risks.label, error=risks.error))
    return (
        f"{text} Against {name(safe)}, which risks least among the living, it saves {extra} and risks "
        f"{more} ({RISKS[risk][0]})."
    )


def compared(sweep: SweepResult, first: Row, second: Row, names: tuple[str, ...]) -> list[Number]:
    """first - second of each measure, paired path by path."""
    found = read.outcomes(sweep, world=first["world"], scenario=first["scenario"], desks=first["desks"])
    by_cell = {outcome.cell: outcome for outcome in found}
    told = []
    for what in names:
        gap, error = difference(*(measure(what, by_cell[row["cell"]]) for row in (first, second)))
        told.append(Number(value=gap, unit=unit_of(what), label=what, error=error))
    return told


def _dominated(frame: pl.DataFrame, risk: str) -> str:
    """The clearly dominated policy with the largest excess cost."""
    worst = living(frame).filter("clearly_dominated").sort("excess_cost", descending=True)
    if not worst.height:
        return ""
    row = worst.row(0, named=True)
    return (
        f"Among those that live, {name(row)} gives away most: against '{row['dominated_by']}' it costs "
        f"{figure(row, 'excess_cost')} more and risks {figure(row, 'excess_risk', unit_of(risk))} more."
    )


def _twin(sweep: SweepResult, frame: pl.DataFrame, risk: str, scenario: str | None, desks: int | None) -> str:
    """The cost that feedback adds to the policy with least risk, and the number of policies then liquidated."""
    others = read.worlds(sweep)[1:]
    if not others:
        return ""
    twin = frontier(sweep, risk, world=others[0], scenario=scenario, desks=desks)
    safe = (living(frame) if living(frame).height else frame).sort("risk", "cost").row(0, named=True)
    same = twin.filter(pl.col("cell") == safe["cell"]).row(0, named=True)
    added = feedback(sweep, safe, same)
    word = "more" if added.value >= 0 else "less"
    alive, there = living(frame).height, living(twin).height
    text = (
        f"Had the market not answered back, {name(safe)} would have cost {figure(same, 'cost')}: feedback makes it "
        f"{str(added).removeprefix(MINUS)} {word}."
    )
    if alive != there:
        text += (
            f" There {there} of {twin.height} policies are liquidated on at most {LIMIT} of the paths, here {alive}."
        )
    return text


def feedback(sweep: SweepResult, row: Row, twin: Row) -> Number:
    """Cost in the actual world less that in the twin, path by path."""
    pair = []
    for one in (row, twin):
        found = read.outcomes(sweep, world=one["world"], scenario=one["scenario"], desks=one["desks"])
        pair.append(measure("cost_of_survival", next(o for o in found if o.cell == one["cell"])))
    gap, error = difference(*pair)
    return Number(value=gap, unit="$", label="Feedback", error=error)
