"""A chart as a file: PNG, SVG, a page that needs no network, or its Vega-Lite specification. Altair is not needed."""

from __future__ import annotations

import json
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.errors import UserError
from sim.files import check_target, make_folder, write_whole

if TYPE_CHECKING:
    from sim.dataset import Run

KEPT = ("manifest.json", "sweep.json")  # files that identify a run or a sweep


def title_of(run: Run) -> str:
    """The scenario's title, or its name."""
    return str(run.manifest.get("title") or run.manifest["name"])


def check_chart(path: str | Path) -> None:
    """Find out before the work whether a chart can be written there. Raises UserError."""
    place = Path(path)
    if place.suffix not in (".png", ".svg", ".html", ".json"):
        remedy = "name it .png, .svg, .html or .json"
        raise UserError(
            "a chart is written as PNG, SVG, HTML or JSON", value=place.suffix, place=str(place), remedy=remedy
        )
    if place.name in KEPT:
        raise UserError("this name is a dataset's own", value=place.name, place=str(place), remedy="give another name")
    check_target(place)


def save_spec(spec: dict[str, Any], place: Path, *, title: str) -> Path:
    """Write a chart, given by its Vega-Lite specification, in the format of the suffix."""
    if place.suffix == ".html":
        from analysis import page

        return page.write_page(place, "chart.html.j2", title=title, charts=[page.figure("chart", spec)])
    make_folder(place.parent)
    text = json.dumps(spec, ensure_ascii=False)
    if place.suffix == ".json":
        write_whole(place, text)
        return place
    import vl_convert

    if place.suffix == ".svg":
        write_whole(place, vl_convert.vegalite_to_svg(text, allowed_base_urls=[]))
    else:
        write_whole(place, _packed(vl_convert.vegalite_to_png(text, scale=2.0, allowed_base_urls=[])))
    return place


def _packed(png: bytes) -> bytes:
    """The same PNG with its pixels deflated as far as they go: about a third of the size."""
    chunks, at = [], 8
    while at < len(png):
        size = int.from_bytes(png[at : at + 4], "big")
        chunks.append((png[at + 4 : at + 8], png[at + 8 : at + 8 + size]))
        at += 12 + size
    pixels = zlib.compress(zlib.decompress(b"".join(data for kind, data in chunks if kind == b"IDAT")), 9)
    first = next(i for i, (kind, _) in enumerate(chunks) if kind == b"IDAT")
    kept = [chunk for chunk in chunks if chunk[0] != b"IDAT"]
    kept.insert(first, (b"IDAT", pixels))
    packed = (len(d).to_bytes(4, "big") + k + d + zlib.crc32(k + d).to_bytes(4, "big") for k, d in kept)
    return png[:8] + b"".join(packed)
