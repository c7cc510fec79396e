"""Kernels compiled before a first run: the list of them is true, and one that is not costs time only."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numba
import numpy as np
import pytest
from numba.core import compiler

from scenarios.commands.run import kernels_compiled
from scenarios.worlds import first_kernels
from scenarios.worlds.first_kernels import LIST, OTHER, RUN, compile_first, ensure_compiled, listed
from sim import first_compile
from sim.ensemble import Chunk
from sim.errors import SpiralError
from sim.first_compile import CompileLines, compile_line, stamps, types_of, words_of
from sim.jit import Kernel, kernel, kernel_reading
from sim.numba_flags import compare_at_once
from tests.command import ROOT
from tests.kernels_asked import fits

typeof: Any = numba.typeof
Flags: Any = compiler.Flags
REMEDY = "after a kernel has changed: python -m tests.kernels_asked --mend"
HERE = f"{__name__}.tripled"


@kernel
def tripled(x: Any, out: Any) -> None:
    for i in range(x.size):
        out[i] = 3.0 * x[i]


def locked(array: Any) -> Any:
    array.flags.writeable = False
    return array


X = np.arange(6.0)
CALLS: list[tuple[str, tuple[Any, ...]]] = [
    ("float64.1C float64.2C", (X, X.reshape(2, 3))),
    ("float64.1A float64.2F float64.1Cr", (X[::2], X.reshape(2, 3).T, locked(np.ones(2)))),
    ("int64.1C bool.2C uint64.1C", (np.arange(2), np.zeros((2, 2), bool), np.zeros(2, np.uint64))),
    ("float64 int64 bool", (1.0, 1, True)),
    ("bool+bool float64.1C+float64.2C", ((True, False), (X, X.reshape(2, 3)))),
    ("", ()),
]


@pytest.mark.parametrize(("words", "arguments"), CALLS, ids=[words for words, _ in CALLS])
def test_words_are_the_types_of_a_call(words: str, arguments: tuple[Any, ...]) -> None:
    types = tuple(typeof(each) for each in arguments)
    assert words_of(types) == words
    assert types_of(words) == types and repr(types_of(words)) == repr(types)  # the name of a file has the second


def test_a_type_without_a_word_is_not_listed() -> None:
    record = numba.from_dtype(np.dtype([("a", np.float64)]))
    assert words_of([typeof(X), record]) is None
    assert words_of([typeof((1.0,))]) is None


def test_a_listed_kernel_is_compiled_once() -> None:
    """The first call finds what the list has compiled: the same types, to the last word."""
    compile_line(f"{HERE} float64.1C float64.1C")
    assert isinstance(tripled, Kernel)
    before = dict(tripled.compiled.stats.cache_misses)
    out = np.empty(2)
    tripled(np.array([1.0, 2.0]), out)
    assert out.tolist() == [3.0, 6.0]
    assert dict(tripled.compiled.stats.cache_misses) == before and len(tripled.compiled.signatures) == 1


UNFIT = [
    "markets.kernels.gone.gone float64",
    "markets.kernels.trading.gone float64",
    "markets.kernels.trading.BLOCK float64",
    f"{__name__}.locked float64",  # no kernel any more
    f"{HERE} float64.1C",
    f"{HERE} float64.1C float64.1C float64.1C",
    f"{HERE} float64.1C nonsense",
    f"{HERE} float64.1C ???",
    "nonsense",
    "",
]


@pytest.mark.parametrize("line", UNFIT)
def test_a_stale_line_is_seen(line: str) -> None:
    assert fits(f"{HERE} float64.1C float64.1C")
    assert not fits(line)


@pytest.mark.parametrize("line", [*UNFIT, f"{HERE} float64 float64", f"{HERE} float64.1C float64.1Cr"])
def test_a_stale_line_does_nothing(line: str) -> None:
    """No such kernel, other arguments, no types, a scalar that is indexed, an array that is written."""
    done: list[int] = []
    CompileLines((line,))(Chunk("kernels", 0, 1), done.append)
    assert done == [1]


def test_every_line_names_a_kernel_and_types_its_arguments() -> None:
    lines = [*listed(RUN), *listed(OTHER)]
    assert len(lines) > 100 and len(set(lines)) == len(lines)
    assert [line for line in lines if not fits(line)] == [], REMEDY


def test_the_list_has_what_a_run_calls() -> None:
    said = subprocess.run(
        [sys.executable, "-m", "tests.kernels_asked", "--run"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    called = set(said.stdout.splitlines())
    assert called - set(listed(RUN)) == set(), REMEDY
    assert len(called) > 30


def test_a_list_that_is_gone_is_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(first_kernels, "LIST", LIST.with_name("gone.txt"))
    assert listed(RUN, OTHER) == ()


def test_it_is_done_once_and_where_it_helps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compiled: list[tuple[str, ...]] = []
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(first_kernels, "compile_lines", lambda lines, progress: compiled.append(lines))
    monkeypatch.setattr(first_kernels, "prepare_workers", lambda workers: None)
    monkeypatch.setattr(first_compile, "cores", lambda: 1)
    assert not first_kernels.are_missing()
    monkeypatch.setattr(first_compile, "cores", lambda: 2)
    with monkeypatch.context() as worker:
        worker.setattr(first_compile, "parent_process", lambda: SimpleNamespace())
        assert not first_kernels.are_missing()
    with monkeypatch.context() as nowhere:
        nowhere.setattr(first_compile, "code_folder", lambda *_: None)
        assert not first_kernels.are_missing() and stamps(first_kernels.FOLDERS) is None
    assert first_kernels.are_missing()
    compile_first()
    assert compiled == [listed(RUN)] and not first_kernels.are_missing()


@pytest.mark.parametrize(
    "fault", [SpiralError("a worker process died"), OSError("no semaphores"), ImportError("no sem_open")]
)
def test_a_run_begins_where_kernels_cannot_be_compiled_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: Exception
) -> None:
    """Without memory for further processes, or where none can be started. It is tried once."""

    def fails(*_: Any, **__: Any) -> None:
        raise fault

    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(first_compile, "cores", lambda: 2)
    monkeypatch.setattr("sim.first_compile.run_chunks", fails)
    monkeypatch.setattr(first_kernels, "prepare_workers", lambda workers: None)
    assert first_kernels.are_missing()
    ensure_compiled()
    assert not first_kernels.are_missing()


def test_ctrl_c_ends_it_and_it_is_done_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(first_compile, "cores", lambda: 2)
    monkeypatch.setattr("sim.first_compile.run_chunks", interrupted)
    monkeypatch.setattr(first_kernels, "prepare_workers", lambda workers: None)
    with pytest.raises(KeyboardInterrupt):
        ensure_compiled()
    assert first_kernels.are_missing()


def test_flags_compare_as_numba_compares_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where one set spells a default out, and the other does not."""
    compare_at_once()
    plain, said, other = Flags(), Flags(), Flags()
    said.release_gil, other.release_gil = plain.release_gil, not plain.release_gil
    for one in (plain, said, other):
        for two in (plain, said, other):
            assert (one == two) is (one.values() == two.values())
            assert hash(one) == hash(tuple(sorted(one.values()))) == hash(two)
    assert plain != "flags" and plain != 1
    plain.release_gil = other.release_gil
    assert plain == other and plain != said
    monkeypatch.setattr(Flags, "values", None)  # not asked
    assert plain == other and hash(plain) == hash(other)


@kernel_reading(2)
def weighted(x: Any, weights: Any, out: Any) -> None:
    for i in range(x.size):
        out[i] = weights[i] * x[i]


@kernel_reading(1)
def doubled(x: Any) -> None:
    for i in range(x.size):
        x[i] *= 2.0


def test_a_kernel_that_only_reads_has_one_machine_code() -> None:
    assert isinstance(weighted, Kernel)
    for one in (np.arange(3.0), locked(np.arange(3.0))):
        for two in (locked(np.full(3, 2.0)), np.full(3, 2.0)):
            out = np.empty(3)
            weighted(one, two, out)
            weighted(one, two, out)
            assert out.tolist() == [0.0, 2.0, 4.0]
    assert [words_of(each) for each in weighted.compiled.signatures] == ["float64.1Cr float64.1Cr float64.1C"]
    assert sum(weighted.compiled.stats.cache_misses.values()) + sum(weighted.compiled.stats.cache_hits.values()) == 1
    with pytest.raises(numba.TypingError, match="readonly"):
        weighted(X, X, locked(np.empty(6)))


def test_such_a_kernel_is_called_by_other_kernels() -> None:
    @kernel
    def thrice(x: Any, out: Any) -> None:
        weighted(x, x, out)

    out = np.empty(3)
    thrice(np.arange(3.0), out)
    assert out.tolist() == [0.0, 1.0, 4.0]


def test_a_kernel_that_writes_what_it_should_only_read_is_refused() -> None:
    x = np.arange(3.0)
    with pytest.raises(numba.TypingError, match="readonly"):
        doubled(x)
    assert x.tolist() == [0.0, 1.0, 2.0]


def test_the_command_compiles_before_its_first_run(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[Any] = []
    monkeypatch.setattr(first_kernels, "compile_first", lambda progress: told.append(progress))
    for missing in (True, False):
        monkeypatch.setattr(first_kernels, "are_missing", lambda missing=missing: missing)
        kernels_compiled(quiet=True)
    assert told == [None]
