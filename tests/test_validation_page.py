"""The page on known answers has a paragraph for every case, under its chapter, and for no other."""

from __future__ import annotations

import re

from scenarios.studies.validation.case import CHAPTERS
from scenarios.studies.validation.suite import suite
from tests.documents import ROOT

PAGE = (ROOT / "docs" / "validation.md").read_text(encoding="utf-8")


def section(heading: str) -> str:
    """Text between one heading of the second level and the next."""
    return PAGE.split(f"\n## {heading}\n")[1].split("\n## ")[0]


def test_every_case_has_its_paragraph() -> None:
    for chapter in CHAPTERS:
        named = {
            n for names in re.findall(r"^\*\*([a-z, -]+)\.\*\*", section(chapter), re.M) for n in names.split(", ")
        }
        assert named == {case.name for case in suite() if case.chapter == chapter}


def test_what_is_not_validated_is_named() -> None:
    assert section("What is not validated").count("\n- **") >= 5


def test_contents() -> None:
    headings = re.findall(r"^## (.*)$", PAGE, re.M)
    linked = re.findall(r"\]\(#([\w-]+)\)", PAGE.split("\n## ")[0])
    assert linked == [heading.lower().replace(" ", "-") for heading in headings]
