"""The table of a scenario's file with the result of a calibration."""

from __future__ import annotations

from typing import Any

from markets.spec import CalibrationSpec
from scenarios.describing.reference import toml
from scenarios.scenario import encode

PATH = ("storyline", "calibration")  # its header
HEAD = """\
# --- Written by `spiral calibrate` ------------------------------------------------------------------------------------

# The outside levels of the anchors are what the record would have been without the desks' own impact. Medians of the
# check, which has a seed of its own: `actual` as the desks trade, `price_taker` in the twin in which what they do
# leaves no trace, `error` the standard error of the difference, which is what feedback explains.
"""


def calibration_table(found: CalibrationSpec) -> str:
    """`[storyline.calibration]` as TOML."""
    lines = [f"[{'.'.join(PATH)}]"]
    for key, value in tables_of(found).items():
        inline = isinstance(value, dict)
        shown = ", ".join(f"{k} = {number(v)}" for k, v in value.items()) if inline else _scalar(value)
        lines.append(f"{key} = {{ {shown} }}" if inline else f"{key} = {shown}")
    return "\n".join(lines) + "\n"


def tables_of(found: CalibrationSpec) -> dict[str, Any]:
    """A calibration as tables, without what it does not have."""
    given: dict[str, Any] = encode(found)
    return {k: {n: x for n, x in v.items() if x is not None} if isinstance(v, dict) else v for k, v in given.items()}


def number(value: float) -> str:
    """A float as TOML reads it, to the last digit."""
    return repr(float(value))


def _scalar(value: Any) -> str:
    return number(value) if isinstance(value, float) else toml(value)
