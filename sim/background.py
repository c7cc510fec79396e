"""What may go on beside the next computation: one piece of work at a time, in a thread."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Self

Work = Callable[[], None]


class Background:
    """Does one piece of work while its owner goes on with the next; a block, at whose end all is done.

    Bounded: a further piece waits until the one before is done. An error is raised in the owner's thread, at the next
    piece or the end of the block. After an error of the owner's own the piece in hand is finished, as files must not
    appear in a folder that is being removed.
    """

    def __init__(self, *, thread: bool) -> None:
        """thread: whether there is a core for one; otherwise work is done where it is given."""
        self._executor = ThreadPoolExecutor(1, "background") if thread else None
        self._in_hand: Future[None] | None = None

    def do(self, work: Work) -> None:
        """Do it once the piece before is done."""
        if self._executor is None:
            work()
            return
        self.wait()
        self._in_hand = self._executor.submit(work)

    def wait(self) -> None:
        """Until nothing is in hand. Raises the error of the work."""
        if self._in_hand is not None:
            done, self._in_hand = self._in_hand, None
            done.result()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self.wait()
        finally:
            if self._executor is not None:
                self._executor.shutdown()
