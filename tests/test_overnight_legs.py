"""Overnight legs in a book: what is compounded or averaged on a path, lags, holidays, amounts that change."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

from markets.curves.curve_set import solve_set
from markets.curves.stress import parse_stress
from markets.products import cash_table
from markets.specs.curves import CurveSpec
from scenarios import run, value_swaps
from scenarios.worlds.books import starting_market
from sim.clock import Clock
from sim.errors import UserError
from tests.test_cash_book import CLOCK, compiled, market, shifted, value
from tests.test_quoted_curves import TODAY, sofr

SIZE = 5e7


def swap(**changes) -> dict:
    return {"kind": "ois", "notional": SIZE, "months": 108, "fixed_rate": 0.035, **changes}


def walk(book, days: int, seed: int = 3, vol: float = 1e-3):
    """A path of the curve: at every close the nodes move; yields tick, market and fixings after what is paid."""
    draw, start, fixings = np.random.default_rng(seed), book.start, book.new_fixings(1)
    now, last, cash = start.snapshot, 0, 0.0
    for tick in np.flatnonzero(CLOCK.is_close)[1 : days + 1].tolist():
        moves = draw.normal(0, vol, len(start.curve.nodes))
        now = now.with_rows({k: now.row(k) + by for k, by in zip(start.curve.nodes, moves, strict=True)})
        before = book.value(tick, now, fixings, settled=last)[0]
        paid = book.cashflows(last, tick, now, fixings)[0]
        book.fix(last, tick, now, fixings)
        after = book.value(tick, now, fixings)[0]
        assert before == pytest.approx(after + paid, abs=1e-10 * SIZE)
        last, cash = tick, cash + paid
        yield tick, now, fixings, cash


@pytest.mark.parametrize("by", [100, -250])
def test_the_lag_is_exact_on_a_path(by: int) -> None:
    """A swap on a curve that has moved is worth what the curves' own swap is on it, lag and all."""
    curves = solve_set({"sofr": sofr()}, TODAY)
    theirs = value_swaps(["receive 3.5% 9Y 50m"], curves)
    start = market(curves)
    ours = value(compiled(start, swap()), shifted(start, by * 1e-4))
    moved = theirs.npv[0] + theirs.stressed(parse_stress(f"parallel {by}"))[0]
    assert ours == pytest.approx(moved, abs=1e-12 * SIZE)


def test_what_is_compounded_is_what_was_fixed() -> None:
    """A month on, by hand: growth close by close at each close's overnight rate, then discount factors."""
    book = compiled(market(), swap(months=12, fixed_rate=0.0))
    begin, end, paid = date(2026, 3, 4), date(2027, 3, 4), date(2027, 3, 8)
    curve, growth, seen = book.start.curve, 1.0, None
    for tick, now, fixings, _ in walk(book, 21):
        today = CLOCK.session_dates[CLOCK.day[tick]]
        rates = now.block(curve.block)[:, 0]

        def minus_log(day: date, today: date = today, rates=rates) -> float:
            years = (day - today).days / 365
            return float(curve.weights(years) @ rates + curve.excess(years))

        later = CLOCK.session_dates[CLOCK.day[tick] + 1]
        if later > begin:
            growth *= np.exp(minus_log(later) - minus_log(max(begin, today)))
        seen = today
        by_hand = growth * np.exp(minus_log(end) - minus_log(max(later, begin)) - minus_log(paid))
        expected = -SIZE * (by_hand - np.exp(-minus_log(paid)))
        assert book.value(tick, now, fixings)[0] == pytest.approx(expected, abs=1e-10 * SIZE)
    assert seen == CLOCK.session_dates[21] and growth > 1.003


def test_rate_risk_does_not_drop_when_a_period_begins() -> None:
    """Half a percent of the 9Y swap's DV01 goes with three weeks; a rate set in advance would take a tenth away."""
    book = compiled(market(), swap())
    nodes = book.start.curve.nodes

    def dv01(tick, now, fixings) -> float:
        return sum(book.risk(tick, now, fixings).first(key)[0] for key in nodes)

    first = dv01(0, book.start.snapshot, book.new_fixings(1))
    *_, (tick, now, fixings, _) = walk(book, 15, vol=0.0)
    assert dv01(tick, now, fixings) / first == pytest.approx(1.0, abs=0.01)


def test_a_future_pays_what_its_rate_moves() -> None:
    """Through its last settlement: the cash adds up to the agreed rate less the rate that was fixed."""
    for kind, tenor in (("sofr_1m", "J6"), ("sofr_3m", "H6")):
        book = compiled(market(), {"kind": kind, "tenor": tenor, "notional": 1e8, "price": 96.0})
        (begin, end), total, level = book.book.instruments[0].span(book.start), 0.0, None
        growth, summed, curve = 1.0, 0.0, book.start.curve
        for tick, now, fixings, cash in walk(book, 76):
            today = CLOCK.session_dates[CLOCK.day[tick]]
            if today < end and tick < len(CLOCK.ticks) - 1:
                later = min(CLOCK.session_dates[CLOCK.day[tick] + 1], end)
                if later > begin:
                    rates = now.block(curve.block)[:, 0]
                    years = np.array([(max(begin, today) - today).days, (later - today).days]) / 365
                    y = np.diff(curve.weights(years) @ rates + curve.excess(years))[0]
                    growth, summed = growth * np.exp(y), summed + y
            total, level = cash, book.value(tick, now, fixings)[0]
        tau = (end - begin).days / 360
        rate = summed / tau if kind == "sofr_1m" else (growth - 1) / tau
        months = 1 if kind == "sofr_1m" else 3
        assert level == 0.0 and end <= CLOCK.session_dates[76]
        assert total == pytest.approx(-1e8 * months / 12 * (rate - 0.04), abs=1e-9 * 1e8)


def test_payments_wait_for_the_next_close() -> None:
    """A coupon of Good Friday, when New York is shut: discounted to that day, and paid on the Monday after."""
    line = {"kind": "bill", "expiry": date(2026, 4, 3), "notional": 1e6, "convention": "us_treasury", "spread": 0.0}
    start = market()
    book = compiled(start, line)
    (table,) = book.tables
    (tick,) = np.flatnonzero(CLOCK.ticks == table.settled[0])
    assert CLOCK.session_dates[CLOCK.day[tick]] == date(2026, 4, 6)  # business days of the market, too, are shut
    fra = {"kind": "fra", "tenor": "1x4", "notional": 1e6}
    assert compiled(start, fra).tables[0].settled[0] == CLOCK.seconds(date(2026, 4, 6))  # spot is 4 March
    london = Clock.exchange(calendar="XLON", first=TODAY, last=date(2026, 6, 30), tick_minutes=390)
    ois = {"kind": "ois", "months": 1, "start": date(2026, 4, 24), "fixed_rate": 0.04, "notional": 1e6}
    bank_holiday = compiled(start, ois, clock=london)  # paid on 27 May; London was shut on 25 May
    assert value(bank_holiday) == pytest.approx(value(compiled(start, ois)), abs=1e-12 * 1e6)


def test_many_lags_are_netted(monkeypatch) -> None:
    """Of a large book the lag is discounted at the start's forward rate: exact at the start, and close after it."""
    lines = [swap(months=6 + 7 * i, notional=SIZE * (-1) ** i, spread=1e-4 * i) for i in range(12)]
    exact = compiled(market(), *lines)
    monkeypatch.setattr(cash_table, "MANY_LAGS", 0)
    netted = compiled(market(), *lines)
    assert value(netted) == pytest.approx(value(exact), abs=1e-12 * SIZE * 12)
    for (tick, now, fixings, cash), (_, _, others, paid) in zip(walk(exact, 21), walk(netted, 21), strict=True):
        one, other = exact.value(tick, now, fixings)[0], netted.value(tick, now, others)[0]
        assert one + cash == pytest.approx(other + paid, abs=1e-6 * SIZE * 12)


VARIANTS = [
    ({"spread": 0.0021}, {"spread": 0.0021}),
    ({"profile": "amortising"}, {"profile": "amortising"}),
    ({"profile": "accreting", "months": 66}, {"profile": "accreting", "tenor": "66M"}),
    ({"stub": "back", "months": 66}, {"stub": "back", "tenor": "66M"}),
    ({"stub": "long front", "months": 66}, {"stub": "long front", "tenor": "66M"}),
    ({"stub": "long back", "months": 67}, {"stub": "long back", "tenor": "67M"}),
    ({"start": date(2026, 9, 15), "months": 40}, {"start": date(2026, 9, 15), "tenor": "40M"}),
    ({"notionals": (1.0, 0.8, 0.0, 2.5), "months": 48}, {"notionals": (1.0, 0.8, 0.0, 2.5), "tenor": "48M"}),
    ({"compounding": "averaged"}, {"compounding": "averaged"}),
    ({"compounding": "averaged", "months": 30}, {"compounding": "averaged", "tenor": "30M"}),
]


@pytest.mark.parametrize(("ours", "theirs"), VARIANTS)
@pytest.mark.parametrize("rate", [0.035, None])
@pytest.mark.parametrize("name", ["usd_sofr", "gbp_sonia"])
def test_a_run_values_every_variant_as_the_curves_do(ours: dict, theirs: dict, rate: float | None, name: str) -> None:
    from markets.specs.curve_swaps import CurveSwapSpec

    curves = solve_set({"curve": sofr(convention=name)}, TODAY)
    start = market(curves)
    line = swap(**{"fixed_rate": rate, **ours})
    spec = CurveSwapSpec(side="receive", notional=SIZE, rate=rate, **{"tenor": "9Y", **theirs})
    expected = value_swaps([spec], curves).npv[0]
    digits = 1e-11 if "compounding" in ours else 1e-12  # theirs sums thousands of daily flows
    assert value(compiled(start, line)) == pytest.approx(expected, abs=digits * SIZE)


def test_swaps_under_way() -> None:
    """Known fixings, or an assumed rate, count from the beginning; what is over is paid."""
    start = market()
    old = {"start": date(2025, 6, 16), "months": 60, "fixed_rate": 0.036}
    flat = value(compiled(start, swap(**old, past_rate=0.0431)))
    days = [date(2025, 6, 16) + timedelta(days=i) for i in range(260)]
    known = market(fixings={day: 0.0431 for day in days if day < TODAY})
    assert value(compiled(known, swap(**old))) == pytest.approx(flat, abs=1e-12 * SIZE)
    more = value(compiled(start, swap(**old, past_rate=0.0531)))
    paid = start.discount((date(2026, 6, 18) - TODAY).days / 365)
    years = (TODAY - date(2025, 6, 16)).days / 360
    assert (flat - more) / SIZE == pytest.approx(0.01 * years * paid, rel=0.06)
    par = compiled(start, swap(**{**old, "fixed_rate": None}))
    assert value(par) == pytest.approx(0.0, abs=1e-12 * SIZE)
    assert "past fixings 4.31 %" in compiled(start, swap(**old, past_rate=0.0431)).book.instruments[0].label
    with pytest.raises(UserError, match="a swap matures after the start"):
        compiled(start, swap(start=date(2020, 1, 6), months=24))


def test_the_curves_market_may_be_named() -> None:
    """Without a quoted curve, too."""
    found = solve_set({"curve": CurveSpec(convention="gbp_sonia", rates={"5Y": 0.04})}, TODAY)
    assert value(compiled(market(found), swap(convention="usd_sofr", fixed_rate=None))) == pytest.approx(0, abs=1e-5)


def test_fixings_from_a_table(tmp_path) -> None:
    """A run values a swap under way with them; without them the first day's rate stands for all."""
    from click.testing import CliRunner

    from scenarios import from_dict
    from scenarios.cli import main
    from scenarios.describing.scenario_file import scenario_text
    from scenarios.studies.curves.take_fixings import take_fixings
    from tests.test_ois import desk_with, value_at_the_start

    book = [{"kind": "ois", "notional": -1e8, "start": "2019-12-18", "months": 12, "fixed_rate": 0.02}]
    scenario = desk_with(book)
    days = [date(2019, 12, 10) + timedelta(days=i) for i in range(75)]
    table = tmp_path / "fixings.csv"
    table.write_text("Date,SOFR (%)\n" + "".join(f"{day},4.31\n" for day in days if day.weekday() < 5))
    taken = take_fixings(scenario, table)
    assert len(taken.market.rates.fixings) == 51 and "3 fixings from 2020-02-19 on are left out" in taken.notes[-1]
    by_hand = desk_with([{**book[0], "past_rate": 0.0431}])
    assert value_at_the_start(taken) == pytest.approx(value_at_the_start(by_hand), abs=1e-12 * 1e8)
    assert abs(value_at_the_start(taken) - value_at_the_start(scenario)) > 1e5
    assert from_dict(taken.to_dict()).market.rates.fixings == taken.market.rates.fixings
    table.write_text("date,rate\n2020-01-02,4.31\n")
    with pytest.raises(UserError, match=r"fixings.csv:2: rate: outside -0.05 to 0.3"):
        take_fixings(replace(scenario, run=replace(scenario.run, as_given=False)), table)
    file = tmp_path / "own.toml"
    file.write_text(scenario_text(scenario, "By hand."))
    for cells, said in (
        ("date,rate\n2020-01-02,0.01\n2020-01-02,0.01\n", "a day has one fixing"),
        ("date,quote\n2020-01-02,0.01\n", "there is no column of rates"),
        ("date,rate\n2020-01-02,0.01\n", "the overnight rate of a past day is missing, got '2019-12-18'"),
        ("date,rate\n2020-01-02,\n", "a fixing has a date and a rate"),
    ):
        table.write_text(cells)
        done = CliRunner().invoke(main, ["check", str(file), "--fixings", str(table)])
        assert done.exit_code == 2 and said in done.output and done.output.count("\n") <= 2, done.output


def test_a_cancellable_swap_is_a_swap_and_the_right_to_drop_it() -> None:
    start, year = market(), {"months": 12, "swap_months": 48, "fixed_rate": 0.037, "normal_vol": 0.009}
    swap_line = {"kind": "swap", "months": 60, "fixed_rate": 0.037}
    for side, other, sign in (("payer", "receiver", -1.0), ("receiver", "payer", 1.0)):
        whole = value(compiled(start, {"kind": "cancellable_swap", "side": side, "notional": 1e6, **year}))
        held = value(compiled(start, {**swap_line, "notional": sign * 1e6}))
        right = value(compiled(start, {"kind": "bermudan_swaption", "side": other, "notional": 1e6, **year}))
        assert whole == pytest.approx(held + right, abs=1e-9) and right > 1e3
    with pytest.raises(UserError, match="a cancellable swap has a fixed rate"):
        compiled(start, {"kind": "cancellable_swap", "side": "payer", "notional": 1e6, **year, "fixed_rate": None})


@pytest.mark.parametrize(
    "changes", [{"spread": 0.002}, {"profile": "amortising"}, {"notionals": (1.0, 0.5, 0.5, 0.25)}]
)
def test_term_swaps_have_spreads_and_amounts_too(changes: dict) -> None:
    """Period by period by hand; at par worth nothing."""
    start, line = market(), {"kind": "swap", "months": 24, "notional": 1e6, "fixed_rate": 0.035, **changes}
    ours = value(compiled(start, line))
    plain = compiled(start, {**line, "spread": None, "profile": None, "notionals": ()}).book.instruments[0]
    shares = changes.get("notionals") or ([1.0, 0.75, 0.5, 0.25] if "profile" in changes else [1.0] * 4)

    def years(day: date) -> float:
        return CLOCK.calendar_years_to(day)

    by_hand = 0.0
    for period, share in zip(plain.fixed_leg(TODAY), shares, strict=True):
        by_hand += 1e6 * share * 0.035 * period.accrual * start.discount(years(period.end))
    for i, period in enumerate(plain.float_leg(TODAY)):
        rate = start.forward_rate(years(period.start), years(period.end))
        paid = rate + changes.get("spread", 0.0) * period.accrual
        by_hand -= 1e6 * shares[i // 2] * paid * start.discount(years(period.end))
    assert ours == pytest.approx(by_hand, abs=1e-12 * 1e6)
    assert value(compiled(start, {**line, "fixed_rate": None})) == pytest.approx(0.0, abs=1e-9)


MOVED = [
    {"kind": "ois", "notional": 1e9, "months": 84, "fixed_rate": 0.03, "convention": "usd_sofr"},
    {"kind": "ois", "notional": 1e9, "months": 30, "compounding": "averaged", "convention": "usd_sofr"},
    {"kind": "fra", "notional": 1e9, "tenor": "3x6"},
    {"kind": "sofr_3m", "notional": 1e9, "tenor": "M0"},
    {"kind": "sofr_1m", "notional": 1e9, "tenor": "J0"},
]


@pytest.mark.parametrize("line", MOVED, ids=lambda line: f"{line['kind']} {line.get('compounding', '')}")
def test_a_spread_moves_the_curve_that_rates_are_read_from(line: dict) -> None:
    """Exposure to the spread is exact, and about that of rates where only the projection counts."""
    from markets.factors.key import USD
    from tests.small import world_of
    from tests.test_spreads import TERM, scenario

    world = world_of(scenario([line]), 2)
    desk, now = world.desks["desk"], world.factors.snapshot
    for key in (TERM, *now.nodes(USD)):
        up, down = (desk.book.value(0, now.bumped(key, by), desk.unit.fixings) for by in (1e-6, -1e-6))
        np.testing.assert_allclose(desk.unit.risk().first(key), (up - down) / 2e-6, rtol=1e-5, atol=1e3)
    own, rates = desk.unit.risk().first(TERM)[0], sum(desk.unit.risk().first(key)[0] for key in now.nodes(USD))
    assert own == pytest.approx(rates, rel=0.15) and abs(own) > 1e7
    worth = [desk.book.value(0, now, desk.unit.fixings)[0]]
    if line["kind"] in ("fra", "sofr_3m") or "compounding" in line:
        assert worth[0] == pytest.approx(0.0, abs=1e-5 * 1e9)


def test_what_is_assumed_of_past_days_is_said(tmp_path) -> None:
    """By `spiral check`, the run's manifest and `spiral risk`; not where it is given, or nothing is under way."""
    from scenarios.worlds.assumed import past_fixings
    from tests.test_ois import desk_with

    old = {"kind": "ois", "notional": -1e8, "start": "2019-12-18", "months": 12, "fixed_rate": 0.02}
    fresh = {"kind": "ois", "notional": -1e8, "months": 12}
    begun = {"kind": "sofr_3m", "tenor": "Z9", "notional": 1e8}  # of December 2019, under way
    (said,) = past_fixings(desk_with([old, fresh, begun, old]))
    rate = starting_market(desk_with([old])).forward_rate(0.0, 1 / 365) * 360
    told = "3 positions under way in the book of desk: overnight rates before 2020-02-19 are taken to be that day's"
    assert said.startswith(f"{told}, {100 * rate:.4f} %")
    for book in ([fresh], [{**old, "past_rate": 0.04}], [{"kind": "sofr_3m", "tenor": "U0", "notional": 1e8}]):
        assert not list(past_fixings(desk_with(book)))
    given = desk_with([old])
    rates = replace(given.market.rates, fixings={"2019-12-18": 0.01})
    assert not list(past_fixings(replace(given, market=replace(given.market, rates=rates))))
    from click.testing import CliRunner

    from scenarios.cli import main
    from scenarios.describing.scenario_file import scenario_text

    file = tmp_path / "own.toml"
    file.write_text(scenario_text(desk_with([old]), "By hand."))
    for command in ("check", "risk"):
        shown = CliRunner().invoke(main, [command, str(file)], env={"COLUMNS": "200"})
        assert shown.exit_code == 0 and "1 position under way in the book of desk" in " ".join(shown.output.split())
    done = run(desk_with([old]), paths=2, workers=1, out=tmp_path / "run", tables=["marks"])
    assert any("1 position under way" in note for note in done.manifest["notes"])
