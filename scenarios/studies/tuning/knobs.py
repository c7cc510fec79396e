"""The parameters of a policy that are tuned, each on a scale where a step of one is a step."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from agents.policies import LearnedPolicy

if TYPE_CHECKING:
    from agents.policies import Policy

FIXED = ("interval", "hedge_vol", "hidden")  # chosen, not searched
LEAST = 1e-300  # stands for 0 where a logarithm is taken


@dataclass(frozen=True)
class Knob:
    """One number of a policy. A positive one moves by its logarithm: a step of 1 multiplies it by e."""

    name: str
    at: float  # on the scale of the search
    step: float
    read: Callable[[float], float]


def knobs_of(policy: Policy) -> list[Knob]:
    """What can be tuned: every number of the policy but its interval and vol; of a learned one all weights."""
    if isinstance(policy, LearnedPolicy):
        return [Knob(f"weights[{i}]", weight, 0.25, float) for i, weight in enumerate(policy.filled)]
    found = []
    for field in dataclasses.fields(policy):
        value = getattr(policy, field.name)
        if field.name in FIXED or isinstance(value, bool) or not isinstance(value, int | float):
            continue
        if value > 0:
            found.append(Knob(field.name, math.log(value), 0.7, math.exp))
        else:
            found.append(Knob(field.name, float(value), 0.1, float))
    return found


def turned(policy: Policy, knobs: Sequence[Knob], at: Sequence[float]) -> Policy:
    """The policy with its knobs elsewhere, on the scale of the search."""
    values = [knob.read(float(x)) for knob, x in zip(knobs, at, strict=True)]
    if isinstance(policy, LearnedPolicy):
        return dataclasses.replace(policy, weights=tuple(values))
    changes: dict[str, Any] = dict(zip((knob.name for knob in knobs), values, strict=True))
    return dataclasses.replace(policy, **changes)
