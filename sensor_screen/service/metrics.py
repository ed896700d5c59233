"""Counts for Prometheus: of requests, streams, commits and reports; of people none."""

from __future__ import annotations

import os

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector

SEVERAL = "PROMETHEUS_MULTIPROC_DIR"
"""Set where several workers count together."""
_QUICK_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1.0, 2.5, 10.0)

REQUESTS = Counter("sensor_screen_requests", "Requests answered.", ["action", "status"])
REQUEST_S = Histogram("sensor_screen_request_seconds", "Time to answer.", buckets=_QUICK_S)
STREAMS = Gauge(
    "sensor_screen_streams_connected", "Relays connected now.", multiprocess_mode="livesum"
)
VIEWERS = Gauge(
    "sensor_screen_viewers_connected", "Viewers connected now.", multiprocess_mode="livesum"
)
FRAMES = Counter("sensor_screen_frames_durable", "Relay frames made durable.")
COMMIT_S = Histogram("sensor_screen_commit_seconds", "Time of a group commit.", buckets=_QUICK_S)
COMMIT_FAILURES = Counter("sensor_screen_commit_failures", "Group commits that failed.", ["fault"])
HELD_BYTES = Gauge(
    "sensor_screen_held_bytes", "Taken and not durable yet.", multiprocess_mode="livesum"
)
REPORT_S = Histogram(
    "sensor_screen_report_seconds", "Time of a report.", buckets=(0.25, 0.5, 1.0, 1.5, 3, 10, 60)
)


def expose() -> tuple[bytes, str]:
    """Every count as text, and the media type of that."""
    if SEVERAL in os.environ:
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return generate_latest(registry), CONTENT_TYPE_LATEST
    return generate_latest(), CONTENT_TYPE_LATEST
