"""Removes from a sweep's folder only files that are proved to be Spiral's."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from io import BytesIO
from pathlib import Path

from sim.dataset import MANIFEST as RUN_MANIFEST
from sim.dataset import open_run
from sim.errors import UserError
from sim.ordinary import LARGE, read_ordinary
from sim.sweep_folder import ASIDE, CELLS, JOURNAL, LOCK, PART, PATHS_FOLDER, SEGMENT, SINGLE, as_named, listed
from sim.sweep_journal import MAGIC
from sim.sweep_manifest import MANIFEST


def is_foreign(folder: Path) -> bool:
    """Whether a folder without a manifest holds anything but what is left of a sweep that was killed at its start."""
    return not (folder / MANIFEST).exists() and not all(map(_of_a_beginning, listed(folder)))


def _of_a_beginning(place: Path) -> bool:
    if place.name in (ASIDE, CELLS, PATHS_FOLDER):
        left = [part.name for part in listed(place)]
        return place.is_dir() and all(place.name == ASIDE and PART.fullmatch(name) for name in left)
    if place.name == LOCK:
        return place.is_file() and place.stat().st_size == 0
    return is_journal(place)


def is_journal(place: Path) -> bool:
    """Whether the file is a journal, by its name and how it begins."""
    if not JOURNAL.fullmatch(place.name) or place.is_symlink() or not place.is_file():
        return False
    with place.open("rb") as stream:
        return stream.read(len(MAGIC)) == MAGIC


def clear_aside(folder: Path) -> None:
    """Remove what was being written when an earlier command was killed."""
    for left in listed(folder / ASIDE):
        if PART.fullmatch(left.name) and (left.is_file() or left.is_symlink()):
            left.unlink()


def clear_segments(folder: Path, kept: Collection[str]) -> None:
    """Remove segments that no longer count, and single cells that have gone into one."""
    for part in (CELLS, PATHS_FOLDER):
        for place in listed(folder / part):
            if SEGMENT.fullmatch(place.name) and place.name not in kept and as_named(place):
                place.unlink()
    for place in listed(folder / CELLS):
        if SINGLE.fullmatch(place.name) and _is_single(place):
            with suppress(FileNotFoundError):
                if not (paths := folder / PATHS_FOLDER / place.name).is_symlink():
                    paths.unlink()
            place.unlink()


def clear_journals(folder: Path, kept: str) -> None:
    """Remove journals of earlier generations."""
    for place in listed(folder):
        if place.name != kept and is_journal(place):
            place.unlink()


def _is_single(place: Path) -> bool:
    """Whether the file is the row of the cell in its name."""
    import polars as pl

    found = SINGLE.fullmatch(place.name)
    if found is None or place.is_symlink() or not place.is_file():
        return False
    try:
        frame = pl.read_parquet(BytesIO(read_ordinary(place, LARGE)), columns=["cell", "id"])
    except (pl.exceptions.PolarsError, OSError):
        return False
    return frame.rows() == [(int(found[1]), found[2])]


def check_kept(place: Path) -> None:
    """Whether a cell's own dataset can be thrown away: it is one, as it was written. Raises UserError."""
    remedy = "move it away, or give another --out"
    if place.is_symlink():
        raise UserError("a cell's dataset is no link", place=str(place), remedy=remedy)
    if place.is_dir() and any(listed(place)):
        try:
            open_run(place)
        except UserError as error:
            value = f"something else ({error.rule})"
            raise UserError(
                "only a cell's dataset is thrown away", place=str(place), value=value, remedy=remedy
            ) from None


def discard_kept(place: Path) -> None:
    """Delete a cell's own dataset, file by file as its manifest lists them; other files stay."""
    if not place.is_dir() or place.is_symlink() or not (place / RUN_MANIFEST).is_file():
        return
    root = place.resolve()
    files = [place / name for name in open_run(place).manifest["files"]]
    for file in files:
        if file.parent.resolve().is_relative_to(root) and file.is_file() and not file.is_symlink():
            file.unlink()
    (place / RUN_MANIFEST).unlink()
    for folder in sorted({file.parent for file in files} | {place}, key=lambda each: -len(each.parts)):
        with suppress(OSError):  # not empty: the user's own
            folder.rmdir()
