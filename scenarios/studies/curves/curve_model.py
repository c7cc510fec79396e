"""A curve's model from its record: the fit of its last day, its forecasts and noise, and a scenario made of them."""

from __future__ import annotations

import calendar
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from markets.curves.components import Components, components
from markets.curves.diebold_li import FEWEST, DieboldLi, estimate
from markets.curves.hjm import expected_forwards
from markets.curves.nelson_siegel import NelsonSiegel, minima
from scenarios.files.frames import Source
from scenarios.studies.curves.curve_record import NEEDED, TENORS, CurveRecord, read_record
from sim.dataclass import dataclass
from sim.errors import UserError
from sim.sessions import day_date, exchange_sessions

if TYPE_CHECKING:
    from scenarios.scenario import Scenario

Floats = NDArray[np.float64]
Kind = Literal["nelson_siegel", "svensson", "diebold_li", "hjm"]
KINDS: tuple[str, ...] = get_args(Kind)
DAYS_A_YEAR = 252
CALENDAR = "XNYS"
STEP = 0.25  # years: of the grid of forwards, and of the storyline
MOST = 80  # quarters ahead


@dataclass(frozen=True)
class CurveModel:
    """fits: minima of the last day, the best first. ahead: (quarters + 1, tenors) decimal zero rates, today's first.

    noise: components of daily moves, decimal^2 a day. overnight: (quarters + 1,), the short end of the model.
    """

    kind: str
    record: CurveRecord
    fits: tuple[NelsonSiegel, ...]
    forecast: DieboldLi | None
    noise: Components
    ahead: Floats
    overnight: Floats
    number: int  # components that correlations are made of

    @property
    def days(self) -> tuple[date, ...]:
        """Of the forecasts, a quarter apart, each the New York trading day at or before."""
        last = self.record.days[-1]
        wanted = [_months_after(last, 3 * k) for k in range(len(self.ahead))]
        sessions = exchange_sessions(CALENDAR, last - timedelta(days=10), wanted[-1])
        return tuple(day_date(sessions.at_or_before(day)) for day in wanted)

    def scenario(
        self, *, name: str = "curve_model", spot: float = 100.0, vol: float = 0.2, credit: float = 0.01
    ) -> Scenario:
        """A scenario whose storyline is the forecast and whose node noise is the record's. Raises UserError."""
        levels = {"spot": spot, "vol": vol, "credit": credit}
        anchors = [{"date": day, **levels, **self._rates(k)} for k, day in enumerate(self.days)]
        from scenarios.reading.loading import from_dict  # two thirds of our modules

        return from_dict(
            {
                "name": name,
                "title": f"{self.kind}: {self.record.days[-1]} and {len(self.ahead) - 1} quarters on",
                "clock": {"tick_minutes": 390},
                "market": {"rates": self._noise()},
                "storyline": {"anchor": anchors},
                "agents": {"maker": {"type": "MarketMaker"}},
            }
        )

    def _rates(self, quarter: int) -> dict[str, Any]:
        found = dict(zip(self.record.names, self.ahead[quarter].tolist(), strict=True))
        rest = {name: round(rate, 8) for name, rate in found.items() if name not in NEEDED}
        named = {name: round(found[name], 8) for name in NEEDED}
        return {"overnight": round(float(self.overnight[quarter]), 8), **named, **({"nodes": rest} if rest else {})}

    def _noise(self) -> dict[str, Any]:
        """Vols and correlations of the nodes, as a scenario has them."""
        covariance = self.noise.covariance(self.number)
        vols = np.sqrt(np.diag(covariance) * DAYS_A_YEAR)
        names, at = self.record.names, {name: i for i, name in enumerate(self.record.names)}

        def correlation(a: str, b: str) -> float:
            size = vols[at[a]] * vols[at[b]] / DAYS_A_YEAR
            return round(float(covariance[at[a], at[b]] / size), 6) if size else 0.0

        order = [*NEEDED, *(name for name in names if name not in NEEDED)]
        nodes = {
            name: {
                "years": round(TENORS[name], 8),
                "vol": round(float(vols[at[name]]), 8),
                "correlation": {other: correlation(name, other) for other in order[: order.index(name)]},
            }
            for name in order[len(NEEDED) :]
        }
        found = {f"vol_{name}": round(float(vols[at[name]]), 8) for name in NEEDED}
        return {**found, "corr_us2y_us10y": correlation(*NEEDED), "nodes": nodes}


def model_curve(
    source: Source,
    *,
    kind: str = "diebold_li",
    quarters: int = 9,
    number: int = 3,
    dates: str | None = None,
    as_given: bool = False,
) -> CurveModel:
    """Model a curve from its daily record.

        model = model_curve("curve.csv", quarters=9)
        run(model.scenario())

    Args:
        source: a CSV file or a frame: date, and us1m ... us30y in percent, taken as zero rates; us2y and us10y needed.
        kind: what the storyline is. `nelson_siegel`, `svensson`: the fit of the last day stays. `diebold_li`: level,
            slope and curvature go back to their means. `hjm`: forwards come true, with the drift that their vols ask.
        quarters: length of the storyline.
        number: principal components that the correlations of the nodes' noise are made of.

    Raises UserError for a bad table, an unknown kind, or too short a record.
    """
    if kind not in KINDS:
        raise UserError("no such model", value=kind, place="model", remedy=f"known: {', '.join(KINDS)}")
    if not 1 <= quarters <= MOST:
        raise UserError(f"a storyline has 1 to {MOST} quarters", value=quarters, place="quarters")
    record = read_record(source, dates=dates, as_given=as_given)
    if not 1 <= number <= len(record.names):
        raise UserError(f"there are 1 to {len(record.names)} components", value=number, place="components")
    speeds = 2 if kind == "svensson" else 1
    if len(record.names) < speeds + 3:
        rule, remedy = f"this model needs {speeds + 3} tenors", "name further columns us1m ... us30y"
        raise UserError(rule, value=len(record.names), place="tenors", remedy=remedy)
    fits = tuple(minima(record.years, record.rates[-1], speeds))
    if not fits:
        raise UserError("no speed fits the last day better than its neighbours", place=str(record.days[-1]))
    noise = components(np.cov(np.diff(record.rates, axis=0), rowvar=False))
    forecast = _forecast(record) if kind == "diebold_li" else None
    ahead, overnight = _ahead(record, kind, fits[0], forecast, noise, quarters)
    return CurveModel(kind, record, fits, forecast, noise, ahead, overnight, number)


def _forecast(record: CurveRecord) -> DieboldLi:
    months = record.month_ends
    if len(months) < FEWEST:
        rule, remedy = f"diebold_li needs {FEWEST} months", "give a longer record, or another model"
        raise UserError(rule, value=len(months), place="record", remedy=remedy)
    return estimate(record.years, months)


def _ahead(
    record: CurveRecord, kind: str, fit: NelsonSiegel, forecast: DieboldLi | None, noise: Components, quarters: int
) -> tuple[Floats, Floats]:
    """Zero rates by quarter and tenor, and the overnight rate by quarter."""
    if kind == "hjm":
        return _without_arbitrage(record.years, fit, noise, quarters)
    curves = [fit if forecast is None else forecast.curve(3 * k) for k in range(quarters + 1)]
    return np.array([curve.zero(record.years) for curve in curves]), np.array([curve.zero(0.0) for curve in curves])


def _without_arbitrage(years: Floats, fit: NelsonSiegel, noise: Components, quarters: int) -> tuple[Floats, Floats]:
    """Mean zero rates of later days, from today's forwards by quarter and the vols of the components."""
    ends = STEP * np.arange(1, round(years[-1] / STEP) + quarters + 2)
    forwards = np.diff(fit.zero(ends) * ends, prepend=0.0) / STEP
    loads = np.sqrt(noise.variance * DAYS_A_YEAR)[:, None] * noise.weights  # of zero rates, decimal a year
    grown = np.array([np.interp(ends, years, row) * ends for row in loads])
    vols = np.diff(grown, axis=1) / STEP  # of the forwards of the periods after the first
    ahead, overnight = [], []
    for quarter in range(quarters + 1):
        rates = expected_forwards(forwards, vols, STEP, quarter)
        times = STEP * np.arange(rates.size + 1)
        earned = np.concatenate(([0.0], np.cumsum(rates) * STEP))
        ahead.append(np.interp(years, times, earned) / years)
        overnight.append(rates[0])
    return np.array(ahead), np.array(overnight)


def _months_after(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
