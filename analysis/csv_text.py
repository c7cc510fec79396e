"""Frames as CSV in which no text is a formula: spreadsheets run what begins like one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sim.text import plain

if TYPE_CHECKING:
    import polars as pl

# What begins a formula in spreadsheets; the wide ones in some languages' versions.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")
NUMBER = re.compile(r"[+-]\d[\d.,_]*(e[+-]?\d+)?\s?(%|bp|bn|m|k|x)?")  # a formula that is its own value


def csv_text(frame: pl.DataFrame, **how: Any) -> str:
    """A frame with its header; text that a spreadsheet would run stands behind an apostrophe. how: of polars."""
    import polars as pl

    texts = [pl.col(name).map_elements(quiet, return_dtype=pl.String) for name, kind in frame.schema.items()
             if kind == pl.String]  # fmt: skip
    header = {name: quiet(name) for name in frame.columns}
    text: str = frame.with_columns(texts).rename(header).write_csv(**how)
    return text


def quiet(text: str) -> str:
    """The text as a cell that is text to every spreadsheet; without what steers a terminal."""
    text = plain(text)
    return f"'{text}" if text.startswith(FORMULA) and not NUMBER.fullmatch(text) else text
