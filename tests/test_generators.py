"""Both generators of noise give a preset the same figures, within their errors."""

from __future__ import annotations

import polars as pl
import pytest

from scenarios.reading.shipped import catalogue
from tests.generators import moves, table

TOO_SURE = ("risk_removed",)  # a path in a thousand decides it in a calm market: no sample without it knows its error


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(catalogue()))
def test_figures_move_within_their_errors(name: str) -> None:
    """Ninety figures of one sample are high or low together, so the bound on their number is wide."""
    found = moves(name, 500).filter(~pl.col("figure").is_in(TOO_SURE))
    size = found["z"].abs()
    assert len(found) > 60
    assert size.max() < 4.5, table(found)
    assert (size > 2).mean() < 0.3, table(found)


def test_the_table_has_a_row_a_preset() -> None:
    rows = [("a", "pnl", -1.0, -2.0, 0.5, -2.0), ("a", "peak", 1.0, 1.0, 1.0, 0.0), ("b", "peak", 1.0, 4.0, 1.0, 3.0)]
    frame = pl.DataFrame(rows, schema=["preset", "figure", "numpy", "philox", "error", "z"], orient="row")
    first, second = table(frame).splitlines()[2:]
    assert first == "| a | 2 | 0 | 0 | 1 $ | 2 $ | +2.00 | -2.00 | pnl |"
    assert second == "| b | 1 | 1 | 0 | | | | +3.00 | peak |"
