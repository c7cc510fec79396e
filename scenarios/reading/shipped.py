"""The shipped catalogue; reading it costs no heavy import."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from scenarios.reading.plain_values import check_plain, parse_toml, read_text
from sim.errors import UserError

FOLDER = Path(__file__).parents[1] / "catalogue"


def catalogue() -> dict[str, Path]:
    """Scenario file of each preset, by name."""
    return {path.stem: path for path in sorted(FOLDER.glob("*.toml"))}


def presets() -> dict[str, str]:
    """Title of each preset, by name."""
    return {name: str(read_toml(path).get("title", name)) for name, path in catalogue().items()}


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
