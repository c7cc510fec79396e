"""Hazard curves solved and contracts valued: what a notebook calls."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

import numpy as np
from numpy.typing import ArrayLike, NDArray

from markets.credit.cds_book import CdsBook
from markets.credit.contract import CreditConvention, cds_of, credit_convention, maturity_after
from markets.credit.hazard_curve import CreditQuote, HazardCurve, solve_hazards
from markets.credit.legs import LogDiscount
from markets.curves.dates import parse_tenor
from markets.curves.quoted_curve import QuotedCurve
from markets.plausible import RATE
from markets.specs.cds import CdsSpec
from scenarios.files.frames import Source, is_path
from scenarios.studies.credit.cds_text import parse_cds
from scenarios.studies.credit.quotes_csv import NameQuotes, QuoteLine, read_cds_quotes
from scenarios.studies.curves.solving import day_in_name
from sim.dataclass import dataclass
from sim.errors import UserError, placed
from sim.figure_text import percent

Floats = NDArray[np.float64]
RECOVERY = 0.4  # of senior debt, by the market's convention


@dataclass(frozen=True, eq=False)
class Credit:
    """Hazard curves by name, and what was assumed to solve them."""

    curves: Mapping[str, HazardCurve]
    notes: tuple[str, ...]

    def __getitem__(self, name: str) -> HazardCurve:
        return self.curves[name]


def solve_credit(
    source: Source,
    *,
    discount: float | QuotedCurve,
    day: date | str | None = None,
    recovery: float | None = None,
    contract: str = "rolling",
    dates: str | None = None,
    as_given: bool = False,
) -> Credit:
    """Solve hazard curves from quotes of credit default swaps, one a name.

        credit = solve_credit("cds.csv", discount=0.015, day="2025-10-03")
        credit["acme"].survival(5.0)

    Args:
        source: a CSV file or a frame of quotes: name, tenor, spread_bp; or upfront_percent and coupon_bp.
        discount: a continuous rate, or a curve of `solve_curves`, as `solve_curves("quotes.csv")["sofr"]`.
        day: valuation day, where the source does not say it.
        recovery: decimal, of names whose lines do not say theirs; 40 % without it.
        contract: `rolling` (whole years from the valuation day) or `standard` (ends on 20 June and December, fixed
            coupons, upfront paid three days later).
        dates: order of day and month in tables, `mdy`, `dmy` or `iso`.
        as_given: take spreads that no market has had.

    Returns:
        The curves by name: `survival(years)`, `hazards`, `quotes`.

    Raises:
        UserError: a mistake in the source, or a quote that no hazard rate at or above 0 meets.
    """
    wanted = _day(day)
    convention = credit_convention(contract, "contract")
    read = read_cds_quotes(source, day=wanted, dates=dates, as_given=as_given)
    notes = list(read.notes)
    today = wanted or read.day or (day_in_name(str(source), notes) if is_path(source) else None)
    if today is None:
        remedy = "say --date 2025-10-03, or add a column date"
        raise UserError("nothing says the valuation day", place=str(source) if is_path(source) else None, remedy=remedy)
    log_discount, knots = _discounting(discount, today, as_given=as_given)
    curves = {
        name: solve_hazards(
            name,
            today,
            convention,
            _recovery(name, own, recovery, notes),
            [_quote(line, today, convention) for line in own.lines],
            log_discount,
            knots,
        )
        for name, own in read.names.items()
    }
    return Credit(curves, tuple(notes))


def value_cds(contracts: Iterable[str | CdsSpec], credit: Credit) -> CdsBook:
    """Value credit default swaps on solved names, with exact risk by quote.

        book = value_cds(["buy 20m 120bp 2029-03-21 on acme"], credit)
        book.clean, book.ladders, book.jump

    Args:
        contracts: lines like 'sell 10m 100bp 5Y on acme'.
        credit: of `solve_credit`.

    Returns:
        The book: `clean`, `dirty`, `par`, `annuity`, `upfront`, `jump`, `cs01`, `ladders`, `bumped(name)`,
        `rates01()`, `at_recovery(0.2, rebuilt=True)`, `hedge(name)`; arrays with an entry a contract.

    Raises:
        UserError: a mistake in a contract.
    """
    texts = list(contracts)
    specs = [parse_cds(each, f"--cds {i}") if isinstance(each, str) else each for i, each in enumerate(texts, 1)]
    return CdsBook.of(specs, credit.curves, [f"--cds {i}" for i in range(1, len(specs) + 1)])


def _recovery(name: str, own: NameQuotes, given: float | None, notes: list[str]) -> float:
    if own.recovery is not None:
        return own.recovery
    if given is None:
        notes.append(f"{name}: recovery is taken as {percent(RECOVERY, 0)}")
    return RECOVERY if given is None else given


def _quote(line: QuoteLine, today: date, convention: CreditConvention) -> CreditQuote:
    with placed(line.place):
        end = line.maturity or maturity_after(today, parse_tenor(line.tenor), convention)
        cds = cds_of(today, end, convention)
    return CreditQuote(
        tenor=line.tenor,
        cds=cds,
        spread=line.spread,
        coupon=line.coupon or 0.0,
        upfront=line.upfront or 0.0,
        place=line.place,
    )


def _discounting(discount: float | QuotedCurve, today: date, *, as_given: bool) -> tuple[LogDiscount, Floats]:
    """ln DF by years, and the times where its forward rate steps."""
    if isinstance(discount, QuotedCurve):
        if discount.day != today:
            rule = "the discount curve is of another day"
            raise UserError(rule, value=str(discount.day), remedy=f"the quotes are of {today}")
        return discount.log_discount, discount.years
    rate = float(discount)
    if not np.isfinite(rate) or abs(rate) > 1:
        raise UserError("is no rate", value=discount, place="--rate", remedy="write 0.015 for 1.5 %")
    if not (RATE[0] <= rate <= RATE[1] or as_given):
        rule = f"outside {RATE[0]:g} to {RATE[1]:g}, the range seen in markets"
        raise UserError(rule, value=discount, place="--rate", remedy="0.015 is 1.5 %; else say --as-given")

    def flat(years: ArrayLike) -> Floats:
        return -rate * np.asarray(years, dtype=np.float64)

    return flat, np.empty(0)


def _day(given: date | str | None) -> date | None:
    if given is None or isinstance(given, date):
        return given
    try:
        return date.fromisoformat(given)
    except (TypeError, ValueError):
        raise UserError("is not a date", value=given, place="day", remedy="write YYYY-MM-DD") from None
