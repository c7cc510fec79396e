"""Option symbols of the Options Clearing Corporation: `SPX   220617P03800000`, `SPXW220617P03800000`."""

from __future__ import annotations

import re
from datetime import date

from sim.dataclass import dataclass

SYMBOL = re.compile(r"(?:O:|\.|-)?([A-Z^]{1,6}\d?)\s*(\d{2})(\d{2})(\d{2})([CP])(\d{8})")


@dataclass(frozen=True)
class OptionSymbol:
    """A parsed symbol: its root, and kind, expiry and strike of the option."""

    root: str
    kind: str
    expiry: date
    strike: float  # $


def parse_symbol(text: str) -> OptionSymbol | None:
    """The option of a symbol: root, yymmdd of expiry, C or P, strike x 1,000 in eight digits; None if it is none."""
    found = SYMBOL.fullmatch(text.strip().upper())
    if found is None:
        return None
    root, year, month, day, right, strike = found.groups()
    try:
        expiry = date(2000 + int(year), int(month), int(day))
    except ValueError:
        return None
    return OptionSymbol(root, "put" if right == "P" else "call", expiry, int(strike) / 1000)
