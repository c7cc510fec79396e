"""The mutations: flipped signs and factors, where they stand, and the known answers that should notice."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Mutation:
    """What is flipped, where, and which known answers should notice.

    old, new: text of `file`; `old` stands in it exactly once. cases: at least one must fail. control: must not.
    """

    name: str
    file: str
    old: str
    new: str
    cases: tuple[str, ...]
    control: str

    def source(self, root: Path) -> str:
        """The file with the mutation. Raises ValueError where `old` does not stand in it exactly once."""
        text = (root / self.file).read_text()
        if (times := text.count(self.old)) != 1:
            raise ValueError(f"{self.name}: {self.file} has this text {times} times, not once: {self.old!r}")
        return text.replace(self.old, self.new)


# One for each rule whose sign or factor the suite must know.
TEN = (
    Mutation(
        name="sign of the gamma term",
        file="markets/kernels/hedging.py",
        old="bent = spot_moved[j] - value[j] - straight",
        new="bent = value[j] + straight - spot_moved[j]",
        cases=("attribution-order", "attribution-means"),
        control="a-sale",
    ),
    Mutation(
        name="sign of the balance that pays credit",
        file="agents/funding/interest.py",
        old="np.maximum(-cash - stock, 0.0)",
        new="np.maximum(cash - stock, 0.0)",
        cases=("interest",),
        control="attribution-order",
    ),
    Mutation(
        name="sign of the impact",
        file="markets/venues/venue.py",
        old="self._impact_switch * spec.impact,",
        new="-self._impact_switch * spec.impact,",
        cases=("a-sale", "feedback-law"),
        control="attribution-order",
    ),
    Mutation(
        name="twice the half-spread",
        file="markets/kernels/trading.py",
        old="return sign(quantity) * half_spread + skew",
        new="return 2 * sign(quantity) * half_spread + skew",
        cases=("a-sale", "inventory-skew", "hedging-cost"),
        control="margin",
    ),
    Mutation(
        name="direction of variation margin",
        file="agents/funding/margin_calls.py",
        old="-(client.desk.value_now() + swaps)",
        new="(client.desk.value_now() + swaps)",
        cases=("margin",),
        control="interest",
    ),
    Mutation(
        name="attribution of vol before spot",
        file="agents/desk/desk.py",
        old="self._value_at(old.with_rows({key: new.row(key) for key in step.before}))",
        new="values[0] + self.slopes(old).value - self._value_at(old.with_rows({k: new.row(k) for k in step.keys}))",
        cases=("attribution-order",),
        control="attribution-means",
    ),
    Mutation(
        name="bridge weight for its complement",
        file="markets/factors/level.py",
        old="1.0 - (1.0 - dispersion) * self.pull",
        new="1.0 - dispersion * self.pull",
        cases=("bridge", "factor-noise"),
        control="a-sale",
    ),
    Mutation(
        name="sign of the leverage effect",
        file="markets/kernels/factors.py",
        old="-answer * (displacement",
        new="answer * (displacement",
        cases=("a-sale",),
        control="margin",
    ),
    Mutation(
        name="sign of the inventory skew",
        file="agents/making/market_maker.py",
        old="            self._switch * agent.quoting.inventory_skew,",
        new="            -self._switch * agent.quoting.inventory_skew,",
        cases=("inventory-skew",),
        control="a-sale",
    ),
    Mutation(
        name="sign of a default's loss",
        file="agents/funding/force.py",
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
        file="markets/factors/realised.py",
        old="implied * self._ratio if",
        new="implied * self._ratio**2 if",
        cases=("bridge",),
        control="a-sale",
    ),
    Mutation(
        name="permanent share for its complement",
        file="markets/factors/impact.py",
        old="displace(move, self._share,",
        new="displace(move, 1 - self._share,",
        cases=("a-sale",),
        control="margin",
    ),
    Mutation(
        name="sign of the resilience",
        file="markets/factors/impact.py",
        old="exp(-self._resilience",
        new="exp(self._resilience",
        cases=("a-sale",),
        control="margin",
    ),
    Mutation(
        name="sign of the smile's slope",
        file="markets/vols/smile.py",
        old="multiple = 1.0 - skew * np.log",
        new="multiple = 1.0 + skew * np.log",
        cases=("smile-density",),
        control="attribution-order",
    ),
    Mutation(
        name="sign of vol's mean reversion",
        file="markets/factors/implied_vol.py",
        old="stays.decay.tolist()",
        new="(1 / stays.decay).tolist()",
        cases=("a-sale", "factor-noise"),
        control="margin",
    ),
    Mutation(
        name="sign of the power of depth",
        file="markets/venues/venue.py",
        old="spec.depth_power * feedback.depth,",
        new="-spec.depth_power * feedback.depth,",
        cases=("a-sale",),
        control="margin",
    ),
    Mutation(
        name="fixed for floating leg in a swap's value",
        file="markets/venues/swap_venue.py",
        old="return coupon * annuity - notional * floating",
        new="return notional * floating - coupon * annuity",
        cases=("swap-hedge",),
        control="interest",
    ),
    Mutation(
        name="fixed for floating leg in a swap's accrual",
        file="markets/venues/carry.py",
        old="(coupon - rate * notional)",
        new="(rate * notional - coupon)",
        cases=("swap-hedge",),
        control="interest",
    ),
    Mutation(
        name="sign of a swap trade's impact",
        file="markets/venues/swap_venue.py",
        old="displace(self.key, -move)",
        new="displace(self.key, move)",
        cases=("swap-hedge",),
        control="a-sale",
    ),
    Mutation(
        name="sign of the swap hedge",
        file="agents/desk/desk.py",
        old="found[name] = -left[name] / own[name]",
        new="found[name] = left[name] / own[name]",
        cases=("swap-hedge",),
        control="a-sale",
    ),
    Mutation(
        name="sign of dividends",
        file="markets/venues/carry.py",
        old="ledger.transfer(due, source=CLEARING, target=account",
        new="ledger.transfer(-due, source=CLEARING, target=account",
        cases=("interest",),
        control="a-sale",
    ),
    Mutation(
        name="day count upside down",
        file="agents/funding/interest.py",
        old="365 / 360 if",
        new="360 / 365 if",
        cases=("interest",),
        control="a-sale",
    ),
    Mutation(
        name="spread on the wrong side",
        file="markets/kernels/trading.py",
        old="return sign(quantity) * half_spread + skew",
        new="return -sign(quantity) * half_spread + skew",
        cases=("a-sale",),
        control="margin",
    ),
    Mutation(
        name="twice the convexity in margin",
        file="agents/funding/margin.py",
        old="convexity = 0.5 *",
        new="convexity = 1.0 *",
        cases=("margin",),
        control="interest",
    ),
    Mutation(
        name="side of the stock sold short in margin",
        file="agents/funding/margin_calls.py",
        old="np.maximum(-v.value(name), 0.0) for v",
        new="np.maximum(v.value(name), 0.0) for v",
        cases=("margin",),
        control="interest",
    ),
    Mutation(
        name="sign of the logged Gamma gain",
        file="agents/hedging/exposure.py",
        old='"gamma", out[GAMMA_FLOW]',
        new='"gamma", -out[GAMMA_FLOW]',
        cases=("loop-gain",),
        control="a-sale",
    ),
    Mutation(
        name="sign of the logged vanna gain",
        file="agents/hedging/exposure.py",
        old='"vanna", out[VANNA_FLOW]',
        new='"vanna", -out[VANNA_FLOW]',
        cases=("loop-gain",),
        control="a-sale",
    ),
    Mutation(
        name="sign of the centring of jumps",
        file="markets/factors/jumps.py",
        old="- chance * self.mean",
        new="+ chance * self.mean",
        cases=("jumps",),
        control="a-sale",
    ),
    Mutation(
        name="sign of dearer funding in the spread",
        file="agents/making/market_maker.py",
        old="self._switch * self.agent.quoting.funding_days / 360",
        new="-self._switch * self.agent.quoting.funding_days / 360",
        cases=("a-sale",),
        control="margin",
    ),
    Mutation(
        name="direction of a halt",
        file="markets/venues/asset_venue.py",
        old="fallen(self.mid, close, levels",
        new="fallen(close, self.mid, levels",
        cases=("halt",),
        control="a-sale",
    ),
    Mutation(
        name="direction of a maker's drawdown",
        file="markets/kernels/quoting.py",
        old="most - own > limit",
        new="own - most > limit",
        cases=("maker-capital",),
        control="a-sale",
    ),
    Mutation(
        name="sign of stress in credit",
        file="markets/factors/credit_spread.py",
        old="switch * credit.stress_elasticity",
        new="-switch * credit.stress_elasticity",
        cases=("default-loss",),
        control="a-sale",
    ),
    Mutation(
        name="close-out without its cost",
        file="agents/funding/funding_desk.py",
        old="desk.close_out(self.agent.closeout_cost)",
        new="desk.close_out(0.0)",
        cases=("default-loss",),
        control="a-sale",
    ),
    Mutation(
        name="half of a forced reduction",
        file="agents/funding/force.py",
        old="np.clip(lacking / releasable, 0.0, 1.0)",
        new="np.clip(0.5 * lacking / releasable, 0.0, 1.0)",
        cases=("forced-reduction",),
        control="a-sale",
    ),
    Mutation(
        name="deadline of a call on its own day",
        file="agents/funding/margin_calls.py",
        old="day + self._deadline_days",
        new="day",
        cases=("forced-reduction",),
        control="a-sale",
    ),
    Mutation(
        name="twice the capacity",
        file="markets/venues/venue.py",
        old="else spec.capacity  #",
        new="else 2 * spec.capacity  #",
        cases=("halt",),
        control="a-sale",
    ),
    Mutation(
        name="sign of leverage in the storyline's vol",
        file="markets/factors/storyline.py",
        old="decay - elasticity *",
        new="decay + elasticity *",
        cases=("storyline",),
        control="a-sale",
    ),
    Mutation(
        name="outside spread upside down",
        file="markets/venues/venue.py",
        old="spec.half_spread * factors.spread_line",
        new="spec.half_spread / factors.spread_line",
        cases=("storyline",),
        control="a-sale",
    ),
    Mutation(
        name="sign of a swap's cost in its coupon",
        file="markets/kernels/trading.py",
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
        file="markets/kernels/memory.py",
        old="level = fma(to_trend,",
        new="level = fma(-to_trend,",
        cases=("path-memory", "trace-of-a-trade"),
        control="a-sale",
    ),
    Mutation(
        name="activity for its square",
        file="markets/kernels/memory.py",
        old="activity[j] = sqrt(fma(",
        new="activity[j] = (fma(",
        cases=("path-memory", "memory-desk"),
        control="a-sale",
    ),
    Mutation(
        name="every return settled twice",
        file="markets/factors/memory/path_laws.py",
        old="            law.settle(self._years[tick] - self._since, spot - self._from)\n",
        new="            law.settle(self._years[tick] - self._since, spot - self._from)\n" * 2,
        cases=("path-memory", "memory-free"),
        control="a-sale",
    ),
    Mutation(
        name="what is left of the lag for what is gone",
        file="markets/factors/memory/credit_law.py",
        old="-expm1(-self._spec.lag * years)",
        new="1 + expm1(-self._spec.lag * years)",
        cases=("path-memory",),
        control="a-sale",
    ),
    Mutation(
        name="sign of the centring of realised vol's noise",
        file="markets/kernels/memory.py",
        old="(noise[j] - centre)",
        new="(noise[j] + centre)",
        cases=("path-memory", "variance-within-the-day"),
        control="a-sale",
    ),
    Mutation(
        name="the storyline's share of variance for the law's",
        file="markets/factors/memory/path_line.py",
        old="(1 - share) * law + share * moved",
        new="share * law + (1 - share) * moved",
        cases=("variance-within-the-day",),
        control="a-sale",
    ),
    Mutation(
        name="trades of the first tick before the path begins",
        file="markets/factors/memory/path_laws.py",
        old="spot - self._from)\n        self._from, self._since",
        new="(spot - self._from) * (tick > 0))\n        self._from, self._since",
        cases=("trace-of-a-trade",),
        control="path-memory",
    ),
)

MUTATIONS = (*TEN, *FURTHER, *MEMORY)
