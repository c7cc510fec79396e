"""Load on a classroom: real HTTP clients in a process of their own, an order each at every decision.

    python -m tests.load_class --students 30 --seconds 60 --every 2

starts `spiral desk` over a scratch folder, opens a class, lets that many students join, and prints quantiles of the
time to an answer, and how many orders the world has not seen.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

import httpx

from tests.classroom import Lecturer, close_clients, wait

CASE = {"case": "covid_crash", "until": "", "decide": "2h", "bots": "no"}


class Client:
    """A student that looks, orders and looks again, as the page and an algorithm do."""

    def __init__(self, address: str, code: str, number: int) -> None:
        self.http = httpx.AsyncClient(base_url=f"{address}/api/trade", timeout=60)
        self.code, self.number = code, number
        self.times: dict[str, list[float]] = defaultdict(list)  # s, by request
        self.sent: dict[int, float] = {}  # units, by turn: accepted
        self.filled: set[int] = set()  # turns
        self.refused = 0

    async def ask(self, what: str, method: str, address: str, **more: Any) -> httpx.Response:
        begun = time.perf_counter()
        answer = await self.http.request(method, address, **more)
        self.times[what].append(time.perf_counter() - begun)
        return answer

    async def join(self) -> None:
        told = {"code": self.code, "name": f"Student {self.number}"}
        answer = (await self.ask("join", "POST", "/join", json=told)).json()
        self.desk = answer["desk"]
        self.http.headers["Authorization"] = f"Bearer {answer['token']}"

    async def play(self, until: float, every: float) -> None:
        """Look four times a decision; order once in each, at a moment of one's own."""
        done = -1
        await asyncio.sleep(every / 4 * (self.number % 7) / 7)
        while time.monotonic() < until:
            found = (await self.ask("observe", "GET", "/observe")).json()
            seen, turn = found["seen"], found["live"]["turn"]
            if seen and seen["fills"]:
                self.filled.add(seen["turn"] - 1)
            if seen and turn > done and not found["live"]["moving"]:
                units = 1000.0 * (1 + self.number) * (-1) ** turn
                body = {"turn": turn, "orders": {"asset": units}}
                answer = await self.ask("orders", "POST", "/orders", json=body)
                done = turn
                if answer.status_code == 200:
                    self.sent[turn] = units
                else:
                    self.refused += 1
            await asyncio.sleep(every / 4)


async def playing(address: str, code: str, students: int, seconds: float, every: float, ready: Any) -> list[Client]:
    clients = [Client(address, code, number) for number in range(students)]
    await asyncio.gather(*(client.join() for client in clients))
    await asyncio.to_thread(ready)
    until = time.monotonic() + seconds
    await asyncio.gather(*(client.play(until, every) for client in clients))
    for client in clients:
        await client.http.aclose()
    return clients


def quantile(values: list[float], share: float) -> float:
    """Of a sample, ms."""
    ranked = sorted(values)
    return 1000 * ranked[min(int(share * len(ranked)), len(ranked) - 1)]


def load(students: int, seconds: float, every: float, case: dict[str, str] = CASE) -> dict[str, Any]:
    """Play, and measure: quantiles in ms by request, orders accepted, refused and lost, turns."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "scenarios", "desk", "--folder", folder, "--port", "0", "--no-open"]
        server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        try:
            assert server.stdout is not None
            address = server.stdout.readline().split("at ")[1].split("/ ")[0]
            lecturer = Lecturer(address, **case, pace="clock", seconds=f"{every:g}", places=str(students))
            code = lecturer.code
            clients = asyncio.run(playing(address, code, students, seconds, every, lecturer.start))
            lecturer.do("pause")
            wait(lambda: not lecturer.status()["moving"])
            turn = lecturer.status()["turn"]
            journal = next(Path(folder).glob(".desk/classes/*/journal.jsonl")).read_text().splitlines()
            kept = {(line["who"], line["turn"]): line["units"]
                    for line in map(json.loads, journal) if line["do"] == "order"}  # fmt: skip
        finally:
            close_clients()
            server.terminate()
            server.wait(30)
            assert server.stdout is not None
            server.stdout.close()
    sent = {(client.desk, made): units for client in clients for made, units in client.sent.items()}
    times = {what: [t for client in clients for t in client.times[what]] for what in ("join", "observe", "orders")}
    every_one = [t for each in times.values() for t in each]
    return {
        "turns": turn,
        "accepted": len(sent),
        "refused": sum(client.refused for client in clients),
        "lost": sum(kept.get(key) != units for key, units in sent.items()),
        "not filled": sum(made not in client.filled for client in clients for made in client.sent if made < turn - 2),
        "requests": len(every_one),
        "ms": {
            what: {f"p{100 * share:g}": round(quantile(values, share), 1) for share in (0.5, 0.95, 0.99)}
            for what, values in {**times, "all": every_one}.items()
        },
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--students", type=int, default=30)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--every", type=float, default=2.0)
    given = parser.parse_args()
    print(json.dumps(load(given.students, given.seconds, given.every), indent=1))


if __name__ == "__main__":
    main()
