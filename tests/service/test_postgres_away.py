"""PostgreSQL ends in the middle and comes back."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import pytest

from sensor_screen.service.durable_streams import DurableStreams
from sensor_screen.service.group_commit import GroupCommit
from sensor_screen.service.relay_acts import Taken
from sensor_screen.service.relay_messages import TroubleCode
from sensor_screen.storage.database.engine import open_database
from sensor_screen.storage.database.frames import read_frames
from sensor_screen.storage.database.migration import migrate
from tests.service.databases import add_streams
from tests.service.postgres import Cluster, find_binaries
from tests.service.relay_frames import a_frame
from tests.service.test_group_commit import QUICK, a_lane, wait_for


def test_a_database_that_crashes_and_comes_back_loses_nothing() -> None:
    binaries = find_binaries()
    if binaries is None:
        pytest.skip("no initdb and postgres are installed")
    with tempfile.TemporaryDirectory(prefix="pg-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        cluster = Cluster(binaries, Path(folder))
        cluster.start()
        database = open_database(cluster.url())
        try:
            migrate(database)
            (one,) = add_streams(database)
            commits = GroupCommit(DurableStreams(database), QUICK)
            lane, listener = a_lane(commits, one, 0)
            commits.start()
            lane.add(Taken([(k, a_frame(k)) for k in range(50)]))
            wait_for(lambda: listener.next_sequence == 50)
            cluster.stop("immediate")
            lane.add(Taken([(k, a_frame(k)) for k in range(50, 100)]))
            wait_for(lambda: TroubleCode.DATABASE_AWAY in listener.told)
            time.sleep(0.1)
            assert listener.next_sequence == 50
            cluster.start()
            wait_for(lambda: listener.next_sequence == 100, 20.0)
            assert "over" in listener.told
            assert commits.stop(5.0)
            with database.read() as connection:
                found = [v for chunk in read_frames(connection, one) for _, v in chunk]
            assert found == [a_frame(k) for k in range(100)]
        finally:
            database.close()
            cluster.stop("immediate")
