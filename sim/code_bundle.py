"""The byte code of our modules in one file: Python opens and checks a file for each of the 300 that a command loads.

The bundle lies beside Python's own byte code and holds copies of it. A module is taken from it only while its source
has the time and the size that the byte code was made from, which is Python's own rule; else Python finds it.
"""

from __future__ import annotations

import hashlib
import marshal
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import MAGIC_NUMBER, spec_from_file_location
from types import CodeType, ModuleType

HOUSE = os.path.dirname(os.path.dirname(__file__))
HEAD = 16  # bytes before the code: Python's version, flags, and time and size of the source
BROKEN = (
    OSError,
    ValueError,
    EOFError,
    TypeError,
    OverflowError,
    MemoryError,
)  # of a file that is not as it was written
SIZED = 8  # bytes that hold the size of the index, and of a checksum
Entry = tuple[bool, bytes, int, int, bytes]  # whether a package, head, where its code begins, its size and checksum
Stored = tuple[bool, bytes, bytes]  # whether a package, head, code


class Bundle:
    """Finds modules of some packages in the file `place`. Their byte code is read when they are imported."""

    def __init__(self, place: str, rooms: Sequence[str]) -> None:
        self.place, self.rooms = place, rooms
        self.index: dict[str, Entry] = {}
        with suppress(*BROKEN):
            self.file = os.open(place, os.O_RDONLY)
            start = os.pread(self.file, 2 * SIZED, 0)
            size = int.from_bytes(start[:SIZED], "little")
            self.body = len(start) + size
            packed = os.pread(self.file, size, len(start))
            if _checksum(packed) == start[SIZED:]:
                self.index = marshal.loads(packed)

    def find_spec(self, name: str, path: object = None, target: ModuleType | None = None) -> ModuleSpec | None:
        """Where a module is; None if it is not in the bundle, or its source has changed."""
        known = self.index.get(name)
        if known is None:
            return None
        package, head, *_ = known
        source = source_of(name, package)
        if stamp(source) != head:
            return None
        folders = [os.path.dirname(source)] if package else None
        loader = _Loader(name, source, self)
        return spec_from_file_location(name, source, loader=loader, submodule_search_locations=folders)

    def code(self, name: str) -> bytes:
        """The byte code of a module; nothing if it is not as it was written."""
        _, _, begin, size, checksum = self.index[name]
        code = os.pread(self.file, size, self.body + begin)
        return code if _checksum(code) == checksum else b""

    def keep(self) -> None:
        """Write the bundle anew if modules were imported that it lacks. Where that fails it stays as it is."""
        new = dict(self._lacking())
        if not new or sys.dont_write_bytecode:
            return
        old = {
            name: (package, head, code)
            for name, (package, head, *_) in self.index.items()
            if name not in new and stamp(source_of(name, package)) == head and (code := self.code(name))
        }
        _write(self.place, old | new)

    def _lacking(self) -> Iterator[tuple[str, Stored]]:
        """What Python has stored of modules that it found itself."""
        ours = [module for name, module in sys.modules.items() if name.partition(".")[0] in self.rooms]
        for spec in [getattr(module, "__spec__", None) for module in ours]:
            if spec is None or type(spec.loader) is not SourceFileLoader:
                continue
            stored, known = _stored(spec), self.index.get(spec.name)
            if stored is not None and (known is None or stored[:2] != known[:2]):
                yield spec.name, stored


class _Loader(SourceFileLoader):
    """Python's loader of a source, which takes the byte code from a bundle."""

    def __init__(self, name: str, path: str, bundle: Bundle) -> None:
        super().__init__(name, path)
        self._bundle = bundle

    def get_code(self, fullname: str) -> CodeType | None:
        with suppress(*BROKEN):
            code = marshal.loads(self._bundle.code(fullname))
            if isinstance(code, CodeType) and code.co_filename == self.path:
                return code
        return super().get_code(fullname)  # the folder was moved


def open_bundle(rooms: Sequence[str]) -> Bundle | None:
    """Have modules of these packages found in the bundle from now on; None where there is no place for one."""
    if __spec__.cached is None or not hasattr(os, "pread"):
        return None
    bundle = Bundle(f"{os.path.splitext(__spec__.cached)[0]}.bundle", rooms)
    sys.meta_path.insert(0, bundle)
    return bundle


def source_of(name: str, package: bool) -> str:
    """The file of a module."""
    place = f"{HOUSE}{os.sep}{name.replace('.', os.sep)}"
    return f"{place}{os.sep}__init__.py" if package else f"{place}.py"


def stamp(source: str) -> bytes:
    """What byte code of a source begins with; nothing if there is no such file."""
    try:
        seen = os.stat(source)
    except OSError:
        return b""
    numbers = (int(seen.st_mtime) & 0xFFFFFFFF) << 32 | (seen.st_size & 0xFFFFFFFF) << 64  # after 32 bits of flags, 0
    return MAGIC_NUMBER + numbers.to_bytes(12, "little")


def _stored(spec: ModuleSpec) -> Stored | None:
    """The byte code of a module; None if there is none of its source as it is."""
    package = spec.submodule_search_locations is not None
    if spec.cached is None or spec.origin is None or spec.origin != source_of(spec.name, package):
        return None
    try:
        with open(spec.cached, "rb") as file:
            code = file.read()
    except OSError:
        return None
    head = code[:HEAD]
    return (package, head, code[HEAD:]) if head == stamp(spec.origin) else None


def _checksum(code: bytes) -> bytes:
    """Damaged byte code runs, and does anything."""
    return hashlib.sha256(code).digest()[:SIZED]


def _write(place: str, modules: dict[str, Stored]) -> None:
    """Write so that a reader finds the whole bundle or none. An error is ignored."""
    index: dict[str, Entry] = {}
    begin = 0
    for name, (package, head, code) in modules.items():
        index[name] = (package, head, begin, len(code), _checksum(code))
        begin += len(code)
    packed = marshal.dumps(index)
    part = f"{place}.{os.getpid()}"
    try:
        with open(part, "wb") as file:
            file.writelines([len(packed).to_bytes(SIZED, "little"), _checksum(packed), packed])
            file.writelines(code for _, _, code in modules.values())
        os.replace(part, place)
    except OSError:
        with suppress(OSError):
            os.unlink(part)
