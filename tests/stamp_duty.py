"""An engine in which buying an asset costs a stamp duty: `python -m tests.stamp_duty FOLDER [declared]`.

The part of the loss is declared in one place, before anything has read the declaration; then a run and a sweep are
made and looked at. Without `declared` the duty is charged all the same.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from sim.split import Part, Step

DUTY = 0.005  # of the worth of what is bought
NAME, SHORT, LABEL = "stamp_duty", "stamp duty", "Stamp duty on what is bought"
SMALL = {"clock.tick_minutes": 195, "run.witnesses": 4}


def declare() -> None:
    """The one place."""
    from markets import costs

    duty = Part(
        name=NAME,
        columns=(Step(NAME, "Stamp duty"),),
        label=LABEL,
        short=SHORT,
        said="what the state took of every purchase",
        within=costs.LIQUIDITY_TAX,
    )
    costs.TRADING = (*costs.TRADING, duty)


def charge() -> None:
    """Every fill of an asset pays it, to those outside the agents."""
    import numpy as np

    from markets.accounts import INVESTORS
    from markets.venues.stock import Stock

    untaxed = Stock.settle

    def settle(self, taker, filled, *more, **named):
        spread = untaxed(self, taker, filled, *more, **named)
        due = DUTY * self.mid * np.maximum(filled, 0.0)
        self.market.ledger.transfer(due, source=taker, target=INVESTORS, reason=NAME)
        return spread

    Stock.settle = settle


def look(folder: Path) -> None:
    """Make a run and a sweep; write what a user sees of them beside them."""
    from rich.console import Console

    from analysis import charts, open_run, render, summarise, write_report
    from analysis.charts.sweep import draw_sweep
    from analysis.compare import compare
    from analysis.export import run_sheets
    from scenarios import load, run, sweep
    from scenarios.studies.sweeps.loading import sweep_from_dict

    made = run(load("covid_crash_2020", SMALL), paths=4, out=folder / "run", workers=1)
    console = Console(width=160, record=True, file=(folder / "shown.txt").open("w"))
    console.print(render(made))
    write_report(made, folder / "report.html")
    drawn = {name: charts.draw(made, name).to_dict() for name in ("panels", "attribution", "waterfall")}
    axis = {"key": "venue.asset.depth", "values": [2e9, 4e9]}
    spec = {"name": "s", "scenarios": ["covid_crash_2020"], "paths": 2, "settings": SMALL, "axes": {"depth": axis}}
    swept = sweep(sweep_from_dict(spec), out=folder / "sweep", workers=1)
    told = {
        "cost": summarise(made)[NAME].value,
        "charts": drawn,
        "sheet": run_sheets(made)["parts"]["name"].to_list(),
        "compared": compare(made, open_run(folder / "run"))["name"].to_list(),
        "cells": swept.cells.collect()[NAME].to_list(),
        "cell": draw_sweep(swept, "cell_detail").to_dict(),
    }
    (folder / "told.json").write_text(json.dumps(told, default=str))


if __name__ == "__main__":
    if "declared" in sys.argv:
        declare()
    charge()
    look(Path(sys.argv[1]))
