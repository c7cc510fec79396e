"""`spiral frontier`: its arguments and options."""

from __future__ import annotations

from typing import Any

import click

from scenarios.cli.program import FAILED, OK
from scenarios.commands.options import FILE, SEED, SETTINGS, as_given_setting, command, own_record, runs_cells


@command()
@click.argument("scenario", required=False)
@click.option("--all", "everything", is_flag=True, help="Every preset in place of SCENARIO.")
@own_record
@click.option("--desks", default="1", show_default=True, help="Numbers of identical desks that run the policy: 1,2,5.")
@click.option(
    "--option-shares", help="Shares of its vega or gamma that the desk buys back with its option leg: 0,0.5,1."
)
@click.option(
    "--risk",
    type=click.Choice(["es_95", "drawdown_es_95", "survival_capital_95", "pnl_sd", "liquidation_rate"]),
    default="es_95",
    show_default=True,
    help="What the mean loss is set against: ES 95 % of the loss or of the drawdown, survival capital (first order), "
    "standard deviation, liquidation.",
)
@click.option("--paths", type=click.IntRange(min=1), help="Monte Carlo paths of a policy (default: the scenario's).")
@SEED
@click.option("--out", type=FILE, help="Folder (default: sweeps/frontier_SCENARIO); one that was begun there goes on.")
@SETTINGS
@as_given_setting
@runs_cells
def frontier(**options: Any) -> int:
    """Run every hedging policy over its range in SCENARIO, or your own record: costs, risks, which to choose.

    With several numbers of desks also what one more desk that runs a policy costs the others. Killed or interrupted,
    the same command goes on where it stopped. Exit code 1: some policies failed.
    """
    from scenarios.commands.frontier import frontier_and_report

    return OK if frontier_and_report(**options) else FAILED
