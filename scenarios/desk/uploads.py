"""Files that browsers have sent: kept below `uploads/` of the desk's folder under the digest of their content.

Nothing in them is imported or run. The same file twice is kept once, and none is ever changed.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath

from sim.errors import UserError
from sim.files import make_folder, write_whole

UPLOADS = "uploads"
ID = re.compile(r"uploads/[0-9a-f]{12}/[A-Za-z0-9][A-Za-z0-9._-]{0,79}")
ODD = re.compile(r"[^A-Za-z0-9._-]+")
ENDINGS = {"history": ".csv", "book": ".csv", "swaps": ".csv", "curves": ".csv", "file": ".toml"}
LARGEST, LARGEST_ALL = 16 * 1024 * 1024, 2 * 1024**3  # bytes, of one and of all together


@dataclass(frozen=True)
class Uploads:
    """The uploaded files of a desk's folder; each is known by its path in it, `uploads/DIGEST/NAME`."""

    folder: Path

    def keep(self, given: str, content: bytes, endings: tuple[str, ...]) -> str:
        """Keep a file and return its path in the folder. given: its name at the user's. Raises UserError."""
        name = tidy(given)
        if not content.strip():
            raise UserError("the file is empty", value=given, remedy="choose another one")
        if len(content) > LARGEST:
            remedy = f"a file of the desk has at most {LARGEST // 2**20} MiB"
            raise UserError("the file is too large", value=f"{len(content):,} bytes", place=given, remedy=remedy)
        if not name.lower().endswith(endings):
            raise UserError(f"the name ends in {' or '.join(endings)}", value=given, remedy="choose another file")
        self._check_room(len(content))
        place = f"{UPLOADS}/{hashlib.sha256(content).hexdigest()[:12]}/{name}"
        if not (self.folder / place).is_file():
            make_folder((self.folder / place).parent)
            write_whole(self.folder / place, content)
        return place

    def _check_room(self, more: int) -> None:
        """Raise UserError where the uploads are full."""
        had = sum(file.stat().st_size for file in (self.folder / UPLOADS).glob("*/*"))
        if had + more > LARGEST_ALL:
            rule = f"uploads have at most {LARGEST_ALL // 2**20} MiB together"
            raise UserError(rule, value=f"{had / 2**20:.0f} MiB", place=UPLOADS, remedy="remove old ones")

    def check(self, place: str) -> str:
        """The same path if an upload lies there. Raises UserError: nothing else is reached."""
        self.get(place)
        return place

    def get(self, place: str) -> Path:
        """The file at a path that `keep` gave. Raises UserError."""
        file = self.folder / place
        if not ID.fullmatch(place) or not file.is_file() or file.resolve() != file:
            raise UserError("there is no such upload in the desk's folder", value=place, remedy="upload it again")
        return file


def tidy(given: str) -> str:
    """A file's name as it is kept: letters, digits, points and dashes, of at most 80 characters."""
    bare = PureWindowsPath(PurePosixPath(given).name).name
    name = ODD.sub("_", bare).lstrip("._-") or "file"
    stem, point, ending = name.rpartition(".")
    return f"{stem[: 79 - len(ending)]}{point}{ending}" if point and len(ending) < 10 else name[:80]
