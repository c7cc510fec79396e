"""Estimation of the market's laws from daily records: every parameter from one record, or from several together."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from scenarios.studies.estimation import estimators
from scenarios.studies.estimation.daily_record import DailyRecord
from scenarios.studies.estimation.estimators import UNKNOWN, Estimate, Path

NODES = ("overnight", "us2y", "us10y")
FEWEST = 15  # days of a record
NOTES = {
    "slope": "identified: fall of vol per unit of ln S, leverage effect and correlated shocks together",
    "noise": "identified: xi sqrt(1 - rho^2), the noise of ln vol that the return does not explain",
    "leverage": "given rho: slope + rho xi / realised ratio",
    "xi": "given rho: noise / sqrt(1 - rho^2)",
    "kappa": "around the record's own mean, bias of short windows taken out; a storyline takes part of it over",
    "realised_ratio": "of the whole record, its storyline's trend included",
    "elasticity": "same day and the next, as spreads close before the index; Newey-West",
    "same_day": "same day alone",
    "vol_overnight": "steps of policy, which belong to the storyline: not written",
    "mean_reversion": "around the record's own mean, close to a unit root: weakly identified, not written",
}


@dataclass(frozen=True)
class Parameter:
    """A number that `fit` reports. key: of the scenario file, if there is one; written: whether TOML has it."""

    name: str
    label: str
    key: str = ""
    unit: str = ""
    written: bool = False

    @property
    def note(self) -> str:
        """How it is measured and how far it is identified."""
        return NOTES.get(self.name, "")


PARAMETERS = (
    Parameter("slope", "total slope of vol on ln S", unit="vol per ln S"),
    Parameter("leverage", "leverage: beta x base vol", "market.beta", "vol per ln S", True),
    Parameter("kappa", "mean reversion of ln vol", "market.kappa", "1/year", True),
    Parameter("noise", "noise of ln vol beside the return", unit="per sqrt(year)"),
    Parameter("xi", "vol of vol", "market.xi", "per sqrt(year)", True),
    Parameter("realised_ratio", "realised over implied vol", "market.realised_ratio", "", True),
    Parameter("elasticity", "ln credit per ln vol, two days", "credit.elasticity", "", True),
    Parameter("same_day", "ln credit per ln vol, same day"),
    *(
        Parameter(
            f"vol_{node}", f"noise of {node}", f"market.rates.vol_{node}", "decimal per sqrt(year)", node != "overnight"
        )
        for node in NODES
    ),
    Parameter("mean_reversion", "mean reversion of 2Y and 10Y", "market.rates.mean_reversion", "1/year"),
    *(
        Parameter(f"corr_{a}_{b}", f"correlation {a}, {b}", f"market.rates.corr_{a}_{b}", "", True)
        for a, b in combinations(("spot", *NODES), 2)
    ),
)


def estimate(records: Sequence[DailyRecord], rho: float) -> dict[str, Estimate]:
    """Every parameter by name; those that the records' columns cannot tell are left out."""
    return {**vol_law(records, rho), **credit_law(records), **rate_law(records)}


def vol_law(records: Sequence[DailyRecord], rho: float) -> dict[str, Estimate]:
    """d ln s = kappa (mean - ln s) dt - (slope / s) d ln S + noise, with slope = beta s_base - rho xi / ratio.

    The correlated shock xi rho dW is xi rho r / (ratio s) when the asset's vol is ratio x s: the same function of the
    return as the leverage effect. So a daily record gives their sum, and the split only once rho is stated.
    """
    day = records[0].day
    paths = [Path(np.log(r.levels["vol"])[:, None], r.log_changes("spot")) for r in records]
    found = estimators.reversion(paths, day=day)
    kept = estimators.within_day(found.speed, day)
    slope = Estimate(found.slope.value / kept, found.slope.error / kept, found.slope.days)
    noise = estimators.diffusion(found.noise, 2, found.speed, day)
    ratio = estimators.root_mean_square(np.concatenate([shocks(r) for r in records]))
    alone = math.sqrt(1 - rho * rho)
    xi = Estimate(noise.value / alone, noise.error / alone, noise.days)
    errors = (slope.error, rho * xi.error / ratio.value, rho * xi.value * ratio.error / ratio.value**2)
    leverage = Estimate(slope.value + rho * xi.value / ratio.value, math.hypot(*errors), slope.days)
    kappa = Estimate(found.speed, found.speed_error, found.share.days)
    return {"slope": slope, "leverage": leverage, "kappa": kappa, "noise": noise, "xi": xi, "realised_ratio": ratio}


def shocks(record: DailyRecord) -> estimators.Vector:
    """Returns in units of a day's implied vol of the close before, (days - 1,)."""
    scaled: estimators.Vector = record.log_changes("spot") / (record.levels["vol"][:-1] * math.sqrt(record.day))
    return scaled


def credit_law(records: Sequence[DailyRecord]) -> dict[str, Estimate]:
    """ln credit on ln vol, daily changes: of the same day, and with the day before."""
    pairs = [(r.log_changes("credit"), r.log_changes("vol")) for r in records if "credit" in r.levels]
    if not pairs:
        return {}
    return {"elasticity": estimators.response(pairs, 1), "same_day": estimators.response(pairs, 0)}


def rate_law(records: Sequence[DailyRecord]) -> dict[str, Estimate]:
    """Noise of the nodes as mean-reverting around each record's mean, and its correlations with the spot's shock."""
    whole = [r.among(*NODES) for r in records if set(NODES) <= r.levels.keys()]
    whole = [r for r in whole if len(r.days) > FEWEST]
    if not whole:
        return {}
    day = whole[0].day
    long = estimators.reversion([Path(np.column_stack([r.levels[n] for n in NODES[1:]])) for r in whole], day=day)
    short = estimators.reversion([Path(r.levels[NODES[0]][:, None]) for r in whole], day=day)
    nodes = {"us2y": [e[:, 0] for e in long.noise], "us10y": [e[:, 1] for e in long.noise]}
    noise = {"spot": [shocks(r) for r in whole], "overnight": [e[:, 0] for e in short.noise], **nodes}
    speeds = {"overnight": short.speed, "us2y": long.speed, "us10y": long.speed}
    found = {f"vol_{node}": estimators.diffusion(noise[node], 1, speeds[node], day) for node in NODES}
    found["mean_reversion"] = Estimate(long.speed, long.speed_error, long.share.days)
    for a, b in combinations(noise, 2):
        found[f"corr_{a}_{b}"] = estimators.correlation(list(zip(noise[a], noise[b], strict=True)))
    return {name: number for name, number in found.items() if number is not UNKNOWN}
