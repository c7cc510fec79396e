"""The shipped catalogue, and which scenario file a name means; reading them costs no heavy import."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Any

from scenarios.reading.plain_values import check_plain, parse_toml, read_text
from sim.errors import UserError
from sim.nearest import nearest

FOLDER = Path(__file__).parents[1] / "catalogue"


def catalogue() -> dict[str, Path]:
    """Scenario file of each preset, by name."""
    return {path.stem: path for path in sorted(FOLDER.glob("*.toml"))}


def presets() -> dict[str, str]:
    """Title of each preset, by name."""
    return {name: str(read_toml(path).get("title", name)) for name, path in catalogue().items()}


def find(name_or_path: str | Path) -> Path:
    """The scenario file that is meant; UserError with the nearest preset when there is none."""
    text = str(name_or_path)
    file = Path(name_or_path)
    presets = catalogue()
    if text in presets:
        return presets[text]
    if file.suffix.lower() == ".csv":
        remedy = f"a record is given as --history {text}, positions as --book {text}"
        raise UserError("a scenario is a preset or a .toml file", value=text, remedy=remedy)
    if file.suffix.lower() == ".toml" or len(file.parts) > 1:
        if os.path.isfile(file):  # false too for a name that is too long for the disk
            return file
        raise UserError(
            "no such scenario file", value=text, remedy="give the path of a .toml file, or a preset of `spiral list`"
        )
    raise UserError("no such scenario", value=text, remedy=nearest(text, list(presets)))


def read_toml(path: Path) -> dict[str, Any]:
    """The tables of a TOML file; UserError names file and line."""
    try:
        tables = parse_toml(read_text(path), str(path))
    except tomllib.TOMLDecodeError as error:
        raise UserError(
            f"is not valid TOML: {error}", place=str(path), remedy="mend the line, or start from `spiral new`"
        ) from error
    check_plain(tables, str(path))
    return tables
