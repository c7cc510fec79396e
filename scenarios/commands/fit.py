"""`spiral fit`: the table of estimates, and the TOML that they make."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from scenarios.commands.notes import say_notes
from scenarios.commands.output import say
from scenarios.commands.path_table import parsed_window, path_toml, print_path
from scenarios.commands.progress import progress_bar
from scenarios.commands.screen import screen
from scenarios.studies.estimation.fitting import Fit, Fitted, Law, fit, written
from sim.errors import UserError
from sim.figure_text import p_value, parameter
from sim.files import check_new, write_whole
from sim.screen.table import Table
from sim.screen.text import Justify

WIDTH = 200  # characters, where the output is not a terminal


def fit_and_show(
    histories: tuple[Path, ...],
    rho: float | None,
    out: Path | None,
    *,
    force: bool,
    calendar: str,
    dates: str | None,
    as_given: bool,
    law: Law,
    draws: int,
    windows: tuple[str, ...],
    clock: str,
    quiet: bool,
) -> None:
    """Estimate, print the tables, write the TOML."""
    if out is not None and out.suffix != ".toml":
        raise UserError("parameters are written as TOML", value=out.name, place="--out", remedy="name it FILE.toml")
    if out is not None:
        check_new(out, force=force)
    inside = [parsed_window(text) for text in windows] or None
    reading: dict[str, Any] = {"calendar": calendar, "dates": dates, "as_given": as_given}
    with progress_bar("repetitions of the record", quiet=quiet, of="draws") as progress:
        found = fit(histories, rho=rho, **reading, law=law, draws=draws, windows=inside, clock=clock, progress=progress)
    if out is not None:
        write(found, out)
    say_notes(note for record in found.records for note in record.notes)
    out_screen = screen(WIDTH)
    if found.path is not None:
        print_path(out_screen, found.path)
    if found.fitted:
        out_screen.print(pooled_table(found))
    if found.fitted and len(found.records) > 1:
        out_screen.print(table_by_record(found))
    for line in remarks(found):
        out_screen.print(line)
    if out is not None:
        say(f"{out} written: the keys of a scenario file")


def pooled_table(found: Fit) -> Table:
    """Parameter, key, value over all records with its unit, default, and of several whether they agree."""
    shown = Table(title=f"Fitted to {found.source()}", box=False, pad_edge=False)
    several = any(f.freedom for f in found.fitted)
    for heading in ("parameter", "key", "estimate ± error", "unit", "default", "days", *["chi2 / df (p)"] * several):
        justify: Justify = "left" if heading in ("parameter", "key", "unit") else "right"
        shown.add_column(heading, justify=justify, no_wrap=heading != "parameter")
    for f in found.fitted:
        default = "" if f.default is None else f"{f.default:.3g}"
        agreement = f"{f.chi_square:.1f} / {f.freedom} ({p_value(f.p_value)})" if f.freedom else ""
        value = parameter(f.pooled.value, f.pooled.error)
        cells = (value, f.parameter.unit, default, str(f.pooled.days), *[agreement] * several)
        shown.add_row(f.parameter.label, f.parameter.key, *cells)
    return shown


def table_by_record(found: Fit) -> Table:
    """Each record's own values."""
    shown = Table(title="\nRecord by record", box=False, pad_edge=False)
    shown.add_column("parameter", no_wrap=True)
    for record in found.records:
        mark = " *" if record.name in found.left_out else ""
        shown.add_column(record.name + mark, justify="right")
    for f in found.fitted:
        own = [parameter(f.own[r.name].value, f.own[r.name].error) if r.name in f.own else "" for r in found.records]
        shown.add_row(f.parameter.label, *own)
    return shown


def remarks(found: Fit) -> Iterator[str]:
    """Notes that a reader of the table needs."""
    yield from found.notes
    if not found.fitted:
        return
    yield (
        f"rho is stated, {found.rho:g}: a daily record gives the sum of the leverage effect and of the shocks' "
        "correlation (total slope), not their split."
    )
    if len(found.records) > 1:
        yield "Where the records disagree (p < 0.05), the error of the pooled value is their scatter about it."
    for name, other in found.left_out.items():
        yield f"* {name} shares days with {other}: shown, not pooled."
    for f in found.fitted:
        if f.parameter.note:
            yield f"{f.parameter.label}: {f.parameter.note}."


def toml(found: Fit, base_vol: float | None = None) -> str:
    """The fitted keys as TOML tables, each with its standard error, what it is measured on, and the default."""
    if found.path is not None:
        return path_toml(found.path) + _old_toml(found)
    vol = base_vol or found.base_vol
    head = [
        f"# Fitted by `spiral fit` to {found.source()}.",
        f"# rho is stated, not fitted. beta is the leverage law over a base vol of {vol:g}, the record's",
        "# first: divide by your scenario's.",
    ]
    tables: dict[str, list[str]] = {"market": [f"rho = {found.rho:g}  # stated"], "market.rates": [], "credit": []}
    for f in found.fitted:
        place, _, key = f.parameter.key.rpartition(".")
        if found.writes(f):
            tables[place].append(f"{key} = {_number(written(f, vol).value)}  # {_comment(f, vol)}")
    parts = ["\n".join([f"[{name}]", *lines]) for name, lines in tables.items() if lines]
    return "\n".join(head) + "\n\n" + "\n\n".join(parts) + "\n"


def _old_toml(found: Fit) -> str:
    """The part that the one-factor fit adds to the path-dependent laws: the curve's noise."""
    lines = [
        f"{f.parameter.key.rpartition('.')[2]} = {_number(written(f, 1.0).value)}  # {_comment(f, 1.0)}"
        for f in found.fitted
        if found.writes(f)
    ]
    return "\n".join(["", "[market.rates]", *lines, ""]) if lines else ""


def _number(value: float) -> str:
    return f"{value:.10g}" if "e" not in f"{value:.10g}" else f"{value:.10f}".rstrip("0")


def _comment(f: Fitted, vol: float) -> str:
    law = f"{parameter(f.pooled.value, f.pooled.error)} over {vol:g}, " if f.parameter.name == "leverage" else ""
    agreement = f", records agree with p = {f.p_value:.2g}" if f.freedom else ""
    return f"{law}standard error {written(f, vol).error:.2g}, {f.pooled.days} days{agreement}"


def write(found: Fit, out: Path) -> None:
    """Write the TOML, whole or not at all; UserError if it cannot be written."""
    write_whole(out, toml(found))
