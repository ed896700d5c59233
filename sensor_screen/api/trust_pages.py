"""Pages that people need before there is an app (trust, set-up, joining, pairing), their files.

They hold under `default-src 'none'` with scripts, styles and pictures of the same origin only.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from importlib import resources
from typing import Annotated

from fastapi import APIRouter, FastAPI, Header, HTTPException, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from sensor_screen.api.pages import Markup, choose_language, page_words, render_page
from sensor_screen.certificates.authority import Authority
from sensor_screen.certificates.leaf import LocalTls
from sensor_screen.certificates.profile import mobileconfig
from sensor_screen.certificates.qr import svg_qr
from sensor_screen.service.passwords import AT_LEAST, AT_MOST, LOGIN

OF_ACCOUNT = {"login_pattern": LOGIN, "least": str(AT_LEAST), "most": str(AT_MOST)}
"""What a page asks for before the service is asked."""
STATIC_TYPES = {
    "pages.css": "text/css; charset=utf-8",
    "mark.svg": "image/svg+xml",
    "door.js": "text/javascript; charset=utf-8",
    "account.js": "text/javascript; charset=utf-8",
    "join.js": "text/javascript; charset=utf-8",
    "setup.js": "text/javascript; charset=utf-8",
    "pair.js": "text/javascript; charset=utf-8",
}
OF_TRUST_PAGE = ("pages.css", "mark.svg")
"""Static files that are had without TLS."""
PAGE_POLICY = "; ".join(
    (
        *("default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data:"),
        *("connect-src 'self'", "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'"),
    )
)
"""Content security policy under which all pages work."""
PLAIN_HEADERS = {
    "Content-Security-Policy": PAGE_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_PORT_OF = {"http": 80, "https": 443}

AcceptLanguage = Annotated[str, Header()]
UserAgent = Annotated[str, Header()]


@dataclass(frozen=True, slots=True)
class TrustOffer:
    """Whose certificate is offered, and where pages are."""

    tls: LocalTls
    secure_port: int
    """Of the service, with TLS."""
    plain_port: int
    """Of the trust page alone, without."""

    @property
    def authority(self) -> Authority:
        """Who is to be trusted."""
        return self.tls.authority

    @property
    def secure_urls(self) -> tuple[str, ...]:
        """By name, then by each address: not every Android finds names that end in .local."""
        return tuple(_url("https", host, self.secure_port) for host in self.tls.names.hosts)

    @property
    def trust_url(self) -> str:
        """Where a phone begins: by an address of version 4 where there is one."""
        return _url("http", self._host, self.plain_port) + "trust"

    @property
    def phone_url(self) -> str:
        """The service as a phone reaches it that was shown a code, without a slash at the end."""
        return _url("https", self._host, self.secure_port).rstrip("/")

    @property
    def _host(self) -> str:
        addresses = sorted(self.tls.names.addresses, key=lambda one: one.version)
        if not addresses:
            return self.tls.names.name
        return f"[{addresses[0]}]" if addresses[0].version == 6 else str(addresses[0])


Offer = Callable[[], TrustOffer | None]
"""What is offered now; None where the service has no authority of its own."""


def trust_router(offer: Offer) -> APIRouter:
    """The trust page, certificate, profile and QR code; 404 each where nothing is offered."""
    router = APIRouter(include_in_schema=False)

    def offered() -> TrustOffer:
        found = offer()
        if found is None:
            raise HTTPException(404, "This service has no certificate authority of its own.")
        return found

    @router.get("/trust", operation_id="show_trust_page", response_class=HTMLResponse)
    def show_trust_page(
        accept_language: AcceptLanguage = "", user_agent: UserAgent = ""
    ) -> Response:
        return _page(render_trust_page(offered(), accept_language, user_agent))

    @router.get("/trust/ca.crt", operation_id="get_authority_certificate")
    def get_authority_certificate() -> Response:
        content = offered().authority.pem
        return _download(content, "application/x-x509-ca-cert", "sensor-screen-ca.crt")

    @router.get("/trust/ca.mobileconfig", operation_id="get_authority_profile")
    def get_authority_profile(accept_language: AcceptLanguage = "") -> Response:
        words = page_words("trust", choose_language(accept_language))
        content = mobileconfig(offered().authority, words["profile"])
        kind = "application/x-apple-aspen-config"
        return _download(content, kind, "sensor-screen-ca.mobileconfig")

    @router.get("/trust/qr.svg", operation_id="get_trust_code")
    def get_trust_code() -> Response:
        return Response(
            svg_qr(offered().trust_url),
            media_type="image/svg+xml",
            headers={"Cache-Control": "no-store"},
        )

    return router


def door_router() -> APIRouter:
    """Set-up, joining and pairing; their codes stand behind the # and never come here."""
    router = APIRouter(include_in_schema=False)

    @router.get("/setup", operation_id="show_setup_page", response_class=HTMLResponse)
    def show_setup_page(accept_language: AcceptLanguage = "") -> Response:
        language = choose_language(accept_language)
        return _page(render_page("setup", language, OF_ACCOUNT, script="setup.js"))

    @router.get("/join", operation_id="show_join_page", response_class=HTMLResponse)
    def show_join_page(accept_language: AcceptLanguage = "") -> Response:
        language = choose_language(accept_language)
        return _page(render_page("join", language, OF_ACCOUNT, script="join.js"))

    @router.get("/pair", operation_id="show_pair_page", response_class=HTMLResponse)
    def show_pair_page(accept_language: AcceptLanguage = "") -> Response:
        language = choose_language(accept_language)
        return _page(render_page("pair", language, script="pair.js"))

    return router


def static_router(names: tuple[str, ...] = tuple(STATIC_TYPES)) -> APIRouter:
    """Static files of these pages, by an allow-list."""
    router = APIRouter(include_in_schema=False)
    folder = resources.files(__package__).joinpath("static")
    contents = {name: folder.joinpath(name).read_bytes() for name in names}

    @router.get("/static/{name}", operation_id="get_static_file")
    def get_static_file(name: str) -> Response:
        if name not in contents:
            raise HTTPException(404, "There is no such file.")
        headers = {"Cache-Control": "no-cache"}
        return Response(contents[name], media_type=STATIC_TYPES[name], headers=headers)

    return router


def create_trust_app(offer: Offer) -> FastAPI:
    """What is served beside TLS without it: how to trust the authority, and nothing else."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)

    @app.middleware("http")
    async def add_headers(
        request: Request, call_next: Callable[[Request], Awaitable[Response]]
    ) -> Response:
        answer = await call_next(request)
        answer.headers.update(PLAIN_HEADERS)
        return answer

    @app.get("/")
    def go_to_trust_page() -> RedirectResponse:
        return RedirectResponse("/trust")

    app.include_router(trust_router(offer))
    app.include_router(static_router(OF_TRUST_PAGE))
    return app


def render_trust_page(offer: TrustOffer, accept_language: str, user_agent: str) -> str:
    """The page that walks a device through trusting the authority."""
    language = choose_language(accept_language)
    system = _system(user_agent)
    secure, *others = offer.secure_urls
    pairs = offer.authority.fingerprint.split(":")
    values = {
        "authority": offer.authority.name,
        "url": offer.trust_url,
        "trust_url": offer.trust_url,
        "secure_url": secure,
        "fingerprint": Markup(" ".join(f"<span>{pair}</span>" for pair in pairs)),
        "others": _others(others, page_words("trust", language)["next_other"]),
        **{f"{one}_open_now": "open" * (one == system) for one in ("ios", "android", "computer")},
    }
    return render_page("trust", language, values)


def _others(urls: list[str], words: str) -> Markup:
    if not urls:
        return Markup()
    items = "".join(f'<li><a class="address" href="{url}">{url}</a></li>' for url in urls)
    return Markup(f'<p class="note">{words}</p>\n<ul class="plain">{items}</ul>')


def _system(user_agent: str) -> str:
    """Which part of the page is open; an iPad may say that it is a Mac."""
    for mark, system in (
        *(("iPhone", "ios"), ("iPad", "ios"), ("Android", "android")),
        *(("Windows", "computer"), ("Macintosh", "computer")),
    ):
        if mark in user_agent:
            return system
    return ""


def _url(scheme: str, host: str, port: int) -> str:
    return f"{scheme}://{host}{'' if port == _PORT_OF[scheme] else f':{port}'}/"


def _page(html: str) -> HTMLResponse:
    headers = {"Cache-Control": "no-store", "Vary": "Accept-Language, User-Agent"}
    return HTMLResponse(html, headers=headers)


def _download(content: bytes, kind: str, name: str) -> Response:
    headers = {
        "Cache-Control": "no-store",
        "Content-Disposition": f'attachment; filename="{name}"',
    }
    return Response(content, media_type=kind, headers=headers)
