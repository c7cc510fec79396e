"""The page of a debrief."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from analysis.numbers import money
from scenarios.desk.layout import chart_json, page
from scenarios.desk.trade import debrief_charts
from scenarios.desk.trade.chosen import SHARED
from scenarios.desk.trade.form_fields import number
from scenarios.desk.trade.marks import WEIGHTS, debrief_of, marks, names_of, weights_of
from scenarios.desk.trade.standing import life_of
from sim.errors import UserError
from sim.figure_text import fixed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request
    from starlette.responses import Response

    from scenarios.desk.trade.room import Room

HEADER = ("Rank", "Desk", "Mark", "Loss", "Drawdown", "Survived", "Liquidity tax", "As price taker", "Feedback")
COLUMNS = ("loss_usd", "drawdown_usd", "survived", "liquidity_tax_usd", "loss_as_price_taker_usd",
           "cost_of_feedback_usd")  # fmt: skip


def debrief_page(request: Request, room: Room) -> Response:
    """Charts and scores, with names or pseudonyms; before there is a debrief, the way to one. Raises UserError.

    Wrong weights are said above the scores, which then have the usual ones.
    """
    told, query, mistake = debrief_of(room), request.query_params, ""
    names_shown = query.get("names") == "yes"
    try:
        weights = weights_of(query)
    except UserError as error:
        weights, mistake = dict(WEIGHTS), f"{error}; the marks below have the usual weights"
    content: dict[str, Any] = {
        "title": f"Debrief: {room.record.chosen.title}",
        "room": room,
        "names_shown": names_shown,
        "notes": room.record.notes,
        "weights": weights,
        "mistake": mistake,
        "told": told,
    }
    if told is not None:
        content |= _found(room, told, query, weights, pseudonyms=not names_shown)
    return page(request, "trade_debrief.html.j2", status=400 if mistake else 200, **content)


def _found(
    room: Room, told: dict[str, Any], query: Mapping[str, str], weights: Mapping[str, float], *, pseudonyms: bool
) -> dict[str, Any]:
    names = names_of(room, told, pseudonyms=pseudonyms)
    shown = int(number("desk", query.get("desk", 1), 1, max(room.record.seated, 1), whole=True)) - 1
    frame = marks(room, told, pseudonyms=pseudonyms, weights=weights)
    rows = [
        (row["rank"], row["name"], "" if row["mark"] is None else fixed(row["mark"], 1), *map(_cell, _of(row)))
        for row in frame.iter_rows(named=True)
    ]
    best = _best(told)
    charts = {
        "pnl": chart_json(debrief_charts.pnl_paths(told, names)),
        "attribution": chart_json(debrief_charts.attribution(told, names)),
        "twin": chart_json(debrief_charts.twin(told, names)),
    }
    if room.record.seated:
        charts["positions"] = chart_json(_positions(room, told, names, shown, best))
    return {
        "table_of": {"header": HEADER, "rows": rows, "totals": ()},
        "charts": charts,
        "best": None if best is None else told["desks"][best],
        "desks": [(who + 1, names[who]) for who in range(room.record.seated)],
        "shown": shown + 1,
        "query": "&".join(f"{name}={value:g}" for name, value in weights.items()),
    }


def _of(row: Mapping[str, Any]) -> list[Any]:
    return [row[name] for name in COLUMNS]


def _cell(value: Any) -> str:
    return value if isinstance(value, str) else "" if value is None else money(value)


def _best(told: Mapping[str, Any]) -> int | None:
    """The policy that lost least."""
    policies = [i for i, each in enumerate(told["desks"]) if each["bot"] is not None]
    return min(policies, key=lambda i: told["desks"][i]["loss"], default=None)


def _positions(room: Room, told: dict[str, Any], names: list[str], shown: int, best: int | None) -> dict[str, Any]:
    """A student's position beside the best policy's and what would have been neutral."""
    lived = room.life.lived
    series = {names[shown]: lived.desks[shown]["held"]}
    if best is not None and (held := _held(room, told["desks"][best]["bot"])):
        series[f"best policy: {names[best]}"] = held
    series["neutral"] = lived.desks[shown]["neutral"]
    return debrief_charts.positions(lived.times, series, "Units of the asset")


def _held(room: Room, bot: str) -> list[float]:
    """What a policy held of the asset at every decision, units; empty where that has not been kept."""
    if room.record.chosen.mode == SHARED:
        return room.life.lived.bots_held.get(bot, [])
    number = [name for name, _ in room.record.chosen.bots].index(bot)
    return [stage["held"]["asset"] for stage in life_of(room, number)]
