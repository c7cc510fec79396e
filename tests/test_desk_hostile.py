"""The desk before a hostile page, a hostile upload and a hostile student: nothing is reached, nothing stays broken."""

from __future__ import annotations

import json
import shutil
import socket
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from scenarios.desk.guard import LITTLE
from scenarios.desk.jobs.wanted import wanted_of
from scenarios.desk.workspace import RUNS, Workspace
from scenarios.files.lines import WIDEST
from scenarios.studies.replay.history import from_history
from sim.errors import UserError
from tests.served import served
from tests.synthetic_run import write_run

SCRIPT = "<script>alert(1)</script>"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("desk")
    write_run(folder / "runs" / "kept", paths=8, days=4)
    with served(folder) as address:
        yield address


def asked_by(site: str, mode: str, dest: str) -> dict[str, str]:
    """What a browser says of a request."""
    return {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": mode, "Sec-Fetch-Dest": dest}


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        (asked_by("cross-site", "no-cors", "image"), 403),
        (asked_by("same-site", "cors", "empty"), 403),  # another port of this machine
        (asked_by("cross-site", "navigate", "iframe"), 403),
        (asked_by("cross-site", "navigate", "document"), 200),  # a link
        (asked_by("same-origin", "cors", "empty"), 200),
        (asked_by("none", "navigate", "document"), 200),  # typed in
        ({}, 200),
    ],
)
def test_a_foreign_page_has_nothing_computed_and_reads_nothing(desk: str, headers: dict[str, str], status: int) -> None:
    assert httpx.get(f"{desk}/look/runs/kept/figures", headers=headers).status_code == status


@pytest.mark.parametrize("origin", ["http://[", "null", "http://127.0.0.1", "http://127.0.0.1:1", "//", "x" * 5000])
def test_an_origin_that_is_not_the_desks_changes_nothing(desk: str, origin: str) -> None:
    assert httpx.post(f"{desk}/join", headers={"Origin": origin}).status_code == 403


@pytest.mark.parametrize("path", ["/join", "/trade/leave", "/api/trade/join", "/api/trade/orders"])
def test_who_shows_no_secret_sends_little(desk: str, path: str) -> None:
    assert httpx.post(f"{desk}{path}", content=b"x" * (LITTLE + 1)).status_code == 413
    chunks = iter([b"x" * 1000] * (LITTLE // 1000 + 2))
    assert httpx.post(f"{desk}{path}", content=chunks).status_code in (303, 400, 401, 413)


NAMES = [
    "%2e%2e%2fruns%2fkept",
    "a%00b",
    "x" * 300,
    SCRIPT,
    "%ff%fe",
    "kept%0a",
    ".desk",
    "~",
    "kept%2f..%2fkept",
]


@pytest.mark.parametrize("name", NAMES)
def test_no_name_of_a_run_is_a_way_out(desk: str, name: str) -> None:
    for path in (f"/look/runs/{name}/figures", f"/run/files/{name}/data.zip", f"/run/what-if/{name}"):
        answer = httpx.get(f"{desk}{path}")
        assert answer.status_code in (307, 400, 404), path
        assert SCRIPT not in answer.text and "Traceback" not in answer.text


def test_a_folder_of_links_is_no_dataset(tmp_path: Path) -> None:
    write_run(tmp_path / "elsewhere", paths=4, days=3)
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs" / "link").symlink_to(tmp_path / "elsewhere")
    shutil.copytree(tmp_path / "elsewhere", tmp_path / "runs" / "own")
    assert [each.name for each in Workspace(tmp_path).all(RUNS)] == ["own"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"label": "a\ud800"}, "label: holds a character that nobody can see"),
        ({"label": "\u202egnp.exe"}, "label: holds a character that nobody can see"),
        ({"label": "x" * 501}, "label: has at most 500 characters"),
        ({"settings": ['title="\ud800"']}, "settings, item 1: holds a character"),
        ({"settings": ["a=" + "x" * 30_000]}, "settings, item 1: has at most 20,000 characters"),
        ({"settings": ["a=1"] * 10_001}, "settings: a job has at most 10,000 settings"),
        ({"files": {"book": "\0"}}, "book: holds a character"),
    ],
)
def test_texts_of_a_job_can_be_shown(given: dict[str, Any], said: str) -> None:
    with pytest.raises(UserError, match=said):
        wanted_of({"scenario": "calm_market", **given})


def test_a_text_that_no_list_could_show_does_not_stay(desk: str) -> None:
    """Half of a surrogate pair is JSON, and no UTF-8: a list with it would fail for ever."""
    body = json.dumps({"base": "kept", "label": "\ud800"})
    answer = httpx.post(f"{desk}/api/jobs", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    assert httpx.get(f"{desk}/api/jobs").status_code == 200


def test_a_record_of_more_columns_than_anybody_has(tmp_path: Path) -> None:
    file = tmp_path / "wide.csv"
    file.write_text(",".join(f"c{i}" for i in range(WIDEST + 1)) + "\n")
    with pytest.raises(UserError, match="more than 5,000 columns"):
        from_history(file)


def half_asked(address: str) -> socket.socket:
    """A connection that begins a request and leaves it at that."""
    name, port = address.removeprefix("http://").split(":")
    found = socket.create_connection((name, int(port)), timeout=5)
    found.sendall(b"POST /api/trade/join HTTP/1.1\r\nHost: 127.0.0.1\r\nX-A: ")
    return found


def closed(connection: socket.socket) -> bool:
    """Whether the server closes it within its timeout."""
    with connection:
        try:
            return connection.recv(1) == b""
        except ConnectionError:
            return True
        except TimeoutError:
            return False


def test_requests_that_never_end_are_let_go(tmp_path: Path) -> None:
    with served(tmp_path, connected={"looks": 0.2}) as address:
        assert closed(half_asked(address))
        slow = half_asked(address)
        kind = b"Content-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked"
        slow.sendall(b"b\r\n%s\r\n\r\n1\r\n" % kind)  # a body that does not come
        assert closed(slow)
        assert httpx.get(address).status_code == 200


def test_who_leaves_before_the_body_has_come_is_let_go(desk: str, caplog: pytest.LogCaptureFixture) -> None:
    """A tab closed while a file is sent: no traceback on the desk's terminal."""
    name, port = desk.removeprefix("http://").split(":")
    with socket.create_connection((name, int(port)), timeout=5) as leaving:
        leaving.sendall(b"POST /api/jobs HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100\r\n\r\n{")
    for _ in range(5):
        assert httpx.get(desk).status_code == 200
        time.sleep(0.05)
    assert "Traceback" not in caplog.text and not [r for r in caplog.records if r.exc_info]


def test_a_connection_in_use_stays_open(tmp_path: Path) -> None:
    """A request that met a closing connection would be lost."""
    with served(tmp_path, connected={"looks": 1.0}) as address, httpx.Client(base_url=address) as client:
        kept = set()
        for _ in range(20):
            answer = client.get("/join")
            kept.add(answer.extensions["network_stream"].get_extra_info("client_addr"))
            time.sleep(0.15)
        assert len(kept) == 1


def test_no_machine_takes_every_connection(tmp_path: Path) -> None:
    with served(tmp_path, connected={"most": 8, "looks": 60.0}) as address:
        held = [half_asked(address) for _ in range(4)]
        assert closed(half_asked(address))
        for each in held:
            each.close()
        for _ in range(50):
            try:
                assert httpx.get(address).status_code == 200
                return
            except httpx.TransportError:
                time.sleep(0.1)
        raise AssertionError("connections that were let go are counted still")
