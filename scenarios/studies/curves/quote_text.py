"""An instrument in words, to ask for its fair quote: 'ois 9Y', 'cross_currency 7Y on eur_usd'."""

from __future__ import annotations

from markets.curves.curve_set import CurveSet
from markets.specs.curves import QuoteSpec
from scenarios.files.layout import plain
from scenarios.studies.curves.quotes_csv import KINDS, SWAP, WORDS
from sim.errors import UserError
from sim.nearest import nearest


def parse_quote(text: str, curves: CurveSet, place: str = "--fair") -> tuple[str, QuoteSpec]:
    """The curve and the instrument of a text; where there is one curve it need not be named. Raises UserError."""
    what, _, curve = (part.strip() for part in text.partition(" on "))
    words = what.split()
    if len(words) != 2:
        remedy = "write its kind and its tenor: 'ois 9Y', 'fra 1x4 on sofr'"
        raise UserError("is not an instrument", value=text, place=place, remedy=remedy)
    usual = "ois" if not curves.specs[curves[curve or next(iter(curves.curves))].name].discount else "irs"
    kind = usual if plain(words[0]) in SWAP else WORDS.get(plain(words[0]))
    if kind is None or kind == "bond":
        known = [each for each in KINDS if each != "bond"]
        raise UserError("no such instrument", value=words[0], place=place, remedy=nearest(words[0].lower(), known))
    names = list(curves.curves)
    if not curve and len(names) > 1:
        raise UserError(
            "the instrument does not say its curve", value=text, place=place, remedy=f"{text} on {names[0]}"
        )
    return curves[curve or names[0]].name, QuoteSpec(kind=kind, tenor=words[1])  # type: ignore[arg-type]
