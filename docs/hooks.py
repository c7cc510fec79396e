"""What `mkdocs build` does besides: pages of the root join the site, and fences are written as it reads them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).resolve().parents[1]
OF_THE_ROOT = {
    "README.md": "index.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changes.md",
    "LICENSE": "license.md",
    "notebooks/main.ipynb": "notebooks/main.ipynb",
}
LINK = re.compile(r"\]\((?:\.\./)?([\w./-]+)(#[\w-]+)?\)")
FENCE = re.compile(r"^```(\w+) (\S+)$", re.MULTILINE)


def on_files(files: Files, config: Any) -> Files:
    """Add the pages of the root."""
    for name, page in OF_THE_ROOT.items():
        files.append(File.generated(config, page, content=(ROOT / name).read_text(encoding="utf-8")))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """A fence's label becomes its title; links from and to pages of the root lead to their place in the site."""
    from_root = page.file.src_uri in OF_THE_ROOT.values()
    markdown = FENCE.sub(lambda match: f"```{match[1]}" + (f' title="{match[2]}"' if "." in match[2] else ""), markdown)
    return LINK.sub(lambda match: _moved(match, from_root), markdown)


def _moved(match: re.Match[str], from_root: bool) -> str:
    target, anchor = match[1], match[2] or ""
    if target in OF_THE_ROOT:
        return f"]({OF_THE_ROOT[target]}{anchor})"
    return f"]({target.removeprefix('docs/')}{anchor})" if from_root else match[0]
