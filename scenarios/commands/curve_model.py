"""`spiral curve-model`: fits, forecasts and components of a curve, and the scenario that they make."""

from __future__ import annotations

from pathlib import Path

from scenarios.commands.notes import say_notes
from scenarios.commands.output import say
from scenarios.commands.screen import screen
from scenarios.studies.curves.curve_model import DAYS_A_YEAR, CurveModel, model_curve
from sim.errors import UserError
from sim.figure_text import fixed
from sim.files import check_new, write_whole
from sim.screen.table import Table


def model_and_show(
    *,
    history: Path,
    kind: str,
    quarters: int,
    number: int,
    spot: float,
    vol: float,
    credit: float,
    dates: str | None,
    as_given: bool,
    out: Path | None,
    force: bool,
) -> None:
    """Fit, print the tables, write the scenario."""
    if out is not None and out.suffix != ".toml":
        raise UserError("a scenario is written as TOML", value=out.name, place="--out", remedy="name it FILE.toml")
    if out is not None:
        check_new(out, force=force)
    model = model_curve(history, kind=kind, quarters=quarters, number=number, dates=dates, as_given=as_given)
    say_notes(model.record.notes)
    terminal = screen()
    for table in (_fits(model), _ahead(model), _components(model)):
        terminal.print(table)
    if out is not None:
        from scenarios.describing.scenario_file import scenario_text  # with every part of a scenario

        scenario = model.scenario(name=out.stem, spot=spot, vol=vol, credit=credit)
        write_whole(out, scenario_text(scenario, f"Written by `spiral curve-model --model {kind}`."))
        say(f"{out} written: spiral run {out}")


def _table(title: str, headings: list[str], rows: list[list[str]]) -> Table:
    shown = Table(title=title, box=False, pad_edge=False)
    for i, heading in enumerate(headings):
        shown.add_column(heading, justify="right" if i else "left", no_wrap=True)
    for row in rows:
        shown.add_row(*row)
    return shown


def _fits(model: CurveModel) -> Table:
    """Every minimum of the fit of the last day, the best first."""
    rows = [
        [
            ", ".join(fixed(speed, 4) for speed in fit.speeds),
            *(fixed(100 * beta, 4) for beta in fit.beta[:2]),
            ", ".join(fixed(100 * beta, 4) for beta in fit.beta[2:]),
            fixed(1e4 * fit.rmse, 3),
        ]
        for fit in model.fits
    ]
    title = f"Fits of {model.record.days[-1]}, every minimum"
    return _table(title, ["speed, 1/year", "level %", "slope %", "curvature %", "rmse bp"], rows)


def _ahead(model: CurveModel) -> Table:
    """Zero rates by quarter."""
    headings = ["day", "overnight", *model.record.names]
    rows = [
        [str(day), *(fixed(100 * rate, 3) for rate in (overnight, *rates))]
        for day, overnight, rates in zip(model.days, model.overnight.tolist(), model.ahead.tolist(), strict=True)
    ]
    return _table(f"\nZero rates ahead by {model.kind}, %", headings, rows)


def _components(model: CurveModel) -> Table:
    """Size, share and weights of the first components."""
    noise = model.noise
    rows = [
        [
            f"PC{k + 1}",
            fixed(1e4 * (variance * DAYS_A_YEAR) ** 0.5, 0),
            fixed(100 * share, 1),
            *(fixed(weight, 2) for weight in weights),
        ]
        for k, (variance, share, weights) in enumerate(
            zip(noise.variance[: model.number], noise.shares, noise.weights, strict=False)
        )
    ]
    return _table("\nComponents of daily moves", ["", "bp a year", "share %", *model.record.names], rows)
