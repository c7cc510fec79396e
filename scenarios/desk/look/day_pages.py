"""A day of a path with its trades, quotes, calls and events; one trade; what led to a margin call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl
from starlette.responses import Response
from starlette.routing import Route

from analysis import frames, parts
from analysis.numbers import money
from analysis.paths import calls, days, every, trades
from scenarios.desk.look.asked import Asked, asked, at, choices, day_of, whole
from scenarios.desk.look.figures import standing
from scenarios.desk.look.opened import the_run
from scenarios.desk.look.paths_pages import crumbs_of, events
from scenarios.desk.look.told import drawn, fragment, look_page

if TYPE_CHECKING:
    from datetime import date, datetime

    from starlette.requests import Request

    from sim.dataset import Run

MOST_TRADES = 200  # of a page


def day_page(request: Request) -> Response:
    """One day."""
    from analysis.charts.one_day import venues

    with the_run(request) as run:
        wanted, path, day = _place(request, run)
        name = request.path_params["name"]
        start, end = days.span(run, wanted.world, day)
        known = days.days(run, wanted.world)
        here = known.index(day)
        dealt = trades.of_day(run, path, wanted.world, day)
        pages = max(-(-dealt.height // MOST_TRADES), 1)
        number = whole(request.query_params, "page", 1, least=1, most=pages)
        shown = dealt.slice((number - 1) * MOST_TRADES, MOST_TRADES)
        return look_page(
            request,
            "look_day.html.j2",
            [*crumbs_of(name, path), (_day(name, path, day), day.isoformat())],
            title=f"{day:%-d %B %Y} on path {path} of {name}",
            name=name,
            path=path,
            day=day.isoformat(),
            choices=choices(run, wanted),
            query=wanted.query,
            start=start,
            end=end,
            before=_day(name, path, known[here - 1]) + wanted.query if here else "",
            after=_day(name, path, known[here + 1]) + wanted.query if here + 1 < len(known) else "",
            gains=_gains(run, path, wanted, day),
            witness=every.is_witness(run, path),
            witnesses=int(run.manifest.get("witnesses") or 0),
            venues=venues(run, path, wanted.world, day),
            trades=[_trade(row, name, path, day, wanted) for row in shown.iter_rows(named=True)],
            count=dealt.height,
            number=number,
            pages=pages,
            standing=standing(run, path, wanted, start, end),
            calls=_calls(run, path, wanted, name, start, end),
            events=events(run, path, wanted.world, days.within(start, end)),
        )


def _place(request: Request, run: Run) -> tuple[Asked, int, date]:
    given = request.path_params
    return asked(request, run), every.check_path(run, given["path"]), day_of(given["day"])


def _day(name: str, path: int, day: date) -> str:
    return at("look", "runs", name, "paths", path, "days", day.isoformat())


def _gains(run: Run, path: int, wanted: Asked, day: date) -> list[tuple[str, str]]:
    """What each part of the P&L gained on the day."""
    if not frames.desks(run, wanted.agent):
        return []
    found = days.by_day(run, path, wanted.agent, wanted.world).filter(day=day)
    if not found.height:  # an agent that is no desk, on a path that is no witness
        return []
    row = found.row(0, named=True)
    return [(label, money(row[name])) for name, label in calls.labels(run).items()]


def _trade(row: dict[str, Any], name: str, path: int, day: date, wanted: Asked) -> dict[str, Any]:
    """A row of a table of trades."""
    return {
        **row,
        "to": f"{_day(name, path, day)}/trades/{row['number']}{wanted.query}",
        "cash_said": "" if row.get("cash") is None else money(row["cash"]),
        "spread_said": money(row["spread_cost"]),
        "walk_said": money(row["impact_cost"]),
        "margin_said": "" if row.get("margin") is None else money(row["margin"]),
    }


def _calls(
    run: Run, path: int, wanted: Asked, name: str, start: datetime | None, end: datetime
) -> list[dict[str, Any]]:
    if not frames.desks(run, wanted.agent):
        return []
    found = calls.of_path(run, path, wanted.agent, wanted.world).filter(days.within(start, end))
    to = at("look", "runs", name, "paths", path, "calls")
    return [
        {**row, "to": f"{to}/{row['number']}{wanted.query}", "called_said": money(row["called"])}
        for row in found.iter_rows(named=True)
    ]


def day_chart(request: Request) -> Response:
    """Ticks and trades of a venue on a day."""
    from analysis.charts.one_day import ticks

    with the_run(request) as run:
        wanted, path, day = _place(request, run)
        venue = request.query_params.get("venue") or None
        return drawn(lambda: ticks(run, path, day, world=wanted.world, venue=venue))


def day_quotes(request: Request) -> Response:
    """Makers' quotes of a venue on a day, tick by tick."""
    from analysis.charts.one_day import venues

    with the_run(request) as run:
        wanted, path, day = _place(request, run)
        known, given = venues(run, path, wanted.world, day), request.query_params
        venue = given.get("venue") if given.get("venue") in known else known[0] if known else ""
        found = trades.quotes(run, path, wanted.world, day, str(venue))
        pages = max(-(-found.height // MOST_TRADES), 1)
        number = min(whole(given, "page", 1, least=1), pages)
        rows = found.slice((number - 1) * MOST_TRADES, MOST_TRADES).to_dicts()
        return fragment("look_quotes.html.j2", rows=rows, venue=venue, number=number, pages=pages, count=found.height)


def trade_page(request: Request) -> Response:
    """One trade."""
    with the_run(request) as run:
        wanted, path, day = _place(request, run)
        name, number = request.path_params["name"], request.path_params["number"]
        found = trades.trade(run, path, wanted.world, day, number)
        count = trades.of_day(run, path, wanted.world, day).height
        here = _day(name, path, day)
        return look_page(
            request,
            "look_trade.html.j2",
            [*crumbs_of(name, path), (here, day.isoformat()), ("", f"trade {number}")],
            title=f"Trade {number} of {day:%-d %B %Y}, path {path} of {name}",
            trade=_trade(found.row, name, path, day, wanted),
            price=_price(found.row),
            together=[_trade(row, name, path, day, wanted) for row in found.together.iter_rows(named=True)],
            net=float(found.together["quantity"].sum()),
            quotes=found.quotes.to_dicts(),
            market=found.market.to_dicts(),
            before=f"{here}/trades/{number - 1}{wanted.query}" if number > 1 else "",
            after=f"{here}/trades/{number + 1}{wanted.query}" if number < count else "",
        )


def _price(row: dict[str, Any]) -> list[tuple[str, float, str]]:
    """From mid to the price paid, step by step: label, per unit, $ in all. They add up to the price."""
    quantity, mid, price = row["quantity"], row["mid"], row["price"]
    if not quantity:
        return []
    costs = row["spread_cost"], row["impact_cost"]
    whole = sum(costs)
    each = [(price - mid) * (cost / whole if whole else 0.0) for cost in costs]
    names = ("half-spread and skew of the makers' quotes", "walk through the book, by the net of all orders")
    return [
        ("mid when the order came", mid, ""),
        *((label, part, money(cost)) for label, part, cost in zip(names, each, costs, strict=True)),
        ("price", price, money(whole)),
    ]


def call_page(request: Request) -> Response:
    """What led to a margin call."""
    with the_run(request) as run:
        wanted, path = asked(request, run), every.check_path(run, request.path_params["path"])
        name, number = request.path_params["name"], request.path_params["number"]
        found = calls.led_to(run, path, wanted.agent, wanted.world, number)
        total = calls.of_path(run, path, wanted.agent, wanted.world).height
        to = at("look", "runs", name, "paths", path, "calls")
        dealt = [
            _trade(row, name, path, row["day"], wanted) for row in found.trades.head(MOST_TRADES).iter_rows(named=True)
        ]
        return look_page(
            request,
            "look_call.html.j2",
            [*crumbs_of(name, path), ("", f"call {number}")],
            title=f"What led to the margin call of {found.made:%-d %B %Y}, path {path} of {name}",
            call=found.row,
            led=found,
            said={key: money(found.row[key]) for key in ("required", "called", "met")},
            steps=[(label, money(amount)) for label, amount in found.steps],
            by_price={venue: money(amount) for venue, amount in found.short.items()},
            by_trades=money(float(found.trades["margin"].sum())) if _asks(found.trades) else "",
            gains=[(label, money(before), money(after)) for label, before, after in found.gains],
            position=found.position.to_dicts(),
            standing=standing(run, path, wanted, found.since, found.made),
            trades=dealt,
            count=found.trades.height,
            witness=every.is_witness(run, path),
            witnesses=int(run.manifest.get("witnesses") or 0),
            day=_day(name, path, _dated(run, wanted.world, found.made)) + wanted.query,
            before=f"{to}/{number - 1}{wanted.query}" if number > 1 else "",
            after=f"{to}/{number + 1}{wanted.query}" if number < total else "",
            labels={column.name: column.label for column in parts.schema_of(run).tables.get("margin_calls", ())},
        )


def _asks(dealt: pl.DataFrame) -> bool:
    return "margin" in dealt.columns and dealt["margin"].is_not_null().any()


def _dated(run: Run, world: str, moment: datetime) -> date:
    """The day that a close belongs to."""
    return next(day for day in days.days(run, world) if days.span(run, world, day)[1] >= moment)


ROUTES = [
    Route("/look/runs/{name}/paths/{path:int}/days/{day}", day_page),
    Route("/look/runs/{name}/paths/{path:int}/days/{day}/trades/{number:int}", trade_page),
    Route("/look/runs/{name}/paths/{path:int}/calls/{number:int}", call_page),
    Route("/look/runs/{name}/paths/{path:int}/days/{day}/quotes", day_quotes),
    Route("/api/look/runs/{name}/paths/{path:int}/days/{day}/ticks", day_chart),
]
