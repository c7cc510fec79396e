"""Files that a chart can be written to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.errors import UserError
from sim.files import check_new

if TYPE_CHECKING:
    from pathlib import Path

CHARTS = (".html", ".png", ".svg", ".json")


def check_ending(path: Path, option: str) -> None:
    """Raise UserError for a file that no chart can be written to."""
    if path.suffix not in CHARTS:
        raise UserError(
            f"a chart is one of {', '.join(CHARTS)}", value=path.name, place=option, remedy="name the file so"
        )
    check_new(path, force=True)  # a chart replaces the file that is named
