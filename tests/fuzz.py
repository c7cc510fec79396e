"""What every command owes whatever it is given: an answer, or one line and the right exit code, and nothing written.

`python -m tests.fuzz [NUMBER]` counts, for so many inputs of each kind, how many are accepted, refused, or broken, and
where the broken ones broke.
"""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import time
import traceback
import unicodedata
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import chdir, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from click.testing import CliRunner
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from sim.errors import SpiralError, UserError

PATIENCE, LONGEST = 60, 1200  # seconds of work, and seconds on a machine that is busy with much else
CODES = {1: "failed: ", 2: "error: "}


@dataclass(frozen=True)
class Case:
    """Files by name, and what is done with them: a command line, or a function of the folder."""

    files: dict[str, bytes]
    command: tuple[str, ...] = ()
    call: Callable[[Path], Any] | None = None


def verdict(case: Case, folder: Path) -> str:
    """`accepted` or `refused`; else what is wrong, in a line."""
    for name, content in case.files.items():
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
    before = listing(folder)
    with chdir(folder), warnings.catch_warnings(record=True) as shown, _timed():
        _watch_warnings(as_at_a_terminal=case.command[:1] == ("run",))
        found = _called(case.call, folder) if case.call is not None else _commanded(case.command)
    if shown:
        return f"{found}, and a warning: {shown[0].filename}:{shown[0].lineno} {shown[0].message}"
    if found != "accepted" and listing(folder) != before:
        return f"{found}, and something was written"
    return found


def _watch_warnings(*, as_at_a_terminal: bool) -> None:
    """Make warnings errors; at a terminal NumPy's are left to Spiral, and one that is shown is a line too many."""
    if not as_at_a_terminal:
        warnings.simplefilter("error")
        return
    warnings.resetwarnings()
    for category in Warning.__subclasses__():
        if category is not RuntimeWarning:
            warnings.simplefilter("error", category)


@contextmanager
def _timed() -> Iterator[None]:
    """An answer that does not come is broken too; where there are no alarms nobody waits for it."""

    def ring(number: int, _: object) -> None:
        what = f"{PATIENCE} s of work" if number == signal.SIGPROF else f"{LONGEST} s"
        raise TimeoutError(f"no answer in {what}")

    if not hasattr(signal, "setitimer"):
        yield
        return
    clocks = ((signal.SIGPROF, signal.ITIMER_PROF, PATIENCE), (signal.SIGALRM, signal.ITIMER_REAL, LONGEST))
    before = [(name, signal.signal(name, ring)) for name, _, _ in clocks]
    for _, clock, seconds in clocks:
        signal.setitimer(clock, seconds)
    try:
        yield
    finally:
        for _, clock, _ in clocks:
            signal.setitimer(clock, 0)
        for name, handler in before:
            signal.signal(name, handler)


def listing(folder: Path) -> dict[str, tuple[int, int]]:
    """Size and time of every file below."""
    stats = {str(place.relative_to(folder)): place.stat() for place in folder.rglob("*")}
    return {name: (stat.st_size, stat.st_mtime_ns) for name, stat in stats.items()}


def _called(call: Callable[[Path], Any], folder: Path) -> str:
    try:
        call(folder)
    except (UserError, SpiralError) as error:
        return _line(str(error))
    except Exception as error:
        return broken(error)
    return "accepted"


def _commanded(command: tuple[str, ...]) -> str:
    from scenarios.cli import main

    done = CliRunner().invoke(main, list(command))
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        return broken(done.exception)
    if done.exit_code == 0:
        return "accepted"
    said = done.stderr
    begins = CODES.get(done.exit_code)
    if begins is None or not said.startswith(begins) or not said.endswith("\n"):
        return f"exit code {done.exit_code} and {said!r}"
    if done.stdout:
        return f"refused with an answer: {done.stdout[:80]!r}"
    return _line(said.removesuffix("\n"))


def _line(text: str) -> str:
    if "\n" in text or "\r" in text:
        return f"more than a line: {text!r}"
    controls = [c for c in text if unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp", "Cs")]
    if controls:
        return f"control characters: {controls}"
    return "refused"


def broken(error: BaseException) -> str:
    """Which exception, and where in our own code."""
    ours = [f for f in traceback.extract_tb(error.__traceback__) if "site-packages" not in f.filename]
    where = ours[-1] if ours else None
    at = f"{Path(where.filename).name}:{where.lineno} {where.name}" if where else "?"
    return f"{type(error).__name__} at {at}: {str(error).splitlines()[0][:90] if str(error) else ''}"


def hold(cases: st.SearchStrategy[Case], examples: int) -> None:
    """Assert of so many inputs that each is accepted or refused."""

    @settings(max_examples=examples, suppress_health_check=list(HealthCheck))
    @given(cases)
    def each(case: Case) -> None:
        with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
            found = verdict(case, Path(folder))
        assert found in ("accepted", "refused"), found

    each()


def count(cases: st.SearchStrategy[Case], examples: int) -> Counter[str]:
    """How often each verdict came."""
    found: Counter[str] = Counter()

    once = settings(database=None, derandomize=True, deadline=None, phases=[Phase.generate])

    @settings(once, max_examples=examples, suppress_health_check=list(HealthCheck))
    @given(cases)
    def each(case: Case) -> None:
        with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
            found[verdict(case, Path(folder))] += 1

    each()
    return found


def main(number: int, kinds: list[str]) -> None:
    """Print the counts."""
    from tests.fuzz_cases import CASES

    total = [0, 0]
    for kind, cases in CASES.items():
        if kinds and kind not in kinds:
            continue
        begun = time.perf_counter()
        found = count(cases, number)
        inputs, bad = found.total(), found.total() - found["accepted"] - found["refused"]
        total = [total[0] + inputs, total[1] + bad]
        seconds = (time.perf_counter() - begun) / inputs
        share = f"{found['accepted']} accepted, {found['refused']} refused, {bad} broken"
        print(f"{kind}: {inputs} inputs, {share}, {1000 * seconds:.0f} ms each", flush=True)
        for what, times in found.most_common():
            if what not in ("accepted", "refused"):
                print(f"    {times:4} {what}", flush=True)
    print(f"all: {total[0]} inputs, {total[1]} broken")


if __name__ == "__main__":
    os.environ.setdefault("POLARS_MAX_THREADS", "1")
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200, sys.argv[2:])
