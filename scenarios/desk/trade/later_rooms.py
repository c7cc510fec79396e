"""The classes of a desk's folder, opened when a page first asks; at once where there are some to go on with."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

from scenarios.desk.workspace import CLASSES

if TYPE_CHECKING:
    from scenarios.desk.trade.rooms import Rooms


class LaterRooms:
    """`rooms()` gives the `Rooms`, which need the engine."""

    def __init__(self, folder: Path) -> None:
        """folder: the desk's."""
        self._folder = folder
        self._rooms: Rooms | None = None
        self._opening = threading.Lock()
        if (folder / CLASSES).is_dir():
            self()

    def __call__(self) -> Rooms:
        """The classes."""
        with self._opening:
            if self._rooms is None:
                from scenarios.desk.trade.rooms import Rooms

                self._rooms = Rooms(self._folder)
            return self._rooms

    def close(self) -> None:
        """End the processes of classes, where there are any."""
        if self._rooms is not None:
            self._rooms.close()
