"""Charts of a scenario that nobody has run: a stranger's title is text in every format."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from scenarios.cli import main
from tests.test_labels import NASTY, Tags

PARTS = 4  # scripts of a page of charts: the library, the chart, its data, and what draws it

SCENARIO = """
name = "own"
title = {title}
description = {title}
regime = {title}
[storyline]
anchor = [
  {{ date = 2020-02-19, spot = 100.0, vol = 0.2, overnight = 0.02, us2y = 0.025, us10y = 0.03, credit = 0.01 }},
  {{ date = 2020-02-21, spot = 97.0 }},
]
[agents.maker]
type = "MarketMaker"
"""


@pytest.mark.parametrize("option", ["--chart", "--density"])
@pytest.mark.parametrize("ending", ["html", "svg", "json"])
def test_a_title_with_a_script_in_it_is_text(tmp_path: Path, option: str, ending: str) -> None:
    nasty = " ".join(NASTY[kind] for kind in ("inches", "script", "picture", "expression", "backslash", "steering"))
    file = tmp_path / "own.toml"
    file.write_text(SCENARIO.format(title=json.dumps(nasty[:290]).replace("\\u0000", "\\u0001")))
    out = tmp_path / f"c.{ending}"
    found = CliRunner().invoke(main, ["show", str(file), "--untrusted", option, str(out)])
    assert found.exit_code == 0, found.output
    text = out.read_text(encoding="utf-8")
    tags = Tags(text if ending != "json" else "")
    assert "<script>alert" not in text or ending == "json"
    assert not tags.found["img"] and not tags.handlers and tags.found["script"] == {"html": PARTS}.get(ending, 0)
    assert not set(text) & set("\x1b\x07\x01\u202e\u2066")
    assert not set(found.output) & set("\x1b\x07\x01\u202e\u2066")
