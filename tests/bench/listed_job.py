"""Covid with 60 listed options: simulate PATHS with CASE, and print peak memory (KiB); run as a script."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any, Literal

from scenarios.scenario import Scenario
from scenarios.worlds.blueprint import draw_up
from tests.bench.scale_job import peak_resident, simulate
from tests.bench.worlds import covid

Case = Literal["none", "idle", "hedged"]
MONTHS, MONEYNESS = (1, 2, 3, 4, 6, 9), (70, 75, 80, 85, 90, 95, 100, 105, 110, 115)  # % of spot
HEDGES = ["o3_100", "o6_90"]  # at the money in three months, 90 % in six


def listed(case: Case, **keys: Any) -> Scenario:
    """The preset; with 60 puts that one maker quotes and nobody trades; or whose desk hedges in two of them."""
    if case == "none":
        return covid(**keys)
    names = {f"o{month}_{share}": (month, share / 100) for month in MONTHS for share in MONEYNESS}
    for name, (month, share) in names.items():
        venue = {"half_spread": 0.004, "depth": 4e9, "impact": 0.01}
        put = {"kind": "put", "moneyness": share, "expiry_months": month, "roll_days": 21, "venue": venue}
        keys[f"market__options__{name}"] = put
    keys["agents__dealer"] = {"type": "OptionMaker", "venues": list(names), "capital": 2e9}
    if case == "hedged":
        keys["agents__hedger__option_leg"] = {"venues": HEDGES, "target": "both"}
    return covid(**keys)


if __name__ == "__main__":
    chosen = listed(sys.argv[2], clock__tick_minutes=390)  # type: ignore[arg-type]
    with tempfile.TemporaryDirectory() as place:
        simulate(chosen, draw_up(chosen), int(sys.argv[1]), Path(place))
    print(peak_resident())
