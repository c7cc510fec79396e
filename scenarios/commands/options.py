"""Options that several commands share, and the rule that one is given once. No heavy import."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import date, datetime
from functools import partial, wraps
from pathlib import Path
from typing import Any

import click

from scenarios.commands.prepare import blas_alone
from sim.collector import work
from sim.dataclass import dataclass

TRACEBACK = "SPIRAL_TRACEBACK"  # set in the environment: whole tracebacks too

Command = Callable[..., Any]


class HomePath(click.Path):
    """A path; `~` is the user's home also where no shell replaces it, as in --out=~/runs."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The path."""
        from sim.arguments import at_home

        return at_home(super().convert(value, param, ctx))


FILE = HomePath(path_type=Path)
BOOKS = (".csv", ".txt")  # what a book alone may end with, where a command takes one in place of a scenario
EXOGENOUS = "storyline.anchors=exogenous"  # what --exogenous is short for

DATES = click.option(
    "--dates",
    type=click.Choice(["iso", "mdy", "dmy"]),
    help="Order of dates like 05/02/2022 in the CSV files: month first, day first; iso: neither.",
)
FROM = click.option(
    "--from",
    "since",
    type=click.DateTime(["%Y-%m-%d"]),
    help="First day of the record to replay; what stands before it is what the market remembers.",
)
OWN_RECORD = (
    click.option(
        "--history",
        type=FILE,
        help="Your own record in place of a scenario: CSV of date,spx,vix,overnight,us2y,us10y,ig_oas.",
    ),
    click.option("--book", type=FILE, help="CSV of positions in place of the hedger's book."),
    click.option("--curves", type=FILE, help="Quotes of the first day, CSV or TOML, or a folder of one CSV a day."),
    click.option("--fixings", type=FILE, help="CSV of date, rate: overnight rates before the first day."),
    FROM,
    DATES,
    click.option(
        "--exogenous",
        is_flag=True,
        help="Take the record as the outside world, the desks' impact on top; else that is first taken out of it.",
    ),
)
FLAG = click.option(
    "--as-given",
    is_flag=True,
    help="Take levels, moves and strikes that no market has had; they are said with the results.",
)
SETTINGS = click.option(
    "--set", "settings", metavar="KEY=VALUE", multiple=True, help="Change a key; may be given again."
)
PATHS = click.option("--paths", type=click.IntRange(min=1), help="Monte Carlo paths (default: the scenario's).")
SEED = click.option("--seed", type=click.IntRange(min=0), help="Seed of the noise (default: the scenario's).")
WORKERS = click.option("--workers", type=click.IntRange(min=1), help="Worker processes (default: one a core).")
TRUST = (
    click.option(
        "--trust", is_flag=True, help="Import (and so run) the classes that a file outside the working folder names."
    ),
    click.option(
        "--untrusted",
        is_flag=True,
        help="Import none of them, wherever the file lies, and read nothing outside its folder.",
    ),
)


@dataclass(frozen=True, kw_only=True)
class Record:
    """The values of the options of `own_record`."""

    history: Path | None = None
    book: Path | None = None
    curves: Path | None = None
    fixings: Path | None = None
    dates: str | None = None
    exogenous: bool = False
    since: date | None = None

    @property
    def tables(self) -> dict[str, Path]:
        """The files of a scenario's own tables that are given, by option."""
        given = {"--book": self.book, "--curves": self.curves, "--fixings": self.fixings}
        return {option: file for option, file in given.items() if file is not None}

    @property
    def settings(self) -> tuple[str, ...]:
        """The settings that the options are short for."""
        return (EXOGENOUS,) if self.exogenous else ()


class Once(click.Command):
    """A command that refuses an option given twice, of which only the last would count."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        _, _, order = self.make_parser(ctx).parse_args(args=list(args))
        for i, parameter in enumerate(order):
            takes_one = isinstance(parameter, click.Option) and not (parameter.multiple or parameter.is_flag)
            if takes_one and parameter in order[:i]:
                raise click.UsageError(f"{parameter.opts[0]} is given twice, and only one can be meant", ctx)
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        work()
        return super().invoke(ctx)


class Brief(Once):
    """A command that simulates nothing and is over before Python's collector has anything to do."""

    def invoke(self, ctx: click.Context) -> Any:
        blas_alone()
        return click.Command.invoke(self, ctx)


class Look(Brief):
    """A command that prints what it finds, and that has nothing to find where nothing that it reads has changed.

    The context's object is true where the process is this command's alone.
    """

    def invoke(self, ctx: click.Context) -> Any:
        look = partial(super().invoke, ctx)
        if not ctx.obj:
            return look()
        from scenarios.commands.again import looked_again

        return looked_again(ctx, look)


def as_given(command: Command) -> Command:
    """Give a command the flag `--as-given`, as its argument `as_given`."""
    return FLAG(command)


def as_given_setting(command: Command) -> Command:
    """Give a command with `settings` the flag `--as-given`: it is short for `--set run.as_given=true`."""

    @wraps(command)
    def setting(*args: Any, as_given: bool, settings: tuple[str, ...], **options: Any) -> Any:
        return command(*args, settings=(*settings, "run.as_given=true") if as_given else settings, **options)

    return FLAG(setting)


def own_record(command: Command) -> Command:
    """Give a command the options of a user's own data, --history to --exogenous, as its argument `record`."""

    @wraps(command)
    def packed(
        *args: Any,
        history: Path | None,
        book: Path | None,
        curves: Path | None,
        fixings: Path | None,
        since: datetime | None,
        dates: str | None,
        exogenous: bool,
        **options: Any,
    ) -> Any:
        first = None if since is None else since.date()
        scenario = options.get("scenario")
        if history is None and scenario is not None and Path(scenario).suffix.lower() not in BOOKS:
            there_is(scenario)
        record = Record(
            history=history,
            book=book,
            curves=curves,
            fixings=fixings,
            dates=dates,
            exogenous=exogenous,
            since=first,
        )
        return command(*args, record=record, **options)

    for option in reversed(OWN_RECORD):
        packed = option(packed)
    return packed


def there_is(scenario: str) -> None:
    """Raise UserError for a scenario that there is not, before the command loads what would run it."""
    from scenarios.reading.shipped import find

    find(scenario)


def trusting(command: Command) -> Command:
    """Give a command the flags `--trust` and `--untrusted`, as `trust`; None: the file's folder decides."""

    @wraps(command)
    def decided(*args: Any, trust: bool, untrusted: bool, **options: Any) -> Any:
        if trust and untrusted:
            raise click.UsageError("--trust and --untrusted are given, and only one can be meant")
        return command(*args, trust=True if trust else False if untrusted else None, **options)

    for option in reversed(TRUST):
        decided = option(decided)
    return decided


command = partial(click.command, cls=Once)
brief = partial(click.command, cls=Brief)
looks = partial(click.command, cls=Look)


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
