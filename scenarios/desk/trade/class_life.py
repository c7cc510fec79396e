"""The thread of a class: it makes the world, lets it go on whenever it is time, and makes it again after a failure."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from scenarios.desk.trade.audit import Audit
from scenarios.desk.trade.bots_lived import file_of
from scenarios.desk.trade.chosen import SHARED
from scenarios.desk.trade.lived import Lived
from scenarios.desk.trade.pace import Pace
from scenarios.desk.trade.record import BROKEN, ENDED, PAUSED, RUNNING, Record
from scenarios.desk.trade.world_process import WorldProcess
from sim.errors import SpiralError
from sim.files import write_whole
from sim.text import one_line

TRIES = 2  # to bring a world to where the class stands
LIVED = "lived.json"


class ClassLife:
    """What was lived so far, and the processes behind it. `wake` guards it and the record.

    lived: replaced, not changed, when the world is made again. version: grows with every change that somebody may see.
    """

    def __init__(self, folder: Path, record: Record, audit: Audit) -> None:
        self.folder, self.record, self.audit = folder, record, audit
        self.lived, self.pace = Lived(), Pace(record.seconds)
        self.version, self.trouble, self.debriefing = 0, "", False
        self.wake = threading.Condition(threading.RLock())
        self._closing, self._tries = False, 0
        self.stepping = False
        self._world: WorldProcess | None = None
        self._helpers: list[WorldProcess] = []
        kept = folder / LIVED
        if record.state == ENDED and kept.exists():
            self.lived = Lived.of_json(json.loads(kept.read_text(encoding="utf-8")), record.chosen)
        self._thread = threading.Thread(target=self._live, name=f"class {folder.name}", daemon=True)
        if record.state != ENDED:
            self._thread.start()

    def changed(self) -> None:
        """Somebody has changed the record: look whether there is work, and tell those who watch. Holds the lock."""
        self.version += 1
        self.wake.notify_all()

    def retry(self) -> None:
        """Forget earlier failures."""
        self._tries, self.trouble = 0, ""

    # --- the thread ------------------------------------------------------------------------------------------------
    def _live(self) -> None:
        while True:
            with self.wake:
                while not self._closing and not self._work():
                    self.wake.wait(self.pace.left if self.record.state == RUNNING else None)
                if self._closing:
                    return
                work = self._work()
            assert work is not None
            try:
                work()
            except SpiralError as error:
                self._failed(one_line(str(error)))
            except Exception as error:  # the class must not stand still in silence
                self._failed(f"a fault of the program, {type(error).__name__}: please report it")

    def _work(self) -> Callable[[], None] | None:
        """What is to be done now."""
        if self.record.state not in (RUNNING, PAUSED):
            return None
        if self._world is None:
            return self._take_up
        return self._step if self.pace.due else None

    def _take_up(self) -> None:
        """Make the world, and repeat in it what was ordered."""
        world = WorldProcess(self.folder / "world.log")
        with self.wake:
            if self._closing:
                world.end()
                return
            self._world = world
        record, lived = self.record, Lived()
        opened = world.ask("open", chosen=record.chosen.to_json(), students=record.number)
        lived.add(opened["seen"], record.chosen)
        while lived.turn < record.turn and not lived.done:
            lived.add(world.ask("advance", orders=record.sheet.rows(lived.turn))["seen"], record.chosen)
        with self.wake:
            self.lived, self._tries = lived, 0
            self._after_step()
        self._start_bots()

    def _step(self) -> None:
        """Close the turn, and let the world go on to the next one."""
        with self.wake:
            turn, self.stepping, world = self.record.turn, True, self._world
            self.record.do("step", sync=True, turn=turn)
            rows = self.record.sheet.rows(turn)
            self.changed()
        assert world is not None
        try:
            answer = world.ask("advance", orders=rows)
        finally:
            self.stepping = False
        for each in answer["refused"]:
            student = self.record.students.all[each["who"]]
            self.audit.note(student.name, "trade", each["error"], desk=student.who)
        with self.wake:
            self.lived.add(answer["seen"], self.record.chosen)
            self._after_step()

    def _after_step(self) -> None:
        self.pace.stepped(running=self.record.state == RUNNING)
        if self.lived.done and self.record.state != ENDED:
            self.finish()
        self.changed()

    def finish(self) -> None:
        """The class is over; what was lived is kept. Holds the lock."""
        if self.lived.turn >= 0:
            write_whole(self.folder / LIVED, json.dumps(self.lived.to_json(), allow_nan=False))
        self.record.do("state", sync=True, state=ENDED)
        self.pace.stop()
        if self._world is not None:
            self._world.end()
            self._world = None

    def _failed(self, why: str) -> None:
        """The world has failed: try once more from the journal, then say so."""
        with self.wake:
            if self._closing or self.record.state == ENDED:
                return
            self._tries += 1
            self.trouble = why
            self.audit.note("server", "world", self.trouble)
            if self._world is not None:
                self._world.end()
                self._world = None
            if self._tries >= TRIES:
                self.record.do("state", sync=True, state=BROKEN)
            self.changed()

    # --- beside it -------------------------------------------------------------------------------------------------
    def _start_bots(self) -> None:
        """Let the policies live, in a process of their own."""
        chosen = self.record.chosen
        bots = range(0 if chosen.mode == SHARED else len(chosen.bots))
        if not all(file_of(self.folder, number).exists() for number in bots):
            self.aside("bots", {"chosen": chosen.to_json(), "folder": str(self.folder)})

    def aside(self, do: str, request: dict[str, Any]) -> None:
        """Let another process do something, without waiting for it."""
        threading.Thread(target=self._aside, args=(do, request), daemon=True).start()

    def _aside(self, do: str, request: dict[str, Any]) -> None:
        helper = WorldProcess(self.folder / f"{do}.log")
        with self.wake:
            self._helpers.append(helper)
            closing = self._closing
        try:
            if not closing:
                helper.ask(do, **request)
        except SpiralError as error:
            if not self._closing:
                self.trouble = one_line(str(error))
                self.audit.note("server", do, self.trouble)
        finally:
            helper.end()
            with self.wake:
                self._helpers.remove(helper)
                self.debriefing = self.debriefing and do != "debrief"
                self.changed()

    def close(self) -> None:
        """Let go of everything; the class can be taken up again from its folder."""
        with self.wake:
            self._closing = True
            self.wake.notify_all()
            processes = [*self._helpers, *([] if self._world is None else [self._world])]
        for process in processes:
            process.end()
        if self._thread.is_alive():
            self._thread.join(10)
