"""A credit default swap in a line of words: 'buy 20m 120bp 2029-03-21 on acme'."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from markets.specs.cds import CdsSpec
from scenarios.parameters.models import build
from scenarios.studies.curves.quotes_csv import check_plausible
from sim.errors import UserError
from sim.place import Place

AMOUNT = re.compile(r"([\d.]+)(k|m|mn|mio|b|bn)?")
TIMES = {"k": 1e3, "m": 1e6, "mn": 1e6, "mio": 1e6, "b": 1e9, "bn": 1e9}
TENOR = re.compile(r"(\d+[MyY])+")  # 18M are eighteen months, 18m are millions
COUPON = re.compile(r"([\d.]+)(bp|%)")
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
FILLING = ("at", "to", "par")
EXAMPLE = "write 'buy 20m 120bp 2029-03-21', or 'sell 10m 5Y par on acme'"


def parse_cds(text: str, place: str = "--cds") -> CdsSpec:
    """The contract of a text. Raises UserError."""
    words = text.replace(",", " ").split()
    if not words or words[0].lower() not in ("buy", "sell"):
        raise UserError("a contract begins with buy or sell (protection)", value=text, place=place, remedy=EXAMPLE)
    cells: dict[str, Any] = {"side": words.pop(0).lower()}
    while words:
        word = words.pop(0)
        if word.lower() == "on" and words:
            key, value = "credit", words.pop(0)
        elif word.lower() in FILLING:
            continue
        else:
            key, value = _read(word, place)
        if key in cells:
            raise UserError(f"says its {key} twice", value=text, place=place, remedy=EXAMPLE)
        cells[key] = value
    if "notional" not in cells:
        raise UserError("the contract has no notional", value=text, place=place, remedy=EXAMPLE)
    spec = build(CdsSpec, {"name": text[:60], **cells}, Place(place))
    check_plausible(spec, Place(place))
    return spec


def _read(word: str, place: str) -> tuple[str, Any]:
    low = word.lower()
    try:
        if found := COUPON.fullmatch(low):
            return "coupon", float(found[1]) * (1e-4 if found[2] == "bp" else 0.01)
        if DAY.fullmatch(low):
            return "maturity", date.fromisoformat(low)
        if TENOR.fullmatch(word):
            return "tenor", word
        if found := AMOUNT.fullmatch(low):
            return "notional", float(found[1]) * TIMES.get(found[2] or "", 1.0)
    except ValueError:
        raise UserError("is not a number or a date", value=word, place=place, remedy=EXAMPLE) from None
    raise UserError("is no part of a contract", value=word, place=place, remedy=EXAMPLE)
