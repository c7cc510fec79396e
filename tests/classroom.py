"""A class for the tests: opened, joined and stepped over HTTP, in a calm market that is short."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.served import served

PATIENCE = 240.0  # seconds: a world's process takes two to start, on a machine that has nothing else to do
SHORT = {"case": "own", "preset": "calm_market", "until": "2019-04-30", "decide": "1d", "pace": "hand", "places": "5",
         "visible": ["greeks", "neutral", "news", "scores"], "bots": "no"}  # fmt: skip


def wait(until: Callable[[], Any], patience: float = PATIENCE) -> Any:
    """What `until` gives, once it is true."""
    deadline = time.monotonic() + patience
    while not (found := until()):
        assert time.monotonic() < deadline, "this has taken too long"
        time.sleep(0.02)
    return found


CLIENTS: list[httpx.Client] = []


def client(**settings: Any) -> httpx.Client:
    """An HTTP client, closed with the classroom."""
    CLIENTS.append(httpx.Client(timeout=60, **settings))
    return CLIENTS[-1]


class Lecturer:
    """Somebody with the lecturer's cookie."""

    def __init__(self, address: str, **chosen: Any) -> None:
        self.http = client(base_url=address, follow_redirects=True)
        page = self.http.post("/trade", data={**SHORT, **chosen})
        assert page.status_code == 200, page.text
        self.link = str(page.url)
        self.id = self.link.split("/class/")[1].split("/")[0]
        self.base = f"/trade/class/{self.id}"
        text = self.http.get(self.base).text
        self.code = text.split('id="code">')[1].split("<")[0]

    def do(self, what: str, **more: Any) -> httpx.Response:
        return self.http.post(f"{self.base}/do", data={"what": what, **more})

    def status(self) -> dict[str, Any]:
        return self.http.get(f"{self.base}/status").json()

    def start(self) -> None:
        assert self.do("start").status_code == 200
        wait(lambda: not self.status()["moving"])

    def step(self) -> None:
        turn = self.status()["turn"]
        assert self.do("step").status_code == 200
        wait(lambda: (now := self.status())["turn"] > turn and not now["moving"])

    def debrief(self) -> str:
        """The page, when it is there."""
        self.do("end")
        assert self.do("debrief").status_code == 200
        found = wait(lambda: "Scores" in (text := self.http.get(f"{self.base}/debrief").text) and text)
        return str(found)


class Student:
    """Somebody with a secret, as an algorithm is."""

    def __init__(self, address: str, code: str, name: str, token: str = "") -> None:
        """token: of one who has joined already, and returns."""
        self.http = client(base_url=f"{address}/api/trade")
        if token:
            self.token = token
            self.http.headers["Authorization"] = f"Bearer {token}"
            return
        joined = self.http.post("/join", json={"code": code, "name": name})
        assert joined.status_code == 201, joined.text
        self.token, self.desk = joined.json()["token"], joined.json()["desk"]
        self.http.headers["Authorization"] = f"Bearer {self.token}"

    def get(self, what: str) -> dict[str, Any]:
        answer = self.http.get(f"/{what}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    def order(self, orders: Any, **more: Any) -> httpx.Response:
        return self.http.post("/orders", json={"orders": orders, **more})


@contextmanager
def classroom(folder: Path, *names: str, **chosen: Any) -> Iterator[tuple[str, Lecturer, list[Student]]]:
    """A desk with a class that has begun: its address, the lecturer and the students."""
    with served(folder) as address:
        lecturer = Lecturer(address, **chosen)
        students = [Student(address, lecturer.code, name) for name in names]
        lecturer.start()
        try:
            yield address, lecturer, students
        finally:
            close_clients()


def close_clients() -> None:
    """Close all that were opened."""
    while CLIENTS:
        CLIENTS.pop().close()
