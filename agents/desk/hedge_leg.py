"""The legs of a hedge against rates and against their vol: with what, against what, how closely; parameters."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Literal

from markets.factors.key import MAIN
from markets.plausible import SHARE
from sim.dataclass import dataclass
from sim.nearest import nearest
from sim.params import param

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sim.place import Place


@dataclass(frozen=True, kw_only=True)
class HedgeLeg:
    """Units q at venues that make |J q + risk|^2 + ridge |w|^2 least, path by path.

    J_km is what a unit at venue m gains per 1.00 of bucket k, and w_m = q_m |J_m| the risk that it brings. With as many
    venues as buckets and no ridge nothing is left: J q = -risk.
    """

    ridge: float = param(
        0.0,
        unit="square of risk left per square of risk bought",
        help="weight of smaller hedges against a smaller rest",
        ge=0,
        plausible=(0.0, 100.0),
    )
    band: float = param(
        0.0,
        unit="share of the book's risk",
        help="distance of the hedge from its target, in risk, within which it stays",
        ge=0,
        plausible=SHARE,
    )
    least_trade: float = param(
        0.0, unit="$ per basis point", help="risk of the smallest order that is sent", ge=0, plausible=(0.0, 1e9)
    )


@dataclass(frozen=True, kw_only=True)
class RatesLeg(HedgeLeg):
    """A hedge of the risk at nodes of the curve."""

    venues: tuple[str, ...] = param((), help="of swaps, bonds and futures; none: the par swaps of the curve")
    nodes: tuple[str, ...] = param((), help="whose risk is to be small; none: all beyond overnight")

    def check(self, venues: Sequence[str], nodes: Sequence[str], at: Place) -> None:
        """Raise UserError for a name that is not there or there twice, or more venues than can be told apart.

        venues: what a desk may hedge rates with. nodes: of the curve.
        """
        _check_names(self.venues, venues, "no such venue of swaps, bonds or futures", at.at("venues"))
        _check_names(self.nodes, nodes, "the curve has no such node", at.at("nodes"))
        hedged = len(self.nodes) or len(nodes) - 1
        if len(self.venues) > hedged and not self.ridge:
            rule = f"more venues than nodes ({hedged}): many hedges leave the same risk"
            raise at.at("venues").error(rule, value=len(self.venues), remedy="give a ridge, say 0.01, or fewer venues")


@dataclass(frozen=True, kw_only=True)
class VegaLeg(HedgeLeg):
    """A hedge of the vega of options on rates, bucket by bucket; buckets are the venues' expiries by their tenors."""

    venues: tuple[str, ...] = param(help="of straddles")

    def check(self, venues: Sequence[str], at: Place) -> None:
        """Raise UserError where there is none, or a name is not there or there twice. venues: of straddles."""
        if not self.venues:
            raise at.at("venues").error("a vega leg needs a venue of straddles", value=list(self.venues))
        _check_names(self.venues, venues, "no such venue of straddles", at.at("venues"))


@dataclass(frozen=True, kw_only=True)
class CreditLeg(HedgeLeg):
    """A hedge of the risk of names, bucket by bucket: a bucket is ln of the spread of a name that trades.

    A name that does not trade counts in what it follows, by its beta.
    """

    venues: tuple[str, ...] = param(help="of credit default swaps")

    def check(self, venues: Sequence[str], at: Place) -> None:
        """Raise UserError where there is none, or a name is not there or there twice. venues: of names."""
        if not self.venues:
            raise at.at("venues").error("a credit leg needs a venue of a name", value=list(self.venues))
        _check_names(self.venues, venues, "no such venue of credit default swaps", at.at("venues"))


@dataclass(frozen=True, kw_only=True)
class OptionLeg(HedgeLeg):
    """A hedge of the vega and gamma of options on assets, and options that are held whatever the risk is.

    Those of each asset are hedged by options on it.
    """

    venues: tuple[str, ...] = param((), help="of options on the asset, or on further ones, against the risk")
    target: Literal["vega", "gamma", "both"] = param("vega", help="risk that is bought back")
    share: float = param(1.0, unit="share of the book's risk", help="that is bought back", ge=0, plausible=(0.0, 2.0))
    hold: dict[str, float] = param(
        factory=dict,
        unit="units of the asset",
        help="options bought at the start and held all the time, by venue, say puts against a crash; negative: sold",
        against="its book, or its capital",
    )
    least_trade: float = param(
        0.0, unit="$ per vol point", help="risk of the smallest order that is sent", ge=0, plausible=(0.0, 1e11)
    )

    @property
    def rows(self) -> tuple[str, ...]:
        """The risks that are bought back."""
        return ("vega", "gamma") if self.target == "both" else (self.target,)

    def check(self, on: Mapping[str, str], at: Place) -> None:
        """Raise UserError where there is none, a name is not there or there twice, or more than can be told apart.

        on: assets by the venues of options on them.
        """
        venues = list(on)
        if not (self.venues or self.hold):
            remedy = "name [market.options] in venues or hold"
            raise at.at("venues").error("an option leg needs a venue of options", value=[], remedy=remedy)
        if not venues:
            names = [*self.venues, *self.hold]
            raise at.error("no options on the asset are listed", value=names, remedy="add [market.options.NAME]")
        _check_names(self.venues, venues, "no such venue of options on the asset", at.at("venues"))
        _check_keys(self.hold, venues, "no such venue of options on the asset", at.at("hold"))
        for asset, number in Counter(on[name] for name in self.venues).items():
            if number > len(self.rows) and not self.ridge:
                of = "" if asset == MAIN else f" of {asset}"
                rule = f"more venues than risks{of} ({len(self.rows)}): many hedges leave the same risk"
                raise at.at("venues").error(rule, value=number, remedy="give a ridge, say 0.01, or fewer venues")


def _check_keys(given: Mapping[str, object], known: Sequence[str], rule: str, at: Place) -> None:
    for name in given:
        if name not in known:
            raise at.at(name).error(rule, value=name, remedy=nearest(name, list(known)))


def _check_names(given: Sequence[str], known: Sequence[str], rule: str, at: Place) -> None:
    for i, name in enumerate(given):
        if name not in known:
            raise at.at(i).error(rule, value=name, remedy=nearest(name, list(known)))
        if name in given[:i]:
            raise at.at(i).error("is in the list twice", value=name, remedy="leave one of them out")
