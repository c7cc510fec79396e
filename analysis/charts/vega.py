"""Charts as Vega-Lite specifications, written with the names that Altair has for their parts, and to the same byte.

It has what the charts of a run need of Altair, whose import takes as long as drawing all of them. `Chart.altair` gives
an Altair chart to who wants to go on with it; `tests/test_vega.py` draws every chart with both.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from functools import partialmethod
from typing import TYPE_CHECKING, Any

from analysis.chart_words import with_labels

if TYPE_CHECKING:
    from pathlib import Path

Part = dict[str, Any]

SCHEMA = "https://vega.github.io/schema/vega-lite/v6.4.1.json"  # the installed Altair's
SIZE = {"continuousWidth": 300, "continuousHeight": 300}  # px of a view without a size, as Altair has it
TYPES = {"Q": "quantitative", "N": "nominal", "O": "ordinal", "T": "temporal"}
SECOND = ("x2", "y2")  # channels whose type is that of the first
OUTER = ("height", "width")  # what layers leave to the chart that they are in


def part(**given: Any) -> Part:
    """A piece of a specification: its keys in the order of their names."""
    return dict(sorted(given.items()))


def field(shorthand: str, **given: Any) -> Part:
    """A channel that shows a column. shorthand: its name, a colon and the first letter of the type: `mid:Q`."""
    name, _, kind = shorthand.rpartition(":")
    return part(field=name, type=TYPES[kind], **given)


def second(shorthand: str, **given: Any) -> Part:
    """The other end of what `x` or `y` shows."""
    return part(field=shorthand.rpartition(":")[0], **given)


def value(constant: Any) -> Part:
    """A channel that shows no column: px, or a colour."""
    return {"value": constant}


def datum(constant: Any) -> Part:
    """A channel at a fixed number of its scale."""
    return {"datum": constant}


def title(text: str | list[str], **given: Any) -> Part:
    """A chart's title."""
    return {"text": text, **part(**given)}


Axis = Config = InlineData = Legend = OverlayMarkDef = Resolve = Scale = ScaleResolveMap = part
X = Y = XOffset = Color = Detail = Fill = Order = Text = Tooltip = field
X2 = Y2 = second
XValue = YValue = value
Y2Datum = datum
TitleParams = title


class Chart:
    """A mark with its encoding, or several charts in layers or side by side (`of`: how, and which)."""

    def __init__(self, data: Part | None = None, of: tuple[str, list[Chart]] | None = None, **given: Any) -> None:
        self.data, self.of, self.given = data, of, given

    def properties(self, **given: Any) -> Chart:
        """The same chart with these properties."""
        return Chart(self.data, self.of, **self.given | given)

    def _marked(self, kind: str, **given: Any) -> Chart:
        return self.properties(mark={"type": kind, **part(**given)})

    mark_area = partialmethod(_marked, "area")
    mark_bar = partialmethod(_marked, "bar")
    mark_circle = partialmethod(_marked, "circle")
    mark_line = partialmethod(_marked, "line")
    mark_point = partialmethod(_marked, "point")
    mark_rect = partialmethod(_marked, "rect")
    mark_rule = partialmethod(_marked, "rule")
    mark_text = partialmethod(_marked, "text")
    mark_tick = partialmethod(_marked, "tick")

    def encode(self, **channels: Part | str | Sequence[Part | str]) -> Chart:
        """The same chart with these channels; a text is the shorthand of a column."""
        found = {name: _channel(name, given) for name, given in channels.items()}
        return self.properties(encoding=part(**self.given.get("encoding", {}) | found))

    def resolve_scale(self, **channels: str) -> Chart:
        """The same chart; in these channels each part has a scale of its own, or shares it."""
        return self.properties(resolve={"scale": part(**channels)})

    def to_dict(self, validate: bool = True) -> Part:
        """The specification, with every label made harmless; `validate` is Altair's, and nothing is validated here."""
        datasets: dict[str, Any] = {}
        spec = self._spec(datasets, {})
        config = spec.pop("config", {})
        view = {"view": SIZE | config.get("view", {})}
        whole = {"config": view | {k: v for k, v in config.items() if k != "view"}, **spec, "$schema": SCHEMA}
        found: Part = with_labels(whole | ({"datasets": datasets} if datasets else {}))
        return found

    def _spec(self, datasets: Part, names: dict[int, str]) -> Part:
        """The specification of one part, its data among the `datasets`. names: of data by their identity."""
        spec = part(**self.given)
        data = {} if self.data is None else {"data": {"name": _named(self.data["values"], datasets, names)}}
        if self.of is None:
            return {**data, "mark": spec.pop("mark"), **spec}
        how, parts = self.of
        return {how: [each._spec(datasets, names) for each in parts], **part(**data, **spec)}

    def to_json(self, **options: Any) -> str:
        """The specification as text."""
        return json.dumps(self.to_dict(), ensure_ascii=False, **options)

    def altair(self) -> Any:
        """The same as an Altair chart."""
        import altair

        spec = self.to_dict()
        datasets = spec.pop("datasets", altair.Undefined)  # apart: Altair would compare every row with the schema
        found = altair.Chart.from_dict(spec)
        found.datasets = datasets
        return found

    def save(self, path: str | Path, **options: Any) -> None:
        """Write the chart as Altair does."""
        self.altair().save(path, **options)

    def _repr_mimebundle_(self, *args: Any, **options: Any) -> Any:
        """What a notebook shows: what it shows of an Altair chart."""
        return self.altair()._repr_mimebundle_(*args, **options)


def _channel(name: str, given: Part | str | Sequence[Part | str]) -> Any:
    if isinstance(given, dict):
        return given
    if isinstance(given, str):
        return second(given) if name in SECOND else field(given)
    return [_channel(name, each) for each in given]


def _named(values: Any, datasets: Part, names: dict[int, str]) -> str:
    """The name of data, after what they hold."""
    name = names.get(id(values))
    if name is None:
        text = json.dumps(values, sort_keys=True, default=str)
        name = "empty" if values == [{}] else f"data-{hashlib.sha256(text.encode()).hexdigest()[:32]}"
        names[id(values)] = name
        datasets[name] = list(values)
    return name


def layer(*charts: Chart, **given: Any) -> Chart:
    """Charts on top of one another; their size is that of the whole."""
    sizes = {key: each.given[key] for each in reversed(charts) for key in OUTER if key in each.given}
    inner = [Chart(c.data, c.of, **{k: v for k, v in c.given.items() if k not in OUTER}) for c in charts]
    return _together("layer", inner, sizes | given)


def _beside(how: str) -> Callable[..., Chart]:
    def beside(*charts: Chart, **given: Any) -> Chart:
        return _together(how, list(charts), given)

    return beside


concat, hconcat, vconcat = map(_beside, ("concat", "hconcat", "vconcat"))


def _together(how: str, charts: list[Chart], given: Part) -> Chart:
    """One chart of several; data that all have stand once, with the whole."""
    data = charts[0].data
    if data is not None and all(each.data is data for each in charts):
        return Chart(data, (how, [Chart(None, each.of, **each.given) for each in charts]), **given)
    return Chart(None, (how, charts), **given)
