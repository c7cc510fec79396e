"""A class, as students and its lecturer deal with it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from scenarios.desk.trade.audit import Audit
from scenarios.desk.trade.case import VISIBLE
from scenarios.desk.trade.chosen import PACE, SHARED
from scenarios.desk.trade.class_life import ClassLife
from scenarios.desk.trade.debriefing import FILE as DEBRIEF
from scenarios.desk.trade.form_fields import number, one_of
from scenarios.desk.trade.order_sheet import checked
from scenarios.desk.trade.record import BROKEN, ENDED, LOBBY, PAUSED, RUNNING, Record
from scenarios.desk.trade.room_file import RoomFile
from scenarios.desk.trade.students import Student
from scenarios.desk.trade.tokens import fits, hashed, new_token
from sim.errors import UserError

MOST_NOTES = 20_000  # characters
MOST_ORDERS = 200  # requests of a student in a turn
LECTURER = "lecturer"


class Room:
    """One class. Any thread may call; what a call changes is in the journal before it returns."""

    def __init__(self, folder: Path) -> None:
        """folder: of a class that `open_class` has made; it is taken up where it stood."""
        self.folder, self.file = folder, RoomFile.read(folder)
        self.record = Record(folder, self.file.chosen)
        self.audit = Audit(folder / "audit.jsonl")
        self.life = ClassLife(folder, self.record, self.audit)
        self._lock = self.life.wake
        self._counts: dict[int, tuple[int, int]] = {}  # of orders, by student: turn and number
        self.lives: dict[int, list[dict[str, Any]]] = {}  # of policies, by number, once they have been read

    @property
    def id(self) -> str:
        """Name of its folder."""
        return self.file.id

    @property
    def code(self) -> str:
        """What students type to join."""
        return self.file.code

    @property
    def debriefed(self) -> bool:
        """Whether there is a debrief."""
        return self.record.state == ENDED and (self.folder / DEBRIEF).exists()

    # --- students --------------------------------------------------------------------------------------------------
    def join(self, name: object) -> tuple[Student, str]:
        """A new student, and the secret by which the student is known. Raises UserError."""
        with self._lock:
            record = self.record
            if record.state in (ENDED, BROKEN):
                raise UserError("the class has ended", place="code")
            if record.chosen.mode == SHARED and record.state != LOBBY:
                raise UserError("the class has begun, and shares one market: nobody can join it now", place="code")
            found, token = record.students.check(name, record.chosen.places), new_token()
            self._do("join", sync=True, name=found, token=hashed(token))
            student = record.students.all[-1]
        self.audit.note(student.name, "join", desk=student.who)
        return student, token

    def order(self, student: Student, orders: Any, turn: Any = None) -> tuple[int, dict[str, float]]:
        """Order units by venue in the turn that is open; returns the turn, and all that is ordered in it.

        turn: the one that is meant; refused if it is over. Raises UserError.
        """
        try:
            with self._lock:
                now = self._open_turn(student, turn)
                found = checked(orders, self.life.lived.now["desks"][student.who]["venues"])
                self._count(student, now)
                for venue, units in found.items():
                    self._do("order", turn=now, who=student.who, venue=venue, units=units)
                standing = self.record.sheet.of(now, student.who)
        except UserError as error:
            self.audit.note(student.name, "order", str(error), desk=student.who)
            raise
        self.audit.note(student.name, "order", desk=student.who, turn=now, orders=found)
        return now, standing

    def withdraw(self, student: Student, turn: Any = None) -> int:
        """Take back what a student has ordered in the turn that is open; returns it. Raises UserError."""
        with self._lock:
            now = self._open_turn(student, turn)
            for venue in self.record.sheet.of(now, student.who):
                self._do("order", turn=now, who=student.who, venue=venue, units=0.0)
        self.audit.note(student.name, "withdraw", desk=student.who, turn=now)
        return now

    def _open_turn(self, student: Student, turn: Any) -> int:
        """The turn that takes orders now; while the market moves, it is the next one. Raises UserError."""
        record, lived = self.record, self.life.lived
        if record.state == ENDED or lived.done:
            raise UserError("the class has ended", place="orders")
        if record.state not in (RUNNING, PAUSED) or lived.turn < 0:
            raise UserError("the class has not begun", place="orders")
        if student.kicked:
            raise UserError("the lecturer has taken you out of the class", place="orders")
        if not lived.alive[student.who][-1]:
            raise UserError("your desk has been closed out: nothing can be ordered any more", place="orders")
        if turn is not None and (isinstance(turn, bool) or not isinstance(turn, int) or turn != record.turn):
            remedy = f"orders are for turn {record.turn} now"
            raise UserError("this turn is not open", value=turn, place="turn", remedy=remedy)
        return record.turn

    def _count(self, student: Student, turn: int) -> None:
        """Raises UserError where a student orders without end in one turn: each order is a line of the journal."""
        before, count = self._counts.get(student.who, (turn, 0))
        self._counts[student.who] = (turn, count + 1 if before == turn else 1)
        if before == turn and count >= MOST_ORDERS:
            raise UserError(f"at most {MOST_ORDERS} orders in a turn", place="orders", remedy="wait for the next one")

    def _do(self, do: str, *, sync: bool = False, **line: Any) -> None:
        self.record.do(do, sync=sync, **line)
        self.life.changed()

    # --- the lecturer ----------------------------------------------------------------------------------------------
    def is_lecturer(self, key: str) -> bool:
        """Whether a secret is the lecturer's."""
        return bool(key) and fits(key, self.file.lecturer)

    def begin(self) -> None:
        """Leave the lobby. Raises UserError."""
        with self._lock:
            record = self.record
            if record.state != LOBBY:
                raise UserError("the class has begun already", place="start")
            if record.chosen.mode == SHARED and not len(record.students):
                raise UserError("one market needs somebody in it", place="start", remedy="wait until one has joined")
            desks = len(record.students) if record.chosen.mode == SHARED else record.chosen.places
            self._do("begin", sync=True, desks=desks)

    def pause(self) -> None:
        """Stop the clock. Raises UserError."""
        with self._lock:
            self._require(RUNNING, PAUSED)
            self.life.pace.stop()
            self._do("state", sync=True, state=PAUSED)

    def resume(self) -> None:
        """Let the clock run again; a class whose world has failed tries again. Raises UserError."""
        with self._lock:
            self._require(RUNNING, PAUSED, BROKEN)
            if self.record.state != RUNNING and self.life.lived.turn >= 0 and not self.life.stepping:
                self.life.pace.begin()
            self.life.retry()
            self._do("state", sync=True, state=RUNNING)

    def step(self) -> None:
        """End this turn now. Raises UserError."""
        with self._lock:
            self._require(RUNNING, PAUSED)
            self.life.pace.ask()
            self.life.changed()

    def set_pace(self, seconds: Any) -> None:
        """Seconds of a decision; 0: by hand. Raises UserError."""
        with self._lock:
            self._require(LOBBY, RUNNING, PAUSED)
            by_hand = number("seconds", seconds, 0, PACE[1]) == 0
            self._do("pace", seconds=0.0 if by_hand else number("seconds", seconds, *PACE))
            self.life.pace.seconds = self.record.seconds
            if self.record.state == RUNNING and self.life.lived.turn >= 0:
                self.life.pace.begin()
                self.life.changed()

    def show(self, what: Any, *, shown: bool) -> None:
        """Show something to the students, or hide it. Raises UserError."""
        with self._lock:
            self._do("show", what=one_of("visible", what, VISIBLE), shown=shown)
            self.life.lived.prepare(self.record.chosen)
            self.life.changed()

    def kick(self, who: Any) -> None:
        """Take a student out: what was ordered up to now stands. Raises UserError."""
        with self._lock:
            if not len(self.record.students):
                raise UserError("nobody has joined", place="student")
            found = number("student", who, 0, len(self.record.students) - 1, whole=True)
            self._do("kick", sync=True, who=int(found))

    def note(self, text: Any) -> None:
        """Keep the lecturer's notes. Raises UserError."""
        if not isinstance(text, str) or len(text) > MOST_NOTES:
            raise UserError(f"notes are a text of at most {MOST_NOTES} characters", place="notes")
        with self._lock:
            self._do("notes", text=text)

    def end(self) -> None:
        """End the class here: in the debrief the world goes on to its end without further orders. Raises UserError."""
        with self._lock:
            self._require(LOBBY, RUNNING, PAUSED, BROKEN)
            if self.record.state != BROKEN and self.life.lived.turn < 0 < self.record.turn:
                raise UserError("the class is being taken up again", place="end", remedy="wait a moment")
            self.life.finish()
            self.life.changed()

    def start_debrief(self, run: Path) -> None:
        """Compute the debrief where that has not been done; `run` is where the class's run goes. Raises UserError."""
        with self._lock:
            self._require(ENDED)
            record, life = self.record, self.life
            if life.lived.turn < 0:
                raise UserError("nothing was lived that could be looked at", place="debrief")
            if life.debriefing or (self.folder / DEBRIEF).exists():
                return
            life.debriefing, life.trouble = True, ""
            ticks = dict(enumerate(life.lived.ticks))
            request = {
                "chosen": record.chosen.to_json(),
                "students": record.seated,
                "orders": list(record.sheet.all_rows(ticks, record.turn)),
                "folder": str(self.folder),
                "run": str(run),
            }
        life.aside("debrief", request)

    def _require(self, *states: str) -> None:
        if self.record.state not in states:
            raise UserError(f"the class is {self.record.state}", place="class")

    def close(self) -> None:
        """Let go of everything; the class can be taken up again from its folder."""
        self.life.close()
        self.record.close()
        self.audit.close()
