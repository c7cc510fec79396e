"""Credit default swaps: hazard curves from quotes, values and risk against QuantLib, and wrong files of quotes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from click.testing import CliRunner

from markets.credit.contract import CONVENTIONS, cds_of
from markets.credit.legs import LegGrid
from markets.curves.dates import to_ql
from markets.curves.deal import make_deal
from markets.specs.cds import CdsSpec
from scenarios import solve_credit, solve_curves, swap_cva, value_cds
from scenarios.cli import main
from scenarios.studies.credit.cds_text import parse_cds
from scenarios.studies.credit.solving import Credit
from sim.errors import UserError

DAY = date(2025, 10, 3)
QUOTES = pl.DataFrame({"tenor": ["1Y", "2Y", "3Y", "4Y", "5Y"], "spread_bp": [70.0, 74.0, 80.0, 85.0, 88.0]})


def solved(contract: str = "rolling", **changed: Any) -> Credit:
    return solve_credit(QUOTES, **({"discount": 0.015, "day": DAY, "recovery": 0.4, "contract": contract} | changed))


def quantlib(credit: Credit, maturity: date, coupon: float, rate: float) -> float:
    """Value to the buyer of 1 of a standard contract by QuantLib's ISDA engine on the same hazard rates."""
    import QuantLib as ql

    curve = next(iter(credit.curves.values()))
    today = to_ql(curve.day)
    ql.Settings.instance().evaluationDate = today
    flat = ql.YieldTermStructureHandle(ql.FlatForward(today, rate, ql.Actual365Fixed()))
    dates = [today, *(to_ql(quote.cds.maturity) for quote in curve.quotes)]
    hazards = ql.HazardRateCurve(dates, [curve.hazards[0], *curve.hazards], ql.Actual365Fixed())
    hazards.enableExtrapolation()
    schedule = ql.Schedule(
        today + 1, to_ql(maturity), ql.Period(3, ql.Months), ql.WeekendsOnly(), ql.Following, ql.Unadjusted,
        ql.DateGeneration.CDS2015, False,
    )  # fmt: skip
    upfront = ql.WeekendsOnly().advance(today, 3, ql.Days)
    swap = ql.CreditDefaultSwap(
        ql.Protection.Buyer, 1.0, 0.0, coupon, schedule, ql.Following, ql.Actual360(), True, True, today + 1, upfront,
        ql.FaceValueClaim(), ql.Actual360(True), True, today,
    )  # fmt: skip
    handle = ql.DefaultProbabilityTermStructureHandle(hazards)
    swap.setPricingEngine(ql.IsdaCdsEngine(handle, curve.recovery, flat))
    return float(swap.NPV())


def random_books(seed: int, books: int, contracts: int) -> None:
    """Books on random names: standard contracts against QuantLib to 1e-9 of the notional.

    Of a contract that ends on a weekend QuantLib lets the name survive the day of payment, not the last day.
    """
    rng = np.random.default_rng(seed)
    for _ in range(books):
        day = date(2024, 1, 1) + timedelta(days=int(rng.integers(0, 100)) * 7 + int(rng.integers(0, 5)))
        years = sorted(rng.choice(np.arange(1, 11), size=int(rng.integers(2, 6)), replace=False))
        spreads = rng.uniform(20, 600) * np.exp(0.05 * np.arange(len(years)) * rng.uniform(-0.5, 3))
        quotes = pl.DataFrame({"tenor": [f"{k}Y" for k in years], "spread_bp": spreads})
        rate, recovery = float(rng.uniform(-0.01, 0.06)), float(rng.uniform(0, 0.7))
        credit = solve_credit(quotes, discount=rate, day=day, recovery=recovery, contract="standard", as_given=True)
        for k in rng.integers(1, int(years[-1]) + 1, size=contracts):
            maturity, coupon = date(day.year + int(k), 3, 20), float(rng.choice([0.01, 0.05]))
            if maturity.weekday() > 4 or not day < maturity <= credit["name"].quotes[-1].cds.maturity:
                continue  # beyond the last quote QuantLib extrapolates otherwise
            book = value_cds([CdsSpec(side="buy", notional=1.0, coupon=coupon, maturity=maturity)], credit)
            if book.positions[0].cds.ends.size == 1:
                continue  # in a last period QuantLib gives back a day more than has accrued
            ours = float(book.clean[0])
            assert ours == pytest.approx(quantlib(credit, maturity, coupon, rate), abs=1e-9)


def test_books_agree_with_quantlib() -> None:
    random_books(1, 6, 3)


@pytest.mark.slow
def test_many_books_agree_with_quantlib() -> None:
    random_books(2, 300, 10)


@pytest.mark.parametrize("contract", CONVENTIONS)
def test_every_quote_is_met(contract: str) -> None:
    credit = solved(contract)
    curve = credit["name"]
    for quote in curve.quotes:
        line = CdsSpec(side="buy", notional=1.0, coupon=quote.spread, maturity=quote.cds.maturity)
        assert abs(float(value_cds([line], credit).clean[0])) < 1e-14


def test_upfront_quotes_say_the_same_as_spreads() -> None:
    by_spread = solved("standard")
    book = value_cds([f"buy 1 100bp {k}Y" for k in range(1, 6)], by_spread)
    quotes = pl.DataFrame({"tenor": QUOTES["tenor"], "upfront": book.upfront, "coupon_bp": 100.0})
    by_upfront = solve_credit(quotes, discount=0.015, day=DAY, recovery=0.4, contract="standard")
    assert by_upfront["name"].hazards == pytest.approx(by_spread["name"].hazards, rel=1e-11)


@pytest.mark.parametrize("form", ["closed", "midpoint"])
def test_slopes_of_the_legs_are_derivatives(form: Any) -> None:
    curve = solved()["name"]
    cds = cds_of(DAY, date(2029, 3, 21), CONVENTIONS["rolling"])
    grid = LegGrid.of(cds, curve.shape, curve.log_discount, curve.knots, form)
    legs = grid.legs(curve.y, form)
    for k in range(curve.y.size):
        bump = 1e-6 * np.eye(curve.y.size)[k]
        up, down = grid.legs(curve.y + bump, form), grid.legs(curve.y - bump, form)
        assert (up.protection - down.protection) / 2e-6 == pytest.approx(legs.protection_slope[k], abs=1e-9)
        assert (up.premium - down.premium) / 2e-6 == pytest.approx(legs.premium_slope[k], abs=1e-8)


def test_the_closed_form_is_the_integral() -> None:
    """On a fine grid the midpoint form has the same limit: each piece is a day."""
    curve = solved()["name"]
    cds = cds_of(DAY, date(2026, 3, 20), CONVENTIONS["rolling"])
    closed = LegGrid.of(cds, curve.shape, curve.log_discount, curve.knots).legs(curve.y)
    days = np.arange(1, 200) / 365
    fine = LegGrid.of(cds, curve.shape, curve.log_discount, days)
    middle = LegGrid.legs(fine, curve.y, "midpoint")
    assert middle.protection == pytest.approx(closed.protection, rel=1e-9)
    assert middle.premium == pytest.approx(closed.premium, rel=1e-9)


def test_hedges_take_the_risk_away_and_selling_mirrors_buying() -> None:
    credit = solved()
    held = ["buy 20m 120bp 2029-03-21", "sell 7m 50bp 2027-06-20"]
    hedges = credit["name"]
    book = value_cds(held, credit)
    more = [
        CdsSpec(
            side="buy" if size > 0 else "sell", notional=abs(size) + 1e-9, coupon=quote.spread,
            maturity=quote.cds.maturity,
        )
        for quote, size in zip(hedges.quotes, book.hedge("name"), strict=True)
    ]  # fmt: skip
    hedged = value_cds([*map(parse_cds, held), *more], credit)
    assert np.abs(np.sum(hedged.ladders, axis=0)).max() < 1e-8
    bought, sold = value_cds(["buy 1m 100bp 5Y", "sell 1m 100bp 5Y"], credit).clean
    assert bought == -sold


def test_a_solved_curve_discounts() -> None:
    """A curve that is flat at 1.5 % continuous gives what the rate gives."""
    quotes = pl.DataFrame({"curve": "sofr", "kind": "zero", "tenor": ["1", "10"], "rate": 0.015})
    curve = solve_curves(quotes, day=DAY)["sofr"]
    assert solved(discount=curve)["name"].hazards == pytest.approx(solved()["name"].hazards, rel=1e-10)
    with pytest.raises(UserError, match="the discount curve is of another day, got '2025-10-03'; the quotes are of"):
        solved(discount=curve, day="2025-10-06")


PLAIN = "tenor,spread_bp\n1Y,70\n5Y,88\n"
WRONG = [
    (PLAIN.replace("spread_bp", "spread_xx"), "quotes.csv:1: unknown column, got 'spread_xx'"),
    (PLAIN.replace("88", "eighty"), "quotes.csv:3: spread_bp: must be a number, got 'eighty'"),
    (PLAIN.replace("88", ""), "quotes.csv:3: a quote is a spread or an upfront; write one of them"),
    (PLAIN.replace("5Y", "five"), "quotes.csv:3: is not a tenor, got 'five'; write '1W', '3M'"),
    (PLAIN.replace("5Y", "1Y"), "quotes.csv:3: 1Y and 1Y of name end on one day, 2026-10-03; keep one of them"),
    (PLAIN.replace("5Y", ""), "quotes.csv:3: a quote has a tenor or a maturity; write '5Y', or a date"),
    (PLAIN.replace("70", "0.007"), "quotes.csv:2: spread: outside 0.0005 to 0.4, the range seen in markets, got 7.0"),
    (PLAIN.replace("88", "-88"), "quotes.csv:3: spread: outside 0.0005 to 0.4"),
    (PLAIN.replace("70", "880").replace("88\n", "70\n"), "no hazard rate at or above 0 meets the quote of name 5Y"),
    (PLAIN.replace("tenor", "maturity").replace("1Y", "2025-01-01").replace("5Y", "2030-01-01"),
     "quotes.csv:2: the contract ends by the valuation day, got '2025-01-01'; after 2025-10-03"),
    (PLAIN.replace("tenor,", "tenor,recovery,").replace("Y,", "Y,40,"), "recovery: a recovery lies between 0 and 0.99"),
    (PLAIN.replace("tenor,", "tenor,recovery,").replace("Y,", "Y,nan,"),
     "quotes.csv:2: recovery: a recovery is a number, got 'nan'; write 0.4, or leave it empty"),
    (PLAIN.replace("tenor,", "tenor,recovery,").replace("1Y,", "1Y,0.4,").replace("5Y,", "5Y,0.2,"),
     "quotes.csv:3: recovery: name has two recoveries, got '0.4, 0.2'"),
    ("tenor,upfront_percent\n5Y,-1\n", "quotes.csv:2: coupon: an upfront belongs to a coupon; write 100"),
    ("tenor,upfront,coupon_bp\n5Y,2.5,100\n", "quotes.csv:2: upfront: an upfront is less than the notional, got 2.5"),
    (PLAIN.replace("tenor,", "name,tenor,").replace("1Y", "acme,1Y").replace("5Y", ",5Y"),
     "quotes.csv:3: name: the line does not say its name; write one on every line"),
    (PLAIN.replace("tenor,", "name,tenor,").replace("1Y", "acme,1Y").replace("5Y", "Acme,5Y"),
     "quotes.csv:3: name: differs from acme in upper and lower case only, got 'Acme'; write acme on every line"),
    ("name,tenor\nacme,5Y\n", "there is no column of quotes; name a column spread_bp (80)"),
    ("name,spread_bp\nacme,80\n", "there is no column of lengths; name a column tenor (5Y)"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "said"), WRONG)
def test_wrong_quotes(text: str, said: str, tmp_path: Path) -> None:
    (path := tmp_path / "quotes.csv").write_text(text)
    with pytest.raises(UserError) as caught:
        solve_credit(path, discount=0.015, day=DAY)
    told = str(caught.value)
    assert said in told and "\n" not in told


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("20m 120bp 5Y", "--cds 1: a contract begins with buy or sell (protection), got '20m 120bp 5Y'; write 'buy"),
        ("buy 120bp 5Y", "--cds 1: the contract has no notional, got"),
        ("buy 20m 120bp", "--cds 1: a contract has a tenor or a maturity; write '5Y', or a date"),
        ("buy 20m 5Y 5Y", "--cds 1: says its tenor twice"),
        ("buy 20m 5Y on beta", "--cds 1: no such name is quoted, got 'beta'; known: name"),
        ("buy 20m 120bp 2020-03-20", "--cds 1: the contract ends by the valuation day, got '2020-03-20'"),
        ("buy 20m 120bp 2029-02-30", "--cds 1: is not a number or a date, got '2029-02-30'"),
        ("buy 20m 12000bp 5Y", "--cds 1: coupon: must be <= 1, got 1.2"),
        ("buy 20m of 5Y", "--cds 1: is no part of a contract, got 'of'"),
    ],
)
def test_wrong_contracts(text: str, said: str) -> None:
    with pytest.raises(UserError) as caught:
        value_cds([text], solved())
    told = str(caught.value)
    assert said in told and "\n" not in told


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"contract": "rollin"}, "contract: no such contract, got 'rollin'; did you mean 'rolling'?"),
        ({"discount": 150.0}, "--rate: is no rate, got 150.0; write 0.015 for 1.5 %"),
        ({"discount": -0.5}, "--rate: outside -0.05 to 0.3, the range seen in markets, got -0.5; 0.015 is 1.5 %"),
        ({"discount": float("nan")}, "--rate: is no rate, got nan; write 0.015 for 1.5 %"),
        ({"recovery": 40.0}, "recovery: a recovery lies between 0 and 0.99, got 40.0; write 0.4 for 40 %"),
        ({"day": None}, "nothing says the valuation day; say --date 2025-10-03, or add a column date"),
        ({"day": "3.10.2025"}, "day: is not a date, got '3.10.2025'; write YYYY-MM-DD"),
    ],
)
def test_wrong_settings(given: dict[str, Any], said: str) -> None:
    with pytest.raises(UserError) as caught:
        solved(**given)
    assert said in str(caught.value)


def test_the_command_writes_a_page_and_tables(tmp_path: Path) -> None:
    (path := tmp_path / "cds.csv").write_text(PLAIN)
    asked = ["cds", str(path), "--date", "2025-10-03", "--rate", "0.015", "--cds", "buy 20m 120bp 4Y"]
    done = CliRunner().invoke(main, [*asked, "--out", str(tmp_path / "credit"), "--quiet"])
    assert done.exit_code == 0, done.output
    made = {each.name for each in (tmp_path / "credit").iterdir()}
    assert made == {"credit.html", "quotes.csv", "contracts.csv", "ladder.csv", "recoveries.csv"}
    ladder = pl.read_csv(tmp_path / "credit" / "ladder.csv")
    assert ladder["tenor"].to_list() == ["1Y", "5Y"] and ladder["by_quote"].sum() > 0
    done = CliRunner().invoke(main, ["cds", str(path), "--date", "2025-10-03"])
    assert done.exit_code == 2 and "discounted at a rate or on a curve" in done.stderr


SOFR = "curve,kind,tenor,rate_percent\nsofr,swap,1Y,3.90\nsofr,swap,5Y,3.64\nsofr,swap,10Y,3.86\n"


def test_the_adjustment_of_a_swap(tmp_path: Path) -> None:
    """Its ladder is that of solved curves, its hedge takes it away, and pay less receive is the rest of the swap."""
    (path := tmp_path / "sofr.csv").write_text(SOFR)
    curves = solve_curves(path, day=DAY)
    curve = solved(discount=curves["sofr"])["name"]
    cva = swap_cva("pay 3.7% 6Y 1m", curves, curve, vol=0.0095)
    for k, quote in enumerate(curve.quotes):
        moved = [q.moved(1e-7) if q is quote else q for q in curve.quotes]
        change = replace(cva, curve=curve.with_quotes(moved)).value - cva.value
        assert cva.ladder[k] == pytest.approx(1e3 * change, rel=1e-4)
    assert cva.ladder - 1e-4 * cva.hedge * curve.by_own_quote == pytest.approx(0.0, abs=1e-12)
    other = swap_cva("receive 3.7% 6Y 1m", curves, curve, vol=0.0095)
    leg = make_deal(curves.convention("sofr"), DAY, tenor="6Y").fixed
    discount = lambda years: np.exp(curves["sofr"].log_discount(years))  # noqa: E731
    for k in range(5):
        floating = discount(leg.end[k]) - discount(leg.pay[-1])
        worth = 1e6 * (floating - 0.037 * leg.tau[k + 1 :] @ discount(leg.pay[k + 1 :]))
        assert cva.exposures[k] - other.exposures[k] == pytest.approx(worth, abs=1e-4)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["--cva", "pay 3.7% 6Y 50m"], "--cva: names no counterparty, got 'pay 3.7% 6Y 50m'; write 'acme: pay"),
        (["--cva", "xx: pay 3.7% 6Y 50m"], "--cva: no such name is quoted, got 'xx'; known: name"),
        (["--cva", "name: pay 3.7% 6Y 50m"], "--cva: exposures need curves and a vol of the short rate; say --curves"),
        (["--curves", "sofr.csv", "--vol", "0.01", "--cva", "name: pay 6Y"], "--cva: the swap has no notional"),
        (["--curves", "sofr.csv", "--vol", "0.01", "--cva", "name: pay 1Y 1m"], "a swap of one period has no exposure"),
        (
            ["--curves", "sofr.csv", "--vol", "-1", "--cva", "name: pay 6Y 1m"],
            "sigma of a Hull-White model is positive",
        ),
        (
            ["--curves", "sofr.csv", "--vol", "0.01", "--cva", "name: pay 6Y 1m amortising"],
            "--cva: the exposure of a bullet swap without spread is known",
        ),
    ],
)
def test_wrong_adjustments(given: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("cds.csv").write_text(PLAIN)
    Path("sofr.csv").write_text(SOFR)
    rate = [] if "--curves" in given else ["--rate", "0.015"]
    done = CliRunner().invoke(main, ["cds", "cds.csv", "--date", "2025-10-03", *rate, *given])
    assert done.exit_code == 2 and said in done.stderr and done.stderr.count("\n") == 1 and done.stdout == ""


def test_the_command_shows_an_adjustment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("cds.csv").write_text(PLAIN)
    Path("sofr.csv").write_text(SOFR)
    asked = [
        "cds",
        "cds.csv",
        "--date",
        "2025-10-03",
        "--curves",
        "sofr.csv",
        "--cva",
        "name: pay 6Y 1m",
        "--vol",
        "0.01",
    ]
    done = CliRunner().invoke(main, [*asked, "--out", "out"])
    assert done.exit_code == 0 and "CVA by quote" in done.stdout
    costs = pl.read_csv("out/cva.csv")
    assert costs["cost"][:-1].sum() == pytest.approx(costs["cost"][-1])
