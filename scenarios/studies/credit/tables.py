"""Hazard curves and contracts on them as frames: for the terminal, the page and CSV files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from markets.credit.cds_book import CdsBook
from markets.credit.cva import Cva
from markets.credit.hazard_curve import HazardCurve

if TYPE_CHECKING:
    import polars as pl

DRAWN = 300  # points of a curve's line
RECOVERIES = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5)


def quotes(curves: Mapping[str, HazardCurve]) -> pl.DataFrame:
    """name, tenor, maturity, years, spread, upfront (null where not quoted), hazard, survival: a row a quote."""
    import polars as pl

    frames = [
        pl.DataFrame(
            {
                "name": name,
                "tenor": [quote.tenor for quote in curve.quotes],
                "maturity": [quote.cds.maturity for quote in curve.quotes],
                "years": curve.shape.nodes,
                "spread": [quote.spread for quote in curve.quotes],
                "upfront": [None if quote.spread is not None else quote.upfront for quote in curve.quotes],
                "hazard": curve.hazards,
                "survival": curve.survival(curve.shape.nodes),
                "recovery": curve.recovery,
            },
            schema_overrides={"spread": pl.Float64, "upfront": pl.Float64},
        )
        for name, curve in curves.items()
    ]
    return pl.concat(frames)


def lines(curves: Mapping[str, HazardCurve]) -> pl.DataFrame:
    """name, years, survival, hazard: a row a point of a drawn line."""
    import polars as pl

    frames = []
    for name, curve in curves.items():
        t = np.linspace(0.0, curve.shape.nodes[-1], DRAWN)
        at = np.minimum(np.searchsorted(curve.shape.nodes, t, side="right"), curve.shape.nodes.size - 1)
        frames.append(
            pl.DataFrame({"name": name, "years": t, "survival": curve.survival(t), "hazard": curve.hazards[at]})
        )
    return pl.concat(frames)


def contracts(book: CdsBook) -> pl.DataFrame:
    """A row a contract: coupon, par, clean, dirty, upfront, annuity, cs01, cs01_revalued, jump, rates01, recovery01."""
    import polars as pl

    revalued = np.zeros(len(book.positions))
    for name in book.curves:
        revalued += book.bumped(name)[-1]
    return pl.DataFrame(
        {
            "contract": book.names,
            "name": [held.credit for held in book.positions],
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
    )


def ladder(book: CdsBook) -> pl.DataFrame:
    """name, tenor, by_quote (exact, per bp), revalued (+1 bp), hedge (notional bought): the whole book by quote."""
    import polars as pl

    frames = []
    for name in dict.fromkeys(held.credit for held in book.positions):
        curve = book.curves[name]
        own = [each for held, each in zip(book.positions, book.ladders, strict=True) if held.credit == name]
        frames.append(
            pl.DataFrame(
                {
                    "name": name,
                    "tenor": [quote.tenor for quote in curve.quotes],
                    "by_quote": np.sum(own, axis=0),
                    "revalued": book.bumped(name)[:-1].sum(axis=1),
                    "hedge": book.hedge(name),
                }
            )
        )
    return pl.concat(frames)


def recoveries(book: CdsBook, at: Sequence[float] = RECOVERIES) -> pl.DataFrame:
    """recovery, kept (clean value with the survival curve kept), rebuilt (with the quotes kept): of the whole book."""
    import polars as pl

    kept = [float(book.at_recovery(each, rebuilt=False).sum()) for each in at]
    rebuilt = [float(book.at_recovery(each, rebuilt=True).sum()) for each in at]
    return pl.DataFrame({"recovery": list(at), "kept": kept, "rebuilt": rebuilt})


def costs(swaps: Sequence[tuple[str, Cva]]) -> pl.DataFrame:
    """swap, years, exposure, died, cost: a row a date, then one of the sum, whose other cells are null."""
    import polars as pl

    frames = []
    for text, cva in swaps:
        cost = cva.curve.loss * cva.died * cva.exposures
        rows = {"years": cva.times, "exposure": cva.exposures, "died": cva.died, "cost": cost}
        frames += [pl.DataFrame({"swap": text, **rows}), pl.DataFrame({"swap": [f"{text}, sum"], "cost": [cva.value]})]
    return pl.concat(frames, how="diagonal")


def cost_ladder(swaps: Sequence[tuple[str, Cva]]) -> pl.DataFrame:
    """swap, tenor, by_quote (exact, per bp), hedge (notional bought): of each adjustment."""
    import polars as pl

    return pl.concat(
        [
            pl.DataFrame(
                {
                    "swap": text,
                    "tenor": [quote.tenor for quote in cva.curve.quotes],
                    "by_quote": cva.ladder,
                    "hedge": cva.hedge,
                }
            )
            for text, cva in swaps
        ]
    )
