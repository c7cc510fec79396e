"""The file that says what a class is: written once, when it opens."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from scenarios.desk.trade.chosen import Chosen
from scenarios.desk.trade.tokens import hashed, new_code, new_id, new_token
from sim.files import make_folder, write_whole

NAME = "class.json"
FORM = "spiral class 1"


@dataclass(frozen=True)
class RoomFile:
    """id: also the folder's name. code: what students type. lecturer: hash of the lecturer's secret."""

    id: str
    code: str
    lecturer: str
    opened: str  # UTC, ISO
    chosen: Chosen

    @classmethod
    def read(cls, folder: Path) -> RoomFile:
        """Raises ValueError or OSError for what is no class."""
        told = json.loads((folder / NAME).read_text(encoding="utf-8"))
        if told.get("form") != FORM or told["id"] != folder.name:
            raise ValueError("no class of this version")
        return cls(told["id"], told["code"], told["lecturer"], told["opened"], Chosen.of_json(told["chosen"]))


def open_class(classes: Path, chosen: Chosen, opened: str) -> tuple[Path, str]:
    """Make the folder of a new class; returns it, and the lecturer's secret."""
    key, name = new_token(), new_id()
    folder = classes / name
    make_folder(folder)
    told = {"form": FORM, "id": name, "code": new_code(), "lecturer": hashed(key), "opened": opened}
    write_whole(folder / NAME, json.dumps({**told, "chosen": chosen.to_json()}, allow_nan=False))
    return folder, key
