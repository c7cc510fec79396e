"""`python -m tests.generators [--paths N] [NAME]...`: figures of presets under both generators of noise, as a table.

z is the difference of a figure over its standard error, that of both ensembles together.
"""

from __future__ import annotations

import argparse
import math
import tempfile
from pathlib import Path
from typing import get_args

import polars as pl

from analysis.numbers import Number
from analysis.summary import summarise
from scenarios.reading.loading import load
from scenarios.reading.shipped import catalogue
from scenarios.studies.run import run
from sim.streams import Generator


def moves(name: str, paths: int) -> pl.DataFrame:
    """Every figure of a preset that carries an error: `preset`, `figure`, `numpy`, `philox`, `error`, `z`."""
    old, new = (figures(name, paths, generator) for generator in get_args(Generator))
    rows = []
    for key, one in old.items():
        two = new[key]
        error = math.hypot(one.error or 0.0, two.error or 0.0)
        if error > 0 and math.isfinite(error) and math.isfinite(one.value - two.value):
            row = {"preset": name, "figure": key, "numpy": one.value, "philox": two.value, "error": error}
            rows.append(row | {"z": (two.value - one.value) / error})
    return pl.DataFrame(rows)


def figures(name: str, paths: int, generator: Generator) -> dict[str, Number]:
    """The summary of a preset by its name."""
    with tempfile.TemporaryDirectory() as folder:
        scenario = load(name, {"run.paths": paths, "run.witnesses": 0, "run.generator": generator})
        return summarise(run(scenario, out=Path(folder) / "run", workers=1))


def table(frame: pl.DataFrame) -> str:
    """Markdown: a row a preset, with the loss and the figure that moved most."""
    lines = ["| preset | figures | beyond 2 | beyond 3 | mean loss, numpy | philox | z | largest z | of |"]
    lines.append("|---|---|---|---|---|---|---|---|---|")
    for (name,), part in frame.group_by("preset", maintain_order=True):
        size = part["z"].abs()
        worst = part.row(int(size.arg_max() or 0), named=True)
        row = part.row(by_predicate=pl.col("figure") == "pnl", named=True) if "pnl" in part["figure"] else None
        loss = "| | | |" if row is None else f"| {-row['numpy']:.4g} $ | {-row['philox']:.4g} $ | {-row['z']:+.2f} |"
        beyond = f"{(size > 2).sum()} | {(size > 3).sum()}"
        lines.append(f"| {name} | {len(part)} | {beyond} {loss} {worst['z']:+.2f} | {worst['figure']} |")
    return "\n".join(lines)


def main() -> None:
    """Print the table of all presets or of those named."""
    asked = argparse.ArgumentParser(prog="python -m tests.generators", description=__doc__)
    asked.add_argument("names", nargs="*")
    asked.add_argument("--paths", type=int, default=1000)
    options = asked.parse_args()
    found = pl.concat([moves(name, options.paths) for name in options.names or catalogue()])
    print(table(found))
    size = found["z"].abs()
    print(f"\n{len(found)} figures: {(size > 2).mean():.1%} beyond 2, {(size > 3).mean():.1%} beyond 3")


if __name__ == "__main__":
    main()
