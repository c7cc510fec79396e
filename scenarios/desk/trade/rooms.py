"""All classes of a desk's folder; those that had not ended when the server did go on where they were."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from pathlib import Path

from scenarios.desk.trade.chosen import Chosen
from scenarios.desk.trade.record import ENDED
from scenarios.desk.trade.room import Room
from scenarios.desk.trade.room_file import NAME, open_class
from scenarios.desk.trade.students import Student
from scenarios.desk.trade.tokens import fits, hashed
from scenarios.desk.workspace import CLASSES
from sim.errors import UserError
from sim.lock import Lock

MOST_LIVE = 8  # classes at a time: each has a process
ELSEWHERE = "the classes of this folder are led by another server"


class Rooms:
    """Opens classes and finds them: by id, by code, or by the secret of a student."""

    def __init__(self, folder: Path) -> None:
        """folder: the desk's. Nothing is written before the first class."""
        self._folder = folder / CLASSES
        self._rooms: dict[str, Room] = {}
        self._changing = threading.Lock()
        self._lock: Lock | None = None
        if self._folder.is_dir() and self._ours():
            self._take_up()

    def _ours(self) -> bool:
        """Whether this server leads the classes of the folder: two would write into one journal."""
        if self._lock is None:
            lock = Lock(self._folder / ".lock")
            if not lock.acquire():
                return False
            lock.write(work="classes")
            self._lock = lock
        return True

    def _take_up(self) -> None:
        for folder in sorted(self._folder.iterdir()):
            if (folder / NAME).is_file() and not folder.is_symlink():
                try:
                    self._rooms[folder.name] = Room(folder)
                except (OSError, ValueError, KeyError):  # somebody else's folder, or of another version
                    continue

    def open(self, chosen: Chosen) -> tuple[Room, str]:
        """A new class, and its lecturer's secret. Raises UserError."""
        with self._changing:
            if sum(room.record.state != ENDED for room in self._rooms.values()) >= MOST_LIVE:
                raise UserError(f"at most {MOST_LIVE} classes are open at a time", place="case", remedy="end one first")
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            if not self._ours():
                raise UserError(ELSEWHERE, place=str(self._folder), remedy="open the class there")
            opened = datetime.now(UTC).isoformat(timespec="seconds")
            folder, key = open_class(self._folder, chosen, opened)
            room = self._rooms[folder.name] = Room(folder)
        room.audit.note("lecturer", "open", title=chosen.title)
        return room, key

    def all(self) -> list[Room]:
        """The youngest first."""
        return sorted(self._rooms.values(), key=lambda room: room.file.opened, reverse=True)

    def get(self, name: str) -> Room | None:
        """By its id."""
        return self._rooms.get(name)

    def of_code(self, code: object) -> Room | None:
        """The class that may be joined by a code; compares it with all of them."""
        given = "".join(code.split()).upper() if isinstance(code, str) and len(code) <= 40 else ""
        found = None
        for room in self.all():
            if fits(room.file.code, hashed(given)) and room.record.state != ENDED:
                found = room
        return found

    def of_student(self, token: str) -> tuple[Room, Student] | None:
        """Whose secret it is, and where."""
        kept = hashed(token)
        for room in list(self._rooms.values()):
            student = room.record.students.of_hash(kept)
            if student is not None:
                return room, student
        return None

    def close(self) -> None:
        """Let go of all classes."""
        with self._changing:
            for room in self._rooms.values():
                room.close()
            self._rooms.clear()
            if self._lock is not None:
                self._lock.release()
                self._lock = None
