"""What one desk of a class sees, as plain values for JSON."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scenarios.studies.sessions.observation import Event, Observation

BOOK = {"value": "$", "delta": "units", "gamma": "units per $", "vega": "$ per 1.00 of vol", "share": "share"}
ACCOUNT = ("cash", "margin", "equity", "pnl", "required", "unmet", "headroom")  # $
VENUE = ("mid", "half_spread", "depth", "held", "neutral", "notional", "charge", "walk")
WORDS = {  # of events, for the class
    "halt": "Trading is halted",
    "withdrawal": "A maker withdraws",
    "liquidated": "A desk is closed out",
    "default": "A desk defaults",
}


def view(seen: Observation, path: int, priced: Mapping[str, bool]) -> dict[str, Any]:
    """One path of an observation. priced: by venue, whether its mid is a price ($) or a rate or a vol (decimal)."""
    return {
        "market": {name: plain(levels[path]) for name, levels in seen.market.items()},
        "venues": {name: _venue(venue, path, priced[name]) for name, venue in seen.venues.items()},
        "book": {name: plain(getattr(seen.book, name)[path]) for name in BOOK}
        | {"rates": {node: plain(slopes[path]) for node, slopes in seen.book.rates.items()}},
        "account": {name: plain(getattr(seen.account, name)[path]) for name in ACCOUNT}
        | {"liquidated": bool(seen.account.liquidated[path]), "defaulted": bool(seen.account.defaulted[path])},
        "fills": _fills(seen, path),
        "events": [found for event in seen.events if (found := _event(event, path, seen.seat)) is not None],
    }


def instant(seen: Observation) -> dict[str, Any]:
    """What is common to all paths."""
    return {
        "time": seen.time.isoformat(sep=" ", timespec="minutes"),
        "tick": seen.tick,
        "last": seen.last,
        "is_close": seen.is_close,
        "done": seen.done,
    }


def plain(value: Any) -> float | None:
    """A number that JSON has; None for one that is not finite."""
    found = float(value)
    return found if math.isfinite(found) else None


def _venue(venue: Any, path: int, priced: bool) -> dict[str, Any]:
    found: dict[str, Any] = {name: plain(getattr(venue, name)[path]) for name in VENUE}
    return found | {"open": bool(venue.open[path]), "unit": "$" if priced else "decimal"}


def _fills(seen: Observation, path: int) -> list[dict[str, Any]]:
    """What was filled on the path, the lender's share included."""
    return [
        {
            "tick": fill.tick,
            "venue": fill.venue,
            "ordered": plain(fill.ordered[path]),
            "quantity": plain(fill.quantity[path]),
            "price": plain(np.broadcast_to(fill.price, fill.ordered.shape)[path]),
        }
        for fill in seen.fills
        if fill.ordered[path] or fill.quantity[path]
    ]


def _event(event: Event, path: int, seat: str) -> dict[str, Any] | None:
    """An event of the market, or of this desk; those of other desks are their own affair."""
    where = np.flatnonzero(event.paths == path)
    mine = event.subject == seat
    if not where.size or (event.kind in ("liquidated", "default") and not mine):
        return None
    words = WORDS.get(event.kind, event.kind.replace("_", " ").capitalize())
    return {
        "time": event.time.isoformat(sep=" ", timespec="minutes"),
        "kind": event.kind,
        "subject": "your desk" if mine else event.subject,
        "text": f"{words}: {'your desk' if mine else event.subject}",
    }
