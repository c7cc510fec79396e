"""The browser desk's part that looks at runs and sweeps: figures of the command line, and nothing that breaks it."""

from __future__ import annotations

import html
import io
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import polars as pl
import pytest

from analysis import charts, open_run, summarise
from analysis.compare import cells_of, compare
from analysis.export import run_sheets
from analysis.pages.report import report_page
from analysis.paths import days
from analysis.workbook import workbook
from scenarios.desk.layout import chart_json
from sim.dataset import Run
from sim.manifest import MANIFEST
from tests.desk_folder import AGENT, BROKEN, BROKEN_SWEEPS, EVIL, make_folder
from tests.served import browser, needs_browser, served

DAY = "2020-02-25"
FORMAT = "\N{NO-BREAK SPACE}"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_folder(tmp_path_factory.mktemp("look"))


@pytest.fixture(scope="module")
def desk(folder: Path) -> Iterator[httpx.Client]:
    with served(folder) as address, httpx.Client(base_url=address, timeout=60) as client:
        yield client


@pytest.fixture(scope="module")
def covid(folder: Path) -> Run:
    return open_run(folder / "runs" / "covid")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with browser() as opened:
        yield opened


def shown(answer: httpx.Response) -> str:
    """What a reader sees of a page: its text."""
    assert answer.status_code == 200, (answer.url, answer.text[-300:])
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", answer.text)).split()).replace(FORMAT, " ")


PAGES = [
    "/look",
    "/look/runs/covid",
    "/look/runs/covid/tables",
    "/look/runs/covid/paths",
    "/look/runs/covid/paths?sort=peak_vol&down=1&witnesses=1",
    "/look/runs/covid/paths/0",
    "/look/runs/covid/paths/11",
    f"/look/runs/covid/paths/0/days/{DAY}",
    f"/look/runs/covid/paths/11/days/{DAY}",
    "/look/runs/covid/paths/0/days/2020-02-19",
    f"/look/runs/covid/paths/0/days/{DAY}/quotes",
    f"/look/runs/covid/paths/0/days/{DAY}/trades/1",
    "/look/runs/covid/paths/0/calls/1",
    "/look/runs/covid/paths/11/calls/1",
    "/look/runs/covid/figures?agent=bank",
    "/look/runs/covid/paths/0?agent=bank",
    "/look/runs/covid/paths/11?agent=bank",
    f"/look/runs/covid/paths/11/days/{DAY}?agent=bank",
    "/look/runs/evil",
    "/look/runs/evil/figures",
    "/look/runs/evil/tables",
    "/look/runs/evil/paths",
    "/look/runs/evil/paths/2",
    f"/look/runs/{quote('<b>bold', safe='')}",
    "/look/compare?run=covid&run=evil",
    "/look/compare?run=covid&run=band",
    "/look/compare?run=covid&worlds=actual&worlds=price_taker",
    "/look/sweeps/grid",
    "/look/sweeps/grid/figures?metric=pnl",
    "/look/sweeps/grid/cells?sort=metric",
    "/look/sweeps/grid/cells/0",
    "/look/sweeps/grid/cells/4",
    "/look/sweeps/policies",
    "/look/sweeps/policies/policies?risk=pnl_sd&appetite=thrifty",
    "/look/sweeps/policies/figures",
    "/look/sweeps/policies/cells",
    "/look/studies/covid-tuned",
    "/look/studies/covid-reverse",
]


@pytest.mark.parametrize("page", PAGES)
def test_pages_open_and_no_text_of_users_becomes_a_tag(desk: httpx.Client, page: str) -> None:
    answer = desk.get(page)
    assert answer.status_code == 200, answer.text[-400:]
    assert "<script>alert" not in answer.text and "<img" not in answer.text and "<b>bold" not in answer.text
    assert "\u202e" not in answer.text and "\x07" not in answer.text


CHARTS = [
    "/api/look/runs/covid/scatter?x=drawdown&y=pnl",
    "/api/look/runs/covid/paths/0/charts/gains",
    "/api/look/runs/covid/paths/11/charts/margin",
    "/api/look/runs/covid/paths/11/charts/gains?agent=bank",
    "/api/look/runs/covid/paths/11/charts/position?agent=bank",
    f"/api/look/runs/covid/paths/0/days/{DAY}/ticks?venue=us10y",
    "/api/look/runs/evil/charts/panels",
    "/api/look/runs/evil/scatter",
    "/api/look/compare/bands?run=covid&run=band",
    "/api/look/compare/cost?run=covid&run=band",
    "/api/look/compare/level?run=covid&run=band&level=half_spread",
    "/api/look/sweeps/grid/charts/heat_map?metric=pnl&x=depth&y=size",
    "/api/look/sweeps/grid/charts/line?x=depth&by=size",
    "/api/look/sweeps/grid/charts/cell_detail",
    "/api/look/sweeps/grid/charts/tornado",
    "/api/look/sweeps/policies/policies/frontier?risk=drawdown_es_95",
    "/api/look/sweeps/policies/policies/appetites",
    "/api/look/studies/covid-tuned/against",
    "/api/look/studies/covid-tuned/search",
    "/api/look/studies/covid-reverse/along",
    "/api/look/studies/covid-reverse/levers",
]


@pytest.mark.parametrize("address", CHARTS)
def test_charts_are_specifications(desk: httpx.Client, address: str) -> None:
    answer = desk.get(address)
    assert answer.status_code == 200, answer.text
    assert "$schema" in answer.json()
    assert "\u202e" not in answer.text


@pytest.mark.parametrize("name", charts.CATALOGUE)
def test_a_chart_is_the_one_of_the_command(desk: httpx.Client, covid: Run, name: str) -> None:
    got = desk.get(f"/api/look/runs/covid/charts/{name}?world=price_taker").text
    mine = chart_json(charts.draw(covid, name, world="price_taker"))
    assert _plain(got) == _plain(mine)


def _plain(spec: str) -> str:
    """Without the numbers by which Altair tells charts apart."""
    return re.sub(r"(param|view|selector|data-|concat)[_-]?[0-9a-f]+", r"\1", spec)


def test_bins_are_a_control_of_the_distribution(desk: httpx.Client) -> None:
    page = desk.get("/look/runs/covid").text
    assert page.count('type="number" name="bins" value="80"') == 1
    few, many = (desk.get(f"/api/look/runs/covid/charts/distribution?bins={bins}").text for bins in (2, 200))
    assert len(few) < len(many)


def test_figures_are_those_of_the_summary(desk: httpx.Client, covid: Run) -> None:
    for world in ("actual", "price_taker"):
        cost = summarise(covid, world=world)["cost_of_survival"]
        text = shown(desk.get(f"/look/runs/covid/figures?world={world}"))
        assert f"Cost of survival {cost.brief()}" in text
        assert str(cost) in shown(desk.get(f"/look/runs/covid/tables?world={world}"))
    headline = desk.get("/api/look/runs/covid/headline").json()
    assert headline["value"] == summarise(covid)["cost_of_survival"].value
    assert str(summarise(covid)["cost_of_survival"]) in " ".join(headline["text"].split())  # unbroken on the page


def test_the_list_says_what_is_there_and_what_is_broken(desk: httpx.Client) -> None:
    text = shown(desk.get("/look"))
    for said in ("covid", "Covid crash, February to April 2020", "2020-02-19 to 2020-04-09", "12", "tuned policy"):
        assert said in text
    assert "a manifest is JSON" in text  # of the run whose manifest is cut
    assert "<script>alert(1)</script>" in text  # as text


def test_a_path_leads_to_its_days_trades_and_calls(desk: httpx.Client, covid: Run) -> None:
    page = desk.get("/look/runs/covid/paths/0").text
    day = re.findall(r'href="(/look/runs/covid/paths/0/days/[^"]+)"', page)
    assert len(day) == len(days.days(covid, "actual"))
    trade = re.findall(r'href="(/look/runs/covid/paths/0/days/[^"]+/trades/\d+)"', desk.get(day[3]).text)
    assert "Who took it" in shown(desk.get(trade[0]))
    call = re.findall(r'href="(/look/runs/covid/paths/0/calls/\d+)"', page)
    told = shown(desk.get(call[0]))
    assert "Which trades led to it" in told and "Proceeds of short sales, change" in told


def test_a_path_that_is_no_witness_says_so_and_offers_those_that_are(desk: httpx.Client) -> None:
    for page in ("/look/runs/covid/paths/11", f"/look/runs/covid/paths/11/days/{DAY}"):
        assert "was kept of 4 paths" in shown(desk.get(page))
        assert "/look/runs/covid/paths?witnesses=1" in desk.get(page).text
    only = desk.get("/look/runs/covid/paths?witnesses=1").text
    assert len(set(re.findall(r'href="/look/runs/covid/paths/(\d+)"', only))) == 4


def test_the_chosen_world_goes_along(desk: httpx.Client) -> None:
    page = desk.get("/look/runs/covid/paths/0?world=price_taker").text
    assert re.search(r'days/[\d-]+\?world=price_taker"', page)
    page = desk.get("/look/runs/covid/paths?go=3&world=price_taker", follow_redirects=False)
    assert page.headers["location"] == "/look/runs/covid/paths/3?world=price_taker"


def test_two_runs_have_the_differences_of_the_command(desk: httpx.Client, folder: Path, covid: Run) -> None:
    other = open_run(folder / "runs" / "band")
    text = shown(desk.get("/look/compare/table?run=covid&run=band"))
    for label, _, _, apart, _ in cells_of(compare(covid, other)):
        assert label in text and str(apart) in text
    assert "agents.hedger.policy.kind every against band" in shown(desk.get("/look/compare?run=covid&run=band"))


def test_an_appetite_leaves_its_rows(desk: httpx.Client) -> None:
    every = shown(desk.get("/look/sweeps/policies/policies"))
    one = shown(desk.get("/look/sweeps/policies/policies?appetite=thrifty"))
    assert every.count("covid_crash_2020") > one.count("covid_crash_2020") > 0


def test_downloads_are_what_the_commands_write(desk: httpx.Client, covid: Run) -> None:
    report = desk.get("/look/runs/covid/report.html")
    assert report.content == report_page(covid)
    assert report.headers["content-disposition"].startswith("attachment")
    assert desk.get("/look/runs/covid/workbook.xlsx").content == workbook(run_sheets(covid))
    with zipfile.ZipFile(io.BytesIO(desk.get("/look/runs/covid/data.zip").content)) as archive:
        assert archive.testzip() is None
        assert set(archive.namelist()) == {MANIFEST, *covid.files}
        assert archive.read(MANIFEST) == (covid.path / MANIFEST).read_bytes()
    assert desk.get("/look/sweeps/grid/workbook.xlsx").content[:2] == b"PK"
    with zipfile.ZipFile(io.BytesIO(desk.get("/look/sweeps/grid/data.zip").content)) as archive:
        assert "sweep.json" in archive.namelist() and len(archive.namelist()) > 10


@pytest.mark.slow  # five seconds of charts
@pytest.mark.parametrize("name", ["grid", "policies"])
def test_a_sweep_s_report_is_taken_home(desk: httpx.Client, name: str) -> None:
    report = desk.get(f"/look/sweeps/{name}/report.html")
    assert report.status_code == 200 and report.content.startswith(b"<!doctype html>")


BROKEN_PAGES = (
    "/look/runs/{}",
    "/look/runs/{}/figures",
    "/look/runs/{}/tables",
    "/look/runs/{}/paths",
    "/look/runs/{}/paths/0",
    "/look/runs/{}/paths/0/days/2020-02-25",
    "/look/runs/{}/paths/0/calls/1",
    "/look/runs/{}/data.zip",
    "/look/runs/{}/report.html",
    "/api/look/runs/{}/headline",
    "/api/look/runs/{}/charts/panels",
    "/api/look/runs/{}/scatter",
    "/look/compare?run=covid&run={}",
)


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_run_is_a_line_and_never_a_fault(desk: httpx.Client, name: str) -> None:
    codes = set()
    for page in BROKEN_PAGES:
        answer = desk.get(page.format(name))
        assert answer.status_code in (200, 400), (page, answer.text[-300:])
        assert "Traceback" not in answer.text
        codes.add(answer.status_code)
        if page.startswith("/api/") and answer.status_code == 400:
            assert "\n" not in answer.json()["error"]
    assert 400 in codes


@pytest.mark.parametrize("name", BROKEN_SWEEPS)
def test_a_broken_sweep_is_a_line_and_never_a_fault(desk: httpx.Client, name: str) -> None:
    pages = ("", "/figures", "/cells", "/cells/0", "/policies", "/workbook.xlsx")
    for at in (*(f"/look/sweeps/{name}{page}" for page in pages), f"/api/look/sweeps/{name}/charts/line"):
        answer = desk.get(at)
        assert answer.status_code in (200, 400), (at, answer.text[-300:])
    assert name in shown(desk.get("/look"))


def test_a_cell_whose_run_was_kept_leads_to_it(desk: httpx.Client) -> None:
    assert 'href="/look/runs/grid%3A0"' in desk.get("/look/sweeps/grid/cells/0").text
    assert "Covid crash" in shown(desk.get("/look/runs/grid%3A0"))
    assert desk.get("/look/runs/grid%3A0/paths/0").status_code == 200
    assert desk.get("/look/runs/grid%3A1").status_code == 400


WRONG = {
    "/look/runs/nothing": "there is no such dataset",
    "/look/runs/covid?world=paradise": "a run has no such world",
    "/look/runs/covid/figures?agent=nobody": "a run has no such agent",
    "/look/runs/covid/paths?sort=wealth": "a path has no such figure",
    "/look/runs/covid/paths?page=0": "a whole number from 1",
    "/look/runs/covid/paths?page=seven": "a whole number from 1",
    "/look/runs/covid/paths?go=99999999999999999999": "a whole number from 0",
    "/look/runs/covid/paths?go=400": "the run's paths are 0 to 11",
    "/look/runs/covid/paths/12": "the run's paths are 0 to 11",
    "/look/runs/covid/paths/0/days/yesterday": "a day is written YYYY-MM-DD",
    "/look/runs/covid/paths/0/days/1999-01-01": "a run has no such day",
    f"/look/runs/covid/paths/0/days/{DAY}/trades/999": "the day has no such trade",
    "/look/runs/covid/paths/0/calls/999": "the path has no such margin call",
    "/api/look/runs/covid/charts/pie": "there is no such chart",
    "/api/look/runs/covid/charts/distribution?bins=0": "a whole number from 1 to 1,000",
    "/api/look/runs/covid/paths/0/charts/pie": "a path has no such chart",
    "/api/look/runs/covid/scatter?x=wealth": "a path has no such figure",
    "/look/compare": "two runs are compared",
    "/look/compare?run=covid&run=covid": "two runs are compared",
    "/look/compare?run=covid&worlds=actual&worlds=actual": "a world is compared with another one",
    "/api/look/compare/pie?run=covid&run=band": "there is no such chart of two runs",
    "/api/look/compare/level?run=covid&run=band&level=wealth": "the market of both has no such level",
    "/look/sweeps/nothing": "there is no such dataset",
    "/look/sweeps/grid/figures?metric=wealth": "a sweep has no such metric",
    "/look/sweeps/grid/cells/99": "the sweep has no such finished cell",
    "/api/look/sweeps/grid/charts/pie": "there is no such chart of a sweep",
    "/api/look/sweeps/grid/charts/heat_map?x=wealth": "a sweep has no such axis",
    "/look/sweeps/policies/policies?risk=wealth": "a frontier has no such risk",
    "/look/sweeps/policies/policies?appetite=greedy": "there is no such appetite",
    "/look/sweeps/grid/policies": "a frontier needs a sweep over policies",
    "/look/studies/covid": "there is no such study",
    "/api/look/studies/covid-tuned/pie": "a study has no such chart",
}


@pytest.mark.parametrize("address", WRONG)
def test_a_wrong_address_is_a_line(desk: httpx.Client, address: str) -> None:
    answer = desk.get(address)
    assert answer.status_code in (400, 404), answer.text[-300:]
    assert WRONG[address] in html.unescape(answer.text)


@pytest.mark.parametrize("name", ["%2e%2e", "..%2f..%2fetc", "%2e%2e%2fsweeps%2fgrid", ".covid", "covid%00", "a" * 300])
def test_no_address_leads_out_of_the_folder(desk: httpx.Client, name: str) -> None:
    for at in ("/look/runs/", "/look/studies/", "/look/sweeps/"):
        assert desk.get(at + name).status_code in (400, 404)


SEEN = """() => {
  const at = document.activeElement, style = getComputedStyle(at), box = at.getBoundingClientRect();
  if (at === document.body) return null;
  const label = at.labels && at.labels[0] ? at.labels[0].innerText : at.innerText;
  return { what: at.outerHTML.slice(0, 80), name: (at.getAttribute("aria-label") || label || "").trim(),
           ring: style.outlineStyle !== "none", inside: box.width > 0 && box.bottom > 0 && box.top < innerHeight };
}"""


@needs_browser
@pytest.mark.parametrize("address", ["/", "/look", "/look/runs/covid", "/rates", "/trade", "/jobs"])
def test_the_keyboard_reaches_everything_by_name_and_shows_where_it_is(
    desk: httpx.Client, chromium: Any, address: str
) -> None:
    page, _ = _page(chromium)
    page.goto(f"{desk.base_url}{address}")
    page.wait_for_load_state("networkidle")
    stops = 0
    while (page.keyboard.press("Tab"), seen := page.evaluate(SEEN))[1] is not None:
        stops += 1
        assert seen["name"] and seen["ring"] and seen["inside"], seen
    assert stops > 6  # more than the bar above the page


@needs_browser
@pytest.mark.parametrize(("width", "addresses"), [(1280, ["/look", "/jobs"]), (800, ["/", "/look", "/jobs", "/trade"])])
def test_pages_are_no_wider_than_the_window(
    desk: httpx.Client, chromium: Any, width: int, addresses: list[str]
) -> None:
    """The list of runs needs no scrolling at a usual width."""
    page, _ = _page(chromium)
    page.set_viewport_size({"width": width, "height": 800})
    for address in addresses:
        page.goto(f"{desk.base_url}{address}")
        page.wait_for_load_state("networkidle")
        root = "document.documentElement"
        assert page.evaluate(f"{root}.scrollWidth - {root}.clientWidth") == 0, address
        wide = (
            "[...document.querySelectorAll('.scroll')].filter(each => each.scrollWidth > each.clientWidth + 1).length"
        )
        assert width < 1280 or page.evaluate(wide) == 0, address


@needs_browser
def test_a_browser_goes_from_the_list_to_a_point_and_from_there_to_a_call(desk: httpx.Client, chromium: Any) -> None:
    page, said = _page(chromium)
    page.goto(f"{desk.base_url}/look")
    cell = page.locator("[data-headline]", has_text="Cost of survival")
    cell.first.wait_for()
    page.fill("#filter", "band")
    assert page.locator("[data-filtered] tbody tr:visible").count() == 1
    page.fill("#filter", "")
    page.click("a:text-is('covid')")
    page.locator("[aria-label='Every path as a point'][data-drawn]:not([aria-busy])").wait_for()
    page.evaluate("window.kept = true")
    before = page.locator(".cards").inner_text()
    page.select_option("select[name=world]", "price_taker")
    page.wait_for_function("old => document.querySelector('.cards')?.innerText !== old", arg=before)
    assert page.evaluate("window.kept") is True  # redrawn without a load
    assert page.url.endswith("world=price_taker")
    page.locator("[aria-label='Every path as a point'][data-drawn]:not([aria-busy])").wait_for()
    page.select_option("select[name=world]", "actual")
    page.wait_for_function("before => document.querySelector('.cards')?.innerText === before", arg=before)
    _click_point(page, "Every path as a point", "path", 0)
    page.wait_for_url("**/paths/0?*")
    page.locator("[aria-label='gains'][data-drawn]").wait_for()
    _click_point(page, "gains", "call", 1)
    page.wait_for_url("**/calls/1*")
    assert "What led to the margin call" in page.locator("h1").inner_text()
    page.click("text=Its day")
    page.locator("[aria-label='Ticks and trades'][data-drawn]").wait_for()
    _click_point(page, "Ticks and trades", "trade", 1)
    page.wait_for_url("**/trades/1*")
    assert not said


@needs_browser
def test_a_browser_compares_two_runs_and_sorts_a_table(desk: httpx.Client, chromium: Any) -> None:
    page, said = _page(chromium)
    page.goto(f"{desk.base_url}/look")
    assert page.locator("#compare button").is_disabled()
    page.check("input[value=covid]")
    page.check("input[value=band]")
    page.click("#compare button")
    page.locator("[aria-label='bands'][data-drawn]").wait_for()
    page.locator("text=Difference: second less first").scroll_into_view_if_needed()
    heading = page.locator("th", has_text="difference")
    heading.locator("button").click()
    assert heading.get_attribute("aria-sort") == "ascending"
    keys = page.eval_on_selector_all("table.sorts td[data-key]", "all => all.map(td => td.dataset.key)")
    known = [float(key) for key in keys if key]
    assert known == sorted(known)
    page.locator("table.sorts th:nth-child(2) button").click()  # figures without a key: by what they say
    texts = page.locator("table.sorts tbody tr td:nth-child(2)").all_inner_texts()
    assert [_number(text) for text in texts] == sorted(_number(text) for text in texts)
    assert not said


@needs_browser
def test_a_browser_runs_nothing_of_an_evil_run(desk: httpx.Client, chromium: Any) -> None:
    page, said = _page(chromium)
    page.on("dialog", lambda dialog: said.append(dialog.message))
    for address in ("/look", "/look/runs/evil", "/look/runs/evil/paths/2", "/look/compare?run=covid&run=evil"):
        page.goto(f"{desk.base_url}{address}")
        page.wait_for_function("document.querySelectorAll('[aria-busy]').length < 12")
    page.goto(f"{desk.base_url}/look/runs/evil")
    page.locator("[aria-label='panels'][data-drawn]").wait_for()
    assert page.locator("main img").count() == 0
    assert EVIL.split("\u202e")[0] in page.locator("h1").inner_text()
    shown = "name => document.querySelector('main').innerText.includes(name)"
    page.wait_for_function(shown, arg=AGENT)  # tables come after the charts
    assert not said


def _page(chromium: Any) -> tuple[Any, list[str]]:
    """A page, and what goes wrong on it."""
    page, said = chromium.new_page(viewport={"width": 1280, "height": 3000}), []
    page.set_default_timeout(60_000)
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("console", lambda message: said.append(message.text) if _is_fault(message) else None)
    return page, said


def _number(text: str) -> float:
    """The number that a figure says."""
    text = text.replace("\N{MINUS SIGN}", "-").replace("$", "").replace(",", "").replace(" *", "")
    found = re.fullmatch(r"(-?[\d.]+)(?: ± [\d.]+)?\s?(bn|m|k|%|bp|x)?", text)
    assert found is not None, text
    return float(found[1]) * {"bn": 1e9, "m": 1e6, "k": 1e3}.get(found[2] or "", 1.0)


def _is_fault(message: Any) -> bool:
    """Whether a message is of a fault; that a broken run has no figure is none."""
    return message.type == "error" and "status of 400" not in message.text


def _click_point(page: Any, label: str, field: str, value: int) -> None:
    """Click the mark of a chart whose datum has this value."""
    find = """([label, field, value]) => {
      const place = document.querySelector(`[aria-label="${label}"]`), view = place.view, origin = view.origin();
      const canvas = place.querySelector("canvas, svg").getBoundingClientRect();
      let found = null;
      const walk = (item, x, y) => {
        if (found) return;
        for (const each of item.items || []) {
          const dx = x + (each.items ? each.x || 0 : 0), dy = y + (each.items ? each.y || 0 : 0);
          if (!each.items && each.datum && each.datum[field] === value)
            found = [x + (each.bounds.x1 + each.bounds.x2) / 2, y + (each.bounds.y1 + each.bounds.y2) / 2];
          walk(each, dx, dy);
        }
      };
      walk(view.scenegraph().root, 0, 0);
      const edge = view.padding();
      return found && [canvas.x + origin[0] + edge.left + found[0], canvas.y + origin[1] + edge.top + found[1]];
    }"""
    page.locator(f"[aria-label='{label}'][data-drawn]:not([aria-busy])").scroll_into_view_if_needed()
    x, y = page.evaluate(find, [label, field, value])
    page.mouse.click(x, y)


def test_the_folder_of_these_tests_has_calls_to_look_at(covid: Run) -> None:
    called = covid.margin_calls.filter(pl.col("path") == 0, pl.col("world") == "actual").collect()
    assert called.height
