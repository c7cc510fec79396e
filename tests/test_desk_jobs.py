"""Jobs of the browser desk: a queue that loses nothing, with processes that never outlive their server."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from scenarios.desk.jobs import child
from scenarios.desk.jobs.child import Child
from scenarios.desk.jobs.job import CANCELLED, DONE, FAILED, INTERRUPTED, RUNNING, WAITING
from scenarios.desk.jobs.queue import FOLDER, Queue
from scenarios.desk.jobs.reading import scenario_of
from scenarios.desk.jobs.wanted import Wanted, wanted_of
from scenarios.desk.limits import Limits
from sim.errors import UserError
from tests.served import browser, get, needs_browser, post, served

CALM = Wanted(scenario="calm_market", paths=8)
SHORT = ["storyline.anchor=[{date=2017-07-03, spot=2429, vol=0.11, overnight=0.0116, us2y=0.0141, us10y=0.0235, "
         "credit=0.0115}, {date=2017-07-07, spot=2425, vol=0.11}]", "clock.tick_minutes=390"]  # fmt: skip
WAITS = 'import sys, time\nsys.stdin.readline()\nprint(\'{"done": 1, "total": 4, "stage": "running"}\', flush=True)'
LOOPS = f"{WAITS}\ntime.sleep(60)\n"
ENDING = 'print(\'{"run": "some-run"}\')\n'
DONE_AT_ONCE = f"{WAITS}\n{ENDING}"
FAILS = f'{WAITS}\nprint(\'{{"error": "what: rule, got 3; remedy"}}\')\nsys.exit(1)\n'
CRASHES = f"{WAITS}\nimport os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n"


def child_of(script):
    return lambda said, folder: Child(said, folder, (sys.executable, "-c", script))


@pytest.fixture
def queue_of(tmp_path):
    made = []

    def queue(script=LOOPS, **limits):
        found = Queue(tmp_path, Limits(**limits), child_of(script))
        made.append(found)
        found.open()
        return found

    yield queue
    for each in made:
        each.close()


def until(queue, id_, *states):
    for _ in range(1000):
        job = queue.get(id_)
        if job.state in states:
            return job
        time.sleep(0.01)
    raise AssertionError(f"{job.state}, not {states}")


def test_jobs_run_one_after_the_other_and_are_kept_as_files(queue_of, tmp_path):
    queue = queue_of(DONE_AT_ONCE)
    jobs = [queue.add(CALM, "calm", "spiral run calm_market") for _ in range(3)]
    assert [job.id for job in jobs] == sorted(job.id for job in jobs)
    for job in jobs:
        found = until(queue, job.id, DONE)
        assert (found.run, found.wanted) == ("some-run", CALM)
        assert json.loads((tmp_path / FOLDER / f"{job.id}.json").read_text())["state"] == DONE


def test_a_job_tells_how_far_it_is_and_is_cancelled(queue_of):
    queue = queue_of()
    first, second = (queue.add(CALM, "calm", "") for _ in range(2))
    until(queue, first.id, RUNNING)
    while (progress := queue.progress(first.id)).stage == "starting":
        time.sleep(0.01)
    assert progress.share == 0.25
    assert queue.get(second.id).state == WAITING
    assert queue.cancel(second.id).state == CANCELLED
    queue.cancel(first.id)
    assert until(queue, first.id, CANCELLED).why == ""
    assert queue.cancel(first.id).state == CANCELLED  # what has ended stays


@pytest.mark.parametrize(
    ("script", "why"),
    [(FAILS, "what: rule, got 3; remedy"), (CRASHES, "ran out of memory"), ("1/0", "division by zero")],
)
def test_a_job_that_fails_says_why_in_a_line_and_the_next_one_runs(queue_of, script, why):
    queue = queue_of(script)
    first, second = (queue.add(CALM, "calm", "") for _ in range(2))
    assert why in until(queue, first.id, FAILED).why
    until(queue, second.id, FAILED)


def test_a_job_that_takes_too_long_is_ended(queue_of):
    queue = queue_of(minutes=0.003)
    job = queue.add(CALM, "calm", "")
    assert "longer than 0.003 minutes" in until(queue, job.id, FAILED).why


def test_the_queue_and_the_disk_have_limits(queue_of, tmp_path):
    queue = queue_of(waiting=1)
    until(queue, queue.add(CALM, "calm", "").id, RUNNING)
    queue.add(CALM, "calm", "")
    with pytest.raises(UserError, match="at most 1 jobs wait"):
        queue.add(CALM, "calm", "")
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs" / "large").write_bytes(b"x" * 2000)
    queue = Queue(tmp_path, Limits(disk=1000))
    with pytest.raises(UserError, match="another desk works in this folder"):
        queue.add(CALM, "calm", "")


def test_a_full_disk_takes_no_job(tmp_path):
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs" / "large").write_bytes(b"x" * 2000)
    queue = Queue(tmp_path, Limits(disk=1000))
    with pytest.raises(UserError, match="have at most"):
        queue.add(CALM, "calm", "")
    queue.close()


def test_old_jobs_are_forgotten_and_others_are_not(queue_of, tmp_path):
    queue = queue_of(DONE_AT_ONCE, kept=2)
    for _ in range(4):
        last = queue.add(CALM, "calm", "")
        until(queue, last.id, DONE)
    assert len(queue.all()) == 3  # two, and the one that was added after they were counted
    assert len(list((tmp_path / FOLDER).glob("*.json"))) == 3


def test_a_restarted_server_knows_its_jobs_what_ran_was_interrupted_and_what_waited_goes_on(queue_of):
    queue = queue_of()
    first, second = (queue.add(CALM, "calm", "") for _ in range(2))
    until(queue, first.id, RUNNING)
    queue.close()
    assert queue.get(first.id).state == INTERRUPTED
    later = queue_of(DONE_AT_ONCE)
    assert until(later, second.id, DONE).run == "some-run"
    assert later.get(first.id).state == INTERRUPTED
    again = later.again(first.id)
    assert until(later, again.id, DONE).wanted == first.wanted


def test_a_killed_server_leaves_a_file_that_says_running_and_it_is_told_as_interrupted(queue_of, tmp_path):
    queue = queue_of(DONE_AT_ONCE)
    job = queue.add(CALM, "calm", "")
    until(queue, job.id, DONE)
    queue.close()
    file = tmp_path / FOLDER / f"{job.id}.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"state": RUNNING, "ended": "", "run": ""}))
    (tmp_path / FOLDER / "other.json").write_text("{")  # no job: left alone
    assert until(queue_of(), job.id, INTERRUPTED)
    assert (tmp_path / FOLDER / "other.json").read_text() == "{"


SERVER = """
import sys, time
from pathlib import Path
from scenarios.desk.jobs import child
from scenarios.desk.jobs.child import Child
child = Child('{"scenario": "calm_market", "paths": 4000}', Path(sys.argv[1]))
print(child.pid, flush=True)
time.sleep(60)
"""


@pytest.mark.slow
def test_a_process_never_outlives_its_server_however_that_ended(tmp_path):
    server = subprocess.Popen([sys.executable, "-c", SERVER, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    pid = int(server.stdout.readline())
    server.stdout.close()
    while not list(tmp_path.glob("runs/.*.partial")):  # it is in the middle of its run
        time.sleep(0.05)
    server.kill()
    server.wait()
    for _ in range(300):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            break
        time.sleep(0.05)
    else:
        os.kill(pid, signal.SIGKILL)
        raise AssertionError("it went on")
    assert not list(tmp_path.glob("runs/*")) and not list(tmp_path.glob("runs/.*"))


# --- what is run -----------------------------------------------------------------------------------------------------
def test_the_command_line_that_does_the_same_is_told():
    wanted = Wanted(scenario="calm_market", settings=("agents.hedger.capital=1e9",), paths=8, seed=2, name="mine")
    told = "spiral run calm_market --paths 8 --seed 2 --set agents.hedger.capital=1e9 --out runs/mine"
    assert wanted.command() == told
    more = Wanted(base="mine", label="none", settings=("agents.hedger.policy.kind=never",), paths=16)
    words = more.command(told).split()
    assert words[words.index("--paths") + 1] == "16" and words.count("--set") == 2
    assert wanted_of(json.loads(wanted.to_json())) == wanted


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ([], "an object"),
        ({"scenaro": "x"}, "no such key"),
        ({"paths": "8"}, "must be int or nothing"),
        ({"paths": True}, "must be int or nothing"),
        ({"paths": 0}, "at least 1"),
        ({"seed": -1}, "at least 0"),
        ({"twin": "double"}, "none of these"),
        ({"files": {"other": "x"}}, "takes no such file"),
        ({"files": ["x"]}, "uploads by use"),
        ({"settings": "a=1"}, "a list of KEY=VALUE"),
        ({"settings": [1]}, "a list of KEY=VALUE"),
    ],
)
def test_a_job_that_is_none_is_refused_in_a_line(given, said):
    with pytest.raises(UserError, match=said):
        wanted_of(given)


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        (Wanted(), "one thing is run"),
        (Wanted(scenario="calm_market", base="x"), "one thing is run"),
        (Wanted(scenario="calm"), "no such preset"),
        (Wanted(scenario="/etc/passwd.toml"), "no such preset"),
        (Wanted(base="../other"), "no such dataset"),
        (Wanted(files={"file": "uploads/../../x.toml"}), "no such upload"),
        (Wanted(files={"file": "/etc/passwd"}), "no such upload"),
        (Wanted(scenario="calm_market", name="../x"), "no name of a run"),
        (Wanted(scenario="calm_market", settings=("agents.hedger.policy={kind='os:system'}",)), "imports no classes"),
        (Wanted(scenario="calm_market", settings=("agents.x.type=tests.small:Agent",)), "imports no classes"),
        (Wanted(scenario="calm_market", settings=("agents.hedger.capital=-1",)), "must be > 0|greater than 0"),
    ],
)
def test_what_cannot_be_run_is_refused_before_it_is_queued(tmp_path, wanted, said):
    with pytest.raises(UserError, match=said):
        scenario_of(wanted, tmp_path)


# --- through a server ------------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    folder = tmp_path_factory.mktemp("desk")
    with served(folder, limits=Limits(paths=100)) as address:
        yield address, folder


def ended(address, id_):
    for _ in range(1200):
        job = get(f"{address}/api/jobs/{id_}").json()
        if not job["active"]:
            return job
        time.sleep(0.05)
    raise AssertionError(job)


def test_a_run_through_the_server_is_the_command_lines(desk):
    from scenarios.studies.run import run

    address, folder = desk
    wanted = {"scenario": "calm_market", "settings": SHORT, "paths": 4, "seed": 7, "twin": "none"}
    answer = post(f"{address}/api/jobs", json=wanted)
    assert answer.status_code == 201, answer.text
    job = ended(address, answer.json()["id"])
    assert (job["state"], job["run"]) == (DONE, "calm_market-7"), job
    from sim.dataset import open_run

    theirs = open_run(folder / "runs" / "calm_market-7")
    mine = run(scenario_of(wanted_of(wanted), folder), out=folder / "mine")
    assert theirs.manifest["content_hash"] == mine.manifest["content_hash"]
    assert theirs.table("marks").collect().equals(mine.table("marks").collect())
    assert (folder / "runs" / "calm_market-7" / "report.html").is_file()
    assert theirs.manifest["command"] == job["command"]


def test_the_server_refuses_what_is_too_large_or_no_json(desk):
    address, _ = desk
    answer = post(f"{address}/api/jobs", json={"scenario": "calm_market", "paths": 101})
    assert answer.status_code == 400 and "at most 100" in answer.json()["error"]
    answer = post(f"{address}/api/jobs", content=b"{")
    assert answer.status_code == 400 and "no JSON" in answer.json()["error"]
    assert get(f"{address}/api/jobs/none").status_code == 400
    assert post(f"{address}/api/jobs/none/cancel").json()["error"].startswith("jobs: there is no such job")
    assert post(f"{address}/jobs/none/again").status_code == 400


PUTS = b"kind,notional,months,moneyness\nput,-1e9,1,0.95\n"


def test_a_program_sends_files_for_its_jobs(desk):
    address, folder = desk
    kept = post(f"{address}/api/uploads/book?name=b.csv", content=PUTS).json()["file"]
    assert (folder / kept).is_file()
    wanted = {"scenario": "calm_market", "files": {"book": kept}}
    answer = post(f"{address}/api/jobs", json={**wanted, "paths": 101})
    assert "at most 100" in answer.json()["error"]
    wrong = post(f"{address}/api/uploads/book?name=w.csv", content=PUTS.replace(b"0.95", b"zero")).json()["file"]
    answer = post(f"{address}/api/jobs", json={**wanted, "files": {"book": wrong}})
    assert answer.json()["error"].startswith(f"{wrong}:2: moneyness: must be a number, got 'zero'")
    for use, content, said in (("other", b"x", "no such file"), ("book", b"", "is empty")):
        answer = post(f"{address}/api/uploads/{use}", content=content)
        assert answer.status_code == 400 and said in answer.json()["error"]
    answer = post(f"{address}/api/jobs", json={**wanted, "files": {"book": kept.replace("b.csv", "c.csv")}})
    assert "no such upload" in answer.json()["error"]


@needs_browser
def test_a_browser_follows_a_job_to_its_end_and_repeats_it(tmp_path, monkeypatch):
    from playwright.sync_api import expect

    monkeypatch.setattr(
        child, "WORKER", (sys.executable, "-c", f"{WAITS}\nsys.stdout.flush()\ntime.sleep(3)\n{ENDING}")
    )
    with served(tmp_path) as address, browser() as chromium:
        job = post(f"{address}/api/jobs", json={"scenario": "calm_market", "settings": SHORT}).json()
        page = chromium.new_page()
        said = []
        page.on("console", lambda message: said.append(message.text))
        page.goto(f"{address}/jobs/{job['id']}")
        expect(page.get_by_role("progressbar")).to_have_attribute("value", "0.25")
        expect(page.get_by_role("link", name="Look at the run")).to_be_visible()
        expect(page.locator("details.same code")).to_contain_text("spiral run calm_market")
        page.get_by_role("button", name="Run again").click()
        page.get_by_role("button", name="Cancel").click()
        page.goto(f"{address}/jobs")
        expect(page.locator("table.jobs tbody tr")).to_have_count(2)
        expect(page.locator("table.jobs tbody tr").first).to_contain_text("cancelled")
        assert not said, said
