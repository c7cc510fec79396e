"""Wrong lines of a book of rates: each is one line that says rule, value, place and remedy, before anything is run."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from scenarios.scenario import Scenario
from scenarios.studies.replay.positions_csv import take_book
from scenarios.worlds.books import compile_books
from scenarios.worlds.clock import make_clock
from sim.clock import Clock
from sim.errors import UserError
from tests.test_ois import desk_with

BOND = "kind,notional,expiry,fixed_rate"
LINES = [
    (f"{BOND},price", "bond,1e9,2030-08-15,,99", "2: fixed_rate: a bond needs `fixed_rate`; 0.04 is 4 %"),
    (f"{BOND},price", "bond,1e9,,0.03,99", "needs exactly one of expiry and months, got '0 of them'"),
    (f"{BOND},price", "bond,,2030-08-15,0.03,99", "2: notional: a bond needs its notional; > 0 holds the bond"),
    (f"{BOND},price", "bond,1e9,2020-02-10,0.03,99", "2: expiry: expiry must be after the start, got '2020-02-10'"),
    (f"{BOND},price", "bond,1e9,2020-02-20,0.03,99", "book.1: the bond matures by its settlement day, got"),
    (f"{BOND},price", "bond,1e9,2030-08-15,3,99", "2: fixed_rate: outside -0.05 to 0.3"),
    (f"{BOND},price", "bond,1e9,2030-08-15,0.03,-99", "2: price: must be > 0, got -99.0; price is: clean price"),
    (f"{BOND},price", "bond,1e9,2030-08-15,0.03,0.99", "2: price: outside 2 to 500"),
    (f"{BOND},price", "bond,1e9,2020-03-15,0.03,499", "no spread over the curve gives this price"),
    (f"{BOND},price", "bond,1e9,2030-02-30,0.03,99", "2: expiry: is a date that does not exist"),
    (f"{BOND},price,spread", "bond,1e9,2030-08-15,0.03,99,0.01", "book.1.spread: has a price or a spread, not both"),
    (f"{BOND},price,yield", "bond,1e9,2030-08-15,0.03,99,0.03", "2: quoted_rate: quoted_rate does not belong here"),
    (f"{BOND},yield", "bond,1e9,2030-08-15,0.03,3", "2: quoted_rate: outside -0.05 to 0.3"),
    (f"{BOND},convention", "bond,1e9,2030-08-15,0.03,usd_sofr", "book.1.convention: no bonds have this convention"),
    (f"{BOND},convention", "bond,1e9,2030-08-15,0.03,us_tresury", "did you mean 'us_treasury'?"),
    (f"{BOND},day_count", "bond,1e9,2030-08-15,0.03,act/361", "book.1.day_count: no such day count, got 'act/361'"),
    (f"{BOND},frequency", "bond,1e9,2030-08-15,0.03,5", "frequency: a bond has whole months between coupons, got 5"),
    (f"{BOND},frequency", "bond,1e9,2030-08-15,0.03,2.5", "2: frequency: must be a whole number, got '2.5'"),
    (f"{BOND},tenor", "bond,1e9,2030-08-15,0.03,M6", "2: tenor: tenor does not belong here: a bond has none"),
    ("kind,notional,expiry,strike", "bond,1e9,2030-08-15,100", "2: strike: strike does not belong here"),
    ("kind,quantity,expiry,fixed_rate", "bond,100,2030-08-15,0.03", "2: quantity: quantity does not belong here"),
    (BOND, "bill,1e9,2020-08-15,0.03", "its discount rate is `quoted_rate`, got 0.03"),
    ("kind,notional,expiry,discount_rate", "bill,1e9,2020-08-15,2.1", "write 0.021 for 2.1 %"),
    ("kind,notional,expiry,discount_rate", "bill,1e9,2059-08-15,0.2", "the discount is more than the face, got 0.2"),
    ("kind,notional,expiry,price", "bill,1e9,2020-08-15,0", "2: price: must be > 0, got 0.0"),
    ("kind,notional,expiry,start", "cd,1e9,2020-08-15,2020-09-15", "book.1: a deposit is issued, bought, then due"),
    (BOND, "cd,1e9,2020-02-19,0.02", "2: expiry: expiry must be after the start"),
    ("kind,notional,tenor", "fra,1e9,3M", "book.1.tenor: a FRA's tenor is its months, got '3M'; write '1x4'"),
    ("kind,notional,tenor", "fra,1e9,6x3", "book.1.tenor: ends before it starts, got '6x3'; write '1x4'"),
    ("kind,notional,tenor", "fra,1e9,", "2: tenor: a fra needs `tenor`; '1x4'"),
    ("kind,notional,tenor,expiry", "fra,1e9,3x6,2020-09-15", "its rate is `fixed_rate`, got '2020-09-15'"),
    ("kind,notional,tenor", "sofr_3m,1e9,A6", "book.1.tenor: is not the code of a future, got 'A6'; write the letter"),
    ("kind,notional,tenor,price", "sofr_3m,1e9,M0,2000", "2: price: must be <= 1000, got 2000.0"),
    ("kind,notional,tenor,contracts", "sofr_3m,1e9,M0,10", "2: contracts: needs exactly one of notional and contracts"),
    ("kind,tenor,contracts", "sofr_3m,M0,", "1e6 is a contract of three months, 5e6 one of a month"),
    ("kind,notional,tenor,reversion", "sofr_1m,1e9,M0,-1", "2: reversion: must be >= 0, got -1.0"),
    ("kind,notional,tenor,normal_vol", "sofr_1m,1e9,M0,-0.01", "2: normal_vol: must be >= 0, got -0.01"),
    ("kind,notional,months,notionals", "ois,1e9,36,1 0.5", "notionals: a notional belongs to each period, got 2"),
    ("kind,notional,months,notionals", "ois,1e9,36,1 0.5 -1", "outside 0.0001 to 100"),
    ("kind,notional,months,notionals", "ois,1e9,36,1 half 0", "2: notionals: must be numbers, got '1 half 0'"),
    ("kind,notional,months,notionals", "ois,1e9,36,0 0 0", "notionals are not negative, and not all zero"),
    ("kind,notional,months,notionals,profile", "ois,1e9,36,1 1 0,amortising", "are a list or a profile, not both"),
    ("kind,notional,months,profile", "ois,1e9,36,linear", "2: profile: must be 'bullet', 'amortising' or 'accreting'"),
    ("kind,notional,months,stub", "ois,1e9,36,middle", "2: stub: must be 'front', 'long front', 'back' or"),
    ("kind,notional,months,compounding", "ois,1e9,36,simple", "2: compounding: must be 'compounded' or 'averaged'"),
    ("kind,notional,months,spread", "ois,1e9,36,10", "2: spread: outside -0.05 to 0.3"),
    ("kind,notional,months,start", "ois,1e9,24,2016-01-04", "book.1.expiry: a swap matures after the start"),
    ("kind,notional,months,start", "ois,1e9,24,soon", "2: start: must be a date, YYYY-MM-DD, got 'soon'"),
    ("kind,notional,months,convention", "ois,1e9,24,usd_libor", "convention: no such convention, got 'usd_libor'"),
    ("kind,notional,months,convention", "ois,1e9,24,year_grid", "convention: a grid of years has no days"),
    ("kind,notional,months,past_rate", "ois,1e9,24,4.3", "2: past_rate: outside -0.05 to 0.3"),
    ("kind,notional,months,tenor", "swap,1e9,24,1x4", "2: tenor: tenor does not belong here: a swap has none"),
    ("kind,notional,months,notionals", "swap,1e9,24,1 0.5", "got 2; the leg has 4 periods: write one share for each"),
    ("kind,notional,months,swap_months,side", "cancellable_swap,1e9,12,48,payer", "needs `fixed_rate`; 0.04 is 4 %"),
    ("kind,notional,months,swap_months,fixed_rate", "cancellable_swap,1e9,12,48,0.03", "2: side: a cancellable_swap"),
]  # fmt: skip


@cache
def desk() -> tuple[Scenario, Clock]:
    """A desk on a quoted curve, which refuses rates that no market has had."""
    scenario = desk_with([])
    return replace(scenario, run=replace(scenario.run, as_given=False)), make_clock(scenario)


@pytest.mark.parametrize(("heading", "line", "said"), LINES)
def test_wrong_lines(heading: str, line: str, said: str, tmp_path: Path) -> None:
    (table := tmp_path / "book.csv").write_text(f"{heading}\n{line}\n")
    scenario, clock = desk()
    with pytest.raises(UserError) as caught:
        compile_books(take_book(scenario, table), clock)
    told = str(caught.value)
    assert said in told and "\n" not in told
    assert "book.csv:2" in told or "agents.desk.book.1" in told
    assert ", got " in told or caught.value.remedy
