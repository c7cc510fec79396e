"""The page Run: choose a scenario, change it, start it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from scenarios.desk.build import look, what_if
from scenarios.desk.build.draft import Draft, draft_of, typed_in, whole
from scenarios.desk.build.knobs import groups, hedgers, policy_knobs, settings
from scenarios.desk.forms import file, lines, posted, text
from scenarios.desk.jobs.pages import start
from scenarios.desk.jobs.wanted import FILES
from scenarios.desk.layout import page
from scenarios.desk.uploads import ENDINGS, Uploads
from scenarios.reading.shipped import catalogue, read_toml
from sim.errors import UserError

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.datastructures import FormData
    from starlette.requests import Request

    from scenarios.scenario import Scenario

TITLE = "Run a scenario"
USES = {
    "file": "a scenario of your own (.toml)",
    "history": "your own record: date, spx, vix, overnight, us2y, us10y, ig_oas (.csv)",
    "book": "positions in place of the desk's book (.csv)",
    "curves": "quotes of curves on the first day (.csv)",
}
SIZES = ("paths", "seed", "twin")


def run_page(request: Request) -> Response:
    """Choose, or what is chosen."""
    draft = draft_of(request.query_params)
    if not draft.chosen:
        return _choose(request, draft)
    try:
        scenario = draft.scenario(_folder(request))
    except UserError as error:
        return _choose(request, draft, request.app.state.workspace.line(error))
    return _build(request, draft, scenario, {})


def upload(request: Request, form: FormData) -> Response:
    """Keep the files that were sent, and go on with them where they can be read; else with those not at fault."""
    draft, kept = draft_of(form), {}
    try:
        for use in FILES:
            if (sent := file(form, use)) is not None:
                kept[use] = Uploads(_folder(request)).keep(*sent, (ENDINGS[use],))
        new = _with(draft, kept)
        if new.chosen:
            new.scenario(_folder(request))
        elif not kept:
            raise UserError("no file was chosen", remedy="choose one, or a preset")
    except UserError as error:
        said = request.app.state.workspace.line(error)
        sound = {use: place for use, place in kept.items() if place not in said}
        return _choose(request, _with(draft, sound) if len(sound) < len(kept) else draft, said)
    return RedirectResponse(new.address, 303)


def begin(request: Request, form: FormData) -> Response:
    """Start the run; where something is wrong, the same page with all that was typed."""
    draft, folder = draft_of(form), _folder(request)
    try:
        scenario = draft.scenario(folder)
    except UserError as error:
        return _choose(request, draft, request.app.state.workspace.line(error))
    try:
        job = start(request, replace(wanted_in(form, draft, scenario), label=text(form, "label")))
    except UserError as error:
        return _build(request, draft, scenario, dict(form), error)
    return RedirectResponse(f"/jobs/{job.id}", 303)


def wanted_in(form: FormData, draft: Draft, scenario: Scenario) -> Any:
    """What a form asks for: the draft with all that was changed. Raises UserError."""
    changed = (*settings(scenario, draft.agent, typed_in(form)), *lines(form, "settings"))
    twin = text(form, "twin")
    return replace(
        draft.wanted,
        settings=changed,
        paths=whole(form, "paths"),
        seed=whole(form, "seed"),
        twin=twin if twin and twin != scenario.run.twin else None,
        name=text(form, "name"),
    )


def peek(request: Request, form: FormData) -> Response:
    """The book and the market of what a form asks for, to be put into the page."""
    draft, folder = draft_of(form), _folder(request)
    try:
        wanted = wanted_in(form, draft, draft.scenario(folder))
        seen = look.seen(replace(wanted, name=""), folder, draft.agent or None, request.app.state.settings.limits)
    except UserError as error:
        return page(request, "run_look.html.j2", title="", error=request.app.state.workspace.line(error), seen=None)
    return page(request, "run_look.html.j2", title="", error="", seen=seen)


# --- pages -----------------------------------------------------------------------------------------------------------
def _choose(request: Request, draft: Draft, error: str = "") -> Response:
    """Presets and uploads."""
    presets = []
    for name, place in catalogue().items():
        tables = read_toml(place)
        presets.append((name, tables.get("title", name), tables.get("regime", "")))
    return page(
        request,
        "run_choose.html.j2",
        status=400 if error else 200,
        title=TITLE,
        presets=presets,
        uses=USES,
        draft=draft,
        error=error,
    )


def _build(
    request: Request, draft: Draft, scenario: Scenario, typed: dict[str, Any], error: UserError | None = None
) -> Response:
    """A chosen scenario with its sliders. typed: what a form had, by field."""
    run = scenario.run
    own = {"paths": run.paths, "seed": run.seed, "twin": run.twin if isinstance(run.twin, str) else ""}
    fields = {name: typed.get(name, own.get(name, "")) for name in (*own, "name", "label", "settings")}
    return page(
        request,
        "run_build.html.j2",
        status=400 if error else 200,
        title=scenario.title,
        scenario=scenario,
        draft=draft,
        groups=groups(scenario),
        policy=policy_knobs(scenario, draft.agent),
        desks=hedgers(scenario),
        typed=typed_in(typed),
        fields=fields,
        limits=request.app.state.settings.limits,
        charts=look.story(scenario),
        uses=USES,
        error="" if error is None else request.app.state.workspace.line(error),
        guilty="" if error is None else str(error.place or ""),
    )


def _with(draft: Draft, kept: dict[str, str]) -> Draft:
    """The draft with further files; a scenario and a history take the place of what was chosen before."""
    wanted = draft.wanted
    chosen = {**wanted.files, **kept}
    if "file" in kept or "history" in kept:
        main = "file" if "file" in kept else "history"
        chosen = {use: place for use, place in chosen.items() if use not in ("file", "history") or use == main}
        wanted = replace(wanted, scenario="")
    return replace(draft, wanted=replace(wanted, files=chosen))


def _folder(request: Request) -> Path:
    folder: Path = request.app.state.workspace.folder
    return folder


ROUTES = [
    Route("/run", run_page, methods=["GET"]),
    Route("/run", posted(begin), methods=["POST"]),
    Route("/run/upload", posted(upload), methods=["POST"]),
    Route("/run/look", posted(peek), methods=["POST"]),
    *what_if.ROUTES,
]
