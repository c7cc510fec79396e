"""The documents: pages that are followed from top to bottom, links, names, lines, and the site."""

from __future__ import annotations

import importlib
import os
import re
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path

import click
import pytest

import analysis
import scenarios
from agents import accounts as agents_accounts
from markets import accounts as markets_accounts
from scenarios.cli import main
from tests.documents import LESSONS, ROOT, block, commands, follow, python

DOCS = ROOT / "docs"
FOLLOWED = [
    str(page.relative_to(ROOT))
    for page in (
        DOCS / "getting_started.md",
        *sorted((DOCS / "tutorials").glob("*.md")),
        *sorted((DOCS / "howto").glob("*.md")),
        *sorted((DOCS / "first_ten_minutes").glob("*.md")),
        *sorted((DOCS / "lessons").glob("*.md")),
    )
]
LONG = (
    "asset",
    "chart",
    "compare_policies",
    "counterparty",
    "credit_desk",
    "currency",
    "curve_model",
    "equity_note",
    "hedge_option_vega",
    "hedge_rates",
    "hedge_vega",
    "law",
    "learn",
    "lecturer",
    "liability_fund",
    "listing",
    "margin_model",
    "metric",
    "node",
    "option_credit",
    "pnl_part",
    "product",
    "regulatory_capital",
    "researcher",
    "risk_manager",
    "risky_bonds",
    "session",
    "stress",
    "swap_desk",
    "swaption",
    "vol_funds",
    "vol_surface",
)
SLOW = [page for page in FOLLOWED if Path(page).stem in LONG or page.startswith(LESSONS)]  # see also test_lessons
EACH = [pytest.param(page, marks=[pytest.mark.slow] if page in SLOW else []) for page in FOLLOWED]
PAGES = [str(page.relative_to(ROOT)) for page in (*ROOT.glob("*.md"), *sorted(DOCS.rglob("*.md")))]
WIDTH = 120
LINK = re.compile(r"\]\(([^)\s]+)\)")
CODE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
NAME = re.compile(r"`((?:sim|markets|agents|scenarios|analysis)(?:\.\w+)+)`")
KEY = re.compile(r"agents\.(NAME|hedger|treasury)\b|.*\.py$")  # of a scenario, or a file: no name of the code
FILE = re.compile(r"`((?:sim|markets|agents|scenarios|analysis|tests|docs|notebooks)/[\w./-]*)`")


@cache
def text(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


@cache
def anchors(page: Path) -> set[str]:
    """What a link into a page may point to."""
    headings = re.findall(r"^#+ (.*)$", CODE.sub("", page.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w-]", "", heading.lower().replace(" ", "-")) for heading in headings}


@pytest.mark.parametrize("page", EACH)
def test_a_page_is_followed(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    follow(page, tmp_path)


@pytest.mark.parametrize("page", [page for page in PAGES if commands(page)])
def test_commands_are_there(page: str) -> None:
    """Of every `spiral` command that a page shows, with its options."""
    for arguments in commands(page):
        command = main.commands[arguments[0]]
        with click.Context(command) as context:
            command.parse_args(context, list(arguments[1:]))


def test_a_run_balances_from_its_files(tmp_path: Path) -> None:
    assert python(block("docs/model/results.md", "python"), tmp_path) == "True\n"


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    for link in LINK.findall(CODE.sub("", text(page))):
        if "://" in link:
            continue
        target, _, anchor = link.partition("#")
        file = ((ROOT / page).parent / target).resolve() if target else ROOT / page
        made = file.parent == DOCS / "api"  # of docstrings, by the site, which looks after their anchors
        assert file.exists() or made, link
        assert not anchor or made or anchor in anchors(file), link


@pytest.mark.parametrize("page", PAGES)
def test_names_of_the_code_exist(page: str) -> None:
    """`markets.venues.venue.Venue.trade` is a module and what it holds, `tests/test_docs.py` a file."""
    if page == "CHANGELOG.md":
        return  # which tells of what there was
    names = [name for name in NAME.findall(text(page)) if not KEY.match(name)]
    assert [name for name in names if not found(name)] == []
    assert [file for file in FILE.findall(text(page)) if not (ROOT / file).exists()] == []


def found(name: str) -> bool:
    """Whether a dotted name is a module, or an attribute of one."""
    parts = name.split(".")
    for cut in range(len(parts), 0, -1):
        try:
            thing = importlib.import_module(".".join(parts[:cut]))
        except ModuleNotFoundError:
            continue
        for attribute in parts[cut:]:
            known = {**getattr(thing, "__annotations__", {}), **getattr(thing, "__dataclass_fields__", {})}
            if not hasattr(thing, attribute) and attribute not in known:
                return False
            thing = getattr(thing, attribute, None)
        return True
    return False


@pytest.mark.parametrize("page", PAGES)
def test_lines_of_prose_are_short(page: str) -> None:
    lines = CODE.sub("", text(page)).splitlines()
    prose = [line for line in lines if not line.startswith(("|", "    "))]
    assert [line for line in prose if len(line) > WIDTH] == []


@pytest.mark.parametrize("package", [scenarios, analysis], ids=["scenarios", "analysis"])
def test_the_reference_has_everything_public(package: object) -> None:
    shown = set(re.findall(rf"^::: {package.__name__}\.(\w+)$", text(f"docs/api/{package.__name__}.md"), re.MULTILINE))
    other = {"open_run", "open_sweep"} if package is analysis else set()  # stand under scenarios
    assert set(package.__all__) - other <= shown


def test_the_ledgers_accounts_are_named() -> None:
    for page in ("docs/life_of_a_dollar.md", "docs/model/results.md"):
        for account in (*agents_accounts.ACCOUNTS, *markets_accounts.ACCOUNTS):
            assert f"`{account}`" in text(page), f"{page} does not name {account}"


def test_the_glossary_is_in_order() -> None:
    terms = re.findall(r"^\| ([^|]+?) \|", text("docs/glossary.md"), re.MULTILINE)[1:]
    letters = [re.sub(r"[^a-z]", "", term.casefold()) for term in terms]
    assert len(terms) > 80 and letters == sorted(set(letters))


def test_the_picture_obeys_the_layers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(DOCS))
    import house

    contracts = tomllib.loads(text("pyproject.toml"))["tool"]["importlinter"]["contracts"]
    layers = next(contract["layers"] for contract in contracts if contract["type"] == "layers")
    down = {(upper, lower) for i, upper in enumerate(layers) for lower in layers[i + 1 :]}
    assert set(house.arrows()) == down | {("scenarios", "analysis"), ("analysis", "sim")}
    assert house.picture().count("marker-end") == len(house.arrows())


def test_the_site_is_built_without_a_warning(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(tmp_path / "site")]
    done = subprocess.run(
        command, cwd=ROOT, env=os.environ | {"NO_MKDOCS_2_WARNING": "1"}, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
    pages = list((tmp_path / "site").rglob("*.html"))
    assert len(pages) > len(PAGES)
    outside = [page for page in pages if re.search(r'(?:src|rel="stylesheet" href)="https?:', page.read_text("utf-8"))]
    assert not outside  # what is fetched, not what is linked to
