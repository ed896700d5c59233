"""The terminal screen of a guided capture, to be followed from two metres.

From far: the instruction, the count and the figure, in letters four lines high. From near: sensors,
step, the sentence, keys. Zones are thickness, place and a word, never colour alone; nothing is red.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.text import Text

from sensor_screen.report.big_letters import big_width, draw_big, wrap_big
from sensor_screen.report.record_words import (
    degrees,
    list_choices,
    list_keys,
    say_bar,
    say_count,
    say_how_to_answer,
    say_light,
    say_question,
    say_step,
    show_text,
)
from sensor_screen.session.capture_view import Light, Phase
from sensor_screen.session.plan import Wait

if TYPE_CHECKING:
    from sensor_screen.rules.voice import Voice
    from sensor_screen.session.capture_view import CaptureView, LiveBar

NARROWEST = 40
_TROUBLE_LINES = 4
_DRAWN_TO = 1.10
"""Share of the own end range at the right edge of a bar."""
_WITHOUT_END_RAD = math.radians(60.0)
"""Right edge of a bar while no end range is known."""
_LIGHTS = {Light.WAITING: "○", Light.GOOD: "●", Light.WEAK: "◐", Light.LOST: "✕"}
_LIGHTS_ASCII = {Light.WAITING: "o", Light.GOOD: "*", Light.WEAK: "!", Light.LOST: "x"}
_STYLES = {
    Light.GOOD: "green",
    Light.WAITING: "dim",
    Light.WEAK: "yellow bold",
    Light.LOST: "bold reverse",
}
_ZONES = ("░", "▒", "▓", "╱")
_ZONES_ASCII = (".", "-", "=", "/")
_ZONE_STYLES = ("cyan", "yellow", "magenta", "magenta dim")


class RecordScreen:
    """Draws what a capture shows; it has no state but its size and language.

    Args:
        voice: The language.
        width: Columns.
        height: Lines.
        ascii_only: For terminals without Unicode.
    """

    def __init__(self, voice: Voice, width: int, height: int, *, ascii_only: bool = False) -> None:
        self._voice, self._width, self._height = voice, max(NARROWEST, width), height
        self._ascii = ascii_only
        self._big = 2 if width >= 110 and height >= 36 and not ascii_only else 1

    def draw(self, view: CaptureView, typed: str = "", problem: str = "") -> Text:
        """The whole screen.

        Args:
            view: What the capture shows.
            typed: Of an answer, so far.
            problem: What was wrong with the last answer.
        """
        top = [*self._head(view), *self._sensors(view), Text()]
        bottom = [*self._troubles(view), *self._keys(view)]
        room = self._height - len(top) - len(bottom)
        middle = self._question(view, typed, problem) if view.question else self._task(view, room)
        middle = middle[: max(0, room)]
        filled = [*middle, *[Text()] * max(0, room - len(middle))]
        lines = [*top, *filled, *bottom][: self._height]
        for line in lines:
            line.rstrip()
            line.truncate(self._width)
        return Text("\n").join(lines)

    # --- near ---

    def _head(self, view: CaptureView) -> list[Text]:
        left = say_step(self._voice, view)
        right = show_text(self._voice, "simulated") if view.simulated else ""
        gap = self._width - cell_len(left) - cell_len(right)
        if gap < 1:
            return [Text(left, style="bold"), Text(right, style="italic")]
        return [Text.assemble((left, "bold"), " " * gap, (right, "italic"))]

    def _sensors(self, view: CaptureView) -> list[Text]:
        signs = _LIGHTS_ASCII if self._ascii else _LIGHTS
        said = [
            Text(
                f"{signs[light.light]} {say_light(self._voice, light)}", style=_STYLES[light.light]
            )
            for light in view.lights
        ]
        return self._side_by_side(said)

    def _side_by_side(self, parts: list[Text]) -> list[Text]:
        """On as few lines as the width allows."""
        lines: list[Text] = []
        for part in parts:
            together = lines[-1].cell_len + 3 + part.cell_len if lines else self._width + 1
            if together <= self._width:
                lines[-1] = Text.assemble(lines[-1], "   ", part)
            else:
                lines.append(part)
        return lines

    def _troubles(self, view: CaptureView) -> list[Text]:
        lines: list[Text] = []
        for trouble in view.troubles[:2]:
            said = self._wrap(f"! {self._voice.say(trouble)}", "yellow bold")
            # A second one that would be cut in the middle is left out.
            lines += said if not lines or len(lines) + len(said) <= _TROUBLE_LINES else []
        return [*lines[:_TROUBLE_LINES], Text()] if lines else []

    def _keys(self, view: CaptureView) -> list[Text]:
        said = [Text(key, style="dim") for key in list_keys(self._voice, view)]
        return self._side_by_side(said)

    def _question(self, view: CaptureView, typed: str, problem: str) -> list[Text]:
        if view.question is None:
            return []
        voice, asked = self._voice, view.question
        lines = [*self._wrap(say_question(voice, asked), "bold"), Text()]
        lines += [Text(f"   {choice}") for choice in list_choices(voice, asked)]
        lines += [Text(), Text(say_how_to_answer(voice, asked), style="dim"), Text(f"> {typed}_")]
        return [*lines, Text(), *(self._wrap(problem, "yellow") if problem else [])]

    # --- far ---

    def _task(self, view: CaptureView, room: int) -> list[Text]:
        """What can be read from far: as large as the room allows."""
        lines = self._far(view, self._big)
        if len(lines) > room and self._big > 1:
            lines = self._far(view, 1)
        if len(lines) > room:
            lines = [line for line in lines if line.plain]
        return lines if len(lines) <= room else self._far(view, 0)

    def _far(self, view: CaptureView, scale: int) -> list[Text]:
        """The same at one size; 0 for plain letters, where the terminal is too small for any."""
        lines = self._large(self._voice.say(view.big), scale)
        lines += [Text(), *self._wrap(self._voice.say(view.say))]
        for reason in view.reasons:
            lines += [Text(), *self._wrap(self._voice.say(reason), "bold")]
        if view.phase is Phase.READY:
            seconds = math.ceil(view.countdown_s)
            lines += [Text(), *self._large(f"{seconds}", scale)]
            return [*lines, Text(show_text(self._voice, "starts", seconds=seconds))]
        if view.count is not None and view.phase in (Phase.DOING, Phase.PAUSED):
            lines += [Text(), *self._figures(view, scale)]
        if view.phase is Phase.DOING:
            lines += self._bars(view)
        return lines

    def _bars(self, view: CaptureView) -> list[Text]:
        """Every leg that acts; a word where its angle is still to come."""
        moves = view.count is not None and view.count.wait is Wait.REPETITIONS
        if moves and not view.bars:
            return [Text(), Text(show_text(self._voice, "unknown"), style="dim")]
        return [line for bar in view.bars for line in (Text(), *self._bar(bar))]

    def _figures(self, view: CaptureView, scale: int) -> list[Text]:
        """Count, and where one leg acts its angle, side by side."""
        if view.count is None or not scale:
            return [Text(say_count(self._voice, view.count), style="bold")] if view.count else []
        count = f"{int(view.count.done)}/{math.ceil(view.count.wanted)}"
        figure = ""
        if len(view.bars) == 1 and math.isfinite(view.bars[0].angle_rad):
            figure = degrees(view.bars[0].angle_rad)
        gap = self._width - big_width(count, scale) - big_width("−00°", scale)
        left = draw_big(count, scale=scale, ascii_only=self._ascii)
        right = draw_big(figure, scale=scale, ascii_only=self._ascii) if figure and gap > 0 else []
        lines = []
        for k, part in enumerate(left):
            line = Text(part, style="bold")
            if right:
                pad = self._width - len(part) - len(right[k])
                line.append(" " * max(1, pad) + right[k])
            lines.append(line)
        return [*lines, Text(say_count(self._voice, view.count))]

    def _bar(self, bar: LiveBar) -> list[Text]:
        """The own range from neutral to a little beyond its end, with the angle as a needle."""
        known = math.isfinite(bar.end_range_rad)
        full_rad = bar.end_range_rad * _DRAWN_TO if known else _WITHOUT_END_RAD
        columns = self._width - 2
        per_rad = columns / full_rad
        track = Text(" ")
        marks = _ZONES_ASCII if self._ascii else _ZONES
        edges = [math.inf, math.inf, math.inf]
        if bar.bands is not None and bar.bands.resolved:
            edges = [bar.bands.amber_from_rad, bar.bands.red_from_rad, bar.bands.end_range_rad]
        elif known:
            edges = [math.inf, math.inf, bar.end_range_rad]
        for column in range(columns):
            at_rad = (column + 0.5) / per_rad
            zone = sum(at_rad >= edge for edge in edges)
            zone = 3 if at_rad >= edges[2] else zone
            # The end range is a line, and before it is known the furthest repetition.
            end_rad = bar.end_range_rad if known else bar.best_rad
            is_end = abs(at_rad - end_rad) <= 0.5 / per_rad
            mark = ("|" if self._ascii else "┃" if known else "│") if is_end else marks[zone]
            track.append(mark, style="bold" if is_end else _ZONE_STYLES[zone])
        return [
            *self._needle(bar, per_rad, columns),
            track,
            track.copy(),
            *self._wrap(say_bar(self._voice, bar)),
        ]

    def _needle(self, bar: LiveBar, per_rad: float, columns: int) -> list[Text]:
        if not math.isfinite(bar.angle_rad):
            return [Text()]
        column = int(min(max(bar.angle_rad * per_rad, 0.0), columns - 1.0))
        filled = "=" if self._ascii else "█"
        tip = ">" if self._ascii else "▶"
        return [Text.assemble(" ", (filled * column + tip, "bold"))]

    def _large(self, text: str, scale: int) -> list[Text]:
        lines: list[Text] = []
        if not scale:
            return [Text(text.upper(), style="bold reverse")]
        for part in wrap_big(text, self._width, scale):
            if big_width(part, scale) > self._width:
                lines.append(Text(part.upper(), style="bold reverse"))
                continue
            if lines:
                lines.append(Text())
            drawn = draw_big(part, scale=scale, ascii_only=self._ascii)
            lines += [Text(line, style="bold") for line in drawn]
        return lines

    def _wrap(self, text: str, style: str = "") -> list[Text]:
        import textwrap

        return [Text(line, style=style) for line in textwrap.wrap(text, self._width)]
