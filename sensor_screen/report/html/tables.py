"""Tables with a caption, and a scope for every head."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sensor_screen.report.html.markup import Markup, tag

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence


def table(
    caption: str,
    heads: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    numeric: Collection[int] = (),
    wide: bool = False,
    flows: bool = False,
    kinds: Mapping[int, str] | None = None,
) -> Markup:
    """A table whose first column names its rows; nothing where there are no rows.

    Args:
        caption: What it shows.
        heads: One for each column.
        rows: Cells, text or markup.
        numeric: Columns of figures, which stand at the right.
        wide: On a phone, each row becomes a block, and cells say what they are.
        flows: On paper, rows become lines of text in two columns.
        kinds: Of rows: `quiet` where nothing is to be noted, `told` where other sections say it.
    """
    if not rows:
        return Markup()
    head = [
        tag("th", text, scope="col", class_="n" if i in numeric else "") if text
        else tag("td")
        for i, text in enumerate(heads)
    ]  # fmt: skip
    body = [
        tag(
            "tr",
            tag("th", cells[0], scope="row"),
            *(
                tag("td", cell, class_="n" if i in numeric else "", data_k=heads[i] if wide else "")
                for i, cell in enumerate(cells[1:], start=1)
            ),
            class_=(kinds or {}).get(at, ""),
        )
        for at, cells in enumerate(rows)
    ]
    return tag(
        "table",
        tag("caption", caption),
        tag("thead", tag("tr", *head)),
        tag("tbody", *body),
        class_=" ".join(name for name, used in (("wide", wide), ("flows", flows)) if used),
    )
