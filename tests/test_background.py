"""Tables of a chunk are written while the next chunk is computed: the same files, the same errors."""

from __future__ import annotations

import errno
import json
import os
import threading
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from scenarios import load, run
from sim import ensemble
from sim.background import Background, Work
from sim.ensemble import chunks, run_chunks
from sim.errors import BugError, SpiralError
from sim.eventlog import EventLog

SMALL = {"clock.tick_minutes": 390, "run.paths": 24, "run.chunk": 8, "run.witnesses": 2}


def fails() -> None:
    raise BugError("the work")


def test_one_piece_at_a_time() -> None:
    at_once, most = threading.Semaphore(1), []

    def work(number: int) -> None:
        assert at_once.acquire(blocking=False)
        most.append((number, threading.current_thread() is threading.main_thread()))
        at_once.release()

    with Background(thread=True) as background:
        for number in range(20):
            background.do(partial(work, number))
    assert most == [(number, False) for number in range(20)]


def test_without_a_thread_work_is_done_at_once() -> None:
    done: list[bool] = []
    with Background(thread=False) as background:
        background.do(lambda: done.append(threading.current_thread() is threading.main_thread()))
        assert done == [True]


@pytest.mark.parametrize("more", [0, 1])
def test_its_error_is_its_owners(more: int) -> None:
    done: list[int] = []

    def owner() -> None:
        with Background(thread=True) as background:
            background.do(fails)
            for _ in range(more):
                background.do(lambda: done.append(1))

    with pytest.raises(BugError, match="the work"):
        owner()
    assert done == []


def test_an_error_of_the_owner_waits_for_the_piece_in_hand() -> None:
    begun, end, done = threading.Event(), threading.Event(), []

    def work() -> None:
        begun.set()
        end.wait(5)
        done.append(1)

    def owner() -> None:
        with Background(thread=True) as background:
            background.do(work)
            begun.wait(5)
            threading.Timer(0.05, end.set).start()
            raise BugError("the owner")

    with pytest.raises(BugError, match="the owner"):
        owner()
    assert done == [1]


def _left(chunk: ensemble.Chunk, tick_done: object) -> Work:
    return partial(_fails_in, chunk.first)


def _fails_in(first: int) -> None:
    if first == 4:
        raise BugError(f"left by {first}")


@pytest.mark.parametrize("cores", [1, 8])
@pytest.mark.parametrize("workers", [1, 2])
def test_what_chunks_leave_is_done(monkeypatch: pytest.MonkeyPatch, cores: int, workers: int) -> None:
    monkeypatch.setattr(ensemble, "cores", lambda: cores)
    with pytest.raises(BugError, match="left by 4"):
        run_chunks(_left, chunks(("actual",), 6, 2), ticks=1, workers=workers)


def files_with(cores: int, folder: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[dict[str, object], set[bool]]:
    """The files of a run on so many cores, by the manifest; whether the main thread wrote them."""
    main: set[bool] = set()
    write = EventLog.write

    def seen(log: EventLog, *given: Any) -> Any:
        main.add(threading.current_thread() is threading.main_thread())
        return write(log, *given)

    with monkeypatch.context() as patch:
        patch.setattr(ensemble, "cores", lambda: cores)
        patch.setattr(EventLog, "write", seen)
        made = run(load("calm_market", SMALL), out=folder, workers=1)
    return json.loads((made.path / "manifest.json").read_text())["files"], main


def test_the_same_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    alone, here = files_with(1, tmp_path / "1", monkeypatch)
    beside, there = files_with(8, tmp_path / "8", monkeypatch)
    assert (here, there) == ({True}, {False})
    assert alone == beside
    assert len(alone) > 9


@pytest.mark.parametrize("cores", [1, 8])
def test_a_full_disk_is_one_line_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cores: int
) -> None:
    whole = os.replace

    def full(part: Path, place: Path) -> None:
        if "price_taker" in str(place) and "desks" in str(place):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        whole(part, place)

    monkeypatch.setattr("sim.eventlog.os.replace", full)
    monkeypatch.setattr(ensemble, "cores", lambda: cores)
    with pytest.raises(SpiralError, match=r"cannot be written: No space left on device; .* is kept"):
        run(load("calm_market", SMALL), out=tmp_path / "run", workers=1)
    assert list(tmp_path.iterdir()) == []
