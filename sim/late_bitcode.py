"""A kernel's bitcode, which others inline, parsed where one that calls it is compiled: in most processes nowhere.

Numba parses it whenever it loads a kernel, also to know which names the machine code has: half of the time that loading
takes. Here these names are stored.
"""

from __future__ import annotations

from typing import Any

from numba.core import codegen

LATE = "late"  # what is stored: beside numba's own "object" and "bitcode"
JITCodeLibrary: Any = codegen.JITCodeLibrary
_codegen: Any = codegen


class LateLibrary(JITCodeLibrary):  # type: ignore[misc]  # numba has no types
    """Numba's library of machine code; its bitcode is parsed when it is linked."""

    _shared_module: Any  # what others link
    _bitcode = b""

    @classmethod
    def _unserialize(cls, owner: Any, state: Any) -> Any:
        name, kind, content = state
        if kind != LATE:
            return super()._unserialize(owner, state)
        found = cls(owner, name)
        code, found._bitcode, defined = content
        found.enable_object_caching()
        found._set_compiled_object(code)
        found._finalize_final_module()
        owner._engine._defined_symbols.update(defined)
        return found

    def _get_module_for_linking(self) -> Any:
        if self._shared_module is None and self._bitcode:
            self._shared_module = _codegen.ll.parse_bitcode(self._bitcode)
        return super()._get_module_for_linking()


def stored(state: Any) -> Any:
    """What is stored of a library: its state as numba has it, and the names that its bitcode defines."""
    name, _, (code, bitcode) = state
    module = _codegen.ll.parse_bitcode(bitcode)
    defined = [each.name for each in (*module.functions, *module.global_variables) if not each.is_declaration]
    return name, LATE, (code, bitcode, defined)


def read_late(owner: Any) -> None:
    """Have numba's generator of code read what is stored so."""
    owner._library_class = LateLibrary
