"""The pages on the model name every table as it is written and every default as it is."""

from __future__ import annotations

import re
import tomllib
from typing import Any

import pytest

from agents import tables as agent_tables
from agents.desk.loss import LOSS
from markets import tables as market_tables
from scenarios.describing.reference import all_keys
from sim.columns import Table
from sim.split import Group, Item
from tests.documents import ROOT

ENTRY = ROOT / "docs" / "model.md"
PAGES = {name: (ROOT / "docs" / "model" / f"{name}.md").read_text("utf-8") for name in ("market", "agents", "results")}
ROW = re.compile(r"^\|(?:[^|`]*\|)? `([\w.]+)` \| ([^|]*) \|", re.MULTILINE)
DATASETS = PAGES["results"].partition("## Datasets")[2]
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
    known, rules = reference(), (page.partition("## Datasets")[0] for page in PAGES.values())
    shown = dict(row for page in rules for row in ROW.findall(page))
    assert len(shown) > 70
    assert {key: toml(value) for key, value in shown.items()} == {key: toml(known.get(key, '""')) for key in shown}


def test_parts_of_the_loss() -> None:
    """The table has a row a part and the equations a line a sub-total, as they are declared."""
    section = re.sub(" +", " ", PAGES["results"].partition("## Cost of survival")[2].partition("\n## ")[0])
    told = [f"| {p.name} | {', '.join(c.name for c in p.columns)} | {p.said} |" for p in LOSS.parts]
    told += [f"{_called(g)} = {' + '.join(map(_called, LOSS.inside(g)))}" for g in LOSS.groups]
    told.append(f"{LOSS.label.lower()} = {' + '.join(map(_called, LOSS.inside()))} = -{LOSS.column}")
    assert [line for line in told if line not in section] == []


def _called(item: Item) -> str:
    return item.label.lower() if isinstance(item, Group) else item.name


@pytest.mark.parametrize("table", TABLES, ids=[table.name for table in TABLES])
def test_tables(table: Table) -> None:
    (row,) = re.findall(rf"^\| `{table.name}` \|.*$", DATASETS, re.MULTILINE)
    if table.name != "closes":  # "the same" as market
        assert set(table.names) <= set(re.findall(r"`(\w+)`", row))


def anchors(page: str) -> list[str]:
    """Where the sections of a page are linked to."""
    headings = re.findall(r"^## (.*)$", page, re.MULTILINE)
    return [re.sub(r"[^\w-]", "", heading.lower().replace(" ", "-")) for heading in headings]


@pytest.mark.parametrize("name", PAGES)
def test_contents(name: str) -> None:
    """Every section is in the contents of its page and of the entry, and nothing else is."""
    page, entry = PAGES[name], ENTRY.read_text(encoding="utf-8")
    assert re.findall(r"\]\(#([\w-]+)\)", page.partition("\n## ")[0]) == anchors(page)
    assert re.findall(rf"\]\(model/{name}\.md#([\w-]+)\)", entry) == anchors(page)


def test_closes_have_the_columns_of_market_and_one_more() -> None:
    (row,) = re.findall(r"^\| `closes` \|.*$", DATASETS, re.MULTILINE)
    market, closes = market_tables.TABLES[:2]
    *same, more = closes.names
    assert tuple(same) == market.names and f"`{more}`" in row
