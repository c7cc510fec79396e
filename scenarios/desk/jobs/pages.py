"""What a browser sees of the jobs, and the same as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from scenarios.desk.forms import posted
from scenarios.desk.jobs.job import DONE, INTERRUPTED, RUNNING, WAITING, WORDS, Job, moment, seconds
from scenarios.desk.jobs.reading import check_size, manifest_of, scenario_of
from scenarios.desk.jobs.wanted import FILES, wanted_of
from scenarios.desk.layout import page
from scenarios.desk.uploads import ENDINGS, Uploads
from sim.errors import UserError

if TYPE_CHECKING:
    from starlette.datastructures import FormData
    from starlette.requests import Request

    from scenarios.desk.jobs.queue import Queue
    from scenarios.desk.jobs.wanted import Wanted


def start(request: Request, wanted: Wanted) -> Job:
    """A new job, once all that a run would refuse has been refused. Raises UserError."""
    queue: Queue = request.app.state.jobs
    scenario = scenario_of(wanted, queue.folder)
    check_size(scenario, queue.limits)
    command = manifest_of(wanted.base, queue.folder).get("command") if wanted.base else None
    return queue.add(wanted, wanted.title, wanted.command(command if isinstance(command, str) else None))


def shown(queue: Queue, job: Job) -> dict[str, Any]:
    """A job as pages and scripts have it."""
    found: dict[str, Any] = {
        "id": job.id,
        "title": job.title,
        "state": job.state,
        "words": WORDS[job.state],
        "why": job.why,
        "run": job.run,
        "base": job.wanted.base,
        "label": job.wanted.label,
        "changes": list(job.wanted.settings),
        "command": job.command,
        "made": job.made,
        "seconds": None,
        "share": None,
        "left": None,
        "active": job.active,
    }
    if job.begun and job.state != INTERRUPTED:  # nobody knows when that ended
        found["seconds"] = seconds(job.begun, job.ended or moment())
    progress = queue.progress(job.id)
    if job.state == RUNNING and progress is not None:
        found |= {"share": progress.share, "left": progress.seconds_left, "words": progress.stage}
    if job.state == WAITING and (before := queue.ahead(job.id)):
        found["words"] = f"waits for {before} before it"
    if job.state == DONE:
        found["share"] = 1.0
    return found


# --- pages -----------------------------------------------------------------------------------------------------------
def listed(request: Request) -> Response:
    """All jobs."""
    queue: Queue = request.app.state.jobs
    jobs = [shown(queue, job) for job in queue.all()]
    return page(request, "jobs.html.j2", title="Jobs", jobs=jobs, limits=queue.limits)


def one(request: Request) -> Response:
    """A job: its progress, then what came of it."""
    queue: Queue = request.app.state.jobs
    job = queue.get(request.path_params["id"])
    settings = job.wanted.settings
    return page(request, "job.html.j2", title=job.title, job=shown(queue, job), settings=settings)


def cancel(request: Request, form: FormData) -> Response:
    """End a job."""
    job = request.app.state.jobs.cancel(request.path_params["id"])
    return RedirectResponse(f"/jobs/{job.id}", 303)


def again(request: Request, form: FormData) -> Response:
    """The same job once more."""
    job = request.app.state.jobs.again(request.path_params["id"])
    return RedirectResponse(f"/jobs/{job.id}", 303)


# --- JSON ------------------------------------------------------------------------------------------------------------
def api_all(request: Request) -> Response:
    """All jobs."""
    queue: Queue = request.app.state.jobs
    return JSONResponse({"jobs": [shown(queue, job) for job in queue.all()]})


def api_one(request: Request) -> Response:
    """One job."""
    queue: Queue = request.app.state.jobs
    return JSONResponse(shown(queue, _job(request)))


async def api_add(request: Request) -> Response:
    """A new job, as `scenarios.desk.jobs.wanted.Wanted` has it."""
    try:
        found = await request.json()
    except (ValueError, RecursionError):
        raise UserError("the body is no JSON", remedy='{"scenario": "calm_market", "paths": 100}') from None
    job = await run_in_threadpool(start, request, wanted_of(found))
    return JSONResponse(shown(request.app.state.jobs, job), 201)


async def api_upload(request: Request) -> Response:
    """Keep the body as a file, for a job's `files`; `name` of the query is its name."""
    use, name = request.path_params["use"], request.query_params.get("name", "")
    if use not in FILES:
        raise UserError("a job takes no such file", value=use, remedy=", ".join(FILES))
    content, uploads = await request.body(), Uploads(request.app.state.workspace.folder)
    kept = await run_in_threadpool(uploads.keep, name or f"{use}{ENDINGS[use]}", content, (ENDINGS[use],))
    return JSONResponse({"file": kept}, 201)


def api_cancel(request: Request) -> Response:
    """End a job."""
    queue: Queue = request.app.state.jobs
    return JSONResponse(shown(queue, queue.cancel(request.path_params["id"])))


def api_again(request: Request) -> Response:
    """The same job once more."""
    queue: Queue = request.app.state.jobs
    return JSONResponse(shown(queue, queue.again(request.path_params["id"])), 201)


def _job(request: Request) -> Job:
    found: Job = request.app.state.jobs.get(request.path_params["id"])
    return found


ROUTES = [
    Route("/jobs", listed),
    Route("/jobs/{id}", one),
    Route("/jobs/{id}/cancel", posted(cancel), methods=["POST"]),
    Route("/jobs/{id}/again", posted(again), methods=["POST"]),
    Route("/api/jobs", api_all, methods=["GET"]),
    Route("/api/jobs", api_add, methods=["POST"]),
    Route("/api/jobs/{id}", api_one),
    Route("/api/uploads/{use}", api_upload, methods=["POST"]),
    Route("/api/jobs/{id}/cancel", api_cancel, methods=["POST"]),
    Route("/api/jobs/{id}/again", api_again, methods=["POST"]),
]
