"""The run that a new one replaces: files proved to be the run's are deleted, others move to the new run's folder."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from sim.errors import UserError
from sim.files import part_of
from sim.known_files import kept
from sim.manifest import MANIFEST, Seen, as_written, files_of, read_manifest
from sim.seal import is_sealed

REPORT = "report.html"
_taken: dict[Seen, str] = {}  # checksums of the run to be replaced, which is looked at before and after the new one


def is_run(folder: Path) -> bool:
    """Whether the folder is a run's: it has a run's manifest."""
    if folder.is_symlink() or (folder / MANIFEST).is_symlink():
        return False
    try:
        read_manifest(folder)
    except UserError:
        return False
    return True


def proven(folder: Path) -> list[str]:
    """Names of the files in a folder that are proved to be the run's, the manifest last; none without a manifest.

    A table is proved by its checksum in the manifest, the report by its own. Files behind a link are never proved.
    """
    if not is_run(folder):
        return []
    manifest = read_manifest(folder)
    files = files_of(manifest)
    tables = [name for name, file in files.items() if _plain(folder, name) and as_written(folder / name, file, _taken)]
    pages = [REPORT] if _is_ours(folder / REPORT, manifest) else []
    part = part_of(Path(REPORT)).name  # a report whose writing was killed
    left = [part] if (folder / part).is_file() and _plain(folder, part) else []
    return [*tables, *pages, *left, MANIFEST]


def collisions(folder: Path, names: Iterable[str]) -> list[str]:
    """Files that stand where a new run will write and are not proved to be a run's."""
    _taken.clear()
    if is_run(folder):
        _taken.update(kept(folder, read_manifest(folder)))
    ours = set(proven(folder))
    found = []
    for name in names:
        table = folder / name.partition("/")[0]
        if "/" in name and os.path.lexists(table) and (table.is_symlink() or not table.is_dir()):
            found.append(table.name)
        elif name not in ours and os.path.lexists(folder / name):
            found.append(name)
    return list(dict.fromkeys(found))


def retire(earlier: Path, new: Path) -> None:
    """Remove a run that another has replaced; files that it did not write move into the new run's folder.

    If interrupted, the same call continues from there. Raises OSError if a file cannot be moved; it then stays in
    place.
    """
    ours = proven(earlier)
    _carry(earlier, new, set(ours))
    for name in ours:
        if name == MANIFEST:
            _remove_folders(earlier)
        (earlier / name).unlink(missing_ok=True)
    _remove_folders(earlier)
    earlier.rmdir()
    _taken.clear()


def has_changed_report(folder: Path) -> bool:
    """Whether a run's folder holds a report, or anything of that name, that is not as Spiral wrote it."""
    if not os.path.lexists(folder / REPORT):
        return False
    return not _is_ours(folder / REPORT, read_manifest(folder) if is_run(folder) else {"files": {}})


def _is_ours(place: Path, manifest: Mapping[str, Any]) -> bool:
    """Whether a report's checksum is right; for a report older than checksums, whether it names its manifest's hash."""
    if is_sealed(place):
        return True
    told = manifest.get("content_hash")
    if not told or any(written.sha256 for written in files_of(manifest).values()) or place.is_symlink():
        return False
    return place.is_file() and f"Content hash {told}. The manifest beside the tables".encode() in place.read_bytes()


def _carry(folder: Path, new: Path, ours: set[str], inside: str = "") -> None:
    """Move files that are not the run's to the same place in `new`, or to a free name if the place is taken."""
    tables = {name.partition("/")[0] for name in ours if "/" in name}
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        name = f"{inside}{entry.name}"
        if name in ours:
            continue
        target = new / entry.name
        shared = target.is_dir() and not target.is_symlink()
        if entry.is_dir(follow_symlinks=False) and (shared or name in tables):
            if not shared and _holds(Path(entry.path), ours, f"{name}/"):
                target.mkdir()
            if target.is_dir():
                _carry(Path(entry.path), target, ours, f"{name}/")
        else:
            os.rename(entry.path, _free(target))


def _holds(folder: Path, ours: set[str], inside: str) -> bool:
    """Whether a table's folder holds files that are not the run's."""
    return any(f"{inside}{entry.name}" not in ours for entry in os.scandir(folder))


def _free(target: Path) -> Path:
    """The place itself if nothing is there, else the next free name."""
    found, number = target, 1
    while os.path.lexists(found):
        number += 1
        found = target.with_name(f"{target.name}.{number}")
    return found


def _remove_folders(folder: Path) -> None:
    """Remove the empty folders inside; links are left."""
    for entry in list(os.scandir(folder)):
        if entry.is_dir(follow_symlinks=False):
            _remove_folders(Path(entry.path))
            with suppress(OSError):
                os.rmdir(entry.path)


def _plain(folder: Path, name: str) -> bool:
    """Whether no part of the name is a link."""
    place = folder
    for part in Path(name).parts:
        place = place / part
        if place.is_symlink():
            return False
    return True
