"""The table `figures` of a run of many paths: what its report shows, found once when the run ends."""

from __future__ import annotations

import warnings
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from agents.hedging.hedger import Hedger
from agents.tables import DESKS
from markets.factors.key import MAIN
from scenarios.worlds.tables import tables_of_agents
from sim.aside import MOST, Wanted, remove
from sim.manifest import write_manifest, written

if TYPE_CHECKING:
    from pathlib import Path

    import polars as pl

    from scenarios.scenario import Scenario
    from sim.clock import Clock
    from sim.ensemble import Others

MANY = 4_096  # paths up to which a report reads the rows


class NoFigures(UserWarning):
    """A run keeps no figures of its report: its reports read the rows of all paths."""


def keeps_figures(scenario: Scenario, tables: tuple[str, ...] | None) -> bool:
    """Whether a run keeps its report's figures: one of many paths, with all its tables."""
    return tables is None and scenario.run.paths > MANY


def laid_aside(scenario: Scenario, clock: Clock, worlds: int) -> tuple[Wanted, ...]:
    """What the chunks lay aside for the figures: levels of the asset, numbers of the first desk; too much: nothing."""
    from analysis.curve import ALWAYS, levels

    rates = scenario.market.rates
    shown = (*levels((*ALWAYS, *rates.nodes)), *(("rates_vol",) if rates.vol else ()))
    wanted = [Wanted("closes", "venue", MAIN, shown)]
    hedgers = sorted(agent.name for agent in scenario.agents if isinstance(agent, Hedger))
    desks = next((table.names for table in tables_of_agents(scenario) if table.name == DESKS), ())
    if hedgers and desks:
        gains = desks[desks.index("pnl") : desks.index("unhedged_pnl") + 1]
        wanted.append(Wanted(DESKS, "agent", hedgers[0], gains))
    numbers = sum(len(each.names) for each in wanted) * (int(clock.day[-1]) + 2)
    return tuple(wanted) if 8 * numbers * worlds * scenario.run.paths <= MOST else ()


def with_figures(manifest: dict[str, Any], folder: Path, free: Others | None = None) -> dict[str, Any]:
    """Write the table into a run's folder; returns the manifest with it. Warns where the figures cannot be found.

    free: other processes, which help.
    """
    from analysis.kept import FIGURES

    write_manifest(manifest, folder)
    found = _found(folder, free)
    if found is None:
        return manifest
    (folder / FIGURES.name).mkdir()
    files = {}
    for (world,), rows in found.group_by("world", maintain_order=True):
        name = f"{FIGURES.name}/{world}-0000000.parquet"
        rows.write_parquet(folder / name, compression="zstd")
        files[name] = written(folder / name)
    return manifest | {
        "tables": {**manifest["tables"], FIGURES.name: tuple(asdict(column) for column in FIGURES.columns)},
        "rows": {**manifest["rows"], FIGURES.name: FIGURES.rows},
        "files": dict(sorted({**manifest["files"], **files}.items())),
    }


def _found(folder: Path, free: Others | None) -> pl.DataFrame | None:
    """The figures; None, with a warning, after an error: what has been simulated is not lost for it."""
    from analysis.closing import figures_of, opened

    try:
        return figures_of(opened(folder), free)
    except Exception as error:  # of any kind
        why = " ".join(f"{type(error).__name__}: {error}".split())[:200]
        said = f"the run is whole, but its report's figures were not found ({why}); reports read its rows instead"
        warnings.warn_explicit(said, NoFigures, "spiral", 0)  # one line, without a line of source
        return None
    finally:
        remove(folder)
