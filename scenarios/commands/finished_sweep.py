"""A sweep in a folder, finished or under way: print its figures, write its page, draw a chart."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from scenarios.commands.output import say
from scenarios.commands.prepare import prepare
from sim.errors import SpiralError, UserError
from sim.sweep_dataset import SweepResult, open_sweep
from sim.sweep_folder import CELLS, PATHS_FOLDER

FRONTIER = "frontier.html"
WIDTH = 140  # characters, where the output is not a terminal


def print_sweep(result: SweepResult) -> None:
    """Print the sweep's figures in the terminal."""
    from analysis.pages.frontier_report import command_lines, render
    from analysis.pages.sweep_report import render_sweep
    from scenarios.commands.screen import screen

    of_policies = result.manifest["kind"] != "sweep"
    screen(WIDTH).print(render(result) if of_policies else render_sweep(result))
    for line in command_lines(result) if of_policies else ():
        say(line)


def write_report(result: SweepResult) -> Path:
    """The sweep's page, in its folder."""
    from analysis.pages.frontier_report import write_frontier_report
    from analysis.pages.sweep_report import write_sweep_report

    of_policies = result.manifest["kind"] != "sweep"
    return write_frontier_report(result, result.path / FRONTIER) if of_policies else write_sweep_report(result)


def rebuild(folder: Path) -> None:
    """Summary and report of a sweep, finished or under way, from its dataset alone."""
    with as_it_stands(folder) as result:
        report = write_report(result)
        print_sweep(result)
        say(report)


def draw(folder: Path, name: str, file: Path, metric: str, scenario: str | None) -> None:
    """One chart of a sweep to a file; its suffix is the format."""
    with as_it_stands(folder) as result:
        from analysis.charts.sweep import draw_sweep
        from analysis.pages.report import save_as

        chart = draw_sweep(result, name, metric=metric, scenario=scenario)
        title = result.manifest.get("title") or result.manifest["name"]
        say(save_as(chart, file, title=f"{title}: {name}"))


@contextmanager
def as_it_stands(folder: Path) -> Iterator[SweepResult]:
    """The sweep at this moment, so that all figures of a page are of the same cells while more finish.

    Raises UserError if the sweep was begun anew or put in order while it was read.
    """
    with suppress(OSError):
        prepare(sum(place.stat().st_size for name in (CELLS, PATHS_FOLDER) for place in (folder / name).glob("*")))
    result = open_sweep(folder).snapshot()
    try:
        yield result
    except SpiralError:
        raise
    except Exception:
        if open_sweep(folder).stamp == result.stamp:
            raise
        rule = "a sweep is read as it stands"
        raise UserError(rule, place=str(folder), value="it moved on", remedy="try again") from None
