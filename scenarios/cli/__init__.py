"""The command line: one file per command, with its options. `scenarios.commands` has what the commands do.

A command's file is imported when the command is called, or all are asked for their help; heavy imports stay inside the
commands.
"""

from __future__ import annotations

import click

from scenarios.cli.program import Spiral as Spiral
from sim.registry import Registry

COMMANDS = {  # in the order of use
    "run": "scenarios.cli.run:run",
    "list": "scenarios.cli.presets:list_presets",
    "desk": "scenarios.cli.desk:desk",
    "show": "scenarios.cli.show:show",
    "sweep": "scenarios.cli.sweep:sweep",
    "frontier": "scenarios.cli.frontier:frontier",
    "tune": "scenarios.cli.tune:tune",
    "reverse": "scenarios.cli.reverse:reverse",
    "capital": "scenarios.cli.capital:capital",
    "margin": "scenarios.cli.margin:margin",
    "shock": "scenarios.cli.shock:shock",
    "calibrate": "scenarios.cli.calibrate:calibrate",
    "new": "scenarios.cli.new:new",
    "check": "scenarios.cli.check:check",
    "keys": "scenarios.cli.keys:keys",
    "report": "scenarios.cli.report:report",
    "chart": "scenarios.cli.chart:chart",
    "export": "scenarios.cli.export:export",
    "compare": "scenarios.cli.compare:compare",
    "backtest": "scenarios.cli.backtest:backtest",
    "exposure": "scenarios.cli.exposure:exposure",
    "validate": "scenarios.cli.validate:validate",
    "facts": "scenarios.cli.facts:facts",
    "gains": "scenarios.cli.gains:gains",
    "fit": "scenarios.cli.fit:fit",
    "predict": "scenarios.cli.predict:predict",
    "curve": "scenarios.cli.curve:curve",
    "curve-model": "scenarios.cli.curve_model:curve_model",
    "risk": "scenarios.cli.risk:risk",
    "note": "scenarios.cli.note:note",
    "bond": "scenarios.cli.bond:bond",
    "cds": "scenarios.cli.cds:cds",
    "cube": "scenarios.cli.cube:cube",
    "frtb": "scenarios.cli.frtb:frtb",
    "sa-ccr": "scenarios.cli.sa_ccr:sa_ccr",
    "record": "scenarios.cli.record:record",
}


@click.group(
    "spiral",
    cls=Spiral,
    commands=Registry(COMMANDS),
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)
@click.version_option(package_name="spiral-crisis", prog_name="spiral")
def main() -> None:
    """What survival in a liquidity crisis cost a trading desk, and how much of it the desks' own hedging caused.

    Start with `spiral list`, then `spiral run covid_crash_2020`.
    """
