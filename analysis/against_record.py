"""A run against the daily history of its crisis: each figure of the record beside its distribution over the ensemble.

Every figure is computed from daily closes in the same way for the record and for each path, over the same days.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from analysis import frames
from analysis.calendar_days import closes_a_year, day_of
from analysis.numbers import Number, quantile
from sim.columns import Unit
from sim.dataset import Run
from sim.errors import UserError
from sim.sessions import TRADING_DAYS

Matrix = NDArray[np.float64]  # (paths, days)
Vector = NDArray[np.float64]  # (paths,)
BAND = (0.05, 0.95)
LEVELS = ("spot", "vol", "credit", "high_yield")
FEWEST = 5  # common days of record and run
RANGE = ("open", "high", "low")
WEEK = 5  # days
COLUMNS = {"spot": "mid", "vol": "vol", "credit": "credit", "half_spread": "half_spread", "depth": "depth"}
TICKS = "tick_variance"  # column of closes; runs of earlier versions have none


@dataclass(frozen=True)
class Closes:
    """Daily closes of an ensemble, or of the record as one path: each level (paths, days), decimals.

    `within`: variance between the closes, summed from the first day on. For an ensemble: of its ticks, nights included.
    For a record: ln(open / close before)^2 plus the day's variance by Rogers and Satchell (1991), which is free of
    drift.
    """

    days: tuple[date, ...]
    levels: dict[str, Matrix]
    a_year: float = TRADING_DAYS  # closes

    @property
    def returns(self) -> Matrix:
        """Daily ln returns, (paths, days - 1)."""
        return np.diff(np.log(self.levels["spot"]), axis=1)


@dataclass(frozen=True)
class Figure:
    """A figure of a path. needs: levels besides spot and vol. alone: shown even if the record does not have it."""

    name: str
    label: str
    unit: Unit
    measure: Callable[[Closes], Vector]
    needs: tuple[str, ...] = ()
    alone: bool = False

    def needs_met(self, closes: Closes) -> bool:
        """Whether all required levels are there."""
        return {"spot", "vol", *self.needs} <= closes.levels.keys()


@dataclass(frozen=True)
class Published:
    """A measurement of the literature, or a range if the source gives one. during: the days concerned, None: any."""

    figure: str
    low: float
    high: float
    source: str
    during: tuple[date, date] | None = None
    peak_vol: tuple[float, float] = (0.0, math.inf)  # of the record: what the source calls a small or a large crisis


@dataclass(frozen=True)
class Comparison:
    """One figure: its known value, and the ensemble's median and 5-95 % band.

    low, high: the known value: equal for the record's, a range for some published ones, NaN if unknown. percentile:
    share of paths below the known value (or its middle), NaN if the paths do not differ.
    """

    figure: Figure
    source: str
    low: float
    high: float
    median: Number
    band: tuple[float, float]
    percentile: float

    @property
    def compared(self) -> bool:
        """Whether there is a known value."""
        return self.median.known and not math.isnan(self.low)

    @property
    def inside(self) -> bool:
        """Whether the known value, or any of its range, lies in the band (to rounding, where all paths agree)."""
        slack = 1e-9 * max(abs(self.band[0]), abs(self.band[1]))
        return self.low <= self.band[1] + slack and self.high >= self.band[0] - slack

    @property
    def known(self) -> str:
        """The known value with its unit."""
        texts = [Number(value=v, unit=self.figure.unit, label="").text() for v in (self.low, self.high)]
        return texts[0] if not self.low < self.high else f"{texts[0].split(' ')[0]} to {texts[1]}"


def realised_vol(closes: Closes) -> Vector:
    """Sd of daily ln returns a year, of 252 days or as many as the run's calendar has."""
    found: Vector = closes.returns.std(axis=1, ddof=1) * math.sqrt(closes.a_year)
    return found


def variance_within(closes: Closes) -> Vector:
    """Variance between the closes over the squared returns from close to close; NaN if no close moves."""
    between = np.diff(closes.levels["within"], axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        found: Vector = between.sum(axis=1) / (closes.returns**2).sum(axis=1)
    return found


def weekly_variance(closes: Closes) -> Vector:
    """Variance of five days' returns over five times that of a day's (Lo and MacKinlay 1988), weeks overlapping and
    both free of bias; NaN for fewer than ten returns."""
    r = closes.returns
    n = r.shape[1]
    if n < 2 * WEEK:
        return np.full(len(r), np.nan)
    x = r - r.mean(axis=1, keepdims=True)
    sums = np.cumsum(np.pad(x, ((0, 0), (1, 0))), axis=1)
    weeks = sums[:, WEEK:] - sums[:, :-WEEK]
    weekly = (weeks**2).sum(axis=1) / (WEEK * (n - WEEK + 1) * (1 - WEEK / n))
    with np.errstate(invalid="ignore", divide="ignore"):
        found: Vector = weekly / ((x * x).sum(axis=1) / (n - 1))
    return found


def max_drawdown(closes: Closes) -> Vector:
    """Deepest fall of a close from the highest close before it, as a share."""
    spot = closes.levels["spot"]
    found: Vector = 1 - (spot / np.maximum.accumulate(spot, axis=1)).min(axis=1)
    return found


def peak_vol(closes: Closes) -> Vector:
    """Highest close of implied vol."""
    found: Vector = closes.levels["vol"].max(axis=1)
    return found


def slope(y: Matrix, x: Matrix) -> Vector:
    """Least-squares slope of y on x with a constant, path by path; NaN if x does not move."""
    y, x = y - y.mean(axis=1, keepdims=True), x - x.mean(axis=1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        found: Vector = (x * y).sum(axis=1) / (x * x).sum(axis=1)
    return found


def _response(level: str, scale: Callable[[Matrix], Matrix]) -> Callable[[Closes], Vector]:
    """Same-day rise of a level per fall of ln S."""
    return lambda closes: -slope(np.diff(scale(closes.levels[level]), axis=1), closes.returns)


def _two_days(closes: Closes) -> Vector:
    """Rise of credit on the day of a return and the next, per 1 of fall: the response of spreads that close early."""
    r = closes.returns
    change = np.diff(closes.levels["credit"], axis=1)
    return -slope(change[:, 1:] + change[:, :-1], r[:, :-1])


def _elasticity(level: str) -> Callable[[Closes], Vector]:
    """Slope of ln level on ln vol over the closes."""
    return lambda closes: slope(np.log(closes.levels[level]), np.log(closes.levels["vol"]))


def depth_left(closes: Closes) -> Vector:
    """Mean depth at the closes of the week to 12 March 2020 as a share of the first close's."""
    depth = closes.levels["depth"]
    week = [date(2020, 3, 6) <= day <= date(2020, 3, 12) for day in closes.days]
    found: Vector = depth[:, week].mean(axis=1) / depth[:, 0]
    return found


def margin_multiple(closes: Closes) -> Vector:
    """Initial margin rate at the end of March 2020 over that of the start; the rate is proportional to implied vol."""
    day = max(i for i, d in enumerate(closes.days) if d <= date(2020, 3, 31))
    found: Vector = closes.levels["vol"][:, day] / closes.levels["vol"][:, 0]
    return found


def _percent(values: Matrix) -> Matrix:
    """From a response per 1 of ln S to per 1 %."""
    return values / 100


def _points(values: Matrix) -> Matrix:
    """From a response of vol per 1 of ln S to points per 1 %: 100 points are 1, as 100 % are."""
    return values


def _log_percent(values: Matrix) -> Matrix:
    return _percent(np.log(values))


FIGURES = (
    Figure("realised_vol", "realised vol", "vol", realised_vol),
    Figure("variance_within", "variance within days over daily", "gain", variance_within, ("within",), alone=True),
    Figure("variance_week", "variance of weeks over days", "gain", weekly_variance),
    Figure("max_drawdown", "maximum drawdown, closes", "share", max_drawdown),
    Figure("peak_vol", "peak vol, closes", "vol", peak_vol),
    Figure("ln_vol_response", "ln vol per -1 % of S, same day", "share", _response("vol", _log_percent)),
    Figure("vol_response", "vol points per -1 % of S, same day", "number", _response("vol", _points)),
    Figure(
        "ln_credit_response",
        "ln credit per -1 % of S, same day",
        "share",
        _response("credit", _log_percent),
        ("credit",),
    ),
    Figure("credit_response", "credit per -1 % of S, same day", "rate", _response("credit", _percent), ("credit",)),
    Figure(
        "high_yield_response",
        "high yield per -1 % of S, same day",
        "rate",
        _response("high_yield", _percent),
        ("high_yield",),
    ),
    Figure("credit_two_days", "credit per -1 % of S, two days", "rate", lambda c: _two_days(c) / 100, ("credit",)),
    Figure("depth_left", "depth in the week to 12 March, of the start's", "share", depth_left, ("depth",)),
    Figure("depth_power", "ln depth per ln vol", "gain", _elasticity("depth"), ("depth",)),
    Figure("spread_power", "ln half-spread per ln vol", "gain", _elasticity("half_spread"), ("half_spread",)),
    Figure(
        "margin_multiple", "margin rate at the end of March, of the start's", "multiple", margin_multiple, ("depth",)
    ),
)
BY_NAME = {figure.name: figure for figure in FIGURES}
MARCH_2020 = (date(2020, 3, 1), date(2020, 3, 31))
LARGE, SMALL = (0.45, math.inf), (0.0, 0.45)  # peak of the VIX
PUBLISHED = (
    Published("ln_vol_response", 0.02, 0.04, "large crises, VIX on S&P", peak_vol=LARGE),
    Published("ln_vol_response", 0.05, 0.11, "small crises, VIX on S&P", peak_vol=SMALL),
    Published("depth_left", 10 / 120, 10 / 120, "E-mini, 10 contracts for 120", MARCH_2020),
    Published("high_yield_response", 0.0002, 0.0007, "high yield on S&P"),
    Published("depth_power", -1.95, -1.85, "E-mini top of book, about -1.9"),
    Published("spread_power", 0.46, 1.0, "NASDAQ quotes 0.46 to proportional 1"),
    Published("margin_multiple", 10 / 3.9, 10 / 3.9, "S&P future, January to March 2020", MARCH_2020),
)


def against_record(run: Run, history: pl.DataFrame, *, world: str = "actual") -> list[Comparison]:
    """Each figure of the record and of the literature beside the ensemble.

    history: `date`, `spot`, `vol` and perhaps `credit`, `high_yield`, and `open`, `high`, `low` of spot; decimals, one
    row a day. Days that the run does not have are left out; a figure uses the days on which the record has all required
    levels. Raises UserError if there are too few common days.
    """
    record, ensemble = common(run, history, world)
    found = []
    for figure in FIGURES:
        if figure.needs_met(record):
            ours, theirs = _without_gaps(record, ensemble, figure)
            known = float(figure.measure(ours)[0])
            found.append(compare(figure, "record", known, known, figure.measure(theirs)))
        elif figure.alone and figure.needs_met(ensemble):
            found.append(compare(figure, "run alone", math.nan, math.nan, figure.measure(ensemble)))
    peak = float(peak_vol(record)[0])
    for fact in PUBLISHED:
        if BY_NAME[fact.figure].needs_met(ensemble) and _applies(fact, ensemble.days, peak):
            values = BY_NAME[fact.figure].measure(ensemble)
            found.append(compare(BY_NAME[fact.figure], fact.source, fact.low, fact.high, values))
    return found


def _applies(known: Published, days: tuple[date, ...], peak: float) -> bool:
    inside = known.during is None or (days[0] < known.during[0] and days[-1] >= known.during[1])
    return inside and known.peak_vol[0] <= peak < known.peak_vol[1]


def compare(figure: Figure, source: str, low: float, high: float, values: Vector) -> Comparison:
    """A figure's known value, low to high, beside its values on the paths, (paths,); NaN are left out."""
    values = values[np.isfinite(values)]
    if not values.size:
        nowhere = Number(value=math.nan, unit=figure.unit, label=figure.label)
        return Comparison(figure, source, low, high, nowhere, (math.nan, math.nan), math.nan)
    band = np.quantile(values, BAND)
    middle = (low + high) / 2
    below = float(((values < middle).mean() + (values <= middle).mean()) / 2)
    median = quantile(values, 0.5, figure.unit, figure.label)
    return Comparison(figure, source, low, high, median, (float(band[0]), float(band[1])), below)


def common(run: Run, history: pl.DataFrame, world: str = "actual") -> tuple[Closes, Closes]:
    """The record and the ensemble on their common days.

    The ensemble's high yield is its credit spread times the record's mean ratio of the two.
    """
    world = frames.check_world(run, world)
    closes = frames.asset_closes(run).filter(pl.col("world") == world).with_columns(date=day_of(run))
    known = history.filter(pl.col("spot").is_not_null() & pl.col("vol").is_not_null()).sort("date")
    columns = [*COLUMNS.values(), *({TICKS} & set(closes.collect_schema()))]
    kept = closes.select("path", "date", *columns).sort("path", "date").collect()
    if TICKS in columns:
        kept = kept.with_columns(within=pl.col(TICKS).cum_sum().over("path"))
    kept = kept.join(known.select("date"), on="date")
    days = tuple(kept["date"].unique().sort())
    if len(days) < FEWEST:
        raise UserError(
            f"a run is compared over {FEWEST} or more days of the record",
            value=len(days),
            remedy="give the record of its days",
        )
    kept = kept.sort("path", "date")
    shape = (kept["path"].n_unique(), len(days))
    named = COLUMNS | ({"within": "within"} if TICKS in columns else {})
    ensemble = {name: kept[column].to_numpy().reshape(shape) for name, column in named.items()}
    mine = known.filter(pl.col("date").is_in(days))
    levels = {n: mine[n].cast(pl.Float64).to_numpy()[None, :] for n in (*LEVELS, *RANGE) if n in mine.columns}
    if levels.keys() >= set(RANGE):
        opened, high, low = (levels.pop(name) for name in RANGE)
        levels["within"] = _within(opened, high, low, levels["spot"])
    levels = {n: v for n, v in levels.items() if np.isfinite(v).sum() >= FEWEST}
    if {"credit", "high_yield"} <= levels.keys():
        ensemble["high_yield"] = ensemble["credit"] * np.nanmean(levels["high_yield"]) / np.nanmean(levels["credit"])
    a_year = closes_a_year(run)
    return Closes(days, levels, a_year), Closes(days, ensemble, a_year)


def _within(opened: Matrix, high: Matrix, low: Matrix, close: Matrix) -> Matrix:
    """Variance between the closes, summed from the first day on, (1, days); NaN on a day without its range."""
    before = np.concatenate([opened[:, :1], close[:, :-1]], axis=1)  # of the first day no night is counted
    night = np.log(opened / before) ** 2
    day = np.log(high / opened) * np.log(high / close) + np.log(low / opened) * np.log(low / close)
    return np.where(np.isnan(night + day), np.nan, np.nancumsum(night + day, axis=1))


def _without_gaps(record: Closes, ensemble: Closes, figure: Figure) -> tuple[Closes, Closes]:
    """Both on the days for which the record has all that the figure needs."""
    whole = np.all([np.isfinite(record.levels[name][0]) for name in ("spot", "vol", *figure.needs)], axis=0)
    days = tuple(day for day, kept in zip(record.days, whole, strict=True) if kept)
    cut = [Closes(days, {n: v[:, whole] for n, v in c.levels.items()}, c.a_year) for c in (record, ensemble)]
    return cut[0], cut[1]
