"""The risk of a book at the start: known answers, revaluations, and the command."""

from __future__ import annotations

import dataclasses

import numpy as np
import polars as pl
import pytest
from click.testing import CliRunner

from markets.curves.tents import KEYS
from scenarios import book_risk, from_dict
from scenarios.cli import main
from scenarios.studies.risk.bare_book import bare_book
from scenarios.studies.risk.derivatives import risk_at_start
from sim.errors import UserError
from tests.test_quoted_curves import SOFR

BP = 1e-4
SWAP = {"kind": ["ois"], "notional": [50e6], "months": [108], "fixed_rate": [0.035]}


@pytest.fixture(scope="module")
def quotes():
    rows = [("sofr", "ois", tenor, rate) for tenor, rate in SOFR.items()]
    return pl.DataFrame(rows, schema=["curve", "kind", "tenor", "rate_percent"], orient="row")


@pytest.fixture(scope="module")
def swap(quotes):
    return book_risk(bare_book(pl.DataFrame(SWAP), quotes, day="2026-03-02"))


MIXED = [
    {"kind": "swap", "notional": 3e8, "months": 84, "fixed_rate": 0.03},
    {"kind": "swaption", "side": "payer", "months": 12, "swap_months": 120, "notional": -2e8, "normal_vol": 0.0088},
    {"kind": "cap", "months": 36, "notional": -1e8, "fixed_rate": 0.04},
    {"kind": "put", "moneyness": 0.95, "months": 6, "notional": -1e8},
]


def mixed(*lines):
    first = {"date": "2020-02-19", "spot": 100.0, "vol": 0.2, "overnight": 0.02, "us2y": 0.025, "us10y": 0.03}
    anchors = [{**first, "credit": 0.01}, {"date": "2020-03-04"}]
    agents = {"maker": {"type": "MarketMaker"}, "desk": {"type": "Hedger", "book": list(lines or MIXED)}}
    return from_dict({"name": "mixed", "storyline": {"anchor": anchors}, "agents": agents}, as_given=True)


# --- the swap of the reference ----------------------------------------------------------------------------------------
def test_a_known_swap(swap):
    assert swap.value == pytest.approx(-1235662.22032587, rel=1e-10)
    assert swap.par_dv01 == pytest.approx(-37509.61223647, rel=1e-10)
    assert swap.theta == pytest.approx(-147.540127, abs=1e-6)
    assert swap.theta_same_zeros == pytest.approx(-498.416359, abs=1e-6)
    (row, whole) = swap.positions().iter_rows(named=True)
    assert row["pv01"] == pytest.approx(38085.07371946, rel=1e-10) == whole["pv01"]
    assert row["dv01"] == pytest.approx(swap.par_dv01, rel=1e-12) and row["vega"] == 0.0
    assert swap.currency == "USD"
    ladder = dict(swap.quotes().select("quote", "dv01").iter_rows())
    known = {"ois 1W": 0.685906, "ois 9M": -0.572170, "ois 7Y": 169.763543, "ois 8Y": -16853.166869}
    assert {name: ladder[name] for name in known} == pytest.approx(known, abs=1e-6)


def test_the_risk_that_callers_share_is_read_only(swap):
    shared = risk_at_start(swap.book)
    assert risk_at_start(swap.book) is shared
    with pytest.raises(ValueError, match="read-only"):
        shared.value[0] = 0.0
    with pytest.raises(ValueError, match="read-only"):
        shared.add(1.0)


def test_the_known_swap_revalued(swap, quotes):
    """The zero curve +1 bp, by the derivatives and revalued: -38212.072738."""
    second = swap.dv01 + 0.5 * swap.gamma
    assert second == pytest.approx(-38212.072738, abs=0.02)  # the third derivative is left
    assert swap.key_rates()["dv01"].sum() == pytest.approx(swap.dv01, rel=1e-12)


def test_tents_of_fixed_widths_say_what_they_see(swap):
    fixed = swap.key_rates(fixed=True)
    assert fixed["dv01"].sum() != pytest.approx(swap.dv01, rel=1e-3)
    assert fixed["coverage"].to_list() == pytest.approx([1.5, 2.0, 2.0, 2.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0], abs=0.5)


# --- a book of everything ---------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def whole():
    return book_risk(mixed())


def revalued(move):
    """Value of the book where the zero curve is higher by `move` of the time."""
    struck = book_risk(mixed()).book  # at the strikes of the start
    fine = struck.start
    moved = fine.snapshot.block(fine.curve.block)[:, 0] + move(fine.curve.times)
    market = fine.snapshot.with_rows({}, {fine.curve.block: moved[:, None].copy()})
    return float(struck.value(0, market, struck.new_fixings(1))[0])


def tent(key):
    at = np.array(KEYS)
    return lambda t: BP * np.interp(t, at, (at == key).astype(float))


@pytest.mark.parametrize("key", [0.5, 1.0, 3.0, 10.0, 15.0])
def test_key_rates_are_those_of_a_bumped_curve(whole, key):
    up, down = (revalued(lambda t, s=s: s * tent(key)(t)) / 0.05 for s in (0.05, -0.05))
    (found,) = whole.key_rates().filter(pl.col("key") == key)["dv01"]
    assert found == pytest.approx((up - down) / 2, rel=1e-6, abs=1e-3)


def test_discount_and_projection_are_told_apart(whole):
    """Their sum is the whole; projection alone is a shift of the curve that floating rates are read from."""
    keyed = whole.key_rates()
    assert (keyed["discount"] + keyed["projection"]).to_numpy() == pytest.approx(keyed["dv01"].to_numpy(), abs=1e-6)
    market, spread = whole.book.start.snapshot, whole.book.start.projected().spread
    values = []
    for by in (1e-7, -1e-7):
        moved = market.with_rows({}, {spread.block: market.block(spread.block) + by})
        values.append(float(whole.book.value(0, moved, whole.book.new_fixings(1))[0]))
    assert keyed["projection"].sum() == pytest.approx((values[0] - values[1]) / 2e-7 * BP, rel=1e-6)


def test_the_projection_risk_of_a_swap_is_the_length_of_its_periods():
    """A coupon of an unfixed period is worth exp(spread (e - s)) DF(s) - DF(e): -N sum of (e - s) DF(s) per 1.00."""
    risk = book_risk(mixed(MIXED[0]))
    swap, start, clock = risk.instruments[0], risk.book.start, risk.book.clock
    periods = swap.float_leg(start.day)[1:]  # the rate of the first is known
    ends = [(clock.calendar_years_to(each.start), clock.calendar_years_to(each.end)) for each in periods]
    known = -3e8 * sum((end - begin) * start.discount(begin) for begin, end in ends)
    keyed = risk.key_rates()
    assert keyed["projection"].sum() == pytest.approx(known * BP, rel=1e-10)
    assert abs(keyed["projection"].sum()) > abs(keyed["discount"].sum())


def test_gammas_are_those_of_a_bumped_curve(whole):
    def both(one, other):
        return revalued(lambda t: one * tent(10.0)(t) + other * tent(7.0)(t))

    cross = (both(1, 1) - both(1, -1) - both(-1, 1) + both(-1, -1)) / 4
    keys = list(KEYS)
    assert whole.cross_gamma[keys.index(10.0), keys.index(7.0)] == pytest.approx(cross, rel=2e-3, abs=0.02)
    parallel = revalued(lambda t: BP) + revalued(lambda t: -BP) - 2 * whole.value
    assert whole.gamma == pytest.approx(parallel, rel=2e-3)


def test_positions_add_up_and_vegas_are_those_of_bumped_vols(whole):
    rows = whole.positions()
    *parts, book = rows.iter_rows(named=True)
    for name in ("value", "zero_dv01", "gamma", "theta", "vega"):
        assert sum(part[name] for part in parts) == pytest.approx(book[name], rel=1e-12), name
    for name, of_book in (("value", whole.value), ("zero_dv01", whole.dv01), ("gamma", whole.gamma)):
        assert book[name] == pytest.approx(of_book, rel=1e-9)
    up, down = (
        book_risk(
            mixed(*[line | ({"normal_vol": 0.0088 + by} if "swap_months" in line else {}) for line in MIXED])
        ).value
        for by in (1e-6, -1e-6)
    )
    swaption = parts[1]
    assert swaption["vega"] == pytest.approx((up - down) / 2e-6 * BP, rel=1e-7)
    assert whole.vegas.sum() == pytest.approx(book["vega"], rel=1e-12)
    vega = whole.vega()
    assert vega.filter(pl.col("expiry") == "1Y")["10Y"][0] == pytest.approx(swaption["vega"], rel=0.01)
    assert book["dv01"] is None and whole.quotes() is None  # nothing is quoted


def test_theta_of_options_is_the_vol_that_a_day_takes():
    """Forward rates realised: an option's value grows at the short rate and loses a day of its vol."""
    risk = book_risk(mixed({**MIXED[1], "notional": 1e8}))
    short = float(risk.book.start.discount(1 / 365))
    line = next(iter(risk.instruments))
    _, vega = risk.value, risk.vegas.sum() / BP
    years = risk.book.clock.variance_years_to(line.expiry)
    lost = vega * 0.0088 * (np.sqrt(1 - 1 / 365 / years) - 1)
    assert risk.theta == pytest.approx(risk.value * (1 / short - 1) + lost, rel=0.01)


def test_a_bermudan_option_has_second_derivatives_by_differences():
    line = {**MIXED[1], "kind": "bermudan_swaption", "swap_months": 24}
    risk, european = book_risk(mixed(line)), book_risk(mixed({**line, "kind": "swaption"}))
    assert 2 * european.gamma < risk.gamma < 0  # it is short of both dates
    assert 1.5 * european.vegas.sum() < risk.vegas.sum() < 0.9 * european.vegas.sum()
    up, down = (book_risk(mixed({**line, "normal_vol": 0.0088 + by})).value for by in (1e-5, -1e-5))
    assert risk.vegas.sum() == pytest.approx((up - down) / 2e-5 * BP, rel=1e-4)
    assert risk.cross_gamma == pytest.approx(risk.cross_gamma.T)


# --- the command ------------------------------------------------------------------------------------------------------
def said(*arguments):
    result = CliRunner().invoke(main, ["risk", *map(str, arguments)])
    return result.exit_code, result.output


@pytest.fixture
def files(tmp_path, quotes):
    book, curves = tmp_path / "book.csv", tmp_path / "2026-03-02.csv"
    pl.DataFrame(SWAP).write_csv(book)
    quotes.write_csv(curves)
    return book, curves


def test_the_command_prints_units_and_writes_tables(files, tmp_path):
    book, curves = files
    code, text = said(book, "--curves", curves, "--out", tmp_path / "risk")
    assert code == 0, text
    for words in ("−37,509.61", "USD/bp2", "theta, same zeros", "Risk by quote", "−147.5401"):
        assert words in text
    frame = pl.read_csv(tmp_path / "risk" / "key_rates.csv")
    assert frame["dv01"].sum() == pytest.approx(-38228.4, abs=0.1)
    assert not (tmp_path / "risk" / "vega.csv").exists()
    assert said(book, "--curves", curves, "--out", tmp_path / "risk")[0] == 0  # its own tables may be replaced


@pytest.mark.parametrize(
    ("arguments", "rule"),
    [
        (["BOOK"], "a book alone has no market"),
        (["BOOK", "--curves", "CURVES", "--keys", "5,1"], "key rates rise"),
        (["BOOK", "--curves", "CURVES", "--keys", "x"], "is not a list of years"),
        (["BOOK", "--curves", "CURVES", "--agent", "desk"], "no hedger of that name"),
        (["BOOK", "--curves", "CURVES", "--set", "run.seed=1"], "does not go with a book alone"),
        (["sonia_swap_desk", "--date", "2026-03-02"], "goes with a BOOK.csv"),
        (["calm_2017x"], "no such"),
    ],
)
def test_mistakes_are_one_line(files, arguments, rule):
    book, curves = files
    code, text = said(*[{"BOOK": book, "CURVES": curves}.get(each, each) for each in arguments])
    assert code == 2 and rule in text and text.count("\n") == 1


def test_a_book_alone_holds_rates_only(quotes):
    options = pl.DataFrame({"kind": ["put"], "notional": [-1e6], "months": [3], "moneyness": [0.9]})
    with pytest.raises(UserError, match="is no position in rates"):
        bare_book(options, quotes, day="2026-03-02")


def test_a_scenario_without_a_book_has_no_risk():
    empty = mixed()
    empty = dataclasses.replace(empty, agents=empty.agents[:1])
    with pytest.raises(UserError, match="the scenario has no book"):
        book_risk(empty)
