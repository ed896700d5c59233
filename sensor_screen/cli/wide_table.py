"""Tables of `sensor-screen validate`: as wide as they need to be, also where nobody looks."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from rich.table import Table

T = TypeVar("T")
_LEAST_WIDTH = 150


def wide_table(title: str, first: str, *headings: str) -> "Table":
    """An empty table: names to the left, figures to the right."""
    from rich.table import Table

    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    table.add_column(first, no_wrap=True)
    for heading in headings:
        table.add_column(heading, justify="right")
    return table


def print_table(table: "Table") -> None:
    """On stdout; a pipe has no width of its own."""
    from rich.console import Console

    console = Console()
    Console(width=max(console.width, _LEAST_WIDTH)).print(table)


def with_progress(items: Sequence[T], words: str) -> Iterator[T]:
    """The items, and on stderr how many of them are done."""
    from rich.console import Console
    from rich.progress import track

    yield from track(items, words, console=Console(stderr=True), transient=True)
