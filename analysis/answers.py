"""Answers to questions of a run, and which question asked which."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from analysis.cells import Answer, Key

T = TypeVar("T")


class Answers:
    """Answers by question, each behind those that it asked in turn: in the order in which one process finds them all.

    known: what was found before, perhaps by other processes. Each of these answers is taken where it is asked for, and
    those that it had asked stand before it, so that the order is the same.
    """

    def __init__(self, known: Iterable[Answers] = ()) -> None:
        self.found: dict[Key, Answer] = {}
        self.inner: dict[Key, list[Key]] = {}  # by question: which ones it asked
        self._asking: list[list[Key]] = [[]]  # by the question that is open, and by those around it
        self._known: dict[Key, Answer] = {}
        self._known_inner: dict[Key, list[Key]] = {}
        for other in known:
            self._known = other.found | self._known
            self._known_inner = other.inner | self._known_inner

    def answer(self, key: Key, find: Callable[[], Answer]) -> Answer:
        """The answer to a question; `find` finds it the first time."""
        self._asking[-1].append(key)
        if key in self._known:
            self._take(key)
        if key not in self.found:
            self._asking.append([])
            found = find()
            self.inner[key] = self._asking.pop()
            self.found[key] = found
        return self.found[key]

    def noting(self, find: Callable[[], T]) -> tuple[T, list[Key]]:
        """What `find` finds, and which questions it asked."""
        asked, before = self._asking[-1], len(self._asking[-1])
        return find(), asked[before:]

    def note(self, asked: Iterable[Key]) -> None:
        """Questions that were asked again, by who remembers what came of them."""
        for key in asked:
            if key in self._known or key in self.found:
                self._asking[-1].append(key)
                self._take(key)

    def _take(self, key: Key) -> None:
        if key in self.found:
            return
        self.inner[key] = self._known_inner[key]
        for each in self.inner[key]:
            self._take(each)
        self.found[key] = self._known[key]
