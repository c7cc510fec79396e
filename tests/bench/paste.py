"""Put the table of the last `make bench` into docs/performance.md: python -m tests.bench.paste [bench.json ...].

Of further files, of the same machine with code for other processors (`make bench CPU=...`), ratios make columns more.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from tests.bench.table import Board, Row

PAGE = Path(__file__).resolve().parents[2] / "docs" / "performance.md"
FOUND = Path("runs/bench")
BEGIN, END = "<!-- make bench -->\n", "<!-- end -->\n"
Found = dict[str, Any]  # what `Board.write` wrote


def pasted(page: str, found: Found, *others: Found) -> str:
    """The page with the table of these figures between its marks. Raises ValueError for those of another machine."""
    columns = {other["machine"]["code for"]: _board(other) for other in others}
    for other in others:
        if other["machine"] | {"code for": ""} != found["machine"] | {"code for": ""}:
            raise ValueError("figures of one table are of one machine and of the same packages")
    table = _board(found).markdown(**columns)
    machine = found["machine"]
    packages = ", ".join(f"{name} {version}" for name, version in machine["packages"].items())
    where = f"{machine['processor']}, {machine['cores']} cores, machine code for {machine['code for']},\n"
    where += "".join(f"in the last column for {name} (both sides).\n" for name in columns)
    where += f"Python {machine['python']}, {packages}."
    before, rest = page.split(BEGIN)
    return f"{before}{BEGIN}{table}\n\n{where}\n{END}{rest.split(END)[1]}"


def _board(found: Found) -> Board:
    return Board([Row(**row) for row in found["rows"]])


def places() -> list[Path]:
    """What is pasted unless it is said: the last bench, and those of the same folder for other processors."""
    return [FOUND / "bench.json", *sorted(FOUND.glob("bench-*.json"))]


if __name__ == "__main__":
    sources = [Path(name) for name in sys.argv[1:]] or places()
    PAGE.write_text(pasted(PAGE.read_text(), *(json.loads(source.read_text()) for source in sources)))
