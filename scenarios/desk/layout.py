"""Pages of the desk: templates filled with figures, tables, charts and text. Every text is escaped."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.responses import HTMLResponse

from sim.text import plain

if TYPE_CHECKING:
    from jinja2 import Environment
    from starlette.requests import Request

HERE = Path(__file__).parent
# Of the bar at the top: address and name; parts add their own.
PARTS: list[tuple[str, str]] = [
    ("/", "Home"),
    ("/look", "Look"),
    ("/run", "Run"),
    ("/rates", "Rates"),
    ("/trade", "Trade"),
    ("/jobs", "Jobs"),
]


def page(request: Request, template: str, *, status: int = 200, **content: Any) -> HTMLResponse:
    """A page from `templates/`; it extends `base.html.j2`, and `title` is the least of its content."""
    path = request.url.path
    bar = [(at, name, path == at or (at != "/" and path.startswith(f"{at}/"))) for at, name in PARTS]
    return HTMLResponse(filled(template, bar=bar, **content), status)


def filled(template: str, **content: Any) -> str:
    """A filled template, or a piece of a page. What would steer or reverse text is replaced: names are users' own."""
    return plain(_filler().get_template(template).render(**content))


def chart_json(spec: Any) -> str:
    """An Altair chart, or its Vega-Lite specification, as the text of a data element (escaped by the template)."""
    found = spec if isinstance(spec, dict) else spec.to_dict(validate=False)
    return json.dumps(found, separators=(",", ":"), ensure_ascii=False)


@cache
def _filler() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    from analysis.page import in_code

    folders = [HERE / "templates", *sorted(HERE.glob("*/templates"))]
    filler = Environment(
        loader=FileSystemLoader(folders),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    filler.filters["code"] = in_code
    return filler
