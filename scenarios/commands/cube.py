"""`spiral cube`: smiles fitted to a swaption cube, and the arbitrage that quotes and smiles admit."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from markets.rate_vols.arbitrage import NEGATIVE, Breach
from markets.rate_vols.cube import Cell, Cube
from markets.rate_vols.sabr import Kind, Sabr
from scenarios.commands.chart_file import check_ending
from scenarios.commands.notes import say_notes
from scenarios.commands.output import say
from scenarios.commands.screen import screen
from scenarios.studies.rate_vols.cube_csv import length_of, read_cube
from sim.errors import UserError
from sim.figure_text import fixed, percent, significant, text_of
from sim.figure_text import tenor as length
from sim.jit import interpreted
from sim.place import Place
from sim.screen.table import Table

TITLE = "Quotes of the cube, and the smiles fitted to them"
FOUND = 1  # exit code: there is arbitrage
OFFSETS = (-200, -100, -50, 0, 50, 100, 200)  # bp around the forward of a smile that is asked for
POINTS = 120  # of a line
PANELS = 4  # a row of the picture


@interpreted()
def fit_and_show(
    *,
    file: Path,
    kind: Kind,
    beta: float | None,
    shift: float,
    points: tuple[str, ...],
    as_given: bool,
    chart: Path | None,
    toml: bool,
    quiet: bool,
) -> int:
    """Read, fit, print, draw; the exit code."""
    if chart is not None:
        check_ending(chart, "--chart")
    if toml and kind != "normal":
        rule, remedy = "smiles of a scenario are normal ones", "quote the cube in normal vols"
        raise UserError(rule, value=kind, place="--toml", remedy=remedy)
    asked = [_point(text, i) for i, text in enumerate(points, 1)]
    quotes, notes = read_cube(file, kind=kind, as_given=as_given)
    cube = Cube.fit(quotes, kind=kind, beta=beta, shift=shift)
    breaches = [(cell, breach) for cell in cube.cells for breach in (*cell.quoted_breaches, *cell.fitted_breaches)]
    if toml:
        for line in _keys(cube):
            say(line)
    elif not quiet:
        say_notes(notes)
        screen().print(_fits(cube))
        for expiry, tenor in asked:
            screen().print(_smile(cube.smile(expiry, tenor), expiry, tenor))
        for cell, breach in breaches:
            say(f"arbitrage: {cell.quotes.name}: {describe(breach)}")
        say(f"{len(cube.cells)} cells, {len(breaches) or 'no'} violation{'s' * (len(breaches) != 1)} in strike.")
    if chart is not None:
        from analysis.pages.report import save

        save(_picture(cube), chart, title=TITLE)
        say(chart)
    return FOUND if breaches else 0


def _keys(cube: Cube) -> Iterator[str]:
    """`[market.rates.smiles.NAME]` of a scenario file, line by line."""
    for cell, point in zip(cube.cells, cube.grid.points, strict=True):
        yield f"[market.rates.smiles.{cell.quotes.name.replace(' into ', '_').casefold()}]"
        yield from (f"{name} = {float(value):.8g}" for name, value in point._asdict().items())


def describe(breach: Breach) -> str:
    """A breach in words."""
    where = f"from {percent(breach.low, 3)} to {percent(breach.high, 3)}"
    if breach.rule == NEGATIVE:
        return f"the smile implies a negative density {where} (probability {text_of(breach.amount, 'share')})"
    return f"the price of quoted calls {breach.rule} {where} ({significant(1e4 * breach.amount, 3)} bp of annuity)"


def _point(text: str, number: int) -> tuple[float, float]:
    place = Place(f"--at {number}")
    parts = text.split(",")
    if len(parts) != 2:
        raise UserError("a smile is asked for at an expiry and a tenor", value=text, place="--at", remedy="write 4Y,7Y")
    return length_of(parts[0], place), length_of(parts[1], place)


def _unit(smile: Sabr) -> tuple[float, str]:
    """What vols are shown in: basis points of normal ones, percent of lognormal ones."""
    return (1e4, "bp") if smile.kind == "normal" else (1e2, "%")


def _fits(cube: Cube) -> Table:
    scale, unit = _unit(cube.cells[0].smile)
    table = Table(title=f"SABR smiles, {cube.cells[0].smile.kind} vols in {unit}")
    for heading in ("cell", "forward", "at the money", "alpha", "beta", "rho", "nu", "rms error", "largest"):
        table.add_column(heading, justify="left" if heading == "cell" else "right")
    for cell in cube.cells:
        smile, errors = cell.smile, scale * cell.errors
        money, rms = scale * float(smile.vol(smile.forward)), float(np.sqrt(np.mean(errors**2)))
        figures = (percent(smile.forward, 3), fixed(money, 2), fixed(smile.alpha, 6), f"{smile.beta:g}")
        worst = float(errors[np.argmax(np.abs(errors))])
        table.add_row(
            cell.quotes.name, *figures, *(fixed(x, 3) for x in (smile.rho, smile.nu, rms)), fixed(worst, 3, plus=True)
        )
    return table


def _smile(smile: Sabr, expiry: float, tenor: float) -> Table:
    scale, unit = _unit(smile)
    table = Table(title=f"{length(expiry)} into {length(tenor)}, forward {percent(smile.forward, 3)}")
    table.add_column(f"strike - forward, bp / vol, {unit}")
    strikes = smile.forward + 1e-4 * np.array(OFFSETS)
    for offset in OFFSETS:
        table.add_column(fixed(offset, 0, plus=True), justify="right")
    table.add_row("vol", *(fixed(scale * vol, 2) for vol in smile.vol(strikes)))
    return table


def _picture(cube: Cube) -> Any:
    import altair as alt

    panels = [_panel(cell) for cell in cube.cells]
    rows = [alt.hconcat(*panels[i : i + PANELS]) for i in range(0, len(panels), PANELS)]
    return alt.vconcat(*rows, title=TITLE)


def _panel(cell: Cell) -> Any:
    import altair as alt

    scale, unit = _unit(cell.smile)
    x = alt.X("strike:Q", title="strike, %", scale=alt.Scale(zero=False))
    y = alt.Y("vol:Q", title=f"{cell.smile.kind} vol, {unit}", scale=alt.Scale(zero=False))
    line = alt.Chart(alt.InlineData(values=list(_line(cell, scale))), title=cell.quotes.name, width=180, height=140)
    dots = [{"strike": 100 * k, "vol": scale * v} for k, v in zip(cell.quotes.strikes, cell.quotes.vols, strict=True)]
    quoted = alt.Chart(alt.InlineData(values=dots)).mark_point(filled=True).encode(x=x, y=y)
    return line.mark_line().encode(x=x, y=y) + quoted


def _line(cell: Cell, scale: float) -> Iterator[dict[str, float]]:
    strikes = np.linspace(min(cell.quotes.strikes), max(cell.quotes.strikes), POINTS)
    for strike, vol in zip(strikes, cell.smile.vol(strikes), strict=True):
        yield {"strike": 100 * float(strike), "vol": scale * float(vol)}
