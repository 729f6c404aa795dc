"""The builder: calls in the order in which a spec is read, `with` for what encloses steps."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from pydantic import JsonValue

from workflow.builder.branches import Branches
from workflow.builder.refusal import refuse
from workflow.builder.telling import tell_without_lines
from workflow.builder.values import Value, write_fields
from workflow.errors import SpecError
from workflow.format.spec_model import JsonObject, SpecModel
from workflow.format.step_spec import LoopBody, MapBody, RouterBody
from workflow.identity import Read
from workflow.json_data import copy_json
from workflow.load import Workflow, parse_workflow
from workflow.yaml_io.yaml_writing import write_yaml

_ORDER = ("version", "name", "description", "imports", "agents", "steps", "policies")
"""Top-level keys in the order of a spec; others follow as they were given, `tests` last."""


class Flow:
    """A workflow in the making. Every keyword is a key of the format; its page explains them all.

    One that is a word of Python takes an underscore behind, as in `assert_`. A function that stands where the format
    names a skill becomes its reference, `module:function`. Calls raise `SkillError` for a function that has none, and
    `SpecError` for values that no spec can hold.
    """

    def __init__(self, name: str, **fields: Value) -> None:
        self._fields = {"version": "0.1", "name": name, **write_fields(fields, f"flow {name!r}")}
        self._agents: JsonObject = {}
        self._policies: list[JsonValue] = []
        self._tests: list[JsonValue] = []
        self._levels: list[list[JsonValue]] = [[]]

    def agent(self, name: str, *, model: str, **fields: Value) -> None:
        """Add a model with its instructions; steps name it as `agents.NAME`."""
        if name in self._agents:
            raise refuse("duplicate-name", f"a second agent named {name!r}")
        self._agents[name] = {"model": model, **write_fields(fields, f"agent {name!r}")}

    def policy(self, id: str, **fields: Value) -> None:  # noqa: A002 - the format's word
        """Add a policy; `assert_` is the condition that must hold."""
        self._policies.append({"id": id, **write_fields(fields, f"policy {id!r}")})

    def test(self, name: str, *, assertions: Sequence[str], **fields: Value) -> None:
        """Add an embedded test."""
        written = write_fields({**fields, "assertions": assertions}, f"test {name!r}")
        self._tests.append({"name": name, **written})

    def step(self, name: str, **fields: Value) -> None:
        """Add a step that runs the agent or the skill it `uses`."""
        self._add("", name, fields)

    def hitl(self, name: str, **fields: Value) -> None:
        """Add a step that waits for a person."""
        self._add("hitl", name, fields)

    def agentic_loop(self, name: str, **fields: Value) -> None:
        """Add a planner that picks skills until it is done."""
        self._add("agentic_loop", name, fields)

    def tree_search(self, name: str, **fields: Value) -> None:
        """Add a search over proposals."""
        self._add("tree_search", name, fields)

    @contextmanager
    def loop(self, name: str, **fields: Value) -> Iterator[None]:
        """Repeat the steps inside until `exit_expression` is true, or `max_loops` times."""
        inside = self._add_with_inside("loop", name, fields, LoopBody)
        with self._collect() as inside["body"]:
            yield

    @contextmanager
    def map(self, name: str, **fields: Value) -> Iterator[None]:
        """Run the steps inside once for each item of `iterable_input`."""
        inside = self._add_with_inside("map", name, fields, MapBody)
        with self._collect() as inside["body"]:
            yield

    @contextmanager
    def conditional(self, name: str, **fields: Value) -> Iterator[Branches]:
        """Run the branch that `condition_expression` names; `with flow.conditional(…) as route, route.branch(…):`."""
        yield self._branch_out("conditional", name, fields, "branches")

    @contextmanager
    def parallel(self, name: str, **fields: Value) -> Iterator[Branches]:
        """Run branches at once."""
        yield self._branch_out("parallel", name, fields, "branches")

    @contextmanager
    def dynamic_router(self, name: str, **fields: Value) -> Iterator[Branches]:
        """Run the branches that `router_agent` picks."""
        inside = self._add_with_inside("dynamic_router", name, fields, RouterBody, key="router")
        inside["branches"] = branches = JsonObject()
        yield Branches(self._collect, branches, f"step {name!r}")

    @contextmanager
    def state_machine(self, name: str, **fields: Value) -> Iterator[Branches]:
        """Run states from `start_state` on, one after the other, as `transitions` lead."""
        yield self._branch_out("StateMachine", name, fields, "states")

    @contextmanager
    def cache(self, name: str, **fields: Value) -> Iterator[None]:
        """Remember what the one step inside gave."""
        written = self._add("cache", name, fields)
        with self._collect() as steps:
            yield
        written["wrapped_step"] = _only(steps, f"step {name!r}")

    @contextmanager
    def fallback(self) -> Iterator[None]:
        """Let the one step inside take the place of the step above when that has failed for good."""
        above = self._levels[-1][-1] if self._levels[-1] else None
        if not isinstance(above, dict):
            raise refuse("missing-key", "a fallback needs a step above it", "write that step first")
        with self._collect() as steps:
            yield
        above["fallback"] = _only(steps, f"the fallback of step {above['name']!r}")

    def build(
        self, *, path: str = "", read: Read | None = None, allow: Sequence[str] = ()
    ) -> Workflow:
        """Return the workflow so far, whose `to_yaml()` may be kept as a file.

        `read` and `allow` are those of `parse_workflow`. Raises `SpecError` with every error found, each told with the
        step it is about.
        """
        if len(self._levels) > 1:
            raise refuse("invalid-value", "build() is called inside a `with`", "call it behind")
        document = self._document()
        try:
            return parse_workflow(write_yaml(document), path=path, read=read, allow=allow)
        except SpecError as error:
            raise SpecError(tell_without_lines(error.diagnostics, document)) from None

    def _document(self) -> JsonObject:
        parts: JsonObject = {**self._fields, "agents": self._agents, "steps": self._levels[0]}
        parts |= {"policies": self._policies, "tests": self._tests}
        ordered = {key: parts[key] for key in _ORDER if key in parts} | parts
        return {key: copy_json(part) for key, part in ordered.items() if part not in ({}, [])}

    def _add(self, kind: str, name: str, fields: Mapping[str, Value]) -> JsonObject:
        head: JsonObject = {"kind": kind, "name": name} if kind else {"name": name}
        written: JsonObject = {**head, **write_fields(fields, f"step {name!r}")}
        self._levels[-1].append(written)
        return written

    def _add_with_inside(
        self,
        kind: str,
        name: str,
        fields: Mapping[str, Value],
        model: type[SpecModel],
        key: str = "",
    ) -> JsonObject:
        """Add a step some of whose fields are kept in a mapping of their own, `key`; return that mapping."""
        own = {field: value for field, value in fields.items() if field not in model.model_fields}
        inside = {field: value for field, value in fields.items() if field in model.model_fields}
        written = self._add(kind, name, own)
        written[key or kind] = kept = write_fields(inside, f"step {name!r}")
        return kept

    def _branch_out(self, kind: str, name: str, fields: Mapping[str, Value], key: str) -> Branches:
        self._add(kind, name, fields)[key] = branches = JsonObject()
        return Branches(self._collect, branches, f"step {name!r}")

    @contextmanager
    def _collect(self) -> Iterator[list[JsonValue]]:
        """Gather the steps that are added inside."""
        steps: list[JsonValue] = []
        self._levels.append(steps)
        try:
            yield steps
        finally:
            self._levels.pop()


def _only(steps: list[JsonValue], where: str) -> JsonValue:
    if len(steps) != 1:
        raise refuse("invalid-value", f"{where} holds {len(steps)} steps", "put exactly one inside")
    return steps[0]
