"""Kernels compiled by several processes before anything calls them: those that a first run would compile one by one.

A list says which kernels, with which types of arguments. It is a hint. A missing entry is compiled at its first call,
as always, and a stale one compiles or does nothing: either costs time, and no result depends on it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from multiprocessing import parent_process
from pathlib import Path
from typing import Any

from sim.cache_folder import code_folder
from sim.collector import at_rest
from sim.cores import cores
from sim.ensemble import Chunk, Progress, chunks, run_chunks

MOST = 4  # processes: the dearest kernel takes a seventh of all time, and each process half a gigabyte
WORD = re.compile(r"([a-z]+\d*)(?:\.(\d)([ACF])(r?))?")  # float64, float64.2C, float64.1Cr: layout, read-only


def words_of(arguments: Iterable[Any]) -> str | None:
    """Numba's types of a call's arguments as text; None if a type has no word here."""
    words = [_word(each) for each in arguments]
    return None if None in words else " ".join(map(str, words))


def types_of(words: str) -> tuple[Any, ...]:
    """Numba's types that `words_of` wrote. Raises ValueError or AttributeError."""
    return tuple(_type(word) for word in words.split())


def _word(kind: Any) -> str | None:
    from numba import types

    if type(kind) is types.Array and kind.aligned:
        return f"{kind.dtype}.{kind.ndim}{kind.layout}{'' if kind.mutable else 'r'}"
    if type(kind) in (types.Tuple, types.UniTuple):
        parts = [_word(each) for each in kind]
        return None if None in parts or len(parts) < 2 else "+".join(map(str, parts))
    return str(kind) if type(kind) in (types.Float, types.Integer, types.Boolean) else None


def _type(word: str) -> Any:
    from numba.core import types as made

    types: Any = made  # its stubs know literals only
    if "+" in word:
        return types.BaseTuple.from_types([_type(part) for part in word.split("+")])
    found = WORD.fullmatch(word)
    if found is None:
        raise ValueError(f"{word} is no type of an argument")
    name, dimensions, layout, readonly = found.groups()
    number = types.boolean if name == "bool" else getattr(types, name)
    return types.Array(number, int(dimensions), layout, readonly=bool(readonly)) if dimensions else number


def compile_line(line: str) -> None:
    """Compile a kernel as a line of the list says, or load what is stored. Does nothing if the line is stale."""
    name, _, words = line.partition(" ")
    module, _, function = name.rpartition(".")
    with suppress(Exception), at_rest():  # the compiler may fail in any way on types that the kernel no longer takes
        getattr(import_module(module), function).compiled.compile(types_of(words))


@dataclass(frozen=True)
class CompileLines:
    """The job of `run_chunks` that compiles a list: the paths of its one world are the lines."""

    lines: tuple[str, ...]

    def __call__(self, part: Chunk, tick_done: Callable[[int], None]) -> None:
        """Compile some lines."""
        for line in self.lines[part.first : part.first + part.paths]:
            compile_line(line)
        tick_done(1)


def compile_lines(lines: tuple[str, ...], *, progress: Progress | None = None) -> None:
    """Compile a list on all cores, line by line: dearest first, so that all cores end together."""
    run_chunks(
        CompileLines(lines), chunks(("kernels",), len(lines), 1), ticks=1, workers=processes(), progress=progress
    )


def processes() -> int:
    """How many compile: 1 if several would not help."""
    return min(cores(), MOST)


def stamps(folders: Iterable[Path]) -> list[Path] | None:
    """Files that say that a list has been compiled for the kernels of these folders of sources.

    None where nothing is gained: machine code cannot be kept, there is one core, or this is a worker itself.
    """
    if processes() < 2 or parent_process() is not None or os.environ.get("NUMBA_DISABLE_JIT", "0") != "0":
        return None
    kept = [code_folder(folder, os.environ.get("NUMBA_CACHE_DIR", "")) for folder in folders]
    return None if None in kept else [folder / "compiled" for folder in kept if folder is not None]
