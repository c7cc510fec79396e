"""Spreads, curves of other currencies, and FX rates: storyline, noise, and the impact of trades."""

from __future__ import annotations

from functools import reduce
from operator import add
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from markets.factors.curve_noise import explained
from markets.factors.declared_order import declared_order
from markets.factors.impact import Impact
from markets.factors.key import OVERNIGHT, FactorKey
from markets.factors.law import STILL, Law, Moved
from markets.factors.reversion import reversion
from markets.kernels.factors import prices
from markets.specs.rates import SHOCK
from markets.specs.variable import FX, HAZARD, IN_LOGS, SPREAD, ZERO
from sim.named_tuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from markets.factors.credit_spread import CreditSpread
    from markets.factors.noise import Noise
    from markets.factors.setting import Setting
    from markets.factors.snapshot import Block, Snapshot
    from markets.factors.zero_rates import ZeroRates
    from markets.specs.variable import Variable

Vector = NDArray[np.float64]
STREAMS = {
    SPREAD: "market/spreads",
    ZERO: "market/rates",
    FX: "market/fx",
    HAZARD: "market/credits",
}  # what a variable's stream begins with


class Answer(NamedTuple):
    """A variable's shock: the best forecast from others' shocks, and a normal of its own."""

    number: int  # of the variable
    weights: Mapping[str, float]  # on shocks by name
    own: float


class OtherCurves(Law):
    """r = L_r + n + p for each variable, ln $ of FX rates: outside level, noise bridged to the anchors, impact.

    n <- keep decay n + vol sqrt(gathered keep) z. Each variable draws from a stream of its own name; its shock z is
    correlated with those that its table names. An FX rate by parity drifts after its last anchor, on every path, by
    (r - r_foreign - basis) dt - vol^2 dt / 2, r the shortest rates: what a unit of the currency at interest is worth,
    discounted, is then expected to stay. A name also moves with what it follows, by beta times the distance of that
    from its own outside level, all in logs.
    """

    def __init__(self, setting: Setting, rates: ZeroRates, credit: CreditSpread) -> None:
        """Raises UserError if the correlations are impossible."""
        variables, streams, clock = setting.market.further, setting.streams, setting.clock
        levels = [setting.storyline.further[each.name] for each in variables]
        self.keys = tuple(FactorKey(*each.block, each.name) for each in variables)
        self._rates, rates.watched = rates, True
        self._blocks = _blocks(variables)
        self._years = np.diff(clock.variance_years, prepend=0.0)
        self._calendar = np.diff(clock.calendar_years, prepend=0.0)
        self._days_a_year = clock.days_a_year
        self._level = np.stack([each.level for each in levels], axis=1)  # (ticks, variables)
        keep = np.stack([each.kept(setting.market.dispersion) for each in levels], axis=1)
        stays = [reversion(each.speed, self._years) for each in variables]
        vol = np.array([each.vol for each in variables])
        self._left = keep * np.stack([each.decay for each in stays], axis=1)
        self._scale = vol * np.sqrt(np.stack([each.gathered for each in stays], axis=1) * keep)
        nodes = {key.node: weights for key, weights in zip(rates.keys, rates.weights, strict=True)}
        self._answers = answers(nodes, variables)
        self._named = {name: nodes[name] for name in nodes if any(name in each.weights for each in self._answers)}
        self._streams = [streams.stream(f"{STREAMS[each.family]}/{each.name}") for each in variables]
        self._drifts = [
            _Drift(k, each, levels[k].pull == 0.0, self.keys) for k, each in enumerate(variables) if each.parity
        ]
        self._following, self._credit = _following(variables), credit
        self._impacts = np.zeros((len(variables), 2, streams.paths))
        self.impact: dict[FactorKey, Impact] = {}
        self.noise = np.zeros((len(variables), streams.paths))
        self.carried = np.zeros_like(self.noise)  # drift so far
        self._moves_outside: list[bool] = (np.diff(self._level, axis=0, prepend=np.nan) != 0).any(axis=1).tolist()
        self._tick, self._now = 0, self.noise

    def step(self, tick: int, noise: Noise, now: Snapshot) -> Moved:
        """Carry every variable into `tick`, after the curve's nodes."""
        for impact in self.impact.values():
            impact.decay(float(self._years[tick]))
        self._tick = tick
        stirred = bool(self._scale.any())
        if stirred:
            shocks = self._shocks(noise)
            self.noise = self._left[tick][:, None] * self.noise + self._scale[tick][:, None] * shocks
        for drift in self._drifts:
            drift.add(tick, self._calendar[tick], self._years[tick], now, self.carried)
        moves = stirred or bool(self._drifts or self._following) or any(impact.moved for impact in self.impact.values())
        return self.levels() if moves or self._moves_outside[tick] else STILL

    def _shocks(self, noise: Noise) -> Vector:
        """Standard normals of the step, (variables, paths)."""
        normals = [noise.common, *self._rates.drawn]
        known = {name: _mixed(weights, normals) for name, weights in self._named.items()} | {SHOCK: noise.common}
        out = np.empty_like(self.noise)
        for answer in self._answers:
            own = answer.own * self._streams[answer.number].normal()
            named = [weight * known[name] for name, weight in answer.weights.items()]
            known[self.keys[answer.number].node] = out[answer.number] = reduce(add, named, own)
        return out

    def levels(self) -> Moved:
        """All curves."""
        lasting, passing = self._impacts[:, 0], self._impacts[:, 1]
        rates = self._level[self._tick][:, None] + self.noise + self.carried + (lasting + passing)
        for row, driver, beta in self._following:
            gap = self._credit.gap if driver is None else rates[driver] - self._level[self._tick, driver]
            rates[row] += beta * gap
        self.is_finite = bool(np.isfinite(rates).all())
        self._now = rates
        return Moved(blocks={block: np.ascontiguousarray(rates[rows]) for block, rows in self._blocks.items()})

    def shown(self) -> dict[str, Vector]:
        """Levels as tables have them, by column: (paths,) decimal, FX rates in $."""
        rows = zip(self.keys, self._now, strict=True)
        return {key.node: in_dollars(row) if key.family in IN_LOGS else row for key, row in rows}

    def let_move(self, key: FactorKey, permanent_share: float, resilience: float) -> None:
        """Let trades displace a variable."""
        rows = self._impacts[self.keys.index(key)]
        self.impact[key] = Impact(rows, permanent_share, resilience, self._days_a_year)

    def displace(self, key: FactorKey, move: Vector, level: Vector) -> Vector:
        """Move the rate, the spread, or the log of the FX rate."""
        self.impact[key].add(move)
        return level + move


class _Drift:
    """Covered parity of one FX rate."""

    def __init__(self, row: int, variable: Variable, free: NDArray[np.bool_], keys: Sequence[FactorKey]) -> None:
        """free: (ticks,) steps in which no anchor lies ahead. keys: of all variables."""
        assert variable.parity is not None
        currency, basis = variable.parity
        shortest = {key[:2]: key for key in reversed(keys)}  # nodes rise
        self._row, self._variance, self._free = row, variable.vol**2, free.tolist()
        self._foreign = [shortest[block] for block in ((ZERO, currency), (SPREAD, basis)) if block in shortest]

    def add(self, tick: int, calendar: float, trading: float, now: Snapshot, carried: Vector) -> None:
        """Add the step's drift, at the rates before it, to `carried` (variables, paths)."""
        if self._free[tick]:
            rate = reduce(lambda left, key: left - now.row(key), self._foreign, now.row(OVERNIGHT))
            carried[self._row] += rate * calendar - 0.5 * self._variance * trading


def _following(variables: Sequence[Variable]) -> list[tuple[int, int | None, float]]:
    """Row, row of what it follows (None: the market's credit index) and beta of each name, after those it follows."""
    rows = {each.name: row for row, each in enumerate(variables) if each.follows is not None}
    named = [(name, [variables[row].follows[0]]) for name, row in rows.items()]  # type: ignore[index]
    order = [list(rows.values())[k] for k in declared_order([(n, [f for f in follows if f]) for n, follows in named])]
    found = []
    for row in order:
        follows = variables[row].follows
        if follows is not None and follows[1] > 0:
            found.append((row, rows.get(follows[0]), follows[1]))
    return found


def _blocks(variables: Sequence[Variable]) -> dict[Block, slice]:
    """Rows of each curve."""
    found: dict[Block, slice] = {}
    for row, each in enumerate(variables):
        found[each.block] = slice(found.get(each.block, slice(row, row)).start, row + 1)
    return found


def _mixed(weights: Vector, shocks: Sequence[Vector]) -> Vector:
    """Weighted sum, added up in order, so that a path's digits do not depend on the number of paths."""
    return reduce(add, (weight * shock for weight, shock in zip(weights.tolist(), shocks, strict=True)))


def answers(nodes: Mapping[str, Vector], variables: Sequence[Variable]) -> list[Answer]:
    """How each variable's shock is made, each after those that its table names.

    nodes: weights of the curve's nodes by name, (1 + shocks,), see `node_shocks.NodeShocks`. Correlations that are not
    given follow from those that are. Raises UserError if they are impossible.
    """
    width, found = len(next(iter(nodes.values()))), []
    rows = {SHOCK: np.eye(1, width + len(variables))[0]}
    rows |= {name: np.pad(row, (0, len(variables))) for name, row in nodes.items()}
    for k in declared_order([(each.name, each.correlation) for each in variables]):
        mine = variables[k]
        mirrored = {each.name: each.correlation[mine.name] for each in variables if mine.name in each.correlation}
        given = {name: c for name, c in {**mirrored, **mine.correlation}.items() if name in rows}
        weights, own = explained(mine.name, given, rows)
        row = reduce(add, (weight * rows[name] for name, weight in weights.items()), np.zeros_like(rows[SHOCK]))
        row[width + k] = own
        rows[mine.name] = row
        found.append(Answer(k, weights, own))
    return found


def in_dollars(log_rate: Vector) -> Vector:
    """exp of a log, (paths,) $; with the same digits however many paths there are."""
    out = np.empty_like(log_rate)
    prices(0.0, 0.0, log_rate, out)
    return out
