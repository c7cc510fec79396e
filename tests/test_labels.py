"""Labels of any length and any text, also a stranger's: charts draw, and nothing of them becomes code."""

from __future__ import annotations

import json
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import altair as alt
import pytest
import vl_convert

from analysis import charts, write_chart, write_report, write_sweep_report
from analysis.chart_words import with_labels
from analysis.charts.labels import cut, harmless, wrapped
from analysis.charts.sweep import POLICY_CHARTS, SWEEP_CHARTS, draw_sweep
from analysis.pages.frontier_report import write_frontier_report
from analysis.pages.report import spec_of
from sim.dataset import Run, open_run
from sim.sweep_dataset import SweepResult, open_sweep
from tests.policies_made import EVERY, NEVER, lives, write_policies
from tests.sweeps_made import DEPTH, POLICY, SIZE, listed, write_sweep
from tests.synthetic_run import write_run

NASTY = {
    "inches": 'spread at 5\\" of depth',
    "long": "Depth of the index book within one percent of mid, " * 20,
    "unbroken": "x" * 150,
    "script": "</script><script>alert(1)</script>",
    "picture": '"><img src=x onerror=alert(1)>',
    "expression": '" + toString(event) + "',
    "backslash": "ends in \\",
    "lines": "one\ntwo\r\n\u2028three",
    "steering": "\x1b[2J\x07\u202eevil\u2066\x00",
    "brackets": "a[0].b['c'] {{x}} {% y %} ${z}",
    "command": "image",
    "surrogate": "half \udcff",
    "wide": "深さ \N{GREEK SMALL LETTER SIGMA} 😀" * 10,
}
# The long ones cut: vl-convert measures a text letter by letter, so that 2,000 letters take seconds a chart.
TOGETHER = " ".join(text[:45] for kind, text in NASTY.items() if kind != "surrogate")


class Tags(HTMLParser):
    """Which elements a page has, and whether any handles events."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: Counter[str] = Counter()
        self.handlers: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found[tag] += 1
        self.handlers += [name for name, _ in attrs if name.startswith("on")]


def drawn(chart: Any) -> str:
    """The chart as SVG: an expression that does not parse raises."""
    text = json.dumps(chart.to_dict())
    return str(vl_convert.vegalite_to_svg(text, allowed_base_urls=[]))


def swept(folder: Path, label: str) -> SweepResult:
    axes = [{**listed(axis, (0.5, 2.0)), "label": label, "unit": label} for axis in (SIZE, DEPTH)]
    found = write_sweep(folder / "sweep", axes, failed={3: label.encode(errors="replace").decode()})
    manifest = json.loads((found / "sweep.json").read_text())
    (found / "sweep.json").write_text(json.dumps(manifest | {"title": label, "description": label}))
    return open_sweep(found)


@pytest.mark.parametrize("name", ["line", "heat_map", "tornado", "cell_detail"])
def test_charts_of_sweeps(tmp_path: Path, name: str) -> None:
    together = f"{TOGETHER} {NASTY['surrogate']}"
    for i, label in enumerate((together, "image", NASTY["unbroken"], NASTY["wide"])):
        (tmp_path / str(i)).mkdir()
        sweep = swept(tmp_path / str(i), label)
        assert name in SWEEP_CHARTS
        assert drawn(draw_sweep(sweep, name)).startswith("<svg")


def test_values_that_are_names(tmp_path: Path) -> None:
    values = [{"kind": "band", "width": text} for text in NASTY.values() if text != NASTY["surrogate"]]
    axes = [listed(POLICY, values)]
    sweep = open_sweep(write_sweep(tmp_path / "sweep", axes, lambda point: {"cost_of_survival": len(point["policy"])}))
    for name in ("line", "tornado"):
        assert drawn(draw_sweep(sweep, name)).startswith("<svg")


def test_charts_of_policies(tmp_path: Path) -> None:
    own = {"kind": f"mine:{' '.join(NASTY[kind] for kind in ('inches', 'script', 'lines', 'unbroken'))}", "width": 0.1}
    lived = [lives(1.0), lives(2.0, seed=2), lives(3.0, seed=3)]
    sweep = write_policies(tmp_path / "sweep", list(zip((EVERY, NEVER, own), lived, strict=True)))
    for name in POLICY_CHARTS:
        if name != "crowding":
            assert drawn(draw_sweep(sweep, name, metric="es_95")).startswith("<svg")
    tags = Tags(write_frontier_report(sweep, tmp_path / "f.html").read_text())
    assert not tags.found["img"] and not tags.handlers


def ran(folder: Path, label: str) -> Run:
    found = write_run(folder / "run", paths=20, hedgers=(label,), days=5)
    manifest = json.loads((found / "manifest.json").read_text())
    told = {"title": label, "command": label, "versions": {label: label}}
    scenario = {**manifest["scenario"], "description": label, "regime": label}
    part, *others = manifest["loss"]["parts"]
    column = {**part["columns"][0], "label": label}
    part = {**part, "label": label, "short": label, "said": label, "columns": [column]}
    loss = {**manifest["loss"], "label": label, "parts": [part, *others]}
    (found / "manifest.json").write_text(json.dumps({**manifest, **told, "scenario": scenario, "loss": loss}))
    return open_run(found)


@pytest.mark.parametrize("name", charts.CATALOGUE)
def test_charts_of_runs(tmp_path: Path, name: str) -> None:
    run = ran(tmp_path, TOGETHER)
    assert drawn(charts.draw(run, name)).startswith("<svg")


@pytest.fixture(scope="module")
def plain_page(tmp_path_factory: pytest.TempPathFactory) -> Tags:
    folder = tmp_path_factory.mktemp("plain")
    return Tags(write_report(ran(folder, "desk"), folder / "r.html").read_text())


@pytest.mark.parametrize("kind", ["script", "picture", "steering"])
def test_reports_hold_text_only(tmp_path: Path, kind: str, plain_page: Tags) -> None:
    run = ran(tmp_path, NASTY[kind])
    text = write_report(run, tmp_path / "r.html").read_text(encoding="utf-8")
    tags = Tags(text)
    assert tags.found["script"] == plain_page.found["script"]
    assert tags.found["img"] == plain_page.found["img"] == 0
    assert tags.handlers == []
    assert not set(text) & set("\x00\x07\x1b\u202e\u2066\u2028")


def test_a_page_of_a_strangers_sweep(tmp_path: Path) -> None:
    pages = {}
    for kind in ("script", "picture", "surrogate", "steering"):
        (tmp_path / kind).mkdir()
        text = write_sweep_report(swept(tmp_path / kind, NASTY[kind]), tmp_path / f"{kind}.html").read_text()
        pages[kind] = Tags(text)
        assert not pages[kind].handlers
        assert not pages[kind].found["img"]
    assert len({tags.found["script"] for tags in pages.values()}) == 1


def test_a_chart_page(tmp_path: Path) -> None:
    run = ran(tmp_path, NASTY["script"])
    page = write_chart(run, "panels", tmp_path / "c.html").read_text()
    assert "<script>alert" not in page


def test_the_words() -> None:
    assert harmless("5\\") == "5\N{SET MINUS}"
    assert harmless("image") == "Image"
    assert cut("abcdef", 4) == "abc\N{HORIZONTAL ELLIPSIS}"
    assert wrapped("a b " * 100, 7, most=2) == ["a b a b", "a b a\N{HORIZONTAL ELLIPSIS}"]


def test_a_specification_has_the_labels_of_an_altair_chart() -> None:
    names = ["a\\b", "image"]
    x = alt.X("x:N", title="title", sort=names, scale=alt.Scale(domain=names))
    chart = alt.Chart(alt.InlineData(values=[{"x": "a\\b"}]), title="a\\b").mark_line().encode(x=x)
    found = with_labels(chart.to_dict(validate=False))
    assert found == spec_of(chart)
    assert found["encoding"]["x"]["title"] == "Title" and "\\" in str(found["datasets"])
