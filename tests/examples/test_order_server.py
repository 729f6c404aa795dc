import http.client
import importlib.util
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Protocol

import pytest

EXAMPLE = Path(__file__).parents[2] / "examples" / "support-triage"


class Server(Protocol):
    @property
    def server_address(self) -> tuple[str, int]: ...
    def serve_forever(self, poll_interval: float) -> None: ...
    def shutdown(self) -> None: ...
    def server_close(self) -> None: ...


def load_module() -> ModuleType:
    spec = importlib.util.spec_from_file_location("order_server", EXAMPLE / "order_server.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


MODULE = load_module()


class Service:
    """A running order service."""

    def __init__(self, seed: int = 1, fail_rate: float = 0.12) -> None:
        behaviour = MODULE.Behaviour(fail_rate=fail_rate, slow_rate=0.0)
        self.server: Server = MODULE.OrderServer(0, seed, behaviour)
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,))
        self.thread.start()

    def ask(self, method: str, path: str) -> tuple[int, object]:
        host, port = self.server.server_address
        connection = http.client.HTTPConnection(host, port, timeout=5)
        connection.request(method, path)
        response = connection.getresponse()
        body = json.loads(response.read())
        connection.close()
        return response.status, body

    def stop(self) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture
def service() -> Iterator[Service]:
    running = Service()
    yield running
    running.stop()


def statuses(seed: int, count: int) -> list[int]:
    running = Service(seed)
    found = [running.ask("GET", f"/orders/A-{number}")[0] for number in range(10000, 10000 + count)]
    running.stop()
    return found


def test_an_order_is_the_same_whenever_it_is_asked_for(service: Service) -> None:
    answers = {json.dumps(service.ask("GET", "/orders/A-10482")) for _ in range(10)}
    assert len([answer for answer in answers if answer.startswith("[200")]) == 1


def test_an_order_says_it_is_simulated(service: Service) -> None:
    service.ask("POST", "/_degrade?fail_rate=0")
    status, order = service.ask("GET", "/orders/A-10482")
    assert status == 200
    assert isinstance(order, dict)
    assert order["simulated"] is True
    assert order["order_id"] == "A-10482"


def test_the_same_seed_fails_the_same_requests() -> None:
    assert statuses(3, 60) == statuses(3, 60)
    assert statuses(3, 60) != statuses(4, 60)


def test_requests_really_fail_about_as_often_as_told() -> None:
    assert 0.06 < statuses(1, 300).count(503) / 300 < 0.18


def test_a_failed_request_may_succeed_when_repeated(service: Service) -> None:
    service.ask("POST", "/_degrade?fail_rate=0.5")
    found = {service.ask("GET", "/orders/A-10482")[0] for _ in range(20)}
    assert found == {200, 503}


def test_it_degrades_on_command_and_recovers(service: Service) -> None:
    assert service.ask("POST", "/_degrade?fail_rate=1&latency_s=0.001")[0] == 200
    assert service.ask("GET", "/orders/A-10482")[0] == 503
    service.ask("POST", "/_degrade?fail_rate=0")
    assert service.ask("GET", "/orders/A-10482")[0] == 200


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 404),
        ("GET", "/orders/../etc", 404),
        ("GET", "/orders/1", 404),
        ("POST", "/", 404),
        ("POST", "/_degrade?latency=2", 400),
        ("POST", "/_degrade?latency_s=soon", 400),
        ("POST", "/_degrade?fail_rate=2", 400),
        ("POST", "/_degrade?latency_s=nan", 400),
    ],
)
def test_other_requests_are_refused(service: Service, method: str, path: str, status: int) -> None:
    assert service.ask(method, path)[0] == status
