"""The outside world of observed anchors: levels that the record would have had without the desks."""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from markets.spec import OUTSIDE, Anchor, StorylineSpec
from sim.place import Place

if TYPE_CHECKING:
    from scenarios.scenario import Scenario

NEEDED = ("spot", "vol")  # levels that the desks' trades move in every crisis
KEYS = (*OUTSIDE.values(), "outside_nodes")  # of an anchor, written by a calibration


def laws_of(scenario: Scenario) -> str:
    """Laws of vol and credit, by which a calibration's figures are."""
    return f"{scenario.market.vol_law}, {scenario.credit.law}"


def as_record(storyline: StorylineSpec) -> StorylineSpec:
    """The same anchors as they were recorded, taken as the outside world: nothing is calibrated."""
    rows = tuple(row.with_outside({}) for row in storyline.anchor)
    return StorylineSpec(anchors="exogenous", anchor=rows)


def is_pending(storyline: StorylineSpec) -> bool:
    """Whether the anchors are a record without outside levels yet: a run finds them first."""
    found = any(row.outside_levels for row in storyline.anchor)
    return storyline.anchors == "observed" and storyline.calibration is None and not found


def record_tables(tables: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of a scenario file's tables without anything that a calibration wrote."""
    result = copy.deepcopy(dict(tables))
    storyline = result.get("storyline")
    if isinstance(storyline, dict):
        storyline.pop("calibration", None)
        if storyline.get("anchors") == "observed":
            storyline["anchors"] = "exogenous"
        rows = storyline.get("anchor")
        for row in rows if isinstance(rows, list) else []:
            for key in KEYS if isinstance(row, dict) else ():
                row.pop(key, None)
    return result


def digest(rows: tuple[Anchor, ...]) -> str:
    """Twelve hexadecimal digits that change with any recorded level that has an outside level beside it."""
    fitted = [[row.date.isoformat(), name, row.level(name)] for row in rows for name in row.outside_levels]
    return hashlib.sha256(json.dumps(fitted).encode()).hexdigest()[:12]


def check_outside(storyline: StorylineSpec, at: Place) -> None:
    """Observed anchors have outside levels, the first one its own; exogenous anchors are the outside world themselves.

    Observed anchors without any outside level are calibrated before the run. A calibrated scenario may be taken as
    exogenous for once: its outside levels then stand unused.
    """
    if is_pending(storyline):
        return
    observed, calibration = storyline.anchors == "observed", storyline.calibration
    again = f"spiral calibrate {at.file}"
    for row in storyline.anchor:
        given = row.outside_levels
        for name, level in {name: row.level(name) for name in (*NEEDED, *given)}.items():
            out = given.get(name)
            here = at.at("anchor", str(row.date), OUTSIDE.get(name, f"outside_nodes.{name}"))
            if observed and out is None and level is not None and name in NEEDED:
                rule = f"observed anchors need the outside world's {name}"
                raise here.error(rule, remedy=f"find it: {again}, or write anchors = 'exogenous'")
            if out is not None and not observed and calibration is None:
                rule = "exogenous anchors are the outside world themselves"
                raise here.error(rule, value=out, remedy="drop it, or write anchors = 'observed'")
            if out is not None and level is None:
                raise here.error(f"there is no recorded {name} beside it", value=out, remedy=f"drop it, or give {name}")
            if out is not None and row is storyline.anchor[0] and out != level:
                rule = "at the first anchor the outside world is the record: nobody has traded yet"
                raise here.error(rule, value=out, remedy=f"write {level:g}")
    if observed and calibration is not None and calibration.record != digest(storyline.anchor):
        remedy = f"{again}, or write anchors = 'exogenous'"
        raise at.at("calibration", "record").error("the record has changed since it was calibrated", remedy=remedy)
