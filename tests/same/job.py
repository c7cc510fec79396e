"""Run scenarios and write their tables, sorted; a script, so that the packages of another revision can stand under it.

Usage: job.py OUT PATHS TWIN NAME ...: presets and random casts by name; TWIN is - for the scenario's own. What is
refused is said in OUT/NAME.refused.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

import polars as pl

sys.path.insert(0, str(Path(__file__).parent))

from casts import casts  # type: ignore[import-not-found]

from scenarios import from_dict, load, run
from sim.errors import UserError


def tables(name: str, paths: int, twin: str | None = None) -> dict[str, pl.DataFrame]:
    """Every table of a run with its twin, in an order that does not depend on the order of writing."""
    made: dict[str, dict[str, Any]] = casts()
    scenario = from_dict(made[name]) if name in made else load(name)
    with tempfile.TemporaryDirectory() as folder:
        done = run(scenario, paths=paths, workers=1, out=Path(folder) / "run", twin=twin)
        return {table: ordered(done.table(table).collect()) for table in done.tables}


def ordered(frame: pl.DataFrame) -> pl.DataFrame:
    """Rows sorted by what names them; floats only tell ties apart."""
    keys = [name for name, kind in frame.schema.items() if not kind.is_float()]
    return frame.sort([*keys, *(name for name in frame.columns if name not in keys)])


if __name__ == "__main__":
    house = Path(sys.modules["scenarios"].__file__ or "").parents[1]
    assert house == Path.cwd(), f"packages of {house} would run in place of those here"
    out, paths, twin = Path(sys.argv[1]), int(sys.argv[2]), None if sys.argv[3] == "-" else sys.argv[3]
    for name in sys.argv[4:]:
        try:
            found = tables(name, paths, twin)
        except UserError as error:
            (out / f"{name}.refused").write_text(str(error))
            continue
        for table, frame in found.items():
            frame.write_parquet(out / f"{name}.{table}.parquet")
