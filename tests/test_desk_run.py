"""The page Run of the browser desk: choose, look, change, run, vary, download."""

from __future__ import annotations

import html
import re
import sys
import time

import httpx
import polars as pl
import pytest

from scenarios.desk.build import knobs
from scenarios.desk.build.what_if import _compared, _dated
from scenarios.desk.jobs import child
from scenarios.desk.limits import Limits
from scenarios.desk.uploads import Uploads, tidy
from scenarios.reading.loading import load
from scenarios.studies.curves.storyline_curves import storyline_curves
from sim.errors import UserError
from tests.served import browser, get, needs_browser, post, served

SHORT = ["storyline.anchor=[{date=2017-07-03, spot=2429, vol=0.11, overnight=0.0116, us2y=0.0141, us10y=0.0235, "
         "credit=0.0115}, {date=2017-07-07, spot=2425, vol=0.11}]", "clock.tick_minutes=390"]  # fmt: skip
SIZE = {"paths": "4", "seed": "7", "twin": "none", "settings": "\n".join(SHORT)}
QUIET = """import sys, time
sys.stdin.readline()
print('{"done": 1, "total": 4, "stage": "running"}', flush=True)
time.sleep(60)
"""
BOOK = "kind,notional,months,fixed_rate\nswap,50e6,60,0.02\n"
HISTORY = """date,spx,vix,overnight,us2y,us10y,ig_oas
2017-07-03,2429.0,11.2,1.16,1.41,2.35,1.15
2017-07-05,2432.5,11.1,1.16,1.41,2.33,1.15
2017-07-06,2409.8,12.5,1.16,1.40,2.37,1.15
2017-07-07,2425.2,11.2,1.16,1.40,2.39,1.15
"""


def error_of(answer):
    found = re.search(r'<p class="error" role="alert"[^>]*>(.*?)</p>', answer.text, re.DOTALL)
    return html.unescape(found[1]) if found else ""


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    """A desk with a run and two variations of it, made in this process, which is faster than by jobs."""
    from scenarios.desk.jobs.job import DONE, new_job
    from scenarios.desk.jobs.queue import FOLDER
    from scenarios.desk.jobs.reading import scenario_of
    from scenarios.desk.jobs.wanted import Wanted
    from scenarios.studies.run import run

    folder = tmp_path_factory.mktemp("desk")
    base = Wanted(scenario="calm_market", settings=tuple(SHORT), paths=8, seed=3)
    run(scenario_of(base, folder), out=folder / "runs" / "base", command=base.command())
    (folder / FOLDER).mkdir(parents=True)
    for label, setting in (("never", "agents.hedger.policy.kind=never"), ("thin", "venue.asset.depth=5e9")):
        wanted = Wanted(base="base", label=label, settings=(setting,))
        run(scenario_of(wanted, folder), out=folder / "runs" / f"base--{label}")
        time.sleep(0.002)  # ids go by the millisecond
        job = new_job(wanted, wanted.title, wanted.command(base.command()))
        job.now(DONE, run=f"base--{label}").write(folder / FOLDER)
    with served(folder, limits=Limits(paths=500)) as address:
        yield address, folder


# --- knobs -----------------------------------------------------------------------------------------------------------
def test_knobs_say_what_the_declarations_say():
    scenario = load("covid_crash_2020")
    every = {knob.key: knob for group in knobs.groups(scenario) for knob in group.knobs}
    depth = every["venue.asset.depth"]
    assert (depth.value, depth.unit, depth.help) == ("1.5e10", "$ notional", "depth at base vol")
    assert depth.low < 15e9 < depth.high and depth.log
    assert every["feedback.impact"].low == 0 and every["feedback.impact"].high == 2
    spread = every["venue.asset.half_spread"]
    assert spread.limits == "plausible: 1e-08 to 0.1"
    policy = knobs.policy_knobs(scenario, None)
    assert policy.kind in policy.kinds and "learned" not in policy.kinds
    assert {"never", "every", "band", "whalley_wilmott", "leland"} <= set(policy.kinds)


def test_what_a_form_changes_becomes_settings_and_nothing_else_does():
    scenario = load("calm_market")
    every = {knob.key: knob.value for group in knobs.groups(scenario) for knob in group.knobs}
    policy = knobs.policy_knobs(scenario, None)
    same = (
        every
        | {f"{policy.key}.kind": policy.kind}
        | {
            f"{policy.key}:{kind}.{knob.key.rpartition('.')[2]}": knob.value
            for kind, (_, own) in policy.kinds.items()
            for knob in own
        }
    )
    assert knobs.settings(scenario, None, same) == ()
    typed = same | {"agents.hedger.capital": "2e9", "agents.hedger.policy.kind": "band"}
    typed["agents.hedger.policy:band.width"] = "0.05"
    found = knobs.settings(scenario, None, typed)
    assert found == ("agents.hedger.capital=2e9", 'agents.hedger.policy={ kind = "band", width = 0.05 }')
    changed = load("calm_market", found)
    assert changed.agent("hedger").capital == 2e9 and changed.agent("hedger").policy.width == 0.05
    assert knobs.settings(scenario, None, {"agents.hedger.capital": 'x"y'}) == ('agents.hedger.capital="x\\"y"',)


def test_the_curve_before_and_after_goes_through_the_storyline():
    scenario = load("rate_hikes_2022")
    found = storyline_curves(scenario).filter(pl.col("node"))
    first = found.filter(pl.col("when") == "start").sort("years")
    anchor = scenario.storyline.anchor[0]
    nodes = {node.years: anchor.level(node.name) for node in scenario.market.rates.curve if node.years > 0}
    assert dict(first.select("years", "zero").iter_rows()) == pytest.approx(nodes)
    far = found.filter(pl.col("when") == "farthest").sort("years")
    moved = max(abs(a - b) for a, b in zip(far["zero"], first["zero"], strict=True))
    assert moved > 0.02


# --- the page --------------------------------------------------------------------------------------------------------
def test_every_preset_is_offered_and_one_is_shown(desk):
    address, _ = desk
    text = get(f"{address}/run").text
    assert "/run?scenario=covid_crash_2020" in text and "Gilt crisis" in text
    shown = get(f"{address}/run?scenario=calm_market")
    assert shown.status_code == 200 and 'name="set:agents.hedger.capital"' in shown.text
    assert "data-chart" in shown.text


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("scenario=nope", "no such preset, got 'nope'"),
        ("scenario=<script>", "no such preset"),
        ("file=uploads/../x", "no such upload"),
        ("history=/etc/passwd", "no such upload"),
    ],
)
def test_a_choice_that_is_none_is_said_in_a_line(desk, query, said):
    answer = get(f"{desk[0]}/run?{query}")
    assert answer.status_code == 400 and said in error_of(answer)
    assert "<script>," not in answer.text


def test_the_book_its_greeks_and_ladder_are_those_of_the_command_line(desk):
    from agents.desk.book_record import figures, split
    from analysis.numbers import money
    from scenarios.worlds.blueprint import blueprint_of

    address, _ = desk
    seen = post(f"{address}/run/look", data={"scenario": "calm_market"}).text
    blueprint = blueprint_of(load("calm_market"))
    book = blueprint.books["hedger"]
    for part in split(book):
        found = figures(part.book, 0, book.start.snapshot, part.book.new_fixings(1), 1 / blueprint.clock.days_a_year)
        assert f"<td>{money(float(found['vega_point'][0]))}</td>" in seen
    assert "two-curves" in seen and "spiral risk calm_market" in seen
    bad = post(f"{address}/run/look", data={"scenario": "calm_market", "set:agents.hedger.capital": "-1"})
    assert "must be > 0" in error_of(bad)


def test_a_run_that_cannot_be_keeps_what_was_typed(desk):
    address, _ = desk
    typed = {**SIZE, "scenario": "calm_market", "set:agents.hedger.capital": "-7", "set:venue.asset.depth": "4e9"}
    answer = post(f"{address}/run", data=typed)
    assert answer.status_code == 400 and "agents.hedger.capital: must be > 0, got -7" in error_of(answer)
    assert 'value="-7"' in answer.text and 'value="4e9"' in answer.text and 'aria-invalid="true"' in answer.text
    assert html.escape(SHORT[1]) in answer.text
    for field, value, said in (
        ("paths", "many", "paths: must be a whole number"),
        ("paths", "501", "at most 500"),
        ("name", "../x", "no name of a run"),
        ("settings", "agents.hedger.policy.kind=os:system", "imports no classes"),
        ("settings", "no equals", "must be KEY=VALUE"),
    ):
        answer = post(f"{address}/run", data={**SIZE, "scenario": "calm_market", field: value})
        assert answer.status_code == 400 and said in error_of(answer), (field, error_of(answer))


def test_uploads_are_kept_by_their_content_and_read_and_never_run(desk):
    address, folder = desk
    files = {"history": ("my record.csv", HISTORY), "book": ("book.csv", BOOK)}
    answer = post(f"{address}/run/upload", data={"exogenous": "yes"}, files=files)
    assert answer.status_code == 303, error_of(answer)
    shown = get(f"{address}{answer.headers['location']}")
    assert shown.status_code == 200, error_of(shown)
    assert len(list(folder.glob("uploads/*/my_record.csv"))) == 1
    look = dict(httpx.URL(answer.headers["location"]).params)
    seen = post(f"{address}/run/look", data=look)
    assert "Key rates" in seen.text, error_of(seen)
    wrong = {"history": ("bad.csv", HISTORY.replace("2409.8", "24O9.8"))}
    answer = post(f"{address}/run/upload", data={}, files=wrong)
    assert answer.status_code == 400 and "bad.csv" in error_of(answer) and "must be a number" in error_of(answer)
    answer = post(f"{address}/run/upload", files={"history": ("good.csv", HISTORY), "book": ("b.csv", "kind\nputt\n")})
    assert answer.status_code == 400 and "b.csv" in error_of(answer)
    assert re.search(r"now: <code>uploads/\w+/good.csv", answer.text)  # need not be sent again
    assert not re.search(r"now: <code>uploads/\w+/b.csv", answer.text)
    place = re.search(r"uploads/\w+/good.csv", answer.text)[0]
    empty = [(use, ("", b"", "application/octet-stream")) for use in ("file", "history", "curves")]  # as browsers do
    fields = [("history", (None, place)), *empty, ("book", ("book.csv", BOOK))]
    answer = post(f"{address}/run/upload", files=fields)
    assert answer.status_code == 303, error_of(answer)
    assert {"history", "book"} <= set(dict(httpx.URL(answer.headers["location"]).params))
    own = 'name = "own"\n[storyline]\nanchor = []\n[agents.x]\ntype = "evil:Agent"\n'
    answer = post(f"{address}/run/upload", data={}, files={"file": ("own.toml", own)})
    assert answer.status_code == 400 and error_of(answer)
    for name, content, said in (("x.exe", "a", "ends in .csv"), ("x.csv", " ", "is empty")):
        answer = post(f"{address}/run/upload", data={}, files={"book": (name, content)})
        assert answer.status_code == 400 and said in error_of(answer)
    assert "no file was chosen" in error_of(post(f"{address}/run/upload", data={}))


def test_a_scenario_with_a_class_of_its_own_is_not_imported(desk):
    address, _ = desk
    from scenarios.reading.shipped import catalogue

    text = catalogue()["calm_market"].read_text() + '\n[agents.other]\ntype = "antigravity:Agent"\n'
    answer = post(f"{address}/run/upload", data={}, files={"file": ("own.toml", text)})
    assert answer.status_code == 400 and "the desk imports no classes of your own" in error_of(answer)
    assert "antigravity" not in sys.modules


def test_names_of_uploads_are_tidied(tmp_path):
    assert tidy("../../etc/pass wd.csv") == "pass_wd.csv"
    assert tidy("C:\\x\\.hidden.csv") == "hidden.csv"
    assert len(tidy("x" * 300 + ".csv")) == 80 and tidy("x" * 300 + ".csv").endswith(".csv")
    uploads = Uploads(tmp_path)
    place = uploads.keep("a.csv", b"x", (".csv",))
    assert uploads.keep("a.csv", b"x", (".csv",)) == place
    for wrong in ("a.csv", "uploads/a.csv", place + "/", "../" + place, place.replace("a.csv", "b.csv")):
        with pytest.raises(UserError, match="no such upload"):
            uploads.check(wrong)


# --- what ifs and downloads ------------------------------------------------------------------------------------------
def test_what_ifs_are_paired_differences_as_compare_has_them(desk):
    from analysis.compare import compare
    from sim.dataset import open_run

    address, folder = desk
    base, thin = (open_run(folder / "runs" / name) for name in ("base", "base--thin"))
    text = html.unescape(get(f"{address}/run/what-if/base").text)
    assert "spiral compare runs/base runs/base--never" in text and "data-chart" in text
    known = compare(base, thin)
    assert _compared(*_dated(folder / "runs" / "base"), *_dated(folder / "runs" / "base--thin")).equals(known)
    row = known.row(by_predicate=pl.col("name") == "liquidity_tax", named=True)
    paired, apart = row["error"], (row["a_error"] ** 2 + row["b_error"] ** 2) ** 0.5
    assert row["difference"] > 0 and paired < apart  # the same noise: the difference is known better than either
    assert all(said in text for said in ("Re-marking (vega)", "hedged daily", "A desk that is liquidated sooner"))
    assert "/run/what-if/base" in get(f"{address}/look/runs/base").text
    chosen = html.unescape(get(f"{address}/run/what-if/base?figure=liquidity_tax").text)
    assert '<option value="liquidity_tax" selected>' in chosen
    assert get(f"{address}/run/what-if/nothing").status_code == 400


def test_wrong_variations_queue_none(desk):
    address, _ = desk
    before = len(get(f"{address}/api/jobs").json()["jobs"])
    form = {"settings-0": "feedback.impact=0.0", "settings-1": "agents.hedger.capital=-1", "label-1": "poor"}
    answer = post(f"{address}/run/what-if/base", data=form)
    assert answer.status_code == 400 and "must be > 0" in error_of(answer) and "poor" in answer.text
    assert error_of(answer).startswith("agents.hedger.capital: ")
    assert "no variation is given" in error_of(post(f"{address}/run/what-if/base", data={}))
    assert len(get(f"{address}/api/jobs").json()["jobs"]) == before


def test_a_finished_job_leads_to_its_run_and_its_files(desk):
    address, _ = desk
    (never,) = (job for job in get(f"{address}/api/jobs").json()["jobs"] if job["label"] == "never")
    text = get(f"{address}/jobs/{never['id']}").text
    leads = re.findall(r'href="(/(?:look|run)/[^"]*base--never[^"]*)"', text)
    assert len(leads) == 5
    for each in leads:
        with httpx.stream("GET", f"{address}{each}") as answer:
            assert answer.status_code == 200, each


@needs_browser
def test_a_browser_moves_a_slider_looks_runs_and_cancels(tmp_path, monkeypatch):
    from playwright.sync_api import expect

    monkeypatch.setattr(child, "WORKER", (sys.executable, "-c", QUIET))
    with served(tmp_path) as address, browser() as chromium:
        page = chromium.new_page(viewport={"width": 1280, "height": 800})
        said = []
        page.on("console", lambda message: said.append(message.text))
        page.goto(f"{address}/run")
        page.get_by_role("link", name="Calm market (hypothetical)").click()
        expect(page.locator("#look")).to_have_attribute("aria-busy", "false", timeout=60_000)
        expect(page.locator("#look table").first).to_contain_text("put")
        expect(page.locator("#chart-two-curves")).to_have_attribute("data-drawn", "yes")
        number = page.locator("#agents-hedger-capital")
        before = number.input_value()
        page.get_by_role("slider", name="hedger, slider").focus()
        page.keyboard.press("End")
        assert float(number.input_value()) > float(before)
        page.get_by_label("Policy", exact=True).select_option("band")
        page.locator("[data-kind=band] input[name$='band.width']").fill("0.05")
        page.locator("#paths").fill("5")
        page.locator("#paths").blur()
        expect(page.locator("#changes")).to_contain_text("keys changed")
        page.get_by_role("button", name="Run", exact=True).click()
        page.wait_for_url("**/jobs/*")
        expect(page.locator("details.same code")).to_contain_text("--paths 5")
        expect(page.locator("details.same code")).to_contain_text('kind = "band", width = 0.05')
        expect(page.get_by_role("progressbar")).to_have_attribute("value", "0.25")
        page.get_by_role("button", name="Cancel").click()
        expect(page.locator(".state b")).to_have_text("cancelled")
        assert not said, said
