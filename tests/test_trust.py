"""What may run code and what may not (docs/trust.md), seen by the interpreter's own audit hook."""

from __future__ import annotations

import json
import os
import re
import site
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from scenarios.cli import main
from scenarios.parameters.modules import is_own
from scenarios.reading.loading import load
from sim.errors import UserError
from tests.fuzz import listing
from tests.sweeps_made import POLICY, SIZE, listed, write_sweep
from tests.synthetic_run import write_run

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("sim", "markets", "agents", "scenarios", "analysis")

# Whoever imports one of these, says so.
TRAP = "from pathlib import Path\nPath({mark!r}).write_text(__name__)\nraise SystemExit('trapped')\n"
TRAPS = (
    "sim",
    "json",
    "agents",
    "polars",
    "sitecustomize",
    "usercustomize",
    "conftest",
    "failing",
    "pyarrow",
    "ipykernel",
)

FAILING = """
from dataclasses import dataclass
from agents.base import Agent
from agents.policies import Policy

print("here I am")


@dataclass(frozen=True, kw_only=True)
class Fund(Agent):
    shares: float = 1.0

    def live(self, world):
        while True:
            yield world.tick(4)


@dataclass(frozen=True, kw_only=True)
class Half(Policy):
    kind = "half"

    def desired(self, at):
        return 0.5 * at.target
"""

SCENARIO = """
name = "own"
clock.tick_minutes = 195
[storyline]
anchor = [
  { date = 2020-02-19, spot = 100.0, vol = 0.2, overnight = 0.02, us2y = 0.025, us10y = 0.03, credit = 0.01 },
  { date = 2020-02-21, spot = 97.0 },
]
[agents.fund]
type = "failing:Fund"
shares = 3.0
[agents.desk]
type = "Hedger"
policy = { kind = "failing:Half", interval = "1h" }
book = [{ kind = "put", moneyness = 0.95, months = 6, quantity = -1e6 }]
[agents.maker]
type = "MarketMaker"
"""


def set_traps(folder: Path, mark: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name in TRAPS:
        (folder / f"{name}.py").write_text(TRAP.format(mark=str(mark)))


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A stranger's folder: a run, a sweep, a scenario and a record, all beside modules that nobody should import."""
    folder = tmp_path_factory.mktemp("hostile")
    run = write_run(folder / "run", paths=8, days=6)
    manifest = json.loads((run / "manifest.json").read_text())
    manifest["scenario"]["agents"]["fund"] = {"type": "failing:Fund", "shares": 1.0}
    manifest["scenario"]["agents"]["hedger"]["policy"] = {"kind": "failing:Half"}
    (run / "manifest.json").write_text(json.dumps(manifest))
    axes = [listed(SIZE, [0.5, 1.0]), listed(POLICY, [{"kind": "failing:Half"}, {"kind": "every"}])]
    write_sweep(folder / "sweep", axes)
    (folder / "own.toml").write_text(SCENARIO)
    (folder / "record.csv").write_text(
        "date,spx,vix,overnight,us2y,us10y,ig_oas\n"
        "2020-02-19,3386,14,1.5,1.4,1.5,1.0\n2020-02-20,3373,15,1.5,1.4,1.5,1.0\n2020-02-21,3337,17,1.5,1.3,1.4,1.0\n"
    )
    for place in (folder, run, folder / "sweep"):
        set_traps(place, folder.parent / "trapped")
    return folder


def audited(folder: Path, *command: str, cwd: Path | None = None) -> dict[str, Any]:
    """What the command did, in a process of its own with a cache and a temporary folder of its own."""
    aside = folder.parent / f"{folder.name}-aside"
    for name in ("cache", "temporary"):
        (aside / name).mkdir(parents=True, exist_ok=True)
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "COVERAGE"))}
    environment |= {"XDG_CACHE_HOME": str(aside / "cache"), "TMPDIR": str(aside / "temporary"), "HOME": str(aside)}
    report = aside / "report.json"
    line = [sys.executable, str(ROOT / "tests" / "audited.py"), str(report), *command]
    done = subprocess.run(line, cwd=cwd or folder, env=environment, capture_output=True, text=True, check=False)
    assert report.is_file(), done.stderr
    found: dict[str, Any] = json.loads(report.read_text())
    report.unlink()
    return found | {"stdout": done.stdout, "stderr": done.stderr, "aside": str(aside)}


def installed(file: str) -> bool:
    """Whether a file belongs to Python, to its libraries, or to our packages; texts that no file holds do too."""
    if re.fullmatch(r"<.*>", file) or not os.path.isabs(file):
        return True
    homes = [*(ROOT / room for room in ROOMS), *map(Path, sysconfig.get_paths().values()), Path(sys.base_prefix)]
    homes += [Path(place) for place in site.getsitepackages()]
    return any(Path(file).is_relative_to(home) for home in homes)


def assert_kept_to_itself(found: dict[str, Any], *outputs: Path) -> None:
    """Nothing ran, loaded or unpickled but what is installed; no process, no network; only in `outputs` was written."""
    for kind in ("run", "compiled", "loaded"):
        assert [file for file in found.get(kind, []) if not installed(file)] == [], kind
    assert found.get("started", []) == []
    assert found.get("called", []) == []
    assert set(found.get("unpickled", [])) <= {str(ROOT / "sim" / "code_cache.py")}
    allowed = [*outputs, Path(found["aside"]), Path("/dev/null"), *(ROOT / room for room in ROOMS)]
    written = [file for file in found.get("written", []) if not any(Path(file).is_relative_to(a) for a in allowed)]
    assert [file for file in written if not any(map(partial(beside, file), outputs))] == []


def beside(file: str, folder: Path) -> bool:
    """Whether a file is one that stands beside a run's folder while it is written to: `.NAME.lock` and the like."""
    home = folder.parent
    return Path(file).is_relative_to(home) and Path(file).relative_to(home).parts[0].startswith(f".{folder.name}.")


COMMANDS = {
    "report a run": (("report", "run"), "run/report.html"),
    "report a sweep": (("report", "sweep"), "sweep/sweep.html"),
    "chart a run": (("chart", "run", "panels", "out.svg"), "out.svg"),
    "chart a sweep": (("chart", "sweep", "line", "out.json"), "out.json"),
    "compare": (("compare", "run", "run"), None),
    "export": (("export", "run", "out.xlsx"), "out.xlsx"),
    "record": (("record", "run", "record.csv"), None),
    "check": (("check", "own.toml"), None),
    "show": (("show", "own.toml"), None),
    "list": (("list",), None),
    "keys": (("keys", "run"), None),
    "new": (("new", "mine.toml"), "mine.toml"),
    "fit": (("fit", "record.csv"), None),
}


@pytest.mark.parametrize("what", COMMANDS)
def test_a_strangers_folder_runs_nothing_and_only_the_answer_is_written(hostile: Path, what: str) -> None:
    command, output = COMMANDS[what]
    home = hostile.parent / f"{hostile.name}-home"
    home.mkdir(exist_ok=True)
    outside = what in ("check", "show")  # their own rule: a file of the working folder is trusted
    if outside:
        command = (command[0], str(hostile / command[1]))
    before = listing(hostile)
    found = audited(hostile, *command, cwd=home if outside else None)
    after = listing(hostile)
    assert not (hostile.parent / "trapped").exists()
    assert_kept_to_itself(found, *([(hostile / output).parent] if output else []))
    changed = {name for name in before | after if before.get(name) != after.get(name)}
    changed = {name for name in changed if (hostile / name).is_file() or name not in after}
    assert changed <= {output}
    assert found["code"] in (0, 2), found["stderr"]
    assert "Traceback" not in found["stderr"]


def test_the_watch_sees_what_it_is_there_for(hostile: Path, tmp_path: Path) -> None:
    """The same scenario with --trust: the trap is run, and everybody sees it."""
    set_traps(tmp_path, tmp_path / "trapped")
    (tmp_path / "own.toml").write_text(SCENARIO)
    found = audited(hostile, "check", str(tmp_path / "own.toml"), "--trust")
    assert str(tmp_path / "failing.py") in found["run"]
    assert str(tmp_path / "trapped") in found["written"]
    assert (tmp_path / "trapped").read_text() == "failing"
    assert (found["code"], found["stderr"].count("\n")) == (2, 1)
    with pytest.raises(AssertionError):
        assert_kept_to_itself(found)


def spiral(*args: str) -> Result:
    return CliRunner().invoke(main, list(args))


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A sound scenario and its module in a folder that is not the one we work in."""
    for name in ("elsewhere", "here"):
        (tmp_path / name).mkdir()
    (tmp_path / "elsewhere" / "failing.py").write_text(FAILING)
    (tmp_path / "elsewhere" / "own.toml").write_text(SCENARIO)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.delitem(sys.modules, "failing", raising=False)
    monkeypatch.chdir(tmp_path / "here")
    yield tmp_path / "elsewhere"
    sys.modules.pop("failing", None)


@pytest.mark.parametrize("verb", ["check", "show"])
def test_a_file_from_elsewhere_is_looked_at_without_its_code(elsewhere: Path, verb: str) -> None:
    found = spiral(verb, str(elsewhere / "own.toml"))
    assert found.exit_code == 0, found.output
    assert found.stderr.startswith("not imported: failing:Fund, failing:Half, so its own parameters were not looked at")
    assert "--trust" in found.stderr and found.stderr.count("\n") == 1
    assert "failing" not in sys.modules
    assert str(elsewhere) not in sys.path
    assert "here I am" not in found.stdout
    assert verb == "check" or ("failing:Fund" in found.stdout and 'kind = "failing:Half"' in found.stdout)


@pytest.mark.parametrize("verb", ["check", "show"])
def test_trust_imports_it(elsewhere: Path, verb: str) -> None:
    found = spiral(verb, str(elsewhere / "own.toml"), "--trust")
    assert (found.exit_code, found.stderr) == (0, "")
    assert "here I am" in found.stdout
    assert sys.path[-1] == str(elsewhere)


@pytest.mark.parametrize("folder", [".", "below"])
def test_the_working_folder_is_trusted(elsewhere: Path, monkeypatch: pytest.MonkeyPatch, folder: str) -> None:
    place = Path(folder)
    place.mkdir(exist_ok=True)
    for name in ("own.toml", "failing.py"):
        (place / name).write_text((elsewhere / name).read_text())
    found = spiral("check", str(place / "own.toml"))
    assert (found.exit_code, found.stderr) == (0, "")


def test_what_is_not_imported_hides_no_other_mistake(elsewhere: Path) -> None:
    file = elsewhere / "own.toml"
    for old, new in {
        "moneyness = 0.95": "moneyness = -1.0",
        '"1h"': '"soon"',
        "shares = 3.0": "capital = -1.0",
    }.items():
        file.write_text(SCENARIO.replace(old, new))
        found = spiral("check", str(file))
        assert (found.exit_code, found.stderr.count("\n")) == (2, 1), new
    file.write_text(SCENARIO.replace("failing:Half", "agents.policies:Band"))
    assert spiral("check", str(file)).stderr.startswith("not imported: failing:Fund, so")
    file.write_text(SCENARIO.replace("failing:Half", "a b:c"))
    assert "an import path is 'package.module:Class'" in spiral("check", str(file)).stderr


def test_an_agent_that_was_not_imported_may_be_anything(elsewhere: Path) -> None:
    """Rules about the whole cast wait for it: it may make the market, or be a hedger that owes."""
    debt = '{ debtor = "fund", creditor = "desk", amount = 1e6, due = 2020-02-21 }'
    lender = f'[agents.treasury]\ntype = "FundingDesk"\nobligations = [{debt}]\n'
    gold = "[assets.gold]\nspot = 1.0\nvol = 0.1\n"
    text = SCENARIO.replace('[agents.maker]\ntype = "MarketMaker"\n', lender + gold)
    (elsewhere / "own.toml").write_text(text)
    assert spiral("check", str(elsewhere / "own.toml")).exit_code == 0
    assert spiral("check", str(elsewhere / "own.toml"), "--trust").exit_code == 2


def test_a_scenario_without_its_code_does_not_run(elsewhere: Path) -> None:
    from tests.small import world_of

    scenario = load(elsewhere / "own.toml", trust=False)
    with pytest.raises(UserError, match="was not imported, got 'failing:"):
        world_of(scenario, paths=2).run()


def test_home_and_shared_folders_vouch_for_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("home/desk/study", "shared", "other"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "shared").chmod(0o1777)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("USERPROFILE", str(tmp_path / "home"))

    def own(here: str, folder: str) -> bool:
        monkeypatch.chdir(tmp_path / here)
        return is_own(tmp_path / folder)

    assert own("home/desk", "home/desk") and own("home/desk", "home/desk/study") and own("other", "other")
    assert not own("home", "home") and not own("home", "home/desk") and not own(".", "other")
    assert not own("home/desk", "other") and not own("home/desk/study", "home/desk")
    assert os.name == "nt" or not own("shared", "shared")
    (tmp_path / "home/desk/link").symlink_to(tmp_path / "other")
    assert not own("home/desk", "home/desk/link")


LEAVING = {
    "raise SystemExit(0)": "SystemExit: 0",
    "raise BaseException('no')": "BaseException: no",
    "raise GeneratorExit": "GeneratorExit",
    "1 / 0": "ZeroDivisionError: division by zero",
    "def": "SyntaxError: ",
    "raise AttributeError('x')": "AttributeError: x",
    "class E(Exception):\n    def __str__(self): raise ValueError\nraise E": "E (looked",
    "import no_such_library": "ModuleNotFoundError: No module named 'no_such_library'",
    "x = '\x00'": "",
    "def __getattr__(name): raise KeyError(name)": "module 'failing' has no such class",
}


@pytest.mark.parametrize("text", LEAVING)
def test_a_module_that_fails_in_any_way_is_one_line(elsewhere: Path, text: str) -> None:
    (elsewhere / "failing.py").write_text(text)
    found = spiral("check", str(elsewhere / "own.toml"), "--trust")
    assert found.exit_code == 2, found.output
    assert found.stderr.count("\n") == 1
    assert LEAVING[text] in found.stderr


def test_a_module_beside_the_scenario_hides_no_other_and_says_so(elsewhere: Path) -> None:
    """`json.py` beside a scenario is not Python's json; nor is `agents.py` our package."""
    for name in ("json", "agents"):
        (elsewhere / f"{name}.py").write_text(FAILING)
        (elsewhere / "own.toml").write_text(SCENARIO.replace("failing:Fund", f"{name}:Fund"))
        said = spiral("check", str(elsewhere / "own.toml"), "--trust").stderr
        assert "agents.fund.type: another module of this name comes first" in said
        assert f"rename {elsewhere / name}.py" in said


def test_two_modules_of_one_name_are_not_taken_for_each_other(elsewhere: Path, tmp_path: Path) -> None:
    load(elsewhere / "own.toml")
    other = tmp_path / "another"
    other.mkdir()
    (other / "own.toml").write_text(SCENARIO)
    (other / "failing.py").write_text(FAILING)
    load(other / "own.toml")  # alike
    (other / "failing.py").write_text(FAILING.replace("1.0", "2.0"))
    with pytest.raises(UserError, match="another module of this name comes first"):
        load(other / "own.toml")


def test_the_page_names_every_command() -> None:
    page = (
        (ROOT / "docs" / "trust.md").read_text(encoding="utf-8").partition("## Who imports")[2].partition("## Data")[0]
    )
    assert [name for name in main.commands if not re.search(rf"`(spiral )?{name}\b", page)] == []


MODULES = re.compile(
    r"^\s*(from|import) (importlib|pickle|subprocess|multiprocessing|concurrent|distributed|socket|ctypes)\b"
)
CALLS = re.compile(r"(?<![\w.])(eval|exec|compile|__import__)\(")


def test_the_page_names_every_file_with_such_power() -> None:
    page = (ROOT / "docs" / "trust.md").read_text(encoding="utf-8")
    told = set(re.findall(r"`((?:sim|markets|agents|scenarios|analysis)/[\w/]+\.py)`", page))
    files = [file for room in ROOMS for file in (ROOT / room).rglob("*.py")]
    found = {file.relative_to(ROOT).as_posix() for file in files if any(map(has_power, read_lines(file)))}
    assert told == found


def has_power(line: str) -> bool:
    """Whether a line imports by name, unpickles, starts a process or evaluates; versions of packages are harmless."""
    if "importlib.metadata" in line or line.lstrip().startswith("def "):
        return False
    return bool(MODULES.search(line) or CALLS.search(line) or "sys.path." in line)


def read_lines(file: Path) -> list[str]:
    return file.read_text(encoding="utf-8").splitlines()
