"""The credit spread: parameters."""

from __future__ import annotations

from typing import Literal

from markets.plausible import POWER
from markets.specs.memory import CreditMemorySpec
from sim.dataclass import dataclass
from sim.params import param


@dataclass(frozen=True, kw_only=True)
class CreditSpec:
    """c = L_c (s/L_vol)^elasticity exp(stress_elasticity * stress), or L_c times the law of the traded path."""

    law: Literal["elasticity", "path_dependent"] = param(
        "elasticity", help="the spread answers vol by `elasticity`, or follows from the whole traded path"
    )
    memory: CreditMemorySpec = param(factory=CreditMemorySpec, help="the path-dependent law of credit")
    elasticity: float = param(0.2, help="ln credit per ln vol above the storyline (eta)", ge=0, plausible=POWER)
    stress_elasticity: float = param(
        0.5, help="ln credit per unit of unmet margin and losses over lines (psi)", ge=0, plausible=POWER
    )
