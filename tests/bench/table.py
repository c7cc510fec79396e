"""The table of the benchmarks: what against whom, how long each took, what was to be reached."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

from tests.bench.timing import Turns

HEADINGS = ("what", "opponent", "ours", "theirs", "ratio", "turns", "to reach", "reached")
PACKAGES = ("numpy", "numba", "scipy", "simpy", "polars", "QuantLib")
ONCE = 0.25  # share by which two measurements of the same may differ, where there was one only
Verdict = Literal["yes", "no", "unclear"]
WORDS: dict[Verdict | None, str] = {"yes": "yes", "no": "**no**", "unclear": "unclear", None: ""}


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line. `low` and `high` are the interval of the ratio (of the figure, if there is no opponent).

    `reached` is None where a figure is only stated, and "unclear" where the limit lies within the interval.
    """

    what: str
    opponent: str = ""
    ours: float
    theirs: float | None = None
    unit: str = "s"
    ratio: float | None = None
    low: float | None = None
    high: float | None = None
    turns: int = 0
    to_reach: str = "stated"
    reached: Verdict | None = None

    def cells(self) -> Iterator[str]:
        """Text of each column."""
        yield self.what
        yield self.opponent
        yield _number(self.ours, self.unit)
        yield "" if self.theirs is None else _number(self.theirs, self.unit)
        yield "" if self.ratio is None else f"{self.ratio:.3g}x"
        yield self._spread()
        yield self.to_reach
        yield WORDS[self.reached]

    def brief(self) -> str:
        """The ratio, or the figure where there is no opponent, and whether it reaches what is to reach."""
        told = _number(self.ours, self.unit) if self.ratio is None else f"{self.ratio:.3g}x"
        return f"{told} {WORDS[self.reached]}".rstrip()

    def _spread(self) -> str:
        if self.low is None or self.high is None:
            return ""
        if not self.turns:
            return "once"
        if self.ratio is not None:
            return f"{self.low:.3g}x to {self.high:.3g}x ({self.turns})"
        return f"{_number(self.low, self.unit)} to {_number(self.high, self.unit)} ({self.turns})"


def interval(value: float, *, exact: bool = False) -> dict[str, Any]:
    """`low`, `high` and `turns` of a figure: of its turns; without turns a quarter to both sides; nothing if exact."""
    if isinstance(value, Turns) and len(value.turns) > 1:
        low, high = value.interval
        return {"low": low, "high": high, "turns": len(value.turns)}
    return {} if exact else {"low": value * (1 - ONCE), "high": value * (1 + ONCE), "turns": 0}


def verdict(value: float, spread: dict[str, Any], good: Callable[[float], bool]) -> Verdict:
    """Whether a limit is kept at both ends of the interval, at none, or at one."""
    ends = {good(spread.get("low", value)), good(spread.get("high", value))}
    return "unclear" if len(ends) == 2 else "yes" if True in ends else "no"


@dataclass
class Board:
    """The rows of one run of the suite."""

    rows: list[Row] = field(default_factory=list)

    def faster(
        self,
        what: str,
        opponent: str,
        *,
        ours: float,
        theirs: float,
        at_least: float | None = None,
        strictly: bool = False,
        unit: str = "s",
    ) -> None:
        """Times: how many times faster ours is."""
        goal = "stated" if at_least is None else f"{'above' if strictly else 'at least'} {at_least:.3g}x"
        good = None if at_least is None else partial(gt if strictly else ge, limit=at_least)
        self._against(what, opponent, ours, theirs, theirs / ours, goal, good, unit)

    def within(
        self, what: str, opponent: str, *, ours: float, theirs: float, at_most: float | None = None, unit: str = "s"
    ) -> None:
        """Times (or sizes): how many times theirs ours is."""
        goal = "stated" if at_most is None else f"at most {at_most:.3g}x"
        self._against(what, opponent, ours, theirs, ours / theirs, goal, at_most and partial(le, limit=at_most), unit)

    def rate(
        self, what: str, opponent: str, *, ours: float, theirs: float, at_least: float, goal: str, unit: str
    ) -> None:
        """Rates: how many times theirs ours is."""
        self._against(what, opponent, ours, theirs, ours / theirs, goal, partial(ge, limit=at_least), unit)

    def figure(self, what: str, value: float, unit: str, *, at_most: float | None = None, exact: bool = False) -> None:
        """A figure with a limit, or only stated. exact: it is the same in every run (a count, an error, memory)."""
        goal, spread = (
            "stated" if at_most is None else f"at most {_number(at_most, unit)}",
            interval(value, exact=exact),
        )
        reached = None if at_most is None else verdict(value, spread, partial(le, limit=at_most))
        self.rows.append(Row(what=what, ours=float(value), unit=unit, to_reach=goal, reached=reached, **spread))

    def _against(
        self,
        what: str,
        opponent: str,
        ours: float,
        theirs: float,
        ratio: float,
        goal: str,
        good: Callable[[float], bool] | None,
        unit: str,
    ) -> None:
        spread = interval(ratio)
        reached = None if good is None else verdict(ratio, spread, good)
        middle = ratio.middle if isinstance(ratio, Turns) else ratio
        times = {"ours": float(ours), "theirs": float(theirs), "unit": unit, "ratio": float(middle)}
        self.rows.append(Row(what=what, opponent=opponent, **times, to_reach=goal, reached=reached, **spread))

    def markdown(self, **others: Board) -> str:
        """The table as it stands in docs/performance.md; a column more for each of `others`, by name.

        A row that another board does not have is empty there.
        """
        found = [{(row.what, row.opponent): row.brief() for row in board.rows} for board in others.values()]
        beside = ([told.get((row.what, row.opponent), "") for told in found] for row in self.rows)
        cells = [(*row.cells(), *more) for row, more in zip(self.rows, beside, strict=True)]
        lines = [(*HEADINGS, *others), *cells]
        text = [f"| {' | '.join(line)} |" for line in lines]
        text.insert(1, "|" + "---|" * len(lines[0]))
        return "\n".join(text)

    def write(self, place: Path) -> None:
        """The figures and the machine as JSON."""
        place.parent.mkdir(parents=True, exist_ok=True)
        machine = {
            "processor": _processor(),
            "code for": os.environ.get("NUMBA_CPU_NAME") or "this processor",
            "cores": os.cpu_count(),
            "python": platform.python_version(),
            "packages": {name: version(name) for name in PACKAGES},
        }
        place.write_text(json.dumps({"machine": machine, "rows": [asdict(row) for row in self.rows]}, indent=1))


def ge(value: float, limit: float) -> bool:
    return value >= limit


def gt(value: float, limit: float) -> bool:
    return value > limit


def le(value: float, limit: float) -> bool:
    return value <= limit


def _number(value: float, unit: str) -> str:
    if unit == "s" and value < 1:
        return f"{1e3 * value:.3g} ms" if value >= 1e-3 else f"{1e6 * value:.3g} us"
    return f"{value:,.0f} {unit}" if value >= 1000 else f"{value:.3g} {unit}"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), platform.processor())
