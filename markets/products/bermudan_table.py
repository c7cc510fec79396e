"""The Bermudan swaptions of a book: a lattice for each, looked up on every path by the path's own swap rate."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from markets.kernels.bachelier import ANNUITY, FLOATING
from markets.kernels.flows import NO_FIXING, flow_slopes, flow_values
from markets.kernels.options import VALUE
from markets.products.projection import RateRows
from markets.products.rate_option_table import Optionlet, par, vol_of
from markets.products.table import Table, When
from markets.rate_vols.hull_white import HullWhite, SwapQuote, SwapTerms
from markets.rate_vols.lattice import Lattice
from sim.errors import UserError
from sim.named_tuple import NamedTuple
from sim.vectors import distinct

if TYPE_CHECKING:
    from scipy.interpolate import CubicSpline

    from markets.factors.snapshot import Snapshot
    from markets.products.product import Side
    from markets.products.risk import Risk
    from markets.products.start import Start
    from markets.products.swap import Swap
    from sim.clock import Clock

Floats = NDArray[np.float64]

REVERSION = 0.03  # 1/year, of the model: markets are fitted with 1 to 5 %
NO_FIXINGS = np.zeros((0, 0))


class Bermudan(Protocol):
    """What the table reads of an instrument."""

    @property
    def side(self) -> Side: ...
    @property
    def notional(self) -> float: ...
    @property
    def expiry(self) -> date: ...
    @property
    def normal_vol(self) -> float | None: ...
    @property
    def swap(self) -> Swap: ...


class Legs(NamedTuple):
    """Flows of one swap on the curve's nodes, (flows, FLOW_TERMS) each: annuity, years, and floating leg, per unit."""

    annuity: Floats
    floating: Floats


class Live(NamedTuple):
    """One option at a moment: what it may be exercised into now, and what is held until later."""

    number: int  # in the table, and of its fixings
    due: Legs | None  # the swap of an exercise date that has come and is not settled
    ahead: Legs | None  # the swap of the next date
    held: CubicSpline | None  # value of holding on, per unit of that swap's annuity, by its par rate
    span: tuple[float, float]  # par rates that it knows; beyond them it goes on straight


class BermudanTable(Table[list[Live]]):
    """Options one by one; the fixing of each is 1 on a path until it is exercised there, then 0.

    The lattice knows one number, the state of a Hull-White model whose curve is the starting one. A path has a whole
    curve. So the value of holding on, over the annuity of the swap of the next exercise date, is read off by the par
    rate of that swap on the path, and multiplied by the path's own annuity: parallel moves are met exactly, and of
    twists what they do to that swap.
    """

    order: ClassVar[int] = 4

    def __init__(self, items: Sequence[Bermudan], clock: Clock, start: Start) -> None:
        super().__init__()
        self.clock, self.start, self.rates = clock, start, True
        self.factors = RateRows(start.curve, [start.projected()])
        self.options = [_Option(item, clock, start, self.factors) for item in items]
        self.fixings = len(items)
        self.dates = distinct(np.concatenate([option.seconds for option in self.options]))
        self.needs = self.factors.keys

    # --- what has been exercised -----------------------------------------------------------------------------------
    def new_fixings(self, paths: int) -> Floats:
        """1 while an option lives, (fixings, paths)."""
        return np.ones((self.fixings, paths))

    def fix(self, since: int, tick: int, snapshot: Snapshot, fixings: Floats) -> None:
        """Write 0 where an option is exercised in (since, tick]."""
        for live in self.known(When(tick, since)):
            if live.due is not None:
                now, later = self._worth(live, snapshot)
                fixings[live.number][now[VALUE] > later[VALUE]] = 0.0

    # --- value and risk --------------------------------------------------------------------------------------------
    def value(self, when: When, snapshot: Snapshot, fixings: Floats, out: Floats) -> None:
        """Add $, (paths,), to `out`."""
        for live in self.known(when):
            out += self._chosen(live, when, snapshot, fixings)[VALUE]

    def add_risk(
        self, when: When, snapshot: Snapshot, fixings: Floats | None, into: Risk, vol_multiplier: float | Floats = 1.0
    ) -> None:
        """Add value and derivatives by the nodes. `vol_multiplier` is of vols of the asset, and scales none here."""
        if fixings is None:
            return
        nodes = self.factors.keys
        slopes = (nodes[0],) in into.where
        for live in self.known(when):
            found = self._chosen(live, when, snapshot, fixings, slopes=slopes)
            into.add(found[VALUE])
            for node, slope in zip(nodes, found[1:], strict=False):
                into.add(slope, node)

    def _chosen(self, live: Live, when: When, snapshot: Snapshot, fixings: Floats, *, slopes: bool = False) -> Floats:
        """Value, and with `slopes` its derivatives by node, (1 or 1 + nodes, paths) $: of exercise where that is
        better, else of holding on; with `when.due` of exercise alone.
        """
        alive = self.options[live.number].notional * fixings[live.number]
        now, later = self._worth(live, snapshot, slopes=slopes)
        better = now[VALUE] > later[VALUE]
        return np.asarray(alive * np.where(better, now, 0.0 if when.due else later))

    def _worth(self, live: Live, snapshot: Snapshot, *, slopes: bool = False) -> tuple[Floats, Floats]:
        """Of exercise and of holding on, per unit of notional; exercise that is not possible is worth nothing."""
        option, curve = self.options[live.number], self.factors.of(snapshot)
        now = later = np.zeros((1 + (len(curve) if slopes else 0), snapshot.paths))
        if live.due is not None:
            annuity, floating = (_leg(terms, curve, slopes) for terms in live.due)
            now = option.sign * (floating - option.strike * annuity)
        if live.ahead is not None and live.held is not None:
            annuity, floating = (_leg(terms, curve, slopes) for terms in live.ahead)
            forward = floating[VALUE] / annuity[VALUE]
            inside = np.clip(forward, *live.span)
            by_rate = live.held(inside, 1)
            unit = live.held(inside) + by_rate * (forward - inside)
            later = (unit - forward * by_rate) * annuity + by_rate * floating
        return now, later

    # --- what is alive ---------------------------------------------------------------------------------------------
    def rows(self, when: When) -> list[Live]:
        """What was unsettled after `settled`; with `due` only what may be exercised by the tick."""
        now, since = self.clock.ticks[when.tick], self.clock.ticks[when.settled]
        years = float(self.clock.calendar_years[when.tick]) + when.later
        found = []
        for number, option in enumerate(self.options):
            ahead = int(np.searchsorted(option.seconds, now, side="right"))  # the first date after now
            due = ahead - 1 if ahead and option.seconds[ahead - 1] > since else None
            if due is None and (when.due or ahead == len(option.seconds)):
                continue
            swap = None if due is None else option.legs(due, years)
            if ahead == len(option.seconds):
                found.append(Live(number, swap, None, None, (0.0, 0.0)))
            else:
                found.append(Live(number, swap, option.legs(ahead, years), *option.held(ahead, years)))
        return found


class _Option:
    """An instrument's dates, swaps and lattice."""

    def __init__(self, item: Bermudan, clock: Clock, start: Start, factors: RateRows) -> None:
        """Raises UserError where it can first be exercised by the start, or has no vol."""
        if clock.seconds(item.expiry) <= int(clock.ticks[0]):
            rule, remedy = "a swaption is first exercised after the start", "choose a later date"
            raise UserError(rule, value=str(item.expiry), place="expiry", remedy=remedy)
        self.clock, self.start, self.factors = clock, start, factors
        self.notional, self.sign = item.notional, 1.0 if item.side == "payer" else -1.0
        fixed, floating = item.swap.fixed_leg(item.expiry), item.swap.float_leg(item.expiry)
        swaps = []
        for period in fixed:
            rest = (
                tuple(p for p in fixed if p.start >= period.start),
                tuple(p for p in floating if p.start >= period.start),
            )
            swaps.append(Optionlet(period.start, period.start, self.sign, item.notional, *rest))
        self.days = [swap.days(clock, start) for swap in swaps]
        self.seconds = np.array([clock.seconds(swap.expiry) for swap in swaps], dtype=np.int64)
        self.strike = par(swaps[:1], clock, start) if item.swap.fixed_rate is None else item.swap.fixed_rate
        terms = [_terms(swap, clock) for swap in swaps]
        struck = [swap._replace(strike=self.strike) for swap in swaps]
        model = _model(terms, [vol_of(swap, item.normal_vol, clock, start) for swap in struck], start)
        # The model has one curve. What the projection curve adds to the par rate stays as it was at the start.
        self.above = [
            par([swap], clock, start) - model.swap_rate(swap_terms)[0]
            for swap, swap_terms in zip(swaps, terms, strict=True)
        ]
        self.lattice = Lattice(model, terms, self.strike - float(np.mean(self.above)), item.side)

    def legs(self, number: int, years: float) -> Legs:
        """Flows of the swap of a date, `years` after the start."""
        days = [[max(self.clock.calendar_years_to(day) - years, 0.0) for day in pair] for pair in self.days[number]]
        left, until = np.array(days).T
        amounts = np.array(list(self.days[number].values()))
        legs = []
        for leg in (ANNUITY, FLOATING):
            paid = amounts[:, leg] != 0
            projected = self.factors.projected(self.start.projected(), amounts[paid, leg], left[paid], until[paid])
            legs.append(projected)
        return Legs(*legs)

    def held(self, number: int, years: float) -> tuple[CubicSpline, tuple[float, float]]:
        """Value of holding on until a date, over the annuity of its swap, by that swap's par rate."""
        from scipy.interpolate import CubicSpline

        years = min(years, self.lattice.swaps[number].start)
        states, swap = self.lattice.fine_grid(years, number), self.lattice.swaps[number]
        bonds = self.lattice.bonds(years, np.array([swap.start, *swap.times]), states)
        annuity = swap.accrual @ bonds[1:]
        rates = (bonds[0] - bonds[-1]) / annuity + self.above[number]
        spline = CubicSpline(rates, self.lattice.at(years, number, states) / annuity)
        return spline, (float(rates[0]), float(rates[-1]))


def _terms(swap: Optionlet, clock: Clock) -> SwapTerms:
    """The swap as the model knows it."""
    times = np.array([clock.calendar_years_to(period.end) for period in swap.fixed])
    accrual = np.array([period.accrual for period in swap.fixed])
    return SwapTerms(clock.calendar_years_to(swap.expiry), times, accrual)


def _model(swaps: Sequence[SwapTerms], vols: Sequence[float], start: Start) -> HullWhite:
    """The model whose European options on the swaps are closest to their vols. Raises UserError without a vol."""
    if not min(vols) > 0:
        rule, remedy = "a Bermudan swaption has a positive normal vol", "e.g. normal_vol = 0.0090"
        raise UserError(rule, value=min(vols), place="normal_vol", remedy=remedy)

    def log_discount(years: Floats) -> Floats:
        zero = start.curve.weights(years) @ start.snapshot.block(start.curve.block)[:, 0]
        return np.asarray(-zero - start.curve.excess(years))

    quotes = [
        SwapQuote(swap.start, max(round(swap.times[-1] - swap.start), 1), vol)
        for swap, vol in zip(swaps, vols, strict=True)
    ]
    return HullWhite.calibrate(quotes, log_discount, reversion=REVERSION).model


def _leg(terms: Floats, curve: Floats, slopes: bool) -> Floats:
    """Value of flows, and with `slopes` their derivatives by node, (1 or 1 + nodes, paths)."""
    slots = np.full(len(terms), NO_FIXING, dtype=np.int64)
    out = np.zeros((1 + len(curve), curve.shape[1]) if slopes else (1, curve.shape[1]))
    if slopes:
        flow_slopes(curve, NO_FIXINGS, terms, slots, out)
    else:
        flow_values(curve, NO_FIXINGS, terms, slots, out[VALUE])
    return out
