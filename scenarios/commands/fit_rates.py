"""`spiral fit --rates`: tables of what records of curves and stress say, and the TOML that it makes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from markets.rate_vols.hull_white import FASTEST, SLOWEST
from markets.rate_vols.hull_white import Estimate as ShortRate
from scenarios.commands.notes import say_notes
from scenarios.commands.output import say
from scenarios.commands.screen import screen
from scenarios.describing.scenario_file import value_text
from scenarios.studies.estimation.estimators import Estimate
from scenarios.studies.rates_fit.rates_fit import RatesFit, fit_rates
from scenarios.studies.rates_fit.vol_law import KEYS
from sim.errors import UserError
from sim.figure_text import fixed, parameter, percent, significant
from sim.files import check_new, write_whole
from sim.screen.table import Table

WIDTH = 170  # characters, where the output is not a terminal
NEAR = 0.2  # of the recorded peak


def fit_rates_and_show(
    sources: tuple[Path, ...], out: Path | None, *, force: bool, errors: bool, dates: str | None, as_given: bool
) -> None:
    """Estimate, print the tables, write the TOML."""
    if out is not None and out.suffix != ".toml":
        raise UserError("parameters are written as TOML", value=out.name, place="--out", remedy="name it FILE.toml")
    if out is not None:
        check_new(out, force=force)
    found = fit_rates(*sources, errors=errors, dates=dates, as_given=as_given)
    say_notes(found.notes)
    tables = _law, _peaks, _curve, _components, _short_rates, _answers, _spreads
    for table in (each(found) for each in tables):
        if table is not None:
            screen(WIDTH).print(table)
    if out is not None:
        write_whole(out, rates_toml(found))
        say(f"{out} written: the keys of a scenario file")


def rates_toml(found: RatesFit) -> str:
    """The fitted keys as tables of a scenario file."""
    head = f"# Fitted by `spiral fit --rates` to {', '.join(found.pooled)}."
    law = "" if found.vol is None else f"\n# The vol of rates: to {found.vol.record}, {found.vol.days:,} days."
    return "\n".join([f"{head}{law}", *_sections("", found.tables())]) + "\n"


def _sections(place: str, table: Mapping[str, Any]) -> Iterator[str]:
    """A table of the file and the tables in it; those without tables of their own stand in one line."""
    deeper = {
        k: v for k, v in table.items() if isinstance(v, Mapping) and any(isinstance(x, Mapping) for x in v.values())
    }
    named = {k: v for k, v in table.items() if k not in deeper and isinstance(v, Mapping) and place.endswith("nodes")}
    rest = {key: value for key, value in table.items() if key not in deeper and key not in named}
    if rest:
        yield from ("", f"[{place}]", *(f"{key} = {value_text(value)}" for key, value in rest.items()))
    for key, value in {**named, **deeper}.items():
        yield from _sections(f"{place}.{key}" if place else key, value)


def _table(title: str, headings: Iterable[str], rows: Iterable[Iterable[str]], *, words: int = 1) -> Table | None:
    shown = Table(title=title, box=False, pad_edge=False)
    for i, heading in enumerate(headings):
        shown.add_column(heading, justify="left" if i < words else "right", no_wrap=True)
    for row in rows:
        shown.add_row(*row)
    return shown if shown.styles else None


def _law(found: RatesFit) -> Table | None:
    """The coefficients of the vol of rates with their errors; None where no record is long enough."""
    vol = found.vol
    if vol is None:
        return None
    values = {key: _key(vol.spec, key) for key in KEYS}
    rows = [(f"market.rates.vol.usd.{key}", parameter(values[key], vol.errors[key])) for key in KEYS]
    title = (
        f"Vol of rates, fitted to {vol.record}: ln MOVE is met to {fixed(vol.rms, 3)} (rms), "
        f"with {percent(vol.share, 0)} of its variance, {vol.days:,} days"
    )
    return _table(title, ("key", "estimate ± error"), rows)


def _key(spec: Any, key: str) -> float:
    for part in key.split("."):
        spec = getattr(spec, part)
    return float(spec)


def _peaks(found: RatesFit) -> Table | None:
    """The highest MOVE of each record, and what the law says that is told the first one."""
    rows = [
        (p.record, _bp(p.recorded), _bp(p.law), percent(p.law / p.recorded - 1, 0, plus=True), _bp(p.rates_alone),
         percent(p.rates_alone / p.recorded - 1, 0, plus=True))
        for p in found.peaks
    ]  # fmt: skip
    near = sum(abs(p.rates_alone / p.recorded - 1) <= NEAR for p in found.peaks)
    title = (
        f"\nPeak of MOVE, bp, and of the law told the first MOVE: from rates alone {near} of {len(rows)} within 20 %"
    )
    return _table(title, ("record", "MOVE", "law", "", "from rates alone", ""), rows)


def _curve(found: RatesFit) -> Table | None:
    """Vols of the nodes and their correlations."""
    curve = found.curve
    title = f"\nThe curve's daily moves, {curve.days:,} days of {', '.join(found.pooled)}: vol and correlations"
    rows = [
        (name, _basis_points(curve.vols[name]), _plain(curve.with_spot[name]), *(fixed(c, 2) for c in row))
        for name, row in zip(curve.nodes, curve.correlations.tolist(), strict=True)
    ]
    return _table(title, ("node", "bp a year", "with S&P", *curve.nodes), rows)


def _components(found: RatesFit) -> Table | None:
    """The first three principal components."""
    noise = found.curve.noise
    rows = [
        (f"PC{k + 1}", fixed(100 * share, 1), *(fixed(weight, 2) for weight in weights))
        for k, (share, weights) in enumerate(zip(noise.shares[:3].tolist(), noise.weights[:3].tolist(), strict=True))
    ]
    return _table("\nPrincipal components", ("", "share %", *found.curve.nodes), rows)


def _short_rates(found: RatesFit) -> Table | None:
    """Hull-White of each record's shortest rate."""
    rows = [
        (s.record, s.column, str(s.days), _reversion(s.found), fixed(100 * s.found.mean, 2), _bp(s.found.sigma))
        for s in found.short_rates
    ]  # fmt: skip
    headings = ("record", "rate", "days", "reversion, 1/year", "mean, %", "sigma, bp a year")
    return _table("\nHull-White of the short rate, real-world, by maximum likelihood", headings, rows, words=2)


def _reversion(found: ShortRate) -> str:
    """With its error; at the bound of the search it has none."""
    if found.at_bound:
        return f"{significant(FASTEST)} or more" if found.reversion > 1 else f"{significant(SLOWEST)} or less"
    return f"{fixed(found.reversion, 2)} ± {fixed(found.reversion_se, 2)}"


def _answers(found: RatesFit) -> Table | None:
    """Who lags: percent of spread per -1 % of the index."""
    rows = [(a.name, *(_plain(e) for e in (a.same_day, a.after, a.whole)), str(a.whole.days)) for a in found.answers]
    headings = ("spread", "same day", "next five", "in all", "days")
    return _table("\nSpreads, % per -1 % of the S&P 500: cash lags, the index does not", headings, rows)


def _spreads(found: RatesFit) -> Table | None:
    """Levels and changes of every spread of every record."""
    rows = [
        (s.name, s.record, _bp(s.first), f"{_bp(s.low)} {s.low_day:%m-%d}", f"{_bp(s.high)} {s.high_day:%m-%d}",
         _bp(s.last), _bp(s.vol), fixed(s.speed, 0))
        for s in sorted(found.spreads, key=lambda s: s.name)
    ]  # fmt: skip
    headings = ("spread", "record", "first", "low", "high", "last", "bp a year", "reversion, 1/year")
    return _table("\nSpreads, bp", headings, rows, words=2)


def _bp(value: float) -> str:
    return fixed(1e4 * value, 0)


def _basis_points(estimate: Estimate) -> str:
    return parameter(1e4 * estimate.value, 1e4 * estimate.error)


def _plain(estimate: Estimate) -> str:
    return parameter(estimate.value, estimate.error) if estimate.known else ""
