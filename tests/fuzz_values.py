"""Values that nobody should write into a file, and what a scenario's tables become with them."""

from __future__ import annotations

import copy
import json
import math
from datetime import date, datetime, time, timedelta, timezone
from typing import Any

from hypothesis import strategies as st


class Raw(str):
    """Text that goes into a TOML file as it stands."""


NUMBERS: list[Any] = [0, -1, 1, 2, 7, 0.0, -0.0, 0.5, -0.5, 1.5, 1e-300, -1e-12, 1e12, 1e300, -1e300, 5e-324]
NUMBERS += [math.nan, math.inf, -math.inf, Raw("1e400"), Raw("-1e400"), Raw("0x10"), Raw("1_000"), Raw("+0.0")]
LARGE: list[Any] = [2**31, 2**63 - 1, 2**63, -(2**63) - 1, 10**9, 10**30, Raw("9" * 5000)]
TEXTS: list[Any] = [
    "", " ", "NaN", "none", "None", "asset", "frozen", "actual", "tick", "30m", "0m", "999999999d", "2020-02-24", "1e9",
    "MarketMaker", "Hedger", "band", "é", "日本", "a.b", "a b", "'", '"', "\\", "a/b", "../x", "{desk}", "%s", "{0}",
    "os:system", "builtins:object", "builtins:type", "pathlib:Path", "agents.base:Agent", "agents.policies:Policy",
    "agents.policies:Band", "agents.hedging.hedger:Hedger",
    ":", "a:", ":b", "a:b:c", "..x:Y", ".x:Y", "a b:c", "no.such:Thing",
    "sim.errors:UserError", "scenarios.parameters.unseen:UnseenAgent", "x" * 300,
]  # fmt: skip
CONTROL: list[Any] = ["a\x00b", "\x1b[31mred", "a\nb", "a\tb", "\r", "\x7f", "\u202e", "\u2028", "\x9b2J", "\ufeffx"]
DAYS: list[Any] = [date(2020, 2, 20), date(2020, 2, 22), date(2020, 2, 19), date(2020, 3, 4), date(2020, 12, 18)]
FAR_DAYS: list[Any] = [date(1, 1, 1), date(1900, 1, 1), date(1970, 1, 1), date(2100, 1, 4), date(9999, 12, 31)]
MOMENTS: list[Any] = [
    datetime(2020, 2, 24, 16), datetime(2020, 2, 24, tzinfo=timezone(timedelta(hours=5))),
    datetime(2020, 2, 24, 0, 0, 0, 1), time(16, 30),
]  # fmt: skip
HOLDERS: list[Any] = [[], {}, [[]], [{}], {"a": 1}, {"": 1}, [1, "a", True], [1.5, []], ["asset", "asset"], [{"a": []}]]
KEYS = ["", "a.b", '"', "'", "é", "name", "kind", "type", "count", "anchor", "date", "0", "1", "-1", "x" * 300, "*"]
CONTROL_KEYS = ["a\x00b", "\x1b[31m", "a\nb"]


def deep(levels: int) -> Any:
    """A list in a list in a list."""
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return value


def values() -> st.SearchStrategy[Any]:
    """Any value, more often an odd one than not; a copy, for what is spoiled twice must not change the pool."""
    pools = [NUMBERS, LARGE, TEXTS, CONTROL, [True, False], DAYS, FAR_DAYS, MOMENTS, HOLDERS]
    pools += [[deep(30), Raw("[" * 3000 + "1" + "]" * 3000)]]
    sampled = (st.sampled_from(pool).map(copy.deepcopy) for pool in pools)
    return st.one_of(*sampled, st.floats(), st.integers(-1000, 1000), texts())


def alike(old: Any) -> st.SearchStrategy[Any]:
    """Another value of the same type: what is refused for its type is not looked at any further."""
    if isinstance(old, bool):
        return st.just(not old)
    if isinstance(old, int):
        return st.sampled_from([0, 1, 2, 3, 7, old + 1, -old, 10**6, *LARGE])
    if isinstance(old, float):
        return st.one_of(st.sampled_from(NUMBERS), st.sampled_from([-1, 1e-6, 0.1, 3, 1e2, 1e6]).map(lambda f: old * f))
    if isinstance(old, str):
        return st.sampled_from(TEXTS)
    if isinstance(old, date):
        return st.sampled_from(DAYS + FAR_DAYS)
    if isinstance(old, list):
        return st.sampled_from([old[:1], old[1:], old[::-1], old + old[:1], []])
    return st.sampled_from([{}, dict(list(old.items())[1:])]) if isinstance(old, dict) else values()


def texts() -> st.SearchStrategy[str]:
    """Short texts of any characters that a file can hold."""
    return st.text(st.characters(codec="utf-8"), max_size=8)


def keys() -> st.SearchStrategy[str]:
    """Any key."""
    return st.one_of(st.sampled_from(KEYS + CONTROL_KEYS), texts())


def places(tables: Any) -> list[tuple[Any, Any]]:
    """Every (holder, key) of nested tables and lists."""
    found: list[tuple[Any, Any]] = []
    inside = list(tables.items() if isinstance(tables, dict) else enumerate(tables))
    for key, value in inside:
        found.append((tables, key))
        if isinstance(value, dict | list):
            found += places(value)
    return found


@st.composite
def spoiled(draw: st.DrawFn, base: Any) -> Any:
    """Tables like `base` with one change or a few: values replaced, keys renamed, dropped, moved, doubled."""
    tables = copy.deepcopy(base)
    for _ in range(draw(st.sampled_from([1, 1, 1, 2, 3]))):
        where = places(tables)
        if not where:
            break
        holder, key = draw(st.sampled_from(where))
        _spoil(draw, holder, key, where)
    return tables


def _spoil(draw: st.DrawFn, holder: Any, key: Any, where: list[tuple[Any, Any]]) -> None:
    """One change at one place."""
    changes = ["drop", "rename", "swap", "wrap", "twice", "add", "number", "copy"]
    kind = draw(st.sampled_from(["alike"] * 8 + ["value"] * 4 + changes))
    old = holder[key]
    if kind == "alike":
        holder[key] = draw(alike(old))
    elif kind == "drop":
        del holder[key]
    elif kind == "rename" and isinstance(holder, dict):
        holder[draw(keys())] = holder.pop(key)
    elif kind == "swap":
        other, there = draw(st.sampled_from(where))
        holder[key] = copy.deepcopy(other[there])
    elif kind == "wrap":
        holder[key] = draw(st.sampled_from([[old], {"a": old}, [old, old], str(old)]))
    elif kind == "twice" and isinstance(holder, list):
        holder.insert(key, copy.deepcopy(old))
    elif kind == "add":
        holder.update({draw(keys()): draw(values())}) if isinstance(holder, dict) else holder.append(draw(values()))
    elif kind == "number" and isinstance(old, int | float) and not isinstance(old, bool):
        holder[key] = old * draw(st.sampled_from([-1, 0, 100, 1e4, 1e-4, 1e30, 1e300]))
    elif kind == "copy" and isinstance(holder, dict):
        holder[draw(keys())] = copy.deepcopy(old)
    else:
        holder[key] = draw(values())


def toml(value: Any) -> str:
    """A value as TOML writes it; tables and lists in line."""
    if isinstance(value, Raw):
        return str(value)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{toml(str(k))} = {toml(v)}" for k, v in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(toml, value)) + "]"
    if isinstance(value, date | time):
        return value.isoformat()
    return repr(value)


def document(tables: dict[str, Any]) -> bytes:
    """Tables as a TOML file, a key a line."""
    text = "\n".join(f"{toml(str(key))} = {toml(value)}" for key, value in tables.items())
    return (text + "\n").encode("utf-8", "surrogatepass")


@st.composite
def torn(draw: st.DrawFn, whole: bytes) -> bytes:
    """A file that was cut, changed in some bytes, doubled in a line, or saved in another encoding."""
    kind = draw(st.sampled_from(["cut", "bytes", "line", "lines", "encoding", "insert", "ends"]))
    if kind == "cut":
        return whole[: draw(st.integers(0, len(whole)))]
    if kind == "bytes":
        content = bytearray(whole)
        for _ in range(draw(st.integers(1, 4))):
            content[draw(st.integers(0, len(whole) - 1))] = draw(st.integers(0, 255))
        return bytes(content)
    if kind in ("line", "lines"):
        lines = whole.splitlines(keepends=True)
        at = draw(st.integers(0, len(lines) - 1))
        return b"".join(lines[:at] + lines[at + 1 :] if kind == "lines" else lines[: at + 1] + lines[at:])
    if kind == "encoding":
        text = whole.decode("utf-8", "replace")
        return text.encode(draw(st.sampled_from(["utf-16", "utf-16-le", "utf-32", "cp1252", "utf-8-sig"])), "replace")
    at = draw(st.integers(0, len(whole)))
    odd = [b"=", b"[", b"]]", b'"', b"'''", b"#", b",", b"{", b"}", b"\xff", b"\xc3", b"9" * 40, b"1e999", b"\r\n"]
    odd += [b"\x00", b"\x1b[2J", b"\r"]
    return whole[:at] + draw(st.sampled_from(odd)) + whole[at:]
