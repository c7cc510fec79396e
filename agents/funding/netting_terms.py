"""Netting sets as a scenario file has them: what is in each, and what is asked for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from agents.funding.margin import MarginModel
from agents.funding.margin_periods import check_periods
from agents.funding.risk_classes import MarginDays
from markets.plausible import DAYS
from markets.products.registry import PRODUCTS
from sim.dataclass import dataclass
from sim.nearest import nearest
from sim.params import param

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from agents.cast import Cast
    from sim.place import Place

REST = "rest"  # the netting set of all that no other claims


@dataclass(frozen=True, kw_only=True)
class NettingTerms:
    """Positions that are margined together and apart from all others: a clearing house's, or one agreement's.

    What is not said here is the lender's own. Its threshold and its minimum transfer are never inherited.
    """

    agents: tuple[str, ...] = param((), help="desks that it is for (empty: all)", longest=10_000)
    products: tuple[str, ...] = param((), help="kinds of positions of the book that are in it", longest=1_000)
    positions: tuple[int, ...] = param(
        (), help="lines of the book that are in it, from 1, whatever their kind", longest=100_000
    )
    venues: tuple[str, ...] = param((), help="venues whose hedges are in it", longest=1_000)
    margin_model: MarginModel | None = param(
        None, help="how its initial margin is computed: a table with its kind (default: the lender's)", sparse=True
    )
    margin_multiple: float | None = param(
        None, unit="standard deviations", help="k (default: the lender's)", ge=0, plausible=(0.01, 100.0)
    )
    mpor_days: float | None = param(
        None, unit="trading days", help="margin period of risk (default: the lender's)", ge=0, plausible=DAYS
    )
    rates_days: float | None = param(
        None, unit="trading days", help="margin period of rates (default: the lender's)", ge=0.01, plausible=DAYS
    )
    margin_days: MarginDays | None = param(
        None, help="margin periods by risk class (default: the lender's)", sparse=True
    )
    threshold: float = param(0.0, unit="$", help="initial margin of the set that is not asked", ge=0)
    minimum_transfer: float = param(0.0, unit="$", help="smaller changes of what it asks are not moved", ge=0)
    option_credit: float | None = param(
        None,
        unit="share of what they would fetch",
        help="long listed options at its venues count in its margin (default: the lender's)",
        ge=0,
        le=1,
    )

    def is_for(self, desk: str) -> bool:
        """Whether the desk has such a set."""
        return not self.agents or desk in self.agents

    def said(self) -> dict[str, Any]:
        """Those of its terms that it says itself; with `mpor_days` no period of the lender's counts any more."""
        found: dict[str, Any] = {"threshold": self.threshold}
        if self.mpor_days is not None:
            found |= {"rates_days": None, "margin_days": None}
        own = ("margin_multiple", "mpor_days", "rates_days", "margin_days", "option_credit")
        return found | {name: value for name in own if (value := getattr(self, name)) is not None}


def owner_of(number: int, kind: str, desk: str, sets: Mapping[str, NettingTerms]) -> str:
    """The netting set of a line of a desk's book, `number` counted from 1: lines come before kinds."""
    mine = {name: terms for name, terms in sets.items() if terms.is_for(desk)}
    by_line = (name for name, terms in mine.items() if number in terms.positions)
    by_kind = (name for name, terms in mine.items() if kind in terms.products)
    return next(by_line, None) or next(by_kind, REST)


def check_sets(sets: Mapping[str, NettingTerms], funded: Sequence[str], cast: Cast, at: Place) -> None:
    """Every set is for desks of the lender, of known kinds, lines and venues; no two claim the same. Raises UserError.

    funded: hedgers that the lender margins.
    """
    books = {agent.name: len(getattr(agent, "book", ())) for agent in cast.agents}
    claimed: dict[tuple[str, str, object], str] = {}
    for name, terms in sets.items():
        here = at.at(name)
        if name == REST:
            rule = f"{REST!r} is what no netting set claims"
            raise here.error(rule, remedy="use another name; its terms are the lender's own")
        if not (terms.products or terms.positions or terms.venues):
            raise here.error("nothing is in this netting set", remedy="give products, positions or venues")
        for desk in terms.agents:
            if desk not in funded:
                rule = "not the name of a hedger that this lender funds"
                raise here.at("agents").error(rule, value=desk, remedy=nearest(desk, list(funded)))
        if terms.margin_model is not None:
            terms.margin_model.check(cast, here.at("margin_model"))
        check_periods(terms.margin_days, terms.rates_days, here)
        desks = terms.agents or tuple(funded)
        _check_contents(terms, desks, books, cast, here)
        for key in ("products", "positions", "venues"):
            for one in getattr(terms, key):
                for desk in desks:
                    other = claimed.setdefault((desk, key, one), name)
                    if other != name:
                        raise here.at(key).error(f"is in the netting set {other} already", value=one)


def _check_contents(
    terms: NettingTerms, desks: Sequence[str], books: Mapping[str, int], cast: Cast, here: Place
) -> None:
    for kind in terms.products:
        if kind not in PRODUCTS:
            raise here.at("products").error("no such product", value=kind, remedy=nearest(kind, list(PRODUCTS)))
    longest = max((books[desk] for desk in desks), default=0)
    for number in terms.positions:
        if not 1 <= number <= longest:
            rule = f"no book of its desks has such a line, the longest has {longest}"
            raise here.at("positions").error(rule, value=number, remedy="count the lines of the book from 1")
    for venue in terms.venues:
        cast.check_venue(venue, here.at("venues"))
