"""Keys of a sweep's manifest that are plainly right; `sim.sweep_schema` has the same keys for pydantic."""

from __future__ import annotations

from typing import Any, get_args

from sim.columns import Unit
from sim.plainly import (
    anything,
    by_name,
    checked,
    flag,
    listed,
    maybe,
    number,
    plainly,
    sized,
    table,
    text,
    whole,
    word,
)

LONG = 2**63
NAMED, TEXTS, WHOLE, INTEGER = sized(1, LONG, text), listed(text), whole(0), whole(-LONG)


def check_log(axis: dict[str, Any]) -> None:
    """Raise ValueError for a log axis with values that no logarithm has."""
    listed = [value["value"] for value in axis["values"] or []]
    known = [v for v in (*listed, axis["low"], axis["high"]) if isinstance(v, int | float)]
    if axis["scale"] == "log" and any(v <= 0 for v in known):
        raise ValueError("a log axis has values above zero")


AXIS = {
    "name": NAMED,
    "keys": TEXTS,
    "apply": word("set", "scale"),
    "label": text,
    "unit": text,
    "scale": word("linear", "log", "category"),
    "integer": flag,
    "values": maybe(listed(table({"value": anything, "text": text}, "value", "text"))),
    "low": maybe(number),
    "high": maybe(number),
}
METRIC = {"label": text, "unit": word(*get_args(Unit))}
MANIFEST = {
    "name": NAMED,
    "title": text,
    "description": text,
    "kind": word("sweep", "frontier", "crowding"),
    "scenarios": sized(1, LONG, listed(NAMED)),
    "design": word("grid", "list", "latin_hypercube", "sobol", "saltelli"),
    "samples": maybe(INTEGER),
    "noise": word("common", "fresh"),
    "seed": maybe(INTEGER),
    "paths": maybe(INTEGER),
    "twin": maybe(text),
    "agent": maybe(text),
    "keep": flag,
    "settings": by_name(anything),
    "desks": by_name(table({"name": NAMED, "policy": TEXTS}, "name")),
    "axes": sized(1, LONG, listed(checked(check_log, table(AXIS, *(AXIS.keys() - {"keys", "apply", "integer"}))))),
    "cells": WHOLE,
    "ids": TEXTS,
    "metrics": by_name(table(METRIC, *METRIC), NAMED),
    "engine": table({"fingerprint": text, "versions": by_name(text), "kept": TEXTS}),
    "command": maybe(text),
    "layout": word(1, 2),
    "generation": WHOLE,
}
NEEDED = ("name", "kind", "scenarios", "design", "axes", "cells", "metrics", "engine")


def is_right(manifest: Any) -> bool:
    """Whether a sweep's manifest is plainly right."""
    return plainly(table(MANIFEST, *NEEDED), manifest) is not None
