"""A swap in a line of words: 'receive 3.5% 9Y 50m start 1Y on sofr'."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from markets.specs.curve_swaps import CurveSwapSpec
from scenarios.parameters.models import build
from scenarios.studies.curves.quotes_csv import check_plausible
from sim.errors import UserError
from sim.place import Place

AMOUNT = re.compile(r"([\d.]+)(k|m|mm|mn|mio|b|bn)?")
TIMES = {"k": 1e3, "m": 1e6, "mm": 1e6, "mn": 1e6, "mio": 1e6, "b": 1e9, "bn": 1e9}
TENOR = re.compile(r"(\d+[dDwWMyY])+")  # 18M is eighteen months, 18m are millions
RATE = re.compile(r"(-?[\d.]+)%")
WORDS = ("start", "end", "on", "discount", "spread", "months")
PROFILES = ("bullet", "amortising", "accreting")
COMPOUNDING = ("compounded", "averaged")
SIDES = dict.fromkeys(("receive", "receives", "receiver", "rec"), "receive") | dict.fromkeys(
    ("pay", "pays", "payer"), "pay"
)
THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\w))")
EXAMPLE = "write 'receive 3.5% 9Y 50m', or 'pay par 10Y 1bn start 1Y on sofr discount estr spread 10bp'"


def parse_swap(text: str, place: str = "--swap") -> CurveSwapSpec:
    """The swap of a text. Raises UserError."""
    words = THOUSANDS.sub("", text).replace(",", " ").split()
    cells: dict[str, Any] = {}
    if not words or words[0].lower() not in SIDES:
        raise UserError("a swap begins with receive or pay (the fixed rate)", value=text, place=place, remedy=EXAMPLE)
    cells["side"] = SIDES[words.pop(0).lower()]
    while words:
        word = words.pop(0)
        key, value = _read(word, words, place)
        if key in cells:
            percent = "a rate has its %; " if key == "notional" and "rate" not in cells else ""
            raise UserError(f"says its {key} twice", value=text, place=place, remedy=f"{percent}{EXAMPLE}")
        if value is not None:
            cells[key] = value
    if "notional" not in cells:
        raise UserError("the swap has no notional", value=text, place=place, remedy=EXAMPLE)
    spec = build(CurveSwapSpec, {"name": text[:60], **cells}, Place(place))
    check_plausible(spec, Place(place))
    return spec


def _read(word: str, rest: list[str], place: str) -> tuple[str, Any]:
    low = word.lower()
    if low in WORDS:
        if not rest:
            raise UserError(f"'{word}' is followed by nothing", place=place, remedy=EXAMPLE)
        return _named(low, rest.pop(0), place)
    if low == "par":
        return "rate", None
    if low in PROFILES:
        return "profile", low
    if low in COMPOUNDING:
        return "compounding", low
    if found := RATE.fullmatch(low):
        return "rate", _number(found[1], word, place) / 100
    if TENOR.fullmatch(word):
        return "tenor", word
    found = AMOUNT.fullmatch(low)
    if found:
        return "notional", _number(found[1], word, place) * TIMES.get(found[2] or "", 1.0)
    raise UserError("is no part of a swap", value=word, place=place, remedy=EXAMPLE)


def _named(key: str, value: str, place: str) -> tuple[str, Any]:
    if key in ("start", "end"):
        try:
            return key, date.fromisoformat(value)
        except ValueError:
            if key == "end":
                raise UserError("is not a date", value=value, place=place, remedy="write YYYY-MM-DD") from None
            return key, None if value.lower() == "spot" else value
    if key == "spread":
        bare = value.lower().removesuffix("bp")
        return key, _number(bare, value, place) * 1e-4
    if key == "months":
        return key, int(_number(value, value, place))
    return {"on": "curve", "discount": "discount"}[key], value


def _number(text: str, shown: str, place: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise UserError("is not a number", value=shown, place=place, remedy=EXAMPLE) from None
