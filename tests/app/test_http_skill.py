import asyncio
import gzip
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx2
import pytest
from pydantic import JsonValue

from app.adapters.http_places import HttpGetError, find_addresses
from app.adapters.http_skill import HTTP_GET, http_get
from telemetry import ErrorClass
from workflow import (
    SideEffects,
    SkillManifest,
    StepRegistry,
    VirtualTimeLoop,
    classify_exception,
)


class _Pages(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        name = self.path.partition("?")[0].strip("/")
        getattr(self, f"_{name}", self._missing)()

    def _echo(self) -> None:
        text = f'{{"path": "{self.path}", "token": "{self.headers.get("X-Token")}"}}'
        self._send(200, text.encode(), "application/json")

    def _host(self) -> None:
        self._send(200, self.headers["Host"].encode(), "text/plain")

    def _drip(self) -> None:
        """Send a byte now and then, so that no single read takes long."""
        self.send_response(200)
        self.send_header("Content-Length", "1000")
        self.end_headers()
        for _ in range(1000):
            if self.server.released.wait(0.01):  # type: ignore[attr-defined]
                return
            try:
                self.wfile.write(b"x")
            except ConnectionError:
                return

    def _latin(self) -> None:
        self._send(200, "café".encode("latin-1"), "text/plain; charset=latin-1")

    def _odd(self) -> None:
        self._send(200, b"hello", "text/plain; charset=no-such-charset")

    def _broken(self) -> None:
        self._send(200, b'{"a": NaN}', "application/json")

    def _busy(self) -> None:
        self._send(503, b"later", "text/plain")

    def _limited(self) -> None:
        self._send(429, b"slower", "text/plain")

    def _large(self) -> None:
        self._send(200, b"x" * (1024 * 1024 + 1), "text/plain")

    def _zipped(self) -> None:
        body = gzip.compress(b"x" * 100)
        self._send(200, body, "text/plain", **{"Content-Encoding": "gzip"})

    def _home(self) -> None:
        self._send(302, b"", "text/plain", Location="/echo?from=home")

    def _away(self) -> None:
        self._send(302, b"", "text/plain", Location="http://localhost:1/echo")

    def _round(self) -> None:
        self._send(302, b"", "text/plain", Location="/round")

    def _file(self) -> None:
        self._send(302, b"", "text/plain", Location="file:///etc/passwd")

    def _silent(self) -> None:
        self.server.released.wait(5)  # type: ignore[attr-defined]

    def _missing(self) -> None:
        self._send(404, b"", "text/plain")

    def _send(self, status: int, body: bytes, content_type: str, **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        try:
            self.wfile.write(body)
        except ConnectionError:
            return

    def log_message(self, *args: object) -> None:
        return


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Pages)
    server.released = threading.Event()  # type: ignore[attr-defined]
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.released.set()  # type: ignore[attr-defined]
    server.shutdown()
    thread.join()
    server.server_close()


def get(data: JsonValue, **params: JsonValue) -> JsonValue:
    return asyncio.run(http_get(data, **params))


def refusal(data: JsonValue, **params: JsonValue) -> Exception:
    with pytest.raises((HttpGetError, TimeoutError, ConnectionError)) as caught:
        get(data, **params)
    return caught.value


def test_json_comes_back_as_data(url: str) -> None:
    request: JsonValue = {
        "url": f"{url}/echo?a=1",
        "params": {"b": "x y"},
        "headers": {"X-Token": "t"},
    }
    assert get(request) == {"status": 200, "json": {"path": "/echo?a=1&b=x+y", "token": "t"}}


def test_text_comes_back_in_its_own_encoding(url: str) -> None:
    assert get({"url": f"{url}/latin"}) == {"status": 200, "text": "café"}
    assert get({"url": f"{url}/odd"}) == {"status": 200, "text": "hello"}


def test_the_steps_own_parameters_take_the_place_of_its_input(url: str) -> None:
    assert get({"anything": 1}, url=f"{url}/latin") == {"status": 200, "text": "café"}


def test_it_is_a_repeatable_skill() -> None:
    assert HTTP_GET.reference == "flujo.http.get"
    assert HTTP_GET.side_effects is SideEffects.IDEMPOTENT


@pytest.mark.parametrize(
    ("page", "status", "error_class"),
    [
        ("busy", 503, ErrorClass.UNAVAILABLE),
        ("limited", 429, ErrorClass.RATE_LIMITED),
        ("missing", 404, ErrorClass.INVALID_INPUT),
    ],
)
def test_an_error_status_is_raised_with_its_class(
    url: str, page: str, status: int, error_class: ErrorClass
) -> None:
    error = refusal({"url": f"{url}/{page}"})
    assert isinstance(error, HttpGetError)
    assert error.status == status
    assert classify_exception(error) is error_class


@pytest.mark.parametrize("page", ["large", "zipped", "broken", "round"])
def test_an_answer_that_cannot_be_used_is_invalid_output(url: str, page: str) -> None:
    assert classify_exception(refusal({"url": f"{url}/{page}"})) is ErrorClass.INVALID_OUTPUT


def test_a_redirect_on_the_same_host_is_followed(url: str) -> None:
    answer = get({"url": f"{url}/home"})
    assert answer == {"status": 200, "json": {"path": "/echo?from=home", "token": "None"}}


def test_a_redirect_to_another_host_is_refused(url: str) -> None:
    error = refusal({"url": f"{url}/away"})
    assert "another host" in str(error)
    assert classify_exception(error) is ErrorClass.REJECTED


@pytest.mark.parametrize(
    "request_",
    [
        None,
        "http://127.0.0.1/",
        {},
        {"url": ""},
        {"url": "file:///etc/passwd"},
        {"url": "ftp://127.0.0.1/"},
        {"url": "//127.0.0.1/"},
        {"url": "http://user:secret@127.0.0.1/"},
        {"url": "http://[::1/"},
        {"url": "http://127.0.0.1/", "method": "POST"},
        {"url": "http://127.0.0.1/", "timeout_s": 0},
        {"url": "http://127.0.0.1/", "params": {"a": [1]}},
        {"url": "http://127.0.0.1:1/", "headers": {"X": "a\r\nHost: b"}},
        {"url": "http://127.0.0.1:1/", "headers": {"host": "internal"}},
        {"url": "http://127.0.0.1:1/", "headers": {"Transfer-Encoding": "chunked"}},
        {"url": "http://127.0.0.1:1/", "timeout_s": "3"},
    ],
)
def test_a_request_that_makes_no_sense_is_invalid_input(request_: JsonValue) -> None:
    error = refusal(request_)
    assert classify_exception(error) is ErrorClass.INVALID_INPUT
    assert "secret" not in str(error)


@pytest.mark.parametrize(
    "address",
    [
        "169.254.169.254",
        "169.254.0.1",
        "2852039166",
        "0xa9fea9fe",
        "100.100.100.200",
        "168.63.129.16",
        "[fe80::1]",
        "[fd00:ec2::254]",
        "[::ffff:169.254.169.254]",
        "[64:ff9b::a9fe:a9fe]",
        "[2002:a9fe:a9fe::1]",
        "0.0.0.0",
        "0.0.0.1",
        "[::]",
        "224.0.0.1",
        "[ff02::1]",
        "255.255.255.255",
    ],
)
def test_addresses_that_serve_the_machine_itself_are_never_reached(address: str) -> None:
    for scheme in ("https", "http"):
        error = refusal({"url": f"{scheme}://{address}/latest/meta-data"})
        assert "no skill may reach" in str(error)
        assert classify_exception(error) is ErrorClass.REJECTED


def test_another_machine_is_reached_by_https_only() -> None:
    error = refusal({"url": "http://192.0.2.1/"})
    assert "use https://" in str(error)
    assert classify_exception(error) is ErrorClass.REJECTED
    assert find_addresses(httpx2.URL("https://192.0.2.1/")) == ["192.0.2.1"]


def test_the_connection_goes_to_the_address_that_was_judged_under_the_hosts_own_name(
    url: str,
) -> None:
    by_name = url.replace("127.0.0.1", "localhost")
    assert get({"url": f"{by_name}/host"}) == {
        "status": 200,
        "text": by_name.removeprefix("http://"),
    }


def test_a_server_without_tls_is_no_https(url: str) -> None:
    error = refusal({"url": url.replace("http:", "https:"), "timeout_s": 5})
    assert classify_exception(error) is ErrorClass.CONNECTION


def test_proxies_of_the_environment_are_not_used(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    assert get({"url": f"{url}/latin"}) == {"status": 200, "text": "café"}


def test_parameters_without_a_url_are_not_sent_to_one_from_elsewhere(url: str) -> None:
    error = refusal({"url": f"{url}/echo"}, headers={"X-Token": "secret"})
    assert "url" in str(error)
    assert classify_exception(error) is ErrorClass.INVALID_INPUT


def test_an_answer_that_comes_in_drops_is_a_timeout(url: str) -> None:
    error = refusal({"url": f"{url}/drip", "timeout_s": 0.1})
    assert classify_exception(error) is ErrorClass.TIMEOUT


def test_a_name_that_does_not_resolve_is_a_connection_failure() -> None:
    error = refusal({"url": "https://nowhere.invalid/"})
    assert classify_exception(error) is ErrorClass.CONNECTION


def test_the_manifest_says_what_the_adapter_does() -> None:
    manifest = StepRegistry().look_up(HTTP_GET.reference)
    assert isinstance(manifest, SkillManifest)
    assert manifest.side_effects is HTTP_GET.side_effects
    assert manifest.summary == HTTP_GET.description


def test_a_redirect_to_a_file_is_refused(url: str) -> None:
    assert classify_exception(refusal({"url": f"{url}/file"})) is ErrorClass.INVALID_INPUT


def test_nobody_listening_is_a_connection_failure() -> None:
    assert classify_exception(refusal({"url": "http://127.0.0.1:1/"})) is ErrorClass.CONNECTION


def test_silence_is_a_timeout(url: str) -> None:
    error = refusal({"url": f"{url}/silent", "timeout_s": 0.05})
    assert classify_exception(error) is ErrorClass.TIMEOUT


def test_a_get_is_waited_for_on_a_loop_that_skips_idle_waits(url: str) -> None:
    async def get_within_a_minute() -> JsonValue:
        async with asyncio.timeout(60):
            return await http_get({"url": f"{url}/latin"})

    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        assert runner.run(get_within_a_minute()) == {"status": 200, "text": "café"}
