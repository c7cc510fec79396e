"""The browser desk: what stands before every page, and the first page."""

from __future__ import annotations

import re

import httpx
import pytest
from starlette.routing import Match

from scenarios.desk.parts import ROUTES, parts
from tests.command import ROOT
from tests.served import browser, get, needs_browser, served


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    with served(tmp_path_factory.mktemp("desk"), largest_body=1000) as found:
        yield found


def test_the_first_page_says_where_it_is_and_lets_no_script_in(address):
    answer = httpx.get(address)
    assert answer.status_code == 200
    assert "None yet." in answer.text and "Nothing has run here yet" in answer.text
    assert "script-src 'self'" in answer.headers["content-security-policy"]


def test_a_foreign_name_reaches_nothing(address):
    assert httpx.get(address, headers={"Host": "evil.example"}).status_code == 421


@pytest.mark.parametrize(
    "headers", [{"Origin": "http://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}]
)
def test_a_foreign_page_changes_nothing(address, headers):
    assert httpx.post(address, headers=headers).status_code == 403


def test_a_body_has_a_limit_whether_or_not_it_says_its_length(address):
    assert httpx.post(address, content=b"x" * 2000).status_code == 413
    assert httpx.post(address, content=iter([b"x" * 600] * 3)).status_code in (405, 413)


def test_what_is_not_there_is_said_in_a_line(address):
    assert "Not Found" in httpx.get(f"{address}/nothing").text
    assert httpx.get(f"{address}/api/nothing").json() == {"error": "Not Found"}
    assert httpx.get(f"{address}/static/..%2fapp.py").status_code == 404


def test_every_address_belongs_to_its_part():
    """A part is found by how its addresses begin; none of them is another part's."""
    for begins, routes in ROUTES.items():
        for route in routes:
            path = re.sub("{[^}]*}", "1", route.path)
            assert [
                part._part for part in parts() if part.matches({"type": "http", "path": path})[0] is Match.FULL
            ] == [begins]
    assert not any(part.matches({"type": "http", "path": "/lookout"})[0] is Match.FULL for part in parts())


def test_a_part_answers_as_if_it_stood_alone(address):
    assert get(f"{address}/jobs").status_code == 200
    assert get(f"{address}/jobs/", follow_redirects=False).headers["location"].endswith("/jobs")
    assert httpx.put(f"{address}/jobs", timeout=60).status_code == 405
    assert get(f"{address}/jobs/none/of/them").status_code == 404


@needs_browser
def test_a_browser_shows_the_first_page_without_an_error(address):
    with browser() as chromium:
        page = chromium.new_page()
        said = []
        page.on("console", lambda message: said.append(message.text))
        page.goto(address)
        assert page.locator("h1").inner_text() == "Spiral"
        assert page.locator("nav a").first.get_attribute("aria-current") == "page"
        assert not said


def test_the_page_lists_every_test_in_a_browser():
    told = set(re.findall(r"^\| `(test_\w+)`", (ROOT / "docs/desk/tests.md").read_text(), re.M))
    found = set()
    for file in (ROOT / "tests").glob("test_*.py"):
        code = file.read_text()
        every = re.search(r"^pytestmark = needs_browser", code, re.M)
        marked = r"^def (test_\w+)" if every else r"@needs_browser\n(?:@.*\n)*def (test_\w+)"
        found |= set(re.findall(marked, code, re.M))
    assert told == found
