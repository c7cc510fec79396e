"""What a command loads before it can do its work: counted in modules, as time would be the machine's."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from agents.desk.book_record import figures, split
from markets.curves.calendars import business_calendar
from scenarios.reading.loading import load
from scenarios.worlds.books import compile_books, starting_market
from scenarios.worlds.clock import make_clock
from sim.jit import MOST, Kernel, fma, interpreted, kernel, kernel_inline, kernel_remembered
from sim.manifest import described, write_manifest
from tests.synthetic_run import write_run

ROOT = Path(__file__).parents[1]
HEAVY = (
    *("numba", "scipy", "polars", "pandas", "altair", "QuantLib", "vl_convert", "distributed"),
    *("pydantic", "rich.console", "simpy", "numpy.ma", "email", "multiprocessing.connection"),  # 0.01 to 0.08 s
)
SEEN = "import json, sys; print(json.dumps([name for name in {heavy!r} if name in sys.modules]), file=sys.stderr)"
RUN = """
import sys
sys.argv = {arguments!r}
from scenarios.cli import main
try:
    main()
except SystemExit as end:
    assert not end.code
"""


def loaded(code: str) -> set[str]:
    """The heavy packages that a process has loaded in the end."""
    done = subprocess.run(
        [sys.executable, "-c", code + "\n" + SEEN.format(heavy=HEAVY)], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stderr.strip().splitlines()[-1]))


def test_the_python_api_loads_nothing_heavy():
    assert loaded("from scenarios import from_dict, load, presets") == set()
    assert loaded("from scenarios import run") == {"simpy", "email", "multiprocessing.connection"}


BLAS = """
import sim.numba_tables, sys
assert "scipy.linalg" not in sys.modules
import numba, numpy as np
x = np.arange(3.0)
assert numba.njit(lambda x: np.dot(x, x))(x) == 5
assert "scipy.linalg" in sys.modules
"""


def test_kernels_are_called_without_blas_which_numba_finds_where_one_calls_it():
    subprocess.run([sys.executable, "-c", BLAS], cwd=ROOT, check=True)


@pytest.mark.parametrize(
    ("command", "needs"),
    [
        ("list", set()),
        ("keys run", set()),
        ("run --help", set()),
        ("report --help", set()),
        ("show svb_2023", set()),
        ("show covid_crash_2020", set()),
        ("check svb_2023", set()),
        ("check covid_crash_2020", set()),
        ("check sonia_swap_desk", set()),
        ("show sonia_swap_desk", set()),
        ("show gilt_ldi_2022", set()),
        ("risk svb_2023", set()),
    ],
)
def test_a_command_loads_what_it_needs(command: str, needs: set[str]):
    load("covid_crash_2020"), make_clock(load("covid_crash_2020"))  # the calendars are kept; else pandas makes them
    for name in ("svb_2023", "sonia_swap_desk", "gilt_ldi_2022"):
        make_clock(load(name))
    business_calendar("uk")
    assert loaded(RUN.format(arguments=["spiral", *command.split()])) == needs


def test_the_storyline_is_drawn_without_altair(tmp_path: Path):
    make_clock(load("covid_crash_2020"))
    command = ["spiral", "show", "covid_crash_2020", "--chart", str(tmp_path / "x.json")]
    assert loaded(RUN.format(arguments=command)) == set()
    assert len(json.loads((tmp_path / "x.json").read_text())["vconcat"]) == 2


def test_a_look_at_a_scenario_loads_no_parts_of_python_that_it_does_not_use():
    for command in ("check covid_crash_2020", "show svb_2023"):
        make_clock(load(command.split()[1]))  # its calendar is kept
        seen = 'print([name for name in {"tempfile", "difflib", "sysconfig", "traceback"} & set(sys.modules)])'
        code = "import sys" + RUN.format(arguments=["spiral", *command.split()]) + seen
        done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
        assert done.stdout.splitlines()[-1] == "[]"


QUOTES = "curve,kind,tenor,rate_percent\nsofr,swap,1Y,3.9\nsofr,swap,5Y,3.64\n"


def test_curves_and_contracts_are_solved_without_libraries(tmp_path: Path):
    (tmp_path / "quotes.csv").write_text(QUOTES)
    business_calendar("us government bond"), business_calendar("weekends")
    command = ["spiral", "curve", str(tmp_path / "quotes.csv"), "--date", "2026-03-02"]
    assert loaded(RUN.format(arguments=command)) == set()
    command = ["spiral", "bond", "3.875% 2031-02-28 at 100.46", "--settled", "2026-03-03"]
    assert loaded(RUN.format(arguments=command)) == {"QuantLib"}  # its day count
    (tmp_path / "cds.csv").write_text("name,tenor,spread_bp\nacme,1Y,70\nacme,5Y,88\n")
    command = ["spiral", "cds", str(tmp_path / "cds.csv"), "--date", "2025-10-03", "--rate", "0.015"]
    assert loaded(RUN.format(arguments=command)) == set()


def test_a_cube_loads_only_what_fits_it(tmp_path: Path):
    (tmp_path / "cube.csv").write_text(
        "expiry,tenor,forward,offset_bp,vol_bp\n1Y,5Y,0.036,-100,98\n1Y,5Y,0.036,0,88\n1Y,5Y,0.036,100,90\n"
    )
    found = loaded(RUN.format(arguments=["spiral", "cube", str(tmp_path / "cube.csv")]))
    assert not found & {"altair", "pandas", "vl_convert", "numba", "polars"}
    own = "import sys" + RUN.format(arguments=["spiral", "cube", str(tmp_path / "cube.csv")]) + COUNT
    done = subprocess.run([sys.executable, "-c", own.format(part="agents")], cwd=ROOT, capture_output=True, text=True)
    assert " [] " in done.stderr.splitlines()[-1]


TRADES = "set,class,name,quality,side,notional,value,start,end,option,forward,strike,expiry\n" + (
    "a,rates,USD,,long,50000000,1200000,0,8,,,,\na,rates,USD,,long,20000000,300000,1,6,call,0.04,0.045,1\n"
)
ISSUER = """
base = "calm_market"
name = "issuer"

[agents.issuer]
type = "Hedger"
policy = { kind = "every", interval = "1d" }
book = [{ kind = "equity_note", notional = -1e9, months = 60, protection = 0.95, participation = 0.8 }]
"""


def test_notes_exposures_and_curves_need_no_scipy(tmp_path: Path):
    days = np.arange(np.datetime64("2018-01-01"), np.datetime64("2020-03-01"))
    days = days[np.is_busday(days)].astype(str).tolist()
    rows = [
        f"{day},{1.5 + 0.01 * (i % 7)},{1.6 + 0.01 * (i % 5)},{1.7 + 0.01 * (i % 6)},1.8,2"
        for i, day in enumerate(days)
    ]
    (tmp_path / "curve.csv").write_text("\n".join(["date,us1m,us6m,us2y,us5y,us10y", *rows]))
    (tmp_path / "trades.csv").write_text(TRADES)
    (tmp_path / "issuer.toml").write_text(ISSUER)
    make_clock(load(tmp_path / "issuer.toml"))
    (tmp_path / "charges.csv").write_text("measure,class,bucket,name,tenor,amount\ndelta,rates,USD,sofr,1,24000000\n")
    commands = ("curve-model curve.csv", "sa-ccr trades.csv", "frtb charges.csv", "note issuer.toml --agent issuer")
    for command in commands:
        verb, file, *others = command.split()
        code = RUN.format(arguments=["spiral", verb, str(tmp_path / file), *others])
        without = {"scipy", "numba", "rich.console", "pydantic"} | ({"polars"} if verb != "curve-model" else set())
        assert not loaded(code) & without, command
        if verb == "curve-model":  # which reads no scenario, and here writes none
            done = subprocess.run(
                [sys.executable, "-c", "import sys" + code + COUNT.format(part="reading")],
                cwd=ROOT,
                capture_output=True,
                text=True,
            )
            assert " [] " in done.stderr.splitlines()[-1]


ENDED = """
import sys, threading
sys.argv = ["spiral", "list"]
import atexit
atexit.register(lambda: print("the end", flush=True))
{more}
from scenarios.__main__ import start
start()
"""


@pytest.mark.parametrize(
    "more", ["", "threading.Thread(target=lambda: (threading.Event().wait(0.5), print('a thread'))).start()"]
)
def test_a_command_ends_as_python_does(more: str):
    """What waits for the end of the process is done, other threads are waited for, and all output is there."""
    done = subprocess.run([sys.executable, "-c", ENDED.format(more=more)], cwd=ROOT, capture_output=True, text=True)
    lines = done.stdout.splitlines()
    assert done.returncode == 0 and "covid_crash_2020" in done.stdout and not done.stderr
    assert lines[-1] == "the end" and ("a thread" in lines) == bool(more)


READING = {"polars", "email"}  # polars looks for the metadata of packages


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run, one of the same with checksums, and a broken one."""
    found = tmp_path_factory.mktemp("runs")
    write_run(found / "run", paths=20, days=30)
    manifest = json.loads((write_run(found / "sealed", paths=20, days=30) / "manifest.json").read_text())
    made = {"title": str(found), "files": described(found / "sealed", manifest["files"])}  # of this test session alone
    write_manifest(manifest | made, found / "sealed")
    (found / "broken").mkdir()
    return found


@pytest.mark.parametrize(
    ("command", "needs"),
    [
        ("compare run --worlds actual,price_taker", READING),
        ("export run figures.csv", READING),
        ("backtest run", READING | {"numpy.ma", "scipy"}),
        ("compare broken run", set()),
        ("exposure broken", set()),
        ("chart broken panels x.svg", set()),
    ],
)
def test_a_command_on_a_finished_run_loads_no_engine(folder: Path, command: str, needs: set[str]):
    assert loaded_by(folder, command) == needs


@pytest.mark.parametrize(
    "command",
    ["compare sealed --worlds actual,price_taker", "export sealed figures.csv --force", "chart sealed panels x.json"],
)
def test_the_second_time_no_library_is_loaded(folder: Path, command: str):
    assert "polars" in loaded_by(folder, command)
    assert loaded_by(folder, command, but=("numpy", "polars")) == set()


def loaded_by(folder: Path, command: str, but: tuple[str, ...] = ()) -> set[str]:
    """The heavy packages that a command loads, which are no engine, nor one of `but`."""
    files = {"run", "sealed", "broken", "figures.csv", "x.svg", "x.json"}
    arguments = ["spiral", *(str(folder / word) if word in files else word for word in command.split())]
    never = ("agents", "markets", *but)
    engine = f"assert not [name for name in sys.modules if name.partition('.')[0] in {never}]"
    code = RUN.format(arguments=arguments).replace("not end.code", f"end.code == {2 * ('broken' in command)}")
    return loaded(code + engine) - {"rich.console"}


def test_a_desk_is_open_before_its_parts_are_imported(tmp_path: Path):
    code = """
from pathlib import Path
from scenarios.desk.app import make_app
from scenarios.desk.settings import Settings
make_app(Settings(folder=Path({folder!r})))
import sys
assert not [name for name in sys.modules if name.partition('.')[0] in ('agents', 'analysis', 'markets', 'numpy')]
"""
    assert loaded(code.format(folder=str(tmp_path))) <= {"email"}
    (tmp_path / ".desk" / "classes").mkdir(parents=True)  # classes may have to go on
    with_classes = code.partition("import sys")[0]
    assert "polars" in loaded(with_classes.format(folder=str(tmp_path)))


COUNT = """
ours = [name for name in sys.modules if name.partition(".")[0] in ("sim", "agents", "markets", "scenarios")]
print(len(ours), [name for name in ours if {part!r} in name], "numpy" in sys.modules, file=sys.stderr)
"""


@pytest.mark.parametrize(
    ("command", "part", "those", "most", "numpy"),
    [
        ("list", "scenarios.cli.", ["program", "presets"], 22, False),
        ("run --help", "scenarios.cli.", ["program", "run"], 18, False),
        ("keys run", "scenarios.describing", [], 31, False),  # the second time
        ("check covid_crash_2020", "agents.funds", [], 335, True),
        ("check covid_crash_2020", "agents.funding.lending", [], 335, True),
        ("check covid_crash_2020", "markets.products.cds", [], 335, True),
        ("risk svb_2023", "scenarios.files", ["", ".beside"], 325, True),  # a preset's book is no table
    ],
)
def test_a_command_imports_the_modules_of_what_it_is_about(
    command: str, part: str, those: list[str], most: int, numpy: bool
):
    code = "import sys" + RUN.format(arguments=["spiral", *command.split()]) + COUNT.format(part=part)
    for _ in range(2 if command.startswith("keys") else 1):
        done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    count, found = done.stderr.strip().splitlines()[-1].split(" ", 1)
    names, _, seen = found.rpartition(" ")
    assert names == str([part + name for name in those]) and seen == str(numpy)
    assert int(count) <= most


def shown(name: str) -> list[float]:
    """The figures of every position at the start."""
    scenario = load(name)
    clock = make_clock(scenario)
    found = []
    for _, book in sorted(compile_books(scenario, clock).items()):
        for part in split(book):
            now = figures(part.book, 0, book.start.snapshot, part.book.new_fixings(1), 1 / clock.days_a_year)
            found += [float(now[name][0]) for name in sorted(now)]
    return found


@pytest.mark.parametrize("name", ["covid_crash_2020", "svb_2023", "sonia_swap_desk"])
def test_interpreted_kernels_give_the_digits_of_compiled_ones(name: str):
    with interpreted():
        plain = shown(name)
    assert plain == shown(name)


def test_what_a_starting_market_is_asked_of_an_item_is_found_once():
    scenario = load("svb_2023")
    start, clock, found = starting_market(scenario), make_clock(scenario), []

    def find(*given: object) -> int:
        found.append(given)
        return len(found)

    one, other = object(), object()
    assert [start.asked(item, clock, find) for item in (one, one, other, one)] == [1, 1, 2, 1]
    assert start.asked(one, make_clock(load("sonia_swap_desk")), find) == 3 and found[0] == (clock, start)


def test_what_python_refuses_is_compiled():
    @kernel
    def over(x, out):
        for i in range(x.size):
            out[i] += 1.0 / float(x[i])

    assert isinstance(over, Kernel)
    out = np.zeros(2)
    with interpreted():
        over(np.array([2.0, 0.0]), out)
    assert out.tolist() == [0.5, np.inf]
    assert "compiled" in vars(over)


@kernel_inline
def inverse(x):
    return 1.0 / float(x)


@kernel
def add_inverses(x, out):
    for i in range(x.size):
        out[i] += inverse(x[i])


def test_what_a_called_kernel_refuses_its_caller_has_compiled():
    out = np.zeros(2)
    with interpreted():
        add_inverses(np.array([2.0, 4.0]), out)
        assert out.tolist() == [0.5, 0.25] and "compiled" not in vars(add_inverses)
        add_inverses(np.array([2.0, 0.0]), out)
        assert out.tolist() == [1.0, np.inf] and "compiled" in vars(add_inverses)
        assert inverse(0.0) == np.inf  # called by nobody it is compiled itself


def test_an_interpreted_kernel_remembers_what_it_is_asked_again():
    asked = []

    @kernel_remembered
    def square(x):
        asked.append(x)
        return x * x

    @kernel
    def add_squares(x, out):
        for i in range(x.size):
            out[0] += square(x[i])

    out = np.zeros(1)
    with interpreted():
        add_squares(np.array([2.0, 3.0, 2.0]), out)
        add_squares(np.array([3.0, 3.0]), out)
    assert out[0] == 35.0 and asked == [2.0, 3.0]


def test_a_called_kernel_is_compiled_when_interpreting_has_ended():
    @kernel_inline
    def twice(x):
        return 2 * x

    @kernel
    def sum_of_twice(x):
        total = 0.0
        for i in range(x.size):
            total += twice(x[i])
        return total

    with interpreted():
        assert sum_of_twice(np.arange(3.0)) == 6.0
    assert twice(2) == 4 and "compiled" in vars(twice)


def test_many_multiply_adds_are_compiled():
    @kernel
    def powers(x, count):
        for _ in range(count):
            x = fma(x, 1.0, 0.0)
        return x

    with interpreted():
        assert powers(1.5, 10) == 1.5 and "compiled" not in vars(powers)
        assert powers(1.5, MOST) == 1.5 and "compiled" not in vars(powers)
        assert powers(1.5, 10) == 1.5 and "compiled" in vars(powers)


def test_long_arrays_are_compiled():
    @kernel
    def doubled(x, out):
        for i in range(x.size):
            out[i] = 2 * x[i]

    few, many = np.arange(10.0), np.arange(20_000.0)
    with interpreted():
        doubled(few, few)
        assert "compiled" not in vars(doubled)
        doubled(many, many)
    assert few.tolist() == [2.0 * i for i in range(10)] and many[-1] == 39_998
    assert "compiled" in vars(doubled)


def test_a_kernel_that_was_compiled_is_interpreted_again(monkeypatch):
    @kernel
    def doubled(x):
        return 2 * x

    monkeypatch.setattr(Kernel, "_interpreted", lambda self, arguments: "by Python")
    assert doubled(2) == 4
    with interpreted():
        assert doubled(2) == "by Python"
    assert doubled(2) == 4


def test_the_interpreted_multiply_add_rounds_once():
    x = 1.0 + 2.0**-30
    with interpreted():
        assert fma(x, 1.0 - 2.0**-30, -1.0) == -(2.0**-60)
