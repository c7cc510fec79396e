"""Sheets for a spreadsheet: frames by name, whose columns are numbers, texts, dates or flags."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

Sheets = dict[str, pl.DataFrame]


def about(said: Mapping[str, Any]) -> pl.DataFrame:
    """Two columns of text; unknown values are left out."""
    rows = [(key, str(value)) for key, value in said.items() if value is not None]
    return pl.DataFrame(rows, schema={"what": pl.String, "value": pl.String}, orient="row")
