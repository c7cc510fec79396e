"""The standardised approach to market risk: sensitivities, defaults, residual risks (MAR20 to MAR23)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import field

import numpy as np
from numpy.typing import NDArray

from agents.capital.aggregation import (
    SCENARIOS,
    Scenario,
    bucket_charge,
    charge,
    correlated,
    curved_bucket,
    curved_charge,
)
from agents.capital.commodity_class import CommodityClass
from agents.capital.credit_class import CreditClass
from agents.capital.default_risk import Issue, default_charge
from agents.capital.equity_class import EquityClass
from agents.capital.fx_class import FxClass
from agents.capital.rates_class import RatesClass
from agents.capital.risk_class import RiskClass
from agents.capital.risk_factor import MEASURES, Measure, RiskFactor, Sensitivity
from sim.dataclass import dataclass
from sim.named_tuple import NamedTuple
from sim.vectors import total

Floats = NDArray[np.float64]
Correlation = Callable[[RiskFactor, RiskFactor], float]
EXOTIC, RESIDUAL = 0.01, 0.001  # of gross notional (MAR23.8)
HOME = "USD"


class Part(NamedTuple):
    """A charge of the sensitivities-based method."""

    risk_class: str
    measure: Measure


@dataclass(frozen=True)
class Frtb:
    """Charges of a portfolio: `parts`, (3, paths) $ in the order of `SCENARIOS`; `default` and `residual`, (paths,)."""

    parts: dict[Part, Floats]
    default: Floats
    residual: Floats

    @property
    def scenarios(self) -> Floats:
        """Sum of the parts by scenario, (3, paths) $."""
        return sum(self.parts.values(), np.zeros((len(SCENARIOS), self.default.size)))

    @property
    def total(self) -> Floats:
        """The largest scenario, with the default risk charge and the residual add-on, (paths,) $ (MAR21.7, MAR20.4)."""
        found: Floats = self.scenarios.max(axis=0) + self.default + self.residual
        return found


@dataclass(frozen=True)
class Positions:
    """All that the approach looks at. exotic, residual: gross notional of either kind, (paths,) $."""

    sensitivities: Sequence[Sensitivity] = ()
    issues: Sequence[Issue] = ()
    exotic: Floats = field(default_factory=lambda: np.zeros(1))
    residual: Floats = field(default_factory=lambda: np.zeros(1))


def risk_classes(home: str = HOME) -> dict[str, RiskClass]:
    """By name. home: the currency in which the bank reports."""
    found = (RatesClass(home), CreditClass(), EquityClass(), CommodityClass(), FxClass(home))
    return {each.name: each for each in found}


def frtb(positions: Positions, *, home: str = HOME, paths: int = 1) -> Frtb:
    """Every charge of a portfolio."""
    classes, parts = risk_classes(home), {}
    for part in (Part(name, measure) for name in classes for measure in MEASURES):
        own = [s for s in positions.sensitivities if (s.risk_class, s.measure) == part]
        if own:
            curved = part.measure == "curvature"
            netted = _netted(own, classes[part.risk_class].curvature_factor if curved else None)
            make = _curved if curved else _linear
            parts[part] = make(classes[part.risk_class], part.measure, netted)
    residual = EXOTIC * positions.exotic + RESIDUAL * positions.residual
    return Frtb(parts, default_charge(positions.issues, paths), np.broadcast_to(residual, (paths,)))


def _netted(
    sensitivities: Iterable[Sensitivity], moved: Callable[[RiskFactor], RiskFactor] | None
) -> dict[RiskFactor, Floats]:
    """Sum by factor: (2, paths), up and down, of curvature; (1, paths) of others.

    moved: what moves as one with a factor, where several do.
    """
    found: dict[RiskFactor, Floats] = {}
    for each in sensitivities:
        rows = np.stack([each.amount] if each.down is None else [each.amount, each.down])
        factor = each.factor if moved is None else moved(each.factor)
        found[factor] = found.get(factor, 0.0) + rows
    return found


def _linear(risk: RiskClass, measure: Measure, netted: dict[RiskFactor, Floats]) -> Floats:
    """Delta or vega of a risk class, (3, paths) $."""
    vega = measure == "vega"
    weight, rho = (risk.vega_weight, risk.vega_rho) if vega else (risk.weight, risk.rho)
    buckets = _by_bucket(netted)
    weighted = [np.stack([weight(f) * netted[f][0] for f in factors]) for factors in buckets.values()]
    sums, gamma = np.stack([total(ws) for ws in weighted]), _between(risk, buckets)
    charges = []
    for scenario in SCENARIOS:
        inside = []
        for (bucket, factors), ws in zip(buckets.items(), weighted, strict=True):
            alone = risk.alone(bucket)
            inside.append(total(np.abs(ws)) if alone else bucket_charge(ws, _inside(factors, rho, scenario)))
        charges.append(charge(np.stack(inside), sums, correlated(gamma, scenario)))
    return np.stack(charges)


def _curved(risk: RiskClass, measure: Measure, netted: dict[RiskFactor, Floats]) -> Floats:
    """Curvature of a risk class, (3, paths) $: correlations are squared, then moved with the scenario."""
    buckets = _by_bucket(netted)
    gamma = _between(risk, buckets) ** 2
    charges = []
    for scenario in SCENARIOS:
        worse = [_worse(risk, bucket, factors, netted, scenario) for bucket, factors in buckets.items()]
        inside, sums = (np.stack(rows) for rows in zip(*worse, strict=True))
        charges.append(curved_charge(inside, sums, correlated(gamma, scenario)))
    return np.stack(charges)


def _worse(
    risk: RiskClass, bucket: str, factors: Sequence[RiskFactor], netted: dict[RiskFactor, Floats], scenario: Scenario
) -> tuple[Floats, Floats]:
    """K of a bucket and the sum of CVR on the side that it is of, (paths,) each.

    That is the side with the larger K; of equal ones, the side with the larger sum (MAR21.5(3)).
    """
    sides = [np.stack([netted[factor][side] for factor in factors]) for side in (0, 1)]
    if risk.alone(bucket):
        inside = [total(np.maximum(cvr, 0.0)) for cvr in sides]
    else:
        rho = _inside(factors, lambda one, other: risk.rho(one, other) ** 2, scenario)
        inside = [curved_bucket(cvr, rho) for cvr in sides]
    sums = [total(cvr) for cvr in sides]
    up = (inside[0] > inside[1]) | ((inside[0] == inside[1]) & (sums[0] > sums[1]))
    return np.where(up, *inside), np.where(up, *sums)


def _by_bucket(factors: Iterable[RiskFactor]) -> dict[str, list[RiskFactor]]:
    found: dict[str, list[RiskFactor]] = {}
    for factor in factors:
        found.setdefault(factor.bucket, []).append(factor)
    return found


def _inside(factors: Sequence[RiskFactor], rho: Correlation, scenario: Scenario) -> Floats:
    """Correlations of a bucket in a scenario, (factors, factors), 1 on the diagonal."""
    matrix = np.array([[1.0 if one == other else rho(one, other) for other in factors] for one in factors])
    return correlated(matrix, scenario) - np.diag(correlated(np.diag(matrix), scenario) - 1)


def _between(risk: RiskClass, buckets: Iterable[str]) -> Floats:
    """Correlations of buckets, medium scenario, 0 on the diagonal."""
    buckets = list(buckets)
    return np.array([[0.0 if one == other else risk.gamma(one, other) for other in buckets] for one in buckets])
