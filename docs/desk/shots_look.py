"""Pictures of the part of the desk that looks at runs and sweeps."""

from __future__ import annotations

from pathlib import Path
from typing import Any

RUNS = {"covid": {}, "covid-band": {"agents.hedger.policy.kind": "band"}}


def prepare(folder: Path) -> None:
    """Two runs of the Covid crash and a small frontier."""
    from scenarios import load, run
    from scenarios.studies.policies_frontier import frontier

    for name, settings in RUNS.items():
        if not (folder / "runs" / name).is_dir():
            run(load("covid_crash_2020", settings), paths=64, out=folder / "runs" / name)
    if not (folder / "sweeps" / "frontier").is_dir():
        quick = {"clock.tick_minutes": 195}
        frontier("covid_crash_2020", paths=32, settings=quick, out=folder / "sweeps" / "frontier")


def _opened(address: str, drawn: str = "", *, down: int = 0) -> Any:
    """A page, once a chart is drawn, so many pixels further down."""

    def lead(page: Any, at: str) -> None:
        page.goto(f"{at}{address}")
        page.wait_for_load_state("networkidle")
        if drawn:
            chart = page.locator(f"[aria-label='{drawn}']")
            chart.scroll_into_view_if_needed()
            page.locator(f"[aria-label='{drawn}'][data-drawn]:not([aria-busy])").wait_for()
        page.evaluate("down => window.scrollTo(0, down)", down)

    return lead


def _list(page: Any, at: str) -> None:
    """The list, without the place of the folder on this machine."""
    _opened("/look")(page, at)
    page.evaluate("document.querySelector('main .meta').textContent = 'Folder: /home/you/desk'")


SHOTS = {
    "look_list": _list,
    "look_run": _opened("/look/runs/covid", "Every path as a point"),
    "look_path": _opened("/look/runs/covid/paths/8", "gains", down=190),
    "look_call": _opened("/look/runs/covid/paths/8/calls/8"),
    "look_frontier": _opened("/look/sweeps/frontier", "Frontier of policies"),
    "look_compare": _opened("/look/compare?run=covid&run=covid-band", "bands"),
}
