"""Pages of plain HTML: templates, and the words of each language in one file."""

from __future__ import annotations

import re
import string
import tomllib
from functools import cache
from html import escape
from importlib import resources
from typing import TYPE_CHECKING

from sensor_screen.judgement import Language

if TYPE_CHECKING:
    from collections.abc import Mapping

_STRONG = re.compile(r"\*([^*]+)\*")


class Markup(str):
    """Text that is markup already."""

    __slots__ = ()


def choose_language(accept_language: str) -> Language:
    """The language that a browser asks for most; English where it asks for none that is known.

    Args:
        accept_language: The header, as in RFC 9110, 12.5.4; may be empty or malformed.
    """
    best, most = Language.ENGLISH, 0.0
    for part in accept_language.split(","):
        wanted, _, weight = part.partition(";")
        known = wanted.strip().lower().partition("-")[0]
        wish = _weight(weight)
        if wish > most and known in {one.value for one in Language}:
            best, most = Language(known), wish
    return best


def render_page(
    name: str, language: Language, values: Mapping[str, str] | None = None, script: str = ""
) -> str:
    """A whole page.

    Args:
        name: Of the template and of the table of words.
        language: Of the words.
        values: What words and template name besides; escaped unless it is `Markup`.
        script: Static module that the page loads; empty for none.

    Raises:
        KeyError: Template or words name what is not there: a mistake in the code.
    """
    given = {key: _escaped(value) for key, value in (values or {}).items()}
    words = page_words(name, language)
    said = {key: _say(text).format_map(given) for key, text in words.items()}
    content = _template(name).substitute({**given, **said})
    frame = {key: _say(text) for key, text in page_words("frame", language).items()}
    source = f'<script type="module" src="/static/{script}"></script>' if script else ""
    return _template("frame").substitute(
        frame, language=language.value, title=said["title"], script=source, content=content
    )


@cache
def page_words(name: str, language: Language) -> Mapping[str, str]:
    """The words of one page."""
    file = resources.files(__package__).joinpath(f"{language.value}.toml")
    words: dict[str, str] = tomllib.loads(file.read_text(encoding="utf-8"))[name]
    return words


@cache
def _template(name: str) -> string.Template:
    file = resources.files(__package__).joinpath(f"{name}.html")
    return string.Template(file.read_text(encoding="utf-8"))


def _escaped(value: str) -> str:
    return value if isinstance(value, Markup) else escape(value)


def _say(text: str) -> str:
    return _STRONG.sub(r"<b>\1</b>", escape(text))


def _weight(text: str) -> float:
    name, _, value = text.strip().partition("=")
    if not name:
        return 1.0
    try:
        return float(value) if name.strip() == "q" else 1.0
    except ValueError:
        return 0.0
