"""A class over HTTP: what students may do, what they may not, and what remains of it."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
from datetime import datetime
from http.server import BaseHTTPRequestHandler, HTTPServer

import httpx
import polars as pl
import pytest

from scenarios import open_run, open_session, run
from scenarios.desk.app import make_app
from scenarios.desk.settings import Settings
from scenarios.desk.trade.asking import A_WRONG_ONE
from scenarios.desk.trade.room_file import RoomFile
from tests.classroom import Student, classroom, wait
from tests.documents import block
from tests.served import browser, needs_browser

NAMES = ("Ann", "Bob", "<script>alert(1)</script>")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("desk")


@pytest.fixture(scope="module")
def playing(folder):
    with classroom(folder, *NAMES) as found:
        yield found


def test_who_has_lost_the_lecturers_link_is_told_the_remedy(playing):
    address, lecturer, _ = playing
    answer = httpx.get(f"{address}{lecturer.base}")
    assert answer.status_code == 403
    assert "whose link is lost is ended by removing its folder" in answer.text


def test_a_student_sees_quotes_book_margin_and_greeks(playing):
    _, _, (ann, *_) = playing
    found = ann.get("observe")
    seen = found["seen"]
    assert set(seen["venues"]["asset"]) >= {"mid", "half_spread", "depth", "held", "neutral", "charge", "walk", "unit"}
    assert set(seen["account"]) >= {"cash", "required", "unmet", "headroom", "pnl"}
    assert seen["book"]["gamma"] < 0 and seen["turn"] == 0 and not seen["done"]
    assert [each["you"] for each in found["live"]["scores"]] == [True, False, False]
    assert ann.get("me")["units"]["account"] == "$"


def test_orders_are_of_ones_own_desk_whatever_a_request_says(playing):
    address, _, (ann, bob, eve) = playing
    assert ann.order({"asset": 1000.0}).json() == {"turn": 0, "ordered": {"asset": 1000.0}}
    for more in ({"path": 0}, {"desk": 0}, {"who": 0}, {"seat": "hedger"}):
        answer = eve.order({"asset": 5.0}, **more)
        assert answer.status_code == 400 and "there is no such key" in answer.json()["error"]
    answer = eve.http.post("/orders?desk=0&path=0", json={"orders": {"us10y": 7.0}})
    assert answer.json()["ordered"] == {"us10y": 7.0}
    assert ann.get("state")["ordered"] == {"asset": 1000.0}
    assert bob.get("state")["ordered"] == {}
    assert eve.http.request("DELETE", "/orders", json={}).json() == {"turn": 0, "ordered": {}}
    assert ann.get("state")["ordered"] == {"asset": 1000.0}
    assert httpx.get(f"{address}/api/trade/observe").status_code == 401


@pytest.mark.parametrize("token", ["x", "-", "../../etc/passwd", "a" * 5000, "null", "0"])
def test_a_secret_that_nobody_has_reaches_nothing(playing, token):
    address, lecturer, (ann, *_) = playing
    bearer = {"Authorization": f"Bearer {token}"}
    for what in ("me", "state", "observe", "history", "events"):
        assert httpx.get(f"{address}/api/trade/{what}", headers=bearer).status_code in (401, 429)
    assert httpx.post(f"{address}/api/trade/orders", headers=bearer, json={}).status_code in (401, 429)
    for kind in (f"Bearer {lecturer.link.split('key=')[1]}", f"Basic {ann.token}"):
        assert httpx.get(f"{address}/api/trade/me", headers={"Authorization": kind}).status_code in (401, 429)


def test_a_student_is_no_lecturer(playing):
    address, lecturer, (ann, *_) = playing
    cookies = {"spiral_seat": ann.token, "spiral_lecturer": ann.token}
    for page in ("", "/status", "/debrief", "/marks.csv", "/audit.jsonl", "/key", f"/key?key={ann.token}"):
        answer = httpx.get(f"{address}{lecturer.base}{page}", cookies=cookies)
        assert answer.status_code in (403, 429)
    assert httpx.post(f"{address}{lecturer.base}/do", cookies=cookies, data={"what": "end"}).status_code in (403, 429)
    assert httpx.get(f"{address}/trade/class/{'0' * 16}", cookies=cookies).status_code in (403, 429)
    assert lecturer.status()["state"] == "running"


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"{", 400),
        (b"[]", 400),
        (b"\xff", 400),
        (b'{"orders": {"asset": NaN}}', 400),
        (b'{"orders": {"asset": 1e400}}', 400),
        (b'{"orders": {"asset": 1}, "turn": 99}', 400),
        (b'{"orders": {"asset": 1}, "turn": "0"}', 400),
        (b"[" * 10_000, 400),
        (b"x" * 20_000, 413),
    ],
)
def test_a_wrong_request_is_one_line_and_orders_nothing(playing, content, status):
    _, _, (_, bob, _) = playing
    answer = bob.http.post("/orders", content=content)
    assert answer.status_code == status and "\n" not in answer.json()["error"]
    assert bob.get("state")["ordered"] == {}


def test_joining_needs_the_code_and_a_name_of_ones_own(playing):
    address, lecturer, _ = playing
    A_WRONG_ONE._left.clear()  # other tests have guessed at secrets
    wrong = [("XXXXXX", "Zoe", "no class"), (None, "Zoe", "no class"), (["A"], "Zoe", "no class")]
    wrong += [(lecturer.code, "ann", "somebody of that name"), (lecturer.code, "", "a name")]
    for code, name, said in wrong:
        answer = httpx.post(f"{address}/api/trade/join", json={"code": code, "name": name})
        assert answer.status_code == 400 and said in answer.json()["error"]
    page = httpx.post(f"{address}/join", data={"code": "XXXXXX", "name": "Zoe <i>"})
    assert page.status_code == 400 and 'value="Zoe &lt;i&gt;"' in page.text and 'value="XXXXXX"' in page.text


def test_a_form_is_small_and_says_how_small(playing):
    address, _, _ = playing
    assert httpx.post(f"{address}/join", data={"code": "x" * 300_000, "name": "Zoe"}).status_code == 413
    head = {"Content-Type": "application/x-www-form-urlencoded"}
    assert httpx.post(f"{address}/join", content=iter([b"code=x"]), headers=head).status_code == 413


def test_other_machines_reach_the_classroom_alone(tmp_path):
    for everything, expected in ((False, 403), (True, 200)):
        app = make_app(Settings(folder=tmp_path, hosts=("127.0.0.1", "desk.example"), everything=everything))
        for base, client in (("http://desk.example", "127.0.0.1"), ("http://127.0.0.1", "192.0.2.7")):
            found = asyncio.run(_statuses(app, base, client, ("/join", "/static/trade.css", "/", "/trade")))
            assert found == [200, 200, expected, expected]


async def _statuses(app, base, client, pages):
    transport = httpx.ASGITransport(app=app, client=(client, 5))
    async with httpx.AsyncClient(transport=transport, base_url=base) as http:
        return [(await http.get(page)).status_code for page in pages]


def test_who_asks_too_often_is_told_to_wait(playing):
    _, _, (_, _, eve) = playing
    answers = [eve.order({"asset": 0.0}) for _ in range(60)]
    assert {answer.status_code for answer in answers} == {200, 429}
    refused = next(answer for answer in answers if answer.status_code == 429)
    assert "too many requests" in refused.json()["error"] and refused.headers["retry-after"] == "1"


def test_the_lecturer_hides_what_students_see(playing):
    _, lecturer, (ann, *_) = playing
    for which in ("greeks", "neutral", "scores", "news"):
        assert lecturer.do("hide", which=which).status_code == 200
    found = ann.get("observe")
    assert "scores" not in found["live"] and found["live"]["news"] == []
    assert "gamma" not in found["seen"]["book"] and found["seen"]["venues"]["asset"]["neutral"] is None
    assert "neutral" not in ann.get("history")
    for which in ("greeks", "neutral", "scores", "news"):
        lecturer.do("show", which=which)
    assert lecturer.do("show", which="answers").status_code == 400
    assert lecturer.do("fly").status_code == 400


def test_the_algorithm_of_the_documents_plays(playing, tmp_path):
    address, lecturer, _ = playing
    (tmp_path / "algorithm.py").write_text(block("docs/desk/interface.md", "python", "algorithm.py"))
    command = [sys.executable, "-u", "algorithm.py", address, lecturer.code, "Robot", "2"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True) as robot:
        assert robot.stdout is not None
        try:
            assert robot.stdout.readline() == "2019-04-01 16:00 P&L 0.0m ordered []\n"  # it begins neutral
            lecturer.step()
            assert robot.stdout.readline().endswith("ordered ['asset']\n")
        except AssertionError:
            robot.kill()  # it would wait for its second turn
            raise
    assert robot.returncode == 0
    assert {each["name"] for each in lecturer.status()["scores"] if each["ordered"]} == {"Robot"}


def test_the_algorithm_of_the_documents_waits_for_a_desk_that_is_away(tmp_path):
    """A server that is killed and started again is asked again."""

    class Desk(BaseHTTPRequestHandler):
        def answer(self):
            content = json.dumps({"token": "x", "state": "ended"}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = answer

        def log_message(self, *args):
            """Say nothing."""

    (tmp_path / "algorithm.py").write_text(block("docs/desk/interface.md", "python", "algorithm.py"))
    with HTTPServer(("127.0.0.1", 0), Desk, bind_and_activate=False) as server:
        server.server_bind()  # not listening yet: whoever connects is refused
        address = f"http://127.0.0.1:{server.server_address[1]}"
        with subprocess.Popen([sys.executable, "algorithm.py", address, "CODE", "Robot"], cwd=tmp_path) as robot:
            with pytest.raises(subprocess.TimeoutExpired):
                robot.wait(2)
            server.server_activate()
            for _ in range(2):
                server.handle_request()
    assert robot.returncode == 0


def test_a_class_is_played_dropped_returned_to_and_is_a_run_to_the_last_bit(playing, folder, tmp_path):
    """Late in this file: it plays the class to its end."""
    address, lecturer, (ann, bob, eve) = playing
    lecturer.step()
    assert ann.order({"asset": 3.0}, turn=0).status_code == 400
    held = ann.get("observe")["seen"]["venues"]["asset"]["held"]
    back = Student(address, lecturer.code, "Ann", token=ann.token)  # another browser, the same secret
    assert back.get("observe")["seen"]["venues"]["asset"]["held"] == held
    first = lecturer.status()["turn"]
    for turn in range(first, first + 5):
        seen = back.get("observe")["seen"]
        asset = seen["venues"]["asset"]
        assert back.order({"asset": asset["neutral"] - asset["held"]}, turn=turn).status_code == 200
        assert bob.order({"asset": -2e5 * (-1) ** turn, "us10y": 1e7}).status_code == 200
        lecturer.step()
    late = Student(address, lecturer.code, "Late")
    assert late.desk == 4 and late.get("history")["pnl"][1:] == eve.get("history")["pnl"][1:]  # neither did anything
    assert late.get("observe")["seen"]["fills"] == []
    assert lecturer.do("kick", student=2).status_code == 200
    assert eve.http.get("/me").status_code == 401
    lived = {each["name"]: each["pnl"] for each in lecturer.status()["scores"]}
    last, checked = datetime.fromisoformat(lecturer.status()["time"]), 0
    page = lecturer.debrief()
    assert "Desk 1" in page and "<script>alert" not in page
    named = lecturer.http.get(f"{lecturer.base}/debrief?names=yes").text
    assert "&lt;script&gt;alert(1)" in named and "<script>alert" not in named

    result = open_run(folder / "runs" / f"class-{lecturer.id}")
    assert result.manifest["paths"] == 5
    chosen = RoomFile.read(folder / ".desk" / "classes" / lecturer.id).chosen
    session = open_session(chosen.read_scenario(), seat="hedger", paths=5, decide="1d", common_noise=True)
    orders = result.orders.filter(pl.col("world") == "actual").collect()
    while not session.done:
        now = orders.filter(pl.col("tick") == session.tick)
        for path, venue, units in now.select("path", "venue", "units").iter_rows():
            session.send({venue: units}, path=path)
        if session.tick == session._world.clock.ticks.size - 1:
            break
        seen = session.advance()
        if seen.time == last:
            checked += 1
            assert [lived[name] for name in ("Ann", "Bob")] == seen.account.pnl[:2].tolist()
    assert checked == 1
    again = run(chosen.read_scenario().with_run(common_noise=True, paths=5, witnesses=5, unhedged=False), orders=orders,
                seats=("hedger",), workers=1, out=tmp_path / "again")  # fmt: skip
    for table in ("marks", "trades", "closes", "accounts"):
        assert again.table(table).collect().equals(result.table(table).collect(), null_equal=True), table


def test_a_student_sees_the_parts_of_ones_own_loss_alone(playing):
    _, _, (ann, bob, _) = playing
    found = ann.get("debrief")
    assert sum(each["cost"] for each in found["parts"]) == pytest.approx(found["loss"], abs=1.0)
    assert found["loss"] != bob.get("debrief")["loss"] and set(found) >= {"twin_loss", "survived", "drawdown"}
    assert ann.get("state")["debrief"] is True


def test_marks_go_to_a_spreadsheet_and_are_no_formulas(playing):
    _, lecturer, _ = playing
    text = lecturer.http.get(f"{lecturer.base}/marks.csv?loss=100&drawdown=0&survival=0").text
    header, *rows = text.strip().splitlines()
    assert header.startswith("rank,name,desk,mark,loss_usd") and len(rows) == 5
    assert {row.split(",")[1] for row in rows} == {"Ann", "Bob", "<script>alert(1)</script>", "Robot", "Late"}
    assert lecturer.http.get(f"{lecturer.base}/marks.xlsx").content[:2] == b"PK"
    assert lecturer.http.get(f"{lecturer.base}/marks.pdf").status_code == 400
    assert lecturer.http.get(f"{lecturer.base}/marks.csv?loss=x").status_code == 400
    page = lecturer.http.get(f"{lecturer.base}/debrief?loss=0&drawdown=0&survival=0")
    assert page.status_code == 400 and "a weight above 0" in page.text and "Scores" in page.text


def test_the_log_says_who_did_what_and_no_secret(playing, folder):
    _, lecturer, (ann, *_) = playing
    text = lecturer.http.get(f"{lecturer.base}/audit.jsonl").text
    told = [json.loads(line) for line in text.splitlines()]
    done = {(line["who"], line["what"]) for line in told}
    assert {
        ("Ann", "join"),
        ("Ann", "order"),
        ("lecturer", "step"),
        ("lecturer", "kick"),
        ("lecturer", "export"),
    } <= done
    assert any(line["what"] == "order" and "not open" in line["outcome"] for line in told)
    assert ann.token not in text and lecturer.link.split("key=")[1] not in text
    kept = (folder / ".desk" / "classes" / lecturer.id).glob("*.json*")
    everything = "".join(file.read_text() for file in kept)
    assert ann.token not in everything and lecturer.link.split("key=")[1] not in everything


def test_the_debrief_names_the_best_policy_or_none(playing):
    _, lecturer, _ = playing
    wait(lambda: "Everybody" in lecturer.http.get(f"{lecturer.base}/debrief").text)
    page = lecturer.http.get(f"{lecturer.base}/debrief?desk=2").text
    assert "data-chart" in page and "What the market did to itself" in page
    assert lecturer.http.get(f"{lecturer.base}/debrief?desk=77").status_code == 400


@needs_browser
def test_the_pages_of_a_class_write_figures_as_everything_else_does(playing):
    address, _, (ann, *_) = playing
    with browser() as chromium:
        page = chromium.new_page()
        page.context.add_cookies([{"name": "spiral_seat", "value": ann.token, "url": address}])
        page.goto(f"{address}/trade/seat")
        page.wait_for_selector("#book tbody tr:has-text('Gamma')")
        shown = page.evaluate("[fixed(-1861.64, 1), fixed(-0.04, 1), fixed(2, 2, 0), million(-8.616e8), million(null)]")
        assert shown == ["\N{MINUS SIGN}1,861.6", "0.0", "2", "\N{MINUS SIGN}861.6", "\N{EN DASH}"]
        text = page.locator("main").inner_text()
        assert re.search(r"\N{MINUS SIGN}\d", text)
        assert not re.search(r"(?<![\d\w])-[\d.]", text), "a figure with a hyphen for its minus"
        page.fill("#amount", "\N{MINUS SIGN}1,000")  # pasted from a table
        assert "Sell 1.00k units" in page.inner_text("#preview")
        page.fill("#amount", "ten")
        assert "The amount is a number" in page.inner_text("#preview")
