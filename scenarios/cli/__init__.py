"""The command line: one file per command, with its options. `scenarios.commands` has what the commands do.

Heavy imports stay inside the commands: `spiral --help` and `spiral list` answer at once.
"""

from __future__ import annotations

import click

from scenarios.cli.backtest import backtest
from scenarios.cli.bond import bond
from scenarios.cli.calibrate import calibrate
from scenarios.cli.capital import capital
from scenarios.cli.cds import cds
from scenarios.cli.chart import chart
from scenarios.cli.check import check
from scenarios.cli.compare import compare
from scenarios.cli.cube import cube
from scenarios.cli.curve import curve
from scenarios.cli.curve_model import curve_model
from scenarios.cli.desk import desk
from scenarios.cli.export import export
from scenarios.cli.exposure import exposure
from scenarios.cli.facts import facts
from scenarios.cli.fit import fit
from scenarios.cli.frontier import frontier
from scenarios.cli.frtb import frtb
from scenarios.cli.gains import gains
from scenarios.cli.keys import keys
from scenarios.cli.margin import margin
from scenarios.cli.new import new
from scenarios.cli.note import note
from scenarios.cli.predict import predict
from scenarios.cli.presets import list_presets
from scenarios.cli.program import Spiral as Spiral
from scenarios.cli.record import record
from scenarios.cli.report import report
from scenarios.cli.reverse import reverse
from scenarios.cli.risk import risk
from scenarios.cli.run import run
from scenarios.cli.sa_ccr import sa_ccr
from scenarios.cli.shock import shock
from scenarios.cli.show import show
from scenarios.cli.sweep import sweep
from scenarios.cli.tune import tune
from scenarios.cli.validate import validate


@click.group("spiral", cls=Spiral, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="spiral-crisis", prog_name="spiral")
def main() -> None:
    """What survival in a liquidity crisis cost a trading desk, and how much of it the desks' own hedging caused.

    Start with `spiral list`, then `spiral run covid_crash_2020`.
    """


for _command in (
    run,
    list_presets,
    desk,
    show,
    sweep,
    frontier,
    tune,
    reverse,
    capital,
    margin,
    shock,
    calibrate,
    new,
    check,
    keys,
    report,
    chart,
    export,
    compare,
    backtest,
    exposure,
    validate,
    facts,
    gains,
    fit,
    predict,
    curve,
    curve_model,
    risk,
    note,
    bond,
    cds,
    cube,
    frtb,
    sa_ccr,
    record,
):  # in the order of use
    main.add_command(_command)
