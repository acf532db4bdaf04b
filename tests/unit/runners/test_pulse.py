import socket
from collections.abc import Iterator

import pytest

from multisite.runners.pulse import Pulse


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def server() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


def pulse_of(server: socket.socket, clock: Clock) -> Pulse:
    host, port = server.getsockname()
    return Pulse({"raylet": (host, port)}, grace_s={"raylet": 5.0}, every_s=2.0, clock=clock)


def test_a_server_that_listens_is_there(server: socket.socket) -> None:
    clock = Clock()
    pulse = pulse_of(server, clock)
    for _ in range(10):
        clock.now += 2
        assert pulse.lost() is None
    assert pulse.all_there()


def test_a_server_that_is_gone_is_lost_after_its_grace_and_not_before(server: socket.socket) -> None:
    clock = Clock()
    pulse = pulse_of(server, clock)
    server.close()
    assert not pulse.all_there()
    clock.now += 4.9
    assert pulse.lost() is None
    clock.now += 0.1
    assert pulse.lost() == "raylet"


def test_a_server_that_comes_back_in_time_was_never_lost(server: socket.socket) -> None:
    clock = Clock()
    pulse = pulse_of(server, clock)
    address = server.getsockname()
    server.close()
    clock.now += 2
    assert pulse.lost() is None
    with socket.create_server(address):
        clock.now += 2
        assert pulse.lost() is None
        clock.now += 60
        assert pulse.lost() is None


def test_it_looks_no_more_often_than_it_is_told(server: socket.socket) -> None:
    clock = Clock()
    pulse = pulse_of(server, clock)
    assert pulse.lost() is None
    server.close()
    clock.now += 1.9
    assert pulse.lost() is None
    clock.now += 5.0
    assert pulse.lost() is None, "only now it is known to be away"
    clock.now += 5.0
    assert pulse.lost() == "raylet"
