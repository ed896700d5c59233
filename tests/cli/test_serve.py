"""One service from its first start to its end: owner, work, backup, log; as processes."""

from __future__ import annotations

import json
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from websockets.sync.client import connect

from sensor_screen.service.relay_client import RelayClient
from sensor_screen.service.relay_messages import SUBPROTOCOL, CloseCode
from sensor_screen.storage.samples import find_sample
from tests.api.live_service import closed_with, exchange, greet
from tests.cli.running_service import (
    PASSWORD,
    Running,
    call,
    free_port,
    running,
    wait_for_end,
    ways,
)
from tests.service.postgres import postgres_cluster, postgres_url
from tests.service.relay_frames import a_frame

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from websockets.sync.client import ClientConnection

    from tests.cli.conftest import Outcome

    Run = Callable[..., Outcome]

__all__ = ["postgres_cluster", "postgres_url"]

SECRET_WORDS = {
    "clinic": "Heron Quay Physio",
    "login": "zebulon.quick",
    "label": "LBL-Quartz-9",
    "name": "Philippa Nightjar",
    "note": "walnut omen in the left heel",
    "goal": "dance the fandango again",
    "password": PASSWORD,
    "wrong": "mistaken-cormorant-12",
}


@dataclass
class Clinic:
    """A service with an owner and somebody who was screened."""

    service: Running
    data: Path
    link: str
    token: str
    report_id: str
    person_id: str
    session_id: str
    erased_id: str
    report: bytes


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clinic]:
    """Nothing is configured: the first way of the page for operators."""
    folder = tmp_path_factory.mktemp("service")
    arguments = ways()[0]
    assert arguments == ["serve"]
    base = {"darwin": "HOME", "win32": "LOCALAPPDATA"}.get(sys.platform, "XDG_DATA_HOME")
    with running(folder, **{base: str(folder)}, SENSOR_SCREEN_LOG_JSON="true") as service:
        yield _work(
            service, Path(service.said.partition("keeping everything in ")[2].split("\n")[0])
        )


def _work(service: Running, data: Path) -> Clinic:
    words = SECRET_WORDS
    link = service.set_up_link
    assert link is not None
    made = call(
        *("sign-in", link, "--login", words["login"], "--clinic", words["clinic"]),
        SENSOR_SCREEN_PASSWORD=PASSWORD,
    )
    assert made.returncode == 0, made.stderr
    token = made.stdout.strip()
    people = [
        service.ask(
            "POST", "/v1/people", token, json={"label": label, "name": f"{words['name']} {label}"}
        )
        for label in (words["label"], f"{words['label']}-2")
    ]
    person_id = people[0]["id"]
    service.ask("POST", f"/v1/people/{person_id}/notes", token, json={"text": words["note"]})
    service.ask("POST", f"/v1/people/{person_id}/goals", token, json={"text": words["goal"]})
    screened = service.ask(
        "POST",
        "/v1/recordings",
        token,
        data={"person": words["label"]},
        files={"file": (f"{words['name']}.parquet", find_sample("walk").read_bytes())},
    )
    report = service.ask("POST", f"/v1/sessions/{screened['session_id']}/reports", token)
    content = service.raw("GET", f"/v1/reports/{report['id']}/report.json", token).content
    return Clinic(
        service,
        data,
        link,
        token,
        report["id"],
        person_id,
        screened["session_id"],
        people[1]["id"],
        content,
    )


def test_a_fresh_start_answers_and_offers_one_set_up(clinic: Clinic) -> None:
    assert clinic.service.url == f"http://127.0.0.1:{clinic.service.port}"
    assert clinic.link.startswith(f"{clinic.service.url}/setup#")
    assert clinic.data.is_relative_to(clinic.service.log.parent)
    assert clinic.service.started_s < 30  # some 3 s on a computer that does nothing else
    assert clinic.service.ask("GET", "/health/ready") == {"status": "ok"}
    again = call("sign-in", clinic.link, "--login", "other.owner", SENSOR_SCREEN_PASSWORD=PASSWORD)
    assert again.returncode == 2
    assert (again.stdout, again.stderr.count("\n")) == ("", 1)


def test_a_second_service_does_not_share_the_folder(clinic: Clinic) -> None:
    done = call("serve", "--port", str(free_port()), "--data", clinic.data)
    assert done.returncode == 2
    assert "another sensor-screen serves from it" in done.stderr
    assert (done.stdout, done.stderr.count("\n")) == ("", 1)
    taken = call("serve", "--port", str(clinic.service.port), "--data", clinic.data)
    assert "cannot be listened on" in taken.stderr


def test_signing_in_prints_the_token_alone(clinic: Clinic) -> None:
    login = SECRET_WORDS["login"]
    done = call(*("sign-in", clinic.service.url, "--login", login), SENSOR_SCREEN_PASSWORD=PASSWORD)
    assert (done.returncode, done.stderr) == (0, "")
    (token,) = done.stdout.splitlines()
    assert token.startswith("ss_")
    assert clinic.service.ask("GET", "/v1/me", token)["role"] == "owner"


def test_a_wrong_password_is_one_sentence(clinic: Clinic) -> None:
    done = call(
        *("sign-in", clinic.service.url, "--login", SECRET_WORDS["login"]),
        SENSOR_SCREEN_PASSWORD=SECRET_WORDS["wrong"],
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    assert SECRET_WORDS["wrong"] not in done.stderr


def test_a_backup_is_made_while_it_serves_and_serves_elsewhere(
    clinic: Clinic, run: Run, tmp_path: Path
) -> None:
    first, second = tmp_path / "first.tar.zst", tmp_path / "second.tar.zst"
    made = run("backup", "--out", first, "--data", clinic.data)
    assert (made.status, made.err) == (0, "")
    assert "2 people, 1 recordings" in made.out
    clinic.service.ask("DELETE", f"/v1/people/{clinic.erased_id}", clinic.token)
    assert run("backup", "--out", second, "--data", clinic.data).status == 0
    verified = run("backup", "--verify", second)
    assert "1 people, 1 recordings" in verified.out

    for name, erased in (("by-file", second), ("by-folder", clinic.data)):
        place = tmp_path / name
        restored = run("restore", first, "--data", place, "--erased", erased)
        assert restored.status == 0, restored.err
        assert "Erased again, as they were since: 1 people" in restored.out
        assert (place / "objects" / "tombstones" / f"{clinic.erased_id}.json").is_file()
    again = run("restore", first, "--data", place)
    assert again.status == 2
    assert "not empty" in again.err
    plain = tmp_path / "plain"
    assert run("restore", second, "--data", plain).status == 0
    assert (plain / "objects" / "tombstones" / f"{clinic.erased_id}.json").is_file()

    with running(tmp_path, "--data", tmp_path / "by-file") as other:
        assert other.set_up_link is None
        path = f"/v1/reports/{clinic.report_id}/report.json"
        assert other.raw("GET", path, clinic.token).content == clinic.report
        assert other.raw("GET", f"/v1/people/{clinic.erased_id}", clinic.token).status_code == 404
        assert other.end() == 0


def test_a_damaged_backup_is_told_and_fills_nothing(
    clinic: Clinic, run: Run, tmp_path: Path
) -> None:
    whole = tmp_path / "whole.tar.zst"
    run("backup", "--out", whole, "--data", clinic.data)
    content = bytearray(whole.read_bytes())
    content[len(content) // 2] ^= 0xFF
    broken, place = tmp_path / "broken.tar.zst", tmp_path / "place"
    broken.write_bytes(content)
    for arguments in (("backup", "--verify", broken), ("restore", broken, "--data", place)):
        done = run(*arguments)
        assert done.status == 2
        assert done.err.count("\n") == 1
        assert "damaged" in done.err
    assert run("restore", whole, "--data", place).status == 0


def test_a_backup_goes_to_postgresql(
    clinic: Clinic, run: Run, tmp_path: Path, postgres_url: str
) -> None:
    first, second = tmp_path / "first.tar.zst", tmp_path / "second.tar.zst"
    assert run("backup", "--out", first, "--data", clinic.data).status == 0
    there = ("--data", tmp_path / "there", "--database", postgres_url)
    restored = run("restore", first, *there)
    assert restored.status == 0, restored.err
    assert run("backup", "--out", second, *there).status == 0
    said = [run("backup", "--verify", path).out.partition(": ")[2] for path in (first, second)]
    assert said[0] == said[1] != ""


def test_relays_are_acknowledged_and_closed_at_the_end(clinic: Clinic) -> None:
    """Last: it ends the service. Its log is looked at as a whole."""
    service = clinic.service
    children = service.children()
    stream = service.ask(
        "POST", "/v1/streams", clinic.token, json={"session_id": clinic.session_id}
    )
    ticket = service.ask(
        *("POST", "/v1/tickets", clinic.token),
        json={"action": "socket.relay", "stream_id": stream["id"]},
    )["ticket"]
    client = RelayClient(view=False)
    for number in range(40):
        client.add_frame(a_frame(number))
    with relay_socket(service, stream["id"], ticket) as socket:
        greet(client, socket)
        while not client.first_held:  # something is acknowledged: it is under way
            exchange(client, socket)
        service.process.send_signal(signal.SIGTERM)
        begun_s = time.monotonic()
        code, _, said = closed_with(socket, 15.0)
    for message in said:
        client.receive(json.dumps(message), time.monotonic())
    assert code == CloseCode.RESTARTING == 1012
    assert client.held_frames == 0
    assert service.process.wait(30) == 0
    assert time.monotonic() - begun_s < 10
    wait_for_end(children)

    look_through(service.log.read_text(), clinic, [stream["id"], ticket])


def relay_socket(service: Running, stream_id: str, ticket: str) -> ClientConnection:
    url = f"ws://127.0.0.1:{service.port}/v1/streams/{stream_id}/relay?ticket={ticket}"
    protocols: Any = [SUBPROTOCOL]
    return connect(url, subprotocols=protocols, compression=None, proxy=None)


def look_through(log: str, clinic: Clinic, more: list[str]) -> None:
    lines = [json.loads(line) for line in log.splitlines()]
    assert len(lines) > 10
    assert {"people.create", "notes.create", "accounts.sign_in"} <= {x.get("action") for x in lines}
    code = clinic.link.partition("#")[2]
    for word in (*SECRET_WORDS.values(), clinic.token, code, more[1], "127.0.0.1"):
        assert word.lower() not in log.lower(), word
        assert word.replace(" ", "%20") not in log


def test_a_second_start_offers_no_set_up_and_ctrl_c_ends_it(clinic: Clinic, tmp_path: Path) -> None:
    """After the one above; Ctrl-C reaches every process of a terminal."""
    assert clinic.service.process.poll() == 0
    with running(tmp_path, "--data", clinic.data) as service:
        assert service.set_up_link is None
        time.sleep(0.5)  # its processes are beginning
        assert service.end(signal.SIGINT, group=True) == 0
        assert "Traceback" not in service.log.read_text()
        assert "KeyboardInterrupt" not in service.log.read_text()
