"""Charts of a debrief, as Vega-Lite: everyone's P&L, what it was made of, the twin, and positions beside the best."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from analysis.charts.theme import ACTUAL, PARTS, TWIN, config

MILLION = 1e6
WIDTH = 760  # px
Spec = dict[str, Any]


def pnl_paths(told: Mapping[str, Any], names: Sequence[str]) -> Spec:
    """P&L of every desk by close, $m: students in one colour, each policy in its own."""
    policies = [name for name, each in zip(names, told["desks"], strict=True) if each["who"] is None]
    lines = ["students", *policies]
    rows = [
        {"day": day, "desk": name, "pnl": _millions(value), "line": name if each["who"] is None else lines[0]}
        for name, each in zip(names, told["desks"], strict=True)
        for day, value in zip(told["days"], each["pnl"], strict=False)
    ]
    encoding = {
        "x": {"field": "day", "type": "temporal", "title": None},
        "y": {"field": "pnl", "type": "quantitative", "title": "P&L ($m)"},
        "detail": {"field": "desk"},
        "color": {"field": "line", "type": "nominal", "title": None,
                  "scale": {"domain": lines, "range": [ACTUAL, *PARTS[1:9]]}},
        "tooltip": [{"field": "desk"}, {"field": "day", "type": "temporal"}, {"field": "pnl", "format": ",.1f"}],
    }  # fmt: skip
    return _chart(rows, {"type": "line", "clip": True}, encoding, 300)


def attribution(told: Mapping[str, Any], names: Sequence[str]) -> Spec:
    """Parts of the loss of every desk, $m, costs positive."""
    rows = [
        {"desk": name, "part": part["label"], "cost": _millions(each["parts"][part["name"]])}
        for name, each in zip(names, told["desks"], strict=True)
        for part in told["parts"]
        if each["parts"][part["name"]]
    ]
    encoding = {
        "y": {"field": "desk", "type": "nominal", "title": None, "sort": list(_by_loss(told, names))},
        "x": {"field": "cost", "type": "quantitative", "title": "Part of the loss ($m; below zero: a gain)"},
        "color": {"field": "part", "type": "nominal", "title": None, "legend": {"columns": 4},
                  "scale": {"range": list(PARTS),
                  "domain": [part["label"] for part in told["parts"]]}},
        "tooltip": [{"field": "desk"}, {"field": "part"}, {"field": "cost", "format": ",.2f"}],
    }  # fmt: skip
    return _chart(rows, {"type": "bar"}, encoding, None)


def twin(told: Mapping[str, Any], names: Sequence[str]) -> Spec:
    """Loss of every desk in its own market, and in one that does not answer, $m."""
    worlds = {"loss": "as it was", "twin_loss": "price taker: nobody's trades leave a trace"}
    rows = [
        {"desk": name, "world": label, "loss": _millions(each[key])}
        for name, each in zip(names, told["desks"], strict=True)
        for key, label in worlds.items()
    ]
    encoding = {
        "y": {"field": "desk", "type": "nominal", "title": None, "sort": list(_by_loss(told, names))},
        "yOffset": {"field": "world", "sort": list(worlds.values())},
        "x": {"field": "loss", "type": "quantitative", "title": "Loss ($m)"},
        "color": {"field": "world", "type": "nominal", "title": None,
                  "scale": {"domain": list(worlds.values()), "range": [ACTUAL, TWIN]}},
        "tooltip": [{"field": "desk"}, {"field": "world"}, {"field": "loss", "format": ",.1f"}],
    }  # fmt: skip
    return _chart(rows, {"type": "bar"}, encoding, None)


def positions(times: Sequence[str], series: Mapping[str, Sequence[float | None]], unit: str) -> Spec:
    """Positions in the asset by decision: of a student, of the best policy, and what neutralised the student's book."""
    rows = [
        {"time": time, "who": who, "held": value}
        for who, values in series.items()
        for time, value in zip(times, values, strict=False)
        if value is not None
    ]
    encoding = {
        "x": {"field": "time", "type": "temporal", "title": None},
        "y": {"field": "held", "type": "quantitative", "title": unit},
        "color": {"field": "who", "type": "nominal", "title": None, "sort": list(series),
                  "scale": {"range": [ACTUAL, TWIN, "#888888"]}},
        "tooltip": [{"field": "who"}, {"field": "time", "type": "temporal"}, {"field": "held", "format": ",.0f"}],
    }  # fmt: skip
    return _chart(rows, {"type": "line", "interpolate": "step-after", "point": {"size": 18}}, encoding, 240)


def _chart(rows: list[dict[str, Any]], mark: Spec, encoding: Spec, height: int | None) -> Spec:
    size: Spec = {"width": WIDTH} | ({} if height is None else {"height": height})
    return {"data": {"values": rows}, "mark": mark, "encoding": encoding, **size, "config": config()}


def _by_loss(told: Mapping[str, Any], names: Sequence[str]) -> list[str]:
    pairs = sorted(zip(names, told["desks"], strict=True), key=lambda pair: pair[1]["loss"])
    return [name for name, _ in pairs]


def _millions(value: float | None) -> float | None:
    return None if value is None else value / MILLION
