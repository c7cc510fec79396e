"""The run in sentences, written from its numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from analysis import cash, frames, liquidity, parts, way
from analysis.numbers import MINUS, Number
from sim.dataset import Run
from sim.figure_text import fixed
from sim.metric_names import COST
from sim.names import FROZEN, PRICE_TAKER
from sim.split import Group, Item, Split

TO_GO_ON = (
    "To go on with this scenario: `spiral frontier` (which policy costs less), `spiral capital` (how much capital is "
    "enough), `spiral reverse` (what would end the desk), and `spiral compare` with another run."
)
DEEPENED = {
    "peak_vol": "the vol peak",
    "peak_spread_multiple": "the spread peak",
    "peak_credit": "the credit peak",
    "depth_loss": "the loss of depth",
}  # figures of the market that feedback may have moved


def paragraphs(run: Run, numbers: Mapping[str, Number], *, agent: str | None = None) -> list[str]:
    """A few sentences on what survival cost, where it came from, what feedback added, and how bad the market became."""
    told = filter(None, [record_without_the_spiral(run)])
    if COST not in numbers:
        alone = "This run has no hedging desk: the figures are the market's alone."
        return [alone, *told, *filter(None, [_deepened(run)]), _market(run, numbers), *assumed(run)]
    return [
        _outcome(run, numbers, agent),
        _cost(parts.loss_of(run), numbers),
        *filter(None, [_way(run, numbers, agent), _cash(run, numbers, agent)]),
        _feedback(run, numbers),
        *told,
        _market(run, numbers),
        _alive(numbers),
        *assumed(run),
        TO_GO_ON,
    ]


def assumed(run: Run) -> list[str]:
    """What was assumed when the inputs were read, or taken although no market has had it; one paragraph, or none."""
    notes = [str(note) for note in run.manifest.get("notes") or ()]
    return [f"Assumed: {'; '.join(notes)}."] if notes else []


def _outcome(run: Run, n: Mapping[str, Number], agent: str | None) -> str:
    capital = _capital(run, agent)
    desk = frames.desk_name(run, agent) + (f", {_bare(capital)} of capital" if capital.known else "")
    beyond = ", more than its capital: the lender bears the rest" if n["es_95"].value > capital.value else ""
    text = (
        f"Over {run.manifest['paths']:,} paths the desk ({desk}) {_made(n['pnl_q50'])} on the median path, given this "
        f"storyline; in the worst 5 % of paths {_made(_gain(n['es_95']), 'it ')} on average{beyond}. "
    )
    if "unhedged_desk_pnl_q50" in n:
        bare, gone = n["unhedged_desk_pnl_q50"], 1 - n["unhedged_desk_survival"].value
        fallen = _bare(Number(value=gone, unit="share", label="")) if gone else "none"
        text += (
            f"Had the same desk not hedged, with the same capital and lender, it would have "
            f"{'gained' if bare.value >= 0 else 'lost'} {_bare(bare).removeprefix(MINUS)} on the median path and been "
            f"liquidated on {fallen} of the paths: hedging {_saved(n['hedging_saved'])} on average. "
        )
    text += f"The whole book marked alone, without capital or lender, {_made(n['unhedged_pnl_q50'])} on the median path"
    taken = n["book_taken_q50"]
    if taken.known and taken.value > 0:
        text += f" (the hedged desk no longer has all of it: {_bare(taken)} was taken by the end)"
    if not n["pnl_sd"].known:
        return text + "."
    bare, what = n["unhedged_pnl_sd"], "of the book alone"
    if "unhedged_desk_pnl_sd" in n:
        bare, what = n["unhedged_desk_pnl_sd"], "had it not hedged"
        if bare.value < n["pnl_sd"].value and n["unhedged_desk_survival"].value < 0.5:
            what += ", as whoever is liquidated has no more to lose"
    return f"{text}. The standard deviation is {_bare(n['pnl_sd'])} hedged, {_bare(bare)} {what}."


def _capital(run: Run, agent: str | None) -> Number:
    """The desk's capital at the start; NaN where the manifest does not say it."""
    agents = (run.manifest.get("scenario") or {}).get("agents") or {}
    told = [(agents.get(name) or {}).get("capital") for name in frames.desks(run, agent)]
    known = [float(each) for each in told if each is not None]
    return Number(value=sum(known) if told and len(known) == len(told) else math.nan, unit="$", label="capital")


def _saved(saved: Number) -> str:
    """'saved $5m ± 1m' or 'cost $5m ± 1m'."""
    return f"{'saved' if saved.value >= 0 else 'cost'} {str(saved).removeprefix(MINUS)}"


def _cost(loss: Split, n: Mapping[str, Number]) -> str:
    cost = n[COST]
    bill = f"Survival cost {cost}" if cost.value >= 0 else f"Survival cost nothing: the desk earned {_gain(cost)}"
    worst = n["cost_of_survival_q95"]
    tail = f" One path in twenty costs more than {_bare(worst)}." if worst.value > 0 else ""
    split = [item for item in loss.inside() if n[item.name].known]
    told = ", ".join(_with_its_parts(loss, item, n) for item in split)
    if split != loss.inside():
        return f"{bill} on average, of it {told}; the run was not attributed, so the rest is not split.{tail}"
    taken = n["book_taken"]
    paid = f" On the {_bare(taken)} of the book that the lender took, re-marking is paid, and does not come back."
    return (
        f"{bill} on average, marked at the end: {told}. Before re-marking it is {_signed(n[loss.lasting.name])}."
        f"{paid if taken.known and taken.value > 0.01 else ''}{tail}"
    )


def _with_its_parts(loss: Split, item: Item, n: Mapping[str, Number]) -> str:
    """'frictions $5m (liquidity tax $4m, close-outs $1m)'."""
    within = loss.inside(item) if isinstance(item, Group) else []
    more = ", ".join(f"{parts.spoken(each)} {_signed(n[each.name])}" for each in within)
    return f"{parts.spoken(item)} {_signed(n[item.name])}{f' ({more})' if more else ''}"


def _way(run: Run, n: Mapping[str, Number], agent: str | None) -> str:
    """The worst close, and forced reductions."""
    if not n["worst_close"].known:
        return ""
    day = way.usual_day(run, agent=agent)
    when = f", most often on {day}" if day and n["worst_close"].value > 0 else ""
    text = (
        f"On the way the median path's worst close is {_bare(n['worst_close'])} below the start{when}; the "
        f"largest drawdown of its P&L is {_bare(n['drawdown'])}."
    )
    reduced = n["reduced_rate"]
    if not reduced.known or reduced.value == 0:
        return text
    return (
        f"{text} The lender took part of the book by force on {reduced} of the paths; on average "
        f"{_bare(n['book_taken'])} of it is gone at the end."
    )


def _cash(run: Run, n: Mapping[str, Number], agent: str | None) -> str:
    """How far cash and line went, what margin was made of, and the capital that it takes."""
    if not n["low_free_cash"].known:
        return ""
    used_up = n[cash.USED_UP]
    line = f", all of it on {used_up} of the paths" if used_up.value > 0 else ""
    day = cash.usual_day(run, agent=agent)
    owed = "the debt of the book" if n["peak_variation_margin"].value >= 0 else "below zero: the book is worth so much"
    text = (
        f"Free cash falls to {_bare(n['low_free_cash'])} on the median path, most often on {day}; "
        f"{_bare(n['peak_line_share'])} of the credit line is drawn at its peak{line}{_overdrawn(n)}. "
        f"At their peaks the lender holds {_bare(n['peak_initial_margin'])} of initial margin, "
        f"{_bare(n['peak_variation_margin'])} of variation margin ({owed}) and "
        f"{_bare(n['peak_short_sale_proceeds'])} of the proceeds of short sales."
    )
    if not n["survival_capital_95"].known:
        rule = "Too many paths lose the whole book to say, from this run, what capital would have spared them"
        return f"{text} {rule}: `spiral capital` searches for it."
    return (
        f"{text} With a capital of {n['survival_capital_95']} the lender would never take anything on 95 % of the "
        f"paths, first order: with the market as it was in this run.{_more_than_known(n)}"
    )


def _overdrawn(n: Mapping[str, Number]) -> str:
    """Why more than the whole line can be drawn."""
    most = n["peak_line_share_q95"]
    if not most.value > 1:
        return ""
    return (
        f" (over {_bare(most)} on one path in twenty: only margin calls stop at the line's limit; trades, close-outs "
        "and losses are paid beyond it, and the limit shrinks as credit widens)"
    )


def _more_than_known(n: Mapping[str, Number]) -> str:
    """Why the capital for 99 % of the paths is n/a where that for 95 % is not."""
    if n["survival_capital_99"].known:
        return ""
    return (
        " For 99 % this run cannot say it: more paths than 1 % lose the whole book; `spiral capital` searches for it."
    )


def _gain(loss: Number) -> Number:
    """A loss as a gain."""
    return Number(value=-loss.value, unit=loss.unit, label=loss.label, error=loss.error)


def _made(pnl: Number, subject: str = "") -> str:
    """'loses $5m' or 'gains $5m'."""
    return f"{subject}{'gains' if pnl.value >= 0 else 'loses'} {_bare(pnl).removeprefix(MINUS)}"


def _signed(cost: Number) -> str:
    """A cost as it is; a negative one as a gain."""
    shown = _bare(cost)
    return f"{shown.removeprefix(MINUS)} earned" if shown.startswith(MINUS) else shown


def record_without_the_spiral(run: Run) -> str:
    """The meaning of the twin, if the anchors are a record that contains the desks' impact; else empty."""
    storyline: Mapping[str, Any] = (run.manifest.get("scenario") or {}).get("storyline") or {}
    if storyline.get("anchors") != "observed":
        return ""
    text = (
        "The anchors are a record that contains the desks' own impact: the outside world is what is left of it once "
        "that is taken out. "
    )
    if frames.twin_name(run) == PRICE_TAKER:
        text += "So the price-taker twin is this crisis without the spiral. "
    return text.strip()


def _deepened(run: Run) -> str:
    """The effect of feedback on the crisis itself: this run's figures in the twin and in the actual world."""
    twin = frames.twin_name(run)
    if twin != PRICE_TAKER:
        return ""
    worlds = [liquidity.stress(run, world=world) for world in (twin, "actual")]
    fall, deep = (liquidity.median_drawdown(run, world=world) for world in (twin, "actual"))
    shown = [("the price's drawdown on the median path", fall, deep)]
    shown += [(label, worlds[0][name], worlds[1][name]) for name, label in DEEPENED.items()]
    told = [(label, _bare(before), _bare(after)) for label, before, after in shown if after.known]
    moved = [f"{label} from {before} to {after}" for label, before, after in told if before != after]
    left = [label for label, before, after in told if before == after]
    as_there = f"{_listed(left)} {'is' if len(left) == 1 else 'are'} as in the twin"
    if not moved:
        return f"{as_there[:1].upper()}{as_there[1:]}." if left else ""
    return f"Feedback took {_listed(moved)}{f'; {as_there}' if left else ''}."


def _listed(words: list[str]) -> str:
    """'a, b and c'."""
    return f"{', '.join(words[:-1])} and {words[-1]}" if len(words) > 1 else "".join(words)


def _feedback(run: Run, n: Mapping[str, Number]) -> str:
    if frames.twin_name(run) is None:
        return "The run has no twin, so it does not say how much of the cost the desks' own hedging caused."
    more = "added" if n["feedback_cost"].value >= 0 else "saved"
    cost = _bare(n["feedback_cost"]).removeprefix(MINUS)
    share = n["feedback_share"]
    part = f", {share} of it" if share.known else ""
    return (
        f"With the same random numbers, {_twin(str(frames.twin_name(run)))} shows what the desks did to themselves and "
        f"to each other: feedback {more} {cost} {'to' if more == 'added' else 'of'} the cost{part}. {_deepened(run)}"
    ).strip()


def _twin(name: str) -> str:
    """Description of the twin."""
    if name == PRICE_TAKER:
        return "the twin in which nothing that they do leaves a trace in the market"
    return "the twin with every loop cut" if name == FROZEN else f"the twin {name}"


def _market(run: Run, n: Mapping[str, Number]) -> str:
    if not n["peak_vol"].known:
        return "The run keeps no record of the market's worst levels."
    gain = n["peak_loop_gain"]
    text = (
        f"On the median path implied vol peaks at {_bare(n['peak_vol'])}, the spread at "
        f"{_bare(n['peak_spread_multiple'])} its base, "
        f"the order book loses {_bare(n['depth_loss'])} of its depth and credit reaches {_bare(n['peak_credit'])}. "
    )
    if not gain.known:
        return text.strip()
    if gain.value == 0:
        return f"{text}The asset's loop gain is 0: nobody's hedging moves its price; `spiral gains` has every venue's."
    if gain.value >= 1:
        return text + f"The loop gain passes 1 (median peak {_bare(gain)}): shocks run away, bounded only by capacity."
    return (
        text
        + f"The loop gain peaks at {_bare(gain)}: at its worst a shock is amplified {1 / (1 - gain.value):.2f} times."
        + remembered(run, gain)
    )


def remembered(run: Run, gain: Number) -> str:
    """How long vol remembers a trade, and the long-run gain at that loop gain; empty if vol has no such memory."""
    memory: Mapping[str, Any] = run.manifest.get("memory") or {}
    half, tenth, told = memory.get("half_days"), memory.get("tenth_days"), memory.get("long_run")
    if half is None or told is None:
        return ""
    text = f" Half of a trade's trace in vol is gone after {_days(half)} trading days"
    text += f", nine tenths after {_days(tenth)}" if tenth is not None else ""
    lasted = np.interp(gain.value, told["loop_gain"], [np.inf if x is None else x for x in told["at"]])
    if not lasted < 1:
        return f"{text}; a loop gain above {told['critical']:.2f} that lasted would feed itself through vol's memory."
    alone = "" if told["at"][0] is None else f" ({told['at'][0]:.2f} without desks)"
    return f"{text}; through vol's memory the long-run gain would be {lasted:.2f}{alone}, if the loop gain lasted."


def _days(days: float) -> str:
    return fixed(days, 1) if days < 10 else fixed(days, 0)


def _alive(n: Mapping[str, Number]) -> str:
    alive = n["survival_rate"]
    if alive.value < 0.5:
        gone = Number(value=1 - alive.value, unit=alive.unit, label=alive.label, error=alive.error)
        text = f"The desk is liquidated on {gone} of paths"
    else:
        text = f"The desk is never liquidated on {alive} of paths"
    if n["margin_call_rate"].value == 0:
        return text + "; it meets no margin call."
    unmet = n["margin_unmet"]
    met = f", {_bare(unmet)} of the calls are not met" if unmet.value else ", and every call is met"
    met = met if unmet.known else ""
    called = f"{_bare(n['margin_call_rate'])} of paths see a margin call, {_bare(n['margin_called'])} a path in all, "
    called += "proceeds and the book's debt included"
    return f"{text}; {called}{met}."


def _bare(number: Number) -> str:
    return number.brief()
