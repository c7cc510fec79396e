"""A classroom whose server is killed goes on where it was."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import contextmanager

import pytest

from tests.classroom import Lecturer, Student, close_clients, wait

pytestmark = pytest.mark.slow


@contextmanager
def desk(folder):
    """A desk in a process of its own: its address and the process."""
    command = [sys.executable, "-m", "scenarios", "desk", "--folder", str(folder), "--port", "0", "--no-open"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    try:
        yield server.stdout.readline().split("at ")[1].split("/ ")[0], server
    finally:
        server.kill()
        server.wait(30)
        server.stdout.close()
        close_clients()


@pytest.mark.parametrize("mode", ["own", "shared"])
def test_a_killed_server_goes_on_at_the_same_turn_with_the_same_orders_and_secrets(tmp_path, mode):
    with desk(tmp_path) as (address, server):
        lecturer = Lecturer(address, mode=mode)
        ann, bob = (Student(address, lecturer.code, name) for name in ("Ann", "Bob"))
        lecturer.start()
        for turn in range(3):
            assert ann.order({"asset": 1e5 * (turn + 1)}).status_code == 200
            lecturer.step()
        assert bob.order({"asset": -5e4, "us10y": 1e7}).status_code == 200
        before = [student.get("observe")["seen"] for student in (ann, bob)]
        past = ann.get("history")
        cookie = dict(lecturer.http.cookies)
        world = children(server.pid)
        os.kill(server.pid, signal.SIGKILL)
        server.wait(30)
    wait(lambda: not any(alive(pid) for pid in world), 30)  # the world's process has ended with the server

    with desk(tmp_path) as (address, _):
        ann, bob = (Student(address, "", "", token=student.token) for student in (ann, bob))
        wait(lambda: ann.get("observe")["seen"])
        assert [student.get("observe")["seen"] for student in (ann, bob)] == before
        assert ann.get("history") == past
        assert bob.get("state")["ordered"] == {"asset": -5e4, "us10y": 1e7}
        assert ann.get("state")["turn"] == 3
        again = Lecturer.__new__(Lecturer)
        again.http, again.base, again.id = lecturer.http.__class__(base_url=address, cookies=cookie), lecturer.base, ""
        again.step()
        fills = bob.get("observe")["seen"]["fills"]
        assert {fill["venue"]: fill["ordered"] for fill in fills} == {"asset": -5e4, "us10y": 1e7}
        again.http.close()


def children(pid: int) -> list[int]:
    found = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True)
    return [int(each) for each in found.stdout.split()]


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
