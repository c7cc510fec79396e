"""Forms that a browser sends: read without blocking the server, answered in a thread."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

MOST_FIELDS, MOST_FILES = 10_000, 20
LONGEST_FIELD = 4 * 1024 * 1024  # bytes
Handler = Callable[["Request", FormData], "Response"]


def posted(handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    """A route's endpoint from a plain function of the request and its form."""

    @wraps(handler)
    async def endpoint(request: Request) -> Response:
        async with request.form(max_files=MOST_FILES, max_fields=MOST_FIELDS, max_part_size=LONGEST_FIELD) as form:
            return await run_in_threadpool(handler, request, form)

    return endpoint


def text(form: FormData, name: str) -> str:
    """A field without blanks around it, "" where there is none."""
    value = form.get(name)
    return value.strip() if isinstance(value, str) else ""


def lines(form: FormData, name: str) -> tuple[str, ...]:
    """The lines of a field that say something."""
    return tuple(line.strip() for line in text(form, name).splitlines() if line.strip())


def file(form: FormData, name: str) -> tuple[str, bytes] | None:
    """Name and content of an uploaded file, None where none was chosen."""
    value = form.get(name)
    if not isinstance(value, UploadFile) or not value.filename:
        return None
    return value.filename, value.file.read()
