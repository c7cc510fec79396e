"""Style of hedging policies on all charts: a colour and a shape per kind, and labels that do not overlap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import altair as alt
import polars as pl

from analysis.sweeps.frontier import MANY
from analysis.sweeps.outcomes import NAMES

GREY = "#aeb8c2"  # of dominated policies
# Paul Tol's "bright" and "vibrant" schemes
KINDS = {
    "every": ("#0077BB", "circle"),
    "leland": ("#33BBEE", "triangle-up"),
    "band": ("#EE7733", "square"),
    "whalley_wilmott": ("#009988", "diamond"),
    "zakamouline": ("#AA3377", "triangle-down"),
    "on_move": ("#997700", "cross"),
    "never": ("#1f2933", "triangle-right"),
}
OTHERS = (("#CC3311", "triangle-left"), ("#4477AA", "stroke"), ("#228833", "square"))
BRIEF = {"Whalley-Wilmott": "W-W", "Zakamouline": "Zak"}  # beside marks
LETTER, LINE, NEAR = 5.6, 12.0, 12.0  # px: mean width of a letter, height of a line, how far a name needs no leader


def names(kinds: Sequence[str]) -> dict[str, str]:
    """The kinds that are there as legends call them, in the order of the palette."""
    known = [kind for kind in KINDS if kind in kinds]
    return {kind: NAMES.get(kind, kind.rpartition(":")[2]) for kind in [*known, *sorted(set(kinds) - set(known))]}


def looks(kinds: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Colour and shape of each kind by its legend's name."""
    others = iter(OTHERS * (1 + len(kinds) // len(OTHERS)))
    return {name: KINDS.get(kind) or next(others) for kind, name in names(kinds).items()}


def colour(kinds: Sequence[str]) -> alt.Color:
    """Colour by `kind_name`, in the same legend as the shape."""
    found = looks(kinds)
    scale = alt.Scale(domain=list(found), range=[tone for tone, _ in found.values()])
    return alt.Color("kind_name:N", scale=scale, sort=list(found))


def styles(kinds: Sequence[str]) -> dict[str, pl.Expr]:
    """Columns from `kind_name`, `efficient` and `liquidation_rate`: `tone`, grey where the policy is dominated; `form`,
    its shape; `inside`, the fill: white if the policy is liquidated too often."""
    found, name = looks(kinds), pl.col("kind_name")
    own = name.replace_strict({kind: tone for kind, (tone, _) in found.items()}, return_dtype=pl.String)
    form = name.replace_strict({kind: form for kind, (_, form) in found.items()}, return_dtype=pl.String)
    tone = pl.when("efficient").then(own).otherwise(pl.lit(GREY))
    inside = pl.when(pl.col("liquidation_rate") > MANY).then(pl.lit("white")).otherwise(tone)
    return {"tone": tone, "form": form, "inside": inside}


def shape(kinds: Sequence[str]) -> alt.Shape:
    """Shape by `kind_name`."""
    found = looks(kinds)
    scale = alt.Scale(domain=list(found), range=[form for _, form in found.values()])
    return alt.Shape("kind_name:N", scale=scale, sort=list(found))


def short(label: str) -> str:
    """A policy's label as it is written beside a mark."""
    for name, brief in BRIEF.items():
        label = label.replace(name, brief)
    return label


@dataclass(frozen=True)
class Panel:
    """A plot in px, with `edge` px between its frame and the data."""

    width: int
    height: int
    edge: int

    def scale(self, domain: tuple[float, float], size: int) -> tuple[float, float]:
        """Where the axis begins, and px per unit."""
        across = (size - 2 * self.edge) / max(domain[1] - domain[0], 1e-12)
        return domain[0] - self.edge / across, across


Box = tuple[float, float, float, float]  # px: left, top, right, bottom
Point = tuple[float, float]


def placed(
    points: pl.DataFrame, panel: Panel, x: tuple[float, float], y: tuple[float, float], *, named: Sequence[bool]
) -> pl.DataFrame:
    """`points` (x, y, short) with `label_x`, `label_y` where a name begins, null for a point that has none.

    x, y: what the axes span. Names are placed one by one so that they cover no point and no earlier name, with the end
    of a leader in `lead_x`, `lead_y` if they are not beside their point. Names without a free place are left out
    (tooltips have them all).
    """
    (left, across), (bottom, up) = panel.scale(x, panel.width), panel.scale(y, panel.height)
    at = [((px - left) * across, panel.height - (py - bottom) * up) for px, py in points.select("x", "y").iter_rows()]
    taken = [(px - 5, py - 5, px + 5, py + 5) for px, py in at]
    rows: list[dict[str, float | None]] = []
    for i, (name, wanted) in enumerate(zip(points["short"], named, strict=True)):
        others = taken[:i] + taken[i + 1 :]
        box = _free(at[i], LETTER * len(name), others, panel) if wanted else None
        spots: dict[str, float | None] = dict.fromkeys(("label_x", "label_y", "lead_x", "lead_y"))
        if box:
            taken.append(box)
            lead = _lead(at[i], box)
            for key, spot in (("label", (box[0], (box[1] + box[3]) / 2)), ("lead", lead)):
                if spot:
                    spots |= {f"{key}_x": left + spot[0] / across, f"{key}_y": bottom + (panel.height - spot[1]) / up}
        rows.append(spots)
    more = pl.DataFrame(rows, schema=dict.fromkeys(("label_x", "label_y", "lead_x", "lead_y"), pl.Float64))
    return points.hstack(more)


def _free(at: Point, long: float, taken: Sequence[Box], panel: Panel) -> Box | None:
    """The nearest free place for a name of `long` px about the point."""
    for out in (8.0, 14.0, 22.0, 32.0, 45.0, 60.0):
        for dx, dy in ((1, 0), (-1, 0), (1, -1), (-1, 1), (1, 1), (-1, -1), (0, -1), (0, 1)):
            left = at[0] + (out if dx > 0 else -out - long if dx < 0 else -long / 2)
            top = at[1] + dy * (out if dx == 0 else 0.9 * out) - LINE / 2
            box = (left, top, left + long, top + LINE)
            inside = left >= 0 and top >= 0 and box[2] <= panel.width and box[3] <= panel.height
            if inside and not any(_touch(box, other) for other in taken):
                return box
    return None


def _lead(at: Point, box: Box) -> Point | None:
    """The point of the name's box that is nearest to the mark, None if the name stands beside it."""
    near = (min(max(at[0], box[0]), box[2]), min(max(at[1], box[1]), box[3]))
    return near if (near[0] - at[0]) ** 2 + (near[1] - at[1]) ** 2 > NEAR**2 else None


def _touch(a: Box, b: Box) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]
