import asyncio
import json
import threading
from collections.abc import Iterator, Mapping
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from random import Random

import pytest
from pydantic import JsonValue

from app.adapters.agents import open_agents
from app.adapters.model_agents import ModelAgents
from telemetry import ErrorClass
from workflow import AgentCall, AgentReply, AttemptError

CATEGORY: dict[str, JsonValue] = {
    "type": "object",
    "properties": {"category": {"type": "string", "enum": ["billing", "other"]}},
    "required": ["category"],
    "additionalProperties": False,
}


class Provider(ThreadingHTTPServer):
    """An OpenAI-compatible server that answers as it is told and remembers what it was asked."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Chat)
        self.status = 200
        self.text = "hello"
        self.arguments: str | None = None
        self.raw: bytes | None = None
        self.asked: list[dict[str, JsonValue]] = []
        self.keys: list[str | None] = []
        self.silent = threading.Event()
        self.silent.set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"

    def message(self) -> dict[str, JsonValue]:
        if self.arguments is None:
            return {"role": "assistant", "content": self.text}
        tools = self.asked[-1]["tools"]
        assert isinstance(tools, list)
        tool = tools[0]
        assert isinstance(tool, dict)
        function = tool["function"]
        assert isinstance(function, dict)
        call = {"name": function["name"], "arguments": self.arguments}
        return {
            "role": "assistant",
            "content": None,
            "tool_calls": [{"id": "c1", "type": "function", "function": call}],
        }


class _Chat(BaseHTTPRequestHandler):
    server: Provider

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        self.server.asked.append(json.loads(self.rfile.read(length)))
        self.server.keys.append(self.headers.get("Authorization"))
        self.server.silent.wait(5)
        body = self.server.raw if self.server.raw is not None else self._body()
        self.send_response(self.server.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        try:
            self.wfile.write(body)
        except ConnectionError:
            return

    def _body(self) -> bytes:
        if self.server.status != 200:
            return json.dumps({"error": {"message": f"secret {self.headers}"}}).encode()
        answer = {
            "id": "x",
            "object": "chat.completion",
            "created": 1,
            "model": "gpt-4o-mini",
            "choices": [{"index": 0, "finish_reason": "stop", "message": self.server.message()}],
            "usage": {"prompt_tokens": 1000, "completion_tokens": 100, "total_tokens": 1100},
        }
        return json.dumps(answer).encode()

    def log_message(self, *args: object) -> None:
        return


@pytest.fixture
def provider() -> Iterator[Provider]:
    server = Provider()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.silent.set()
    server.shutdown()
    thread.join()
    server.server_close()


def call(
    model: str = "openai:gpt-4o-mini",
    prompt: JsonValue = "Hi",
    *,
    schema: Mapping[str, JsonValue] | None = None,
    **settings: JsonValue,
) -> AgentCall:
    return AgentCall(
        step_id="s",
        agent="a",
        model=model,
        system_prompt="Be brief.",
        prompt=prompt,
        output_schema=schema,
        settings=settings,
        attempt=1,
        random=Random(0),
    )


def ask(provider: Provider, request: AgentCall, api_key: str | None = "key-1") -> AgentReply:
    return asyncio.run(ModelAgents(provider.url, api_key).ask(request))


def failure(provider: Provider, request: AgentCall) -> AttemptError:
    with pytest.raises(AttemptError) as caught:
        ask(provider, request)
    return caught.value


def test_a_reply_is_text_with_its_tokens_and_list_price(provider: Provider) -> None:
    reply = ask(provider, call())
    assert reply.output == "hello"
    assert (reply.input_tokens, reply.output_tokens) == (1000, 100)
    assert reply.cost_usd == Decimal("0.00021")
    assert not reply.simulated


def test_a_model_without_a_list_price_costs_nothing_known(provider: Provider) -> None:
    assert ask(provider, call("openai:my-own-finetune")).cost_usd == 0


def test_the_request_carries_instructions_prompt_settings_and_key(provider: Provider) -> None:
    ask(provider, call(prompt={"ticket": 1}, temperature=0.2, top_p=0.9, max_tokens=50))
    asked = provider.asked[0]
    assert asked["model"] == "gpt-4o-mini"
    assert asked["messages"] == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": '{"ticket": 1}'},
    ]
    assert (asked["temperature"], asked["top_p"]) == (0.2, 0.9)
    assert 50 in (asked.get("max_tokens"), asked.get("max_completion_tokens"))
    assert provider.keys == ["Bearer key-1"]


def test_a_key_from_the_environment_never_goes_to_another_server(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-environment")
    ask(provider, call(), api_key=None)
    assert "sk-environment" not in str(provider.keys)


def test_every_providers_models_are_asked_at_the_base_url(provider: Provider) -> None:
    ask(provider, call("anthropic:claude-sonnet-4-5"))
    assert provider.asked[0]["model"] == "claude-sonnet-4-5"


def test_a_schema_gives_structured_output(provider: Provider) -> None:
    provider.arguments = '{"category": "billing"}'
    assert ask(provider, call(schema=CATEGORY)).output == {"category": "billing"}


def test_a_schema_that_is_no_object_is_wrapped_and_unwrapped(provider: Provider) -> None:
    provider.arguments = '{"answer": ["a", "b"]}'
    reply = ask(provider, call(schema={"type": "array", "items": {"type": "string"}}))
    assert reply.output == ["a", "b"]


@pytest.mark.parametrize("arguments", ['{"category": "unheard"}', '{"category": ', "[]", "{}"])
def test_an_answer_outside_the_schema_is_invalid_output_and_paid_for(
    provider: Provider, arguments: str
) -> None:
    provider.arguments = arguments
    error = failure(provider, call(schema=CATEGORY))
    assert error.error_class is ErrorClass.INVALID_OUTPUT
    assert error.input_tokens == 1000
    assert error.cost_usd > 0
    assert "unheard" not in str(error)


@pytest.mark.parametrize(
    ("status", "error_class"),
    [
        (400, ErrorClass.INVALID_INPUT),
        (401, ErrorClass.REJECTED),
        (402, ErrorClass.REJECTED),
        (404, ErrorClass.INVALID_INPUT),
        (429, ErrorClass.RATE_LIMITED),
        (500, ErrorClass.UNAVAILABLE),
        (503, ErrorClass.UNAVAILABLE),
        (529, ErrorClass.UNAVAILABLE),
    ],
)
def test_an_error_status_becomes_its_class_after_one_request(
    provider: Provider, status: int, error_class: ErrorClass
) -> None:
    provider.status = status
    error = failure(provider, call())
    assert error.error_class is error_class
    assert error.model == "openai:gpt-4o-mini"
    assert str(status) in str(error)
    assert len(provider.asked) == 1


def test_a_providers_error_text_stays_out_of_the_message(provider: Provider) -> None:
    provider.status = 400
    message = str(failure(provider, call(prompt="private words")))
    assert "secret" not in message
    assert "key-1" not in message


@pytest.mark.parametrize("raw", [b"", b"<html>", b'{"choices": []}', b"[]"])
def test_garbage_is_an_attempt_that_failed(provider: Provider, raw: bytes) -> None:
    provider.raw = raw
    error = failure(provider, call())
    assert error.error_class in (ErrorClass.INVALID_OUTPUT, ErrorClass.CONNECTION)


def test_nobody_listening_is_a_connection_failure() -> None:
    models = ModelAgents("http://127.0.0.1:1/v1")
    with pytest.raises(AttemptError) as caught:
        asyncio.run(models.ask(call()))
    assert caught.value.error_class is ErrorClass.CONNECTION


@pytest.mark.parametrize("name", ["gpt-4o-mini", "nobody:model", "openai:gpt-4o-mini"])
def test_a_model_that_cannot_be_opened_is_invalid_input(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("OPENAI_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(variable, raising=False)
    with pytest.raises(AttemptError) as caught:
        asyncio.run(ModelAgents().ask(call(name)))
    assert caught.value.error_class is ErrorClass.INVALID_INPUT


def test_a_cancelled_call_gives_up_its_request(provider: Provider) -> None:
    provider.silent.clear()

    async def give_up() -> None:
        async with asyncio.timeout(0.3):
            await ModelAgents(provider.url).ask(call())

    with pytest.raises(TimeoutError):
        asyncio.run(give_up())


def test_every_name_but_a_simulated_one_goes_to_a_real_model(provider: Provider) -> None:
    async def ask_by_name() -> AgentReply:
        return await open_agents(base_url=provider.url)(call())

    assert asyncio.run(ask_by_name()).output == "hello"
