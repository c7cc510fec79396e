"""The best policies by appetite, in sentences."""

from __future__ import annotations

import polars as pl

from analysis.sweeps.frontier import MANY
from analysis.sweeps.frontier_words import LIMIT, Row, figure, name


def appetite_lines(best: pl.DataFrame, scenario: str) -> list[str]:
    """A sentence an appetite for one scenario of `best_policies`."""
    told = []
    for row in best.filter(pl.col("scenario") == scenario).iter_rows(named=True):
        if row["label"] is None:
            return ["Which policy the desk chooses makes no difference here."]
        told.append(_appetite(row))
    return told


def _appetite(row: Row) -> str:
    rate = figure(row, "liquidation_rate", "share")
    text = (
        f"{row['appetite'].capitalize()}: {name(row)}, at a mean cost of {figure(row, 'cost')}, an ES 95 % of the "
        f"loss over the run of {figure(row, 'es_95')}, liquidated on {rate} of the paths"
    )
    if not row["within_limit"]:
        text += f" (no policy stays below {LIMIT})"
    elif row["liquidation_rate"] > MANY:
        text += ": it does not keep the desk alive"
    close = row["runner_ups"]
    if close:
        text += f". Not to be told apart from it: {', '.join(close[:4])}"
        text += f" and {len(close) - 4} more" if len(close) > 4 else ""
    return f"{text}."


def appetites_said(best: pl.DataFrame) -> str:
    """The extra cost of survival over ignoring risk, for the scenario with the largest one."""
    told = []
    for part in best.filter(pl.col("label").is_not_null()).partition_by("scenario", maintain_order=True):
        by_name = {row["appetite"]: row for row in part.iter_rows(named=True)}
        told.append((by_name["thrifty"]["cost"] - by_name["cost only"]["cost"], by_name))
    if not told:
        return "No policy makes a difference in any of these."
    _, dear = max(told, key=lambda item: item[0])
    lives, dies = dear["thrifty"], dear["cost only"]
    if lives["label"] == dies["label"]:
        everywhere = best["label"].null_count() == 0
        crises = "of every crisis" if everywhere else "of every crisis where the policy makes a difference"
        return f"The cheapest policy {crises} is one that lives."
    return (
        f"In {lives['scenario']} the cheapest policy that lives, {name(lives)}, costs {figure(lives, 'cost')}; the "
        f"cheapest dead or alive, {name(dies)}, costs {figure(dies, 'cost')} and is liquidated on "
        f"{figure(dies, 'liquidation_rate', 'share')} of the paths."
    )
