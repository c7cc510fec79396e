"""The lecturer's pages: the catalogue, a class under way, its debrief, its marks and its log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from analysis.workbook import csv, workbook
from scenarios.desk.layout import page
from scenarios.desk.settings import LOCAL
from scenarios.desk.trade import lecturer_form
from scenarios.desk.trade.asking import A_WRONG_ONE, address, fields, rooms_of
from scenarios.desk.trade.case import VISIBLE
from scenarios.desk.trade.chosen import chosen
from scenarios.desk.trade.class_desks import class_desks
from scenarios.desk.trade.debrief_page import debrief_page
from scenarios.desk.trade.form_fields import one_of
from scenarios.desk.trade.marks import debrief_of, marks, weights_of
from scenarios.desk.trade.room import LECTURER, Room
from scenarios.desk.trade.standing import scores
from scenarios.desk.workspace import RUNS
from sim.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request

KEY = "spiral_lecturer"  # cookie, of one class: its path says which
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def catalogue(request: Request) -> Response:
    """GET /trade: cases, and the form that opens a class."""
    given: dict[str, Any] = {
        key: request.query_params[key] for key in ("case", "preset") if key in request.query_params
    }
    return _form(request, given)


async def opened(request: Request) -> Response:
    """POST /trade: open a class; a mistake shows the form again, with all that was typed."""
    form = await fields(request, 50)
    given: dict[str, Any] = {key: str(form[key]) for key in form}
    given["visible"] = [str(each) for each in form.getlist("visible")]
    given.setdefault("bots", "no")
    return await run_in_threadpool(_open, request, given)


def _open(request: Request, given: dict[str, Any]) -> Response:
    try:
        found = chosen(given)
        class_desks(found, 2)
        room, key = rooms_of(request).open(found)
    except UserError as error:
        return _form(request, given, error)
    return RedirectResponse(f"/trade/class/{room.id}/key?key={key}", 303)


def _form(request: Request, given: dict[str, Any], error: UserError | None = None) -> Response:
    try:
        content = lecturer_form.form(given)
    except UserError as wrong:
        error, content = error or wrong, lecturer_form.form({})
    rooms = rooms_of(request).all()
    mistake = {"place": "", "text": ""} if error is None else {"place": error.place or "", "text": str(error)}
    status = 200 if error is None else 400
    return page(request, "trade.html.j2", status=status, title="Trade a crisis", error=mistake, rooms=rooms, **content)


def _room(request: Request) -> Room:
    """The class of a lecturer who has its secret. Raises HTTPException; whether there is such a class is not said."""
    room = rooms_of(request).get(request.path_params["id"])
    if room is not None and room.is_lecturer(request.cookies.get(KEY, "")):
        return room
    if request.cookies.get(KEY) and not A_WRONG_ONE.allows(address(request)):
        raise HTTPException(429, "too many secrets that nobody has: wait a little")
    lost = "a class whose link is lost is ended by removing its folder in .desk/classes while no desk runs"
    raise HTTPException(403, f"this page needs the lecturer's link, which was shown when the class opened; {lost}")


def key(request: Request) -> Response:
    """GET .../key?key=SECRET: the lecturer's link; it leaves the secret in a cookie, and says to keep the link."""
    room, given = rooms_of(request).get(request.path_params["id"]), request.query_params.get("key", "")
    if room is None or not room.is_lecturer(given):
        if not A_WRONG_ONE.allows(address(request)):
            raise HTTPException(429, "too many secrets that nobody has: wait a little")
        if room is not None:
            room.audit.note("nobody", "enter", "no lecturer's link", address=address(request))
        raise HTTPException(403, "this is no lecturer's link")
    link = str(request.url)
    answer = page(request, "trade_key.html.j2", title=room.record.chosen.title, link=link, id=room.id)
    answer.set_cookie(KEY, given, path=f"/trade/class/{room.id}", httponly=True, samesite="strict")
    room.audit.note(LECTURER, "enter", address=address(request))
    return answer


def control(request: Request) -> Response:
    """GET /trade/class/ID: the class under way."""
    room = _room(request)
    record = room.record
    return page(
        request,
        "trade_class.html.j2",
        title=record.chosen.title,
        room=room,
        chosen=record.chosen,
        shown=VISIBLE,
        join=_join_address(request),
        decisions=record.chosen.decisions(),
        notes=record.notes,
    )


def _join_address(request: Request) -> str:
    """Where students join: under a name of this machine that others use, where it has one."""
    settings, host = request.app.state.settings, request.headers["host"]
    names = [name for name in settings.hosts if name not in (*LOCAL, "0.0.0.0", "::")]
    if names and host.partition(":")[0] in LOCAL:
        host = f"{names[-1]}:{settings.port}"
    return f"{request.url.scheme}://{host}/join"


def status(request: Request) -> Response:
    """GET .../status: what the page asks for every second."""
    room = _room(request)
    record, life = room.record, room.life
    left, lived = life.pace.left, life.lived
    return JSONResponse(
        {
            "state": record.state,
            "turn": record.turn,
            "time": lived.times[-1] if lived.times else None,
            "share": lived.now["tick"] / max(lived.now["last"], 1) if lived.times else 0.0,
            "moving": life.stepping or (record.state in ("running", "paused") and lived.turn < 0),
            "seconds": record.seconds,
            "seconds_left": None if left is None else round(left, 1),
            "visible": list(record.chosen.visible),
            "trouble": life.trouble,
            "scores": scores(room),
        }
    )


async def act(request: Request) -> Response:
    """POST .../do: what a lecturer does; answers JSON."""
    room = _room(request)
    form = await fields(request, 10)
    given = {name: str(form[name]) for name in form}
    what = given.get("what", "")
    known: dict[str, Callable[[], None]] = {
        "start": room.begin,
        "pause": room.pause,
        "resume": room.resume,
        "step": room.step,
        "end": room.end,
        "pace": lambda: room.set_pace(given.get("seconds")),
        "show": lambda: room.show(given.get("which"), shown=True),
        "hide": lambda: room.show(given.get("which"), shown=False),
        "kick": lambda: room.kick(given.get("student")),
        "notes": lambda: room.note(given.get("text", "")),
        "debrief": lambda: room.start_debrief(request.app.state.workspace.folder / RUNS / f"class-{room.id}"),
    }
    if what not in known:
        return JSONResponse({"error": "there is no such thing to do"}, 400)
    more = {name: value for name, value in given.items() if name not in ("what", "text")}
    try:
        await run_in_threadpool(known[what])
    except UserError as error:
        room.audit.note(LECTURER, what, str(error), **more)
        return JSONResponse({"error": str(error)}, 400)
    room.audit.note(LECTURER, what, **more)
    return JSONResponse({"done": what})


def debriefed(request: Request) -> Response:
    """GET .../debrief: everyone's paths, what they were made of, the twin, the best policy, the scores."""
    return debrief_page(request, _room(request))


def exported(request: Request) -> Response:
    """GET .../marks.csv or .../marks.xlsx: scores and marks of all, with the parts of each loss."""
    room, kind = _room(request), one_of("marks", request.path_params["kind"], ("csv", "xlsx"))
    told = debrief_of(room)
    if told is None:
        raise UserError("there is no debrief yet", place="marks", remedy="end the class and start the debrief")
    frame = marks(room, told, pseudonyms=False, weights=weights_of(request.query_params))
    room.audit.note(LECTURER, "export", kind=kind)
    content = csv(frame) if kind == "csv" else workbook({"marks": frame})
    head = {"Content-Disposition": f'attachment; filename="marks-{room.id}.{kind}"'}
    return Response(content, media_type="text/csv; charset=utf-8" if kind == "csv" else XLSX, headers=head)


def log(request: Request) -> Response:
    """GET .../audit.jsonl: who did what."""
    room = _room(request)
    return FileResponse(room.audit.file, filename=f"audit-{room.id}.jsonl", media_type="application/x-ndjson")


ROUTES = [
    Route("/trade", catalogue),
    Route("/trade", opened, methods=["POST"]),
    Route("/trade/class/{id}", control),
    Route("/trade/class/{id}/key", key),
    Route("/trade/class/{id}/status", status),
    Route("/trade/class/{id}/do", act, methods=["POST"]),
    Route("/trade/class/{id}/debrief", debriefed),
    Route("/trade/class/{id}/marks.{kind:str}", exported),
    Route("/trade/class/{id}/audit.jsonl", log),
]
