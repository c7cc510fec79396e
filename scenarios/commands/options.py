"""Options that several commands share, and the rule that one is given once. No heavy import."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from functools import wraps
from pathlib import Path
from typing import Any

import click

Command = Callable[..., Any]

FILE = click.Path(path_type=Path)
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


@dataclass(frozen=True, kw_only=True)
class Record:
    """What the options of `own_record` say."""

    history: Path | None = None
    book: Path | None = None
    dates: str | None = None
    exogenous: bool = False
    since: date | None = None

    @property
    def settings(self) -> tuple[str, ...]:
        """The settings that the options are short for."""
        return (EXOGENOUS,) if self.exogenous else ()


class Once(click.Command):
    """A command that refuses an option given twice, where only the last would count."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        _, _, order = self.make_parser(ctx).parse_args(args=list(args))
        for i, parameter in enumerate(order):
            takes_one = isinstance(parameter, click.Option) and not (parameter.multiple or parameter.is_flag)
            if takes_one and parameter in order[:i]:
                raise click.UsageError(f"{parameter.opts[0]} is given twice, and only one can be meant", ctx)
        return super().parse_args(ctx, args)


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
    """Give a command --history, --book, --from, --dates and --exogenous, as its argument `record`."""

    @wraps(command)
    def packed(
        *args: Any,
        history: Path | None,
        book: Path | None,
        since: datetime | None,
        dates: str | None,
        exogenous: bool,
        **options: Any,
    ) -> Any:
        first = None if since is None else since.date()
        record = Record(history=history, book=book, dates=dates, exogenous=exogenous, since=first)
        return command(*args, record=record, **options)

    for option in reversed(OWN_RECORD):
        packed = option(packed)
    return packed
