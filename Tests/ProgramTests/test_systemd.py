"""accordd as a service: the test is the service manager, at the other end of sd_notify(3)."""

import os
import signal
import socket
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from agreement_files import CONSENT
from appliance import Appliance, Daemon, wait_for

READY = "READY=1\nSTATUS="


class Supervisor:
    """The notification socket, and what came in, with the time and the sender's process id."""

    def __init__(self, path: str):
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        self._socket.setblocking(False)
        self._socket.bind("\0" + path[1:] if path.startswith("@") else path)
        self.messages: list[str] = []
        self.senders: set[int] = set()

    def look(self) -> list[str]:
        """Everything that has come so far."""
        while True:
            try:
                message, credentials, _, _ = self._socket.recvmsg(8192, socket.CMSG_SPACE(12))
            except BlockingIOError:
                return self.messages
            self.messages.append(message.decode())
            self.senders.add(int.from_bytes(credentials[0][2][:4], "little"))

    def wait(self, message: str) -> None:
        """Waits for a message that begins like this."""
        wait_for(lambda: any(found.startswith(message) for found in self.look()), f"{message!r} in {self.messages}")

    def pings_during(self, seconds: float) -> int:
        before = self.look().count("WATCHDOG=1")
        time.sleep(seconds)
        return self.look().count("WATCHDOG=1") - before

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def manager(tmp_path: Path, monkeypatch) -> Iterator[Supervisor]:
    manager = Supervisor(str(tmp_path / "notify"))
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
    monkeypatch.setenv("WATCHDOG_USEC", "2000000")
    yield manager
    manager.close()


def wake_ups(daemon: Daemon) -> int:
    """How often the process went to sleep of its own accord, and so was woken."""
    status = Path(f"/proc/{daemon.process.pid}/status").read_text()
    return int(status.split("\nvoluntary_ctxt_switches:")[1].split()[0])


def test_ready_comes_first_then_pings_and_stopping_before_the_end(appliance, manager):
    appliance.write_consent({"product": "share", "environment": "local"})
    with appliance.daemon() as daemon:
        manager.wait(READY)
        # The first tick is over: its status file is there.
        assert appliance.status()["ticks"] >= 1
        daemon.ticks(3)
        assert daemon.stop() == 0
    first, *rest = manager.look()
    assert first == READY + "sampling: product share, environment local"
    assert rest.pop() == "STOPPING=1"
    assert len(rest) >= 4 and set(rest) == {"WATCHDOG=1"}
    assert manager.senders == {daemon.process.pid}
    assert appliance.status()["is_running"] is False


def test_the_status_follows_the_agreement_and_is_not_repeated(appliance, manager):
    with appliance.daemon() as daemon:
        manager.wait(READY + "no agreement: nothing is sampled, nobody is contacted")
        appliance.write("consent.toml", "schema = 2\n")
        manager.wait(f"STATUS=agreement held: {appliance.etc}/consent.toml:1:")
        appliance.write_consent({"product": "share"})
        manager.wait("STATUS=sampling: product share")
        daemon.ticks(10)
    said = [message for message in manager.look() if "STATUS=" in message]
    assert len(said) == 3


def test_a_quoted_line_break_begins_no_message_and_no_line_of_its_own(appliance, manager):
    appliance.write("consent.toml", 'schema = 1\nsupplier = "x"\naccepts = 2\n[sources]\nproduct = "a\\nSTOPPING=1"\n')
    with appliance.daemon() as daemon:
        manager.wait(READY + "agreement held")
        assert "STOPPING=1" not in manager.look()[0].splitlines()
        assert all(line.startswith("accordd: ") for line in daemon.log.splitlines())


def test_pings_stop_with_the_ticks_and_come_back_with_them(appliance, manager):
    with appliance.daemon() as daemon:
        manager.wait("WATCHDOG=1")
        assert manager.pings_during(1) >= 5
        daemon.process.send_signal(signal.SIGSTOP)
        time.sleep(0.2)
        assert manager.pings_during(1) == 0
        daemon.process.send_signal(signal.SIGCONT)
        assert manager.pings_during(1) >= 5


@pytest.fixture
def volatile_run(appliance) -> Iterator[None]:
    """Puts run/accord where it is in operation, on a tmpfs: a disk makes the writer of a file wait."""
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        appliance.run.rmdir()
        appliance.run.symlink_to(folder)
        yield


def test_a_watchdog_of_two_ticks_costs_no_wake_up(appliance, manager, volatile_run):
    appliance.write_settings(interval="1s")
    with appliance.daemon() as daemon:
        daemon.ticks(2)
        before, ticks = wake_ups(daemon), daemon.status["ticks"]
        daemon.ticks(8)
        # 7 wake-ups in 6 ticks is what a minute of ticks of 10 s may have.
        assert wake_ups(daemon) - before <= (daemon.status["ticks"] - ticks) * 7 / 6
        assert "WatchdogSec=" not in daemon.log


def test_a_watchdog_shorter_than_two_ticks_is_answered_in_between_and_warned_of_once(appliance, manager, monkeypatch):
    monkeypatch.setenv("WATCHDOG_USEC", "400000")
    appliance.write_settings(interval="1h")
    with appliance.daemon() as daemon:
        manager.wait(READY)
        assert 5 <= manager.pings_during(2) <= 11
        assert daemon.status["ticks"] <= 2
        assert daemon.log.count("WatchdogSec=") == 1


def test_a_watchdog_of_another_process_is_not_answered_and_one_of_this_is(appliance, manager, monkeypatch):
    monkeypatch.setenv("WATCHDOG_PID", "1")
    with appliance.daemon() as daemon:
        daemon.ticks(3)
    assert "WATCHDOG=1" not in manager.look()
    with appliance.daemon(before=("sh", "-c", 'WATCHDOG_PID=$$ exec "$@"', "sh")) as daemon:
        daemon.ticks(3)
    assert "WATCHDOG=1" in manager.look()


def test_a_manager_that_goes_away_costs_nothing_and_the_next_one_is_found(appliance, manager, tmp_path):
    with appliance.daemon() as daemon:
        manager.wait(READY)
        manager.close()
        (tmp_path / "notify").unlink()
        daemon.ticks(5)
        log = daemon.log
        successor = Supervisor(str(tmp_path / "notify"))
        successor.wait("WATCHDOG=1")
        assert daemon.log == log
    assert successor.look()[-1] == "STOPPING=1"
    successor.close()


def test_a_socket_that_cannot_be_named_is_said_once_and_the_daemon_works(appliance, monkeypatch):
    monkeypatch.setenv("NOTIFY_SOCKET", "vsock:2:1234")
    with appliance.daemon() as daemon:
        daemon.ticks(3)
    assert daemon.log.count("cannot notify the service manager at 'vsock:2:1234'") == 1


@pytest.mark.parametrize("is_notified", [True, False])
def test_the_only_socket_is_the_one_to_the_service_manager(appliance, manager, monkeypatch, is_notified):
    if not is_notified:
        monkeypatch.delenv("NOTIFY_SOCKET")
    with appliance.daemon() as daemon:
        daemon.ticks(2)
        process = Path(f"/proc/{daemon.process.pid}")
        links = [os.readlink(descriptor) for descriptor in (process / "fd").iterdir()]
        sockets = [link.removeprefix("socket:[").rstrip("]") for link in links if link.startswith("socket:")]
        assert len(sockets) == is_notified
        local = {line.split()[6] for line in (process / "net/unix").read_text().splitlines()[1:]}
        assert set(sockets) <= local


@pytest.mark.parametrize("is_journal", [True, False])
def test_lines_carry_levels_only_where_the_journal_reads_them(bare_appliance: Appliance, monkeypatch, is_journal):
    bare_appliance.write_settings()
    log = bare_appliance.prefix / "accordd.log"
    log.touch()
    state = log.stat()
    monkeypatch.setenv("JOURNAL_STREAM", f"{state.st_dev}:{state.st_ino + (not is_journal)}")
    bare_appliance.write_consent({"product": "local"}, supplier=CONSENT["supplier"] + "!")
    with bare_appliance.daemon() as daemon:
        daemon.ticks()
        beginnings = {line[:3] for line in daemon.log.splitlines()}
    assert beginnings and (beginnings <= {"<3>", "<4>", "<5>", "<6>"}) == is_journal
