"""Answers of this part of the desk: pages with a way back, fragments, charts as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.responses import HTMLResponse, Response

from scenarios.desk.layout import chart_json, filled, page
from scenarios.desk.look.asked import at
from scenarios.desk.look.figures import plain_number

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from starlette.requests import Request

Crumb = tuple[str, str]  # address and name


def look_page(request: Request, template: str, crumbs: Sequence[Crumb], **content: Any) -> HTMLResponse:
    """A page with the way to it: `crumbs` are the pages above, from the list down."""
    return page(request, template, crumbs=[("/look", "Look"), *crumbs], at=at, units=plain_number, **content)


def fragment(template: str, **content: Any) -> HTMLResponse:
    """A piece of a page, which its script fetches."""
    return HTMLResponse(filled(template, at=at, units=plain_number, **content))


def drawn(draw: Callable[[], Any]) -> Response:
    """A chart as its specification."""
    from analysis.charts.theme import trusted

    with trusted():
        return Response(chart_json(draw()), media_type="application/json")
