"""Structural parameters from daily histories, with standard errors: `fit`, and the scenario keys that it gives."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property, partial
from typing import Any, Literal

import numpy as np

from markets.spec import CreditSpec, MarketSpec
from scenarios.files.frames import Source
from scenarios.studies.estimation.daily_record import DailyRecord, read_record
from scenarios.studies.estimation.estimators import Estimate
from scenarios.studies.estimation.fit_laws import FEWEST, PARAMETERS, Parameter, estimate
from scenarios.studies.estimation.fitted import LEVERAGE
from scenarios.studies.estimation.path_fitting import LONG, PathFit, check_long, fit_paths, known_days
from sim.arguments import maybe, number, takes, whole
from sim.errors import UserError

Law = Literal["auto", "leverage", "path_dependent"]
LAWS: tuple[Law, ...] = ("auto", "leverage", "path_dependent")
DISAGREE = 0.05  # p-value below which records do not share a value
OLD_LAW = ("leverage", "kappa", "xi", "realised_ratio", "elasticity")  # keys that path-dependent laws do not use
DIGITS = 2  # significant figures of the standard error to which a value is written
MOST_DIGITS = 9  # decimals of a written key, however small its error


@dataclass(frozen=True)
class Fitted:
    """One parameter: its value over all records, each record's own, and whether they agree.

    chi_square: sum over the records of the pool of ((own - pooled) / own error)^2, on `freedom` degrees. Where that
    says that they do not share one value (`DISAGREE`), pooled.error is their scatter about the pooled value,
    sqrt(H / (H - 1) sum of (days / all days)^2 (own - pooled)^2).
    """

    parameter: Parameter
    pooled: Estimate
    own: Mapping[str, Estimate]
    chi_square: float
    freedom: int

    @property
    def p_value(self) -> float:
        """Probability of records further apart, if they shared one value; NaN for a single record."""
        from scipy.stats import chi2

        return float(chi2.sf(self.chi_square, self.freedom)) if self.freedom else math.nan

    @property
    def default(self) -> float | None:
        """The default of a scenario's key; None if there is no such key."""
        return default_of(self.parameter)


@dataclass(frozen=True)
class Fit:
    """The result of a fit: all estimates, and the tables of a scenario with their values.

    fitted: parameters of the one-factor laws and of the curve; none where vol is blank for weeks. path: the
    path-dependent laws of the longest record, None if it is too short. notes: what was not estimated, and why.
    """

    records: tuple[DailyRecord, ...]
    left_out: Mapping[str, str]  # record -> the record of the pool that has some of its days
    fitted: tuple[Fitted, ...]
    rho: float
    path: PathFit | None = None
    notes: tuple[str, ...] = ()

    def __getitem__(self, name: str) -> Estimate:
        """The pooled estimate of a parameter, `fit["kappa"]`."""
        return self.by_name[name].pooled

    @cached_property
    def by_name(self) -> dict[str, Fitted]:
        """The parameters that the records can tell."""
        return {f.parameter.name: f for f in self.fitted}

    @property
    def base_vol(self) -> float:
        """Implied vol at the start of the first record: `market.beta` is the leverage law over this."""
        return float(self.records[0].levels["vol"][0])

    def tables(self, base_vol: float | None = None) -> dict[str, Any]:
        """`market`, `market.rates` and `credit` of a scenario, rounded as `toml` writes them.

        With the path-dependent laws where the record is long enough for them, else with the one-factor laws.
        """
        tables: dict[str, Any] = {"market": {"rho": self.rho, "rates": {}}, "credit": {}}
        if self.path is not None:
            tables = self.path.tables()
        for f in self.fitted:
            if self.writes(f):
                *path, key = f.parameter.key.split(".")
                room = tables
                for part in path:
                    room = room.setdefault(part, {})
                room[key] = written(f, base_vol or self.base_vol).value
        return tables

    def writes(self, fitted: Fitted) -> bool:
        """Whether a scenario under the laws that are written has this parameter."""
        unused = self.path is not None and fitted.parameter.name in OLD_LAW
        return fitted.parameter.written and fitted.pooled.known and not unused

    def source(self) -> str:
        """The records and their days, in words."""
        return "; ".join(f"{r.name} {_span(r.days)}" for r in self.records if r.name not in self.left_out)


@takes(rho=maybe(number), draws=whole(0))
def fit(
    histories: Source | Sequence[Source],
    *,
    rho: float | None = None,
    calendar: str | None = None,
    dates: str | None = None,
    as_given: bool = False,
    law: Law = "auto",
    draws: int = 100,
    windows: Sequence[tuple[date, date]] | None = None,
    clock: str = "closes",
    progress: Callable[[int, int], None] | None = None,
) -> Fit:
    """Estimate the market's structural parameters from daily histories: files and frames that `read_record` can read.

    rho: the stated correlation of the spot's and vol's shocks, which no daily record tells (default: the market's).
    calendar: of the exchange whose trading days the records have (default: XNYS). dates, as_given: as `read_record` has
    them. law: `leverage` for the one-factor laws alone, `path_dependent` to insist on a long history; by default the
    path-dependent laws are estimated from the longest history of a thousand days, in which vix may be blank for weeks.
    draws, windows, clock, progress: see `fit_paths`.
    Raises UserError for a file that is not a record, and for one with fewer than `FEWEST` days.
    """
    given = list(histories) if isinstance(histories, list | tuple) else [histories]
    if not given:
        raise UserError("fit needs a history", value="none", remedy="spiral fit HISTORY.csv")
    if law not in LAWS:
        raise UserError(f"law is one of {', '.join(LAWS)}", value=law, place="law")
    stated = MarketSpec().rho if rho is None else rho
    if not -1 < stated <= 0:
        raise UserError("rho lies above -1 and up to 0", value=stated, place="rho")
    reading = partial(read_record, calendar=calendar, dates=dates, as_given=as_given)
    gappy = [] if law == "leverage" else [reading(each, blank_vol=True) for each in given]
    longest = max(gappy, key=known_days, default=None)
    if longest is not None and law == "path_dependent":
        check_long(longest)
    long = longest is not None and known_days(longest) >= LONG
    records, notes = _whole_records(given, reading, forgive=long)
    if longest is not None and sum(known_days(record) >= LONG for record in gappy) > 1:
        notes = (*notes, f"the path-dependent laws are those of {longest.name}, which has the most days with vix")
    if longest is not None and not long:
        notes = (f"the path-dependent laws need a history of {LONG:,} days with spx and vix: not estimated",)
    one_factor = _one_factor(records, stated) if records else Fit((), {}, (), stated)
    if longest is None or not long:
        return replace(one_factor, notes=notes)
    _check_moves(longest)
    path = fit_paths(longest, draws=draws, windows=windows, clock=clock, progress=progress)
    return replace(one_factor, records=tuple(records) or (longest,), path=path, notes=notes)


def _whole_records(
    given: Sequence[Source], reading: Callable[..., DailyRecord], *, forgive: bool
) -> tuple[list[DailyRecord], tuple[str, ...]]:
    """The records that the one-factor laws can take; forgive: leave out those that have too many blank cells."""
    records, notes = [], []
    for each in given:
        try:
            records.append(_long_enough(reading(each)))
        except UserError as error:
            if not forgive:
                raise
            notes.append(f"the one-factor laws and the curve are not estimated: {error.rule}")
    _check_names(records)
    return records, tuple(notes)


def _one_factor(records: Sequence[DailyRecord], rho: float) -> Fit:
    """The one-factor laws and the curve, each record's and all records'."""
    left_out = _overlaps(records)
    pool = [r for r in records if r.name not in left_out]
    own = {r.name: estimate([r], rho) for r in records}
    pooled = own[pool[0].name] if len(pool) == 1 else estimate(pool, rho)
    members = {r.name for r in pool}
    fitted = [_together(p, pooled[p.name], own, members) for p in PARAMETERS if p.name in pooled]
    return Fit(tuple(records), left_out, tuple(fitted), rho)


def _long_enough(record: DailyRecord) -> DailyRecord:
    if len(record.days) <= FEWEST:
        rule = f"a fit needs more than {FEWEST} days with spx and vix"
        raise UserError(rule, value=len(record.days), place=record.source, remedy="give a longer record")
    _check_moves(record)
    return record


def _check_moves(record: DailyRecord) -> None:
    for name in ("spot", "vol"):
        if not np.nan_to_num(record.log_changes(name)).any():
            raise UserError(f"{name} never moves, so nothing can be fitted", place=record.source)


def _check_names(records: Sequence[DailyRecord]) -> None:
    names = [r.name for r in records]
    for name in names:
        if names.count(name) > 1:
            raise UserError("two histories have one name", value=name, remedy="give each file once, or rename one")


def _overlaps(records: Sequence[DailyRecord]) -> dict[str, str]:
    """Records that share days with an earlier one: shown, but out of the pool, so that no day counts twice."""
    seen: dict[date, str] = {}
    left_out = {}
    for record in records:
        earlier = next((seen[day] for day in record.days if day in seen), None)
        if earlier is not None:
            left_out[record.name] = earlier
            continue
        seen |= dict.fromkeys(record.days, record.name)
    return left_out


def _together(
    parameter: Parameter, pooled: Estimate, own: Mapping[str, Mapping[str, Estimate]], members: set[str]
) -> Fitted:
    mine = {name: found[parameter.name] for name, found in own.items() if parameter.name in found}
    inside = [e for name, e in mine.items() if name in members and e.known and e.error > 0]
    chi_square = sum(((e.value - pooled.value) / e.error) ** 2 for e in inside)
    freedom = max(len(inside) - 1, 0)
    if not freedom:
        return Fitted(parameter, pooled, mine, 0.0, 0)
    alone = Fitted(parameter, pooled, mine, chi_square, freedom)
    return alone if alone.p_value >= DISAGREE else replace(alone, pooled=_scattered(pooled, inside))


def _scattered(pooled: Estimate, inside: Sequence[Estimate]) -> Estimate:
    """The pooled value with the records' scatter about it as its error, where that is larger."""
    days = sum(e.days for e in inside)
    squares = sum((e.days / days * (e.value - pooled.value)) ** 2 for e in inside)
    scatter = math.sqrt(len(inside) / (len(inside) - 1) * squares)
    return replace(pooled, error=max(pooled.error, scatter))


def default_of(parameter: Parameter) -> float | None:
    """The key's default; for beta the presets' law, for the sums what the defaults make of them."""
    market, credit = MarketSpec(), CreditSpec()
    special = {
        "slope": LEVERAGE - market.rho * market.xi / market.realised_ratio,
        "leverage": LEVERAGE,
        "noise": market.xi * math.sqrt(1 - market.rho**2),
    }
    if parameter.name in special or not parameter.key:
        return special.get(parameter.name)
    room: Any = {"market": market, "credit": credit}
    table, *rest = parameter.key.split(".")
    found = room[table]
    for part in rest:
        found = getattr(found, part)
    return float(found)


def written(fitted: Fitted, base_vol: float) -> Estimate:
    """The value as a scenario key takes it: beta over the base vol, not below zero, rounded by its error."""
    factor = 1 / base_vol if fitted.parameter.name == "leverage" else 1.0
    value, error = fitted.pooled.value * factor, fitted.pooled.error * factor
    if not fitted.parameter.name.startswith("corr_"):
        value = max(value, 0.0)
    digits = DIGITS - 1 - math.floor(math.log10(error)) if error > 0 else 6
    digits = max(digits, 3 if fitted.parameter.name.startswith("corr_") else 0)
    return Estimate(round(value, min(digits, MOST_DIGITS)), error, fitted.pooled.days)


def _span(days: Sequence[date]) -> str:
    return f"{days[0]} to {days[-1]}, {len(days)} days"
