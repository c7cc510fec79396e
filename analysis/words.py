"""The run in plain words, written from its numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from analysis import frames
from analysis.numbers import MINUS, Number, Unit
from sim.dataset import Run

# What a calibration measures: its key, its name in a sentence, its unit.
MEASURES: tuple[tuple[str, str, Unit], ...] = (
    ("drawdown", "the median path's drawdown", "share"),
    ("vol_peak", "the vol peak", "vol"),
    ("spread_peak", "the spread peak", "multiple"),
)


def paragraphs(run: Run, numbers: Mapping[str, Number], *, agent: str | None = None) -> list[str]:
    """A few sentences on what survival cost, where it came from, what feedback added, and how bad the market became."""
    told = filter(None, [record_without_the_spiral(run)])
    if "cost_of_survival" not in numbers:
        alone = "This run has no hedging desk: the figures are the market's alone."
        return [alone, *told, _market(run, numbers), *assumed(run)]
    return [
        _outcome(run, numbers, agent),
        _cost(numbers),
        _feedback(run, numbers),
        *told,
        _market(run, numbers),
        _alive(numbers),
        *assumed(run),
    ]


def assumed(run: Run) -> list[str]:
    """What was assumed when the inputs were read, or taken although no market has had it; one paragraph, or none."""
    notes = [str(note) for note in run.manifest.get("notes") or ()]
    return [f"Assumed: {'; '.join(notes)}."] if notes else []


def _outcome(run: Run, n: Mapping[str, Number], agent: str | None) -> str:
    desk = frames.desk_name(run, agent)
    text = (
        f"Over {run.manifest['paths']:,} paths the median P&L of the desk ({desk}) is {_bare(n['pnl_q50'])} hedged and "
        f"{_bare(n['unhedged_pnl_q50'])} had the same book been left alone. In the worst 5 % of paths it loses "
        f"{_bare(n['es_95'])} on average hedged, {_bare(n['unhedged_es_95'])} unhedged"
    )
    if not n["pnl_sd"].known:
        return text + "."
    return f"{text}; the standard deviation is {_bare(n['pnl_sd'])} hedged, {_bare(n['unhedged_pnl_sd'])} unhedged."


def _cost(n: Mapping[str, Number]) -> str:
    cost = n["cost_of_survival"]
    gain = Number(value=-cost.value, unit="$", label=cost.label, error=cost.error)
    bill = f"Survival cost {cost}" if cost.value >= 0 else f"Survival paid {gain}"
    worst = n["cost_of_survival_q95"]
    tail = f" One path in twenty costs more than {_bare(worst)}." if worst.value > 0 else ""
    tax = (
        f"a liquidity tax of {_bare(n['liquidity_tax'])} (spread in calm markets {_bare(n['spread_cost_calm'])}, its "
        f"crisis widening {_bare(n['spread_cost_crisis'])}, impact {_bare(n['impact_cost'])}{_netting(n)})"
    )
    return (
        f"{bill} on average: gamma bleed {_bare(n['gamma_bleed'])} against {_bare(n['theta_earned'])} of theta earned, "
        f"{tax}, and {_bare(n['credit_cost'])} of credit in the funding.{tail}"
    )


def _netting(n: Mapping[str, Number]) -> str:
    """What orders of others took off the impact, where they did."""
    gain = n["netting_gain"]
    return f", less {_bare(gain)} gained by trading against the net order of the others" if gain.value else ""


def record_without_the_spiral(run: Run) -> str:
    """What the twin is where the anchors are a record that contains the desks' impact; else nothing."""
    storyline: Mapping[str, Any] = (run.manifest.get("scenario") or {}).get("storyline") or {}
    if storyline.get("anchors") != "observed":
        return ""
    text = (
        "The anchors are a record that contains the desks' own impact: the outside world is what is left of it once "
        "that is taken out. "
    )
    if frames.twin_name(run) == "frozen":
        text += "So the frozen twin is this crisis without the spiral. "
    return text + _explained(storyline.get("calibration") or {})


def _explained(found: Mapping[str, Any]) -> str:
    """How much of the crisis feedback explains, as the calibration stored it with the scenario."""
    if not found:
        return ""
    parts = []
    for name, label, unit in MEASURES:
        frozen, actual, error = (
            Number(value=found[name][key], unit=unit, label=label) for key in ("frozen", "actual", "error")
        )
        parts.append(f"{label} from {frozen} to {actual} (± {error})")
    return f"As calibrated on {found['paths']:,} paths, feedback took {', '.join(parts[:-1])} and {parts[-1]}."


def _feedback(run: Run, n: Mapping[str, Number]) -> str:
    if frames.twin_name(run) is None:
        return "The run has no twin, so it does not say how much of the cost the desks' own hedging caused."
    more = "added" if n["feedback_cost"].value >= 0 else "saved"
    cost = _bare(n["feedback_cost"]).removeprefix(MINUS)
    share = n["feedback_share"]
    part = f", {share} of it" if share.known else ""
    return (
        f"With the same random numbers and the loops cut, the twin shows what the desks did to themselves and to each "
        f"other: "
        f"feedback {more} {cost} to the cost{part}, and moved the P&L by {_bare(n['feedback_pnl'])}."
    )


def _market(run: Run, n: Mapping[str, Number]) -> str:
    if not n["peak_vol"].known:
        return "The run keeps no record of the market's worst levels."
    gain = n["peak_loop_gain"]
    text = (
        f"On the median path implied vol peaks at {_bare(n['peak_vol'])}, the spread at "
        f"{_bare(n['peak_spread_multiple'])} its "
        f"base, the book loses {_bare(n['depth_loss'])} of its depth and credit reaches {_bare(n['peak_credit'])}. "
    )
    if not gain.known:
        return text.strip()
    if gain.value >= 1:
        return text + f"The loop gain passes 1 (median peak {_bare(gain)}): shocks run away, bounded only by capacity."
    return (
        text
        + f"The loop gain peaks at {_bare(gain)}: at its worst a shock is amplified {1 / (1 - gain.value):.2f} times."
    )


def _alive(n: Mapping[str, Number]) -> str:
    text = f"The desk is never liquidated on {n['survival_rate']} of paths"
    if n["margin_call_rate"].value == 0:
        return text + "; it meets no margin call."
    unmet = n["margin_unmet"]
    met = f", {_bare(unmet)} of the calls are not met" if unmet.known else ""
    called = f"{_bare(n['margin_call_rate'])} of paths see a margin call, {_bare(n['margin_called'])} a path in all"
    return f"{text}; {called}{met}."


def _bare(number: Number) -> str:
    return number.text(error=False)
