"""SIGTERM and SIGHUP end a command as Ctrl-C does: after cleaning up, and with the usual exit code.

Ctrl-C pressed twice is one wish: the second within two seconds does not interrupt the cleaning up. A signal that is
ignored (as under nohup) or handled by somebody else stays as it is.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import current_thread, main_thread
from typing import Any

POLITE = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name))
AGAIN = 2.0  # seconds in which another Ctrl-C is the same wish


class Interrupted(KeyboardInterrupt):
    """A signal that ends the command, by its number."""

    def __init__(self, number: int) -> None:
        self.number = number
        super().__init__(number)


def exit_code(error: BaseException | None) -> int:
    """128 + the signal's number; that of Ctrl-C for other errors."""
    return 128 + (error.number if isinstance(error, Interrupted) else int(signal.SIGINT))


@contextmanager
def polite() -> Iterator[None]:
    """Raise Interrupted in the main thread at the first of these signals, or at Ctrl-C KeyboardInterrupt.

    Later ones are ignored during the clean-up.
    """
    if current_thread() is not main_thread():
        yield
        return
    usual = (signal.SIG_DFL, signal.default_int_handler)
    ours = {number: now for number in (signal.SIGINT, *POLITE) if (now := signal.getsignal(number)) in usual}
    for number in ours:
        signal.signal(number, _raise)
    _last.clear()
    try:
        yield
    finally:
        for number, handler in ours.items():
            signal.signal(number, handler)


@contextmanager
def deferred() -> Iterator[list[int]]:
    """A block in which signals, Ctrl-C too, are collected, not raised: the caller raises `interruption` at its end.

    Signals are left as they are outside the main thread, and if they are ignored or have another handler.
    """
    heard: list[int] = []
    if current_thread() is not main_thread():
        yield heard
        return
    raising = (_raise, signal.default_int_handler)
    ours = {number: now for number in (signal.SIGINT, *POLITE) if (now := signal.getsignal(number)) in raising}
    for number in ours:
        signal.signal(number, lambda number, frame: heard.append(number))
    try:
        yield heard
    finally:
        for number, handler in ours.items():
            signal.signal(number, handler)
    if heard:
        raise interruption(heard)


def interruption(heard: list[int]) -> KeyboardInterrupt:
    """The exception for the first signal collected."""
    _last.append(time.monotonic())
    return KeyboardInterrupt() if heard[0] == signal.SIGINT else Interrupted(heard[0])


_last: list[float] = []  # when signals were raised


def _raise(number: int, frame: Any) -> None:
    if number == signal.SIGINT and _last and time.monotonic() < _last[-1] + AGAIN:
        return
    for other in POLITE:
        if signal.getsignal(other) is _raise:
            signal.signal(other, signal.SIG_IGN)
    raise interruption([number])
