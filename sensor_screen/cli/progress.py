"""What the user sees while something takes long; on stderr, and only where a person looks."""

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def show_work(text: str) -> Iterator[None]:
    """A moving sign with a word on what is going on."""
    from rich.console import Console

    console = Console(stderr=True)
    if not console.is_terminal:
        yield
        return
    with console.status(text):
        yield
