"""Where the classes that a scenario names as `package.module:Class` come from, and whether they may be imported.

Importing a module runs it: docs/trust.md says which command does, for whose files.
"""

from __future__ import annotations

import importlib
import stat
import sys
from functools import reduce
from pathlib import Path
from types import ModuleType
from typing import Any

from sim.dataclass import dataclass
from sim.errors import UserError
from sim.nearest import nearest

FORM = "an import path is 'package.module:Class'"
OURS = "agents"  # the package of every class that a scenario may name without trust


@dataclass(frozen=True)
class Modules:
    """The folder of a scenario's file, whose modules may stand beside it, and whether they may be imported."""

    folder: Path | None = None
    trusted: bool = True

    def find(self, name: str, place: str) -> Any:
        """The class at the import path `package.module:Class`. Raises UserError if there is none.

        The scenario's folder comes last on sys.path and stays there, for worker processes and later imports: it hides
        no library, and no package of ours.
        """
        module_name, attribute = parted(name, place)
        if self.folder is not None and str(self.folder) not in sys.path:
            sys.path.append(str(self.folder))
        module = None
        try:
            module = importlib.import_module(module_name)
            found = reduce(getattr, attribute.split("."), module)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # the user's module may fail in any way, or leave
            if module is None:
                raise _failed(error, name, place) from error
            self._refuse_another(module, place)
            raise _no_such_class(module, attribute, place) from None
        self._refuse_another(module, place)
        return found

    def _refuse_another(self, module: ModuleType, place: str) -> None:
        """UserError if the module that was found is not the one that stands beside the scenario."""
        beside = self._beside(module.__name__)
        origin = getattr(module, "__file__", None)
        if beside is None or (origin is not None and same(Path(origin), beside)):
            return
        remedy = f"rename {beside} and what names it"
        raise UserError(
            "another module of this name comes first", value=origin or "built in", place=place, remedy=remedy
        )

    def _beside(self, module_name: str) -> Path | None:
        """The file of that module in the scenario's folder."""
        if self.folder is None or module_name == "__main__":
            return None
        stem = self.folder.joinpath(*module_name.split("."))
        return next((file for file in (stem / "__init__.py", stem.with_suffix(".py")) if file.is_file()), None)


def parted(name: str, place: str) -> tuple[str, str]:
    """Module and class of an import path; UserError if it is none."""
    module, _, attribute = name.partition(":")
    if not all(part.isidentifier() for part in (*module.split("."), *attribute.split("."))):
        raise UserError(FORM, value=name, place=place, remedy="e.g. 'my_agents:StopLossFund', of my_agents.py")
    return module, attribute


def ours(name: str) -> bool:
    """Whether an import path names a class of Spiral's own agents, policies and models."""
    return name.partition(":")[0].partition(".")[0] == OURS


def same(one: Path, other: Path) -> bool:
    """Whether two files are one, or alike."""
    try:
        return one.resolve() == other.resolve() or one.read_bytes() == other.read_bytes()
    except OSError:
        return False


def is_own(folder: Path) -> bool:
    """Whether a folder is the user's working folder, or lies in it.

    A working folder that is the home, above it, or writable by everybody (/tmp) does not count: files of others, such
    as downloads, may be there.
    """
    try:
        here, home = Path.cwd().resolve(), Path.home().resolve()
        shared = bool(here.stat().st_mode & stat.S_ISVTX)
    except (OSError, RuntimeError):
        return False
    return not shared and not home.is_relative_to(here) and folder.resolve().is_relative_to(here)


def _no_such_class(module: ModuleType, attribute: str, place: str) -> UserError:
    public = [key for key in vars(module) if not key.startswith("_")]
    rule = f"module '{module.__name__}' has no such class"
    return UserError(rule, value=attribute, place=place, remedy=nearest(attribute, public))


def _failed(error: BaseException, name: str, place: str) -> UserError:
    try:
        why = f"{type(error).__name__}: {error}"
    except Exception:  # its own __str__ fails
        why = type(error).__name__
    remedy = f"{why} (looked in the scenario's folder and on PYTHONPATH)"
    return UserError("cannot import the class", value=name, place=place, remedy=remedy)
