"""`spiral backtest`: losses of a run against value at risk."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from scenarios.commands.finished import opened
from scenarios.commands.output import say
from scenarios.commands.remembered import answer
from scenarios.commands.screen import screen
from sim.figure_text import money, p_value, percent, significant
from sim.files import check_target, write_whole
from sim.screen.table import Table

SHARES = ("green", "yellow", "red")  # columns of days in each zone of the traffic light
PROBABILITIES = ("kupiec", "independence", "conditional")
HEADINGS = {
    "method": "method",
    "days": "days",
    "rate": "exceptions",
    "kupiec": "Kupiec, p",
    "independence": "independence, p",
    "conditional": "both, p",
    **{name: name for name in SHARES},
    "value_at_risk": "value at risk",
    "shortfall": "shortfall 97.5 %",
    "excess": "loss beyond / said",
}


def test_and_show(
    *, folder: Path, agent: str | None, world: str, level: float, window: int | None, out: Path | None
) -> None:
    """A row a method. Raises UserError."""
    if out is not None:
        check_target(out)
    run = opened(folder)

    def find() -> dict[str, Any]:
        from analysis.csv_text import csv_text
        from analysis.losses_at_risk import METHODS, backtest

        frame = backtest(run, agent=agent, world=world, level=level, window=window)
        said = [f"{name}: {METHODS[name]}" for name in frame["method"]]
        return {"rows": frame.to_dicts(), "said": said, "csv": csv_text(frame)}

    found = answer(run, "backtest", agent, world, level, window, find=find)
    shown = _table(found["rows"], f"Daily losses against value at risk, {significant(100 * level, 4, ' %')}")
    screen().print(shown)
    for line in found["said"]:
        say(line)
    if out is not None:
        write_whole(out, found["csv"])
        say(out)


def _table(rows: list[dict[str, Any]], title: str) -> Table:
    table = Table(title=title, box=False)
    for i, heading in enumerate(HEADINGS.values()):
        table.add_column(heading, justify="right" if i else "left")
    for row in rows:
        table.add_row(*(_cell(name, row[name]) for name in HEADINGS))
    return table


def _cell(name: str, value: object) -> str:
    if not isinstance(value, float):
        return str(value)
    if name in ("value_at_risk", "shortfall"):
        return money(value)
    if name == "rate":
        return percent(value, 2)
    if name in PROBABILITIES:
        return p_value(value)
    return percent(value, 0) if name in SHARES else significant(value, 3)
