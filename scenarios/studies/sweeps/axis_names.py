"""Which names an axis of a sweep cannot have: it is a column of the results, and every column has one meaning."""

from __future__ import annotations

from functools import cache

from agents.desk.loss import loss
from sim.errors import UserError
from sim.metric_names import metrics
from sim.names import same_name
from sim.sweep_manifest import PATHS, SCAN, columns_of

WIDEST = {
    "axes": (),
    "design": "saltelli",
    "metrics": metrics(loss(fx=True, credit=True, counterparty=True, smile=True)),
}  # a manifest with most columns beside the axes


@cache
def taken() -> frozenset[str]:
    """Names of all columns that a sweep's tables have whatever its axes are, in lower case."""
    return frozenset(map(same_name, (*columns_of(WIDEST), *PATHS, *SCAN)))


def check_axis_name(name: object, place: str) -> None:
    """Raise UserError if an axis of this name would stand in the place of a result."""
    if not isinstance(name, str) or not name.strip():
        raise UserError("an axis has a name", value=name, place=place, remedy="e.g. depth: it names a column")
    if same_name(name) in taken():
        rule = "an axis is a column of the results, and these have a column of this name"
        raise UserError(rule, value=name, place=place, remedy="rename it; its `label` is what charts show")
