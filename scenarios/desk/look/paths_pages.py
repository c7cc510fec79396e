"""The paths of a run: a table of all, and one with its market, position, margin, days and calls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from analysis import frames, parts
from analysis.paths import calls, days, every, trades
from scenarios.desk.look.asked import Asked, asked, at, choices, whole
from scenarios.desk.look.figures import Cell, cell, dollars
from scenarios.desk.look.opened import the_run
from scenarios.desk.look.told import drawn, look_page
from sim.errors import UserError

if TYPE_CHECKING:
    from starlette.requests import Request

    from sim.columns import Column
    from sim.dataset import Run

ROWS = 50  # of a page of paths

CAPTIONS = {
    "gains": "The line is this path, the bands are all of them. A triangle is a margin call, in the colour of how it "
    "ended: click it to see what led to it.",
    "by_part": "A bar beyond the rule is a part that cost more than on nineteen paths in twenty.",
    "market": "Where the line leaves the bands, this path's market was a rare one.",
    "position": "Delta is of book and hedge together: what the policy left open. A step down in the last panel is a "
    "reduction by the lender.",
    "margin": "Bars: what the lender asks, by what it is for. Line: cash and repo that are left once it is paid.",
}


def paths_page(request: Request) -> Response:
    """Every path, sorted by one figure, a page of rows at a time; `go` leads to one by its number."""
    with the_run(request) as run:
        wanted, given = asked(request, run), request.query_params
        name = request.path_params["name"]
        if given.get("go"):
            path = every.check_path(run, whole(given, "go", 0))
            return RedirectResponse(at("look", "runs", name, "paths", path) + wanted.query, 303)
        found = every.every(run, wanted.agent, wanted.world)
        shown = every.figures(found)
        sort = given.get("sort") or (shown[0].name if shown else "path")
        if sort != "path":
            every.figure(found, sort)
        down = given.get("down") == "1"
        kept = found.filter("witness") if given.get("witnesses") == "1" else found
        pages = max(-(-kept.height // ROWS), 1)
        number = whole(given, "page", 1, least=1, most=pages)
        rows = kept.sort(sort, descending=down, nulls_last=True).slice((number - 1) * ROWS, ROWS)
        return look_page(
            request,
            "look_paths.html.j2",
            [(at("look", "runs", name), name), (at("look", "runs", name, "paths"), "paths")],
            title=f"Paths of {name}",
            name=name,
            choices=choices(run, wanted),
            query=wanted.query,
            columns=shown,
            rows=[_row(row, shown, name, wanted) for row in rows.iter_rows(named=True)],
            sort=sort,
            down=down,
            number=number,
            pages=pages,
            count=kept.height,
            only=given.get("witnesses") == "1",
            witnesses=int(found["witness"].sum()),
        )


def _row(row: dict[str, Any], shown: list[Column], name: str, wanted: Asked) -> list[Cell]:
    to = at("look", "runs", name, "paths", row["path"]) + wanted.query
    first = Cell(f"{row['path']}{' *' if row['witness'] else ''}", str(row["path"]), to)
    ended = [Cell(row["end"])] if "end" in row else []
    return [first, *ended, *(cell(row[column.name], column) for column in shown)]


def path_page(request: Request) -> Response:
    """One path."""
    with the_run(request) as run:
        wanted, path = asked(request, run), every.check_path(run, request.path_params["path"])
        name = request.path_params["name"]
        found = every.every(run, wanted.agent, wanted.world)
        row = found.row(path, named=True)
        has_desk = bool(frames.desks(run, wanted.agent))
        called = calls.of_path(run, path, wanted.agent, wanted.world) if has_desk else pl.DataFrame()
        return look_page(
            request,
            "look_path.html.j2",
            crumbs_of(name, path),
            title=f"Path {path} of {name}",
            name=name,
            path=path,
            last=int(run.manifest["paths"]) - 1,
            choices=choices(run, wanted),
            query=wanted.query,
            cards=_cards(found, row),
            ended=row.get("end", ""),
            witness=every.is_witness(run, path),
            witnesses=_witnesses(run),
            captions=CAPTIONS if has_desk else {"market": CAPTIONS["market"]},
            days=_days(run, path, wanted, name),
            parts=_part_columns(run) if has_desk else [],
            calls=[_call(each, name, path, wanted) for each in called.iter_rows(named=True)],
            events=events(run, path, wanted.world),
        )


def crumbs_of(name: str, path: int) -> list[tuple[str, str]]:
    """The way to a path."""
    run = at("look", "runs", name)
    return [(run, name), (f"{run}/paths", "paths"), (f"{run}/paths/{path}", f"path {path}")]


def _cards(found: pl.DataFrame, row: dict[str, Any]) -> list[dict[str, str]]:
    """The path's figures, each with the share of paths whose figure is lower."""
    shown = []
    for column in every.figures(found):
        said, values = cell(row[column.name], column).text, found[column.name]
        if said:
            lower = int((values < row[column.name]).sum())
            shown.append(
                {"name": column.label, "value": said, "more": f"higher than on {lower:,} of {found.height:,} paths"}
            )
    return shown


def _witnesses(run: Run) -> list[int]:
    return list(range(min(int(run.manifest.get("witnesses") or 0), int(run.manifest["paths"]))))


def _part_columns(run: Run) -> list[str]:
    return [column.label for column in parts.loss_of(run).columns]


def _days(run: Run, path: int, wanted: Asked, name: str) -> list[dict[str, Any]]:
    """A row a day: market, gain part by part, trades; of a run without a desk the market alone."""
    market = {row["day"]: row for row in days.market(run, path, wanted.world).iter_rows(named=True)}
    desk = frames.desks(run, wanted.agent)
    gains = days.by_day(run, path, wanted.agent, wanted.world).iter_rows(named=True) if desk else ()
    gained = {row["day"]: row for row in gains}
    dealt = {row["time"]: row for row in trades.by_day(run, path, wanted.agent, wanted.world).iter_rows(named=True)}
    schema = parts.schema_of(run)
    levels = [schema.column("closes", each) for each in ("mid", "vol", "half_spread")]
    columns = [column.name for column in parts.loss_of(run).columns]
    found = []
    for day in days.days(run, wanted.world):
        level, gain = market.get(day, {}), gained.get(day, {})
        trade = dealt.get(gain.get("time"), {})
        found.append(
            {
                "day": day.isoformat(),
                "to": at("look", "runs", name, "paths", path, "days", day.isoformat()) + wanted.query,
                "levels": [cell(level.get(column.name), column) for column in levels],
                "pnl": dollars(gain.get("pnl")),
                "so_far": dollars(gain.get("pnl_so_far")),
                "parts": [dollars(gain.get(column)) for column in columns] if gain else [],
                "trades": Cell(str(trade.get("trades", "")), str(trade.get("trades", ""))),
                "cost": dollars(trade.get("cost")),
            }
        )
    return found


def _call(row: dict[str, Any], name: str, path: int, wanted: Asked) -> dict[str, Any]:
    to = at("look", "runs", name, "paths", path, "calls", row["number"]) + wanted.query
    return {
        "to": to,
        "number": row["number"],
        "time": row["time"],
        "agent": row["agent"],
        "required": dollars(row["required"]),
        "called": dollars(row["called"]),
        "met": dollars(row["met"]),
        "deadline": row["deadline"],
        "outcome": row["outcome"],
    }


def events(run: Run, path: int, world: str, *where: pl.Expr) -> list[dict[str, Any]]:
    """Events of a path in order of time."""
    table = frames.table(run, "events")
    if table is None:
        return []
    mine = table.filter(pl.col("path") == path, pl.col("world") == world, *where)
    return mine.sort("time").collect().to_dicts()


def path_chart(request: Request) -> Response:
    """A chart of one path."""
    from analysis.charts.one_path import PATH_CHARTS

    with the_run(request) as run:
        wanted, path = asked(request, run), every.check_path(run, request.path_params["path"])
        name = request.path_params["chart"]
        if name not in PATH_CHARTS:
            raise UserError("a path has no such chart", value=name, remedy=f"charts: {', '.join(PATH_CHARTS)}")
        return drawn(lambda: PATH_CHARTS[name](run, path, agent=wanted.agent, world=wanted.world))


ROUTES = [
    Route("/look/runs/{name}/paths", paths_page),
    Route("/look/runs/{name}/paths/{path:int}", path_page),
    Route("/api/look/runs/{name}/paths/{path:int}/charts/{chart}", path_chart),
]
