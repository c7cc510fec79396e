"""Ctrl-C and polite signals: one wish each, and no process of ours prints a traceback for them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from sim import signals
from sim.signals import Interrupted, deferred, exit_code, polite
from tests.command import ROOT

pytestmark = pytest.mark.skipif(os.name != "posix", reason="POSIX signals")


@pytest.fixture(autouse=True)
def usual(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Handlers as a terminal starts a program, and time enough for one wish on a busy machine."""
    monkeypatch.setattr(signals, "AGAIN", 600.0)
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.getsignal(number) for number in numbers}
    for number in numbers:
        signal.signal(number, signal.SIG_DFL)
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def press(number: int = signal.SIGINT) -> None:
    os.kill(os.getpid(), number)


def press_twice(cleaned: list[str]) -> None:
    try:
        press()
    finally:
        press()
        cleaned.append("up")


def wait_for_a_tick() -> None:
    with deferred() as heard:
        press()
        press()
        assert heard == [signal.SIGINT, signal.SIGINT]


def test_the_second_ctrl_c_of_one_wish_does_not_interrupt_the_cleaning_up(monkeypatch: pytest.MonkeyPatch) -> None:
    cleaned: list[str] = []
    with polite():
        with pytest.raises(KeyboardInterrupt) as raised:
            press_twice(cleaned)
        assert cleaned == ["up"] and exit_code(raised.value) == 130
        with monkeypatch.context() as later:
            later.setattr(signals, "AGAIN", 0.0)
            with pytest.raises(KeyboardInterrupt):  # a later one is another wish
                press()
    with polite(), pytest.raises(KeyboardInterrupt):  # and so is one of the next command
        press()


def test_ctrl_c_that_waited_for_a_tick_is_one_wish_too() -> None:
    with polite():
        with pytest.raises(KeyboardInterrupt):
            wait_for_a_tick()
        press()


def test_a_polite_signal_says_its_number() -> None:
    with polite():
        with pytest.raises(Interrupted) as raised:
            press(signal.SIGTERM)
        press(signal.SIGTERM)
        press()
    assert exit_code(raised.value) == 143


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no server of workers")
def test_the_server_of_workers_is_deaf_to_ctrl_c_while_it_imports() -> None:
    """It hears it with the whole terminal, and Python ignores it only after the imports."""
    code = (
        "from multiprocessing import forkserver; from pathlib import Path; from sim.processes import warm_up\n"
        "warm_up('sim.clock')\n"
        "print(Path(f'/proc/{forkserver._forkserver._forkserver_pid}/status').read_text())"
    )
    said = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    blocked = int(next(line for line in said.splitlines() if line.startswith("SigBlk")).split()[1], 16)
    assert all(blocked >> (number - 1) & 1 for number in (signal.SIGINT, signal.SIGHUP))
    assert not blocked >> (signal.SIGTERM - 1) & 1


def test_ctrl_c_before_a_command_begins_is_no_traceback() -> None:
    code = (
        "import os, signal; from scenarios import __main__ as program\n"
        "program.rest = lambda: os.kill(os.getpid(), signal.SIGINT)  # as it imports\n"
        "program.start()"
    )
    begun = subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, stderr=subprocess.PIPE, text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    _, said = begun.communicate(timeout=60)
    assert (begun.returncode, said) == (-signal.SIGINT, "")
