"""Pydantic models of the manifest's keys that readers of a run rely on; other keys are not checked."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    FiniteFloat,
    NonNegativeInt,
    PositiveInt,
    model_validator,
)

from sim.manifest_shape import check_names


def _instant(text: str) -> str:
    datetime.fromisoformat(text)
    return text


def _day(text: str) -> str:
    date.fromisoformat(text)
    return text


Instant = Annotated[str, AfterValidator(_instant)]
Day = Annotated[str, AfterValidator(_day)]
Name = Annotated[str, Field(min_length=1, max_length=20_000)]
Paths = Annotated[int, Field(ge=1, lt=1 << 31)]


class Part(BaseModel):
    """A table of keys: the types of known ones are checked strictly."""

    model_config = ConfigDict(strict=True, extra="allow")


class File(Part):
    """Size and checksum of a file."""

    size: NonNegativeInt
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")] | None = None


class Clock(Part):
    """The run's time."""

    first: Instant
    last: Instant
    ticks: PositiveInt
    days: NonNegativeInt


class Anchor(Part):
    """Levels at the close of a day."""

    date: Day
    spot: FiniteFloat | None = None
    vol: FiniteFloat | None = None
    overnight: FiniteFloat | None = None
    us2y: FiniteFloat | None = None
    us10y: FiniteFloat | None = None
    credit: FiniteFloat | None = None


class Explained(Part):
    """A figure with feedback and without."""

    actual: FiniteFloat
    price_taker: FiniteFloat | None = None  # none in a calibration of an earlier version
    error: FiniteFloat


class Calibration(Part):
    """The result of a calibration, stored with the scenario."""

    paths: PositiveInt
    drawdown: Explained
    vol_peak: Explained
    spread_peak: Explained


class Storyline(Part):
    """The storyline, as a report shows it."""

    anchors: str | None = None
    calibration: Calibration | None = None


class Calendar(Part):
    """Calendar of the scenario's clock."""

    calendar: str | None = None


class Scenario(Part):
    """The scenario, as a report shows it."""

    regime: str | None = None
    description: str | None = None
    clock: Calendar | None = None
    storyline: Storyline | None = None
    agents: dict[str, dict[str, Any]] | None = None


class Timing(Part):
    """How long the run took."""

    seconds: FiniteFloat


class Manifest(Part):
    """`manifest.json`."""

    name: Name
    title: Annotated[str, Field(max_length=20_000)] | None = None
    scenario: Scenario
    seed: NonNegativeInt
    paths: Paths
    witnesses: NonNegativeInt | None = None
    worlds: Annotated[list[Name], Field(min_length=1)]
    twin: str | None = None
    unhedged: str | None = None  # the desk that does not hedge in the world of that name
    versions: dict[str, str] | None = None
    content_hash: str | None = None
    timing: Timing | None = None
    clock: Clock | None = None
    anchors: Annotated[list[Anchor], Field(max_length=100_000)] | None = None
    base: dict[str, FiniteFloat] | None = None
    command: str | None = None
    profile: dict[str, dict[str, FiniteFloat]] | None = None
    digest: str | None = None
    files: dict[str, Annotated[int, Field(ge=0)] | File]

    @model_validator(mode="after")
    def consistent(self) -> Manifest:
        """Raises ValueError unless worlds and files match."""
        check_names(self.worlds, self.files, self.twin, self.unhedged)
        return self
