"""Objects defined in the main script or a notebook, and whether worker processes can load them."""

from __future__ import annotations

import ast
import pickle
import sys
import warnings
from functools import lru_cache
from pathlib import Path
from typing import Any

REMEDY = 'give it a module of its own, or the script an `if __name__ == "__main__":` around what it runs'


class OneProcess(UserWarning):
    """A run that was to use several processes uses one."""


def pickled_for_workers(what: Any) -> bytes | None:
    """`what`, pickled; None, with a warning, if other processes could not unpickle it: then run it in this one.

    A worker finds a class by its module and name. It can import the main script only if the script's `__main__` guard
    keeps it from running again. It cannot import a notebook, or a class defined inside a function.
    """
    try:
        content = pickle.dumps(what)
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        _tell(f"it cannot be sent to other processes ({error})")
        return None
    if b"__main__" in content and not _importable():
        _tell("an agent or a policy is defined in the main script or notebook")
        return None
    return content


def _tell(why: str) -> None:
    said = f"one process instead of several: {' '.join(why.split())}; {REMEDY}"
    warnings.warn_explicit(said, OneProcess, "spiral", 0)  # one line, without a line of source


def _importable() -> bool:
    """Whether a worker can import the main script without running it again."""
    main = sys.modules["__main__"]
    if getattr(main, "__spec__", None) is not None:
        return True  # python -m package.module: imported as a module
    file = getattr(main, "__file__", None)
    return file is not None and _guarded(str(file))


@lru_cache(maxsize=8)
def _guarded(file: str) -> bool:
    """Whether a script has an `if __name__ == "__main__"` of its own at the outermost level."""
    try:
        tree = ast.parse(Path(file).read_bytes())
    except (OSError, SyntaxError, ValueError):
        return False
    tests = (node.test for node in tree.body if isinstance(node, ast.If))
    return any(isinstance(name, ast.Name) and name.id == "__name__" for test in tests for name in ast.walk(test))
