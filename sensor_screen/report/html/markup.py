"""Markup that cannot be broken by what is put into it: every text is escaped on its way in."""

from __future__ import annotations

from html import escape

from sensor_screen.hidden_letters import CONTROL
from sensor_screen.report.range_lens import number

_EMPTY = frozenset({"meta", "path", "line", "circle", "rect", "ellipse"})


class Markup(str):
    """Text that is markup already."""

    __slots__ = ()


def say(text: str) -> Markup:
    """A text as it may stand between tags; what cannot be seen is shown as a replacement mark."""
    if isinstance(text, Markup):
        return text
    return Markup(escape(CONTROL.sub("\ufffd", text), quote=False))


def tag(name: str, /, *inside: str, **attributes: str | float | bool) -> Markup:
    """One element.

    Args:
        name: Of the element.
        inside: Markup, or text that becomes markup.
        attributes: `class_` is `class`, other underscores are hyphens; True stands alone, False and
            the empty text leave the attribute out.
    """
    said = "".join(_attribute(key, value) for key, value in attributes.items())
    if name in _EMPTY:
        end = "" if name == "meta" else "/"
        return Markup(f"<{name}{said}{end}>")
    return Markup(f"<{name}{said}>{join(*inside)}</{name}>")


def join(*parts: str) -> Markup:
    """Parts one after the other."""
    return Markup("".join(say(part) for part in parts))


def _attribute(key: str, value: str | float | bool) -> str:
    if value is False or value == "":
        return ""
    name = key.rstrip("_").replace("_", "-")
    if name in _CAMEL:
        name = _CAMEL[name]
    if value is True:
        return f" {name}"
    text = number(value) if isinstance(value, float) else str(value)
    return f' {name}="{escape(CONTROL.sub(chr(0xFFFD), text))}"'


_CAMEL = {
    "viewbox": "viewBox",
    "patternunits": "patternUnits",
    "patterntransform": "patternTransform",
    "preserveaspectratio": "preserveAspectRatio",
}


def picture(
    name: str,
    box: tuple[float, float],
    title: str,
    description: str,
    *inside: str,
    class_: str = "",
) -> Markup:
    """An SVG that says in words what it shows; `name` is unique in the page."""
    return tag(
        "svg",
        tag("title", title, id=f"{name}-t"),
        tag("desc", description, id=f"{name}-d"),
        *inside,
        viewbox=f"0 0 {number(box[0])} {number(box[1])}",
        role="img",
        aria_labelledby=f"{name}-t",
        aria_describedby=f"{name}-d",
        class_=class_,
    )
