"""HTML pages: templates filled with charts, tables and text, complete in one file."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis import bundle
from sim.errors import UserError
from sim.figure_text import MINUS, held
from sim.files import make_folder, write_whole
from sim.seal import sealed
from sim.text import plain

HERE = "the script that draws"
TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True)
class Figure:
    """A chart on a page: its name, its Vega-Lite specification as JSON, and one sentence on how to read it."""

    name: str
    spec: Any
    caption: str = ""


@dataclass(frozen=True)
class Table:
    """A table on a page: text cells under a header; rows whose first cell is in `totals` are set off."""

    title: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    note: str = ""
    totals: Sequence[str] = ()


def figure(name: str, chart: Any, caption: str = "") -> Figure:
    """The figure of an Altair chart, or of its Vega-Lite specification."""
    from markupsafe import Markup

    spec = chart if isinstance(chart, dict) else chart.to_dict(validate=False)
    text = json.dumps(spec, separators=(",", ":"), ensure_ascii=False)
    return Figure(
        name, Markup(text.replace("<", "\\u003c")), caption
    )  # "<" as its code: nothing can end the script element


def write_page(path: Path, template: str, **content: Any) -> Path:
    """Fill the template and write the page, whole or not at all. `content` holds at least title and charts.

    Raises UserError for a name that is no page's and where it cannot be written, SpiralError if the disk is full.
    """
    if path.suffix.lower() not in (".html", ".htm"):
        raise UserError("a page is written as HTML", value=path.name, place=str(path), remedy="name it .html")
    page = filled(template, **content)
    make_folder(path.parent)
    write_whole(path, page)
    return path


def in_code(text: str) -> str:
    """Text for a page, safe, with what stands between backticks as code, and figures on one line each."""
    from markupsafe import Markup, escape

    words = re.split(r"`([^`]+)`", str(escape(text)))
    words[::2] = [held(said).replace(f"{MINUS}$", f"{MINUS}&NoBreak;$") for said in words[::2]]
    words[1::2] = [f"<code>{command}</code>" for command in words[1::2]]
    return Markup("".join(words))


def filled(template: str, **content: Any) -> bytes:
    """The page, with a checksum in its last line (`sim.seal`)."""
    from jinja2 import Environment, FileSystemLoader
    from markupsafe import Markup

    filler = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, trim_blocks=True)
    filler.filters["code"] = in_code
    text = plain(filler.get_template(template).render(script=Markup(HERE), **content))
    before, _, after = text.partition(f"<script>{HERE}</script>")  # the only one: users' text is escaped
    return sealed(f"{before}<script>{bundle.script()}</script>{after}")
