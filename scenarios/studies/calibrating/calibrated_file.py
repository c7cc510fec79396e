"""A scenario file with a calibration in it: the user's text, and the outside levels added."""

from __future__ import annotations

import errno
import tomllib
from pathlib import Path

from markets.spec import OUTSIDE, Anchor, StorylineSpec
from scenarios.checking.outside import KEYS, record_tables
from scenarios.describing.calibration import HEAD, PATH, calibration_table, number, tables_of
from scenarios.reading.based import KEY
from scenarios.studies.calibrating.toml_text import Part, parts, tables_in, with_keys
from sim.errors import UserError
from sim.files import check_new, unwritable, write_whole

OURS = frozenset(KEYS)
KIND, ANCHORS = ("storyline", "anchors"), ("storyline", "anchor")


def calibrated_text(text: str, storyline: StorylineSpec, place: str) -> str:
    """The text of a scenario file with the storyline's outside levels and calibration, all else as it was.

    Raises UserError if the text is laid out in a way that this cannot follow; what it returns has been read back.
    """
    assert storyline.calibration is not None
    rows = [_levels(anchor) for anchor in storyline.anchor]
    edited = _without_calibration(text)
    if KEY in tomllib.loads(text):
        edited = _with_dates(edited, [str(anchor.date) for anchor in storyline.anchor])
    edited = _with_levels(edited, rows)
    edited = _with_kind(edited)
    edited = edited.rstrip() + "\n\n" + HEAD + calibration_table(storyline.calibration)
    _read_back(text, edited, rows, storyline, place)
    return edited


def _with_dates(text: str, dates: list[str]) -> str:
    """The text with an anchor a date, where a scenario has those of its base: its own anchors as they are."""
    found = list(parts(text))
    array = next((p for p in found if p.path == ANCHORS and not p.header), None)
    if any(p.header and p.path == ANCHORS for p in found):
        return text  # [[storyline.anchor]] tables: told of when what was written is read back
    own = {} if array is None else {_date(text[a:b]): text[a:b] for a, b in tables_in(text, array)}
    rows = "".join(f"    {own.get(day, f'{{ date = {day} }}')},\n" for day in dates)
    if array is not None:
        return text[: array.value] + f"[\n{rows}]" + text[array.end :]
    line = f"anchor = [\n{rows}]\n"
    header = next((p for p in found if p.header and p.path == KIND[:1]), None)
    if header is None:
        return text.rstrip() + "\n\n[storyline]\n" + line
    after = _line_end(text, header.end) + 1
    return text[:after] + line + text[after:]


def _date(inline: str) -> str:
    return str(tomllib.loads(f"row = {inline}")["row"].get("date"))


def _levels(anchor: Anchor) -> dict[str, str]:
    """Keys and values, as TOML writes them, of an anchor's outside levels."""
    found = anchor.outside_levels
    keys = {OUTSIDE[name]: number(level) for name, level in found.items() if name in OUTSIDE}
    nodes = ", ".join(f"{name} = {number(level)}" for name, level in found.items() if name not in OUTSIDE)
    return keys | ({"outside_nodes": f"{{ {nodes} }}"} if nodes else {})


def write_calibrated(text: str, target: Path, storyline: StorylineSpec, place: str) -> None:
    """Write a scenario's text with the calibration in it to `target`, whole or not at all, with its own line ends.

    A link is followed, and the mode of a file that is there is kept. place: what messages call the scenario. Raises
    UserError or SpiralError.
    """
    plain = text.replace("\r\n", "\n")
    crlf = plain != text and plain.count("\n") == text.count("\r\n")  # all of them: else they stay as they are
    made = calibrated_text(plain if crlf else text, storyline, place)
    write_whole(target, made.replace("\n", "\r\n") if crlf else made)


def check_writable(source: Path | None, target: Path, *, force: bool) -> None:
    """Raise UserError before the work where `target` is no place for a file, or another file than `source`."""
    same = source is not None and target.exists() and target.samefile(source)
    remedy = "give --out a file in a folder that exists"
    if not target.parent.is_dir():
        raise unwritable(target, errno.ENOENT, "its folder is missing", remedy)
    check_new(target, force=force or same, remedy=remedy)


def _without_calibration(text: str) -> str:
    """Cut an earlier calibration's table, with the comment that we wrote above it."""
    found = list(parts(text))
    for index, part in enumerate(found):
        if part.header and part.path == PATH:
            following = next((p.start for p in found[index + 1 :] if p.header), len(text))
            start = part.start - len(HEAD) if text[: part.start].endswith(HEAD) else part.start
            return text[:start].rstrip() + "\n\n" + text[following:]
    return text


def _with_levels(text: str, rows: list[dict[str, str]]) -> str:
    """Every anchor with its outside levels: the inline tables of `anchor = [...]`, or [[storyline.anchor]] tables."""
    found = list(parts(text))
    array = next((p for p in found if p.path == ANCHORS and not p.header), None)
    if array is not None:
        spans = list(tables_in(text, array))
        for (start, end), keys in reversed(list(zip(spans, rows, strict=False))):
            text = text[:start] + with_keys(text[start:end], keys, OURS) + text[end:]
        return text
    blocks = _blocks(found)
    for block, keys in reversed(list(zip(blocks, rows, strict=False))):
        last = block[-1]
        added = "".join(f"\n{key} = {value}" for key, value in keys.items())
        rest = _line_end(text, last.end)
        text = text[:rest] + added + text[rest:]
        for part in reversed([p for p in block if p.path[-1] in OURS]):
            text = text[: part.start] + text[_line_end(text, part.end) + 1 :]
    return text


def _blocks(found: list[Part]) -> list[list[Part]]:
    """The [[storyline.anchor]] tables: header and assignments of each."""
    blocks: list[list[Part]] = []
    for part in found:
        if part.header and part.path == ANCHORS:
            blocks.append([part])
        elif blocks and not part.header and part.path[:-1] == ANCHORS:
            blocks[-1].append(part)
    return blocks


def _with_kind(text: str) -> str:
    """`anchors = "observed"`, in its place or before the anchors."""
    found = list(parts(text))
    for part in found:
        if part.path == KIND:
            return text[: part.value] + '"observed"' + text[part.end :]
    line = 'anchors = "observed"\n'
    for part in found:
        if part.header and part.path == KIND[:1]:
            after = _line_end(text, part.end) + 1
            return text[:after] + line + text[after:]
    first = next((p.start for p in found if p.header and p.path == ANCHORS), 0)
    return text[:first] + "[storyline]\n" + line + "\n" + text[first:]


def _line_end(text: str, at: int) -> int:
    end = text.find("\n", at)
    return len(text) if end < 0 else end


def _read_back(before: str, after: str, rows: list[dict[str, str]], storyline: StorylineSpec, place: str) -> None:
    """Compare the tables of the new text with what they should be."""
    wanted = record_tables(tomllib.loads(before))
    if KEY in wanted:
        own = {row["date"]: row for row in wanted.setdefault("storyline", {}).get("anchor", ())}
        wanted["storyline"]["anchor"] = [own.get(a.date, {"date": a.date}) for a in storyline.anchor]
    wanted["storyline"]["anchors"] = "observed"
    assert storyline.calibration is not None
    wanted["storyline"]["calibration"] = tables_of(storyline.calibration)
    for row, keys in zip(wanted["storyline"]["anchor"], rows, strict=True):
        row.update({key: tomllib.loads(f"level = {value}")["level"] for key, value in keys.items()})
    try:
        found = tomllib.loads(after)
    except tomllib.TOMLDecodeError:
        found = {}
    if found != wanted:
        remedy = "write [storyline] with anchor = [{ date = ..., ... }, ...], one table a line"
        raise UserError("the storyline is laid out in a way that cannot be added to", place=place, remedy=remedy)
