"""Dates as people write them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, timedelta

OPTION = "say which with --dates mdy (month first) or --dates dmy (day first)"
MONTHS = ("jan", "feb", "mar mär mrz", "apr", "may mai", "jun", "jul", "aug", "sep", "oct okt", "nov", "dec dez")
ISO = re.compile(r"(\d{4})([-/.]?)(\d{2})\2(\d{2})|(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})")
NUMERIC = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4}|\d{2})")
WORDS = re.compile(r"(?:[a-z]{2,9}\.?,?\s+)?(\d{1,2})[-\s./]*([^\W\d]{3,9})\.?[-\s./,]*(\d{4}|\d{2})")
WORDS_US = re.compile(r"(?:[a-z]{2,9}\.?,?\s+)?([^\W\d]{3,9})\.?[-\s]*(\d{1,2}),?[-\s]+(\d{4})")
TIME = re.compile(
    r"[T\s]+(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?\s*(am|pm)?\s*(z|utc|[+-]\d{2}:?\d{2})?$", re.IGNORECASE
)
SERIAL = re.compile(r"([2-6]\d{4})(?:[.,]\d+)?")
EPOCH = date(1899, 12, 30)  # day 0 of spreadsheets


class NotADate(ValueError):
    """A text is no date; the message has the reason and what to write instead."""

    def __init__(self, rule: str, remedy: str) -> None:
        super().__init__(rule)
        self.rule, self.remedy = rule, remedy


def parse_day(text: str, order: str | None = None) -> date:
    """The date of a cell. order: of day and month where both are numbers: 'mdy', 'dmy', or 'iso': neither is taken.

    A time of day is dropped: midnight in any zone, and any hour without a zone. Raises NotADate.
    """
    bare = _without_time(text.strip())
    try:
        if found := ISO.fullmatch(bare):
            return date(*(int(part) for part in found.groups() if part and part.isdigit()))
        if found := NUMERIC.fullmatch(bare):
            return _numeric(found, order)
        return _words(bare.casefold())
    except NotADate:
        raise
    except ValueError:
        raise NotADate("is a date that does not exist", "write YYYY-MM-DD") from None


def is_day(text: str) -> bool:
    """Whether a text is meant as a date, of whatever order."""
    bare = TIME.sub("", text.strip())
    return any(form.fullmatch(bare.casefold()) for form in (ISO, NUMERIC, WORDS, WORDS_US, SERIAL))


def has_time(text: str) -> bool:
    """Whether a cell has a time of day beside its date that is not midnight."""
    found = TIME.search(text.strip())
    return found is not None and any(int(part or 0) for part in found.groups()[:3])


def order_of(texts: Iterable[str]) -> tuple[str | None, str | None]:
    """The order of day and month in a column, and the text that decides it; None if there is none.

    A number above 12 is a day; dates with dots are day first everywhere. Raises NotADate if they contradict.
    """
    told: dict[str, str] = {}
    for text in texts:
        found = NUMERIC.fullmatch(TIME.sub("", text.strip()))
        if found is None:
            continue
        first, second = int(found[1]), int(found[3])
        order = "dmy" if first > 12 or (found[2] == "." and second <= 12) else "mdy" if second > 12 else None
        if order is not None:
            told.setdefault(order, text.strip())
    if len(told) == 2:
        rule = f"day and month change places between {told['dmy']} and {told['mdy']}"
        raise NotADate(rule, "write all dates in one order, best YYYY-MM-DD")
    return next(iter(told.items()), (None, None))


def check_years_last(texts: Iterable[str]) -> None:
    """Raise NotADate where dates of three two-digit numbers may begin with the year: 22-05-03 is no day of 2003.

    A column has fewer years than days. Of dates that do not tell, those with hyphens may begin with either.
    """
    short = [found for text in texts if (found := NUMERIC.fullmatch(TIME.sub("", text.strip()))) and len(found[4]) == 2]
    if not short or any(int(found[3]) > 12 or not 1 <= int(found[4]) <= 31 for found in short):
        return
    first, last = ({found[part] for found in short} for part in (1, 4))
    open_ = len(first) == len(last) and short[0][2] == "-" and int(short[0][1]) > 12
    if len(last) > len(first) or open_:
        rule = f"dates may begin with a year of two digits ({short[0][0]})"
        raise NotADate(rule, "write YYYY-MM-DD, or say that the day stands first with --dates dmy")


def _without_time(text: str) -> str:
    found = TIME.search(text)
    if found is None:
        return text
    if has_time(text) and found[5]:
        raise NotADate("has a time of day in a time zone", "write the exchange's date, YYYY-MM-DD")
    return text[: found.start()].strip()


def _numeric(found: re.Match[str], order: str | None) -> date:
    first, second, year = int(found[1]), int(found[3]), _year(found[4])
    if order == "iso":
        raise NotADate("must be a date, YYYY-MM-DD", "it is not in the order that --dates iso says")
    if order is None and first != second:
        raise NotADate("may be day or month first", OPTION)
    day, month = (first, second) if order == "dmy" else (second, first)
    if month > 12 >= day:
        raise NotADate(f"is not a date in the order {order}", OPTION)
    return date(year, month, day)


def _words(text: str) -> date:
    if found := WORDS.fullmatch(text):
        day, month, year = found[1], found[2], found[3]
    elif found := WORDS_US.fullmatch(text):
        month, day, year = found[1], found[2], found[3]
    else:
        raise _unknown(text)
    number = next((n for n, names in enumerate(MONTHS, 1) if month.startswith(tuple(names.split()))), None)
    if number is None:
        raise _unknown(text)
    return date(_year(year), number, int(day))


def _unknown(text: str) -> NotADate:
    if found := SERIAL.fullmatch(text):
        meant = EPOCH + timedelta(days=int(found[1]))
        return NotADate("is a spreadsheet's serial number", f"format the column as YYYY-MM-DD ({found[1]} is {meant})")
    return NotADate("must be a date, YYYY-MM-DD", "other forms: 20220502, 02-May-2022, 05/02/2022 with --dates mdy")


def _year(text: str) -> int:
    """Of two digits: 70 to 99 are of the last century."""
    year = int(text)
    return year if len(text) == 4 else year + (1900 if year >= 70 else 2000)
