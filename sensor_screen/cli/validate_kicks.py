"""The part of `sensor-screen validate` that counts kicks where it is known how many there were."""

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from sensor_screen.cli.wide_table import print_table, wide_table, with_progress

if TYPE_CHECKING:
    from sensor_screen.session.validation_kicks import KickCounts

_TITLE = "Kicks found without labels, recordings; one leg alone, and both legs together"
_HEADINGS = (
    "kicking leg: exactly right",
    "standing leg: with a kick",
    "both legs: exactly right",
    "standing leg with a kick",
)


def show_kicks(folder: Path) -> bool:
    """Print the counts of every folder below that states its kicks; False where none does."""
    from sensor_screen import wiring
    from sensor_screen.session.validation_kicks import count_groups

    places = sorted(meta.parent for meta in folder.rglob("meta.json") if _states_kicks(meta))
    if not places:
        return False
    found = [
        wiring.count_kicks_in_folder(place, place.name)
        for place in with_progress(places, "Counting kicks")
    ]
    legs = [leg for leg in found if leg is not None]
    _print_counts(count_groups(legs))
    for leg in legs:
        if leg.note:
            typer.echo(f"{leg.name}: {leg.note}")
    return True


def _states_kicks(meta: Path) -> bool:
    # What is not text is named by the reader of the folder.
    return '"kicks_expected"' in meta.read_text(encoding="utf-8", errors="replace")


def _print_counts(groups: "tuple[KickCounts, ...]") -> None:
    table = wide_table(_TITLE, "recordings", *_HEADINGS)
    for group in groups:
        table.add_row(
            group.name,
            _share(group.exactly_right, group.kicking),
            _share(group.standing_with_kick, group.standing),
            _share(group.paired_right, group.pairs),
            _share(group.paired_standing_with_kick, group.pairs),
        )
    print_table(table)


def _share(count: int, total: int) -> str:
    return f"{count} of {total} = {100 * count / total:.1f} %" if total else "-"
