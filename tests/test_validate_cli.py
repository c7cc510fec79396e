"""`spiral validate` from the outside, with cases that cost nothing."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from scenarios import validate
from scenarios.cli import main
from scenarios.studies.validation import runner
from scenarios.studies.validation.case import Case, Expected, Measured
from scenarios.studies.validation.lab import Lab
from scenarios.studies.validation.suite import suite
from scenarios.studies.validation.textbook import textbook
from sim.estimate import Estimate

CHEAP = "cleared-margin"  # with a picture of its own


def spiral(*args: str) -> Result:
    return CliRunner().invoke(main, ["validate", *args])


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def right(lab: Lab) -> Measured:
    return Measured(estimates={"a": Estimate(1.0, 0.1), "b": Estimate(2.0)})


def wrong(lab: Lab) -> Measured:
    return Measured(estimates={"a": Estimate(1.5, 0.1), "b": Estimate(2.0)})


def broken(lab: Lab) -> Measured:
    raise ValueError("the <engine> fell over")


def fake(name: str, measure: object, *, fast: bool = True) -> Case:
    expected = (Expected(what="a", value=1.0, unit="$"), Expected(what="b", value=2.0, unit="$", rounding=0.01))
    words = {"title": f"The {name} one", "source": "Nobody (1900)", "inputs": "None.", "statistic": "Nothing."}
    return Case(name=name, chapter="Pricing", expected=expected, measure=measure, fast=fast, **words)  # type: ignore[arg-type]


@pytest.fixture
def fakes(monkeypatch: pytest.MonkeyPatch) -> None:
    cases = (fake("right", right), fake("wrong", wrong, fast=False), fake("broken", broken, fast=False))
    monkeypatch.setattr(runner, "suite", lambda: cases)


def test_list_names_every_case_and_runs_none(folder: Path) -> None:
    result = spiral("--list")
    assert result.exit_code == 0
    assert all(case.name in result.stdout for case in suite())
    assert list(folder.iterdir()) == []


def test_the_list_has_room_for_its_words_in_eighty_columns(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scenarios.commands.validate.WIDTH", 80)
    lines = spiral("--list").stdout.splitlines()
    assert max(map(len, lines)) <= 80
    row = next(i for i, line in enumerate(lines) if "hedging-error-monthly" in line)
    assert "fast  A put hedged every month" in lines[row]
    assert "Boyle and Emanuel (1980), Bertsimas, Kogan and" in lines[row + 1]


@pytest.mark.parametrize(
    ("name", "remedy"), [("unhedged-putt", "did you mean 'unhedged-put'?"), ("Hedgin", "'hedging'?")]
)
def test_unknown_name_has_a_remedy(name: str, remedy: str, folder: Path) -> None:
    result = spiral(name)
    assert result.exit_code == 2
    assert "there is no such case or chapter" in result.stderr
    assert remedy in result.stderr
    assert list(folder.iterdir()) == []


def test_no_fast_case_is_a_mistake(fakes: None) -> None:
    result = spiral("wrong", "--fast")
    assert result.exit_code == 2
    assert "leave out --fast" in result.stderr


def test_a_folder_that_is_a_file_is_told_before_anything_runs(folder: Path) -> None:
    (folder / "taken").write_text("")
    result = spiral(CHEAP, "--out", "taken")
    assert result.exit_code == 2
    assert "give another --out" in result.stderr


@pytest.mark.parametrize("name", ["validation.html", "validation.json"])
def test_only_pages_of_its_own_are_replaced(name: str, fakes: None) -> None:
    """An earlier page proves itself and the readings beside it; anything else is refused before a case runs."""
    assert spiral("right", "--workers", "1", "--out", "found").exit_code == 0
    assert spiral("right", "--workers", "1", "--out", "found").exit_code == 0
    Path("mine").mkdir()
    Path("mine", name).write_text("my own")
    result = spiral("right", "--workers", "1", "--out", "mine")
    assert result.exit_code == 2 and result.stderr.count("\n") == 1
    assert f"got 'mine/{name}'; give another --out, or move it away" in result.stderr
    assert [p.read_text() for p in Path("mine").iterdir()] == ["my own"]


def test_all_passed(fakes: None) -> None:
    result = spiral("--fast", "--workers", "1")
    assert result.exit_code == 0
    assert "1 of 1 known answers hold, 2 of 2 readings" in result.stdout
    assert Path("runs/validation/validation.html").is_file()


def test_failures_are_shown_and_the_others_go_on(fakes: None) -> None:
    result = spiral("pricing", "--workers", "1", "--out", "found")
    assert result.exit_code == 1
    assert re.search(r"wrong .*\n  a +1 \$ +1\.50 +0\.10 +\+5\.00 +35\.0 % +failed", result.stdout)
    assert "ValueError: the <engine> fell over" in result.stdout
    assert "1 of 3 known answers hold, 3 of 6 readings; 1 case failed; 1 case broke." in result.stdout
    page = Path("found/validation.html").read_text(encoding="utf-8")
    assert "ValueError: the &lt;engine&gt; fell over" in page
    assert page.count('data-chart="') == 2  # the broken case has no picture
    found = json.loads(Path("found/validation.json").read_text(encoding="utf-8"))
    assert found["passed"] is False
    assert found["counts"] == {"passed": 1, "failed": 1, "error": 1}


def noisy(lab: Lab) -> Measured:
    own = [lab.generator(seed).normal() for seed in (11, 12)]
    run = lab.run(textbook(steps=2, market={"realised_ratio": 1.0, "dispersion": 1.0}), paths=1)
    last = float(run.closes.collect()["mid"][-1])
    return Measured(estimates={"a": Estimate(own[0], 1.0), "b": Estimate(own[1] + last)})


def test_a_seed_repeats_everything_on_other_noise() -> None:
    """None is the case's own noise; a seed gives other runs and other draws, the same at every time of asking."""
    case = fake("noisy", noisy)
    found = [
        tuple(reading.got.value for reading in runner.run_cases((case,), workers=1, seed=seed).results[0].readings)
        for seed in (None, None, 7, 7, 8)
    ]
    assert found[0] == found[1] and found[2] == found[3]
    assert found[0][0] == np.random.default_rng(11).normal()
    for number in range(2):
        assert len({values[number] for values in found}) == 3


def test_the_seed_is_said(fakes: None) -> None:
    result = spiral("right", "--workers", "1", "--seed", "7")
    assert result.exit_code == 0
    assert "At seed 7: 1 of 1 known answers hold" in result.stdout
    assert "Of the 1 readings" in " ".join(result.stdout.split())
    assert json.loads(Path("runs/validation/validation.json").read_text(encoding="utf-8"))["seed"] == 7
    assert spiral("right", "--seed", "-1").exit_code == 2


def test_quiet_says_only_where_the_page_is(fakes: None) -> None:
    result = spiral("right", "--workers", "1", "--quiet")
    assert result.stdout.split() == ["runs/validation/validation.html"]


def test_a_real_case_to_a_page_that_fetches_nothing(folder: Path) -> None:
    result = spiral(CHEAP, "--workers", "1", "--out", "found")
    assert result.exit_code == 0, result.output
    page = (folder / "found" / "validation.html").read_text(encoding="utf-8")
    tags = re.sub(r"(<script[^>]*>).*?</script>", r"\1</script>", page, flags=re.DOTALL)
    assert not re.search(r"<(script|link|img|iframe)[^>]*(src|href)\s*=", tags)
    assert "http" not in tags
    targets = set(re.findall(r'href="#([^"]+)"', tags))
    assert targets == set(re.findall(r'<section class="case \w+" id="([^"]+)"', tags)) == {CHEAP}
    specs = re.findall(r'class="spec" data-chart="([\w-]+)">(.*?)</script>', page, flags=re.DOTALL)
    assert specs
    for name, spec in specs:
        assert f'id="chart-{name}"' in tags
        assert '"url"' not in json.dumps(json.loads(spec))
    found = json.loads((folder / "found" / "validation.json").read_text(encoding="utf-8"))
    (case,) = found["cases"]
    assert case["case"] == CHEAP
    assert {reading["verdict"] for reading in case["readings"]} == {"passed"}


def test_processes_change_nothing(fakes: None) -> None:
    """Three cases over two processes give what one process gives, in the suite's order; what flies is named."""
    seen: list[tuple[int, int, tuple[str, ...]]] = []
    apart = validate(workers=2, progress=lambda done, total, flying: seen.append((done, total, flying)))
    alone = validate(workers=1)
    assert apart.frame["case"].unique(maintain_order=True).to_list() == ["right", "wrong", "broken"]
    assert apart.frame.drop("seconds").equals(alone.frame.drop("seconds"))
    assert not apart.passed
    assert seen[0] == (0, 3, ("right", "wrong"))
    assert seen[-1] == (3, 3, ())
