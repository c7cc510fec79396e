"""Every key of a scenario file, from the parameter dataclasses."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from datetime import date
from types import NoneType
from typing import Any, Literal, get_args, get_origin, get_type_hints

from agents.base import Agent
from agents.hedging.positions import Position
from agents.obligations import Obligation
from markets.spec import Anchor, AssetAnchor, AssetSpec, ShockSpec, StorylineSpec
from scenarios.parameters.classes import KINDS, agent_types, kind_base
from scenarios.parameters.hints import chosen_keys
from scenarios.scenario import RunSpec, Scenario
from sim.dataclass import dataclass

NAME = "NAME"  # stands for the name of an agent, an asset, a node
WRITTEN = ("calibration",)  # tables that only commands write
SIGNS = {"gt": ">", "ge": ">=", "lt": "<", "le": "<=", "max_length": "length <="}


@dataclass(frozen=True, kw_only=True)
class Key:
    """One key: its dotted path, default as TOML writes it ("" when the file must give it), unit, limits and meaning."""

    path: str
    default: str
    unit: str
    limits: str
    help: str
    owner: str = ""  # the agent's type or the policy's kind that has it

    @property
    def name(self) -> str:
        return self.path.rpartition(".")[2]


def all_keys() -> Iterator[Key]:
    """Keys in the order of a scenario file."""
    yield from keys_of(Scenario, "", skip=("assets", "agents", "run", "storyline"))
    yield from keys_of(StorylineSpec, "storyline", skip=("anchor", "shock"))
    yield from keys_of(ShockSpec, "storyline.shock[]")
    yield from keys_of(Anchor, "storyline.anchor[]")
    yield from keys_of(AssetSpec, f"assets.{NAME}", skip=("name", "anchor"))
    yield from keys_of(AssetAnchor, f"assets.{NAME}.anchor[]")
    for name, cls in agent_types().items():
        yield from agent_keys(name, cls)
    for cls in agent_types().values():
        for key, base in chosen_keys(cls).items():
            for kind, chosen in KINDS[base].items():
                yield from kind_keys(kind, chosen, key)
    yield from keys_of(Position, f"agents.{NAME}.book[]", owner="Hedger")
    yield from keys_of(Obligation, f"agents.{NAME}.obligations[]", owner="FundingDesk")
    yield from keys_of(RunSpec, "run")


def agent_keys(name: str, cls: type[Agent]) -> Iterator[Key]:
    """Keys of one type of agent."""
    prefix = f"agents.{NAME}"
    yield Key(path=f"{prefix}.type", default=toml(name), unit="", limits="", help=_first_line(cls), owner=name)
    yield Key(
        path=f"{prefix}.count", default="1", unit="", limits="> 0", help="copies: NAME, NAME-2, NAME-3, ...", owner=name
    )
    yield from keys_of(cls, prefix, owner=name, skip=("name", "book", "policy", "obligations"))


def kind_keys(kind: str, cls: type[Any], key: str) -> Iterator[Key]:
    """Keys of one kind of an object chosen by an agent's key: a hedging policy, a margin model."""
    prefix = f"agents.{NAME}.{key}"
    yield Key(path=f"{prefix}.kind", default=toml(kind), unit="", limits="", help=_first_line(cls), owner=kind)
    yield from keys_of(cls, prefix, owner=kind)


def keys_of(
    cls: type[Any],
    prefix: str,
    *,
    default: Any = None,
    owner: str = "",
    skip: tuple[str, ...] = (),
) -> Iterator[Key]:
    """Keys of a dataclass, nested tables after their own path, also those that may be left out as a whole."""
    hints = get_type_hints(cls)
    for f in dataclasses.fields(cls):
        if f.name in skip:
            continue
        path = f"{prefix}.{f.name}" if prefix else f.name
        value = getattr(default, f.name) if default is not None else _default(f)
        table: Any = get_args(hints[f.name])[-1] if get_origin(hints[f.name]) is dict else None
        if dataclasses.is_dataclass(hints[f.name]):
            yield from keys_of(type(value), path, default=value, owner=owner)
        elif f.name not in WRITTEN and (left_out := _optional_table(hints[f.name])):
            yield from keys_of(left_out, path, owner=owner)
        elif isinstance(table, type) and dataclasses.is_dataclass(table):
            yield from keys_of(table, f"{prefix if f.name == 'further' else path}.{NAME}", owner=owner)
        else:
            meta = f.metadata
            limits = limits_text(hints[f.name], meta)
            yield Key(
                path=path,
                default=toml(value),
                unit=meta.get("unit", ""),
                limits=limits,
                help=meta.get("help", ""),
                owner=owner,
            )


def _optional_table(hint: Any) -> type[Any] | None:
    """The dataclass of a table that may be left out as a whole; None for anything else."""
    inner = get_args(hint)
    if NoneType not in inner:
        return None
    tables = (one for one in inner if isinstance(one, type) and dataclasses.is_dataclass(one))
    return next((one for one in tables if kind_base(one) is None), None)


def limits_text(hint: Any, meta: Mapping[str, Any]) -> str:
    """Allowed values in short: hard limits, plausible bounds, and the amounts that it is compared with.

    meta: of the field, as `sim.params.param` makes it.
    """
    words = [a for h in (hint, *get_args(hint)) if get_origin(h) is Literal for a in get_args(h)]
    if words or meta.get("among"):
        return " | ".join(map(repr, words or meta["among"]))
    limits, plausible, against = meta.get("limits", {}), meta.get("plausible"), meta.get("against", "")
    bounds = [f"plausible {plausible[0]:g} to {plausible[1]:g}"] if plausible is not None else []
    bounds += [f"in proportion to {against}"] if against else []
    return ", ".join([*(f"{SIGNS[k]} {v:g}" for k, v in limits.items()), *bounds])


def toml(value: Any) -> str:
    """A scalar or a list as TOML writes it; "" for nothing."""
    if value is None or value is dataclasses.MISSING:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(value, tuple | list):
        return "[" + ", ".join(toml(item) for item in value) + "]"
    if isinstance(value, date):
        return value.isoformat()
    return number(value) if isinstance(value, float) else str(value)


def number(value: float) -> str:
    """A float as a trader writes it in TOML: 15e9, 0.00005, 20.0."""
    for power in (9, 6):
        if abs(value) >= 10**power:
            return f"{value / 10**power:g}e{power}"
    text = f"{value:.10f}".rstrip("0") if 1e-5 <= abs(value) < 1 else f"{value:g}"
    return text if any(c in text for c in ".e") else text + ".0"


def _default(field: dataclasses.Field[Any]) -> Any:
    return field.default_factory() if field.default_factory is not dataclasses.MISSING else field.default


def _first_line(cls: type[Any]) -> str:
    return (cls.__doc__ or cls.__name__).strip().splitlines()[0]
