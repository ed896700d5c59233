"""The tables of `sensor-screen validate --table`: events and faults of simulated people."""

from collections.abc import Callable, Sequence
from itertools import product
from math import isnan
from typing import TYPE_CHECKING

from sensor_screen.cli.choices import Figures
from sensor_screen.cli.wide_table import print_table, wide_table, with_progress

if TYPE_CHECKING:
    from sensor_screen.session.span_scores import SpanScore
    from sensor_screen.session.validation_faults import FaultCell
    from sensor_screen.session.validation_sway import EventCount
    from sensor_screen.session.validation_tasks import TaskScore

_WORK = "Simulating and measuring"


def show_figures(figures: Figures, seeds: int | None) -> None:
    """Print one table; with as many people as it can have in three minutes, if none is named."""
    show, usual = _TABLES[figures]
    show(range(seeds or usual))


def _show_impact(seeds: Sequence[int]) -> None:
    from sensor_screen.session.validation_impact import IMPACT_CASES, RATES_HZ, measure_impact

    cases = with_progress(list(product(IMPACT_CASES, RATES_HZ)), _WORK)
    table = wide_table(
        f"Impact of kicks, {_people(seeds)}; errors in samples, found minus true",
        *("kicks", "Hz", "found", "besides", "median", "size, median", "size, 95 %"),
        *("stated 1 sigma", "in 95 % error"),
    )
    for row in [measure_impact(case, rate_hz, seeds) for case, rate_hz in cases]:
        table.add_row(
            row.name,
            f"{row.rate_hz:.0f}",
            f"{row.found} of {row.kicks}",
            str(row.besides),
            f"{row.late:+.1f}",
            f"{row.median:.1f}",
            f"{row.p95:.1f}",
            f"{row.sigma:.1f}",
            _percent(row.covered),
        )
    print_table(table)


def _show_tasks(seeds: Sequence[int]) -> None:
    from sensor_screen.session.span_scores import SpanScore
    from sensor_screen.session.validation_tasks import (
        FIRST_SEED,
        TASK_CONDITIONS,
        TaskScore,
        score_people,
    )

    scores: dict[str, dict[str, TaskScore]] = {}
    for condition, seed in with_progress(list(product(TASK_CONDITIONS, seeds)), _WORK):
        for task, score in score_people(condition, seed).items():
            row = scores.setdefault(task, {})
            row[condition.name] = row.get(condition.name, TaskScore()) + score
    names = [condition.name for condition in TASK_CONDITIONS]
    table = wide_table(
        f"Tasks without labels, {_people(seeds)} from seed {FIRST_SEED} on; recall / precision by "
        "time, and F1 of the repetitions",
        *("task", "seconds", "repetitions"),
        *(heading for name in names for heading in (name, "F1")),
    )
    totals = dict.fromkeys(names, SpanScore())
    for task, row in scores.items():
        first = row[names[0]]
        cells = [task, f"{first.true_s:.0f}", _count(first.repetitions.true)]
        for name in names:
            cells += [_both(row[name]), _f1(row[name].repetitions)]
            totals[name] += row[name].repetitions
        table.add_row(*cells)
    cells = ["all repetitions", "", str(totals[names[0]].true)]
    table.add_row(*cells, *(cell for name in names for cell in ("", _f1(totals[name]))))
    print_table(table)


def _show_squats(seeds: Sequence[int]) -> None:
    from sensor_screen.session.validation_squats import (
        ACC_BIASES_MPS2,
        RATE_HZ,
        SQUAT_STYLES,
        measure_squats,
        p95_s,
    )

    low, high = ACC_BIASES_MPS2
    table = wide_table(
        f"Squats at {RATE_HZ:.0f} Hz, accelerometer off by {low} to {high} m/s2, soft tissue, "
        f"{_people(seeds)}; F1 at 50 % overlap, and 95 % of the edges",
        *("squats", "squats", "shank alone: F1", "edges s", "without labels: F1", "edges s"),
        *("both sensors, steps before: F1", "edges s"),
    )
    for row in [measure_squats(name, seeds) for name in with_progress([*SQUAT_STYLES], _WORK)]:
        cells = [row.name, str(row.shank_labelled.true)]
        for score in (row.shank_labelled, row.shank_unlabelled, row.both_labelled):
            cells += [_f1(score), f"{p95_s(score):.2f}"]
        table.add_row(*cells)
    print_table(table)


def _show_live(seeds: Sequence[int]) -> None:
    from sensor_screen.session.validation_live import (
        LIVE_SCENARIOS,
        RATES_HZ,
        LiveRun,
        run_live,
        summarise_live,
    )

    runs = with_progress(list(product(LIVE_SCENARIOS, RATES_HZ, seeds)), _WORK)
    rows = summarise_live(sum((run_live(*one) for one in runs), LiveRun()))
    rates = " and ".join(f"{rate_hz:.0f}" for rate_hz in RATES_HZ)
    table = wide_table(
        f"Live repetitions, {', '.join(LIVE_SCENARIOS)} at {rates} Hz, {_people(seeds)}; delay in "
        "s after the end: median / 95 % / largest",
        *("repetitions", "counted", "announced", "final", "besides", "withdrawn"),
        *("announced after", "final after", "peaks within the stated error"),
    )
    for row in rows:
        counts = (row.counted, row.announced, row.final, row.besides, row.withdrawn)
        delays = [
            " / ".join(f"{one:.2f}" for one in some) for some in (row.announced_s, row.final_s)
        ]
        table.add_row(
            row.name, *map(str, counts), *delays, f"{_percent(row.within)} of {row.peaks}"
        )
    print_table(table)


def _show_sway(seeds: Sequence[int]) -> None:
    from sensor_screen.session.validation_sway import (
        INTERRUPTED,
        STANCES_S,
        check_form,
        count_interruptions,
        measure_coverage,
    )
    from sensor_screen.simulation.sway_forms import sway_forms

    table = wide_table(
        "Sway figures against closed forms: the worst of all figures",
        *("signal", "figures", "filtered as reported", "unfiltered"),
    )
    for form in map(check_form, sway_forms()):
        errors = [_percent(one, digits=2) for one in (form.filtered, form.unfiltered)]
        table.add_row(form.name, str(form.figures), *errors)
    print_table(table)
    table = wide_table(
        "Stated error of tilt in Gaussian sway: sideways / forward / all directions",
        *("stance", "stances", "95 % error reaches the mean of such stances"),
        *("the tilt of an endless stance", "stated / true spread"),
    )
    for row in [measure_coverage(one, seeds) for one in with_progress([*STANCES_S], _WORK)]:
        table.add_row(
            f"{row.seconds:.0f} s",
            str(row.stances),
            *(" / ".join(map(_percent, shares)) for shares in (row.of_such, row.of_endless)),
            " / ".join(f"{one:.2f}" for one in row.stated),
        )
    print_table(table)
    table = wide_table(
        f"Stances of 20 s that are interrupted, {_people(seeds)}",
        *("sensors", "stances", "touch-downs found", "false", "hops found", "false"),
    )
    for name in with_progress([*INTERRUPTED], _WORK):
        found = count_interruptions(name, seeds)
        table.add_row(name, str(found.stances), *_events(found.touch_downs), *_events(found.hops))
    print_table(table)


def _show_faults(seeds: Sequence[int]) -> None:
    from sensor_screen.session.validation_faults import (
        FAULT_SCENARIOS,
        FAULTS,
        SETTLED_S,
        suffer_faults,
    )

    cells: dict[str, list[FaultCell]] = {fault.name: [] for fault in FAULTS}
    for scenario in with_progress([*FAULT_SCENARIOS], _WORK):
        for cell in suffer_faults(scenario, seeds):
            cells[cell.fault].append(cell)
    table = wide_table(
        f"Sensors that do not belong, {_people(seeds)} a cell: % of the samples from "
        f"{SETTLED_S:.0f} s after the fault on that are valid and off by more than 3 sigma and "
        "5 deg; offline / live",
        *("fault", *FAULT_SCENARIOS, "refused offline", "valid %", "live notices after"),
    )
    for name, row in cells.items():
        outcomes = [one for cell in row for one in cell.outcomes]
        valid = [sum(one.valid for one in outcomes), sum(one.live_valid for one in outcomes)]
        table.add_row(
            name,
            *map(_wrong, row),
            f"{sum(one.refused for one in outcomes)} of {len(outcomes)}",
            " / ".join(f"{100.0 * one / len(outcomes):.0f}" for one in valid),
            _noticed([one.noticed_s for one in outcomes if not isnan(one.noticed_s)]),
        )
    print_table(table)


_TABLES: dict[Figures, tuple[Callable[[Sequence[int]], None], int]] = {
    Figures.IMPACT: (_show_impact, 8),
    Figures.TASKS: (_show_tasks, 5),
    Figures.SQUATS: (_show_squats, 6),
    Figures.LIVE: (_show_live, 2),
    Figures.SWAY: (_show_sway, 5),
    Figures.FAULTS: (_show_faults, 2),
}
"""How each is shown, and for how many people where none is named."""


def _people(seeds: Sequence[int]) -> str:
    return f"{len(seeds)} {'person' if len(seeds) == 1 else 'people'}"


def _percent(share: float, digits: int = 1) -> str:
    return "-" if isnan(share) else f"{100.0 * share:.{digits}f} %"


def _count(number: int) -> str:
    return str(number) if number else ""


def _f1(score: "SpanScore") -> str:
    return "" if isnan(score.f1) else f"{score.f1:.3f}"


def _both(score: "TaskScore") -> str:
    return " / ".join("-" if isnan(v) else f"{v:.3f}" for v in (score.recall, score.precision))


def _events(count: "EventCount") -> tuple[str, str]:
    return f"{count.found} of {count.true}", str(count.false)


def _wrong(cell: "FaultCell") -> str:
    """Offline / live; `refused` where every recording was."""
    parts = []
    for wrong, refused in (("wrong", "refused"), ("live_wrong", "live_refused")):
        share = f"{100.0 * cell.share(wrong):.0f}"
        parts.append("refused" if cell.share(refused) == 1.0 else share)
    return "refused" if parts == ["refused"] * 2 else " / ".join(parts)


def _noticed(after_s: Sequence[float]) -> str:
    if not after_s:
        return ""
    return f"{min(after_s):.1f} to {max(after_s):.1f} s ({len(after_s)})"
