"""Where tables and values stand in the text of a TOML file, so that a few can be changed and the rest kept."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sim.named_tuple import NamedTuple

Path = tuple[str, ...]

COMMENT, STRING = "\x00", "\x01"
OPAQUE = re.compile(
    r'"""(?:\\.|[^\\])*?"""|' + r"'''.*?'''|" + r'"(?:\\.|[^"\\\n])*"|' + r"'[^'\n]*'|#[^\n]*",
    re.DOTALL,
)
BLANK = " \t\r\n" + COMMENT


class Part(NamedTuple):
    """A header or an assignment: its path from the root, and the spans of the whole and of the value."""

    path: Path
    header: bool
    start: int  # of its line
    value: int  # where the value begins; the end of a header
    end: int  # after the value


def masked(text: str) -> str:
    """The text with comments and strings blanked out, character by character: what is left is structure."""
    return OPAQUE.sub(lambda found: (COMMENT if found[0][0] == "#" else STRING) * len(found[0]), text)


def parts(text: str) -> Iterator[Part]:
    """Headers and assignments in order. The text is valid TOML; else the spans mean nothing."""
    structure = masked(text)
    table: Path = ()
    at = 0
    while at < len(text):
        line_end = _line_end(structure, at)
        line = structure[at:line_end]
        if not line.strip(BLANK):
            at = line_end + 1
        elif line.lstrip().startswith("["):
            closing = at + len(line.rstrip(BLANK))
            table = _path(text[at:closing].strip().strip("[]"))
            yield Part(table, True, at, closing, closing)
            at = line_end + 1
        else:
            equals = structure.index("=", at)
            end = _value_end(structure, equals + 1)
            value = end - len(structure[equals + 1 : end].lstrip(BLANK))
            yield Part((*table, *_path(text[at:equals])), False, at, value, end)
            at = _line_end(structure, end) + 1


def tables_in(text: str, part: Part) -> Iterator[tuple[int, int]]:
    """Spans of the inline tables of an array's value, braces included."""
    depth, start = 0, 0
    for index, sign in enumerate(masked(text)[part.value : part.end], part.value):
        if sign == "{":
            start = index if depth == 0 else start
            depth += 1
        elif sign == "}":
            depth -= 1
            if depth == 0:
                yield start, index + 1


def with_keys(inline: str, keys: dict[str, str], drop: frozenset[str]) -> str:
    """An inline table without the keys of `drop` and with those of `keys` (values as TOML writes them) at its end."""
    structure = masked(inline)
    commas, depth = [0], 0
    for index, sign in enumerate(structure[1:-1], 1):
        depth += (sign in "[{") - (sign in "]}")
        if sign == "," and depth == 0:
            commas.append(index)
    pairs = [inline[a + 1 : b] for a, b in zip(commas, [*commas[1:], len(inline) - 1], strict=True)]
    tail = pairs[-1][len(pairs[-1].rstrip()) :]
    kept = [pair.rstrip() for pair in pairs if _path(pair.partition("=")[0])[0] not in drop]
    return "{" + ",".join([*kept, *(f" {key} = {value}" for key, value in keys.items())]) + tail + "}"


def _line_end(structure: str, at: int) -> int:
    end = structure.find("\n", at)
    return len(structure) if end < 0 else end


def _value_end(structure: str, at: int) -> int:
    """After a value's last character: the line's end outside of all brackets."""
    depth, end = 0, at
    while end < len(structure) and (depth or structure[end] != "\n"):
        depth += (structure[end] in "[{") - (structure[end] in "]}")
        end += 1
    return at + len(structure[at:end].rstrip(BLANK))


def _path(key: str) -> Path:
    """A dotted key's parts; quoted parts with dots in them are not ours to change."""
    return tuple(part.strip().strip("\"'") for part in key.split("."))
