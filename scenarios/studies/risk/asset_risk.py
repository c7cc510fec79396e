"""Risk in its asset of each position of a book, in dollars, and what rates do to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from markets.factors.key import MAIN, SPOT, of_asset
from markets.products.book import Book
from sim.lists import Columns, framed

if TYPE_CHECKING:
    import polars as pl

    from markets.products.book import CompiledBook

BP, PERCENT = 1e-4, 1e-2


def asset_risk(book: CompiledBook) -> pl.DataFrame | None:
    """`asset_columns` as a frame."""
    found = asset_columns(book)
    return None if found is None else framed(found)


def asset_columns(book: CompiledBook) -> Columns | None:
    """position, delta, gamma, vega, vanna, cross_gamma of every position in an asset; None without any.

    delta: $ of the asset. gamma, vanna, cross_gamma: change of delta for +1 % of the asset, +1 point of its vol, +1 bp
    on all zero rates (by differences of exact deltas over a basis point), $. vega: of the value, for +1 point of its
    vol, $.
    """
    rows: list[dict[str, object]] = []
    for instrument in book.book.instruments:
        part = Book((instrument,)).compile(book.clock, book.start)
        asset = next(iter(part.assets), MAIN)
        if of_asset(SPOT, asset) in part.needs:
            rows.append({"position": instrument.label, **_in_asset(part, asset)})
    return {name: [row[name] for row in rows] for name in rows[0]} if rows else None


def _in_asset(book: CompiledBook, asset: str) -> dict[str, float]:
    """Columns of `asset_risk`, $."""
    market, nodes = book.start.snapshot, book.start.curve.nodes
    fixings = book.new_fixings(1)
    risk, own = book.risk(0, market, fixings), book.start.of(asset)
    spot, vol = own.spot0, own.vol_base
    higher, lower = (market.with_rows({node: market.row(node) + by for node in nodes}) for by in (BP, -BP))
    up, down = (book.slopes(0, moved, fixings).delta_of(asset)[0] for moved in (higher, lower))
    return {
        "delta": float(risk.delta_of(asset)[0] * spot),
        "gamma": float(risk.gamma_of(asset)[0] * spot**2 * PERCENT),
        "vega": float(risk.vega_of(asset)[0] * PERCENT),
        "vanna": float(risk.vanna_of(asset)[0] * spot * PERCENT / vol),
        "cross_gamma": float((up - down) * spot / 2),
    }
