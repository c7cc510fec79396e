"""The page Rates, and what is downloaded of it."""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Route

from analysis.pages import curve_page
from analysis.workbook import csv, workbook
from markets.curves.conventions import CONVENTIONS
from markets.curves.interpolation import INTERPOLATIONS
from scenarios.desk.forms import file, posted
from scenarios.desk.layout import page
from scenarios.desk.rates.asked import EXAMPLES, FILES, SONIA, TENTS, Asked, asked_of, first_asked, key_stresses
from scenarios.desk.rates.market import Market, example_swaps, market_of
from scenarios.desk.rates.priced import FILE, priced
from scenarios.desk.uploads import Uploads
from sim.errors import UserError
from sim.scratch import scratch

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.datastructures import FormData
    from starlette.requests import Request

TITLE = "Rates: curves, swaps, stresses"
ENDINGS = {"curves": (".csv", ".toml"), "swaps_file": (".csv",), "positions": (".csv",)}
USES = {
    "curves": "Quotes of curves (.csv: curve, kind, tenor, rate; or .toml)",
    "swaps_file": "A book of swaps (.csv: side, rate, tenor, notional)",
    "positions": "A book of positions (.csv: kind, notional, ..., as of spiral risk)",
}
OPTIONS = {"--swap": "Swaps", "--stress": "Stresses"}  # of the command line, and the fields that are meant
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def rates(request: Request) -> Response:
    """The first example, or the one that is asked for."""
    asked = first_asked(request.query_params.get("example", SONIA))
    if asked.example == SONIA:
        asked = replace(asked, swaps=example_swaps())
    return _shown(request, asked)


def solve(request: Request, form: FormData) -> Response:
    """Solve and value what the form holds; where something is wrong, the same page with all that was typed."""
    asked = asked_of(form)
    try:
        asked = _with_files(asked, form, _folder(request))
    except UserError as error:
        return _shown(request, asked, _line(request, error))
    return _shown(request, asked, keep=True)


def export(request: Request, form: FormData) -> Response:
    """`rates.html` with its charts, `rates.xlsx`, `rates.zip` of CSV files, or `curves.toml`."""
    asked, what = asked_of(form), request.path_params["what"]
    market = market_of(asked, _folder(request))
    if what == FILE:
        return _attached(market.file_text(asked.swaps, asked.stresses).encode(), "application/toml", FILE)
    found = priced(asked, market, _folder(request), most=_most(request))
    if what == "rates.html":
        with scratch("look") as folder:
            return _attached(curve_page.write_curves(folder / what, found.shown).read_bytes(), "text/html", what)
    if what == "rates.xlsx":
        return _attached(workbook(found.frames), XLSX, what)
    if what == "rates.zip":
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, frame in found.frames.items():
                archive.writestr(f"{name}.csv", csv(frame))
        return _attached(packed.getvalue(), "application/zip", what)
    raise HTTPException(404)


def _with_files(asked: Asked, form: FormData, folder: Path) -> Asked:
    """The form with the files that came with it. New curves take the place of all that was typed over the old ones."""
    for use in FILES:
        if (sent := file(form, f"{use}_sent")) is None:
            continue
        place = Uploads(folder).keep(*sent, ENDINGS[use])
        new: dict[str, Any] = {use: place}
        if use == "curves":
            new |= {"typed": {}}
            new |= {"swaps": ()} if not asked.curves and asked.swaps == example_swaps() else {}
        asked = replace(asked, **new)
    return asked


def _shown(request: Request, asked: Asked, error: str = "", *, keep: bool = False) -> Response:
    """The page: the form, and what there is to see."""
    market, found = None, None
    try:
        market = market_of(asked, _folder(request))
        found = priced(asked, market, _folder(request), keep=keep, most=_most(request))
    except UserError as mistake:
        error = error or _line(request, mistake)
    return page(
        request,
        "rates.html.j2",
        status=400 if error else 200,
        title=TITLE,
        asked=asked,
        market=market or _as_sent(request, asked),
        found=found,
        error=error,
        examples=EXAMPLES,
        uses=USES,
        conventions=list(CONVENTIONS),
        interpolations=list(INTERPOLATIONS),
        tents=TENTS,
        keys=key_stresses(),
        exports=("rates.html", "rates.xlsx", "rates.zip", FILE),
    )


def _line(request: Request, error: UserError) -> str:
    """What an error says, with the fields of the page in place of the options of the command line."""
    said: str = request.app.state.workspace.line(error)
    for option, field in OPTIONS.items():
        said = re.sub(rf"^{option}:", f"{field}:", re.sub(rf"^{option} (\d+):", rf"{field}, line \1:", said))
    return said.replace("say --date", "give the valuation day, under 'How they are read', as")


def _as_sent(request: Request, asked: Asked) -> Market | None:
    """The table of quotes with what was typed, where the typed quotes cannot be solved; None where nothing can."""
    try:
        market = market_of(replace(asked, typed={}), _folder(request))
    except UserError:
        return None
    lines = (replace(line, typed=asked.typed.get((line.curve, line.number), "")) for line in market.lines)
    return replace(market, lines=tuple(lines))


def _folder(request: Request) -> Path:
    folder: Path = request.app.state.workspace.folder
    return folder


def _most(request: Request) -> int:
    """Lines of a book."""
    found: int = request.app.state.settings.limits.book_lines
    return found


def _attached(content: bytes, kind: str, name: str) -> Response:
    told = f"attachment; filename*=utf-8''{quote(name)}"
    return Response(content, media_type=kind, headers={"Content-Disposition": told})


ROUTES = [
    Route("/rates", rates, methods=["GET"]),
    Route("/rates", posted(solve), methods=["POST"]),
    Route("/rates/export/{what}", posted(export), methods=["POST"]),
]
