"""The covid preset as one loop: what a run costs at least.

The same arithmetic as the engine's, path by path and tick by tick, for this one cast (makers, one desk with options
that outlive the run, re-hedged at every tick, one lender, all loops) and nothing else: no events, no ledger, no log, no
agents that somebody else could write. It is kept to be compared with, and checked to give the same P&L. What only
witness paths show is left out: the makers' quotes for swaps, which nobody trades here.

Blocks of paths stand outside, ticks in the middle, the paths of a block inside, so that its state stays in the cache;
the book is valued by the house's kernels.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit

from agents.hedging.hedger import Hedger
from agents.intervals import Interval
from agents.making.market_maker import MarketMaker
from markets.factors.curve_noise import node_mixing
from markets.factors.reversion import gathered
from markets.factors.storyline import lay_out
from markets.kernels.normal import exp
from markets.kernels.options import DELTA, GAMMA, NODE, VALUE, VANNA, VEGA, option_greeks, option_values
from markets.products.table import When
from markets.venues.order import DUST
from scenarios.scenario import Scenario
from scenarios.worlds.books import compile_books
from scenarios.worlds.clock import make_clock
from sim.ensemble import Chunk, chunks
from sim.jit import FLAGS
from sim.streams import Streams

# The engine's kernels round as they are written. A loop by hand need not: it is the limit, so it may fuse.
FUSED: dict[str, Any] = {**FLAGS, "fastmath": {"contract", "nsz", "arcp"}}

BLOCK = 256
CHUNK = 4096  # paths whose noise is drawn together: quickest, of 1,024 to 16,384
LOW = ("low_mid", "low_us10y", "low_us2y", "depth")
HIGH = ("high_mid", "peak_vol", "half_spread", "peak_credit", "peak_loop_gain", "high_us10y", "high_us2y")
CLOSES = ("mid", "vol", "half_spread", "depth", "impact", "credit", "loop_gain", "gain_vanna")
PARTS = ("theta", "delta", "gamma", "vega", "rates", "calm", "crisis", "impact", "overnight", "credit", "closeout")


class Found(NamedTuple):
    """What the loop finds; the rows are named by LOW + HIGH, CLOSES and PARTS."""

    pnl: np.ndarray  # (closes, agents, paths) $
    parts: np.ndarray  # (closes, PARTS, paths) $: the desk's attribution and costs
    closes: np.ndarray  # (closes, CLOSES, paths): the asset's venue
    peaks: np.ndarray  # (LOW + HIGH, paths): worst of all ticks


class Plan(NamedTuple):
    """Everything that is common to all paths."""

    ticks: np.ndarray  # (ticks, columns), see `plan`
    terms: np.ndarray  # (ticks, options, terms)
    mixing: np.ndarray  # (3, 4)
    makers: np.ndarray  # (makers, columns)
    passed_on: np.ndarray  # (makers, ticks) share of inventory
    scalars: np.ndarray
    base: np.ndarray


def plan(scenario: Scenario) -> Plan:
    """What the loop needs of a scenario; it must be one that the loop covers."""
    clock = make_clock(scenario)
    market, line = scenario.market, lay_out(scenario.storyline, clock, scenario.market)
    hedger = next(a for a in scenario.agents if isinstance(a, Hedger))
    lender = next(a for a in scenario.agents if a.role == "funding_desk")
    makers = [a for a in scenario.agents if isinstance(a, MarketMaker)]
    look = Interval(hedger.policy.interval)
    assert hedger.policy.kind == "every" and all(look.due(clock, t, t - 1) for t in range(1, len(clock.ticks)))
    assert market.jumps.kind == "none" and market.spot_reversion == market.rho == market.dividend_yield == 0
    assert market.vol_law == "leverage" and scenario.credit.law == "elasticity"
    assert market.day_count == "act/360" and lender.repo_spread is None and not scenario.assets
    assert scenario.feedback == type(scenario.feedback)() and np.isnan(line.realised).all()
    book = compile_books(scenario, clock)["hedger"]
    (options,) = book.tables
    assert not book.has_rates and book.nearest_expiry(len(clock.ticks) - 1)[0] > 0
    count = len(clock.ticks)
    years = np.diff(clock.variance_years, prepend=clock.variance_years[0])
    keep = [level.kept(market.dispersion) for level in (line.spot, line.vol, *line.nodes.values())]
    lines = (line.spot, line.vol, *line.nodes.values(), line.credit, line.spread, line.depth)
    levels = [level.level for level in lines]
    opens = np.flatnonzero(clock.is_open & (np.arange(count) > 0))
    interest = np.zeros(count)
    interest[opens] = np.diff(clock.calendar_years[opens], prepend=clock.calendar_years[0]) * 365 / 360
    spec, speed = scenario.venue.asset, market.rates.mean_reversion
    columns = [
        years,
        interest,
        clock.ticks,
        clock.day,
        clock.is_close,
        *levels,
        *keep,
        np.exp(-market.kappa * years),
        market.xi**2 * np.array([gathered(market.kappa, float(y)) for y in years]),
        np.exp(-speed * years),
        np.array([gathered(speed, float(y)) for y in years]),
        np.exp(-spec.resilience * 252 * years),
    ]
    total = sum(m.depth_share for m in makers if "asset" in m.venues)
    rows = [
        [
            m.capital,
            m.depth_share / total if "asset" in m.venues else 0.0,
            m.inventory_limit,
            m.drawdown_limit,
            m.recapitalise_days,
            m.quoting.funding_days,
            m.quoting.inventory_skew,
        ]
        for m in makers
    ]
    passed = [1 - 0.5 ** (years * 252 * 6.5 / m.inventory_half_life) for m in makers]
    scalars = [
        market.realised_ratio,
        market.beta,
        float(np.exp(line.vol.level[0])),
        *(node.vol for node in market.rates.curve),
        scenario.credit.elasticity,
        scenario.credit.stress_elasticity,
        spec.half_spread,
        spec.depth,
        spec.impact,
        spec.permanent_share,
        spec.slope,
        spec.capacity,
        spec.depth_floor,
        *spec.halts,
        60.0 * spec.halt_minutes,
        hedger.capital,
        lender.capital,
        lender.line,
        lender.margin_multiple * np.sqrt(lender.mpor_days / 252),
        lender.closeout_cost,
        lender.deadline_days,
    ]
    assert spec.spread_power == 1 and spec.depth_power == 2 and spec.depth_price_power == 0 and lender.line_power == 0.5
    assert len(spec.halts) == 3
    return Plan(
        np.array(columns, dtype=np.float64).T.copy(),
        np.array([options.rows(When(t, t)) for t in range(count)]),
        node_mixing(market.rates.curve),
        np.array(rows),
        np.array(passed),
        np.array(scalars, dtype=np.float64),
        options._base,
    )


def run(scenario: Scenario, paths: int, made: Plan | None = None) -> Found:
    """All paths; noise is drawn from the engine's own streams."""
    made = made or plan(scenario)
    closes, agents = int(made.ticks[:, 4].sum()), len(made.makers) + 2
    shapes = (closes, agents), (closes, len(PARTS)), (closes, len(CLOSES)), (len(LOW + HIGH),)
    room = max(paths, CHUNK + 1)  # so that the loop is always handed parts of arrays, and compiled once
    found = Found(*(np.empty((*shape, room))[..., :paths] for shape in shapes))
    for part in chunks(("",), paths, CHUNK):
        where = slice(part.first, part.first + part.paths)
        loop(*made, *noise(scenario, part, len(made.ticks) - 1), *(out[..., where] for out in found))
    return found


def noise(scenario: Scenario, part: Chunk, steps: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Normals of spot and vol, (steps, paths), and of the rates, (steps, 3, paths)."""
    streams = Streams(scenario.run.seed, part.first, part.paths, scenario.run.generator)
    spot, vol = (streams.stream(f"market/{name}").normals(steps) for name in ("spot", "vol"))
    return spot, vol, streams.stream("market/rates").normals(3 * steps).reshape(steps, 3, part.paths)


def draw_all(scenario: Scenario, paths: int, made: Plan) -> None:
    """The noise alone."""
    for part in chunks(("",), paths, CHUNK):
        noise(scenario, part, len(made.ticks) - 1)


@njit(**FUSED)  # not stored: numba would keep machine code with earlier kernels of the house in it
def loop(
    ticks: Any,
    terms: Any,
    mixing: Any,
    makers: Any,
    passed_on: Any,
    scalars: Any,
    base: Any,
    spot_noise: Any,
    vol_noise: Any,
    rate_noise: Any,
    pnl: Any,
    parts: Any,
    closes: Any,
    peaks: Any,
) -> None:
    """All paths from the first tick to the last."""
    realised, beta, vol0, v0, v1, v2, eta, psi = scalars[:8]
    half0, depth0, impact, permanent, slope, capacity, floor, h1, h2, h3, halt = scalars[8:19]
    desk_capital, lender_capital, line0, multiple, closeout, deadline_days = scalars[19:25]
    number, paths = makers.shape[0], spot_noise.shape[1]
    s, v, curve, credit = np.empty(BLOCK), np.empty(BLOCK), np.empty((3, BLOCK)), np.empty(BLOCK)
    s_old, v_old, curve_old = np.empty(BLOCK), np.empty(BLOCK), np.empty((3, BLOCK))
    r0, r1, r2 = curve[0], curve[1], curve[2]
    r0_old, r1_old, r2_old = curve_old[0], curve_old[1], curve_old[2]
    dev, noise, response, led = np.empty(BLOCK), np.empty(BLOCK), np.empty(BLOCK), np.empty(BLOCK)
    n0, n1, n2, stays, decays, stress = (
        np.empty(BLOCK),
        np.empty(BLOCK),
        np.empty(BLOCK),
        np.empty(BLOCK),
        np.empty(BLOCK),
        np.empty(BLOCK),
    )
    close, halted, hit = np.empty(BLOCK), np.empty(BLOCK), np.empty(BLOCK)
    cash, margin, held, scale, unit = (
        np.empty(BLOCK),
        np.empty(BLOCK),
        np.empty(BLOCK),
        np.empty(BLOCK),
        np.empty(BLOCK),
    )
    forced, unmet, deadline, liquidated = np.empty(BLOCK), np.empty(BLOCK), np.empty(BLOCK), np.empty(BLOCK)
    losses, lent, written = np.empty(BLOCK), np.empty(BLOCK), np.empty(BLOCK)
    m_cash, m_held, m_peak, m_until, m_capital = (
        np.empty((number, BLOCK)),
        np.empty((number, BLOCK)),
        np.empty((number, BLOCK)),
        np.empty((number, BLOCK)),
        np.empty((number, BLOCK)),
    )
    m_half, m_skew, m_depth = np.empty(number), np.empty(number), np.empty(number)
    sums, extreme, level_now, vanna = (
        np.empty((len(PARTS), BLOCK)),
        np.empty((11, BLOCK)),
        np.empty((11, BLOCK)),
        np.empty(BLOCK),
    )
    ones, logs = np.ones(BLOCK), np.empty(BLOCK)
    greeks, then = np.empty((NODE + 3, BLOCK)), np.empty((NODE + 3, BLOCK))
    at_spot, at_vol = np.empty(BLOCK), np.empty(BLOCK)
    for start in range(0, paths, BLOCK):
        width = min(BLOCK, paths - start)
        first = ticks[0]
        credit0 = first[10]
        for j in range(width):
            s[j], v[j], r0[j], r1[j], r2[j] = exp(first[5]), exp(first[6]), first[7], first[8], first[9]
            credit[j] = credit0
            dev[j] = noise[j] = response[j] = led[j] = n0[j] = n1[j] = n2[j] = stays[j] = decays[j] = stress[j] = 0.0
            close[j], halted[j], hit[j] = s[j], 0.0, 0.0
            margin[j] = forced[j] = unmet[j] = liquidated[j] = losses[j] = lent[j] = written[j] = 0.0
            deadline[j], scale[j] = -1.0, 1.0
            for m in range(number):
                m_cash[m, j] = m_peak[m, j] = m_capital[m, j] = makers[m, 0]
                m_held[m, j], m_until[m, j] = 0.0, -1.0
        sums[:] = 0.0
        extreme[:4], extreme[4:] = np.inf, -np.inf
        row = 0
        for t in range(ticks.shape[0]):
            now = ticks[t]
            dt, day, closing = now[0], now[3], now[4] > 0
            # --- interest, at the rates in force ---
            if now[1] > 0:
                for j in range(width):
                    for m in range(number):
                        loan = max(-m_cash[m, j], 0.0) * credit[j] * now[1]
                        m_cash[m, j] += m_cash[m, j] * r0[j] * now[1] - loan
                        lent[j] += loan
                    loan = max(-cash[j], 0.0) * credit[j] * now[1]
                    gain = (cash[j] + margin[j]) * r0[j] * now[1]
                    sums[8, j] += gain
                    sums[9, j] -= loan
                    cash[j] += gain - loan
                    lent[j] += loan
            # --- the market ---
            if t > 0:
                kv, ks = now[14], now[13]
                d_vol, d_rate, d_impact = now[18], now[20], now[22]
                sd_vol = np.sqrt(now[19] * kv)
                k0, k1, k2 = now[15], now[16], now[17]
                sd0, sd1, sd2 = v0 * np.sqrt(now[21] * k0), v1 * np.sqrt(now[21] * k1), v2 * np.sqrt(now[21] * k2)
                root = realised * np.sqrt(dt * ks)
                a, b, c, d = spot_noise[t - 1], vol_noise[t - 1], rate_noise[t - 1], start
                for j in range(width):
                    z, f0, f1, f2 = a[d + j], c[0, d + j], c[1, d + j], c[2, d + j]
                    dev[j] = ks * dev[j] + root * v[j] * z
                    decays[j] *= d_impact
                    noise[j] = kv * d_vol * noise[j] + sd_vol * b[d + j]
                    displaced = dev[j] + (stays[j] + decays[j])
                    response[j] = d_vol * response[j] - beta * vol0 / v[j] * (displaced - led[j])
                    led[j] = displaced
                    n0[j] = k0 * d_rate * n0[j] + sd0 * (
                        mixing[0, 0] * z + mixing[0, 1] * f0 + mixing[0, 2] * f1 + mixing[0, 3] * f2
                    )
                    n1[j] = k1 * d_rate * n1[j] + sd1 * (
                        mixing[1, 0] * z + mixing[1, 1] * f0 + mixing[1, 2] * f1 + mixing[1, 3] * f2
                    )
                    n2[j] = k2 * d_rate * n2[j] + sd2 * (
                        mixing[2, 0] * z + mixing[2, 1] * f0 + mixing[2, 2] * f1 + mixing[2, 3] * f2
                    )
                    s[j] = exp(now[5] + displaced)
                    v[j] = exp(now[6] + (noise[j] + response[j]))
                    r0[j], r1[j], r2[j] = now[7] + n0[j], now[8] + n1[j], now[9] + n2[j]
                    credit[j] = now[10] * exp(eta * (noise[j] + response[j]) + psi * stress[j])
                for j in range(width):
                    fall = 1 - s[j] / close[j]
                    level = (1.0 if fall >= h1 else 0.0) + (1.0 if fall >= h2 else 0.0) + (1.0 if fall >= h3 else 0.0)
                    if level > hit[j]:
                        halted[j] = np.inf if level == 3.0 else now[2] + halt
                        hit[j] = level
            option_greeks(
                s[:width],
                v[:width],
                curve[:, :width],
                ones[:width],
                base,
                terms[t],
                True,
                logs[:width],
                greeks[:, :width],
            )
            # --- the start: premium, hedge, first margin ---
            if t == 0:
                for j in range(width):
                    unit[j] = greeks[VALUE, j]
                    held[j] = -greeks[DELTA, j]
                    cash[j] = desk_capital - unit[j] - held[j] * s[j]
                    move = multiple * v[j]
                    need = (
                        max(-held[j] * s[j], 0.0)
                        - unit[j]
                        + move * (0.5 * max(-greeks[GAMMA, j], 0.0) * s[j] * s[j]) * move
                    )
                    paid = min(need, max(cash[j] + line0, 0.0))
                    cash[j] -= paid
                    margin[j] += paid
                    s_old[j], v_old[j], r0_old[j], r1_old[j], r2_old[j] = s[j], v[j], r0[j], r1[j], r2[j]
            if closing:
                for j in range(width):
                    part = 0.0 if liquidated[j] > 0 else scale[j]
                    vanna[j] = part * s[j] * greeks[VANNA, j] * (beta * vol0 / v[j])
            spread_line, depth_line = exp(now[11]), exp(now[12])
            for j in range(width):
                # --- quotes ---
                ratio = v[j] / vol0
                rule_half, rule_depth = half0 * spread_line * ratio, depth0 * depth_line / (ratio * ratio)
                dearer = max(credit[j] - credit0, 0.0) / 360
                depth = 0.0
                for m in range(number):
                    if t > 0:
                        passed = passed_on[m, t] * m_held[m, j]
                        m_held[m, j] -= passed
                        m_cash[m, j] += passed * s[j]
                    equity = m_cash[m, j] + m_held[m, j] * s[j]
                    capital = makers[m, 0]
                    if m_until[m, j] >= 0 and day >= m_until[m, j]:
                        fresh = max(capital - equity, 0.0)
                        m_cash[m, j] += fresh
                        m_capital[m, j] += fresh
                        equity += fresh
                        m_peak[m, j] = equity
                        m_until[m, j] = -1.0
                    m_peak[m, j] = max(m_peak[m, j], equity)
                    if m_until[m, j] < 0 and m_peak[m, j] - equity > makers[m, 3] * capital:
                        m_until[m, j] = day + makers[m, 4]
                    share = makers[m, 1] * min(max(equity / capital, 0.0), 1.0)
                    m_depth[m] = 0.0 if m_until[m, j] >= 0 else share * rule_depth
                    m_half[m] = rule_half + makers[m, 5] * dearer
                    m_skew[m] = -makers[m, 6] * m_half[m] * min(max(m_held[m, j] * s[j] / makers[m, 2], -1.0), 1.0)
                    depth += m_depth[m]
                behind = max(floor * depth0 * depth_line - depth, 0.0)
                depth += behind
                half, skew = behind / depth * rule_half, 0.0
                for m in range(number):
                    half += m_depth[m] / depth * m_half[m]
                    skew += m_depth[m] / depth * m_skew[m]
                gain = impact * (0.0 if liquidated[j] > 0 else -scale[j]) * greeks[GAMMA, j] * s[j] * s[j] / depth
                level_now[3, j], level_now[6, j], level_now[8, j] = depth, half, gain
                # --- the lender's force ---
                if closing:
                    equity = cash[j] + margin[j] + held[j] * s[j] + scale[j] * greeks[VALUE, j]
                    ruined = equity < 0 and liquidated[j] == 0
                    due = deadline[j] >= 0 and day >= deadline[j] and liquidated[j] == 0
                    if ruined or due:
                        move = multiple * v[j]
                        short = 0.5 * max(-scale[j] * greeks[GAMMA, j], 0.0) * s[j] * s[j]
                        initial = move * (abs(scale[j] * greeks[DELTA, j] + held[j]) * s[j] + short * move)
                        required = max(-held[j] * s[j], 0.0) - scale[j] * greeks[VALUE, j] + initial
                        intact = min(max(1 - losses[j] / lender_capital, 0.0), 1.0)
                        line = line0 * min(np.sqrt(credit0 / credit[j]), 1.0) * intact
                        lacking = required - margin[j] - max(cash[j] + line, 0.0)
                        forced[j] = min(max(lacking / max(initial, 1e-9), 0.0), 1.0) if due else 0.0
                        forced[j] = 1.0 if ruined else forced[j]
                        if due:
                            unmet[j] = max(lacking, 0.0)
                        if forced[j] > 0:
                            deadline[j] = -1.0
                # --- the desk's order ---
                own = scale[j] * greeks[DELTA, j]
                order = -held[j] if liquidated[j] > 0 else -own - held[j]
                order -= forced[j] * (own + held[j] + order)
                if abs(order * s[j]) < DUST or halted[j] > now[2]:
                    continue
                # --- clearing ---
                limit = capacity * depth / s[j]
                filled = order * (limit / max(abs(order), limit))
                push = impact * (filled * s[j] / depth)
                walk = slope * push
                worse = half + skew if filled > 0 else skew - half
                notional = filled * s[j]
                calm = abs(notional) * min(half0, half)
                held[j] += filled
                cash[j] -= notional + notional * worse + notional * walk
                sums[5, j] -= calm
                sums[6, j] -= notional * worse - calm
                sums[7, j] -= notional * walk
                for m in range(number):
                    weight = m_depth[m] / depth
                    m_held[m, j] -= filled * weight
                    m_cash[m, j] += weight * (notional + notional * worse + notional * walk)
                stays[j] += permanent * push
                decays[j] += (1 - permanent) * push
                s[j] *= exp(push)
            # --- what is tracked ---
            for j in range(width):
                level_now[0, j] = level_now[4, j] = s[j]
                level_now[1, j] = level_now[9, j] = r2[j]
                level_now[2, j] = level_now[10, j] = r1[j]
                level_now[5, j], level_now[7, j] = v[j], credit[j]
            for p in range(4):
                for j in range(width):
                    extreme[p, j] = min(extreme[p, j], level_now[p, j])
            for p in range(4, 11):
                for j in range(width):
                    extreme[p, j] = max(extreme[p, j], level_now[p, j])
            if not closing:
                continue
            # --- attribution ---
            at_spot[:width] = 0.0
            at_vol[:width] = 0.0
            option_greeks(
                s[:width],
                v[:width],
                curve[:, :width],
                ones[:width],
                base,
                terms[t],
                True,
                logs[:width],
                greeks[:, :width],
            )
            if t > 0:
                option_greeks(
                    s_old[:width],
                    v_old[:width],
                    curve_old[:, :width],
                    ones[:width],
                    base,
                    terms[t],
                    True,
                    logs[:width],
                    then[:, :width],
                )
                option_values(
                    s[:width],
                    v_old[:width],
                    curve_old[:, :width],
                    base,
                    terms[t],
                    at_spot[:width],
                )
                option_values(s[:width], v[:width], curve_old[:, :width], base, terms[t], at_vol[:width])
                for j in range(width):
                    by_delta = then[DELTA, j] * (s[j] - s_old[j])
                    sums[0, j] += scale[j] * (then[VALUE, j] - unit[j])
                    sums[1, j] += scale[j] * by_delta
                    sums[2, j] += scale[j] * (at_spot[j] - then[VALUE, j] - by_delta)
                    sums[3, j] += scale[j] * (at_vol[j] - at_spot[j])
                    sums[4, j] += scale[j] * (greeks[VALUE, j] - at_vol[j])
                    unit[j] = greeks[VALUE, j]
                    s_old[j], v_old[j], r0_old[j], r1_old[j], r2_old[j] = s[j], v[j], r0[j], r1[j], r2[j]
            for j in range(width):
                # --- close-outs ---
                if forced[j] > 0:
                    wanted = -forced[j] * scale[j] * greeks[DELTA, j]
                    hand = at_most(wanted, held[j])
                    least = min(hand / wanted, 1.0) if abs(wanted) > 1e-9 else 1.0
                    least = 1.0 if least > 0.98 else least
                    share = forced[j] * least
                    part = share * scale[j]
                    cost = part * abs(greeks[VEGA, j]) * closeout * v[j]
                    gone = at_most(-part * greeks[DELTA, j], held[j])
                    cash[j] += part * unit[j] - cost + gone * s[j]
                    sums[10, j] -= cost
                    held[j] -= gone
                    scale[j] *= 1 - share
                    if share >= 1:
                        liquidated[j] = 1.0
                    forced[j] = 0.0
                # --- margin ---
                move = multiple * v[j]
                short = 0.5 * max(-scale[j] * greeks[GAMMA, j], 0.0) * s[j] * s[j]
                initial = move * (abs(scale[j] * greeks[DELTA, j] + held[j]) * s[j] + short * move)
                worth = scale[j] * greeks[VALUE, j]
                required = max(-held[j] * s[j], 0.0) - worth + initial
                intact = min(max(1 - losses[j] / lender_capital, 0.0), 1.0)
                line = line0 * min(np.sqrt(credit0 / credit[j]), 1.0) * intact
                need = required - margin[j]
                paid = min(need, max(cash[j] + line, 0.0))
                cash[j] -= paid
                margin[j] += paid
                unmet[j] = max(need - paid, 0.0)
                lacks = unmet[j] > 1e-9 * max(abs(required), 1.0)
                if lacks and deadline[j] < 0 and liquidated[j] == 0:
                    deadline[j] = day + deadline_days
                elif not lacks:
                    deadline[j] = -1.0
                total = losses[j] + (0.0 if liquidated[j] > 0 else unmet[j])
                stress[j] = min(total / max(line0, 1.0), 1.0)
                # --- marks ---
                equity = cash[j] + margin[j] + held[j] * s[j] + worth
                if liquidated[j] > 0 and equity < 0:
                    cash[j] -= equity
                    losses[j] -= equity
                    written[j] -= equity
                    lent[j] += equity
                    equity = 0.0
                close[j], hit[j], halted[j] = s[j], 0.0, min(halted[j], now[2])
                for m in range(number):
                    pnl[row, m, start + j] = m_cash[m, j] + m_held[m, j] * s[j] - m_capital[m, j]
                pnl[row, number, start + j] = equity - desk_capital - written[j]
                pnl[row, number + 1, start + j] = lent[j]
            out = slice(start, start + width)
            parts[row, :, out] = sums[:, :width]
            for j in range(width):
                depth, impacted = level_now[3, j], stays[j] + decays[j]
                closes[row, 0, start + j], closes[row, 1, start + j] = s[j], v[j]
                closes[row, 2, start + j], closes[row, 3, start + j] = level_now[6, j], depth
                closes[row, 4, start + j], closes[row, 5, start + j] = impacted, credit[j]
                closes[row, 6, start + j], closes[row, 7, start + j] = level_now[8, j], impact * vanna[j] / depth
            row += 1
        peaks[:, start : start + width] = extreme[:, :width]


@njit(**FUSED)
def at_most(wanted: float, held: float) -> float:
    """As much of what is wanted as is held, of the same sign."""
    return min(max(wanted, 0.0), max(held, 0.0)) if wanted > 0 else max(min(wanted, 0.0), min(held, 0.0))
