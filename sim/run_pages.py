"""Pages that are added to a finished run's folder."""

from __future__ import annotations

import os
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from sim.earlier_run import REPORT, has_changed_report
from sim.errors import UserError
from sim.files import write_whole, writing
from sim.run_folder import claimed

if TYPE_CHECKING:
    from sim.dataset import Run

__all__ = ["REPORT", "add_page", "check_report"]


def check_report(folder: Path) -> None:
    """Raise UserError if a report would replace a file that is not as Spiral wrote it."""
    if has_changed_report(folder):
        raise UserError(
            "a report replaces only a report that is as Spiral wrote it",
            place=str(folder / REPORT),
            value="another file, or a changed one",
            remedy="move or rename it",
        )


def add_page(run: Run, name: str, page: bytes) -> None:
    """Write a page into a run's folder. Raises UserError if the folder no longer holds the run that was read."""
    place = Path(os.path.realpath(run.path)) / name
    if not os.access(place.parent.parent, os.W_OK):  # so nobody can replace the run, and no lock is needed
        write_whole(place, page)
        return
    with claimed(run.path) as claim, nullcontext(claim.partial / name) as part:
        run.check_unchanged()
        with writing(run.path / name):
            part.write_bytes(page)
            os.replace(part, place)
