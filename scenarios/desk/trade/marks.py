"""Scores and marks of a class, from its debrief."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import polars as pl
import polars.selectors as cs

from scenarios.desk.trade.debriefing import FILE
from scenarios.desk.trade.form_fields import number
from sim.errors import UserError

if TYPE_CHECKING:
    from scenarios.desk.trade.room import Room

WEIGHTS = {"loss": 60.0, "drawdown": 20.0, "survival": 20.0}  # of a mark, which is 100 at most


def debrief_of(room: Room) -> dict[str, Any] | None:
    """What the debrief has found; None while there is none."""
    file = room.folder / FILE
    if not file.exists():
        return None
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return found


def weights_of(given: Mapping[str, Any]) -> dict[str, float]:
    """Weights of a mark as a lecturer gives them. Raises UserError."""
    found = {name: number(name, given.get(name, usual), 0, 100) for name, usual in WEIGHTS.items()}
    if not sum(found.values()):
        raise UserError("a mark needs a weight above 0", place="weights")
    return found


def names_of(room: Room, told: Mapping[str, Any], *, pseudonyms: bool) -> list[str]:
    """What to call each desk of a debrief."""
    students = room.record.students.all
    return [
        each["bot"] if each["who"] is None else students[each["who"]].pseudonym if pseudonyms
        else students[each["who"]].name
        for each in told["desks"]
    ]  # fmt: skip


def marks(room: Room, told: Mapping[str, Any], *, pseudonyms: bool, weights: Mapping[str, float]) -> pl.DataFrame:
    """A row each, the smallest loss first, to the cent; policies have no mark.

    mark = 100 x (w_loss x share of the others who lost more + w_drawdown x share whose drawdown was larger +
    w_survival x 1 if the desk survived) / (sum of weights). Ties count half; who is alone has all of a share.
    """
    desks, names = told["desks"], names_of(room, told, pseudonyms=pseudonyms)
    mine = [each for each in desks if each["who"] is not None]
    total = sum(weights.values())
    rows = []
    for name, each in zip(names, desks, strict=True):
        shares = {
            "loss": _share([other["loss"] for other in mine if other is not each], each["loss"]),
            "drawdown": _share([other["drawdown"] for other in mine if other is not each], each["drawdown"]),
            "survival": float(each["survived"]),
        }
        mark = 100 * sum(weights[key] * share for key, share in shares.items()) / total
        rows.append(
            {
                "name": name,
                "desk": "policy" if each["who"] is None else f"Desk {each['who'] + 1}",
                "mark": round(mark, 1) if each["who"] is not None else None,
                "loss_usd": each["loss"],
                "drawdown_usd": each["drawdown"],
                "survived": "yes" if each["survived"] else f"no, fell on {each['fell']}",
                "liquidity_tax_usd": each["liquidity_tax"],
                "loss_as_price_taker_usd": each["twin_loss"],
                "cost_of_feedback_usd": _less(each["loss"], each["twin_loss"]),
                **{f"{part['name']}_usd": each["parts"][part["name"]] for part in told["parts"]},
            }
        )
    frame = pl.DataFrame(rows, infer_schema_length=None)
    ranked = frame.sort("loss_usd", maintain_order=True).with_columns(cs.ends_with("_usd").round(2) + 0.0)  # no -0.0
    return ranked.select(pl.int_range(1, pl.len() + 1).alias("rank"), pl.all())


def _share(others: list[float], own: float) -> float:
    """Share of the others whose figure is larger; ties count half."""
    if not others:
        return 1.0
    return sum(1.0 if other > own else 0.5 if other == own else 0.0 for other in others) / len(others)


def _less(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else one - other
