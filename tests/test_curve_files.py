"""Files of quotes and swaps as people have them: what can be told is read, the rest refused in one line."""

from __future__ import annotations

import json
import re
from datetime import date
from itertools import pairwise
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner

from markets.specs.curve_swaps import CurveSwapSpec
from markets.specs.curves import CurveSpec
from scenarios import curve_history, solve_curves, value_swaps
from scenarios.cli import main
from scenarios.studies.curves.solving import read_and_solve
from scenarios.studies.curves.swap_text import parse_swap
from sim.errors import UserError

DAY = "2026-03-02"
PLAIN = "curve,kind,tenor,rate_percent\nsofr,ois,1Y,3.90\nsofr,ois,5Y,3.64\nsofr,ois,10Y,3.86\n"
FORMS = {
    "decimals": PLAIN.replace("rate_percent", "rate").replace("3.90", "0.039").replace("3.64", "0.0364").replace(
        "3.86", "0.0386"),
    "basis points": PLAIN.replace("rate_percent", "rate_bp").replace("3.90", "390").replace("3.64", "364").replace(
        "3.86", "386"),
    "a heading with a sign": PLAIN.replace("rate_percent", "Rate (%)"),
    "signs in the cells": PLAIN.replace("rate_percent", "rate").replace("3.90", "3.90%").replace(
        "3.64", "364bp").replace("3.86", "3.86 %"),
    "semicolons and decimal commas": PLAIN.replace(",", ";").replace(".", ","),
    "a byte order mark and capitals": "\ufeff" + PLAIN.replace("curve,kind", "CURVE,Type").replace("sofr", "SOFR"),
    "spaces and tabs": PLAIN.replace(",", "\t").replace("sofr", " sofr "),
    "swap for the market's own": PLAIN.replace("ois", "swap"),
    "no kind": PLAIN.replace("kind,", "").replace("ois,", ""),
    "a column of the convention": PLAIN.replace("kind,", "convention,").replace("ois,", "USD SOFR,"),
    "dates": PLAIN.replace("curve,", "Valuation date,curve,").replace("sofr,", "2 March 2026,sofr,"),
    "windows": PLAIN.replace("\n", "\r\n"),
}  # fmt: skip


def write(folder: Path, text: str, name: str = "quotes.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8", newline="")
    return path


@pytest.mark.parametrize("form", FORMS)
def test_forms_of_one_table(form: str, tmp_path: Path) -> None:
    found = solve_curves(write(tmp_path, FORMS[form]), day=DAY)
    (curve,) = found.curves.values()
    assert [quote.value for quote in found.quotes] == pytest.approx([0.039, 0.0364, 0.0386], abs=1e-15)
    assert curve.zero(5.0) == pytest.approx(0.036196431, abs=1e-9) and curve.currency == "usd"


def test_a_frame_and_specs_are_taken_too() -> None:
    frame = pl.DataFrame({"curve": ["sonia"], "tenor": ["10Y"], "rate": [0.0405]})
    spec = CurveSpec(convention="gbp_sonia", rates={"10Y": 0.0405})
    a, b = (solve_curves(source, day=date(2026, 3, 2)) for source in (frame, {"sonia": spec}))
    assert a["sonia"].y == pytest.approx(b["sonia"].y, abs=1e-15)


def test_several_days_are_a_history(tmp_path: Path) -> None:
    rows = [f"{day},sofr,{tenor},{rate}" for day, rate in ((DAY, 3.9), ("2026-03-03", 3.8)) for tenor in ("1Y", "10Y")]
    path = write(tmp_path, "\n".join(["date,curve,tenor,rate_percent", *rows]))
    first, second = (solve_curves(path, day=day) for day in (DAY, "2026-03-03"))
    assert first.quotes[0].value == 0.039 and second.quotes[0].value == 0.038 and second.day == date(2026, 3, 3)
    with pytest.raises(UserError, match="holds quotes of several days, got 2; choose one with --date"):
        solve_curves(path)
    with pytest.raises(UserError, match="has no quotes of this day, got '2026-03-04'; it has 2026-03-02 to 2026-03-03"):
        solve_curves(path, day="2026-03-04")


def test_a_name_with_a_date_says_the_day(tmp_path: Path) -> None:
    assert solve_curves(write(tmp_path, PLAIN, "curves_2026-03-02.csv")).day == date(2026, 3, 2)


TOML = """
date = 2026-03-02

[curves.sofr]
convention = "usd_sofr"
rates = { "1Y" = 0.039, "10Y" = 0.0386 }

[curves.estr]
convention = "eur_estr"
file = "quotes.csv"

[curves.eur_usd]
convention = "eur_estr"
projection = "estr"
against = "sofr"
quotes = [{ kind = "cross_currency", tenor = "10Y", rate = -0.0028 }]

[fx]
eur_usd = 1.08

[[swaps]]
side = "receive"
notional = 1e6
tenor = "5Y"
curve = "eur_usd"
rate = 0.026
"""


def test_a_file_of_curves(tmp_path: Path) -> None:
    """With a table of quotes beside it; a swap on the cross-currency curve is projected on its own overnight rate."""
    write(tmp_path, PLAIN.replace("sofr", "estr").replace("3.", "2."))
    found = solve_curves(write(tmp_path, TOML, "curves.toml"))
    assert list(found.curves) == ["sofr", "estr", "eur_usd"] and found.residual < 1e-12
    assert found["estr"].years.size == 3 and found["eur_usd"].currency == "eur"
    book = value_swaps(["receive 2.6% 5Y 1m on eur_usd"], found)
    assert {point.curve for point in book.flows.points} == {"estr", "eur_usd"}
    assert book.zero_dv01(role="projection") == pytest.approx(book.zero_dv01(curve="estr"))


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("receive 3.5% 9Y 50m", CurveSwapSpec(side="receive", rate=0.035, tenor="9Y", notional=50e6)),
        ("pay par 18M 1bn", CurveSwapSpec(side="pay", tenor="18M", notional=1e9)),
        ("Pay -0.2% 1Y6M 10k start spot", CurveSwapSpec(side="pay", rate=-0.002, tenor="1Y6M", notional=10e3)),
        (
            "receive 4% 5Y 2.5m start 1Y on sofr discount estr spread 10bp amortising months 6",
            CurveSwapSpec(
                side="receive", rate=0.04, tenor="5Y", notional=2.5e6, start="1Y", curve="sofr", discount="estr",
                spread=0.001, profile="amortising", months=6,
            ),
        ),
        (
            "pay 4% 100 start 2026-06-01 end 2028-06-01",
            CurveSwapSpec(side="pay", rate=0.04, notional=100, start=date(2026, 6, 1), end=date(2028, 6, 1)),
        ),
    ],
)  # fmt: skip
def test_swaps_in_words(text: str, same: CurveSwapSpec) -> None:
    found = parse_swap(text)
    keys = [key for key in vars(same) if key not in ("name", "notionals")]
    assert {key: getattr(found, key) for key in keys} == pytest.approx({key: getattr(same, key) for key in keys})


def test_a_table_of_swaps(tmp_path: Path) -> None:
    """Is the same book as in words."""
    curves = solve_curves(write(tmp_path, PLAIN), day=DAY)
    table = "trade;side;fixed rate (%);tenor;notional;start\nA;Rec;3,5;9Y;50.000.000;\nB;payer;;10Y;1.000.000;1Y\n"
    book = value_swaps(write(tmp_path, table, "swaps.csv"), curves)
    words = value_swaps(["receive 3.5% 9Y 50m", "pay par 10Y 1m start 1Y"], curves)
    assert book.npv == pytest.approx(words.npv, abs=1e-6) and book.names == ("A", "B")
    assert book.ladder == pytest.approx(words.ladder, abs=1e-9)


def test_what_is_assumed_of_quotes_is_said(tmp_path: Path) -> None:
    """Decimals in a column of percent, and quotes of a day on which the market is closed."""
    said = read_and_solve(write(tmp_path, PLAIN), day=DAY).notes
    assert not said
    small = re.sub(r"[34]\.\d+", "0.039", PLAIN)
    weekend = read_and_solve(write(tmp_path, small), day="2026-02-28").notes
    assert "all rates are below 0.1 %: they are read as percent" in weekend[0]
    assert weekend[1].startswith("2026-02-28 is a Saturday on which the market of sofr is closed")


def test_swaps_of_another_currency_and_of_no_side_are_refused(tmp_path: Path) -> None:
    curves = solve_curves(write(tmp_path, PLAIN), day=DAY)
    table = "side,rate_percent,tenor,notional,currency\n{},3.5,9Y,1e6,{}\n"
    assert value_swaps(write(tmp_path, table.format("pay", "USD"), "swaps.csv"), curves).npv.size == 1
    with pytest.raises(UserError, match=r"swaps.csv:2: currency: the curve sofr is of USD, got 'EUR'"):
        value_swaps(write(tmp_path, table.format("pay", "EUR"), "swaps.csv"), curves)
    with pytest.raises(UserError, match=r"swaps.csv:2: side: must be 'receive' or 'pay', got 'long'"):
        value_swaps(write(tmp_path, table.format("long", "USD"), "swaps.csv"), curves)


WRONG_TABLES = [
    ("rate_percent", "rate", ":2: rate: outside -0.05 to 0.3"),
    ("rate_percent", "quoted", ": unknown column, got 'quoted'"),
    ("kind,tenor,rate_percent", "kind,tenor,note", ": there is no column of rates; name a column rate (0.043)"),
    ("ois,1Y,3.90", "ois,1Y", ":2: the header names 4 columns, got '3 cells'"),
    ("ois,1Y", "iso,1Y", ":2: kind: no such instrument, got 'iso'"),
    ("ois,1Y", "ois,1Q", ":2: is not a tenor, got '1Q'"),
    ("ois,1Y", "ois,", ":2: needs exactly one of tenor and end"),
    ("3.90", "", ":2: the quote has no rate"),
    ("3.90", "high", ":2: rate_percent: must be a number, got 'high'"),
    ("3.90", "390", ":2: rate: outside -0.05 to 0.3"),
    ("ois,5Y", "ois,10Y", ":4: sofr ois 10Y and sofr ois 10Y decide the same node"),
    ("ois,5Y", "ois,12M", ":3: sofr ois 1Y and sofr ois 12M decide the same node, 371 days on"),
    ("sofr", "libor", ":2: curve: nothing says how this curve's market counts, got 'libor'"),
    ("sofr,ois,5Y", ",ois,5Y", ":3: curve: the line does not say its curve"),
    ("ois,5Y", "future,ZZ", ":3: is not the code of a future, got 'ZZ'"),
    ("ois,5Y", "bond,5Y", ":3: a bond has a coupon, and a price or a yield"),
    ("ois,5Y", "basis,5Y", ":3: the quote needs the curve of its other leg"),
    ("ois,5Y", "fra,5Y", ":3: a FRA's tenor is its months, got '5Y'"),
    ("3.64", "-30", ":3: rate: outside -0.05 to 0.3"),
    ("tenor,rate_percent", "tenor,tenor", ": two columns have this name, got 'tenor'"),
    ("kind,tenor,rate_percent", "rate,tenor,rate_percent", ": two columns hold the same in two units, got 'rate, "),
    (PLAIN, "", ": the file is empty"),
    (PLAIN, "curve,kind,tenor,rate_percent\n", ": there is no row below the header"),
    (PLAIN, PLAIN.replace("kind", "discount").replace("ois", "estr"), "discount: no such curve, got 'estr'"),
    (PLAIN, PLAIN.replace("kind", "interpolation").replace("ois", "cubic"), "interpolation: must be 'log_linear'"),
    (PLAIN, PLAIN.replace("kind", "convention").replace("ois", "usd_libor"), "convention: no such convention"),
    (PLAIN, PLAIN.replace("kind", "ccy").replace("ois", "EUR"), ":2: currency: the curve sofr is of USD, got 'EUR'"),
    ("sofr,ois,5Y", "SOFR,ois,5Y", ":3: curve: differs from sofr in upper and lower case only, got 'SOFR'"),
]  # fmt: skip
WRONG_TOML = [
    ("date = 2026-03-02", "", "curves.toml: nothing says the valuation day; say --date 2026-03-02"),
    ('convention = "usd_sofr"', "", "curves.toml: curves.sofr.convention: this key is required"),
    ('"usd_sofr"', '"usd_sofa"', "curves.toml: curves.sofr.convention: no such convention, got 'usd_sofa'"),
    ('"1Y" = 0.039', '"1Y" = 3.9', "curves.toml: curves.sofr.rates.1Y: outside -0.05 to 0.3"),
    ('file = "quotes.csv"', 'file = "none.csv"', "none.csv: cannot be read: No such file or directory"),
    ('file = "quotes.csv"', "rates = {}", "the curve has no quotes, got 'estr'"),
    ('projection = "estr"', 'projection = "ester"', "curves.eur_usd.projection: no such curve, got 'ester'"),
    ('projection = "estr"', "", "curves.eur_usd.quotes.1: a cross-currency quote needs the curve of its own overnight"),
    ("[[swaps]]", "[[swap]]", "curves.toml: swap: unknown key; did you mean 'swaps'?"),
    ('side = "receive"', 'side = "buy"', "swaps.1.side: must be 'receive' or 'pay', got 'buy'"),
    ("notional = 1e6", "notional = -1e6", "swaps.1.notional: must be > 0, got -1000000.0"),
    ("[curves.sofr]", "[curves.sofr", "is not valid TOML"),
    ("[curves.estr]", "[curves.Sofr]", "two curves have this name, but for upper and lower case"),
    (
        "eur_usd = 1.08",
        "eurusd = 1.08",
        "curves.toml: fx.eurusd: is no cross-currency curve, got 'eurusd'; did you mean",
    ),
    ("eur_usd = 1.08", "eur_usd = 0.0", "curves.toml: fx.eur_usd: a price must be > 0, got 0.0"),
]
WRONG_SWAPS = [
    ("buy 3.5% 9Y 50m", "a swap begins with receive or pay"),
    ("receive 3.5% 9Y", "the swap has no notional"),
    ("receive 3.5% 50m", "needs exactly one of tenor and end"),
    ("receive 3.5 9Y 50m", "says its notional twice, got 'receive 3.5 9Y 50m'; a rate has its %"),
    ("receive 3.5% 9Y 50m upfront", "is no part of a swap, got 'upfront'"),
    ("receive 3.5% 9Y 50m on", "'on' is followed by nothing"),
    ("receive 3.5% 9Y 50m on libor", "no such curve, got 'libor'"),
    ("receive 350% 9Y 50m", "rate: outside -0.05 to 0.3"),
    ("receive 3.5% 9Y 50m start 2020-01-01", "starts before the valuation day"),
]


@pytest.mark.parametrize("text", ["pay 4% 5Y 100mm", "Payer 4% 5Y 100,000,000", "pays 4%, 5Y, 100,000,000.00"])
def test_words_of_a_desk_mean_the_same_swap(text: str) -> None:
    known, found = parse_swap("pay 4% 5Y 100m"), parse_swap(text)
    assert (found.side, found.rate, found.tenor, found.notional) == ("pay", known.rate, "5Y", 100e6)


def told(folder: Path, *arguments: str) -> str:
    """What a refused command says: one line, exit code 2, and nothing written."""
    done = CliRunner().invoke(main, ["curve", *arguments, "--out", str(folder / "out")])
    assert done.exit_code == 2, done.output
    (line,) = [line for line in done.output.splitlines() if not line.startswith("note: ")]
    assert line.startswith("error: ") and not (folder / "out").exists()
    return line


@pytest.mark.parametrize(("old", "new", "said"), WRONG_TABLES)
def test_wrong_tables(old: str, new: str, said: str, tmp_path: Path) -> None:
    assert old in PLAIN
    assert said in told(tmp_path, str(write(tmp_path, PLAIN.replace(old, new))), "--date", DAY)


@pytest.mark.parametrize(("old", "new", "said"), WRONG_TOML)
def test_wrong_files(old: str, new: str, said: str, tmp_path: Path) -> None:
    assert old in TOML
    write(tmp_path, PLAIN.replace("sofr", "estr").replace("3.", "2.").replace("10Y,2.86", "10Y,2.6"))
    assert said in told(tmp_path, str(write(tmp_path, TOML.replace(old, new, 1), "curves.toml")))


@pytest.mark.parametrize(("text", "said"), WRONG_SWAPS)
def test_wrong_swaps(text: str, said: str, tmp_path: Path) -> None:
    assert said in told(tmp_path, str(write(tmp_path, PLAIN)), "--date", DAY, "--swap", text)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ((), "nothing says the valuation day"),
        (("--date", "soon"), "day: is not a date, got 'soon'; write YYYY-MM-DD"),
        (("--date", DAY, "--interpolation", "cubic"), "no such interpolation, got 'cubic'"),
        (("--date", DAY, "--convention", "libor"), "--convention: no such convention, got 'libor'"),
        (("--date", DAY, "--stress", "up 5"), "--stress: no such shape, got 'up'"),
        (("--date", DAY, "--stress", "parallel 5 on libor"), "--stress: a stress names no curve, got 'libor'"),
        (("--date", DAY, "--swaps", "none.csv"), "none.csv: cannot be read"),
    ],
)
def test_wrong_options(options: tuple[str, ...], said: str, tmp_path: Path) -> None:
    assert said in told(tmp_path, str(write(tmp_path, PLAIN)), *options)


def test_the_command_writes_a_page_and_tables(tmp_path: Path) -> None:
    path, out = write(tmp_path, PLAIN), tmp_path / "out"
    arguments = ["curve", str(path), "--date", DAY, "--swap", "receive 3.5% 9Y 50m", "--stress", "parallel 1"]
    done = CliRunner().invoke(main, [*arguments, "--out", str(out)])
    assert done.exit_code == 0, done.output
    said = " ".join(done.output.split())
    assert "largest error of a quote" in said and "the forward rate stays at" in said
    ladder, key_rates = pl.read_csv(out / "ladder.csv"), pl.read_csv(out / "key_rates.csv")
    swaps, moves = pl.read_csv(out / "swaps.csv"), pl.read_csv(out / "stresses.csv")
    assert ladder["by_quote"].sum() == pytest.approx(swaps["dv01"].item())
    assert key_rates["dv01"].sum() == pytest.approx(swaps["zero_dv01"].item()) == pytest.approx(ladder["by_node"].sum())
    second = swaps["zero_gamma"].item() / 2
    assert moves["change"].item() == pytest.approx(swaps["zero_dv01"].item() + second, rel=1e-6)
    gammas = pl.read_csv(out / "cross_gammas.csv").with_columns(twice=2 - (pl.col("a") == pl.col("b")))
    assert (gammas["gamma"] * gammas["twice"]).sum() == pytest.approx(swaps["zero_gamma"].item())
    page = (out / "curve.html").read_text(encoding="utf-8")
    assert "Swaps on quoted curves" in page and all(f'"{name}"' in page for name in ("curves", "ladder"))
    charts = re.findall(r'<script type="application/json"[^>]*>(.*?)</script>', page, re.DOTALL)
    assert all(json.loads(chart) for chart in charts)


def test_a_preset_does_not_import_quantlib() -> None:
    """Only who asks for quoted curves waits for the library."""
    import subprocess
    import sys

    code = (
        "import sys; from scenarios import load; from scenarios.worlds.blueprint import blueprint_of;"
        "import scenarios.cli; import scenarios.studies.curves.solving;"
        "load('calm_market'); assert 'QuantLib' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_forwards_of_exchange_rates(tmp_path: Path) -> None:
    """At the nodes of the cross-currency curve alone."""
    write(tmp_path, PLAIN.replace("sofr", "estr").replace("3.", "2."))
    path = write(tmp_path, TOML, "curves.toml")
    done = CliRunner().invoke(main, ["curve", str(path), "--out", str(tmp_path / "out")])
    assert done.exit_code == 0 and "FX forward" in done.output
    nodes, curves = pl.read_csv(tmp_path / "out" / "nodes.csv"), solve_curves(path)
    (forward,) = nodes["fx_forward"].drop_nulls().to_list()
    assert forward == pytest.approx(float(curves.fx_forward("eur_usd", 1.08, curves["eur_usd"].years[0])))


def test_fair_quotes(tmp_path: Path) -> None:
    """Of instruments that are quotes, and of the swap between two of them."""
    arguments = ["curve", str(write(tmp_path, PLAIN)), "--date", DAY, "--out", str(tmp_path / "out")]
    for text in ("swap 5Y", "ois 9Y", "fra 1x4 on sofr", "future M6", "future_1m M6", "zero 5"):
        arguments += ["--fair", text]
    done = CliRunner().invoke(main, arguments)
    assert done.exit_code == 0, done.output
    found = dict(pl.read_csv(tmp_path / "out" / "fair.csv").select("quote", "fair").rows())
    curves = solve_curves(write(tmp_path, PLAIN), day=DAY)
    assert found["ois 5Y"] == pytest.approx(0.0364, abs=1e-15)
    assert found["ois 9Y"] == pytest.approx(float(value_swaps(["pay par 9Y 1"], curves).par[0]), abs=1e-15)
    assert found["zero 5"] == pytest.approx(float(curves["sofr"].zero(5.0)), abs=1e-15)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("9Y", "--fair: is not an instrument, got '9Y'"),
        ("swaption 9Y", "--fair: no such instrument, got 'swaption'"),
        ("ois 9Q", "--fair: is not a tenor, got '9Q'"),
        ("ois 9Y on libor", "no such curve, got 'libor'"),
    ],
)
def test_wrong_fair_quotes(text: str, said: str, tmp_path: Path) -> None:
    assert said in told(tmp_path, str(write(tmp_path, PLAIN)), "--date", DAY, "--fair", text)


@pytest.mark.parametrize(
    ("table", "options", "said"),
    [
        (PLAIN, ("--date", "2189-03-02"), "dates lie between 1950 and 2190, got '5Y after 2189-03-04'"),
        (PLAIN, ("--date", "1776-07-04"), "dates lie between 1950 and 2190, got '1776-07-04'"),
        (PLAIN.replace("10Y", "100Y,"), ("--date", DAY), "the header names 4 columns"),
        (PLAIN.replace("3.86", "1e29"), ("--date", DAY, "--as-given"), "rate: must be <= 50"),
        (PLAIN.replace("3.86", "-190"), ("--date", DAY, "--as-given"), "no positive discount factor reprices sofr ois"),
        (PLAIN.replace("10Y", "1000Y"), ("--date", DAY), "a tenor is longer than 0 and at most 100 years"),
    ],
)
def test_absurd_numbers(table: str, options: tuple[str, ...], said: str, tmp_path: Path) -> None:
    assert said in told(tmp_path, str(write(tmp_path, table)), *options)


DAYS = {"2026-03-02": 3.90, "2026-03-03": 3.80, "2026-03-04": 3.95}


@pytest.fixture
def days(tmp_path: Path) -> Path:
    """A folder of three files, named by their days."""
    folder = tmp_path / "days"
    folder.mkdir()
    for day, rate in DAYS.items():
        write(folder, PLAIN.replace("3.90", f"{rate:.2f}"), f"quotes_{day}.csv")
    return folder


def test_a_folder_of_days_is_a_history(days: Path, tmp_path: Path) -> None:
    """Of the zero rates that each day's file gives by itself; the same as one table of three days."""
    found = curve_history(days, years=[1.0, 5.0, 30.0])
    assert found["years"].unique().sort().to_list() == [1.0, 5.0]  # the last quote is that of ten years
    for day in DAYS:
        alone = solve_curves(days / f"quotes_{day}.csv")["sofr"]
        zeros = found.filter(pl.col("date") == date.fromisoformat(day))["zero"].to_list()
        assert zeros == pytest.approx([float(alone.zero(1.0)), float(alone.zero(5.0))], abs=1e-15)
    lines = [f"{day},sofr,{row}" for day, rate in DAYS.items() for row in (f"1Y,{rate}", "5Y,3.64", "10Y,3.86")]
    table = write(tmp_path, "\n".join(["date,curve,tenor,rate_percent", *lines]), "table.csv")
    assert curve_history(table, years=[1.0, 5.0])["zero"].to_list() == pytest.approx(found["zero"].to_list(), abs=1e-15)


def test_the_command_shows_how_rates_moved(days: Path, tmp_path: Path) -> None:
    done = CliRunner().invoke(main, ["curve", str(days), "--out", str(tmp_path / "out")])
    assert done.exit_code == 0, done.output
    assert "Zero rates over 3 days, 2026-03-02 to 2026-03-04" in done.output
    history, moved = (
        pl.read_csv(tmp_path / "out" / name, try_parse_dates=True) for name in ("history.csv", "moves.csv")
    )
    one = history.filter(years=1.0)["zero"].to_list()
    row = moved.row(by_predicate=pl.col("years") == 1.0, named=True)
    assert row["change"] == pytest.approx(1e4 * (one[2] - one[0])) and row["on"] == date(2026, 3, 4)
    assert row["largest"] == pytest.approx(1e4 * (one[2] - one[1]))
    steps = [1e4 * (b - a) for a, b in pairwise(one)]
    assert row["vol"] == pytest.approx(abs(steps[1] - steps[0]) / 2**0.5 * 252**0.5)
    assert "Curves over time" in (tmp_path / "out" / "history.html").read_text(encoding="utf-8")


def test_wrong_histories(days: Path, tmp_path: Path) -> None:
    assert "not to a history, got '--swap'" in told(tmp_path, str(days), "--swap", "pay 4% 5Y 1m")
    assert "not to a history, got '--date'" in told(tmp_path, str(days), "--date", DAY)
    write(days, PLAIN, "2026-03-02_b.csv")
    assert "a day stands in two files, got '2026-03-02'" in told(tmp_path, str(days))
    write(days, PLAIN, "2026-03-02_b.csv").rename(days / "undated.csv")
    assert "undated.csv: nothing says the valuation day; name it 2026-03-02.csv" in told(tmp_path, str(days))
    (tmp_path / "none").mkdir()
    assert "the folder has no CSV file" in told(tmp_path, str(tmp_path / "none"))
