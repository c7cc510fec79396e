"""What can be changed with a slider: keys of a scenario with what their declarations say of them."""

from __future__ import annotations

import dataclasses
import json
import math
import types
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Union, get_args, get_origin, get_type_hints

from agents.hedging.hedger import Hedger
from agents.making.market_maker import MarketMaker
from agents.policies import Policy
from markets.plausible import FACTOR
from scenarios.parameters.classes import KINDS
from scenarios.scenario import Scenario, type_name

if TYPE_CHECKING:
    from collections.abc import Mapping

AROUND = 20.0  # a slider without a range of its own goes from the value over this to the value times this
MOST_LINEAR = 100.0  # of the highest to the lowest: beyond it a slider is logarithmic
VENUE_KEYS = ("depth", "half_spread", "impact")
MOST_AGENTS = 8  # of a kind, whose capital has a slider


@dataclass(frozen=True, kw_only=True)
class Knob:
    """A key that a browser may change.

    value, default: as a form shows them, "" for none. low, high: ends of its slider, None where it has none; log: it is
    logarithmic. choices: the values allowed, empty for any. limits: in words.
    """

    key: str
    name: str
    help: str
    unit: str
    value: str
    default: str
    low: float | None = None
    high: float | None = None
    log: bool = False
    choices: tuple[str, ...] = ()
    limits: str = ""
    number: bool = True


@dataclass(frozen=True, kw_only=True)
class Group:
    """Knobs under one heading."""

    title: str
    knobs: tuple[Knob, ...]


@dataclass(frozen=True, kw_only=True)
class PolicyKnobs:
    """The choice of a policy: its key, the kind now, and the knobs of every kind."""

    key: str
    agent: str
    kind: str
    kinds: dict[str, tuple[str, tuple[Knob, ...]]]  # by kind: what it does, and its knobs


def hedgers(scenario: Scenario) -> list[str]:
    """Names of the desks whose policy can be changed."""
    return sorted(agent.name for agent in scenario.agents if isinstance(agent, Hedger))


def policy_knobs(scenario: Scenario, agent: str | None) -> PolicyKnobs | None:
    """The policy of a hedger (default: the first by name), None without one."""
    names = hedgers(scenario)
    if not names:
        return None
    name = agent if agent in names else names[0]
    now = scenario.agent(name).policy  # type: ignore[attr-defined]
    key, kinds = f"agents.{name}.policy", {}
    for kind, cls in KINDS[Policy].items():
        if type(now) is not cls and not _plain(cls):
            continue  # a learned policy has weights that nobody types
        spec = now if type(now) is cls else cls()
        said = (cls.__doc__ or "").strip().partition("\n")[0]
        kinds[kind] = (said, tuple(_knobs(spec, key)))
    return PolicyKnobs(key=key, agent=name, kind=type_name(type(now)), kinds=kinds)


def groups(scenario: Scenario) -> list[Group]:
    """Capital, venues and loops of a scenario."""
    found = []
    for title, kind in (("Capital of desks", Hedger), ("Capital of market makers", MarketMaker)):
        agents = [agent for agent in scenario.agents if isinstance(agent, kind)][:MOST_AGENTS]
        knobs = [
            dataclasses.replace(knob, name=agent.name)
            for agent in agents
            for knob in _knobs(agent, f"agents.{agent.name}", only=("capital",))
        ]
        found.append(Group(title=title, knobs=tuple(knobs)))
    for name, venue in scenario.venue.by_name().items():
        knobs = list(_knobs(venue, f"venue.{name}", only=VENUE_KEYS))
        found.append(Group(title=f"Venue {name}", knobs=tuple(knobs)))
    found.append(Group(title="Feedback loops", knobs=tuple(_knobs(scenario.feedback, "feedback"))))
    return [group for group in found if group.knobs]


def _plain(cls: type[Any]) -> bool:
    """Whether all its parameters have a default, and a form can hold them."""
    hints = get_type_hints(cls)
    return all(not _required(f) and _kinds(hints[f.name])[0] for f in dataclasses.fields(cls))


def _required(f: dataclasses.Field[Any]) -> bool:
    return f.default is dataclasses.MISSING and f.default_factory is dataclasses.MISSING


def _knobs(spec: Any, above: str, only: tuple[str, ...] = ()) -> Iterator[Knob]:
    """Of the fields of a parameter dataclass that are a number, a word or a switch."""
    hints = get_type_hints(type(spec))
    for f in dataclasses.fields(spec):
        if (only and f.name not in only) or f.name in ("name", "import_path"):
            continue
        kinds, choices = _kinds(hints[f.name])
        if not kinds:
            continue
        value, default = getattr(spec, f.name), None if _required(f) else f.default
        numeric = bool(kinds & {int, float})
        low, high, log = _slider(f, value) if numeric else (None, None, False)
        yield Knob(
            key=f"{above}.{f.name}",
            name=f.name.replace("_", " "),
            help=f.metadata.get("help", ""),
            unit=f.metadata.get("unit", ""),
            value=shown(value),
            default="" if default is dataclasses.MISSING else shown(default),
            low=low,
            high=high,
            log=log,
            choices=choices,
            limits=_limits(f.metadata),
            number=numeric,
        )


def _kinds(hint: Any) -> tuple[set[Any], tuple[str, ...]]:
    """The plain types that a hint allows, and its choices; nothing where it is more than one value."""
    if get_origin(hint) in (Union, types.UnionType):
        inner = [each for each in get_args(hint) if each is not type(None)]
        return _kinds(inner[0]) if len(inner) == 1 else (set(), ())
    if get_origin(hint) is Literal:
        return {str}, tuple(str(each) for each in get_args(hint))
    if hint is bool:
        return {bool}, ("true", "false")
    return ({hint}, ()) if hint in (int, float, str) else (set(), ())


def _slider(f: dataclasses.Field[Any], value: Any) -> tuple[float | None, float | None, bool]:
    """Ends of the slider of a number, and whether it is logarithmic."""
    limits, plausible = f.metadata.get("limits", {}), f.metadata.get("plausible")
    if plausible == FACTOR:  # a loop: cut, as calibrated, doubled
        return 0.0, max(2.0, 2 * float(value or 0.0)), False
    low, high = plausible or (limits.get("ge", limits.get("gt")), limits.get("le", limits.get("lt")))
    if value is None or not value:
        return (None, None, False) if low is None or high is None else _scaled(float(low), float(high))
    size = abs(float(value))
    near, far = size / AROUND, size * AROUND
    if low is not None and high is not None and high <= MOST_LINEAR * max(low, 1e-300):
        return _scaled(float(low), float(high))
    low = near if low is None else max(float(low), near)
    return _scaled(low, far if high is None else min(float(high), far))


def _scaled(low: float, high: float) -> tuple[float, float, bool]:
    return low, high, low > 0 and high / low > MOST_LINEAR / 2


def _limits(metadata: Mapping[str, Any]) -> str:
    """`plausible` and `against`, in words."""
    bounds, against = metadata.get("plausible"), metadata.get("against")
    if bounds is not None:
        return f"plausible: {shown(bounds[0])} to {shown(bounds[1])}"
    return f"in proportion to {against}" if against else ""


def shown(value: Any) -> str:
    """A value as a form has it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:.10g}".replace("e+", "e") if math.isfinite(value) else ""
    return str(value)


# --- from a form to settings -----------------------------------------------------------------------------------------
def settings(scenario: Scenario, agent: str | None, typed: Mapping[str, str]) -> tuple[str, ...]:
    """`KEY=VALUE` of every knob that a form has at another value than the scenario. typed: by key.

    The policy's kind stands at its key and `.kind`; the parameters of each kind at `KEY:KIND.parameter`.
    """
    found = []
    for group in groups(scenario):
        found += [setting(knob, typed[knob.key]) for knob in group.knobs if _moved(knob, typed.get(knob.key))]
    policy = policy_knobs(scenario, agent)
    if policy is None:
        return tuple(found)
    kind = typed.get(f"{policy.key}.kind", policy.kind)
    if kind not in policy.kinds:
        return (*found, f"{policy.key}.kind={kind}") if kind != policy.kind else tuple(found)
    knobs = policy.kinds[kind][1]
    given = {knob.key: typed.get(f"{policy.key}:{kind}.{knob.key.rpartition('.')[2]}") for knob in knobs}
    moved = [knob for knob in knobs if _moved(knob, given[knob.key])]
    if kind == policy.kind:
        return (*found, *(setting(knob, given[knob.key] or "") for knob in moved))
    pairs = [f"{knob.key.rpartition('.')[2]} = {_toml(knob, given[knob.key] or '')}" for knob in moved]
    return (*found, f"{policy.key}={{ {', '.join([f'kind = {json.dumps(kind)}', *pairs])} }}")


def setting(knob: Knob, text: str) -> str:
    """`KEY=VALUE` of a knob."""
    return f"{knob.key}={_toml(knob, text)}"


def _moved(knob: Knob, text: str | None) -> bool:
    return text is not None and text.strip() not in ("", knob.value)


def _toml(knob: Knob, text: str) -> str:
    """What was typed as TOML has it: numbers and switches bare, words in quotes."""
    bare = text.strip()
    if knob.number:
        try:
            float(bare)
        except ValueError:
            return json.dumps(bare)
        return bare.lower().lstrip("+") if bare[:1] != "." else f"0{bare}"
    return bare if knob.choices == ("true", "false") else json.dumps(bare)
