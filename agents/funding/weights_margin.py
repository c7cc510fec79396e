"""Weights margin: sensitivities times risk weights, put together with correlations, all of them given by the user."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from agents.funding.margin import MarginModel
from agents.funding.risk_classes import CLASSES, factor_name, risk_class
from markets.factors.key import RATES_VOL
from sim.dataclass import dataclass
from sim.nearest import nearest
from sim.params import param
from sim.place import Place
from sim.vectors import total

if TYPE_CHECKING:
    from agents.cast import Cast
    from agents.funding.margin import MarginTerms
    from agents.funding.portfolio import Portfolio
    from markets.factors.key import FactorKey

Vector = NDArray[np.float64]
Pairs = Mapping[tuple[str, str], float]
NEGATIVE = -1e-9  # the lowest eigenvalue that counts as rounding
PLACE = Place("margin_model.factors")


@dataclass(frozen=True, kw_only=True)
class FactorWeight:
    """What one factor is margined by."""

    weight: float = param(
        unit="move of the factor",
        help="0.01 is 1 % of a price, an FX rate or a name's spread, 1 % of a rate, a point of a vol",
        ge=0,
        le=100,
    )
    risk_class: Literal["equity", "rates", "credit", "fx"] | None = param(
        None, help="the class that it is put together in (default: its own)"
    )
    threshold: float | None = param(
        None, unit="$ per 1.00 of the factor", help="slope above which it is concentrated (default: never)", gt=0
    )


@dataclass(frozen=True, kw_only=True)
class Correlation:
    """Of two factors, or of two classes."""

    one: str = param(help="name of a factor or a class", longest=40)
    other: str = param(help="name of another", longest=40)
    rho: float = param(help="correlation", ge=-1, le=1)


@dataclass(frozen=True, kw_only=True)
class Weights(MarginModel):
    """sqrt(sum of psi K K) over the classes, K = sqrt(sum of rho (w s CR) (w s CR)) over the factors of a class.

    s: slope of book and hedges by a factor, $ per 1.00, of prices, FX rates and names per 100 %. CR = max(1,
    sqrt(|s| / threshold)). The shape of the standard initial margin model (ISDA SIMM) for delta and vega; none of its
    numbers come with it. Options have no curvature beyond their slopes.
    """

    kind: ClassVar[str] = "weights"
    factors: dict[str, FactorWeight] = param(
        help="weights by the factor's name, or a CSV file beside the scenario: factor,weight,risk_class,threshold",
        longest=2_000,
        file="weights",
    )
    correlations: tuple[Correlation, ...] = param(
        (),
        help="of factors of one class, or a CSV file beside the scenario: one,other,rho",
        longest=100_000,
        file="correlations",
    )
    within: float = param(0.0, help="correlation of factors of one class that no line says", ge=0, le=1)
    class_correlations: tuple[Correlation, ...] = param((), help="of classes", longest=100)
    between: float = param(1.0, help="correlation of classes that no line says (1: they add up)", ge=-1, le=1)

    def check(self, cast: Cast, at: Place) -> None:
        if not self.factors:
            raise at.at("factors").error("weights margin needs weights", remedy="write factors.us10y.weight = 0.01")
        known = (("correlations", tuple(self.factors)), ("class_correlations", CLASSES))
        for key, names in known:
            _check_pairs(getattr(self, key), names, at.at(key))
        named = list(dict.fromkeys(name for each in self.class_correlations for name in (each.one, each.other)))
        _check_matrix(named, _pairs(self.class_correlations), self.between, at.at("class_correlations"))
        _check_matrix(list(self.factors), _pairs(self.correlations), self.within, at.at("correlations"))

    def initial(self, portfolio: Portfolio, terms: MarginTerms) -> Vector:
        classes = self._weighted(portfolio)
        rho, psi = _pairs(self.correlations), _pairs(self.class_correlations)
        charges = {name: _put_together(factors, rho, self.within) for name, factors in classes.items() if factors}
        return _put_together(charges, psi, self.between) if charges else np.zeros(portfolio.paths)

    def _weighted(self, portfolio: Portfolio) -> dict[str, dict[str, Vector]]:
        """w s CR of every factor, by class and name, (paths,) $."""
        found: dict[str, dict[str, Vector]] = {name: {} for name in CLASSES}
        for key, slope in self._slopes(portfolio):
            name = factor_name(key)
            if name not in self.factors:
                rule, remedy = (
                    "no weight is given for a factor of the book or its hedges",
                    "write weight = 0 to skip it",
                )
                raise PLACE.error(rule, value=name, remedy=remedy)
            own = self.factors[name]
            crowd = 1.0 if own.threshold is None else np.maximum(1.0, np.sqrt(np.abs(slope) / own.threshold))
            found[own.risk_class or risk_class(key)][name] = own.weight * slope * crowd
        return found

    def _slopes(self, portfolio: Portfolio) -> Iterator[tuple[FactorKey, Vector]]:
        """Of every factor, (paths,) $ per 1.00, of prices per 100 %."""
        snapshot, priced = portfolio.factors.snapshot, portfolio.factors.assets
        self._check_names([factor_name(key) for key in snapshot.keys])
        exposed = portfolio.exposed_keys()
        for key, slope in portfolio.slopes_by_factor().items():
            if key in exposed:
                yield key, slope * snapshot.row(key) if key in priced else slope
        vega = portfolio.rates_vega()
        if vega is not None:
            yield RATES_VOL, vega

    def _check_names(self, known: list[str]) -> None:
        for name in self.factors:
            if name not in known:
                raise PLACE.error("the market has no such factor", value=name, remedy=nearest(name, known))


def _put_together(charges: Mapping[str, Vector], pairs: Pairs, usual: float) -> Vector:
    """sqrt(sum of rho x y), (paths,), at least 0; added in the order of the names, whatever the number of paths."""
    terms = (
        (1.0 if one == other else pairs.get((one, other), usual)) * x * y
        for one, x in charges.items()
        for other, y in charges.items()
    )
    return np.asarray(np.sqrt(np.maximum(total(terms), 0.0)))


def _pairs(given: Sequence[Correlation]) -> dict[tuple[str, str], float]:
    return {pair: each.rho for each in given for pair in ((each.one, each.other), (each.other, each.one))}


def _check_pairs(given: Sequence[Correlation], names: Sequence[str], at: Place) -> None:
    """Both names are known and differ, and no pair stands there twice. Raises UserError."""
    seen = set()
    for i, each in enumerate(given):
        for key in ("one", "other"):
            if (name := getattr(each, key)) not in names:
                raise at.at(i, key).error("no such name", value=name, remedy=nearest(name, list(names)))
        if each.one == each.other:
            raise at.at(i).error("a factor's correlation with itself is 1", value=each.one)
        pair = frozenset((each.one, each.other))
        if pair in seen:
            raise at.at(i).error("stands there twice", value=f"{each.one}, {each.other}", remedy="write a pair once")
        seen.add(pair)


def _check_matrix(names: Sequence[str], pairs: Pairs, usual: float, at: Place) -> None:
    """Raise UserError where the correlations are those of nothing: a mix would have a variance below 0."""
    if not names:
        return
    matrix = np.array([[1.0 if a == b else pairs.get((a, b), usual) for b in names] for a in names])
    lowest = float(np.linalg.eigvalsh(matrix)[0])
    if lowest < NEGATIVE:
        rule = "together these are no correlations: the lowest eigenvalue must be >= 0"
        raise at.error(rule, value=f"{lowest:.3g}", remedy="bring them closer to 0, or give all pairs")
