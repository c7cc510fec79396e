"""The classroom in a browser: a lecturer and two students, from the catalogue to the debrief."""

from __future__ import annotations

from contextlib import contextmanager

import httpx
import pytest

from tests.classroom import PATIENCE, SHORT, Lecturer, Student, close_clients
from tests.served import browser, needs_browser, served

pytestmark = needs_browser
LONG = 1000 * PATIENCE  # ms


@pytest.fixture(scope="module")
def chromium():
    with browser() as opened:
        yield opened


@contextmanager
def visitor(chromium, said):
    """A page of a browser with its own cookies; `said` collects what its console and its scripts complain of."""
    context = chromium.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    page.set_default_timeout(LONG)
    page.on("console", lambda message: said.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    yield page
    context.close()


def test_the_catalogue_and_the_way_in(tmp_path, chromium):
    """Without a world: cases, a form that keeps what was typed, joining, waiting, leaving, returning by the key."""
    said: list[str] = []
    with served(tmp_path) as address, visitor(chromium, said) as page:
        page.goto(f"{address}/trade?case=gilt_ldi")
        assert "Gilt crisis" in page.locator("section[aria-label='The class'] h2").inner_text()
        assert page.locator("#seat option").count() == 6 and page.input_value("#seat") == "fund_c"
        page.fill("#title", "My gilts")
        page.fill("#places", "99")
        page.click("text=Open the class")
        assert "from 1 to 60" in page.locator("[role=alert]:visible").inner_text()
        assert page.input_value("#title") == "My gilts" and page.input_value("#places") == "99"
        page.fill("#places", "2")
        page.click("text=Open the class")
        assert f"{address}/trade/class/" in page.input_value("input.secret")
        page.click("text=Go to the class")
        code = page.inner_text("#code")
        page.wait_for_selector("#state:has-text('lobby')")
        page.goto(f"{address}/join?code={code}")
        page.fill("#name", "Ann")
        page.keyboard.press("Enter")
        page.wait_for_selector("#state:has-text('waiting for the lecturer')")
        assert page.locator("#ticket button.main").is_disabled()
        page.click("summary:has-text('Your key')")
        key = page.inner_text("#key")
        page.click("text=Leave")
        page.click("summary:has-text('another browser')")
        page.fill("#key", key)
        page.click("button:has-text('Return')")
        page.wait_for_selector("nav:has-text('Ann, desk 1')")
        assert httpx.get(f"{address}/trade/seat").status_code == 303
    assert said == ["Failed to load resource: the server responded with a status of 400 (Bad Request)"]


def test_a_line_about_a_lost_connection_goes_when_the_desk_is_back(tmp_path, chromium):
    with served(tmp_path) as address, visitor(chromium, []) as page:
        opened = Lecturer(address)
        page.goto(opened.link)
        page.click("text=Go to the class")
        page.wait_for_selector("#length:has-text('decisions to go')")
        page.context.set_offline(True)
        page.wait_for_selector("#trouble:has-text('No connection')")
        page.context.set_offline(False)
        page.wait_for_selector("#trouble:has-text('No connection')", state="hidden")
        page.fill("#seconds", "-1")
        page.click("[data-do=pace]")
        page.wait_for_selector("#trouble:has-text('seconds: is a number from 0')")
        close_clients()


@pytest.mark.slow
def test_a_lecturer_and_two_students_to_the_debrief(tmp_path, chromium):
    said: list[str] = []
    with (
        served(tmp_path) as address,
        visitor(chromium, said) as lecturer,
        visitor(chromium, said) as ann,
        visitor(chromium, said) as bob,
    ):
        opened = Lecturer(address, **{**SHORT, "bots": "yes", "pseudonyms": "yes"})
        lecturer.goto(opened.link)
        lecturer.click("text=Go to the class")
        for page, name in ((ann, "Ann"), (bob, "Bob <b>")):
            page.goto(f"{address}/join")
            page.fill("#code", opened.code.lower())
            page.fill("#name", name)
            page.click("text=Take a seat")
        lecturer.wait_for_selector("#scores tr:has-text('Desk 2')")
        lecturer.click("text=Start")
        ann.wait_for_selector("#quotes tbody tr:has-text('asset')")
        ann.wait_for_selector("#state:has-text('decide')")
        ann.check("input[name=side][value='-1']")
        ann.fill("#amount", "200000")
        assert "Sell 200.00k units" in ann.inner_text("#preview") and "costs about" in ann.inner_text("#preview")
        for typed, said_of_it in (("1,5", "is a number"), ("1.000,5", "is a number"), ("200,000", "Sell 200.00k")):
            ann.fill("#amount", typed)
            assert said_of_it in ann.inner_text("#preview"), typed
        ann.keyboard.press("Enter")
        ann.wait_for_selector("#quotes tr.picked td:last-child:has-text('-200.00k')")
        bob.wait_for_selector("#state:has-text('decide')")
        bob.locator("h1").click()
        bob.keyboard.press("n")  # the key of "to neutral"
        assert bob.inner_text("#trouble") == ""
        lecturer.wait_for_selector("#scores tr:has-text('Desk 1'):has-text('✓')")
        lecturer.click("text=Step now")
        ann.wait_for_selector("#fills tr:has-text('-200.00k')")
        assert ann.evaluate("(box => box.scrollWidth <= box.clientWidth)(document.querySelector('#others'))")
        assert "Desk 2" in ann.inner_text("#scores") and "Bob" not in ann.inner_text("#scores")
        lecturer.uncheck("[data-show=greeks]")
        bob.wait_for_function("!document.querySelector('#book').innerText.includes('Gamma')")
        eve = Student(address, opened.code, "Robot")
        assert eve.order({"asset": 10.0}).status_code == 200
        lecturer.check("#names")
        lecturer.wait_for_selector("#scores tr:has-text('Bob <b>')")
        lecturer.on("dialog", lambda dialog: dialog.accept())
        lecturer.click("[aria-label='Take Robot out']")
        lecturer.wait_for_selector("#scores tr:has-text('taken out')")
        lecturer.click("button:has-text('End')")
        bob.wait_for_selector("#state:has-text('over')")
        lecturer.wait_for_selector("#state:has-text('over')")
        lecturer.click("a:has-text('Debrief')")
        lecturer.click("text=Start the debrief")
        bob.wait_for_selector("#debrief tr:has-text('Loss as a price taker')")
        for name in ("pnl", "attribution", "twin", "positions"):
            lecturer.wait_for_selector(f"#chart-{name}[data-drawn]")
        text = lecturer.inner_text("main")
        assert "The policy that lost least is" in text and "Never hedge" in text and "Bob" not in text
        lecturer.check("input[name=names]")
        lecturer.click("button:has-text('Show')")
        lecturer.wait_for_selector("td:has-text('Bob <b>')")
        close_clients()
    assert said == []
