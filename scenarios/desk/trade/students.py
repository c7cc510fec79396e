"""Who is in a class."""

from __future__ import annotations

from dataclasses import dataclass

from scenarios.desk.trade.form_fields import person
from sim.errors import UserError


@dataclass
class Student:
    """who: number of the desk, from 0. token: hash of the secret. kicked: may look no more, and order no more."""

    who: int
    name: str
    token: str
    kicked: bool = False

    @property
    def pseudonym(self) -> str:
        """What others may see instead of the name."""
        return f"Desk {self.who + 1}"


class Students:
    """Those who have joined, in order."""

    def __init__(self) -> None:
        self.all: list[Student] = []
        self._by_token: dict[str, Student] = {}

    def check(self, name: object, places: int) -> str:
        """A name that nobody has yet, for a class that has room. Raises UserError."""
        found = person("name", name)
        if any(other.name.casefold() == found.casefold() for other in self.all):
            raise UserError("somebody of that name has joined", value=found, place="name", remedy="add an initial")
        if len(self.all) >= places:
            raise UserError(f"the class is full: {places} have joined", place="code")
        return found

    def add(self, name: str, token: str) -> Student:
        """token: the hash of the secret."""
        student = Student(len(self.all), name, token)
        self.all.append(student)
        self._by_token[token] = student
        return student

    def of_hash(self, kept: str) -> Student | None:
        """Whose secret has this hash."""
        student = self._by_token.get(kept)
        return None if student is None or student.kicked else student

    def __len__(self) -> int:
        return len(self.all)
