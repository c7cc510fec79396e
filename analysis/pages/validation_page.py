"""Known answers, expected against got: a table for the terminal and one self-contained page.

Both read a frame with a row per reading: case, chapter, title, source, inputs, statistic, message, standard_errors and
seconds (of the case), what, unit, relation, expected, expected_se, exact, got, se, z, allowed, power and verdict.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from textwrap import shorten
from typing import Any

import polars as pl

from analysis import page
from analysis.charts.validation import readings
from sim.figure_text import fixed, percent, significant
from sim.screen.table import Table as Lines
from sim.screen.text import Text

STYLES = {"passed": "green", "failed": "bold red", "error": "bold red", "skipped": "yellow"}
COLUMNS = ("what", "expected", "how it is known", "got", "standard error", "z", "power", "verdict")
SOURCE = 44  # characters of a source beside its case
POWER = "Power: the smallest relative error of the engine that would have failed the reading."


def render(frame: pl.DataFrame) -> Lines:
    """The readings for a terminal, a line each, below a line with the case's name, source and seconds."""
    table = Lines(box=False, pad_edge=False)
    table.add_column("known answer")
    for name in ("expected", "got", "standard error", "z", "power", "verdict"):
        table.add_column(name, justify="left" if name == "verdict" else "right", no_wrap=True)
    for case in frame.partition_by("case", maintain_order=True):
        first = case.row(0, named=True)
        source = shorten(first["source"], SOURCE, placeholder=" …")
        table.add_row(Text.assemble((first["case"], "bold"), f"  {first['seconds']:.1f} s  {source}"))
        for r in case.iter_rows(named=True):
            verdict = Text(r["verdict"], STYLES[r["verdict"]])
            what = (_wanted(r), number(r["got"], r["se"]), number(r["se"], r["se"]), _z(r["z"]), _percent(r["power"]))
            table.add_row(f"  {r['what']}", *what, verdict)
            if r["message"]:
                table.add_row(Text(f"  {r['message']}", STYLES[r["verdict"]]))
    return table


def summary(frame: pl.DataFrame) -> str:
    """One sentence of counts, from the frame alone."""
    cases = frame.group_by("case", maintain_order=True).agg((pl.col("verdict") == "passed").all().alias("passed"))
    passed, readings = int(cases["passed"].sum()), int((frame["verdict"] == "passed").sum())
    text = f"{passed} of {cases.height} known answers hold, {readings} of {frame.height} readings"
    for verdict, said in (("failed", "failed"), ("error", "broke"), ("skipped", "skipped")):
        count = frame.filter(pl.col("verdict") == verdict)["case"].n_unique()
        text += f"; {count} {'case' if count == 1 else 'cases'} {said}" if count else ""
    return text + "."


def far_out(frame: pl.DataFrame) -> str:
    """Number of readings far from the expected value, beside the number expected by chance; empty if none has noise."""
    noise = [abs(z) for z in _noise(frame)]
    if not noise:
        return ""
    two, more = (sum(z > limit for z in noise) for limit in (2, 3.5))
    return (
        f"Of the {len(noise)} readings of an exact or simulated value that carry Monte Carlo noise, {two} lie more "
        f"than two standard errors away, and {more} more than 3.5; chance alone would put {0.0455 * len(noise):.1f} "
        f"and {0.000465 * len(noise):.1f} there if none shared its paths with another. "
        f"The largest z is {fixed(max(noise), 2)}."
    )


def write_validation(
    frame: pl.DataFrame, path: str | Path, *, pictures: Mapping[str, Sequence[dict[str, Any]]], seconds: float
) -> Path:
    """Write the page, complete in one file, and return its path.

    pictures: Vega-Lite specifications by case; a case that has none, and was measured, shows expected against got.
    seconds: that the whole took by the clock on the wall.
    """
    cases = [_case(rows, pictures) for rows in frame.partition_by("case", maintain_order=True)]
    chapters: dict[str, list[dict[str, Any]]] = {}
    for case in cases:
        chapters.setdefault(case["chapter"], []).append(case)
    return page.write_page(
        Path(path),
        "validation.html.j2",
        title="Known answers",
        cards=_cards(frame, cases),
        paragraphs=_paragraphs(frame),
        chapters=list(chapters.items()),
        charts=[figure for case in cases for figure in case["figures"]],
        power=POWER,
        footer=f"{len(cases)} cases in {seconds:,.0f} s. validation.json beside this page holds every reading.",
    )


def _case(rows: pl.DataFrame, pictures: Mapping[str, Sequence[dict[str, Any]]]) -> dict[str, Any]:
    """The data of a case for the template."""
    first = rows.row(0, named=True)
    verdicts = rows["verdict"].to_list()
    verdict = next((v for v in ("error", "failed", "skipped") if v in verdicts), "passed")
    cells = [
        (
            r["what"],
            _wanted(r),
            r["exact"],
            number(r["got"], r["se"]),
            number(r["se"], r["se"]),
            _z(r["z"]),
            _percent(r["power"]),
            r["verdict"],
        )
        for r in rows.iter_rows(named=True)
    ]
    told = {key: first[key] for key in ("chapter", "title", "source", "inputs", "statistic", "message")}
    return {
        **told,
        "name": first["case"],
        "verdict": verdict,
        "passed": f"{verdicts.count('passed')} of {len(verdicts)}",
        "worst": _z(_largest(_noise(rows))),
        "power": _percent(min((p for p in rows["power"] if p is not None), default=None)),
        "seconds": f"{first['seconds']:.1f}",
        "table": page.Table("", COLUMNS, cells),
        "figures": _figures(rows, first, pictures.get(first["case"], ())),
    }


def _figures(rows: pl.DataFrame, first: dict[str, Any], given: Sequence[dict[str, Any]]) -> list[page.Figure]:
    """The pictures of the case's own, expected against got where it has none."""
    name = first["case"]
    if given:
        return [page.figure(f"{name}-{i}", picture) for i, picture in enumerate(given, 1)]
    if rows["got"].null_count():
        return []
    k = first["standard_errors"]
    said = f"Shaded: {k:g} standard errors either way. Black: expected. Bars: one standard error left, two right."
    if not rows["z"].is_not_null().any():
        said = "Nothing here is random: shaded is the rounding that is allowed. Black: expected."
    return [page.figure(name, readings(rows, title="Expected and got", said=said, standard_errors=k))]


def _cards(frame: pl.DataFrame, cases: list[dict[str, Any]]) -> list[dict[str, str]]:
    good = sum(case["verdict"] == "passed" for case in cases)
    noise = _noise(frame)
    spread = fixed(math.sqrt(statistics.fmean(z * z for z in noise)), 2) if noise else "n/a"
    return [
        {
            "name": "Known answers that hold",
            "value": f"{good} of {len(cases)}",
            "more": "every reading within its band",
        },
        {
            "name": "Readings that hold",
            "value": f"{(frame['verdict'] == 'passed').sum()} of {frame.height}",
            "more": "each expected number is one",
        },
        {
            "name": "Median power",
            "value": _percent(_median(frame["power"])) or "n/a",
            "more": "an error of this size is seen",
        },
        {"name": "Root mean square of z", "value": spread, "more": "chance alone gives about 1"},
    ]


def _paragraphs(frame: pl.DataFrame) -> list[str]:
    text = [
        "Results from the literature and closed forms, reproduced through the engine: a scenario is run, and the "
        f"statistic is read off the tables that every run writes. {summary(frame)}"
    ]
    if said := far_out(frame):
        text.append(said)
    sharp = [p for p in frame["power"] if p is not None and math.isfinite(p)]
    if sharp:
        fine = sum(p <= 0.02 for p in sharp)
        text.append(
            f"{POWER} In {fine} of {len(sharp)} readings it is 2 % or less, the median is {_percent(_median(sharp))}."
        )
    return text


def _noise(frame: pl.DataFrame) -> list[float]:
    """z of the readings where something equals something; an ordering is meant to lie far from its bound."""
    found = frame.filter(pl.col("relation") == "=")["z"]
    return [z for z in found if z is not None and math.isfinite(z)]


def _largest(values: list[float]) -> float | None:
    return max(values, key=abs, default=None)


def _median(values: Any) -> float | None:
    known = [v for v in values if v is not None and math.isfinite(v)]
    return statistics.median(known) if known else None


def number(value: float | None, error: float | None = None) -> str:
    """A number to the second figure of its standard error, to six figures where it has none."""
    if value is None:
        return ""
    if not math.isfinite(value):
        return "not finite"
    if error and math.isfinite(error):
        digits = min(max(1 - math.floor(math.log10(error)), 0), 9)
        return fixed(value, digits)
    return significant(value)


def _wanted(r: dict[str, Any]) -> str:
    """The expected value as text: relation, value, the source's own standard error, unit."""
    relation = "" if r["relation"] == "=" else f"{r['relation']} "
    spread = f" ± {number(r['expected_se'], r['expected_se'])}" if r["expected_se"] else ""
    unit = f" {r['unit']}" if r["unit"] else ""
    return f"{relation}{number(r['expected'])}{spread}{unit}"


def _z(z: float | None) -> str:
    return "" if z is None else fixed(z, 2, plus=True)


def _percent(share: float | None) -> str:
    if share is None or not math.isfinite(share):
        return ""
    if share > 1:
        return "> 100 %"
    if share < 1e-4:
        return "< 0.01 %" if share else "0 %"
    return percent(share, 1) if share >= 0.001 else percent(share, 2)
