"""The lecturer's kit: each lesson with its files and runs, its figures for slides, and its notebooks, in runs/lessons/.

`make lessons` makes all six; `python docs/lessons/kit.py 3_feedback` makes one. A lesson is followed as its page says,
so that the figures are drawn from the runs whose numbers the page shows.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT)]

try:
    import nbformat
except ModuleNotFoundError as error:
    sys.exit(f"the kit needs the tools of development, and there is no {error.name}: run `make setup` first")
from as_notebook import notebook  # noqa: E402
from figures import delta_hedging, feedback, gamma_theta, margin_spiral, rates_crisis, which_policy  # noqa: E402
from slides import large  # noqa: E402

from analysis.charts import Chart  # noqa: E402
from analysis.pages.report import save  # noqa: E402
from tests.documents import LESSONS, follow  # noqa: E402

FIGURES: dict[str, Callable[[], dict[str, Chart]]] = {
    "1_delta_hedging": delta_hedging.figures,
    "2_gamma_theta": gamma_theta.figures,
    "3_feedback": feedback.figures,
    "4_margin_spiral": margin_spiral.figures,
    "5_rates_crisis": rates_crisis.figures,
    "6_which_policy": which_policy.figures,
}
# Of each lesson the figure that its page shows; `main` puts it beside the page.
SHOWN = {
    "1_delta_hedging": "order",
    "2_gamma_theta": "costs",
    "3_feedback": "variance",
    "4_margin_spiral": "deleveraging",
    "5_rates_crisis": "crisis",
    "6_which_policy": "frontier",
}


def make(lesson: str, folder: Path) -> None:
    """Follow a lesson in that folder, then draw its figures and write its notebooks there."""
    folder.mkdir(parents=True, exist_ok=True)
    os.chdir(folder)
    follow(f"{LESSONS}{lesson}.md", folder)
    for name, chart in FIGURES[lesson]().items():
        for suffix in ("svg", "png"):
            save(large(chart), folder / "figures" / f"{name}.{suffix}", title=name)
    for page in (lesson, f"{lesson}_solutions"):
        nbformat.write(notebook(f"{LESSONS}{page}.md"), folder / f"{page}.ipynb")


def main(lessons: Sequence[str]) -> None:
    unknown = [name for name in lessons if name not in FIGURES]
    if unknown:
        sys.exit(f"no such lesson: {unknown[0]}; there are {', '.join(FIGURES)}")
    for lesson in lessons or FIGURES:
        print(f"{lesson} ...", flush=True)
        folder = ROOT / "runs" / "lessons" / lesson
        make(lesson, folder)
        shutil.copy(folder / "figures" / f"{SHOWN[lesson]}.svg", ROOT / LESSONS / f"{lesson}.svg")
    print(f"Files, figures and notebooks: {ROOT / 'runs' / 'lessons'}")


if __name__ == "__main__":
    main(sys.argv[1:])
