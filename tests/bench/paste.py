"""Put the table of the last `make bench` into docs/performance.md: python -m tests.bench.paste [bench.json]."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from tests.bench.table import Board, Row

PAGE = Path(__file__).resolve().parents[2] / "docs" / "performance.md"
BEGIN, END = "<!-- make bench -->\n", "<!-- end -->\n"


def pasted(page: str, found: dict) -> str:  # type: ignore[type-arg]
    """The page with the table of these figures between its marks."""
    table = Board([Row(**row) for row in found["rows"]]).markdown()
    machine = found["machine"]
    packages = ", ".join(f"{name} {version}" for name, version in machine["packages"].items())
    where = f"{machine['processor']}, {machine['cores']} cores, machine code for {machine['code for']},\n"
    where += f"Python {machine['python']}, {packages}."
    before, rest = page.split(BEGIN)
    return f"{before}{BEGIN}{table}\n\n{where}\n{END}{rest.split(END)[1]}"


if __name__ == "__main__":
    source = Path(sys.argv[1] if len(sys.argv) > 1 else "runs/bench/bench.json")
    PAGE.write_text(pasted(PAGE.read_text(), json.loads(source.read_text())))
