"""What `mkdocs build` does besides: pages of the root and generated ones join, fences are written as it reads them."""

from __future__ import annotations

import itertools
import re
from pathlib import Path
from typing import Any

import house
from mkdocs.structure.files import File, Files

from scenarios.describing.reference import Key, all_keys

ROOT = Path(__file__).resolve().parents[1]
OF_THE_ROOT = {
    "README.md": "index.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changes.md",
    "LICENSE": "license.md",
    "notebooks/main.ipynb": "notebooks/main.ipynb",
}
MADE = {"<!-- picture of the imports -->": house.picture, "<!-- table of the rooms -->": house.table}
LINK = re.compile(r"\]\((?:\.\./)*([\w./-]+)(#[\w-]+)?\)")
FENCE = re.compile(r"^```(\w+) (\S+)$", re.MULTILINE)
KEYS = """# Every key of a scenario file

Read off the parameter dataclasses, as `spiral keys` prints them. A key without a default must be given. Limits are what
the engine can compute with; *plausible* bounds are where the markets' record lies, with room, and values outside are
refused unless `run.as_given` is true. An agent has the keys of its `type`, a policy those of its `kind`.
"""


def on_files(files: Files, config: Any) -> Files:
    """Add the pages of the root, and the page of keys."""
    for name, page in OF_THE_ROOT.items():
        files.append(File.generated(config, page, content=(ROOT / name).read_text(encoding="utf-8")))
    files.append(File.generated(config, "api/keys.md", content=keys()))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Labels of fences become titles, marks what they stand for; links of and to pages of the root lead to the site."""
    from_root = page.file.src_uri in OF_THE_ROOT.values()
    markdown = FENCE.sub(lambda match: f"```{match[1]}" + (f' title="{match[2]}"' if "." in match[2] else ""), markdown)
    for mark, make in MADE.items():
        if mark in markdown:
            markdown = markdown.replace(mark, make())
    return LINK.sub(lambda match: _moved(match, page.file.src_uri, from_root), markdown)


def keys() -> str:
    """The reference of keys as a page: a table for each table of the file, agent and policy."""
    parts = [KEYS]
    for title, group in itertools.groupby(all_keys(), key=_table_of):
        parts.append(f"## {title}\n\n| key | default | unit | limits | meaning |\n|---|---|---|---|---|")
        parts += [f"| {' | '.join(_cells(key))} |" for key in group]
        parts.append("")
    return "\n".join(parts)


def _table_of(key: Key) -> str:
    """Under which heading a key stands."""
    return f"{key.owner}: {key.path.rpartition('.')[0]}" if key.owner else key.path.rpartition(".")[0] or "The file"


def _cells(key: Key) -> list[str]:
    default = f"`{key.default}`" if key.default else ""
    cells = [f"`{key.name}`", default, key.unit, key.limits, key.help]
    return [cell.replace("|", "\\|") for cell in cells]


def _moved(match: re.Match[str], page: str, from_root: bool) -> str:
    """Where a link leads in the site."""
    target, anchor = match[1], match[2] or ""
    if target in OF_THE_ROOT:
        return f"]({'../' * page.count('/')}{OF_THE_ROOT[target]}{anchor})"
    return f"]({target.removeprefix('docs/')}{anchor})" if from_root else match[0]
