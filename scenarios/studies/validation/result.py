"""What a validation found: a frame of readings, whether all passed, and the files written from them."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scenarios.studies.validation.case import Case
from scenarios.studies.validation.reading import Reading, Verdict
from sim.files import make_folder, write_whole

if TYPE_CHECKING:
    import polars as pl

PAGE, DATA = "validation.html", "validation.json"
TEXT = ("case", "chapter", "title", "source", "inputs", "statistic", "message")
READING = ("what", "unit", "relation", "exact", "verdict")


@dataclass(frozen=True, kw_only=True)
class CaseResult:
    """One case's readings, its pictures as Vega-Lite specifications, and why it has no readings where it has none."""

    case: Case
    readings: tuple[Reading, ...]
    seconds: float
    message: str = ""
    pictures: tuple[dict[str, Any], ...] = ()

    @property
    def verdict(self) -> Verdict:
        """The worst of its readings."""
        found = {reading.verdict for reading in self.readings}
        order: tuple[Verdict, ...] = ("error", "failed", "skipped")
        return next((verdict for verdict in order if verdict in found), "passed")

    def about(self) -> dict[str, Any]:
        """What is known of the case, for people and scripts."""
        case = self.case
        said = {"case": case.name, "chapter": case.chapter, "title": case.title, "source": case.source}
        return {**said, "inputs": case.inputs, "statistic": case.statistic, "message": self.message}


@dataclass(frozen=True, kw_only=True)
class Validation:
    """The results of the cases that were asked for, in the suite's order. seconds: by the clock on the wall.

    seed: of the repetition, None if every case drew its own noise. generator: of the noise, None for each run's own.
    """

    results: tuple[CaseResult, ...]
    seconds: float
    seed: int | None = None
    generator: str | None = None

    @property
    def passed(self) -> bool:
        """Whether every case passed or was skipped for want of an optional package, and one at least passed."""
        verdicts = {result.verdict for result in self.results}
        return verdicts <= {"passed", "skipped"} and "passed" in verdicts

    @cached_property
    def counts(self) -> dict[str, int]:
        """Cases by verdict, those that came up."""
        return dict(Counter(result.verdict for result in self.results))

    @cached_property
    def frame(self) -> pl.DataFrame:
        """A row per reading: the case's text, expected, got, standard errors, z, allowed, power, verdict, seconds.

        expected_se: of the source; se: of the measurement; allowed: how far apart they may lie, in `unit`; power: the
        relative error that would be seen; seconds: of the whole case.
        """
        import polars as pl

        found = []
        for result in self.results:
            case = {**result.about(), "standard_errors": result.case.standard_errors, "seconds": result.seconds}
            found += [{**case, **reading.row()} for reading in result.readings]
        text = dict.fromkeys((*TEXT, *READING), pl.String())
        numbers = ("expected", "expected_se", "rounding", "got", "se", "z", "allowed", "power")
        kinds = {**text, **dict.fromkeys(("standard_errors", "seconds", *numbers), pl.Float64())}
        columns = ("case", "chapter", "title", "what", "unit", "relation", *numbers, "verdict", "exact")
        rest = ("source", "inputs", "statistic", "message", "standard_errors", "seconds")
        return pl.DataFrame(found, schema={name: kinds[name] for name in (*columns, *rest)})

    def write(self, folder: str | Path) -> Path:
        """Write validation.html (complete in one file) and validation.json (every reading); return the page's path.

        Raises UserError if the folder cannot be written.
        """
        from analysis.pages.validation_page import write_validation

        place = Path(folder)
        make_folder(place)
        pictures = {result.case.name: result.pictures for result in self.results if result.pictures}
        page = write_validation(self.frame, place / PAGE, pictures=pictures, seconds=self.seconds)
        write_whole(place / DATA, json.dumps(self.described(), indent=1, ensure_ascii=False, allow_nan=False))
        return page

    def described(self) -> dict[str, Any]:
        """Everything but the pictures, as JSON has it: what is not finite is null."""
        cases = []
        for result in self.results:
            rows = [{key: finite(value) for key, value in reading.row().items()} for reading in result.readings]
            said = {"verdict": result.verdict, "seconds": round(result.seconds, 2)}
            cases.append({**result.about(), "standard_errors": result.case.standard_errors, **said, "readings": rows})
        summary = {"passed": self.passed, "counts": self.counts, "seconds": round(self.seconds, 2), "seed": self.seed}
        summary |= {} if self.generator is None else {"generator": self.generator}
        return {**summary, "versions": versions(), "cases": cases}


def finite(value: Any) -> Any:
    """The value, None for a number that is not finite."""
    return None if isinstance(value, float) and value - value != 0 else value


def versions() -> dict[str, str]:
    """Versions of Spiral and of the libraries that its numbers depend on."""
    found = {}
    for name in ("spiral-crisis", "numpy", "scipy", "numba", "polars", "simpy"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found
