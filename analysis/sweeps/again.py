"""The command that runs a policy of a frontier alone: the same scenario, paths, seed and keys, by `spiral run`."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from analysis.sweeps.outcomes import ACTUAL, DESKS, POLICY
from sim.names import FROZEN, NO_TWIN, PRICE_TAKER
from sim.sweep_dataset import SweepResult

OWN = (PRICE_TAKER, FROZEN)  # twins that have an option
DESK = "{desk}"  # in a key: the scenario's first hedger
BARE = re.compile(r"[A-Za-z0-9_:.-]*[A-Za-z_]")  # a word that `--set` takes for a string
VALUES = ("true", "false", "inf", "nan")  # words that it takes for something else


def command(sweep: SweepResult, scenario: str, policy: str, desks: int = 1) -> str | None:
    """`spiral run SCENARIO ... --set KEY=VALUE ...` of the cell with this policy and number of desks.

    None for a sweep that does not say which desk runs the policy (an older one), or that varies something else too.
    """
    manifest, axes = sweep.manifest, {axis["name"]: axis for axis in sweep.axes}
    desk = (manifest.get("desks") or {}).get(scenario)
    if desk is None or axes.keys() - {POLICY, DESKS}:
        return None
    said: list[str] = []
    values: dict[str, Any] = dict(manifest["settings"])
    if DESKS in axes:
        values |= dict.fromkeys(axes[DESKS]["keys"], desks)
    for key, value in values.items():
        said += ["--set", f"{key.replace(DESK, desk['name'])}={_toml(value)}"]
    chosen = next(item["value"] for item in axes[POLICY]["values"] if str(item["text"]) == policy)
    for key in axes[POLICY]["keys"]:
        said += _policy(key.replace(DESK, desk["name"]), chosen, desk["policy"])
    twin = next((world for world in (manifest["twin"],) if world != ACTUAL), None)
    head = ["spiral", "run", scenario, "--paths", str(manifest["paths"]), "--seed", str(manifest["seed"])]
    if twin in (None, *OWN):  # another twin is a setting
        head += ["--twin", twin or NO_TWIN]
    return shlex.join([*head, *said])


def _policy(key: str, chosen: Any, written: list[str]) -> Iterator[str]:
    """The policy key by key; in one where the scenario's own policy has a key that would stay behind."""
    if isinstance(chosen, Mapping) and set(written) <= chosen.keys():
        for name, value in chosen.items():
            yield from ("--set", f"{key}.{name}={_toml(value)}")
    else:
        yield from ("--set", f"{key}={_toml(chosen)}")


def _toml(value: Any) -> str:
    """A value as `--set` reads it."""
    if isinstance(value, str):
        return value if BARE.fullmatch(value) and value not in VALUES else json.dumps(value)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{name} = {_inner(inner)}" for name, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_inner, value)) + "]"
    return repr(value)


def _inner(value: Any) -> str:
    """A value within a table or a list, where strings are quoted."""
    return json.dumps(value) if isinstance(value, str) else _toml(value)
