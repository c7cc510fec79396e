"""Compile every kernel of the list on all cores, say what a run calls, or write the list.

    python -m tests.kernels_asked                  compile all: before the tests
    python -m tests.kernels_asked --run            lines of the list that a run of covid_crash_2020 calls
    python -m tests.kernels_asked --write RUN OTHER...

RUN was the NUMBA_CACHE_DIR of one run of that preset, and OTHER are further folders of machine code: those of
`sim/kernels/__pycache__` and `markets/kernels/__pycache__` after all tests.
"""

from __future__ import annotations

import pickle
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from unittest import mock

from scenarios import run
from scenarios.commands.progress import progress_bar
from scenarios.worlds.first_kernels import FOLDERS, LIST, OTHER, RUN, compile_first
from sim.code_cache import KernelCache
from sim.first_compile import words_of
from sim.jit import Kernel
from sim.sealed_file import read_sealed

HEAD = """\
# Kernels and the types of their arguments, the dearest first. A first run compiles its part on all cores at once
# (sim/first_compile.py). A hint: what is missing or stale here costs time only. Written by tests/kernels_asked.py.
"""


def stored(folders: Iterable[Path]) -> list[str]:
    """Lines for the machine code in some folders, the longest first."""
    found: dict[str, int] = {}
    for place in (place for folder in folders for place in folder.glob("*.nbc")):
        packed = read_sealed(place)
        assert packed is not None, place
        file, function = place.name.split("-py")[0].split(".", 1)
        homes = [sources for sources in FOLDERS if (sources / f"{file}.py").is_file()]
        words = words_of(pickle.loads(packed)[0][1][0])
        if homes and words is not None:
            found[".".join([*homes[0].parts[-2:], file, f"{function} {words}".rstrip()])] = len(packed)
    return sorted(found, key=lambda line: (-found[line], line))


def called() -> list[str]:
    """Lines for all kernels that this process has called."""
    ours = [module for name, module in sys.modules.items() if name.split(".")[0] in ("sim", "markets")]
    kernels = {id(each): each for module in ours for each in vars(module).values() if isinstance(each, Kernel)}
    return sorted(
        f"{each._function.__module__}.{each._function.__qualname__} {words_of(signature)}".rstrip()
        for each in kernels.values()
        if "compiled" in vars(each) and isinstance(each.compiled._cache, KernelCache)
        for signature in each.compiled.signatures
    )


def called_by_a_run() -> list[str]:
    """Lines for what a run of the preset calls, in a process that has called nothing yet."""
    with tempfile.TemporaryDirectory() as folder, mock.patch("scenarios.studies.run.ensure_compiled"):
        run("covid_crash_2020", paths=16, workers=1, out=Path(folder) / "run")
    return called()


def write(run: Path, others: Iterable[Path]) -> None:
    """Write the list."""
    first = stored(run.glob("numba-*"))
    other = [line for line in stored(others) if line not in first]
    LIST.write_text("\n".join([HEAD, RUN, *first, "", OTHER, *other, ""]), encoding="utf-8")


def main(asked: list[str]) -> None:
    """Do what the arguments say."""
    match asked:
        case ["--run"]:
            print("\n".join(called_by_a_run()))
        case ["--write", run, *others]:
            write(Path(run), map(Path, others))
        case _:
            print("Compiling kernels (once) ...", file=sys.stderr)
            with progress_bar("Compiling kernels, once", quiet=False, of="draws") as bar:
                compile_first(RUN, OTHER, progress=bar)


if __name__ == "__main__":
    main(sys.argv[1:])
