"""Numbers as people write them: decimal commas, thousands separators, brackets for negatives, currency and % signs."""

from __future__ import annotations

import re

MISSING = frozenset(
    (
        "", ".", "..", "-", "--", "---", "\u2013", "\u2014", "?", "null", "(null)", "nan", "-nan", "nat", "na", "n/a",
        "n.a.", "n.a", "n/d", "nd", "none", "nil", "missing", "<na>", "- -", "...", "\u2026", "n/m", "nm", "n.v.",
        "k.a.", "pd.na", "not available",
    )
)  # fmt: skip
FAULT = re.compile(
    r"#¡?(?:n/a|nv$|[^\W\d]+(?:/0)?[!?]|n/d$)"
)  # of a spreadsheet, in any language: #VALUE!, #NV, #WERT!
SPACES = re.compile(r"[\s\u00a0\u2007\u2009\u202f]")
SIGNS = str.maketrans({"\u2212": "-", "\u2010": "-", "\u2011": "-", "\u2012": "-", "\u2013": "-", "\u2019": "'"})
CURRENCY = re.compile(r"(?i)[$€£¥]|\b(?:usd|eur|gbp|jpy|chf)\b")
CODES = {"$": "USD", "\u20ac": "EUR", "\u00a3": "GBP", "\u00a5": "JPY"}
UNITS = re.compile(r"(?i)(%|percent|pct|bps?|decimals?)$")
LARGE = re.compile(r"(?i)(.*\d\)?) ?(k|m|mm|mn|mio|million|b|bn|billion|mrd)\.?(\)?)$")
POWERS = {"k": 3, "b": 9, "bn": 9, "billion": 9, "mrd": 9}  # of ten; the others are millions
PLAIN = re.compile(r"-?\d+|-?(?:\d{4,}\.\d+|\d+\.\d{1,2}|\d+\.\d{4,}|0\.\d+)")  # has no other reading
GROUPED = {mark: re.compile(rf"\d{{1,3}}(?:[{other}' ]\d{{3}})+(?:[{mark}]\d*)?") for mark, other in (".,", ",.")}


def is_missing(text: str) -> bool:
    """Whether a cell says that there is no number: empty, `.`, `null`, `NaN`, `#N/A N/A` ..."""
    if text[:1].isdigit():
        return False  # fast path: nearly every cell is a number
    plain = SPACES.sub(" ", text).strip().casefold()
    return plain in MISSING or (plain[:1] == "#" and FAULT.match(plain) is not None)


def split_unit(text: str) -> tuple[str, str]:
    """A number's text without the unit behind it, and that unit: '', '%', 'bp' or 'decimal'."""
    bare = SPACES.sub(" ", text).strip()
    found = UNITS.search(bare)
    if found is None:
        return bare, ""
    return bare[: found.start()].strip(), unit_of(found[1])


def unit_of(word: str) -> str:
    """The unit of any of its words: '%' of percent, 'bp' of basis points, 'decimal'."""
    return {"b": "bp", "d": "decimal"}.get(word[0].casefold(), "%")


def currency_in(text: str) -> str | None:
    """The code of the currency whose sign or code stands with a number: `USD` of $5 and of 5 USD; None without one."""
    if PLAIN.fullmatch(text):
        return None  # fast path
    found = CURRENCY.search(text)
    return None if found is None else CODES.get(found[0], found[0].upper())


def in_full(text: str) -> str | None:
    """An amount that is written with a letter or a word behind it, as a number's text: -500m is -500e6."""
    found = LARGE.fullmatch(SPACES.sub(" ", text).strip())
    value = None if found is None else parse_number(found[1] + found[3])
    return None if found is None or value is None else f"{value:g}e{POWERS.get(found[2].lower(), 6)}"


def decimal_mark(text: str) -> str | None:
    """The decimal mark of a number's text: '.' or ','; '?.' or '?,' where the mark may be either; None without one."""
    if PLAIN.fullmatch(text):
        return "." if "." in text else None  # fast path
    body = _body(split_unit(text)[0])[1].lstrip("+-")
    if re.search(r"\d", body) is None:
        return None  # words
    commas, dots = body.count(","), body.count(".")
    if commas and dots:
        return max(".,", key=body.rfind)
    if not commas and not dots:
        return None
    mark, other = (",", ".") if commas else (".", ",")
    before, _, after = body.rpartition(mark)
    if body.count(mark) > 1:
        return other
    grouped = len(re.match(r"\d*", after)[0]) == 3 and after.isdigit()  # type: ignore[index]
    return f"?{mark}" if grouped and before.isdigit() and len(before) <= 3 and before[0] != "0" else mark


def parse_number(text: str, mark: str = ".") -> float | None:
    """The number, or None if the text is none. mark: the decimal mark; the other one may stand between thousands.

    Signs of currency are dropped; a unit (`split_unit`) must have been taken off before.
    """
    if mark == "." and PLAIN.fullmatch(text):
        return float(text)  # fast path
    negative, body = _body(text)
    sign = body[:1] if body[:1] in ("+", "-") else ""
    if GROUPED[mark].fullmatch(body.removeprefix(sign)):
        body = sign + re.sub(rf"[^\d{mark}]", "", body)
    if re.search(r"[\s']", body) or (mark == "," and "." in body):
        return None
    body = re.sub(r"(?<=\d)_(?=\d)", "", body.replace(mark, "."))
    if not re.fullmatch(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", body):
        return None
    value = float(body)
    return (-value if negative else value) if abs(value) < float("inf") else None


def _body(text: str) -> tuple[bool, str]:
    """Whether brackets or a minus behind say that a number is negative, and its text without them and currency."""
    body = CURRENCY.sub("", SPACES.sub(" ", text).translate(SIGNS)).strip().lstrip("'").strip()
    negative = body.startswith("(") and body.endswith(")")
    if negative:
        body = CURRENCY.sub("", body[1:-1]).strip()
    elif re.fullmatch(r"[^-+]*\d-", body):
        negative, body = True, body[:-1].strip()
    return negative, re.sub(r"^([+-])\s+", r"\1", body)
