"""The periods of futures on overnight rates, by their IMM codes."""

from __future__ import annotations

import re
from datetime import date, timedelta

from markets.curves.dates import known
from sim.errors import UserError

LETTERS = "FGHJKMNQUVXZ"  # January to December
QUARTER = 3  # months
WEDNESDAY = 2  # of `date.weekday`
CODE = re.compile(rf"[A-Z0-9]{{0,4}}?([{LETTERS}])(\d{{1,2}})")


def contract_month(code: str, today: date, place: str | None = None, *, months: int = 1) -> tuple[int, int]:
    """Year and month of 'M6', 'M26' or 'SR3M6': the next such that has not passed. Raises UserError.

    months: that it lasts, 1 or 3, so that one that is under way has not passed.
    """
    found = CODE.fullmatch(code.strip().upper())
    if not found:
        remedy = "write the letter of its month and its year, 'M6' or 'M26', or start and end dates"
        raise UserError("is not the code of a future", value=code, place=place, remedy=remedy)
    month, digits = LETTERS.index(found[1]) + 1, found[2]
    span = 10 ** len(digits)
    year = today.year - today.year % span + int(digits)
    ends = quarter_span if months == QUARTER else month_span
    return next((each for each in (year - span, year) if ends(each, month)[1] > today), year + span), month


def quarter_span(year: int, month: int) -> tuple[date, date]:
    """The reference quarter of a three-month future: from the third Wednesday of its month to that three months on."""
    later = divmod(year * 12 + month - 1 + 3, 12)
    return _third_wednesday(year, month), _third_wednesday(later[0], later[1] + 1)


def month_span(year: int, month: int) -> tuple[date, date]:
    """A calendar month, to the first day of the next."""
    later = divmod(year * 12 + month, 12)
    return date(year, month, 1), date(later[0], later[1] + 1, 1)


def _third_wednesday(year: int, month: int) -> date:
    first = known(date(year, month, 1))
    return first + timedelta(days=(WEDNESDAY - first.weekday()) % 7 + 14)
