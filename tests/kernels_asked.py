"""Compile every kernel of the list on all cores, say what a run calls, or mend the list.

python -m tests.kernels_asked            compile all: before the tests
python -m tests.kernels_asked --run      lines that a run of covid_crash_2020 calls
python -m tests.kernels_asked --mend     after a kernel has changed: stale lines go, and what a run calls is added
python -m tests.kernels_asked --all      the same, and whatever has been compiled here: after all tests
"""

from __future__ import annotations

import inspect
import pickle
import sys
import tempfile
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path
from unittest import mock

from numba.core.types import Array

from scenarios import run
from scenarios.commands.progress import progress_bar
from scenarios.worlds.first_kernels import FOLDERS, LIST, OTHER, RUN, compile_first, listed
from sim.cache_folder import code_folder
from sim.code_cache import KernelCache
from sim.first_compile import types_of, words_of
from sim.jit import Kernel
from sim.sealed_file import read_sealed

HEAD = """\
# Kernels and the types of their arguments, the dearest first. A first run compiles its part on all cores at once
# (sim/first_compile.py). A hint: what is missing or stale here costs time only. After a kernel has changed:
# python -m tests.kernels_asked --mend
"""


def stored() -> list[str]:
    """Lines for all machine code of this tree, the longest first."""
    found: dict[str, int] = {}
    for sources, folder in ((sources, code_folder(sources, "")) for sources in FOLDERS):
        for place in folder.glob("*.nbc") if folder is not None else ():
            packed = read_sealed(place)
            assert packed is not None, place
            words = words_of(pickle.loads(packed)[0][1][0])
            if words is not None:
                name = place.name.split("-py")[0]
                found[".".join([*sources.parts[-2:], f"{name} {words}".rstrip()])] = len(packed)
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


def fits(line: str) -> bool:
    """Whether a line names a kernel, and as many types as it has arguments, as they are compiled."""
    name, _, words = line.partition(" ")
    module, _, function = name.rpartition(".")
    try:
        kernel, types = getattr(import_module(module), function), types_of(words)
    except (ImportError, AttributeError, ValueError):
        return False
    if not isinstance(kernel, Kernel):
        return False
    number = len(inspect.signature(inspect.unwrap(kernel)).parameters)
    return len(types) == number and not any(kind.mutable for kind in types[: kernel._reads] if isinstance(kind, Array))


def mend(more: Iterable[str]) -> None:
    """Write the list again. more: lines that it may not have."""
    run = called_by_a_run()
    new = [line for line in run if line not in listed(RUN)]  # first, as if they were dear
    first = [*new, *(line for line in dict.fromkeys(listed(RUN)) if line in run)]
    known = dict.fromkeys([*listed(RUN, OTHER), *more])
    other = [line for line in known if line not in first and fits(line)]
    LIST.write_text("\n".join([HEAD, RUN, *first, "", OTHER, *other, ""]), encoding="utf-8")


def main(asked: list[str]) -> None:
    """Do what the arguments say."""
    match asked:
        case ["--run"]:
            print("\n".join(called_by_a_run()))
        case ["--mend"]:
            mend(())
        case ["--all"]:
            mend(stored())
        case _:
            print("Compiling kernels (once) ...", file=sys.stderr)
            with progress_bar("Compiling kernels, once", quiet=False, of="draws") as bar:
                compile_first(RUN, OTHER, progress=bar)


if __name__ == "__main__":
    main(sys.argv[1:])
