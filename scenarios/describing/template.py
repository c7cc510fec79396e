"""A commented scenario file, generated from the parameters themselves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path
from textwrap import fill, wrap
from typing import Any

from agents.hedging.positions import Position
from agents.obligations import Obligation
from agents.policies import POLICIES
from markets.spec import Anchor, StorylineSpec
from scenarios.describing.reference import NAME, Key, agent_keys, keys_of, kind_keys
from scenarios.parameters.classes import agent_types
from scenarios.reading.loading import DEFAULTS
from scenarios.scenario import RunSpec, Scenario
from sim.files import check_new, write_whole

HEAD = """\
# A scenario of Spiral. Keys behind a # show their defaults: take the # away to change one.
# Money in $; rates, spreads and vols as decimals (0.15 is 15 %). `spiral keys` lists all, `spiral check` validates.

name = "{name}"
title = "My crisis"
regime = "what the curve, equities and credit do"
description = \"\"\"
What happens, and to whom.\"\"\"
"""

STORY = """
# --- The storyline: dated levels at the close. The run starts at the first one. ---------------------------------------
# Between the dates spot and vol run log-linearly, rates and credit linearly; a level that is missing is interpolated.
[storyline]
{keys}
anchor = [
    {{ date = 2024-03-01, spot = 5000.00, vol = 0.14, overnight = 0.050, us2y = 0.045, us10y = 0.042, credit = 0.010 }},
    {{ date = 2024-03-15, spot = 4600.00, vol = 0.30, overnight = 0.050, us2y = 0.042, us10y = 0.040, credit = 0.014 }},
    {{ date = 2024-03-28, spot = 4700.00, vol = 0.22, overnight = 0.050, us2y = 0.043, us10y = 0.041, credit = 0.013 }},
]
# Keys of an anchor:
{anchor}
"""

AGENTS = """
# --- The cast: one table for each agent, of any name. `count = 3` makes three alike. ----------------------------------
{types}
# or a class of your own, "package.module:Class": a frozen dataclass derived from agents.base.Agent,
# in this file's folder or installed.
"""

BOOK = """
# Its book: one table for each position. An option has a strike or a moneyness, a quantity or a notional, and an expiry
# or months; so has a future (without a strike: at the forward). The asset itself has its size alone.
# Negative: the desk is short, or pays fixed (swaps).
[[agents.hedger.book]]
kind = "put"
moneyness = 0.95
months = 2
notional = -10e9
# Keys of a position:
{position}
"""

DEBTS = """
# What its hedgers owe one another besides the market: one table for each debt.
# [[agents.treasury.obligations]]
{obligation}
"""

WIDTH = 34  # column at which the comments begin
LONGEST = 190  # characters of a line
MARGIN = "#" + " " * WIDTH + "# "


def template(name: str = "my_crisis") -> str:
    """The text of a scenario file that loads without changes."""
    parts = [HEAD.format(name=name), *_market(), _storyline(), *_cast(), "\n# --- The run " + "-" * 104, "[run]"]
    parts += commented(keys_of(RunSpec, ""))
    return "\n".join(parts) + "\n"


def write_template(path: Path, *, force: bool = False) -> None:
    """Write the template; UserError if the file is there already, or cannot be written."""
    check_new(path, force=force)
    name = (
        "".join(c if (c.isalnum() and c.isascii()) or c in "_-" else "_" for c in path.stem).strip("_-") or "my_crisis"
    )
    write_whole(path, template(name))


def _market() -> Iterator[str]:
    """Tables of clock, market, venues, feedback and credit, all commented defaults."""
    keys = keys_of(
        Scenario, "", skip=("name", "title", "description", "regime", "notes", "storyline", "assets", "agents", "run")
    )
    tables: dict[str, list[Key]] = {}
    for key in keys:
        if NAME not in key.path:  # what only some scenarios have
            tables.setdefault(key.path.rpartition(".")[0], []).append(key)
    for table, members in tables.items():
        if _is_left_out(table):
            continue
        yield f"[{table}]"
        yield from commented(members)
        yield ""


def _is_left_out(table: str) -> bool:
    """Whether a table is not there by default; laws that exclude one another are such."""
    part, *names = table.split(".")
    value: Any = DEFAULTS[part]
    for name in names:
        value = getattr(value, name, None)
    return value is None


def _storyline() -> str:
    anchors = "\n".join(commented(keys_of(StorylineSpec, "", skip=("anchor", "shock", "calibration"))))
    return STORY.format(keys=anchors, anchor="\n".join(commented(keys_of(Anchor, ""))))


CAST = {"MarketMaker": "maker", "Hedger": "hedger", "FundingDesk": "treasury"}  # tables that are not commented out


def _cast() -> Iterator[str]:
    """One agent of each built-in type; those that not every market has are commented out."""
    types = agent_types()
    names = "type: " + ", ".join(f'"{name}"' for name in types)
    yield AGENTS.format(types=fill(names, 120, initial_indent="# ", subsequent_indent="# "))
    for kind, cls in types.items():
        keys = list(agent_keys(kind, cls))
        yield f"# {keys[0].help}"
        in_force = "" if kind in CAST else "# "
        yield f'{in_force}[agents.{CAST.get(kind, kind.lower())}]\n{in_force}type = "{kind}"'
        for nested, members in groupby(keys[1:], key=lambda key: key.path.count(".") > 2):
            yield from commented(members, depth=2 if nested else 1)
        if kind == "Hedger":
            yield from _policies()
            yield BOOK.format(position="\n".join(commented(keys_of(Position, ""))))
        if kind == "FundingDesk":
            yield DEBTS.format(obligation="\n".join(commented(keys_of(Obligation, ""))))
        yield ""


def _policies() -> Iterator[str]:
    yield '\n[agents.hedger.policy]\nkind = "every"\ninterval = "30m"'
    for kind, cls in POLICIES.items():
        first, *others = kind_keys(kind, cls, "policy")
        yield f'# kind = "{kind}": {first.help}'
        yield from commented(key for key in others if key.name != "interval")


def commented(keys: Iterable[Key], depth: int = 1) -> list[str]:
    """`# key = default   # meaning [unit] (limits)`; nested keys keep their last `depth` parts.

    Long limits, such as the names of all products, stand on lines of their own.
    """
    lines = []
    for key in keys:
        name = ".".join(key.path.split(".")[-depth:])
        value = f"# {name} = {key.default}" if key.default else f"# {name} ="
        unit = f" [{key.unit}]" if key.unit else ""
        limits = f" ({key.limits})" if key.limits else ""
        said = f"{value:<{WIDTH}} # {key.help}{unit}"
        if len(said + limits) < LONGEST:
            lines.append((said + limits).rstrip(" #"))
        else:
            lines += [said, *wrap(limits.strip(), 120, initial_indent=MARGIN, subsequent_indent=MARGIN)]
    return lines
