"""The interface for students' pages and algorithms: JSON below /api/trade/, documented in docs/desk/interface.md."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from scenarios.desk.trade import standing
from scenarios.desk.trade.asking import AN_ADDRESS, AN_ORDER, address, require, seated, told
from scenarios.desk.trade.joining import join_class
from scenarios.desk.trade.marks import debrief_of
from scenarios.desk.trade.news import news
from scenarios.desk.trade.tokens import hashed
from sim.errors import UserError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request

    from scenarios.desk.trade.room import Room
    from scenarios.desk.trade.students import Student

AT_MOST = 300.0  # seconds of a stream of events; a browser opens the next one by itself
LOOKS = 0.1  # seconds between two looks at the class
MOST_STREAMS = 6  # at a time, of a student
STREAMS: Counter[str] = Counter()  # open ones, by the student's secret
QUIET = 10.0  # seconds after which a stream says that it is alive
UNITS = {
    "market": "spot: $; vol, credit and rates: decimal",
    "venues.mid": "$ a unit where `unit` is '$', else decimal: a swap's par rate, an option's vol",
    "venues.half_spread": "share of mid, or decimal as mid",
    "venues.depth": "$ notional",
    "venues.held, venues.neutral, orders, fills.quantity": "units; of swaps $ notional received fixed",
    "venues.notional": "$ of one unit",
    "cost of an order": "notional x charge x (half_spread + walk x notional / depth), $",
    "book": "value: $; delta: units; gamma: units per $; vega: $ per 1.00 of vol; rates: $ per 1.00 of each node",
    "account": "$",
    "seconds_left": "s",
}


async def join(request: Request) -> Response:
    """POST {"code", "name"}: the secret of a new student."""
    require(AN_ADDRESS, address(request))
    given = await told(request)
    room, student, token = await run_in_threadpool(join_class, request, given.get("code"), given.get("name"))
    found = {"token": token, "name": student.name, "desk": student.who, "class": room.record.chosen.title}
    return JSONResponse(found, 201)


async def me(request: Request) -> Response:
    """GET: who asks, and in which class."""
    room, student = seated(request)
    chosen = room.record.chosen
    return JSONResponse(
        {
            "name": student.name,
            "desk": student.who,
            "class": chosen.title,
            "text": chosen.text,
            "mode": chosen.mode,
            "decide": chosen.decide,
            "seconds": room.record.seconds,
            "visible": list(chosen.visible),
            "units": UNITS,
        }
    )


async def state(request: Request) -> Response:
    """GET: where the class stands, in a few numbers."""
    room, student = seated(request)
    return JSONResponse(live(room, student))


async def observe(request: Request) -> Response:
    """GET: the same, and all that the desk sees; prepared once after each step."""
    room, student = seated(request)
    more = {**live(room, student), "news": news(room.record.chosen, room.life.lived, student.who)}
    if "scores" in room.record.chosen.visible:
        more["scores"] = _others(room, student)
    head = json.dumps(more, separators=(",", ":"), allow_nan=False).encode()
    content = b'{"live":' + head + b',"seen":' + room.life.lived.shown(student.who) + b"}"
    return Response(content, media_type="application/json")


async def history(request: Request) -> Response:
    """GET: time, spot, vol, P&L, position and neutral at every turn so far."""
    room, student = seated(request)
    lived = room.life.lived
    series = dict(lived.desks[student.who]) if lived.turn >= 0 else {}
    if "neutral" not in room.record.chosen.visible:
        series.pop("neutral", None)
    return JSONResponse({"time": lived.times, **series})


def own_debrief(request: Request) -> Response:
    """GET: what one's own loss was made of, once the lecturer has started the debrief."""
    room, student = seated(request)
    told = debrief_of(room)
    mine = None if told is None else next((each for each in told["desks"] if each["who"] == student.who), None)
    if told is None or mine is None:
        raise UserError("there is no debrief yet", place="debrief")
    labels = {part["name"]: part["label"] for part in told["parts"]}
    kept = ("loss", "twin_loss", "drawdown", "survived", "fell", "liquidity_tax")
    parts = [{"part": labels[name], "cost": cost} for name, cost in mine["parts"].items()]
    return JSONResponse({**{name: mine[name] for name in kept}, "parts": parts})


async def orders(request: Request) -> Response:
    """POST {"orders": {venue: units}, "turn"?}: order; DELETE {"turn"?}: take back what was ordered in this turn."""
    room, student = seated(request)
    require(AN_ORDER, hashed(student.token))
    given = await told(request)
    if request.method == "DELETE":
        turn = await run_in_threadpool(room.withdraw, student, given.get("turn"))
        return JSONResponse({"turn": turn, "ordered": {}})
    unknown = [key for key in given if key not in ("orders", "turn")]
    if unknown:
        raise UserError("there is no such key", value=unknown[0][:80], place="body", remedy="orders, turn")
    turn, standing_orders = await run_in_threadpool(room.order, student, given.get("orders"), given.get("turn"))
    return JSONResponse({"turn": turn, "ordered": standing_orders})


async def events(request: Request) -> Response:
    """GET: a stream of server-sent events: `state` whenever something has changed."""
    room, student = seated(request)
    if STREAMS[student.token] >= MOST_STREAMS:
        raise HTTPException(429, f"at most {MOST_STREAMS} streams at a time")
    return StreamingResponse(_counted(room, student), media_type="text/event-stream")


async def _counted(room: Room, student: Student) -> AsyncIterator[str]:
    STREAMS[student.token] += 1
    try:
        async for text in _stream(room, student):
            yield text
    finally:
        STREAMS[student.token] -= 1


async def _stream(room: Room, student: Student) -> AsyncIterator[str]:
    seen, begun = -1, time.monotonic()
    said = begun
    while (now := time.monotonic()) < begun + AT_MOST and not student.kicked:
        if room.life.version != seen:
            seen, said = room.life.version, now
            yield f"event: state\ndata: {json.dumps(live(room, student))}\n\n"
        elif now > said + QUIET:
            said = now
            yield ": still here\n\n"
        await asyncio.sleep(LOOKS)


def live(room: Room, student: Student) -> dict[str, Any]:
    """Where the class stands, and what the student has ordered in the turn that is open."""
    record, life = room.record, room.life
    left = life.pace.left
    return {
        "state": record.state,
        "turn": record.turn,
        "moving": life.stepping or (record.state in ("running", "paused") and life.lived.turn < 0),
        "seconds_left": None if left is None else round(left, 2),
        "ordered": record.sheet.of(record.turn, student.who),
        "debrief": room.debriefed,
    }


def _others(room: Room, student: Student) -> list[dict[str, Any]]:
    """Scores as a student may see them."""
    name = "pseudonym" if room.record.chosen.pseudonyms else "name"
    shown = ("pnl", "drawdown", "alive", "ordered")
    return [
        {"name": each[name], "you": each["who"] == student.who, **{key: each[key] for key in shown}}
        for each in standing.scores(room)
    ]


ROUTES = [
    Route("/api/trade/join", join, methods=["POST"]),
    Route("/api/trade/me", me),
    Route("/api/trade/state", state),
    Route("/api/trade/observe", observe),
    Route("/api/trade/history", history),
    Route("/api/trade/debrief", own_debrief),
    Route("/api/trade/orders", orders, methods=["POST", "DELETE"]),
    Route("/api/trade/events", events),
]
