"""On a narrow screen a desk's page has one column, as wide as the screen: what is wider scrolls inside it."""

import re
from pathlib import Path

FILES = sorted((Path(__file__).parents[1] / "scenarios" / "desk").rglob("*.css"))


def test_a_lone_column_is_no_wider_than_the_page() -> None:
    text = "\n".join(file.read_text() for file in FILES)
    lone = re.findall(r"columns[^{}]*\{ grid-template-columns: ([^;]+);", text)
    assert "minmax(0, 1fr)" in lone and "1fr" not in lone  # `1fr` alone grows with its widest table
