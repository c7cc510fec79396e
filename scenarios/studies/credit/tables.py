"""Hazard curves and contracts on them as columns: for the terminal, the page and CSV files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from markets.credit.cds_book import CdsBook
from markets.credit.cva import Cva
from markets.credit.hazard_curve import HazardCurve
from sim.lists import Columns, stacked

DRAWN = 300  # points of a curve's line
RECOVERIES = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5)


def quotes(curves: Mapping[str, HazardCurve]) -> Columns:
    """name, tenor, maturity, years, spread, upfront (None where not quoted), hazard, survival: a row a quote."""
    return stacked(
        {
            "name": name,
            "tenor": [quote.tenor for quote in curve.quotes],
            "maturity": [quote.cds.maturity for quote in curve.quotes],
            "years": curve.shape.nodes.tolist(),
            "spread": [quote.spread for quote in curve.quotes],
            "upfront": [None if quote.spread is not None else quote.upfront for quote in curve.quotes],
            "hazard": curve.hazards.tolist(),
            "survival": curve.survival(curve.shape.nodes).tolist(),
            "recovery": curve.recovery,
        }
        for name, curve in curves.items()
    )


def lines(curves: Mapping[str, HazardCurve]) -> Columns:
    """name, years, survival, hazard: a row a point of a drawn line."""
    parts = []
    for name, curve in curves.items():
        t = np.linspace(0.0, curve.shape.nodes[-1], DRAWN)
        at = np.minimum(np.searchsorted(curve.shape.nodes, t, side="right"), curve.shape.nodes.size - 1)
        drawn = {"years": t.tolist(), "survival": curve.survival(t).tolist(), "hazard": curve.hazards[at].tolist()}
        parts.append({"name": name, **drawn})
    return stacked(parts)


def contracts(book: CdsBook) -> Columns:
    """A row a contract: coupon, par, clean, dirty, upfront, annuity, cs01, cs01_revalued, jump, rates01, recovery01."""
    revalued = np.zeros(len(book.positions))
    for name in book.curves:
        revalued += book.bumped(name)[-1]
    numbers = {
        "coupon": book.coupon,
        "par": book.par,
        "clean": book.clean,
        "dirty": book.dirty,
        "upfront": book.upfront,
        "annuity": book.annuity,
        "cs01": book.cs01,
        "cs01_revalued": revalued,
        "jump": book.jump,
        "rates01": book.rates01(),
    }
    words = {"contract": list(book.names), "name": [held.credit for held in book.positions]}
    return {**words, **{name: np.asarray(column).tolist() for name, column in numbers.items()}}


def ladder(book: CdsBook) -> Columns:
    """name, tenor, by_quote (exact, per bp), revalued (+1 bp), hedge (notional bought): the whole book by quote."""
    parts = []
    for name in dict.fromkeys(held.credit for held in book.positions):
        curve = book.curves[name]
        own = [each for held, each in zip(book.positions, book.ladders, strict=True) if held.credit == name]
        parts.append(
            {
                "name": name,
                "tenor": [quote.tenor for quote in curve.quotes],
                "by_quote": np.sum(own, axis=0).tolist(),
                "revalued": book.bumped(name)[:-1].sum(axis=1).tolist(),
                "hedge": book.hedge(name).tolist(),
            }
        )
    return stacked(parts)


def recoveries(book: CdsBook, at: Sequence[float] = RECOVERIES) -> Columns:
    """recovery, kept (clean value with the survival curve kept), rebuilt (with the quotes kept): of the whole book."""
    kept = [float(book.at_recovery(each, rebuilt=False).sum()) for each in at]
    rebuilt = [float(book.at_recovery(each, rebuilt=True).sum()) for each in at]
    return {"recovery": list(at), "kept": kept, "rebuilt": rebuilt}


def costs(swaps: Sequence[tuple[str, Cva]]) -> Columns:
    """swap, years, exposure, died, cost: a row a date, then one of the sum, whose other cells are None."""
    parts: list[dict[str, object]] = []
    for text, cva in swaps:
        cost = cva.curve.loss * cva.died * cva.exposures
        rows = {"years": cva.times, "exposure": cva.exposures, "died": cva.died, "cost": cost}
        parts.append({"swap": text, **{name: column.tolist() for name, column in rows.items()}})
        parts.append({"swap": f"{text}, sum", "cost": [cva.value]})
    return stacked(parts)


def cost_ladder(swaps: Sequence[tuple[str, Cva]]) -> Columns:
    """swap, tenor, by_quote (exact, per bp), hedge (notional bought): of each adjustment."""
    return stacked(
        {
            "swap": text,
            "tenor": [quote.tenor for quote in cva.curve.quotes],
            "by_quote": np.asarray(cva.ladder).tolist(),
            "hedge": np.asarray(cva.hedge).tolist(),
        }
        for text, cva in swaps
    )
