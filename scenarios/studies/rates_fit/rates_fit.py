"""The market of rates estimated from records of curves and of stress, and the keys of a scenario that say it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from markets.specs.rates import STANDARD_NODES
from scenarios.studies.curves.curve_record import TENORS
from scenarios.studies.rates_fit.curve_moments import CurveMoments, curve_moments
from scenarios.studies.rates_fit.rates_record import RatesRecord, read_rates
from scenarios.studies.rates_fit.short_rate import ShortRate, short_rate
from scenarios.studies.rates_fit.spread_moments import Answer, SpreadMoments, answers, spread_moments
from scenarios.studies.rates_fit.vol_law import LONG, Peak, VolFit, fit_vol, peak_of
from sim.arguments import takes

NEAREST = 2  # nodes before it that a further node's correlations are given with


@dataclass(frozen=True)
class RatesFit:
    """What the records say. pooled: names of those that curve and answers are of; vol: None without a long record."""

    records: tuple[RatesRecord, ...]
    pooled: tuple[str, ...]
    curve: CurveMoments
    vol: VolFit | None
    peaks: tuple[Peak, ...]
    spreads: tuple[SpreadMoments, ...]
    answers: tuple[Answer, ...]
    short_rates: tuple[ShortRate, ...]
    notes: tuple[str, ...]

    def tables(self) -> dict[str, Any]:
        """`market.rates` of a scenario: vols and correlations of the nodes, and the vol of rates."""
        rates: dict[str, Any] = {f"vol_{n}": _rounded(self.curve.vols[n].value) for n in _joint(self.curve)}
        rates["corr_us2y_us10y"] = self._correlation("us2y", "us10y")
        for name in _joint(self.curve):
            if self.curve.with_spot[name].known:
                rates[f"corr_spot_{name}"] = round(self.curve.with_spot[name].value, 2)
        further = [name for name in self.curve.nodes if name not in STANDARD_NODES]
        if further:
            rates["nodes"] = {name: self._node(name, further) for name in further}
        if self.vol is not None:
            rates["vol"] = {"usd": _vol_table(self.vol)}
        return {"market": {"rates": rates}}

    def _node(self, name: str, further: Sequence[str]) -> dict[str, Any]:
        """A further node: its correlations with the nearest nodes that come before it, others follow from these."""
        before = [*_joint(self.curve), *further[: further.index(name)]]
        near = sorted(before, key=lambda other: abs(TENORS[other] - TENORS[name]))[:NEAREST]
        correlation = {other: self._correlation(other, name) for other in near}
        return {
            "years": round(TENORS[name], 8),
            "vol": _rounded(self.curve.vols[name].value),
            "correlation": correlation,
        }

    def _correlation(self, a: str, b: str) -> float:
        at = self.curve.nodes.index
        return round(float(self.curve.correlations[at(a), at(b)]), 3)


def _joint(curve: CurveMoments) -> list[str]:
    return [name for name in curve.nodes if name in STANDARD_NODES]


def _rounded(value: float) -> float:
    return float(f"{value:.3g}")


def _vol_table(vol: VolFit) -> dict[str, Any]:
    spec = vol.spec
    kernel = {key: _rounded(getattr(spec.squares, key)) for key in ("fast", "slow", "slow_share")}
    found = {key: _rounded(getattr(spec, key)) for key in ("start", "base", "trend", "activity", "returns")}
    return {**found, "squares": kernel}


@takes()
def fit_rates(*sources: str | Path, errors: bool = True, dates: str | None = None, as_given: bool = False) -> RatesFit:
    """Estimate the market of rates from daily records of curves and of stress.

        found = fit_rates("records/")
        found.tables()          # market.rates of a scenario

    Args:
        sources: CSV files, or folders in which NAME.csv, NAME_curve.csv and NAME_stress.csv are one record. Columns:
            date; us1m ... us30y, swap_sofr_2y ..., sofr, ig_oas, ... in percent; move, cdx_ig, ... in basis points;
            spx in points. Others are ignored.
        errors: also the standard errors of the law of the vol of rates (half a minute).

    Vols, correlations and components of the curve are pooled over the short records, if there are any, else over all;
    a record whose days all lie in an earlier one is left out of the pool. The law of the vol of rates is fitted to the
    first record with a MOVE on 1,000 days. Raises UserError for a bad file, or none.
    """
    records, notes = read_rates(sources, dates=dates, as_given=as_given)
    pool, left_out = _pool(records)
    vol = next((found for record in records if (found := fit_vol(record, errors=errors)) is not None), None)
    if vol is None:
        notes = (*notes, f"no record has a MOVE on {LONG:,} days: the law of the vol of rates keeps its coefficients")
    spec = None if vol is None else vol.spec
    return RatesFit(
        records=records,
        pooled=tuple(record.name for record in pool),
        curve=curve_moments(pool),
        vol=vol,
        peaks=tuple(peak for record in records if (peak := peak_of(record, spec)) is not None),
        spreads=tuple(moments for record in records for moments in spread_moments(record)),
        answers=tuple(answers(pool)),
        short_rates=tuple(short for record in records if (short := short_rate(record)) is not None),
        notes=(*notes, *left_out),
    )


def _pool(records: tuple[RatesRecord, ...]) -> tuple[list[RatesRecord], list[str]]:
    """Short records that share no day, the longest first; and a note for each that is left out."""
    short = [record for record in records if len(record.days) < LONG] or list(records)
    kept: list[RatesRecord] = []
    notes = []
    for record in sorted(short, key=lambda r: -len(r.days)):
        other = next((k for k in kept if set(k.days) & set(record.days)), None)
        if other is None:
            kept.append(record)
        else:
            notes.append(f"{record.name} shares days with {other.name}: shown, not pooled")
    return sorted(kept, key=lambda r: r.days[0]), notes
