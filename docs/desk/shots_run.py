"""Pictures of the pages Run, Rates and Jobs, for `screenshots.py`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

VARIATIONS = {"policy never": "agents.hedger.policy.kind=never", "depth x 0.5": "venue.asset.depth=7.5e9"}


def prepare(folder: Path) -> None:
    """A run, two variations of it, and the jobs that made them."""
    from scenarios.desk.jobs.job import DONE, INTERRUPTED, new_job
    from scenarios.desk.jobs.queue import FOLDER
    from scenarios.desk.jobs.reading import scenario_of
    from scenarios.desk.jobs.wanted import Wanted
    from scenarios.studies.run import run

    place = folder / FOLDER
    if place.is_dir():
        return
    place.mkdir(parents=True)
    base = Wanted(scenario="covid_crash_2020", paths=200, name="covid-200")
    varied = [Wanted(base=base.name, label=label, settings=(said,)) for label, said in VARIATIONS.items()]
    for wanted in (base, *varied):
        name = wanted.name or f"{base.name}--{wanted.label.replace(' ', '-')}"
        command = wanted.command(base.command() if wanted.base else None)
        run(scenario_of(wanted, folder), out=folder / "runs" / name, command=command)
        new_job(wanted, wanted.title, command).now(DONE, run=name).write(place)
    new_job(base, "gilt_ldi_2022", "spiral run gilt_ldi_2022").now(INTERRUPTED).write(place)


def choose(page: Any, address: str) -> None:
    """Presets and uploads."""
    page.goto(f"{address}/run")


def build(page: Any, address: str) -> None:
    """Sliders beside the storyline."""
    page.goto(f"{address}/run?scenario=covid_crash_2020")
    page.wait_for_selector("#chart-story[data-drawn]")
    page.select_option("#policy-kind", "band")
    page.get_by_role("slider", name="width, slider").focus()
    for _ in range(8):
        page.keyboard.press("ArrowRight")
    page.mouse.move(0, 0)


def look(page: Any, address: str) -> None:
    """The book's Greeks, and the curve before and after."""
    page.goto(f"{address}/run?scenario=sonia_swap_desk")
    page.wait_for_selector("#look[aria-busy=false] #chart-ladder[data-drawn]")
    page.evaluate("document.getElementById('look').scrollIntoView()")


def what_if(page: Any, address: str) -> None:
    """Differences to the base, with their errors."""
    page.goto(f"{address}/run/what-if/covid-200")
    page.wait_for_selector("#chart-what-if[data-drawn]")


def jobs(page: Any, address: str) -> None:
    """A job that runs, one that waits, and those that have ended."""
    for paths in (4000, 100):
        body = json.dumps({"scenario": "treasury_dash_for_cash_2020", "paths": paths})
        page.request.post(f"{address}/api/jobs", data=body, headers={"Content-Type": "application/json"})
    page.goto(f"{address}/jobs")
    page.wait_for_function("document.querySelector('[data-part=left]').closest('tbody').textContent.includes('left')")


def stop(page: Any, address: str) -> None:
    """Cancel what the picture before started."""
    for job in page.request.get(f"{address}/api/jobs").json()["jobs"]:
        if job["active"]:
            page.request.post(f"{address}/api/jobs/{job['id']}/cancel")


def rates(page: Any, address: str) -> None:
    """The curve, and quotes beside it."""
    page.goto(f"{address}/rates")
    page.wait_for_selector("#chart-curves[data-drawn]")


def stressed(page: Any, address: str) -> None:
    """Quotes typed over, what discounts and what projects moved apart."""
    stop(page, address)
    rates(page, address)
    page.get_by_label("Move all quotes of sonia").fill("25")
    page.fill("#discounting", "parallel 50")
    page.fill("#projecting", "2Y 10, 10Y -5")
    page.click("text=Solve and value")
    page.wait_for_selector("#chart-changed-quotes[data-drawn]")
    page.locator("section", has_text="Risk by key rate").scroll_into_view_if_needed()
    page.evaluate("window.scrollBy(0, 420)")


SHOTS = {
    "run_choose": choose,
    "run_build": build,
    "run_look": look,
    "run_what_if": what_if,
    "jobs": jobs,
    "rates": rates,
    "rates_stressed": stressed,
}
