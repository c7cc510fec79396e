"""The path-dependent laws of `spiral fit`: their tables, remarks and TOML."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import date

from scenarios.commands.screen import Screen
from scenarios.studies.estimation.estimators import Estimate
from scenarios.studies.estimation.path_choice import VolChoice
from scenarios.studies.estimation.path_falls import Peak
from scenarios.studies.estimation.path_fitting import DECIMALS, PathFit, default_at, rounded, unit_at
from scenarios.studies.estimation.path_level import MONTH
from sim.errors import UserError
from sim.figure_text import fixed, parameter, percent, significant
from sim.screen.table import Table
from sim.screen.text import Justify

LABELS = {
    "returns.fast": "returns: speed of the fast factor",
    "returns.slow": "returns: speed of the slow factor",
    "returns.slow_share": "returns: weight of the slow factor",
    "squares.fast": "squares: speed of the fast factor",
    "squares.slow": "squares: speed of the slow factor",
    "squares.slow_share": "squares: weight of the slow factor",
    "base": "level of a market that never moves",
    "trend": "answer to past returns",
    "activity": "answer to the root of past squares",
    "lag": "speed at which the cash spread follows",
    "reversion": "residual: mean reversion",
    "noise": "residual: noise",
    "realised_base": "realised vol of a market that never moves",
    "realised_trend": "realised vol's answer to past returns",
    "realised_activity": "realised vol's answer to the root of squares",
    "realised_noise": "sd of ln realised vol about its law",
}


def print_path(screen: Screen, found: PathFit) -> None:
    """Parameters, peaks of falls left out, and what a reader must know."""
    screen.print(path_table(found))
    if found.left_out:
        screen.print(falls_table(found))
    for line in path_remarks(found):
        screen.print(line)
    screen.print()


def path_table(found: PathFit) -> Table:
    """Parameter, key, estimate with its unit, and default."""
    days = found.record.days
    title = f"Path-dependent laws, {found.record.name} {days[0]} to {days[-1]}"
    shown = Table(title=title, box=False, pad_edge=False)
    for heading in ("parameter", "key", "estimate ± error", "unit", "default", "days"):
        justify: Justify = "left" if heading in ("parameter", "key", "unit") else "right"
        shown.add_column(heading, justify=justify, no_wrap=heading != "parameter")
    for key, estimate in found.estimates.items():
        cells = (figure(estimate), unit_at(key), significant(default_at(key), 3), f"{estimate.days:,}")
        shown.add_row(label_of(key), key, *cells)
    return shown


def falls_table(found: PathFit) -> Table:
    """Windows that were left out: recorded and predicted peaks."""
    title = "\nPeaks in falls left out of the fit: record, law, ln law / record"
    shown = Table(title=title, box=False, pad_edge=False)
    for heading in ("window", "fall", "vol, %", "credit, %"):
        shown.add_column(heading, justify="left" if heading == "window" else "right", no_wrap=True)
    for window in found.left_out:
        peaks = [_peak(window.peaks[name], digits) if name in window.peaks else "" for name, digits in NAMES]
        shown.add_row(f"{window.first} to {window.last}", percent(window.fall, 1), *peaks)
    misses = [found.miss(name) for name, _ in NAMES]
    shown.add_row("mean of |ln law / record|", "", *("" if math.isnan(m) else fixed(m, 3) for m in misses))
    return shown


NAMES = (("vol", 1), ("credit", 2))  # a level's name, decimals of its percent


def path_remarks(found: PathFit) -> Iterator[str]:
    """How the numbers were found and how far they can be trusted."""
    laws = found.laws
    yield f"rms of ln record / law: vol {laws.vol.rms:.3f}" + (f", credit {laws.credit.rms:.3f}" if laws.credit else "")
    yield (
        "realised vol: the likeliest law, held to a free market with the record's vol a year to its error; a day is "
        f"Student with {fixed(laws.realised.freedom, 1)} degrees of freedom, whose kurtosis is the noise's. "
        "realised_reversion is stated."
    )
    yield f"residuals: likelihood of a day's step. {_slow_part(found)}"
    if laws.choice is not None:
        yield vol_remark(laws.choice)
    yield "The speeds of one kernel are weakly told apart; a memory longer than ten years is not looked for."
    yield clock_remark(found)


def vol_remark(choice: VolChoice) -> str:
    """What implied vol's law is fitted to, and whether that takes some of the residual for the path's."""
    share, echo, other = choice.follows, choice.echo, choice.by_shocks
    follows = f"realised vol follows {parameter(share.value, share.error)} of implied vol's residual"
    if choice.taken.by_shocks:
        return f"vol's law: least daily shocks of its residual, right whatever realised vol follows; here {follows}."
    why = f"a day's shock has a correlation of {parameter(echo.value, echo.error)} with the day before's"
    if not choice.is_biased:
        return f"vol's law: nearest to the levels, for {why}; {follows}."
    values = {"base": other.law.base, "trend": other.law.trend, "activity": other.law.activity}
    values |= {"reversion": other.left.reversion, "noise": other.left.noise}
    told = ", ".join(f"{name} {significant(value, 3)}" for name, value in values.items())
    return (
        f"vol's law: nearest to the levels, so it has taken some of the residual for the path's: {follows}. With the "
        f"least daily shocks of the residual: {told}; but {why}, which the process has not, so they are not taken."
    )


def clock_remark(found: PathFit) -> str:
    """Which clock the record speaks for."""
    if found.clocks is None:
        return f"clock: the record has no open, high and low, so it cannot be told; {found.clock} is taken."
    told = ", ".join(f"{clock} {fixed(rms, 3)}" for clock, rms in found.clocks.rms.items())
    kernels = "kernels fitted to each" if found.clocks.whole else "kernels of the closes"
    best = found.clocks.best
    advice = "" if best == found.clock else f"; --clock {best} fits it" if found.clocks.whole else ""
    return f"clock: rms {told} on {found.clocks.days} days, {kernels}; {best} is best{advice}. Taken: {found.clock}."


def path_toml(found: PathFit) -> str:
    """The laws as TOML tables, each key with its standard error."""
    days = found.record.days
    parts = [f"# Fitted by `spiral fit` to {found.record.name} {days[0]} to {days[-1]}.\n"]
    tables: dict[str, list[str]] = {"market": ['vol_law = "path_dependent"']}
    tables["market.memory"] = [f'clock = "{found.clock}"']
    if found.laws.credit is not None:
        tables["credit"] = ['law = "path_dependent"']
    for key, estimate in found.estimates.items():
        place, _, name = key.rpartition(".")
        error = f"standard error {estimate.error:.2g}, " if math.isfinite(estimate.error) else ""
        line = f"{name} = {_decimal(rounded(estimate.value))}  # {error}{estimate.days} days"
        tables.setdefault(place, []).append(line)
    parts += ["\n".join([f"[{place}]", *lines]) + "\n" for place, lines in tables.items()]
    return "\n".join(parts)


def figure(estimate: Estimate) -> str:
    """Value and error, or the value alone where there is none."""
    return parameter(estimate.value, estimate.error) if estimate.known else significant(estimate.value, 4)


def label_of(key: str) -> str:
    """A key's meaning, in words."""
    table, _, rest = key.partition(".")
    return f"{'vol' if table == 'market' else 'credit'}: {LABELS[rest.removeprefix('memory.')]}"


def parsed_window(text: str) -> tuple[date, date]:
    """FIRST:LAST as dates. Raises UserError."""
    first, _, last = text.partition(":")
    try:
        return date.fromisoformat(first), date.fromisoformat(last)
    except ValueError:
        raise UserError(
            "a window is FIRST:LAST", value=text, place="--window", remedy="write 2020-02-19:2020-04-30"
        ) from None


def _slow_part(found: PathFit) -> str:
    """Share of a residual left after a month: in the record, and in the fitted process."""
    levels = [("vol", found.laws.vol), *([("credit", found.laws.credit)] if found.laws.credit else [])]
    told = [
        f"{name} {level.month:.2f} (the process: {math.exp(-level.left.reversion * MONTH * found.record.day):.2f})"
        for name, level in levels
    ]
    return f"Autocorrelation after a month: {', '.join(told)}."


def _peak(peak: Peak, digits: int) -> str:
    recorded, predicted = (fixed(100 * level, digits) for level in (peak.recorded, peak.predicted))
    return f"{recorded} {predicted} {fixed(peak.miss, 2, plus=True)}"


def _decimal(value: float) -> str:
    return f"{value:.{DECIMALS}f}".rstrip("0").rstrip(".") if value % 1 else f"{value:.1f}"
