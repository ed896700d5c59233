"""The small pages in a browser: what they ask the service, what they show, axe-core, narrow."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import ValidationError

from sensor_screen.api.account_routes import SignIn
from sensor_screen.api.trust_pages import TrustOffer
from sensor_screen.certificates.leaf import open_local_tls
from sensor_screen.service.passwords import AT_LEAST, AT_MOST
from tests.api.page_app import Answers, make_app, served
from tests.certificates.made_tls import NAMES
from tests.report.test_accessibility import (
    CHROMIUM,
    CUT_OFF,
    ENLARGE_WORDS,
    OF_COLOURS,
    TAGS,
    browser,  # noqa: F401 - a fixture
    violations,
    widths,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="a browser shows the pages (apt-get install chromium)"
)

CODE = "Zx3-q_" + "a1B2" * 4
GOOD = {"clinic": " Riverside ", "login": "mara", "password": "  four words of mine "}
WAITING, CONFIRMED = ((200, {"state": state}) for state in ("waiting", "confirmed"))
BROKEN_POLICY = """addEventListener("securitypolicyviolation", (event) => {
    (window.broken ??= []).push(`${event.violatedDirective} ${event.blockedURI}`);
});"""


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Answers]]:
    tls = open_local_tls(tmp_path_factory.mktemp("tls"), NAMES, datetime.now(UTC))
    answers = Answers()
    with served(make_app(TrustOffer(tls, 8443, 8080), answers)) as address:
        yield address, answers


@pytest.fixture
def answers(service: tuple[str, Answers]) -> Answers:
    """As they are when nothing is chosen."""
    fresh, kept = Answers(), service[1]
    for name in ("setup", "claim", "polls", "told", "lines"):
        setattr(kept, name, getattr(fresh, name))
    return kept


Window = tuple["Page", list[str]]


@pytest.fixture(scope="module")
def window(
    browser: Browser,  # noqa: F811
    service: tuple[str, Answers],
) -> Iterator[Window]:
    """One window for all tests; what goes wrong in it is written down."""
    with browser.new_context(base_url=service[0]) as context:
        context.add_init_script(BROKEN_POLICY)
        page, errors = context.new_page(), []
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda error: errors.append(str(error)))
        yield page, errors


@pytest.fixture
def page(window: Window, answers: Answers) -> Iterator[Page]:
    """The window as a page finds it; in the end it has seen no error and no breach of the policy.

    It comes with answers as they are when nothing is chosen.
    """
    page, errors = window
    page.goto("about:blank")
    page.set_viewport_size({"width": 1024, "height": 700})
    page.emulate_media(color_scheme="light")
    page.set_extra_http_headers({"Accept-Language": "en"})
    assert answers.told == []
    yield page
    assert page.evaluate("window.broken ?? []") == []
    assert errors == []


def shown(page: Page) -> str:
    """Which part of the page is shown."""
    (part,) = page.locator("main > section:visible").all()
    return part.get_attribute("id") or ""


def wait_for(page: Page, part: str) -> None:
    page.wait_for_selector(f"#{part}:visible")
    assert shown(page) == part
    assert page.evaluate("document.activeElement.tagName") == "H1", "screen readers are told"


def fill_in(page: Page, **changed: str) -> None:
    for name, text in {**GOOD, **changed}.items():
        page.fill(f"#{name}", text)


# --- setting up -----------------------------------------------------------------------------------


def test_setting_up_posts_what_was_typed_and_the_code(page: Page, answers: Answers) -> None:
    page.goto(f"/setup#{CODE}")
    wait_for(page, "ask")
    fill_in(page)
    page.press("#password", "Enter")
    wait_for(page, "done")
    told = {"code": CODE, "login": "mara", "password": GOOD["password"], "clinic": "Riverside"}
    assert answers.told == [("POST", "/v1/setup", told)]
    assert page.inner_text("#who") == "mara"
    assert page.url.endswith("/setup"), "the used code is out of the address"
    assert page.input_value("#password") == ""
    assert not [line for line in answers.lines if CODE in line], "no server log sees it"


def test_what_the_service_refuses_is_said_and_nothing_is_lost(page: Page, answers: Answers) -> None:
    page.goto(f"/setup#{CODE}")
    fill_in(page)
    troubles = {404: "expired", 409: "refused", 429: "too_many", 503: "unreachable"}
    for status, trouble in {**troubles, 410: "expired", 422: "refused"}.items():
        answers.setup = (status, {"detail": "<b>That</b> name is taken."})
        page.click("#send")
        page.wait_for_selector(f"[data-trouble={trouble}]:visible")
        assert page.locator("#trouble p:visible").count() == 1
        said = page.inner_text("#trouble")
        assert ("<b>That</b> name is taken." in said) == (trouble == "refused")
        assert page.input_value("#password") == GOOD["password"]
        page.wait_for_selector("#send:enabled")
    answers.setup = (201, {})
    page.click("#send")
    wait_for(page, "done")
    assert len(answers.told) == 7


def test_a_service_that_is_away_is_said(page: Page, answers: Answers) -> None:
    page.goto(f"/setup#{CODE}")
    fill_in(page)
    page.route("**/v1/setup", lambda route: route.abort())
    page.click("#send")
    page.wait_for_selector("[data-trouble=unreachable]:visible")
    assert page.is_enabled("#send")
    assert answers.told == []


def test_what_cannot_be_right_is_not_sent(page: Page, answers: Answers) -> None:
    page.goto(f"/setup#{CODE}")
    for field, text in (
        *(("clinic", ""), ("login", "m"), ("login", "mära"), ("login", "ma ra")),
        ("password", "11 letters."),
    ):
        fill_in(page, **{field: text})
        page.click("#send")
        assert page.evaluate("document.activeElement.id") == field
    assert answers.told == []


def test_the_password_is_shown_when_asked_for(page: Page) -> None:
    page.goto(f"/setup#{CODE}")
    kind = "document.getElementById('password').type"
    assert page.evaluate(kind) == "password"
    page.check("#show-password")
    assert page.evaluate(kind) == "text"
    page.uncheck("#show-password")
    assert page.evaluate(kind) == "password"


# --- joining --------------------------------------------------------------------------------------


def test_joining_posts_login_and_password_and_the_code(page: Page, answers: Answers) -> None:
    page.goto(f"/join#{CODE}")
    wait_for(page, "ask")
    assert page.locator("#clinic").count() == 0
    page.fill("#login", " mara.k@river-1 ")
    page.press("#login", "Enter")
    assert answers.told == [], "spaces are no part of a login"
    page.fill("#login", "mara.k@river-1")
    page.fill("#password", GOOD["password"])
    answers.setup = (409, {"detail": "the login: is taken."})
    page.press("#password", "Enter")
    page.wait_for_selector("[data-trouble=refused]:visible")
    assert "is taken" in page.inner_text("#trouble")
    answers.setup = (201, {"token": "ss_x", "role": "athlete"})
    page.click("#send")
    wait_for(page, "done")
    told = {"code": CODE, "login": "mara.k@river-1", "password": GOOD["password"]}
    assert answers.told == [("POST", "/v1/join", told)] * 2
    assert page.inner_text("#who") == "mara.k@river-1"
    assert page.url.endswith("/join")
    assert not [line for line in answers.lines if CODE in line]


@pytest.mark.parametrize("path", ["/setup", "/join"])
@pytest.mark.parametrize("login", ["ab", "A.b_c-d@9", "x" * 64, "a", "x" * 65, "ü1", "a b", "a+b"])
def test_pages_and_service_ask_for_the_same_login(page: Page, path: str, login: str) -> None:
    page.goto(f"{path}#{CODE}")
    page.fill("#login", login)
    taken = page.evaluate("document.getElementById('login').checkValidity()")
    try:
        SignIn(login=login, password="x")  # noqa: S106 - of nobody
    except ValidationError:
        assert not taken or len(login) > 64, "a browser lets nobody type more"
    else:
        assert taken
    assert page.get_attribute("#password", "minlength") == str(AT_LEAST)
    assert page.get_attribute("#password", "maxlength") == str(AT_MOST)


# --- pairing --------------------------------------------------------------------------------------


def test_pairing_claims_shows_the_digits_and_waits_for_the_therapist(
    page: Page, answers: Answers
) -> None:
    answers.polls = [WAITING]
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(f"/pair#{CODE}")
    wait_for(page, "confirm")
    assert re.sub(r"\s", "", page.inner_text("#digits")) == "4071"
    size_px = page.evaluate(
        "parseFloat(getComputedStyle(document.getElementById('digits')).fontSize)"
    )
    assert size_px >= 60
    assert page.url.endswith("/pair")
    answers.polls = [WAITING, CONFIRMED]
    wait_for(page, "done")
    page.wait_for_timeout(1200)
    calls = [(method, path) for method, path, _ in answers.told]
    assert answers.told[0] == ("POST", "/v1/pairings/claim", {"code": CODE})
    assert answers.told[1][2] == {"claim": "c1"}
    assert {*calls[1:]} == {("POST", "/v1/pairings/collect")}
    assert calls.count(("POST", "/v1/pairings/claim")) == 1
    assert answers.polls == [CONFIRMED], "once it is confirmed nothing more is asked"
    assert "later version" in page.inner_text("#done")
    assert not [line for line in answers.lines if CODE in line]


@pytest.mark.parametrize(
    ("claim", "poll", "part"),
    [
        ((404, {}), CONFIRMED, "ended"),
        ((410, {}), CONFIRMED, "ended"),
        (Answers().claim, (404, {}), "ended"),
        (Answers().claim, (200, {"state": "expired"}), "ended"),
        (Answers().claim, (200, {"state": "refused"}), "refused"),
    ],
)
def test_a_pairing_that_comes_to_nothing(
    page: Page,
    answers: Answers,
    claim: tuple[int, dict[str, Any]],
    poll: tuple[int, dict[str, Any]],
    part: str,
) -> None:
    answers.claim, answers.polls = claim, [poll]
    page.goto(f"/pair#{CODE}")
    wait_for(page, part)


def test_a_pairing_outlives_a_lost_network(page: Page, answers: Answers) -> None:
    answers.polls = [(503, {}), CONFIRMED]
    page.goto(f"/pair#{CODE}")
    page.wait_for_selector("#unreachable:visible")
    wait_for(page, "done")
    assert page.is_hidden("#unreachable")


# --- every part of every page ---------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/setup", "/join", "/pair"])
def test_without_a_code_a_page_says_so_and_asks_nothing(
    page: Page, answers: Answers, path: str
) -> None:
    page.goto(path)
    wait_for(page, "missing")
    assert answers.told == []


@pytest.mark.parametrize("path", ["/setup", "/join", "/pair"])
def test_without_scripts_a_page_says_so(
    browser: Browser,  # noqa: F811
    service: tuple[str, Answers],
    path: str,
) -> None:
    with browser.new_context(base_url=service[0], java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(f"{path}#{CODE}")
        assert "needs JavaScript" in page.inner_text("main")


def test_what_breaks_the_policy_is_found(page: Page) -> None:
    """The reader itself: a style in the page, and a picture from elsewhere."""
    page.goto("/pair")
    page.evaluate("""() => {
        document.body.setAttribute("style", "color: red");
        const picture = document.createElement("img");
        picture.src = "https://elsewhere.example/a.png";
        document.body.append(picture);
    }""")
    page.wait_for_function("window.broken?.length === 2")
    found = sorted(page.evaluate("window.broken"))
    assert [one.split()[0] for one in found] == ["img-src", "style-src-attr"]
    page.evaluate("window.broken = []")


def test_the_trust_page_opens_by_keyboard(page: Page) -> None:
    page.set_extra_http_headers({"User-Agent": "something else"})
    page.goto("/trust")
    assert page.locator("details[open]").count() == 0
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.locator("details[open]").count() == 1
    assert page.locator(".qr").evaluate("one => one.complete && one.naturalWidth > 0")


PARTS = {
    "/trust": (None,),
    f"/setup#{CODE}": ("ask", "done", "missing"),
    f"/join#{CODE}": ("ask", "done", "missing"),
    f"/pair#{CODE}": ("confirm", "done", "ended", "refused", "claiming", "missing"),
}


@pytest.mark.parametrize("locale", ["en", "de"])
@pytest.mark.parametrize("path", PARTS)
def test_every_part_breaks_no_rule_and_never_scrolls_sideways(
    page: Page, answers: Answers, path: str, locale: str
) -> None:
    """Axe-core in light and dark; 320 px is 1280 px at 400 % (WCAG 2.2, 1.4.4 and 1.4.10)."""
    answers.polls = [WAITING]
    page.set_extra_http_headers({"Accept-Language": locale})
    page.goto(path)
    if path.startswith("/pair"):
        wait_for(page, "confirm")
    if path == "/trust":
        page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    else:
        page.wait_for_selector("main > section:visible")
    for part in PARTS[path]:
        if part is not None:
            page.evaluate(
                """(id) => { for (const one of document.querySelectorAll("main > section"))
                one.hidden = one.id !== id; }""",
                part,
            )
            page.evaluate(
                "for (const one of document.querySelectorAll('[data-trouble]')) one.hidden = false"
            )
        page.emulate_media(color_scheme="light")
        ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert violations(page, TAGS) == {}, part
        page.emulate_media(color_scheme="dark")
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") != ground
        if locale == "en":  # other words have the same colours
            assert violations(page, OF_COLOURS) == {}, part
        for width_px in (320, 375, 1024):
            page.set_viewport_size({"width": width_px, "height": 700})
            wide, there = widths(page)
            assert wide <= there == width_px, (part, width_px)
    page.evaluate(ENLARGE_WORDS)
    page.set_viewport_size({"width": 640, "height": 700})
    wide, there = widths(page)
    assert wide <= there
    assert page.evaluate(CUT_OFF) == []
