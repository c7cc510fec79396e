"""`manifest.json` of a run: its contents, whether it is valid, and the files whose checksums it has."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping, MutableMapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim import schema
from sim.dataclass import dataclass
from sim.errors import UserError
from sim.json_file import read_json
from sim.manifest_shape import NEEDED, is_right
from sim.named_tuple import NamedTuple

if TYPE_CHECKING:
    from pydantic import ValidationError

MANIFEST = "manifest.json"
AGAIN = "move the folder away and run the scenario again"
BLOCK = 1 << 20


@dataclass(frozen=True)
class Written:
    """A file as it was written: bytes, and its SHA-256 (None in manifests from before there were checksums)."""

    size: int
    sha256: str | None


class Seen(NamedTuple):
    """A file's metadata. New content changes the time, a new file changes the number."""

    device: int
    number: int
    size: int  # bytes
    changed: int  # nanoseconds


_by_heart: dict[Seen, str] = {}  # SHA-256 of the files of the run that this process wrote last


def digest_of(place: Path) -> str:
    """SHA-256 of a file, as hex."""
    found = hashlib.sha256()
    with place.open("rb") as stream:
        while block := stream.read(BLOCK):
            found.update(block)
    return found.hexdigest()


def described(
    folder: Path, names: Iterable[str], made: Mapping[str, Written] | None = None
) -> dict[str, dict[str, Any]]:
    """The `files` of a manifest: size and checksum of each file of the folder, by name.

    made: files whose checksums were taken as they were written. All are remembered: this process hashes a file again
    only if its metadata have changed.
    """
    _by_heart.clear()
    found: dict[str, dict[str, Any]] = {}
    for name in sorted(names):
        found[name] = written(folder / name, (made or {}).get(name))
    return found


def written(place: Path, made: Written | None = None) -> dict[str, Any]:
    """Size and checksum of one more file, which is remembered too. made: as it was written, if that is known."""
    at = _seen(place)
    known = made.sha256 if made is not None and made.size == at.size else None
    digest = _by_heart[at] = known or digest_of(place)
    return {"size": at.size, "sha256": digest}


def _seen(place: Path) -> Seen:
    return seen(place.stat())


def seen(at: os.stat_result) -> Seen:
    """Metadata of a file."""
    return Seen(at.st_dev, at.st_ino, at.st_size, at.st_mtime_ns)


def hashed(file: Seen) -> str | None:
    """The checksum of a file that this process has written or hashed for its last run, by its metadata."""
    return _by_heart.get(file)


def files_of(manifest: Mapping[str, Any]) -> dict[str, Written]:
    """The files that a manifest lists, with size and checksum, by name (`marks/actual-0000000.parquet`)."""
    return {
        name: Written(entry, None) if isinstance(entry, int) else Written(entry["size"], entry.get("sha256"))
        for name, entry in manifest["files"].items()
    }


def as_written(place: Path, written: Written, known: MutableMapping[Seen, str] | None = None) -> bool:
    """Whether a file is as it was written: same checksum, or same size if the manifest has no checksum.

    known: checksums that need not be taken again, by the files' metadata; what is taken is added.
    """
    if not place.is_file() or (at := _seen(place)).size != written.size:
        return False
    if written.sha256 is None:
        return True
    digest = _by_heart.get(at) or (known or {}).get(at) or digest_of(place)
    if known is not None:
        known[at] = digest
    return digest == written.sha256


def signed(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """The manifest with a digest of itself."""
    bare = {key: value for key, value in manifest.items() if key != "digest"}
    text = json.dumps(bare, sort_keys=True, separators=(",", ":"))
    return {**bare, "digest": hashlib.sha256(text.encode()).hexdigest()}


def write_manifest(manifest: Mapping[str, Any], folder: Path) -> None:
    """Sign it and write it into the run's folder."""
    (folder / MANIFEST).write_text(json.dumps(signed(manifest), indent=1), encoding="utf-8")


def altered(manifest: Mapping[str, Any]) -> bool:
    """Whether the manifest has been changed since it was written; False if it has no digest."""
    return "digest" in manifest and signed(manifest)["digest"] != manifest["digest"]


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a run's folder. Raises UserError if it is missing or invalid."""
    place = folder / MANIFEST
    try:
        manifest = read_json(place, finite=False)
    except FileNotFoundError:
        rule = "a run folder has a manifest"
        raise UserError(rule, place=str(place), remedy="run the scenario again: this run did not finish") from None
    except OSError as error:
        raise UserError("a manifest can be read", place=str(place), value=error.strerror, remedy=AGAIN) from None
    except ValueError as error:
        raise UserError("a manifest is JSON", place=str(place), value=str(error), remedy=AGAIN) from None
    _check(manifest, place)
    found: dict[str, Any] = manifest
    return found


def _check(manifest: Any, place: Path) -> None:
    """Raise UserError if the manifest is invalid."""
    if is_right(manifest) and schema.is_right(manifest):
        return
    from pydantic import ValidationError

    from sim.manifest_model import Manifest

    rule = "a manifest is as a run writes it"
    if isinstance(manifest, dict) and set(NEEDED) - manifest.keys():
        lacking = f"lacks {', '.join(sorted(set(NEEDED) - manifest.keys()))}"
        raise UserError("a manifest is complete", place=str(place), value=lacking, remedy=AGAIN)
    try:
        Manifest.model_validate(manifest)
        schema.read(manifest)
    except (ValidationError, RecursionError) as error:
        told = _first(error) if isinstance(error, ValidationError) else "too deep"
        raise UserError(rule, place=str(place), value=told, remedy=AGAIN) from None


def _first(error: ValidationError) -> str:
    first = error.errors(include_url=False)[0]
    where = ".".join(str(key) for key in first["loc"])
    said = first["msg"].partition(" or instance of ")[0]
    return f"{where}: {said}"[:200] if where else said
