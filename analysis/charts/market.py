"""The market itself: levels against the storyline, the phase portrait, depth and loop gain."""

from __future__ import annotations

from itertools import cycle
from pathlib import Path

import altair as alt
import polars as pl

from analysis import curve, frames, liquidity, record
from analysis.calendar_days import day_of
from analysis.charts import marks, theme
from analysis.charts.scales import axis, colours, dates, money_of, rows, titled
from analysis.charts.theme import ACTUAL, TWIN, WIDTH, Chart
from analysis.parts import schema_of
from analysis.spread import SHARES
from sim.dataset import Run
from sim.figure_text import fixed, percent, significant, text_of

HALF = (WIDTH - 70) // 2
WITNESSES = 12
NODES = {"overnight": "#88CCEE", "2Y": "#999933", "10Y": "#332288"}  # colours
FURTHER = ("#117733", "#882255", "#44AA99", "#AA4499", "#E08A3C", "#CC6677", "#DDAACC", "#DDCC77", "#661100", "#888888")


def storyline(run: Run, *, agent: str | None = None, world: str = "actual", history: str | Path | None = None) -> Chart:
    """Spot, vol, rates and credit over the ensemble against the anchors of the storyline.

    `history`: a CSV of what really happened (`record.read_history`), drawn beside them as a fine line.
    """
    world = frames.check_world(run, world)
    anchors = record.anchors(run)
    shown = _worlds(run, world)
    past = _within(record.read_history(history), run) if history is not None else None
    charts = (
        _level(run, shown, anchors, "mid", "spot", past),
        _level(run, shown, anchors, "vol", "vol", past),
        _rates(run, world, anchors),
        _level(run, shown, anchors, "credit", "credit", past),
    )
    chart = alt.concat(*charts, columns=2, spacing=34, resolve=theme.own_scale("color"))
    return theme.finish(chart, "The market against the storyline", _storyline_said(run, world))


def _worlds(run: Run, world: str) -> dict[str, str]:
    """Colour by world: the world asked for, and its twin."""
    twin = frames.twin_name(run)
    both = {twin: TWIN, world: ACTUAL} if twin and twin != world else {world: ACTUAL if world == "actual" else TWIN}
    return {str(name): colour for name, colour in both.items()}


def _within(history: pl.DataFrame, run: Run) -> pl.DataFrame:
    """The record's rows at the run's closes, with their times."""
    times = frames.closes(run, "actual").select("time", date=day_of(run))
    return history.join(times, on="date").sort("time")


def _level(
    run: Run,
    shown: dict[str, str],
    anchors: pl.DataFrame,
    column: str,
    anchor: str,
    past: pl.DataFrame | None,
) -> Chart:
    factor, label = titled(schema_of(run).column("closes", column))
    scaled = {w: frames.closes(run, w).with_columns(pl.col(rf"^{column}_q\d\d$") * factor) for w in shown}
    main, *others = reversed(shown)
    data = marks.long_bands({main: (scaled[main], column)})
    known = past is not None and anchor in past.columns
    palette = {**shown, "storyline": theme.INK} | ({"record": theme.UNHEDGED} if known else {})
    x = dates(data, width=HALF)
    layers = marks.band_and_median(data, palette, x, axis(label))
    for other in others:
        median = scaled[other].select("time", at=pl.col(f"{column}_q50"), series=pl.lit(other))
        line = alt.Chart(rows(median)).mark_line(strokeDash=[6, 3], strokeWidth=2)
        layers.append(line.encode(x=x, y=alt.Y("at:Q"), color=colours(palette)))
    if past is not None and known:
        levels = past.select("time", at=pl.col(anchor) * factor, series=pl.lit("record"))
        line = alt.Chart(rows(levels)).mark_line(strokeWidth=1.2)
        layers.append(line.encode(x=x, y=alt.Y("at:Q"), color=colours(palette)))
    points = anchors.filter(pl.col(anchor).is_not_null()).select(
        "time", at=pl.col(anchor) * factor, series=pl.lit("storyline")
    )
    return theme.layer(*layers, *_points(points, palette, x), width=HALF, height=170)


def _rates(run: Run, world: str, anchors: pl.DataFrame) -> Chart:
    nodes = curve.nodes(run)
    further = dict(zip([n for n in nodes.values() if n not in NODES], cycle(FURTHER)))
    palette = {label: (NODES | further)[label] for label in nodes.values()} | {"storyline": theme.INK}
    closes = frames.closes(run, world)
    medians = [closes.select("time", at=pl.col(f"{c}_q50") * 100, series=pl.lit(name)) for c, name in nodes.items()]
    x = dates(closes, width=HALF)
    lines = (
        alt.Chart(rows(pl.concat(medians)))
        .mark_line(strokeWidth=2)
        .encode(
            x=x,
            y=alt.Y("at:Q", axis=axis("zero rates, % (median)"), scale=alt.Scale(zero=False)),
            color=colours(palette),
        )
    )
    points = pl.concat(
        [anchors.select("time", at=pl.col(c) * 100, series=pl.lit("storyline")) for c in nodes]
    ).drop_nulls()
    return theme.layer(lines, *_points(points, palette, x), width=HALF, height=170)


def _points(points: pl.DataFrame, palette: dict[str, str], x: alt.X) -> list[alt.Chart]:
    if not points.height:
        return []
    mark = alt.Chart(rows(points)).mark_point(filled=True, size=26, opacity=1, stroke="white", strokeWidth=0.7)
    return [mark.encode(x=x, y=alt.Y("at:Q"), color=colours(palette))]


def _storyline_said(run: Run, world: str) -> str:
    apart = record.against_storyline(run, world=world)
    gaps = {level: apart.filter(pl.col("level") == level)["gap"].abs().to_numpy() for level in ("spot", "vol")}
    known = [f"{text_of(gap.max(), 'share')} ({level})" for level, gap in gaps.items() if gap.size]
    said = f"The ensemble's median leaves the storyline's anchors by at most {' and '.join(known)}." if known else ""
    return f"{said} Lines: medians; bands: 25\N{EN DASH}75 and 5\N{EN DASH}95 % of paths; points: anchors.".strip()


def phase_portrait(run: Run, *, agent: str | None = None, world: str = "actual") -> Chart:
    """Vol against half-spread and against credit: the path of the medians, coloured by day; single paths faint."""
    world = frames.check_world(run, world)
    closes = frames.closes(run, world)
    schema = schema_of(run)
    scales = {c: titled(schema.column("closes", c)) for c in ("vol", "half_spread", "credit")}
    title = {c: label for c, (_, label) in scales.items()}
    single = frames.witnesses(run, world, WITNESSES).select(
        "time", "path", **{c: pl.col(c) * factor for c, (factor, _) in scales.items()}
    )
    median = closes.select(
        "time", day=pl.int_range(pl.len()), **{c: pl.col(f"{c}_q50") * factor for c, (factor, _) in scales.items()}
    )
    charts = [
        _orbit(median, single, "half_spread", title["vol"], f"{title['half_spread']} of mid"),
        _orbit(median, single, "credit", title["vol"], title["credit"]),
    ]
    worst = median.row(int(median["vol"].arg_max() or 0), named=True)
    said = (
        f"Worst median close {worst['time']:%-d %b %Y}: implied vol {fixed(worst['vol'], 0)} %, half-spread "
        f"{significant(worst['half_spread'], 2)} bp, "
        f"credit {fixed(worst['credit'], 0)} bp. Grey: the first {single['path'].n_unique()} paths."
    )
    return theme.finish(alt.hconcat(*charts, spacing=40), "Vol, spread and credit chase one another", said)


def _orbit(median: pl.DataFrame, single: pl.DataFrame, column: str, along: str, up: str) -> alt.LayerChart:
    x = alt.X("vol:Q", axis=axis(along), scale=alt.Scale(zero=False))
    y = alt.Y(f"{column}:Q", axis=axis(up), scale=alt.Scale(zero=False))
    faint = (
        alt.Chart(rows(single.select("time", "path", "vol", column)))
        .mark_line(color="#8b97a3", opacity=0.22, strokeWidth=1)
        .encode(x=x, y=y, detail=alt.Detail("path:N"), order=alt.Order("time:T"))
    )
    base = alt.Chart(rows(median.select("time", "day", "vol", column))).encode(x=x, y=y, order=alt.Order("time:T"))
    line = base.mark_line(color="#66727f", strokeWidth=1.4)
    legend = alt.Legend(title="trading day", orient="right", direction="vertical", gradientLength=150)
    colour = alt.Color("day:Q", scale=alt.Scale(scheme="viridis"), legend=legend)
    tips = [alt.Tooltip("time:T"), alt.Tooltip("vol:Q", format=".3g"), alt.Tooltip(f"{column}:Q", format=".3g")]
    points = base.mark_circle(size=46, opacity=1).encode(color=colour, tooltip=tips)
    return theme.layer(faint, line, points, width=HALF - 30, height=300)


def loop_gain(run: Run, *, agent: str | None = None, world: str = "actual") -> Chart:
    """Depth of the asset's book and the loop gain at each close; at a gain of 1 shocks run away."""
    world = frames.check_world(run, world)
    venue = frames.main_venue(run, agent)
    closes = frames.venue_closes(run, world, venue)
    columns = [f"depth_{q}" for q in SHARES]
    unit = money_of(closes, columns)
    x = dates(closes)
    palette = {world: ACTUAL if world == "actual" else TWIN}
    depth = marks.long_bands({world: (unit.scaled(closes, columns), "depth")})
    gain = marks.long_bands({world: (closes, "loop_gain")})
    top = marks.band_and_median(depth, palette, x, axis(f"depth of {venue}, {unit.unit} notional"))
    small = float(closes["loop_gain_q95"].max() or 0.0) < 0.5  # type: ignore[arg-type]
    label = "loop gain at the close" + (" (square-root scale)" if small else "")
    low = marks.band_and_median(gain, palette, x, axis(label), kind="sqrt" if small else "linear")
    low += marks.level(1.0, "1: shocks run away")
    chart = alt.vconcat(
        theme.layer(*top, width=WIDTH, height=150), theme.layer(*low, width=WIDTH, height=170), spacing=18
    )
    return theme.finish(chart, "Depth and loop gain", _gain_said(run, world, venue, closes))


def _gain_said(run: Run, world: str, venue: str, closes: pl.DataFrame) -> str:
    if venue != frames.ASSET:
        depth = closes["depth_q50"].to_numpy()
        lost = 1 - float(depth.min() / depth.max()) if depth.max() > 0 else 0.0
        gain = float(closes["loop_gain_q50"].to_numpy().max())
        said = f"Over the witness paths the median book of {venue} has lost {percent(lost, 0)} of its depth"
        return f"{said} at its worst close; the loop gain peaks at {significant(gain, 2)}."
    stress = liquidity.stress(run, world=world)
    peak, high = stress["peak_loop_gain"], stress["peak_loop_gain_q95"]
    said = (
        f"At the worst moment the median path has lost {stress['depth_loss']} of its depth; its loop gain peaks at "
        f"{peak}"
        f" (95 % of paths below {high.brief()})."
    )
    if peak.known and peak.value < 1:
        said += f" Shocks are amplified up to {fixed(1 / (1 - peak.value), 2)}x."
    return said
