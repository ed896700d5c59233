"""The small pages without a browser: what is served where, in which language, and how."""

from __future__ import annotations

import plistlib
import re
import ssl
import string
from contextlib import contextmanager
from datetime import UTC, datetime
from html.parser import HTMLParser
from importlib import resources
from ipaddress import ip_address
from typing import TYPE_CHECKING

import httpx
import pytest
from cryptography import x509

from sensor_screen.api import pages
from sensor_screen.api.pages import Markup, choose_language, page_words, render_page
from sensor_screen.api.trust_pages import (
    OF_TRUST_PAGE,
    STATIC_TYPES,
    TrustOffer,
    create_trust_app,
)
from sensor_screen.certificates.addresses import HostNames
from sensor_screen.certificates.context import server_context
from sensor_screen.certificates.leaf import open_local_tls
from sensor_screen.certificates.qr import svg_qr
from sensor_screen.judgement import Language
from sensor_screen.report.html.tokens import DARK, LIGHT
from sensor_screen.service.passwords import LOGIN
from tests.api.page_app import Answers, make_app, served
from tests.certificates.made_tls import NAMES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fastapi import FastAPI

PAGES = ("trust", "setup", "join", "pair")
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 26_1 like Mac OS X) Version/26.1 Safari/604.1"
ANDROID = "Mozilla/5.0 (Linux; Android 16; Pixel 9) Chrome/142.0.0.0 Mobile Safari/537.36"


@pytest.fixture(scope="module")
def offer(tmp_path_factory: pytest.TempPathFactory) -> TrustOffer:
    tls = open_local_tls(tmp_path_factory.mktemp("tls"), NAMES, datetime.now(UTC))
    return TrustOffer(tls, 8443, 8080)


@pytest.fixture(scope="module")
def client(offer: TrustOffer) -> Iterator[httpx.Client]:
    with asking(make_app(offer, Answers())) as client:
        yield client


@pytest.fixture(scope="module")
def plain(offer: TrustOffer) -> Iterator[httpx.Client]:
    with asking(create_trust_app(lambda: offer)) as client:
        yield client


@contextmanager
def asking(app: FastAPI) -> Iterator[httpx.Client]:
    with served(app) as address, httpx.Client(base_url=address, trust_env=False) as client:
        yield client


class Inline(HTMLParser):
    """Collects what a strict policy forbids, and everything that a page refers to."""

    def __init__(self) -> None:
        super().__init__()
        self.forbidden: list[str] = []
        self.targets: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.forbidden += [name for name in given if name == "style" or name.startswith("on")]
        self.forbidden += [tag] * (tag in ("style", "base", "iframe", "object"))
        self.forbidden += [tag] * (tag == "script" and not given.get("src"))
        self.targets += [given[name] or "" for name in ("href", "src", "action") if name in given]


# --- what is had without TLS ----------------------------------------------------------------------


def test_the_plain_port_gives_the_trust_page_and_nothing_else(plain: httpx.Client) -> None:
    had = ("/trust", "/trust/ca.crt", "/trust/ca.mobileconfig", "/trust/qr.svg")
    for path in (*had, *(f"/static/{name}" for name in OF_TRUST_PAGE)):
        assert plain.get(path).status_code == 200, path
    assert plain.get("/").headers["location"] == "/trust"
    for path in (
        *(
            "/setup",
            "/join",
            "/pair",
            "/v1/setup",
            "/v1/people",
            "/openapi.json",
            "/docs",
            "/metrics",
        ),
        *("/static/setup.js", "/static/../pages/en.toml", "/static/%2e%2e/trust_pages.py"),
        *("/trust/ca.key", "/trust/authority.pem", "/trust/server.pem"),
    ):
        assert plain.get(path).status_code == 404, path
    for method in ("POST", "PUT", "DELETE"):
        assert plain.request(method, "/trust").status_code == 405


def test_all_that_the_trust_page_needs_is_had_without_tls(plain: httpx.Client) -> None:
    page = Inline()
    page.feed(plain.get("/trust").text)
    own = {target for target in page.targets if target.startswith("/")}
    assert {"/trust/ca.crt", "/trust/ca.mobileconfig", "/trust/qr.svg"} < own
    assert {plain.get(target).status_code for target in own} == {200}


def test_every_answer_of_the_plain_port_has_its_headers(plain: httpx.Client) -> None:
    for path in ("/trust", "/nothing", "/static/pages.css"):
        headers = plain.get(path).headers
        assert headers["content-security-policy"].startswith(
            "default-src 'none'; script-src 'self'"
        )
        assert headers["x-content-type-options"] == "nosniff"
        assert "strict-transport-security" not in headers


def test_no_key_is_given_away(client: httpx.Client, plain: httpx.Client) -> None:
    for one in (client, plain):
        for path in ("/trust", "/trust/ca.crt", "/trust/ca.mobileconfig", "/trust/qr.svg"):
            assert b"PRIVATE" not in one.get(path).content


def test_without_an_own_authority_there_is_nothing_to_trust() -> None:
    with asking(create_trust_app(lambda: None)) as client:
        for path in ("/trust", "/trust/ca.crt", "/trust/ca.mobileconfig", "/trust/qr.svg"):
            assert client.get(path).status_code == 404


# --- certificate, profile, code -------------------------------------------------------------------


def test_the_certificate_as_a_file(client: httpx.Client, offer: TrustOffer) -> None:
    answer = client.get("/trust/ca.crt")
    assert answer.headers["content-type"] == "application/x-x509-ca-cert"
    assert answer.headers["content-disposition"] == 'attachment; filename="sensor-screen-ca.crt"'
    found = x509.load_pem_x509_certificate(answer.content)
    assert found == offer.authority.certificate


@pytest.mark.parametrize("language", ["en", "de"])
def test_the_profile_speaks_the_language_of_the_phone(client: httpx.Client, language: str) -> None:
    answer = client.get("/trust/ca.mobileconfig", headers={"Accept-Language": language})
    assert answer.headers["content-type"] == "application/x-apple-aspen-config"
    said = plistlib.loads(answer.content)["PayloadDescription"]
    assert said == page_words("trust", Language(language))["profile"]


def test_the_code_opens_the_trust_page_by_an_address(
    client: httpx.Client, offer: TrustOffer
) -> None:
    assert offer.trust_url == "http://192.168.7.20:8080/trust"
    answer = client.get("/trust/qr.svg")
    assert answer.headers["content-type"] == "image/svg+xml"
    assert answer.content == svg_qr(offer.trust_url)


@pytest.mark.parametrize(
    ("addresses", "url"),
    [
        (("fd00::1", "10.0.0.1"), "http://10.0.0.1/trust"),
        (("fd00::1",), "http://[fd00::1]/trust"),
        ((), "http://a.local/trust"),
    ],
)
def test_where_a_phone_begins(offer: TrustOffer, addresses: tuple[str, ...], url: str) -> None:
    names = HostNames("a.local", tuple(ip_address(one) for one in addresses))
    tls = type(offer.tls)(offer.authority, offer.tls.leaf, offer.tls.path, names)
    assert TrustOffer(tls, 443, 80).trust_url == url
    assert TrustOffer(tls, 443, 80).secure_urls[0] == "https://a.local/"


# --- the trust page -------------------------------------------------------------------------------


def test_the_trust_page_shows_fingerprint_and_addresses(
    client: httpx.Client, offer: TrustOffer
) -> None:
    text = client.get("/trust").text
    assert ":".join(re.findall(r"<span>([0-9A-F]{2})</span>", text)) == offer.authority.fingerprint
    for url in ("praxis-7.local:8443/", "192.168.7.20:8443/", "[fd07::20]:8443/"):
        assert f'href="https://{url}"' in text
    assert offer.authority.name in text


@pytest.mark.parametrize(
    ("agent", "heading"),
    [
        (IPHONE, "iPhone and iPad"),
        (ANDROID, "Android"),
        ("Windows NT", "Windows and Mac"),
        ("", None),
        ("curl/8", None),
    ],
)
def test_the_part_of_the_own_device_is_open(
    client: httpx.Client, agent: str, heading: str | None
) -> None:
    text = client.get("/trust", headers={"User-Agent": agent}).text
    found = re.findall(r"<details class=\"card\" open>\s*<summary><h2>([^<]*)", text)
    assert found == ([heading] if heading else [])


def test_a_hostile_name_stays_text() -> None:
    values = {"authority": '"><script>alert(1)</script>', "url": "x", "trust_url": "x"}
    values |= {"secure_url": "x", "fingerprint": "x", "others": Markup("")}
    values |= dict.fromkeys(("ios_open_now", "android_open_now", "computer_open_now"), "")
    assert "<script" not in render_page("trust", Language.ENGLISH, values)


# --- languages and form ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "language"),
    [
        ("", "en"),
        ("de", "de"),
        ("de-AT,en;q=0.8", "de"),
        ("en-GB,de;q=0.9", "en"),
        ("fr-CH, fr;q=0.9, de;q=0.7, en;q=0.3", "de"),
        ("fr", "en"),
        ("de;q=0, en", "en"),
        ("de;q=many", "en"),
        (";;,=,de;level=1", "de"),
        ("de;q=nan", "en"),
    ],
)
def test_the_language_is_what_is_asked_for_most(asked: str, language: str) -> None:
    assert choose_language(asked) == Language(language)


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("language", ["en", "de"])
def test_a_page_is_whole_and_has_nothing_inline(
    client: httpx.Client, page: str, language: str
) -> None:
    answer = client.get(f"/{page}", headers={"Accept-Language": language})
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert "Accept-Language" in answer.headers["vary"]
    assert f'<html lang="{language}">' in answer.text
    text = answer.text.replace(f'pattern="{LOGIN}"', "")
    assert not re.search(r"\$\w|[{}]", text), "nothing is left to fill in"
    found = Inline()
    found.feed(answer.text)
    assert found.forbidden == []
    own = [one for one in found.targets if not one.startswith(("#", "https://praxis", "/v1/"))]
    own = [one for one in own if not re.match(r"https://(192|\[fd)", one)]
    assert {client.get(one).status_code for one in own} == {200}


def test_both_languages_say_the_same_things() -> None:
    for name in ("frame", *PAGES):
        english, german = (page_words(name, language) for language in Language)
        assert [*english] == [*german]
        for key, text in english.items():
            fields = [
                sorted(field for _, field, _, _ in string.Formatter().parse(one) if field)
                for one in (text, german[key])
            ]
            assert fields[0] == fields[1], key
            assert text.count("*") % 2 == german[key].count("*") % 2 == 0, key


def test_no_word_is_there_for_nothing() -> None:
    folder = resources.files(pages)
    for name in PAGES:
        template = folder.joinpath(f"{name}.html").read_text("utf-8")
        used = {one[1] or one[2] for one in string.Template.pattern.findall(template)}
        spoken = {*page_words(name, Language.ENGLISH)} - {"title", "profile", "next_other"}
        assert spoken <= used


def test_the_colours_are_those_of_the_report() -> None:
    css = resources.files("sensor_screen.api").joinpath("static", "pages.css").read_text("utf-8")
    light, dark = re.findall(r":root\{(.*?)\}", css, re.DOTALL)
    for part, colours in ((light, LIGHT), (dark, DARK)):
        found = dict(re.findall(r"--([\w-]+):(#\w+)", part))
        assert found.pop("on-accent")
        assert found == {name: colours[name] for name in found}


def test_static_files_are_a_list(client: httpx.Client) -> None:
    folder = resources.files("sensor_screen.api").joinpath("static")
    assert {one.name for one in folder.iterdir()} == {*STATIC_TYPES}
    for name, kind in STATIC_TYPES.items():
        assert client.get(f"/static/{name}").headers["content-type"] == kind
    assert client.get("/static/none.js").status_code == 404


def test_the_pages_are_had_over_tls_of_the_own_authority(offer: TrustOffer) -> None:
    trusting = ssl.create_default_context(cadata=offer.authority.pem.decode())
    with served(make_app(offer, Answers()), server_context(offer.tls.path)) as address:
        assert httpx.get(f"{address}/setup", verify=trusting).status_code == 200
        with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
            httpx.get(f"{address}/setup")
