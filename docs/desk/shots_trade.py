"""Pictures of the classroom, for `screenshots.py`: a covid class with four algorithms and a person in it."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from tests.classroom import Lecturer, Student, close_clients, wait

CASE = {"case": "covid_crash", "until": "2020-03-12", "bots": "yes", "pseudonyms": "yes", "pace": "hand"}
SHARES = {"Amir": 1.0, "Bea": 0.5, "Chen": 0.0, "Dora": 1.3}  # of the way to neutral, at every decision
TURNS = 14


def prepare(folder: Path) -> None:
    """Classes are opened over HTTP, once there is a desk."""


@cache
def played(address: str) -> tuple[Lecturer, Student]:
    """A class that has been played for some turns: its lecturer, and the one whose desk is shown."""
    lecturer = Lecturer(address, **CASE)
    students = {name: Student(address, lecturer.code, name) for name in SHARES}
    lecturer.start()
    for _ in range(TURNS):
        for name, student in students.items():
            asset = student.get("observe")["seen"]["venues"]["asset"]
            student.order({"asset": SHARES[name] * (asset["neutral"] - asset["held"])})
        lecturer.step()
    students["Amir"].order({"asset": -150_000.0})
    return lecturer, students["Bea"]


def catalogue(page: Any, address: str) -> None:
    page.goto(f"{address}/trade?case=covid_crash")


def seat(page: Any, address: str) -> None:
    _, bea = played(address)
    page.context.add_cookies([{"name": "spiral_seat", "value": bea.token, "url": address}])
    page.goto(f"{address}/trade/seat")
    page.wait_for_selector("#fills tbody tr")
    page.check("input[name=side][value='-1']")
    page.fill("#amount", "250000")


def under_way(page: Any, address: str) -> None:
    lecturer, _ = played(address)
    wait(lambda: len(lecturer.status()["scores"]) == len(SHARES) + 4)
    page.goto(lecturer.link)
    page.click("text=Go to the class")
    page.wait_for_selector("#scores tr:has-text('policy')")


def debrief(page: Any, address: str) -> None:
    lecturer, _ = played(address)
    lecturer.debrief()
    page.goto(lecturer.link)
    page.goto(f"{address}{lecturer.base}/debrief?desk=2")
    page.wait_for_selector("#chart-pnl[data-drawn]")
    close_clients()


SHOTS = {"trade_catalogue": catalogue, "trade_seat": seat, "trade_class": under_way, "trade_debrief": debrief}
