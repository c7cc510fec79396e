"""Notes linked to the asset, and options under Heston's law in a book."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from markets.curves.curve import usd_curve
from markets.factors.key import LN_VOL, SPOT, VOL
from markets.factors.snapshot import Snapshot
from markets.products.book import Book, CompiledBook
from markets.products.equity_note import EquityNote
from markets.products.option import Option
from markets.products.start import Start
from markets.specs.heston import HestonSpec
from scenarios.reading.loading import from_dict
from scenarios.studies.replay.positions_csv import take_book
from scenarios.studies.risk.asset_risk import asset_risk
from scenarios.studies.risk.bare_book import bare_book
from scenarios.studies.risk.book_risk import book_risk
from scenarios.worlds.books import compile_books
from scenarios.worlds.clock import make_clock
from sim.clock import Clock
from sim.errors import UserError
from tests.small import LEVEL, crisis

DAY, EXPIRY = date(2024, 3, 1), date(2024, 4, 15)
CLOCK = Clock.exchange(first=DAY, last=date(2024, 6, 28), tick_minutes=390)
FIRST = Snapshot.named(spot=5000.0, vol=0.14, overnight=0.05, us2y=0.045, us10y=0.042)
LAW = HestonSpec(theta=0.03, rates_vol=0.01)
START = Start(day=DAY, snapshot=FIRST, skew=0.5, term_reversion=1.4, dividend_yield=0.015, heston=LAW)
LAST = int(np.searchsorted(CLOCK.ticks, CLOCK.seconds(EXPIRY)))
TERMS: dict[str, Any] = {"notional": -1e8, "maturity": date(2029, 3, 1), "spot": 5000.0, "strike": 1.1}
NOTE = EquityNote(**TERMS, protection=0.9, participation=0.7, cap=0.5, coupon=0.01, frequency=2)


def compiled(*items: Any, start: Start = START) -> CompiledBook:
    return Book(items).compile(CLOCK, start)


def market(paths: int = 30, seed: int = 1) -> Snapshot:
    random = np.random.Generator(np.random.Philox(seed))
    noise = 0.01 * random.standard_normal((3, paths))
    spot, vol = 5000 * np.exp(0.3 * random.standard_normal(paths)), 0.14 * np.exp(0.5 * random.standard_normal(paths))
    rates = {name: level + move for (name, level), move in zip(RATES.items(), noise, strict=True)}
    return Snapshot.named(spot=spot, vol=vol, **rates)


RATES = {"overnight": 0.05, "us2y": 0.045, "us10y": 0.042}
NONE = np.zeros((0, 30))


@pytest.mark.parametrize("model", [None, "heston"])
def test_a_note_is_its_pieces_to_the_last_digit(model: Any) -> None:
    note = EquityNote(**TERMS, protection=0.9, participation=0.7, cap=0.5, model=model)
    terms: dict[str, Any] = {"kind": "call", "expiry": TERMS["maturity"], "model": model}
    calls = [Option(strike=k * 5000.0, quantity=q * 0.7 * 1e8 / 5000.0, **terms) for k, q in ((1.1, -1), (1.6, 1))]
    bond = EquityNote(**TERMS, protection=0.9, participation=0.0)
    for tick in (0, 17):
        now = market(seed=tick)
        whole = compiled(note).risk(tick, now, NONE)
        pieces = compiled(*calls).risk(tick, now, NONE)
        fixed = compiled(bond).risk(tick, now, NONE)
        np.testing.assert_allclose(whole.rows, pieces.rows + fixed.rows, rtol=1e-15, atol=1e-8)
        years = CLOCK.calendar_years_to(TERMS["maturity"]) - CLOCK.calendar_years[tick]
        discount = np.exp(-usd_curve().zero(float(years), now.block(("zero", "usd"))))
        np.testing.assert_allclose(fixed.value, -0.9e8 * discount, rtol=1e-14)


def test_what_it_pays() -> None:
    note = EquityNote(notional=1e6, maturity=EXPIRY, spot=5000.0, protection=0.95, participation=2.0, cap=0.1)
    now = market()
    rise = np.clip(now.row(SPOT) / 5000.0 - 1, 0, 0.1)
    for model in (None, "heston"):
        book = compiled(EquityNote(**{**vars(note), "model": model}))
        paid = book.cashflows(LAST - 3, LAST, now, NONE)
        np.testing.assert_allclose(paid, 1e6 * (0.95 + 2 * rise), rtol=1e-13)
        assert not book.value(LAST, now, NONE).any()
    coupons = compiled(NOTE).cashflows(0, CLOCK.ticks.size - 1, now, NONE)
    assert not coupons.any()  # the first is paid in September


@pytest.mark.parametrize("tick", [0, 20, LAST - 1, LAST])
def test_derivatives_under_heston_are_exact(tick: int) -> None:
    items = [
        Option(kind="put", strike=5200.0, expiry=EXPIRY, quantity=3.0, model="heston"),
        Option(kind="call", strike=4800.0, expiry=EXPIRY, quantity=-2.0, model="heston"),
        EquityNote(notional=-1e4, maturity=date(2029, 3, 1), spot=5000.0, model="heston"),
    ]
    book, now, since = compiled(*items), market(), max(tick - 3, 0)
    risk = book.risk(tick, now, NONE, settled=since)

    def slope(key: Any, step: float, what: str = "value") -> np.ndarray:
        up, down = (book.risk(tick, now.bumped(key, by), NONE, settled=since) for by in (step, -step))
        return np.asarray((getattr(up, what) - getattr(down, what)) / (2 * step))

    close: dict[str, float] = {"rtol": 1e-6, "atol": 1e-6}
    np.testing.assert_allclose(risk.value, book.value(tick, now, NONE, settled=since), rtol=1e-13)
    np.testing.assert_allclose(risk.delta, slope(SPOT, 1e-2), **close)
    np.testing.assert_allclose(risk.gamma, slope(SPOT, 1e-2, "delta"), rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(risk.vega, slope(VOL, 1e-6), rtol=1e-5, atol=1e-2)
    vanna = now.row(VOL) * slope(VOL, 1e-6, "delta")
    np.testing.assert_allclose(risk.second(SPOT, LN_VOL), vanna, rtol=1e-5, atol=1e-5)
    for key in usd_curve().nodes:
        np.testing.assert_allclose(risk.first(key), slope(key, 1e-6), rtol=1e-6, atol=1e-2)
    delta = book.delta(tick, now, settled=since)
    np.testing.assert_array_equal(delta, book.slopes(tick, now, NONE, settled=since).delta)


def test_a_path_does_not_see_the_others() -> None:
    book, now = compiled(EquityNote(**TERMS, model="heston"), NOTE), market(300)
    everybody = book.risk(5, now, np.zeros((0, 300))).rows
    for path in (0, 255, 256, 299):
        alone = book.risk(5, now.take(slice(path, path + 1)), np.zeros((0, 1))).rows
        np.testing.assert_array_equal(alone[:, 0], everybody[:, path])


def test_risk_of_a_note_before_a_run() -> None:
    lines = [
        {"kind": "equity_note", "notional": -1e8, "months": 60, "participation": 0.8, "model": "heston"},
        {"kind": "put", "moneyness": 0.9, "months": 60, "notional": 1e8, "model": "heston"},
    ]
    desk = {"type": "Hedger", "capital": 1e8, "book": lines}
    risk = book_risk(crisis(agents={"desk": desk, "maker": {"type": "MarketMaker"}}))
    assert risk.positions()["value"][0] < 0 < risk.positions()["value"][1]
    frame = asset_risk(risk.by_keys)
    assert frame is not None
    start = risk.by_keys.start
    higher = start.snapshot.with_rows({node: start.snapshot.row(node) + 1e-4 for node in start.curve.nodes})
    delta = [risk.by_keys.delta(0, each)[0] * LEVEL["spot"] for each in (start.snapshot, higher)]
    assert frame["delta"].sum() == pytest.approx(delta[0], rel=1e-12)
    assert frame["cross_gamma"].sum() == pytest.approx(delta[1] - delta[0], rel=1e-2)
    bumped = [risk.by_keys.start.snapshot.bumped(key, 1e-6) for key in risk.by_keys.start.curve.nodes]
    change = sum(float(risk.by_keys.value(0, each, np.zeros((0, 1)))[0]) - risk.value for each in bumped)
    assert risk.dv01 == pytest.approx(100 * change, rel=1e-4)


HEAD = "kind,notional,months,protection,participation,cap,moneyness"
WRONG = [
    (HEAD, "equity_note,,60,,,,", "2: notional: an equity_note needs its notional; > 0 holds the note"),
    (HEAD, "equity_note,1e8,,,,,", "needs exactly one of expiry and months, got '0 of them'"),
    (HEAD, "equity_note,1e8,60,-0.9,,,", "2: protection: must be >= 0, got -0.9"),
    (HEAD, "equity_note,1e8,60,95,,,", "2: protection: outside 0.1 to 1.5"),
    (HEAD, "equity_note,1e8,60,,-1,,", "2: participation: must be >= 0, got -1.0"),
    (HEAD, "equity_note,1e8,60,,80,,", "2: participation: outside 0.02 to 10"),
    (HEAD, "equity_note,1e8,60,,,0,", "2: cap: must be > 0, got 0.0"),
    (HEAD, "equity_note,1e8,60,,,-0.4,", "2: cap: must be > 0, got -0.4"),
    (HEAD, "put,1e8,6,0.9,,,1", "2: protection: protection does not belong here: a put has none"),
    (f"{HEAD},model", "equity_note,1e8,60,,,,,bates", "2: model: must be 'heston', got 'bates'"),
    (f"{HEAD},model", "swap,1e8,60,,,,,heston", "2: model: model does not belong here: a swap has none"),
    (f"{HEAD},frequency", "equity_note,1e8,60,,,,,5", "frequency: coupons are whole months apart, got 5"),
    (f"{HEAD},quantity", "equity_note,1e8,60,,,,,100", "2: quantity: quantity does not belong here: a note has none"),
    (f"{HEAD},strike", "equity_note,1e8,60,,,,1,100", "needs exactly one of strike and moneyness, got '2 of them'"),
]


@pytest.mark.parametrize(("heading", "line", "said"), WRONG)
def test_wrong_lines(heading: str, line: str, said: str, tmp_path: Path) -> None:
    (table := tmp_path / "book.csv").write_text(f"{heading}\n{line}\n")
    scenario = from_dict(
        {
            "name": "small",
            "storyline": {"anchor": [{"date": "2020-02-19", **LEVEL}, {"date": "2020-02-21"}]},
            "agents": {"desk": {"type": "Hedger", "capital": 1e8}, "maker": {"type": "MarketMaker"}},
        }
    )
    with pytest.raises(UserError) as caught:
        compile_books(take_book(scenario, table), make_clock(scenario))
    told = str(caught.value)
    assert said in told and "\n" not in told
    assert "book.csv:2" in told or "agents.desk.book.1" in told


def test_a_note_needs_an_asset(tmp_path: Path) -> None:
    (tmp_path / "book.csv").write_text("kind,notional,months\nequity_note,1e8,60\n")
    (tmp_path / "quotes_2026-03-02.csv").write_text("curve,kind,tenor,rate_percent\nsofr,ois,1Y,4\nsofr,ois,10Y,4\n")
    with pytest.raises(UserError, match="is no position in rates"):
        bare_book(tmp_path / "book.csv", tmp_path / "quotes_2026-03-02.csv")
