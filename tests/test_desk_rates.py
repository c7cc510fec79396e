"""The page Rates of the browser desk: quotes edited, swaps and books valued, stresses apart, exports."""

from __future__ import annotations

import html
import io
import re
import shlex
import zipfile
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from click.testing import CliRunner

from markets.curves.stress import parse_stress
from scenarios.cli import main
from scenarios.desk.rates.asked import BOTH, EXAMPLES, SONIA, asked_of, first_asked, key_stresses
from scenarios.desk.rates.market import example_swaps, market_of
from scenarios.desk.rates.priced import priced
from scenarios.reading.loading import load
from scenarios.studies.curves.curve_file import read_curve_file
from scenarios.studies.curves.requoting import curve_file_text, listed, requoted
from scenarios.studies.curves.solving import read_and_solve, value_swaps
from scenarios.studies.curves.stress_tables import after_stress, moved_lines, stress_by_swap
from scenarios.studies.curves.take_curves import take_curves
from scenarios.studies.risk.bare_book import bare_book
from scenarios.studies.risk.book_risk import book_risk
from sim.errors import UserError
from tests.served import browser, get, needs_browser, post, served

QUOTES = """curve,kind,tenor,rate_percent
sofr,swap,3M,4.20
sofr,swap,1Y,3.90
sofr,swap,2Y,3.68
sofr,swap,5Y,3.64
sofr,swap,10Y,3.86
sofr,swap,30Y,3.92
"""
SWAPS = "name,side,rate_percent,tenor,notional\nA,receive,3.50,9Y,50e6\nB,pay,4.00,10Y,20e6\n"
POSITIONS = "kind,notional,months,fixed_rate\nois,50e6,60,0.035\n"
FORM = {"example": SONIA, "swaps": "\n".join(example_swaps()), "stress": "parallel 50\nsteepener 25"}


def error_of(answer):
    found = re.search(r'<p class="error" role="alert"[^>]*>(.*?)</p>', answer.text, re.DOTALL)
    return html.unescape(found[1]) if found else ""


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    folder = tmp_path_factory.mktemp("desk")
    with served(folder) as address:
        yield address, folder


# --- curves and files ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("example", EXAMPLES)
def test_a_file_of_the_curves_reads_back_as_the_same_curves(example, tmp_path):
    market = market_of(first_asked(example), tmp_path)
    file = tmp_path / "curves.toml"
    file.write_text(market.file_text(first_asked(example).swaps, ("parallel 50",)))
    read = read_curve_file(file)
    assert read.file.curves == dict(market.solved.curves.specs)
    assert (read.file.date, read.file.stress) == (market.solved.curves.day, ("parallel 50",))
    assert [swap.notional for swap in read.file.swaps] == [50e6, 40e6] * (example == BOTH)
    again = read_and_solve(file).curves
    assert np.array_equal(again.solution.y, market.solved.curves.solution.y)


def test_turns_meetings_and_bonds_stand_in_the_file_too(tmp_path):
    text = """date = 2026-03-02
[curves."my curve"]
convention = "usd_sofr"
meetings = [2026-03-18, 2026-04-29]
turns = [{ start = 2026-12-31, end = 2027-01-04, rate = 0.002 }]
quotes = [{ kind = "ois", tenor = "1M", rate = 0.0432 }, { kind = "ois", tenor = "2Y", rate = 0.04 }]
"""
    file = tmp_path / "a.toml"
    file.write_text(text)
    read = read_curve_file(file).file
    file.write_text(curve_file_text(read.curves, read.date))
    assert read_curve_file(file).file.curves == read.curves


def test_a_quote_that_is_typed_over_moves_the_swaps_as_its_ladder_says(tmp_path):
    line = next(line for line in market_of(first_asked(SONIA), tmp_path).lines if line.instrument == "ois 10Y")
    asked = asked_of({**FORM, f"q:sonia:{line.number}": str(float(line.sent) + 0.0001)})
    market = market_of(asked, tmp_path)
    assert market.changed and not market_of(asked_of(FORM), tmp_path).changed
    found = priced(asked, market, tmp_path)
    change = found.frames["change_of_quotes"]["change"].sum()
    book = value_swaps(list(example_swaps()), market.sent.curves)
    quotes = [quote.name for quote in market.sent.curves.quotes]
    known = book.ladder[:, quotes.index("sonia ois 10Y")].sum()
    assert change == pytest.approx(0.01 * known, rel=1e-4)


def test_quotes_out_of_any_market_are_refused_by_name():
    specs = listed(market_of(first_asked(BOTH), Path()).sent.curves.specs)
    assert requoted(specs, {("eur_usd", 0): -15.0})["eur_usd"].quotes[0].rate == pytest.approx(-0.0015)
    with pytest.raises(UserError, match=r"quotes: sofr.ois 3M"):
        requoted(specs, {("sofr", 0): 420.0})
    with pytest.raises(UserError, match=r"got '420 %'; the line is in %, as sent: [\d.]+"):
        requoted(specs, {("sofr", 0): 420.0})


# --- stresses --------------------------------------------------------------------------------------------------------
def test_stresses_by_swap_are_those_of_the_book(tmp_path):
    market = market_of(first_asked(BOTH), tmp_path)
    book = value_swaps(list(first_asked(BOTH).swaps), market.solved.curves)
    moves = [parse_stress(text) for text in ("parallel 50", "parallel 30 on discounting; 2Y 10, 10Y -5 on projecting")]
    by_swap = stress_by_swap(book, moves)
    for move in moves:
        assert by_swap[move.name].to_numpy() == pytest.approx(book.stressed(move))
    after = after_stress(book, moves)
    euros = after.filter(pl.col("currency") == "eur")
    assert euros["change"].to_list() == pytest.approx([0.0, *(float(book.stressed(move)[1]) for move in moves)])
    assert euros["pv01"][1] > euros["pv01"][0]  # a payer's PV01 is negative, and smaller at higher rates


def test_stresses_of_all_key_rates_add_up_to_the_parallel_one(tmp_path):
    curves = market_of(first_asked(SONIA), tmp_path).solved.curves
    keys = dict(key_stresses(1.0))
    assert (keys["5Y"], keys["6M"], keys["30Y"]) == ("3Y 0, 5Y 1, 7Y 0", "6M 1, 1Y 0", "20Y 0, 30Y 1")
    together = moved_lines(curves, parse_stress("; ".join(keys.values()))).filter(pl.col("series") == "sonia after")
    parallel = moved_lines(curves, parse_stress("parallel 1")).filter(pl.col("series") == "sonia after")
    assert together["zero"].to_numpy() == pytest.approx(parallel["zero"].to_numpy(), abs=1e-15)


def test_curves_that_move_apart_are_drawn_apart(tmp_path):
    curves = market_of(first_asked(SONIA), tmp_path).solved.curves
    one = moved_lines(curves, parse_stress("parallel 50"))
    assert one["series"].unique(maintain_order=True).to_list() == ["sonia", "sonia after"]
    first, then = (one.filter(pl.col("series") == name)["zero"].to_numpy() for name in ("sonia", "sonia after"))
    assert then - first == pytest.approx(np.full(first.size, 0.005))
    both = moved_lines(curves, parse_stress("parallel 50 on discounting; parallel 20 on projecting"))
    names = both["series"].unique(maintain_order=True).to_list()
    assert names == ["sonia", "sonia after, discounting", "sonia after, projecting"]


# --- through the server ----------------------------------------------------------------------------------------------
def test_the_page_shows_something_at_once_and_writes_nothing(desk):
    address, folder = desk
    for example in EXAMPLES:
        answer = get(f"{address}/rates?example={example}")
        assert answer.status_code == 200 and not error_of(answer)
        assert "data-chart" in answer.text and "Risk by key rate" in answer.text
    assert not list(folder.iterdir())
    assert get(f"{address}/rates?example=other").status_code == 400


def test_the_command_that_is_shown_gives_the_figures_that_are_shown(desk, monkeypatch):
    address, folder = desk
    monkeypatch.chdir(folder)
    files = {
        "curves_sent": ("q.csv", QUOTES),
        "swaps_file_sent": ("s.csv", SWAPS),
        "positions_sent": ("p.csv", POSITIONS),
    }
    form = {"example": SONIA, "day": "2026-03-02", "stress": "parallel 50", "discounting": "parallel 10"}
    answer = post(f"{address}/rates", data=form, files=files)
    assert answer.status_code == 200, error_of(answer)
    kept = dict(re.findall(r'<input type="hidden" name="(curves|swaps_file|positions)" value="([^"]*)"', answer.text))
    over = {**form, **kept, "q:sofr:4": "4.86"}
    answer = post(f"{address}/rates", data=over)
    assert answer.status_code == 200 and "P&amp;L of the changed quotes" in answer.text, error_of(answer)
    shown = html.unescape(re.search(r"<pre><code>(.*?)</code>", answer.text, re.DOTALL)[1]).strip().splitlines()
    export = post(f"{address}/rates/export/rates.zip", data=over)
    tables = zipfile.ZipFile(io.BytesIO(export.content))
    for line, name, file in (
        (shown[0], "swaps.csv", "rates/swaps.csv"),
        (f"{shown[1]} --out risk", "positions_key_rates.csv", "risk/key_rates.csv"),
    ):
        done = CliRunner().invoke(main, shlex.split(line)[1:])
        assert done.exit_code == 0, done.output
        mine, theirs = pl.read_csv(tables.read(name)), pl.read_csv(folder / file)
        assert mine.select(pl.selectors.numeric()).equals(theirs.select(pl.selectors.numeric()))
    whole = post(f"{address}/rates/export/rates.html", data=over)
    assert "attachment" in whole.headers["content-disposition"] and "Swaps on quoted curves" in whole.text
    sheets = post(f"{address}/rates/export/rates.xlsx", data=over)
    assert sheets.content[:2] == b"PK"
    text = post(f"{address}/rates/export/curves.toml", data=over).text
    assert "rate = 0.0486" in text
    assert post(f"{address}/rates/export/other", data=over).status_code == 404


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"q:sonia:0": "abc"}, "quotes: sonia.ois 1W: must be a number"),
        ({"q:sonia:0": "397"}, "sonia.ois 1W"),
        ({"swaps": "receive 3% 9Y"}, "Swaps, line 1: the swap has no notional"),
        ({"stress": "sideways 5"}, "^Stresses: no such shape"),
        ({"discounting": "parallel"}, "is not a stress"),
        ({"discounting": "parallel 5; parallel 6"}, "discounting: is one move"),
        ({"projecting": "parallel 5 on sonia"}, "projecting: is one move"),
        ({"day": "yesterday"}, "not a date"),
        ({"curves": "uploads/../../x.csv"}, "no such upload"),
        ({"positions": "/etc/passwd"}, "no such upload"),
        ({"stress": "parallel 5 on sofr"}, "names no curve"),
    ],
)
def test_mistakes_are_a_line_and_nothing_typed_is_lost(desk, changes, said):
    typed = {**FORM, "q:sonia:1": "3.99", "projecting": "2Y 10", **changes}
    answer = post(f"{desk[0]}/rates", data=typed)
    assert answer.status_code == 400 and re.search(said, error_of(answer)), error_of(answer)
    for name, value in typed.items():
        if not name.startswith("q:") or "curves" not in changes:
            assert all(line in html.unescape(answer.text) for line in value.splitlines()), (name, value)


def test_choices_that_no_form_has_are_refused(desk):
    for field in ("interpolation", "tents", "dates", "example"):
        answer = post(f"{desk[0]}/rates", data={**FORM, field: "other"})
        assert answer.status_code == 400 and "none of these" in answer.text


def test_a_file_of_curves_reads_no_other_file(desk):
    text = 'date = 2026-03-02\n[curves.sofr]\nconvention = "usd_sofr"\nfile = "/etc/passwd"\n'
    answer = post(f"{desk[0]}/rates", data=FORM, files={"curves_sent": ("c.toml", text)})
    assert answer.status_code == 400 and "is read on the command line alone" in error_of(answer)
    answer = post(f"{desk[0]}/rates", data=FORM, files={"curves_sent": ("c.csv", "curve,rate\nsofr\n")})
    assert answer.status_code == 400 and "c.csv" in error_of(answer)


@needs_browser
def test_a_browser_moves_a_curve_and_sees_both(desk):
    from playwright.sync_api import expect

    address, _ = desk
    with browser() as chromium:
        page = chromium.new_page(viewport={"width": 1280, "height": 800})
        said = []
        page.on("console", lambda message: said.append(message.text))
        page.goto(f"{address}/rates")
        expect(page.locator("#chart-curves")).to_have_attribute("data-drawn", "yes")
        page.get_by_label("Move all quotes of sonia by so many basis points").fill("25")
        page.get_by_label("Move all quotes of sonia by so many basis points").blur()
        expect(page.locator("#changes")).to_have_text("16 quotes changed")
        page.get_by_role("button", name="10Y", exact=True).click()
        expect(page.get_by_label("Stresses, one a line")).to_have_value(re.compile("7Y 0, 10Y 25, 15Y 0$"))
        page.get_by_label("What discounts moves by").fill("parallel 50")
        page.get_by_role("button", name="Solve and value").click()
        expect(page.locator("#chart-changed-quotes")).to_have_attribute("data-drawn", "yes")
        expect(page.get_by_label("sonia ois 10Y, %")).to_have_value("4.3")
        expect(page.locator("section", has_text="P&L of the changed quotes").locator("tr.total")).to_be_visible()
        page.get_by_label("Curves before and after").select_option("parallel 50 on discounting")
        expect(page.locator("#chart-stressed")).to_contain_text("parallel 50 on discounting")
        assert not said, said


def test_a_book_has_a_limit(tmp_path):
    asked = first_asked(BOTH)
    market = market_of(asked, tmp_path)
    with pytest.raises(UserError, match="at most 1 lines, got 2"):
        priced(asked, market, tmp_path, most=1)


def test_a_book_stands_on_a_file_of_curves_as_on_its_table(tmp_path):
    table, file, book = (tmp_path / name for name in ("q.csv", "c.toml", "p.csv"))
    table.write_text(QUOTES)
    book.write_text(POSITIONS)
    curves = read_and_solve(table, day="2026-03-02").curves
    file.write_text(curve_file_text(curves.specs, curves.day))
    known = book_risk(bare_book(book, table, day="2026-03-02")).positions()
    assert book_risk(bare_book(book, file)).positions().equals(known, null_equal=True)
    assert book_risk(bare_book(book, dict(curves.specs), day="2026-03-02")).positions().equals(known, null_equal=True)
    with pytest.raises(UserError, match=r"c.toml: date: the curves are of another day, got '2026-03-02'"):
        take_curves(load("calm_market"), file)
