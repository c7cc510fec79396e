"""The queue of a desk: jobs that wait, run one after the other, and are remembered."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scenarios.desk.jobs.child import GRACE, Child
from scenarios.desk.jobs.job import (
    CANCELLED,
    DONE,
    FAILED,
    INTERRUPTED,
    RUNNING,
    WAITING,
    Job,
    new_job,
    read_job,
)
from scenarios.desk.jobs.wanted import Wanted
from scenarios.desk.limits import GIB, Limits
from sim.errors import SpiralError, UserError
from sim.files import make_folder
from sim.lock import Lock

FOLDER, LOCK = Path(".desk") / "jobs", "lock"
MEASURED = ("runs", "sweeps", "uploads")  # folders whose sizes the limit of the disk counts
AGAIN = 30.0  # seconds after which the disk is measured again
KILLED = "its process was ended from outside, or ran out of memory; take fewer paths"


@dataclass(frozen=True)
class Progress:
    """How far a running job is: `done` of `total` path-ticks of a stage, 0 of 0 where nobody knows."""

    done: int = 0
    total: int = 0
    stage: str = "starting"
    since: float = 0.0  # when the stage began, seconds of a clock that only runs forward

    @property
    def share(self) -> float | None:
        """Done of the stage, 0 to 1; None where nobody knows."""
        return min(self.done / self.total, 1.0) if self.total > 0 else None

    @property
    def seconds_left(self) -> float | None:
        """Of the stage, at the speed so far; None at its beginning."""
        share = self.share
        if share is None or share < 0.02:
            return None
        return (time.monotonic() - self.since) * (1 - share) / share


class Queue:
    """Jobs of a desk's folder. Its threads wait for the processes; methods may be called from any thread."""

    def __init__(self, folder: Path, limits: Limits, start: Callable[[str, Path], Child] = Child) -> None:
        self.folder, self.limits = folder.resolve(), limits
        self._start = start
        self._place = self.folder / FOLDER
        self._change = threading.Condition(threading.RLock())
        self._jobs: dict[str, Job] = {}
        self._running: dict[str, Child] = {}
        self._progress: dict[str, Progress] = {}
        self._leaving: dict[str, tuple[str, str]] = {}  # what a job that is being ended will have become, and why
        self._lock: Lock | None = None
        self._threads: list[threading.Thread] = []
        self._closed = False
        self._disk = (float("-inf"), 0)  # when it was measured, and bytes

    # --- life --------------------------------------------------------------------------------------------------------
    def open(self) -> None:
        """Take up what an earlier server left: what waited goes on, what ran was interrupted."""
        if self._place.is_dir():
            self._take_up()

    def close(self) -> None:
        """End all processes; what runs is interrupted, what waits goes on when the desk is opened again."""
        with self._change:
            self._closed = True
            for id_ in self._running:
                self._leave(id_, INTERRUPTED, "")
            self._change.notify_all()
        for thread in self._threads:
            thread.join(2 * GRACE)
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def _take_up(self) -> bool:
        """Whether the queue of this folder is now ours; its jobs are read."""
        with self._change:
            if self._lock is not None:
                return True
            lock = Lock(self._place / LOCK)
            try:
                ours = lock.acquire(0.5)
            except OSError:
                ours = False
            self._read(ours=ours)
            if ours:
                lock.write()
                self._lock = lock
                for number in range(self.limits.at_once):
                    thread = threading.Thread(target=self._work, name=f"job-{number}", daemon=True)
                    self._threads.append(thread)
                    thread.start()
            return ours

    def _read(self, *, ours: bool) -> None:
        for file in sorted(self._place.glob("*.json")):
            job = read_job(file)
            if job is None:
                continue
            if ours and job.state == RUNNING:
                job = job.now(INTERRUPTED)
                job.write(self._place)
            self._jobs[job.id] = job

    # --- what pages ask ----------------------------------------------------------------------------------------------
    def all(self) -> list[Job]:
        """Every job, the youngest first."""
        with self._change:
            if self._lock is None and self._place.is_dir():
                self._read(ours=False)  # another server's: as it stands now
            return sorted(self._jobs.values(), key=lambda job: job.id, reverse=True)

    def get(self, id_: str) -> Job:
        """The job of an id. Raises UserError."""
        with self._change:
            if id_ not in self._jobs:
                raise UserError("there is no such job", value=id_, place="jobs")
            return self._jobs[id_]

    def progress(self, id_: str) -> Progress | None:
        """Of a running job."""
        with self._change:
            return self._progress.get(id_)

    def ahead(self, id_: str) -> int:
        """How many jobs are before one that waits."""
        with self._change:
            return sum(job.active and job.id < id_ for job in self._jobs.values())

    # --- what pages do -----------------------------------------------------------------------------------------------
    def add(self, wanted: Wanted, title: str, command: str) -> Job:
        """A new job at the end of the queue. Raises UserError where the queue or the disk is full."""
        make_folder(self._place)
        with self._change:
            self._check_ours()
            waiting = sum(job.state == WAITING for job in self._jobs.values())
            if waiting >= self.limits.waiting:
                rule = f"at most {self.limits.waiting} jobs wait"
                raise UserError(rule, value=waiting, place="jobs", remedy="wait for one, or cancel some")
            self._check_disk()
            job = new_job(wanted, title, command)
            while job.id <= max(self._jobs, default=""):  # ids give the order, and two come in one second
                job = new_job(wanted, title, command)
                time.sleep(0.01)
            self._keep(job)
            self._forget_old()
            self._change.notify_all()
            return job

    def cancel(self, id_: str) -> Job:
        """End a job that waits or runs. One that has ended stays as it is. Raises UserError."""
        with self._change:
            job = self.get(id_)
            self._check_ours()
            if job.state == WAITING:
                self._keep(job.now(CANCELLED))
            elif job.state == RUNNING:
                self._leave(id_, CANCELLED, "")
            return self._jobs[id_]

    def again(self, id_: str) -> Job:
        """The same once more, as a new job. Raises UserError."""
        job = self.get(id_)
        return self.add(job.wanted, job.title, job.command)

    # --- inside ------------------------------------------------------------------------------------------------------
    def _check_ours(self) -> None:
        """Raise UserError where another server has the queue of this folder."""
        if not self._take_up():
            rule, remedy = "another desk works in this folder", "use that one, or end it"
            raise UserError(rule, value=str(self.folder), remedy=remedy)

    def _check_disk(self) -> None:
        """Raise UserError where the folder is full."""
        measured, size = self._disk
        if time.monotonic() - measured > AGAIN:
            files = (file for name in MEASURED for file in (self.folder / name).rglob("*") if file.is_file())
            size = sum(file.stat().st_size for file in files)
            self._disk = (time.monotonic(), size)
        if size >= self.limits.disk:
            rule = f"runs, sweeps and uploads have at most {self.limits.disk / GIB:g} GiB"
            raise UserError(rule, value=f"{size / GIB:.1f} GiB", place=str(self.folder), remedy="remove old runs")

    def _keep(self, job: Job) -> None:
        job.write(self._place)
        self._jobs[job.id] = job

    def _note(self, job: Job) -> None:
        """Keep what became of a job. On a full disk it is known until the server ends: the queue goes on."""
        self._jobs[job.id] = job
        with suppress(SpiralError):
            job.write(self._place)

    def _forget_old(self) -> None:
        ended = sorted(job.id for job in self._jobs.values() if not job.active)
        for id_ in ended[: max(len(ended) - self.limits.kept, 0)]:
            del self._jobs[id_]
            (self._place / f"{id_}.json").unlink(missing_ok=True)

    def _work(self) -> None:
        """A thread of the queue: take the next job, wait for its end."""
        while True:
            with self._change:
                while not self._closed and (job := self._next()) is None:
                    self._change.wait()
                if self._closed:
                    return
                assert job is not None
                self._note(job.now(RUNNING))
                self._progress[job.id] = Progress(since=time.monotonic())
                try:
                    child = self._running[job.id] = self._start(job.wanted.to_json(), self.folder)
                except OSError as error:
                    self._note(self._jobs[job.id].now(FAILED, why=f"no process can be started: {error.strerror}"))
                    continue
            self._see_through(job.id, child)

    def _next(self) -> Job | None:
        waiting = [job for job in self._jobs.values() if job.state == WAITING]
        return min(waiting, key=lambda job: job.id, default=None)

    def _see_through(self, id_: str, child: Child) -> None:
        """Listen to a job's process until it has ended, and keep what it became."""
        why = f"it took longer than {self.limits.minutes:g} minutes, as long as a job of this desk may"
        timer = threading.Timer(60 * self.limits.minutes, self._leave, (id_, FAILED, why))
        timer.daemon = True
        timer.start()
        last: dict[str, Any] = {}

        def heard(message: dict[str, Any]) -> None:
            last.update(message)
            if "stage" in message:
                self._told(id_, message)

        code = child.listen(heard)
        timer.cancel()
        with self._change:
            del self._running[id_]
            self._progress.pop(id_, None)
            leaving = self._leaving.pop(id_, None)
            job, words = self._jobs[id_], child.last_words()
            if isinstance(last.get("run"), str):
                self._note(job.now(DONE, run=last["run"]))
            elif leaving is not None:
                self._note(job.now(leaving[0], why=leaving[1]))
            else:
                said = last.get("error") or (KILLED if code < 0 else words or f"its process ended with code {code}")
                self._note(job.now(FAILED, why=str(said)))
            self._change.notify_all()

    def _told(self, id_: str, message: dict[str, Any]) -> None:
        with self._change:
            before = self._progress.get(id_, Progress())
            stage = str(message["stage"])
            since = before.since if stage == before.stage else time.monotonic()
            self._progress[id_] = Progress(int(message.get("done", 0)), int(message.get("total", 0)), stage, since)

    def _leave(self, id_: str, state: str, why: str) -> None:
        """End a running job: at once if it can, by force after a while."""
        with self._change:
            child = self._running.get(id_)
            if child is None or id_ in self._leaving:
                return
            self._leaving[id_] = (state, why)
            child.end()
        timer = threading.Timer(GRACE, child.end_by_force)
        timer.daemon = True
        timer.start()
