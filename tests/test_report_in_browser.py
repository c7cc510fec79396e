"""A report in headless Chromium: its first chart is on screen before the last table is read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from analysis import open_run, write_report
from tests.served import PATIENCE, browser, needs_browser
from tests.synthetic_run import write_run

# What enters the page, in order: "table", and charts by name when they are drawn.
WATCH = """
window.seen = [];
new MutationObserver(changes => {
  for (const node of changes.flatMap(change => [...change.addedNodes])) {
    if (node.nodeName === "TABLE") seen.push("table");
    if (node.nodeName === "svg" && node.matches(".chart svg.marks")) seen.push(node.closest(".chart").id);
  }
}).observe(document, { childList: true, subtree: true });
"""
DRAWN = "[...document.querySelectorAll('.chart')].every(chart => chart.querySelector('svg.marks'))"


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with browser() as opened:
        yield opened


@needs_browser
def test_the_first_chart_is_drawn_before_the_last_table_is_read(tmp_path: Path, chromium: Any) -> None:
    place = write_report(open_run(write_run(tmp_path / "run")), tmp_path / "report.html")
    page = chromium.new_page()
    page.add_init_script(WATCH)
    page.goto(place.as_uri(), timeout=1000 * PATIENCE)
    page.wait_for_function(DRAWN, timeout=1000 * PATIENCE)
    seen, order = page.evaluate("seen"), page.evaluate("[...document.querySelectorAll('.chart')].map(c => c.id)")
    tables = [i for i, name in enumerate(seen) if name == "table"]
    assert len(tables) > 5
    assert seen.index(order[0]) < tables[-1]
    assert [name for name in seen if name != "table"] == order  # the others follow, from the top of the page


@needs_browser
def test_a_page_that_is_printed_has_every_chart(tmp_path: Path, chromium: Any) -> None:
    place = write_report(open_run(write_run(tmp_path / "run", days=3)), tmp_path / "report.html")
    page = chromium.new_page()
    page.add_init_script("window.requestIdleCallback = () => {};")  # a browser that has no time
    page.goto(place.as_uri(), timeout=1000 * PATIENCE)
    assert page.evaluate("document.querySelectorAll('.chart svg.marks').length") == 1
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.wait_for_function(DRAWN, timeout=1000 * PATIENCE)
