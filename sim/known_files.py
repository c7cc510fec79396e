"""Checksums of a run's files, kept between processes for as long as the files' metadata stay what they were.

A run that replaces this one need not hash it first. The time of the last change of a file's metadata, which nobody can
set back, is compared too. Where the system has no such time (Windows), nothing is kept.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from sim.kept_folder import answers_folder
from sim.manifest import MANIFEST, Seen, hashed, seen
from sim.sealed_file import read_sealed, write_sealed

TICK = 20_000_000  # nanoseconds: a system may give changes so close to each other the same time


def keep(folder: Path, manifest: Mapping[str, Any]) -> None:
    """Keep the checksums of a run that this process has just written: of the files that no longer change."""
    place = _place(manifest)
    if place is not None:
        with suppress(OSError):
            _write(place, folder, manifest)


def _write(place: Path, folder: Path, manifest: Mapping[str, Any]) -> None:
    last = os.stat(folder / MANIFEST).st_ctime_ns
    found = {}
    for name in manifest["files"]:
        at = os.stat(folder / name)
        if (digest := hashed(seen(at))) is not None and at.st_ctime_ns < last - TICK:
            found[name] = [*seen(at), at.st_ctime_ns, digest]
    write_sealed(place, json.dumps(found).encode())


def kept(folder: Path, manifest: Mapping[str, Any]) -> dict[Seen, str]:
    """Checksums of the files of a run's folder that are as they were when they were hashed."""
    place, found = _place(manifest), {}
    packed = None if place is None else read_sealed(place)
    for name, (*was, changed, digest) in json.loads(packed or b"{}").items():
        try:
            at = os.stat(folder / name)
        except OSError:
            continue
        if [*seen(at)] == was and at.st_ctime_ns == changed:
            found[seen(at)] = digest
    return found


def _place(manifest: Mapping[str, Any]) -> Path | None:
    digest = manifest.get("digest")
    if sys.platform == "win32" or not isinstance(digest, str) or not digest.isalnum():
        return None
    folder = answers_folder()
    return None if folder is None else folder / f"files-{digest[:32]}.json"
