"""The command line. Heavy imports stay inside the commands: `spiral --help` and `spiral list` answer at once."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import click

from scenarios.commands.options import DATES, FILE, Once, Record, as_given, as_given_setting, own_record
from scenarios.commands.output import complain, finish, lose, make_ready, say
from sim.arithmetic import quieten
from sim.errors import SpiralError, UserError
from sim.signals import exit_code, polite
from sim.text import one_line

OK, FAILED, MISTAKE, SIGNALLED = 0, 1, 2, 128  # exit codes; a signal's is SIGNALLED and its number

TRACEBACK = "SPIRAL_TRACEBACK"  # set in the environment: whole tracebacks too
SWEEP = "sweep.json"  # the manifest of a sweep's folder
TRUST = click.option(
    "--trust", is_flag=True, help="Import (and so run) the classes that a file outside the working folder names."
)


class ReaderGone(Exception):
    """The reader of the output has had enough."""


class Spiral(click.Group):
    """Turns every error into one line and the right exit code; commands are listed in the order of use.

    Called as a program it does so for bugs too; who calls `main` gets those as they are.
    """

    def __call__(self, *args: Any, **extra: Any) -> Any:
        try:
            return self.main(*args, **extra)
        except Exception as error:
            sys.exit(finish(_told(_last_words(error), FAILED)))

    command_class = Once

    def main(self, *args: Any, **extra: Any) -> Any:
        extra["standalone_mode"] = False
        make_ready()
        quieten()
        sys.exit(finish(self._code(*args, **extra)))

    def _code(self, *args: Any, **extra: Any) -> int:
        """The exit code of a command; what went wrong is told."""
        try:
            with polite():
                code = super().main(*args, **extra)
        except UserError as error:
            return _told(f"error: {error}", MISTAKE)
        except click.UsageError as error:
            command = error.ctx.command_path if error.ctx else "spiral"
            return _told(f"error: {error.format_message()} ({command} --help explains)", MISTAKE)
        except click.Abort as error:
            return _told("interrupted: nothing was kept", exit_code(error.__cause__))
        except SpiralError as error:
            return _told(f"failed: {error}", FAILED)
        except ReaderGone:
            lose(sys.stdout)  # the reader of our output has gone, as in `spiral keys | head`
            return OK
        except SystemExit as error:
            if isinstance(error.code, int) and error.code > SIGNALLED:
                return error.code
            return _told(
                f"failed: something left Python (sys.exit({error.code!r})) before the command was done", FAILED
            )
        return code if isinstance(code, int) else OK

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as error:
            raise click.Abort from error  # before click prints an empty line for it
        except BrokenPipeError:
            raise ReaderGone from None  # before click takes it for a failure
        except Exception:
            if os.environ.get(TRACEBACK):
                traceback.print_exc()
            raise

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)


def _told(text: str, code: int) -> int:
    complain(text)
    return code


def _last_words(error: Exception) -> str:
    """What is said of an error that nothing expects."""
    if isinstance(error, OSError) and error.strerror:
        return f"failed: {error.strerror}" + (f": {error.filename}" if error.filename else "")
    if isinstance(error, MemoryError):
        return "failed: out of memory; try fewer paths, or a smaller run.chunk"
    steps = traceback.extract_tb(error.__traceback__)
    place = f" at {Path(steps[-1].filename).name}:{steps[-1].lineno}" if steps else ""
    said = f"{type(error).__name__}: {one_line(str(error))[:300]}{place}"
    return f"bug: {said}; please report it; {TRACEBACK}=1 shows all"


def _whole_traceback(ctx: click.Context, _: click.Parameter, asked: bool) -> None:
    if asked and TRACEBACK not in os.environ:  # workers look there too
        os.environ[TRACEBACK] = "1"
        ctx.find_root().call_on_close(lambda: os.environ.pop(TRACEBACK, None))


# Of every command that runs code of the user's own.
traced = click.option(
    "--traceback",
    is_flag=True,
    expose_value=False,
    callback=_whole_traceback,
    help="Show the whole traceback of an agent or policy that fails.",
)


@click.group("spiral", cls=Spiral, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="spiral-crisis", prog_name="spiral")
def main() -> None:
    """What survival in a liquidity crisis cost a trading desk, and how much of it the desks' own hedging caused.

    Start with `spiral list`, then `spiral run covid_crash_2020`.
    """


@main.command()
@click.argument("scenario", required=False)
@own_record
@click.option("--paths", type=click.IntRange(min=1), help="Monte Carlo paths (default: the scenario's).")
@click.option("--seed", type=click.IntRange(min=0), help="Seed of the noise (default: the scenario's).")
@click.option(
    "--twin",
    type=click.Choice(["price_taker", "frozen", "none"]),
    help="The world to compare with: what desks do leaves no trace; every loop cut; none (nor the unhedged desk's).",
)
@click.option("--unhedged/--no-unhedged", default=None, help="With a twin, also run the desk unhedged (default: yes).")
@click.option(
    "--out",
    type=FILE,
    help="Folder; an earlier run there is replaced (default: runs/NAME-SEED, -2 for another one).",
)
@click.option("--workers", type=click.IntRange(min=1), help="Worker processes (default: one a core).")
@click.option("--witnesses", type=click.IntRange(min=0), help="Paths of which every tick is kept.")
@click.option("--set", "settings", metavar="KEY=VALUE", multiple=True, help="Change a key; may be given again.")
@as_given_setting
@click.option("--no-report", is_flag=True, help="Do not write report.html.")
@click.option("--profile", is_flag=True, help="Also print whose time the run took, by agent and phase.")
@click.option("--quiet", is_flag=True, help="No progress bar and no summary.")
@traced
def run(**options: Any) -> None:
    """Run SCENARIO (a preset's name or a .toml file) or your own record, summarise it, and write its report.

    A record contains the spiral that it suffered: the desks' own impact is taken out of it first, unless --exogenous.
    """
    from scenarios.commands.run import run_and_report

    run_and_report(**options)


@main.command("list")
def list_presets() -> None:
    """The shipped scenarios."""
    from scenarios.reading.shipped import presets

    titles = presets()
    width = max(map(len, titles))
    for name, title in titles.items():
        say(f"{name:<{width}}  {title}")


@main.command()
@click.argument("scenario", required=False)
@own_record
@click.option("--set", "settings", metavar="KEY=VALUE", multiple=True, help="Change a key; may be given again.")
@as_given_setting
@click.option("--chart", type=FILE, help="Also draw the storyline into FILE (.html, .png, .svg, .json).")
@click.option("--density", type=FILE, help="Also draw the densities that the smile implies into FILE, and check them.")
@click.option("--months", type=click.IntRange(min=1), multiple=True, help="Expiries of --density (default: 1, 3, 12).")
@TRUST
def show(
    scenario: str | None,
    record: Record,
    settings: tuple[str, ...],
    chart: Path | None,
    density: Path | None,
    months: tuple[int, ...],
    trust: bool,
) -> None:
    """Explain SCENARIO, or your own record: its storyline, agents, book position by position, and loops."""
    from scenarios.commands.chosen import choose
    from scenarios.commands.look import load_to_look, say_unseen
    from scenarios.commands.show import explain, explain_density

    loaded = choose(scenario, record, settings, load=partial(load_to_look, trust=trust), example="show")
    explain(loaded, chart)
    if density is not None:
        explain_density(loaded, density, months)
    say_unseen(loaded)


# What every command takes that runs cell after cell, in the order of its help.
CELLS = (
    click.option("--workers", type=click.IntRange(min=1), help="Worker processes, a cell each (default: one a core)."),
    click.option("--cluster", metavar="ADDRESS", help="Run cells on this Dask scheduler's workers: tcp://host:8786."),
    click.option("--dry-run", is_flag=True, help="Say how many cells, how long, how much disk; run a few aside."),
    click.option("--retry-failed", is_flag=True, help="Run cells that failed again."),
    click.option(
        "--changed",
        type=click.Choice(["refuse", "recompute", "keep"]),
        default="refuse",
        show_default=True,
        help="Where something else began the folder: recompute what differs; or keep what another engine made.",
    ),
    click.option("--no-report", is_flag=True, help="Do not write the HTML report."),
    click.option("--quiet", is_flag=True, help="No progress bar and no table."),
    traced,
)


def runs_cells(command: Callable[..., int]) -> Callable[..., int]:
    """Give a command the options of `CELLS`."""
    for option in reversed(CELLS):
        command = option(command)
    return command


@main.command()
@click.argument("file", type=FILE)
@own_record
@click.option("--out", type=FILE, help="Folder of the sweep (default: sweeps/NAME); one that was begun there goes on.")
@click.option("--paths", type=click.IntRange(min=1), help="Monte Carlo paths of a cell (default: the file's).")
@click.option("--seed", type=click.IntRange(min=0), help="Seed of the noise and of samples (default: the file's).")
@click.option("--keep", is_flag=True, default=None, help="Keep each cell's own dataset.")
@as_given
@runs_cells
def sweep(**options: Any) -> int:
    """Run every cell of a sweep FILE (.toml): scenarios over axes of parameters.

    --history puts your own record in the place of the file's scenarios, in sweeps/NAME_RECORD.
    Killed or interrupted at any moment, the same command goes on where it stopped. Exit code 1: some cells failed.
    """
    from scenarios.commands.sweep import sweep_and_report

    return OK if sweep_and_report(**options) else FAILED


@main.command()
@click.argument("scenario", required=False)
@click.option("--all", "everything", is_flag=True, help="Every preset in place of SCENARIO.")
@own_record
@click.option("--desks", default="1", show_default=True, help="Numbers of identical desks that run the policy: 1,2,5.")
@click.option(
    "--risk",
    type=click.Choice(["es_95", "drawdown_es_95", "survival_capital_95", "pnl_sd", "liquidation_rate"]),
    default="es_95",
    show_default=True,
    help="What the mean loss is set against: ES 95 % of the loss or of the drawdown, survival capital (first order), "
    "standard deviation, liquidation.",
)
@click.option("--paths", type=click.IntRange(min=1), help="Monte Carlo paths of a policy (default: the scenario's).")
@click.option("--seed", type=click.IntRange(min=0), help="Seed of the noise (default: the scenario's).")
@click.option("--out", type=FILE, help="Folder (default: sweeps/frontier_SCENARIO); one that was begun there goes on.")
@click.option("--set", "settings", metavar="KEY=VALUE", multiple=True, help="Change a key; may be given again.")
@as_given_setting
@runs_cells
def frontier(**options: Any) -> int:
    """Run every hedging policy over its range in SCENARIO, or your own record: costs, risks, which to choose.

    With several numbers of desks also what one more desk that runs a policy costs the others. Killed or interrupted,
    the same command goes on where it stopped. Exit code 1: some policies failed.
    """
    from scenarios.commands.frontier import frontier_and_report

    return OK if frontier_and_report(**options) else FAILED


@main.command()
@click.argument("scenario", required=False)
@own_record
@click.option("--level", "levels", type=float, multiple=True, help="Share of paths (default: 0.95 and 0.99).")
@click.option("--agent", help="The hedger whose capital it is (default: the first by name).")
@click.option("--paths", type=click.IntRange(min=1), help="Monte Carlo paths (default: the scenario's).")
@click.option("--seed", type=click.IntRange(min=0), help="Seed of the noise (default: the scenario's).")
@click.option("--workers", type=click.IntRange(min=1), help="Worker processes (default: one a core).")
@click.option("--set", "settings", metavar="KEY=VALUE", multiple=True, help="Change a key; may be given again.")
@as_given_setting
@click.option("--out", type=FILE, help="Folder of capital.html and capital.csv (default: runs/NAME-SEED-capital).")
@click.option("--quiet", is_flag=True, help="No progress and no table.")
@traced
def capital(**options: Any) -> None:
    """Find the capital with which 95 and 99 % of SCENARIO's paths (or your own record's) are never reduced by force.

    Runs the scenario with one capital of the desk after another, on the same random numbers.
    """
    from scenarios.commands.capital import search_and_show

    search_and_show(**options)


@main.command()
@click.argument("scenario", required=False)
@own_record
@click.option(
    "--out", type=FILE, help="File to write (default: SCENARIO itself; NAME.calibrated.toml for a preset or a record)."
)
@click.option("--force", is_flag=True, help="Replace another file that is there.")
@click.option("--paths", type=click.IntRange(min=100), help="Monte Carlo paths of the last rounds (default: 16384).")
@click.option("--workers", type=click.IntRange(min=1), help="Worker processes (default: one a core).")
@as_given
@click.option("--quiet", is_flag=True, help="No progress bar and no tables.")
def calibrate(scenario: str | None, **options: Any) -> None:
    """Take the desks' own impact out of SCENARIO's anchors, so that its median path passes through the record.

    Writes the outside world that it finds into the scenario's file. With --history it is your own record, as a file.
    """
    from scenarios.commands.calibrate import calibrate_and_write

    calibrate_and_write(scenario, **options)


@main.command()
@click.argument("file", type=FILE, default=Path("scenario.toml"))
@own_record
@click.option("--set", "settings", metavar="KEY=VALUE", multiple=True, help="With --history: change a key.")
@as_given_setting
@click.option("--force", is_flag=True, help="Replace the file if it is there.")
def new(**options: Any) -> None:
    """Write a commented scenario FILE (default: scenario.toml) with every key, its unit, default and meaning.

    With --history it is that of your own record, and runs to the same tables as `spiral run --history` with the same
    options.
    """
    from scenarios.commands.new import write_and_say

    write_and_say(**options)


@main.command()
@click.argument("file", type=FILE, required=False)
@own_record
@click.option("--set", "settings", metavar="KEY=VALUE", multiple=True, help="Change a key; may be given again.")
@as_given_setting
@TRUST
def check(**options: Any) -> None:
    """Validate a scenario FILE (or a preset) or a record, with a book of your own or without, before you run it.

    Whatever `spiral run` would refuse is refused, and what was assumed is said.
    """
    from scenarios.commands.check import check_and_say

    check_and_say(**options)


@main.command()
@click.argument("prefix", required=False, default="")
def keys(prefix: str) -> None:
    """Every key of a scenario file (that begins with PREFIX): default, unit, limits, meaning."""
    from scenarios.commands.show import print_keys

    print_keys(prefix)


@main.command()
@click.argument("folder", type=FILE)
@click.option(
    "--verify", is_flag=True, help="Of a run: first compare every file with its checksum, not only those read."
)
def report(folder: Path, verify: bool) -> None:
    """Rebuild the summary and the report of a finished run, sweep or frontier from its FOLDER."""
    from scenarios.commands import run, sweep

    if not os.path.isfile(folder / SWEEP):
        run.rebuild(folder, verify=verify)
    elif verify:
        raise UserError(
            "--verify is for the folder of a run", place=str(folder), value="a sweep", remedy="leave it out"
        )
    else:
        sweep.rebuild(folder)


@main.command()
@click.argument("folder", type=FILE)
@click.argument("name")
@click.argument("file", type=FILE)
@click.option("--agent", help="Of a run: the desk to draw (default: the first hedger; 'all' adds them up).")
@click.option("--world", default="actual", show_default=True, help="Of a run: the world to draw.")
@click.option("--metric", default="cost_of_survival", show_default=True, help="Of a sweep: the figure to draw.")
@click.option("--scenario", help="Of a sweep: the scenario to draw (default: its first).")
def chart(
    folder: Path, name: str, file: Path, agent: str | None, world: str, metric: str, scenario: str | None
) -> None:
    """Draw chart NAME of a finished run, or of a sweep, in FOLDER to FILE: .png, .svg, .html or .json.

    Of a run: panels, waterfall, twin_difference, attribution, distribution, storyline, phase_portrait, loop_gain,
    margin_calls or liquidity. Of a sweep: line, heat_map, tornado, sobol or cell_detail; of policies: frontier (against
    the risk --metric), crowding or appetites.
    """
    from scenarios.commands import run, sweep

    if os.path.isfile(folder / SWEEP):
        sweep.draw(folder, name, file, metric, scenario)
    else:
        run.draw(folder, name, file, agent, world)


@main.command()
@click.argument("folder", type=FILE)
@click.argument("file", type=FILE)
@click.option("--agent", help="Of a run: the desk (default: the first hedger; 'all' adds them up).")
@click.option("--sheet", help="The one sheet that a .csv FILE holds (default: figures; of a sweep: cells).")
@click.option("--force", is_flag=True, help="Replace a file that is there and is not as Spiral wrote it.")
def export(folder: Path, file: Path, agent: str | None, sheet: str | None, force: bool) -> None:
    """Write the tables of a finished run, sweep or frontier in FOLDER for a spreadsheet: FILE.xlsx, FILE.csv (one
    sheet), or a folder of CSV files.

    Of a run: figures with units and errors, parts of the cost, attribution, worst closes, book, daily medians and
    quantiles. Of a sweep: its cells; of policies also their frontier.
    """
    from scenarios.commands.export import export as write

    write(folder, file, agent=agent, sheet=sheet, force=force)


@main.command()
@click.argument("first")
@click.argument("second", required=False)
@click.option("--worlds", metavar="A,B", help="Two worlds of the run FIRST in place of SECOND: actual,frozen.")
@click.option("--agent", help="The desk (default: the first hedger; 'all' adds them up).")
@click.option("--out", type=FILE, help="Also write the comparison as a page, FILE.html.")
@click.option("--force", is_flag=True, help="Replace the file of --out though it is not as Spiral wrote it.")
@click.option("--keep", is_flag=True, help="Keep the runs of scenarios, in runs/NAME-SEED.")
@click.option("--paths", type=click.IntRange(min=1), help="Of scenarios: Monte Carlo paths (default: the smaller).")
@click.option("--seed", type=click.IntRange(min=0), help="Of scenarios: seed of both (default: the first one's).")
@click.option("--workers", type=click.IntRange(min=1), help="Worker processes (default: one a core).")
@click.option("--quiet", is_flag=True, help="No progress bar.")
@traced
def compare(**options: Any) -> None:
    """FIRST and SECOND side by side: folders of runs, or scenarios (a preset's name, a .toml file), which are run on
    the same random numbers first.

    Runs of one seed are compared on the paths that both have, differences of averages path by path.
    """
    from scenarios.commands.compare import compare_and_show

    compare_and_show(**options)


@main.command()
@click.argument("names", metavar="[NAME]...", nargs=-1)
@click.option("--fast", is_flag=True, help="Only the cases that take a few seconds.")
@click.option("--list", "listed", is_flag=True, help="Name the cases and their sources; run none.")
@click.option("--out", type=FILE, help="Folder of validation.html and validation.json (default: runs/validation).")
@click.option("--workers", type=click.IntRange(min=1), help="Worker processes (default: one a core).")
@click.option("--seed", type=click.IntRange(min=0), help="Repeat every case on other noise (default: its own seeds).")
@click.option("--quiet", is_flag=True, help="No progress bar and no table.")
def validate(**options: Any) -> int:
    """Reproduce known answers from the literature through the engine: all, or the cases and chapters NAME.

    Exit code 0: every reading lies within its standard errors; 1: some do not.
    """
    from scenarios.commands.validate import validate_and_report

    return OK if validate_and_report(**options) else FAILED


@main.command()
@click.argument("scenario", required=False)
@own_record
@click.option("--loops", is_flag=True, help="Also every feedback loop alone, and every loop left out.")
@click.option(
    "--years",
    type=click.IntRange(min=1, max=50),
    help="Run on from the start for so long with nothing told, and set each path beside ten years of the S&P 500.",
)
@click.option("--alone", is_flag=True, help="With --years: the market without its cast.")
@click.option(
    "--paths", type=click.IntRange(min=1), help="Monte Carlo paths (default: the scenario's; with --years at most 200)."
)
@click.option("--seed", type=click.IntRange(min=0), help="Seed of the noise (default: the scenario's).")
@click.option(
    "--witnesses", type=click.IntRange(min=1), help="Paths whose ticks are measured (default: 200; with --years none)."
)
@click.option("--workers", type=click.IntRange(min=1), help="Worker processes (default: one a core).")
@click.option("--set", "settings", metavar="KEY=VALUE", multiple=True, help="Change a key; may be given again.")
@as_given_setting
@click.option("--out", type=FILE, help="Folder for facts.html and CSV files.")
@click.option("--quiet", is_flag=True, help="No progress bar and no tables.")
def facts(**options: Any) -> None:
    """Stylised facts of SCENARIO's returns, or your own record's: tails, memory, asymmetry; with feedback, without.

    Variance of ticks, hours and weeks over days, Zumbach and leverage effects, implied and realised vol among them.
    With --years each path of a long run that is told nothing is set beside ten years of the S&P 500.
    """
    from scenarios.commands.facts import print_facts

    print_facts(**options)


@main.command()
@click.argument("histories", type=FILE, nargs=-1, required=True, metavar="HISTORY.csv...")
@click.option(
    "--rho", type=float, help="Correlation of spot and vol shocks, which no daily record tells (default: market.rho's)."
)
@click.option("--out", type=FILE, help="Also write the parameters as the keys of a scenario file, FILE.toml.")
@click.option("--force", is_flag=True, help="Replace the file of --out if it is there.")
@click.option(
    "--law",
    type=click.Choice(["auto", "leverage", "path_dependent"]),
    default="auto",
    show_default=True,
    help="auto: also path-dependent laws, from a history of 1,000 days.",
)
@click.option(
    "--draws",
    type=click.IntRange(min=0),
    default=100,
    show_default=True,
    help="Repetitions behind the path laws' errors; 0: none.",
)
@click.option(
    "--window",
    "windows",
    metavar="FIRST:LAST",
    multiple=True,
    help="A crisis that the path laws are tested on without it (default: the ten deepest falls).",
)
@click.option(
    "--clock",
    type=click.Choice(["closes", "sessions", "ticks"]),
    default="closes",
    show_default=True,
    help="Which returns the path laws square.",
)
@click.option("--quiet", is_flag=True, help="No progress bar.")
@click.option("--calendar", default="XNYS", show_default=True, help="Exchange whose trading days the histories have.")
@DATES
@as_given
def fit(histories: tuple[Path, ...], rho: float | None, out: Path | None, **options: Any) -> None:
    """Estimate the market's parameters from daily histories, with standard errors.

    Columns date,spx,vix and any of overnight,us2y,us10y,ig_oas; spx in points, the rest in percent. Several histories
    are shown one by one and pooled. A history of 1,000 days also gives the path-dependent laws of vol and credit; its
    vix and ig_oas may be blank for weeks, and spx_open,spx_high,spx_low tell which clock they have.
    """
    from scenarios.commands.fit import fit_and_show

    fit_and_show(histories, rho, out, **options)


@main.command()
@click.argument("history", type=FILE, metavar="HISTORY.csv")
@click.option("--from", "since", type=click.DateTime(["%Y-%m-%d"]), help="First day; earlier rows are remembered.")
@click.option("--to", "until", type=click.DateTime(["%Y-%m-%d"]), help="Last day (default: the history's).")
@click.option("--paths", type=click.IntRange(min=20), default=512, show_default=True, help="Monte Carlo paths.")
@click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True, help="Seed of the noise.")
@click.option("--workers", type=click.IntRange(min=1), help="Worker processes (default: one a core).")
@click.option("--calendar", help="Exchange whose trading days the history has (default: XNYS).")
@click.option("--chart", type=FILE, help="Also draw it into FILE (.html, .png, .svg, .json).")
@click.option("--out", type=FILE, help="Also write the days into FILE.csv.")
@click.option("--force", is_flag=True, help="Replace the file of --out if it is there.")
@DATES
@as_given
@click.option("--quiet", is_flag=True, help="No progress bar and no notes.")
def predict(**options: Any) -> None:
    """Vol and credit that the laws make of HISTORY's closes alone, beside what its vix and ig_oas say.

    Columns date,spx and, to compare with, vix and ig_oas; vol and credit are given on the first day only. No agents
    trade: whatever vol and credit do is the market's own answer to the price path.
    """
    from scenarios.commands.predict import predict_and_show

    predict_and_show(**options)


@main.command()
@click.argument("scenario")
@click.argument("history", type=FILE, metavar="HISTORY.csv")
@click.option("--paths", type=click.IntRange(min=1), help="Monte Carlo paths (default: the scenario's).")
@click.option("--seed", type=click.IntRange(min=0), help="Seed of the noise (default: the scenario's).")
@click.option("--world", default="actual", show_default=True, help="The world to compare: actual, or the twin's name.")
@click.option("--workers", type=click.IntRange(min=1), help="Worker processes (default: one a core).")
@click.option("--set", "settings", metavar="KEY=VALUE", multiple=True, help="Change a key; may be given again.")
@click.option("--calendar", help="Exchange whose trading days the history has (default: the scenario's).")
@as_given_setting
@click.option("--chart", type=FILE, help="Also draw it into FILE (.html, .png, .svg, .json).")
@DATES
@click.option("--markdown", is_flag=True, help="Print the table for a page.")
@click.option("--quiet", is_flag=True, help="No progress bar.")
def record(**options: Any) -> None:
    """Compare SCENARIO (a preset, a .toml file, or the folder of a finished run) with the daily history of its crisis.

    Realised vol, its variance within days and over weeks, drawdown, peak vol, and the same-day response of vol and
    credit, of the record and of every path, and published measurements of depth, spread and margin beside the
    ensemble's. HISTORY.csv: date,spx,vix and any of ig_oas, hy_oas, and the day's spx_open,spx_high,spx_low.
    """
    from scenarios.commands.record import compare_and_show

    compare_and_show(**options)
