"""The page on the model names every table as it is written and every default as it is."""

from __future__ import annotations

import re
import tomllib
from typing import Any

import pytest

from agents import tables as agent_tables
from markets import tables as market_tables
from scenarios.describing.reference import all_keys
from sim.columns import Table
from tests.documents import ROOT

PAGE = (ROOT / "docs" / "model.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\|(?:[^|`]*\|)? `([\w.]+)` \| ([^|]*) \|", re.MULTILINE)
DATASETS = PAGE[PAGE.index("## Datasets") : PAGE.index("## What is not modelled")]
TABLES = (*market_tables.TABLES, *agent_tables.TABLES)


def reference() -> dict[str, str]:
    """Default of every key: agents' and policies' keys begin with their type or kind."""
    found = {}
    for key in all_keys():
        name = re.sub(r"^agents\.NAME\.(policy\.)?", "", key.path)
        found[f"{key.owner}.{name}" if key.owner else key.path] = key.default
    return found


def toml(text: str) -> Any:
    """A value as TOML reads it: 1e8 and 100e6 are the same default."""
    return tomllib.loads(f"value = {text}")["value"]


def test_defaults() -> None:
    known, shown = reference(), dict(ROW.findall(PAGE.split("## Datasets")[0]))
    assert len(shown) > 70
    assert {key: toml(value) for key, value in shown.items()} == {key: toml(known.get(key, '""')) for key in shown}


@pytest.mark.parametrize("table", TABLES, ids=[table.name for table in TABLES])
def test_tables(table: Table) -> None:
    (row,) = re.findall(rf"^\| `{table.name}` \|.*$", DATASETS, re.MULTILINE)
    if table.name != "closes":  # "the same" as market
        assert set(table.names) <= set(re.findall(r"`(\w+)`", row))


def test_contents() -> None:
    """Every section is in the contents, and nothing else is."""
    headings = re.findall(r"^## (.*)$", PAGE, re.MULTILINE)
    anchors = re.findall(r"\]\(#([\w-]+)\)", PAGE[: PAGE.index("## Time")])
    assert anchors == [re.sub(r"[^\w-]", "", heading.lower().replace(" ", "-")) for heading in headings]


def test_closes_have_the_columns_of_market_and_one_more() -> None:
    (row,) = re.findall(r"^\| `closes` \|.*$", DATASETS, re.MULTILINE)
    *same, more = market_tables.CLOSES.columns
    assert tuple(same) == market_tables.MARKET.columns and f"`{more.name}`" in row
