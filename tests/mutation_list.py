"""The mutations: flipped signs and factors, where they stand, and the known answers that should notice."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

ENGINE = ("sim", "markets", "agents")  # packages


@cache
def texts(root: Path) -> dict[Path, str]:
    """The engine's files below `root`, as they stand when this is first asked."""
    return {file: file.read_text() for room in ENGINE for file in sorted((root / room).rglob("*.py"))}


@dataclass(frozen=True, kw_only=True)
class Mutation:
    """What is flipped, and which known answers should notice.

    old, new: text of the engine; `old` stands in it exactly once, in whatever file. cases: at least one must fail.
    control: must not.
    """

    name: str
    old: str
    new: str
    cases: tuple[str, ...]
    control: str

    def file(self, root: Path) -> str:
        """Where `old` stands, below `root`. Raises ValueError where it does not stand there exactly once."""
        found = [file for file, text in texts(root).items() for _ in range(text.count(self.old))]
        if len(found) != 1:
            places = "".join(f", {file.relative_to(root)}" for file in found)
            raise ValueError(f"{self.name}: this text stands {len(found)} times, not once: {self.old!r}{places}")
        return found[0].relative_to(root).as_posix()

    def source(self, root: Path) -> str:
        """Its file with the mutation."""
        return (root / self.file(root)).read_text().replace(self.old, self.new)


# One for each rule whose sign or factor the suite must know.
TEN = (
    Mutation(
        name="sign of the gamma term",
        old="bent = spot_moved - value - straight",
        new="bent = value + straight - spot_moved",
        cases=("attribution-order", "attribution-means"),
        control="a-sale",
    ),
    Mutation(
        name="sign of the balance that pays credit",
        old="drawn = -own - pledged",
        new="drawn = own - pledged",
        cases=("interest",),
        control="attribution-order",
    ),
    Mutation(
        name="sign of the impact",
        old="self._capacity, self.impact, ",
        new="self._capacity, -self.impact, ",
        cases=("a-sale", "feedback-law"),
        control="attribution-order",
    ),
    Mutation(
        name="twice the half-spread",
        old="return sign(quantity) * half_spread + skew",
        new="return 2 * sign(quantity) * half_spread + skew",
        cases=("a-sale", "inventory-skew", "hedging-cost"),
        control="margin",
    ),
    Mutation(
        name="direction of variation margin",
        old="-(client.desk.margined_now() + swaps)",
        new="(client.desk.margined_now() + swaps)",
        cases=("margin",),
        control="interest",
    ),
    Mutation(
        name="attribution of vol before spot",
        old="values.insert(0, self._unit.value_at(self._held(before, old) if step.first else before))",
        new="values.insert(0, values[0] + self._unit.slopes(old).value"
        " - self._unit.value_at(old.with_rows({k: new.row(k) for k in step.keys})))",
        cases=("attribution-order",),
        control="attribution-means",
    ),
    Mutation(
        name="bridge weight for its complement",
        old="1.0 - (1.0 - dispersion) * self.pull",
        new="1.0 - dispersion * self.pull",
        cases=("bridge", "factor-noise"),
        control="a-sale",
    ),
    Mutation(
        name="sign of the leverage effect",
        old="-answer * (displacement",
        new="answer * (displacement",
        cases=("a-sale",),
        control="margin",
    ),
    Mutation(
        name="sign of the inventory skew",
        old="lean=self._switch * self.agent.quoting.inventory_skew,",
        new="lean=-self._switch * self.agent.quoting.inventory_skew,",
        cases=("inventory-skew",),
        control="a-sale",
    ),
    Mutation(
        name="sign of a default's loss",
        old="np.where(bad, -equity, 0.0)",
        new="np.where(bad, equity, 0.0)",
        cases=("default-loss",),
        control="eisenberg-noe",
    ),
)

# Tried afterwards; where none of the cases noticed, a case was added.
FURTHER = (
    Mutation(
        name="realised ratio squared",
        old="np.exp(-premium)), self._ratio",
        new="np.exp(-premium)), self._ratio**2",
        cases=("bridge",),
        control="a-sale",
    ),
    Mutation(
        name="permanent share for its complement",
        old="displace(move, self._share,",
        new="displace(move, 1 - self._share,",
        cases=("a-sale",),
        control="margin",
    ),
    Mutation(
        name="sign of the resilience",
        old="exp(-self._resilience",
        new="exp(self._resilience",
        cases=("a-sale",),
        control="margin",
    ),
    Mutation(
        name="sign of the smile's slope",
        old="multiple = 1.0 - skew * np.log",
        new="multiple = 1.0 + skew * np.log",
        cases=("smile-density",),
        control="attribution-order",
    ),
    Mutation(
        name="sign of vol's mean reversion",
        old="market.vol_reversion, years)\n        self.decay: list[float] = stays.decay",
        new="market.vol_reversion, years)\n        self.decay: list[float] = (1 / stays.decay)",
        cases=("a-sale", "factor-noise"),
        control="margin",
    ),
    Mutation(
        name="sign of the power of depth",
        old="spec.depth_power * market.feedback.depth",
        new="-spec.depth_power * market.feedback.depth",
        cases=("a-sale",),
        control="margin",
    ),
    Mutation(
        name="fixed for floating leg in a swap's value",
        old="return -floating, annuity",
        new="return floating, -annuity",
        cases=("swap-hedge",),
        control="interest",
    ),
    Mutation(
        name="fixed for floating leg in a swap's accrual",
        old="(coupon - self.market.factors.overnight * notional)",
        new="(self.market.factors.overnight * notional - coupon)",
        cases=("swap-hedge",),
        control="interest",
    ),
    Mutation(
        name="sign of a swap trade's impact",
        old="{FactorKey(*USD, name): -1.0}",
        new="{FactorKey(*USD, name): 1.0}",
        cases=("swap-hedge",),
        control="a-sale",
    ),
    Mutation(
        name="sign of the swap hedge",
        old="found[key] = -left[key] / own[key]",
        new="found[key] = left[key] / own[key]",
        cases=("swap-hedge",),
        control="a-sale",
    ),
    Mutation(
        name="sign of dividends",
        old="return self._dividend_yield * years",
        new="return -self._dividend_yield * years",
        cases=("interest",),
        control="a-sale",
    ),
    Mutation(
        name="day count upside down",
        old="365 / 360 if",
        new="360 / 365 if",
        cases=("interest",),
        control="a-sale",
    ),
    Mutation(
        name="spread on the wrong side",
        old="return sign(quantity) * half_spread + skew",
        new="return -sign(quantity) * half_spread + skew",
        cases=("a-sale",),
        control="margin",
    ),
    Mutation(
        name="twice the convexity in margin",
        old="bent[j] = 0.5 *",
        new="bent[j] = 1.0 *",
        cases=("margin",),
        control="interest",
    ),
    Mutation(
        name="side of the stock sold short in margin",
        old="borrowed_stock + np.maximum(-value, 0.0)",
        new="borrowed_stock + np.maximum(value, 0.0)",
        cases=("margin",),
        control="interest",
    ),
    Mutation(
        name="sign of the logged Gamma gain",
        old="_venue.expose(by_gamma, moved=asset,",
        new="_venue.expose(-by_gamma, moved=asset,",
        cases=("loop-gain",),
        control="a-sale",
    ),
    Mutation(
        name="sign of the logged vanna gain",
        old="_venue.expose(by_vanna, moved=asset,",
        new="_venue.expose(-by_vanna, moved=asset,",
        cases=("loop-gain",),
        control="a-sale",
    ),
    Mutation(
        name="sign of the centring of jumps",
        old="- chance * self.mean",
        new="+ chance * self.mean",
        cases=("jumps",),
        control="a-sale",
    ),
    Mutation(
        name="sign of dearer funding in the spread",
        old="self._switch * self.agent.quoting.funding_days / 360",
        new="-self._switch * self.agent.quoting.funding_days / 360",
        cases=("a-sale",),
        control="margin",
    ),
    Mutation(
        name="direction of a halt",
        old="fall = 1.0 - price[j] / close[j]",
        new="fall = 1.0 - close[j] / price[j]",
        cases=("halt",),
        control="a-sale",
    ),
    Mutation(
        name="direction of a maker's drawdown",
        old="most - own > limit",
        new="own - most > limit",
        cases=("maker-capital",),
        control="a-sale",
    ),
    Mutation(
        name="sign of stress in credit",
        old="switch * credit.stress_elasticity",
        new="-switch * credit.stress_elasticity",
        cases=("default-loss",),
        control="a-sale",
    ),
    Mutation(
        name="close-out without its cost",
        old="close_out(client.desk, self.agent.closeout_cost)",
        new="close_out(client.desk, 0.0)",
        cases=("default-loss",),
        control="a-sale",
    ),
    Mutation(
        name="half of a forced reduction",
        old="np.clip(lacking / releasable, 0.0, 1.0)",
        new="np.clip(0.5 * lacking / releasable, 0.0, 1.0)",
        cases=("forced-reduction",),
        control="a-sale",
    ),
    Mutation(
        name="deadline of a call on its own day",
        old="due = world.clock.plain.day[world.tick_index] + self._deadline_days",
        new="due = world.clock.plain.day[world.tick_index]",
        cases=("forced-reduction",),
        control="a-sale",
    ),
    Mutation(
        name="twice the capacity",
        old="else spec.capacity  #",
        new="else 2 * spec.capacity  #",
        cases=("halt",),
        control="a-sale",
    ),
    Mutation(
        name="sign of leverage in the storyline's vol",
        old="decay - elasticity *",
        new="decay + elasticity *",
        cases=("storyline",),
        control="a-sale",
    ),
    Mutation(
        name="outside spread upside down",
        old="(base * self._spread_line)",
        new="(base / self._spread_line)",
        cases=("storyline",),
        control="a-sale",
    ),
    Mutation(
        name="sign of a swap's cost in its coupon",
        old="leg[j] / years[j] - worse[j] - walked[j]",
        new="leg[j] / years[j] + worse[j] + walked[j]",
        cases=("swap-hedge",),
        control="a-sale",
    ),
)

# Of the laws by which vol and credit remember the traded path.
MEMORY = (
    Mutation(
        name="sign of the answer to the trend",
        old="level = fma(to_trend,",
        new="level = fma(-to_trend,",
        cases=("path-memory", "trace-of-a-trade"),
        control="a-sale",
    ),
    Mutation(
        name="activity for its square",
        old="activity[j] = sqrt(fma(",
        new="activity[j] = (fma(",
        cases=("path-memory", "memory-desk"),
        control="a-sale",
    ),
    Mutation(
        name="every return settled twice",
        old="            law.settle(self._years[tick] - self._since, spot - self._from)\n",
        new="            law.settle(self._years[tick] - self._since, spot - self._from)\n" * 2,
        cases=("path-memory", "memory-free"),
        control="a-sale",
    ),
    Mutation(
        name="what is left of the lag for what is gone",
        old="-expm1(-self._spec.lag * years)",
        new="1 + expm1(-self._spec.lag * years)",
        cases=("path-memory",),
        control="a-sale",
    ),
    Mutation(
        name="sign of the centring of realised vol's noise",
        old="(drawn[j] - centre)",
        new="(drawn[j] + centre)",
        cases=("path-memory", "variance-within-the-day"),
        control="a-sale",
    ),
    Mutation(
        name="the storyline's share of variance for the law's",
        old="(1 - share) * law + share * moved",
        new="share * law + (1 - share) * moved",
        cases=("variance-within-the-day",),
        control="a-sale",
    ),
    Mutation(
        name="trades of the first tick before the path begins",
        old="spot - self._from)\n        self._from, self._since",
        new="(spot - self._from) * (tick > 0))\n        self._from, self._since",
        cases=("trace-of-a-trade",),
        control="path-memory",
    ),
)

# Of curves that are solved from quotes, and of the exact risk of swaps on them.
CURVES = (
    Mutation(
        name="payment at the end of the period, without the lag",
        old="pay = days.advance(after, payment_lag) if payment_lag else after",
        new="pay = after",
        cases=("curve-discount-factors",),
        control="curve-basis",
    ),
    Mutation(
        name="sign of the answer of nodes to quotes",
        old="return np.asarray(-np.linalg.solve(self.solution.jacobian, moved)",
        new="return np.asarray(np.linalg.solve(self.solution.jacobian, moved)",
        cases=("curve-hedge",),
        control="curve-discount-factors",
    ),
    Mutation(
        name="sign of the mixed term of gamma by quotes",
        old="rest = second + 2 * mixed",
        new="rest = second - 2 * mixed",
        cases=("curve-swap",),
        control="curve-two-curves",
    ),
    Mutation(
        name="notionals that are never returned",
        old="np.concatenate([[-leg.notional[0]], back])",
        new="np.concatenate([[-leg.notional[0]], 0 * back])",
        cases=("curve-basis",),
        control="curve-swap",
    ),
    Mutation(
        name="projected by the curve that discounts",
        old="grown = ((Point(projection, float(start), PROJECTION), 1), (Point(projection, ",
        new="grown = ((Point(discount, float(start), PROJECTION), 1), (Point(discount, ",
        cases=("curve-two-curves",),
        control="curve-swap",
    ),
)

MUTATIONS = (*TEN, *FURTHER, *MEMORY, *CURVES)
