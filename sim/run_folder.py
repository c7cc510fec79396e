"""The folder of a run: claimed by one process, replaced by two renames; after a kill the next process finishes.

Beside the folder NAME stand, while a process works there:

- `.NAME.lock`, held by that process, which names the other two;
- `.NAME.TOKEN.partial`, the new run as far as it is;
- `.NAME.TOKEN.earlier`, the run that was there, between the two renames and until it is cleared.

After a kill at any moment these names show what is left to do (`_finish`), and the next command that looks at the
folder does it. Only files that are proved to be the earlier run's are removed; all others move to the new run.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import shutil
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from threading import Event, Thread
from typing import Any

from sim.dataclass import dataclass
from sim.earlier_run import collisions, is_run, retire
from sim.errors import SpiralError, UserError
from sim.files import writing
from sim.lock import Lock
from sim.manifest import MANIFEST, read_manifest

ELSEWHERE = "give another --out"
TOKEN = re.compile("[0-9a-f]{8}")
LONGEST = 180  # bytes of a name, so that the longer names beside it are still allowed
WAIT = 1.0  # seconds to wait for another process that holds the folder for a moment


class FolderInUse(UserError):
    """Another process works in the folder of a run."""


@dataclass(frozen=True)
class Claim:
    """A run's folder that only this process may change."""

    asked: Path  # as its caller wrote it
    folder: Path  # resolved
    partial: Path  # an empty folder on the same disk, removed at the end unless it has become the run
    earlier: Path

    @contextmanager
    def flushing(self) -> Iterator[None]:
        """A block beside which the new run's files are flushed to the disk, where `replace` will have to do that."""
        if not is_run(self.folder):
            yield
            return
        over = Event()
        flusher = Thread(target=_flush, args=(_tables(self.partial), over), name="flush-run", daemon=True)
        flusher.start()
        try:
            yield
        finally:
            over.set()
            flusher.join()

    def replace(self) -> None:
        """Give `partial`, now a complete run, the folder's name. Anything at that name that is no run is kept as it is.

        Raises SpiralError in that case, or if the system forbids the rename: the new run then stands beside the folder.
        """
        why = ""
        if os.path.lexists(self.folder) and not _empty(self.folder):
            if is_run(self.folder):
                _flush([*_tables(self.partial), self.partial / MANIFEST])
                why = _renamed(self.folder, self.earlier)
            else:
                why = "it was filled with other files meanwhile"
        why = why or _renamed(self.partial, self.folder)
        if why:
            spare = _free(self.folder)
            os.rename(self.partial, spare)
            raise SpiralError(f"{self.folder} cannot be replaced: {why}; the new run is in {spare}")


@contextmanager
def claimed(folder: Path, names: Iterable[str] | None = None) -> Iterator[Claim]:
    """Claim a run's folder: only this process writes there, in a folder beside it.

    names: files that the new run will have; None to add to the run that is there. Raises UserError, before anything is
    written, if the folder cannot hold a run, holds files in the way that are not a run's, or is claimed by another
    process.
    """
    place = check_place(folder) if names is not None else Path(os.path.realpath(folder))
    with _parents(place.parent):
        lock = _locked(place)
        try:
            _finish(place, lock)
            if names is not None:
                with writing(place, ELSEWHERE):
                    _check_replaceable(place, names)
                    _clear_older(place)
            with writing(place, ELSEWHERE):
                token = secrets.token_hex(4)
                lock.write(token=token)
                claim = Claim(folder, place, *_beside(place, token))
                claim.partial.mkdir()
            try:
                yield claim
            finally:
                _finish(place, lock)
        finally:
            lock.release(remove=not _left_over(place, lock))


@contextmanager
def claimed_own(folder: Path, content: str, names: Iterable[str]) -> Iterator[Claim]:
    """Claim the first of NAME, NAME-2, ... where no other process works and no run of different content stands.

    content, names: as of `own_folder` and `claimed`. What another process does there between the choice and the claim
    leads to the next choice.
    """
    names = list(names)
    while True:
        found = own_folder(folder, content)
        with ExitStack() as held:
            try:
                claim = held.enter_context(claimed(found, names))
            except FolderInUse:
                continue
            if not holds_other(found, content):
                yield claim
                return


def settle(folder: Path) -> bool:
    """Finish what a killed process left half done at a run's folder. False if a living process works there."""
    place = Path(os.path.realpath(folder))
    lock = Lock(_lock_of(place))
    if not os.path.lexists(lock.place):
        return True
    try:
        if not lock.acquire():
            return False
    except OSError:  # read-only disk: nothing can be finished
        return True
    ours = lock.read() is not None
    try:
        if ours:
            _finish(place, lock)
    except UserError:  # something cannot be moved: the next command that writes here reports it
        pass
    finally:
        lock.release(remove=ours and not _left_over(place, lock))
    return True


def own_folder(folder: Path, content: str) -> Path:
    """The folder, or NAME-2, NAME-3, ...: the first one where nobody works and no run of different content stands.

    content: the `content_hash` of the new run. Files that are no run are not looked at here; `claimed` checks them.
    """
    found, number = folder, 1
    with writing(folder, ELSEWHERE):
        while not _settled(found) or holds_other(found, content):
            number += 1
            found = folder.with_name(f"{folder.name}-{number}")
    return found


def _settled(folder: Path) -> bool:
    """As `settle`, for a process that may hold the folder only for a moment."""
    until = time.monotonic() + WAIT
    while not settle(folder):
        if time.monotonic() > until:
            return False
        time.sleep(WAIT / 50)
    return True


def holds_other(folder: Path, content: str) -> bool:
    """Whether the folder holds a run of different content."""
    return is_run(folder) and read_manifest(folder).get("content_hash") != content


def check_place(folder: Path) -> Path:
    """The folder's resolved path. Raises UserError if a run cannot or must not be there."""
    if "\0" in str(folder):
        raise _refused(folder, "a folder's name has no zero byte in it")
    with writing(folder, ELSEWHERE):
        with suppress(FileNotFoundError):
            os.lstat(folder)  # fails for a name that is too long, or below a file
        place = Path(os.path.realpath(folder))
        check_name(place)
        here, home = Path.cwd().resolve(), Path(os.path.realpath(os.path.expanduser("~")))
        if os.path.islink(place):
            raise _refused(folder, "a run goes into a folder, not through a link", "a link that leads to itself")
        if os.path.islink(folder):
            raise _refused(folder, "a run goes into a folder, not through a link", f"a link to {place}", place)
        if place.exists() and not place.is_dir():
            raise _refused(folder, "a run is a folder", "a file")
        if place == home or place in (here, *here.parents):
            raise _refused(folder, "a run goes into a folder of its own", str(place))
        for above in place.parents:
            if is_run(above):
                raise _refused(folder, "a run's folder holds that run alone", f"a folder inside the run {above}")
        if os.path.ismount(place):
            raise _refused(folder, "a run's folder can be renamed", "a mount point", place / "run")
    return place


def check_name(place: Path) -> None:
    """Raise UserError for a path that is no UTF-8 text: neither writers nor readers of Parquet files take it."""
    try:
        os.fsencode(place).decode()
    except UnicodeDecodeError:
        remedy = "rename the folder that is not, or work elsewhere"
        raise UserError("a folder of tables has a path in UTF-8", value=ascii(str(place)), remedy=remedy) from None


def _refused(folder: Path, rule: str, value: Any = None, better: Path | None = None) -> UserError:
    remedy = ELSEWHERE if better is None else f"give --out {better}"
    return UserError(rule, value=value, place=str(folder), remedy=remedy)


def _check_replaceable(place: Path, names: Iterable[str]) -> None:
    """Raise UserError if the place holds something that is no run, or something in the way of a new run's files."""
    if not place.exists() or _empty(place):
        return
    if not is_run(place):
        raise _refused(place, "a run replaces only an earlier run", "other files")
    for name in collisions(place, names):
        raise UserError(
            "a run removes only what a run has written",
            place=str(place / name),
            value="a file that is not as the run wrote it",
            remedy="move or rename it, or give another --out",
        )


def _locked(place: Path) -> Lock:
    lock = Lock(_lock_of(place))
    with writing(place, ELSEWHERE):
        try:
            ours = lock.acquire(WAIT)
        except FileNotFoundError:  # another command has just removed the empty folder above
            place.parent.mkdir(parents=True, exist_ok=True)
            ours = lock.acquire(WAIT)
    if not ours:
        rule = "one process at a time writes in a run's folder"
        raise FolderInUse(rule, place=str(place), value="another one does", remedy=f"wait for it, or {ELSEWHERE}")
    if lock.read() is None:
        lock.release(remove=False)
        raise UserError("this name is kept for a lock", place=str(lock.place), value="another file", remedy=ELSEWHERE)
    return lock


def _finish(place: Path, lock: Lock) -> None:
    """Finish or undo an interrupted replacement, so that the folder is whole and nothing is left beside it.

    Raises UserError if the system forbids it: then nothing is lost, and the next call tries again.
    """
    token = _token(lock)
    if token is None:
        return
    partial, earlier = _beside(place, token)
    try:
        if earlier.is_dir() and partial.is_dir():  # between the two renames
            if os.path.lexists(place) and not _empty(place):  # somebody else has put something there
                os.rename(partial, _free(place))
            else:
                os.rename(partial, place)
        if earlier.is_dir():
            if is_run(place):
                retire(earlier, place)
            else:
                os.rename(earlier, _free(place) if os.path.lexists(place) else place)
    except OSError as error:
        where, why = str(error.filename or place), error.strerror or str(error)
        remedy = "move it yourself, or let this user write there"
        raise UserError("what no run has written moves to the new run", place=where, value=why, remedy=remedy) from None
    _remove(partial)


def _token(lock: Lock) -> str | None:
    found = (lock.read() or {}).get("token")
    return found if isinstance(found, str) and TOKEN.fullmatch(found) else None


def _left_over(place: Path, lock: Lock) -> bool:
    """Whether files of this claim are still beside the folder."""
    token = _token(lock)
    return token is not None and any(os.path.lexists(p) for p in _beside(place, token))


def _remove(partial: Path) -> None:
    """Remove the temporary folder of this or a dead process; retries, as its last workers may still write."""
    for _ in range(100):
        shutil.rmtree(partial, ignore_errors=True)
        if not os.path.lexists(partial):
            return
        time.sleep(0.02)


def _clear_older(place: Path) -> None:
    """Remove empty folders that versions of Spiral without locks left beside this one."""
    name = re.compile(rf"\.{re.escape(place.name)}\.\d+\.partial")
    for entry in os.scandir(place.parent):
        if name.fullmatch(entry.name) and entry.is_dir(follow_symlinks=False):
            with suppress(OSError):
                os.rmdir(entry.path)


@contextmanager
def _parents(folder: Path) -> Iterator[None]:
    """Make missing parent folders; at the end those made are removed again if they are empty."""
    made = []
    while not folder.exists() and folder != folder.parent:
        made.append(folder)
        folder = folder.parent
    try:
        if made:
            with writing(made[0], ELSEWHERE):
                made[0].mkdir(parents=True, exist_ok=True)
        yield
    finally:
        for one in made:
            with suppress(OSError):
                one.rmdir()


def _stem(place: Path) -> str:
    """The folder's name, shortened if it is long."""
    name = os.fsencode(place.name)
    return place.name if len(name) <= LONGEST else f"spiral-{hashlib.sha256(name).hexdigest()[:16]}"


def _lock_of(place: Path) -> Path:
    return place.with_name(f".{_stem(place)}.lock")


def _beside(place: Path, token: str) -> tuple[Path, Path]:
    return place.with_name(f".{_stem(place)}.{token}.partial"), place.with_name(f".{_stem(place)}.{token}.earlier")


def _empty(folder: Path) -> bool:
    return folder.is_dir() and not any(folder.iterdir())


def _renamed(source: Path, target: Path) -> str:
    """Rename. Returns the reason if the system forbids it, else None."""
    try:
        os.rename(source, target)
    except OSError as error:
        return error.strerror or str(error)
    return ""


def _free(folder: Path) -> Path:
    number = 2
    while os.path.lexists(folder.with_name(f"{folder.name}-{number}")):
        number += 1
    return folder.with_name(f"{folder.name}-{number}")


def _tables(folder: Path) -> list[Path]:
    return list(folder.rglob("*.parquet"))


def _flush(files: list[Path], over: Event | None = None) -> None:
    """Flush the new run to the disk before the earlier one is removed; of its files as many as can be until `over`."""
    for place in files:
        if over is not None and over.is_set():
            return
        with suppress(OSError), place.open("rb") as stream:
            os.fsync(stream.fileno())
