"""What `sweep.json` holds, key by key; pydantic is imported with this module, so only what reads a manifest does."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from sim.columns import Unit

Text = Annotated[str, Field(min_length=1)]


class Part(BaseModel):
    """A table of the manifest: types are taken as they stand, keys that are not known are left alone."""

    model_config = ConfigDict(strict=True, allow_inf_nan=False)


class Value(Part):
    """A value of an axis, and what results call it."""

    value: Any
    text: str


class Axis(Part):
    """What varies: listed values, or a range."""

    name: Text
    keys: list[str] = []
    apply: Literal["set", "scale"] = "set"
    label: str
    unit: str
    scale: Literal["linear", "log", "category"]
    integer: bool = False
    values: list[Value] | None
    low: float | None
    high: float | None

    @model_validator(mode="after")
    def _a_scale_that_its_values_have(self) -> Axis:
        listed = [value.value for value in self.values or []]
        known = [v for v in (*listed, self.low, self.high) if isinstance(v, int | float)]
        if self.scale == "log" and any(v <= 0 for v in known):
            raise ValueError("a log axis has values above zero")
        return self


class Metric(Part):
    """What charts call a figure, and its unit."""

    label: str
    unit: Unit


class Desk(Part):
    """The desk whose policy a sweep varies, and the keys of that policy that its scenario writes."""

    name: Text
    policy: list[str] = []


class Engine(Part):
    """The engine that ran the cells, and others whose cells were kept."""

    fingerprint: str = ""
    versions: dict[str, str] = {}
    kept: list[str] = []


class Manifest(Part):
    """The whole file."""

    name: Text
    title: str = ""
    description: str = ""
    kind: Literal["sweep", "frontier", "crowding"]
    scenarios: Annotated[list[Text], Field(min_length=1)]
    design: Literal["grid", "list", "latin_hypercube", "sobol", "saltelli"]
    samples: int | None = None
    noise: Literal["common", "fresh"] = "common"
    seed: int | None = None
    paths: int | None = None
    twin: str | None = None
    agent: str | None = None
    keep: bool = False
    settings: dict[str, Any] = {}
    desks: dict[str, Desk] = {}
    axes: Annotated[list[Axis], Field(min_length=1)]
    cells: Annotated[int, Field(ge=0)]
    ids: list[str] = []
    metrics: dict[Text, Metric]
    engine: Engine
    command: str | None = None
    layout: Literal[1, 2] = 1
    generation: Annotated[int, Field(ge=0)] = 0
