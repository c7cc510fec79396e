"""The table of the benchmarks: what against whom, how long each took, what was to be reached."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path

HEADINGS = ("what", "opponent", "ours", "theirs", "ratio", "to reach", "reached")
PACKAGES = ("numpy", "numba", "scipy", "simpy", "polars", "QuantLib")


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line. `reached` is None where a figure is only stated."""

    what: str
    opponent: str = ""
    ours: float
    theirs: float | None = None
    unit: str = "s"
    ratio: float | None = None
    to_reach: str = "stated"
    reached: bool | None = None

    def cells(self) -> Iterator[str]:
        """Text of each column."""
        yield self.what
        yield self.opponent
        yield _number(self.ours, self.unit)
        yield "" if self.theirs is None else _number(self.theirs, self.unit)
        yield "" if self.ratio is None else f"{self.ratio:.3g}x"
        yield self.to_reach
        yield {True: "yes", False: "**no**", None: ""}[self.reached]


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
        ratio = theirs / ours
        reached = None if at_least is None else (ratio > at_least if strictly else ratio >= at_least)
        goal = "stated" if at_least is None else f"{'above' if strictly else 'at least'} {at_least:.3g}x"
        self._add(
            what=what,
            opponent=opponent,
            ours=ours,
            theirs=theirs,
            unit=unit,
            ratio=ratio,
            to_reach=goal,
            reached=reached,
        )

    def within(
        self, what: str, opponent: str, *, ours: float, theirs: float, at_most: float | None = None, unit: str = "s"
    ) -> None:
        """Times (or sizes): how many times theirs ours is."""
        ratio = ours / theirs
        reached = None if at_most is None else ratio <= at_most
        goal = "stated" if at_most is None else f"at most {at_most:.3g}x"
        self._add(
            what=what,
            opponent=opponent,
            ours=ours,
            theirs=theirs,
            unit=unit,
            ratio=ratio,
            to_reach=goal,
            reached=reached,
        )

    def rate(
        self, what: str, opponent: str, *, ours: float, theirs: float, at_least: float, goal: str, unit: str
    ) -> None:
        """Rates: how many times theirs ours is."""
        ratio = ours / theirs
        self._add(
            what=what,
            opponent=opponent,
            ours=ours,
            theirs=theirs,
            unit=unit,
            ratio=ratio,
            to_reach=goal,
            reached=ratio >= at_least,
        )

    def figure(self, what: str, value: float, unit: str, *, at_most: float | None = None) -> None:
        """A figure with a limit, or only stated."""
        goal = "stated" if at_most is None else f"at most {_number(at_most, unit)}"
        self._add(
            what=what, ours=value, unit=unit, to_reach=goal, reached=None if at_most is None else value <= at_most
        )

    def _add(self, **row: object) -> None:
        self.rows.append(Row(**row))  # type: ignore[arg-type]

    def markdown(self) -> str:
        """The table as it stands in docs/performance.md."""
        lines = [HEADINGS, *(tuple(row.cells()) for row in self.rows)]
        text = [f"| {' | '.join(line)} |" for line in lines]
        text.insert(1, "|" + "---|" * len(HEADINGS))
        return "\n".join(text)

    def write(self, place: Path) -> None:
        """The figures and the machine as JSON."""
        place.parent.mkdir(parents=True, exist_ok=True)
        machine = {
            "processor": _processor(),
            "cores": os.cpu_count(),
            "python": platform.python_version(),
            "packages": {name: version(name) for name in PACKAGES},
        }
        place.write_text(json.dumps({"machine": machine, "rows": [asdict(row) for row in self.rows]}, indent=1))


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
