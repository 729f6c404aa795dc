"""Every key of the format, walked from its models: what changing it is about, and whether others may have to follow.

A new key fails here until somebody has judged it.
"""

import re
import types
from collections.abc import Iterator
from typing import Annotated, Any, Union, get_args, get_origin

import pytest
from pydantic import BaseModel

from diff_ux import describe_changes, is_breaking
from policy_dsl import Policy
from workflow import Changed, SemanticClass, Subject
from workflow.comparison.semantics import classify_field
from workflow.format.spec import AgentSpec, EmbeddedTest, WorkflowSpec
from workflow.format.step_spec import StepSpec

_JUDGED = """
workflow  version                            behaviour
workflow  name                               behaviour
workflow  description                        documentation
workflow  steps                              behaviour
workflow  agents                             prompt
workflow  imports                            tool
workflow  policies                           guard
workflow  policy_packs                       guard
workflow  tests                              guard
workflow  score                              guard          breaking
workflow  usage_limits.total_cost_usd_limit  guard
workflow  usage_limits.total_tokens_limit    guard
step      name                               behaviour
step      kind                               behaviour      breaking
step      description                        documentation
step      config.temperature                 behaviour
step      config.top_p                       behaviour
step      config.max_tokens                  cost
step      config.max_retries                 reliability
step      config.timeout_s                   reliability
step      config.backoff_s                   reliability
step      input                              prompt
step      input_schema                       guard          breaking
step      output_schema                      guard          breaking
step      sink_to                            behaviour      breaking
step      updates_context                    behaviour      breaking
step      usage_limits.total_cost_usd_limit  guard
step      usage_limits.total_tokens_limit    guard
step      meta                               behaviour
step      uses                               tool
step      agent                              tool
step      agent.id                           tool
step      agent.params                       tool
step      validators                         guard
step      fallback                           behaviour
step      condition                          tool
step      condition_expression               behaviour
step      branches                           behaviour
step      default_branch                     behaviour
step      merge_strategy                     behaviour      breaking
step      on_branch_failure                  reliability
step      reduce                             behaviour      breaking
step      max_concurrency                    reliability
step      loop.body                          behaviour
step      loop.max_loops                     behaviour
step      loop.exit_expression               behaviour
step      loop.exit_condition                tool
step      map.iterable_input                 behaviour
step      map.body                           behaviour
step      map.max_concurrency                reliability
step      message                            behaviour
step      wrapped_step                       behaviour
step      router.router_agent                tool
step      router.branches                    tool
step      planner                            tool
step      registry                           tool
step      output_template                    prompt
step      proposer                           tool
step      evaluator                          tool
step      branching_factor                   cost
step      beam_width                         cost
step      max_depth                          cost
step      max_iterations                     cost
step      start_state                        behaviour
step      end_states                         behaviour
step      states                             behaviour
step      transitions                        behaviour
step      max_steps                          behaviour
agent     model                              cost
agent     system_prompt                      prompt
agent     system_prompt.from_file            prompt
agent     system_prompt.variables            prompt
agent     output_schema                      guard          breaking
agent     model_settings.temperature         behaviour
agent     model_settings.top_p               behaviour
agent     model_settings.max_tokens          cost
agent     timeout                            reliability
agent     max_retries                        reliability
agent     description                        prompt
agent     meta                               behaviour
policy    id                                 guard
policy    when                               guard
policy    assert                             guard
policy    action                             guard
policy    enforcement                        guard
policy    message                            guard
policy    description                        documentation
test      name                               guard
test      input                              guard
test      assertions                         guard
test      mocks                              guard
test      repeat                             guard
test      pass_rate                          guard
test      tags                               guard
test      timeout_s                          guard
test      description                        documentation
"""

_Judgement = tuple[SemanticClass, bool]
_SIDES: tuple[tuple[Any, Any], ...] = (("a", "b"), (1, 2), (["a"], ["b"]), ({"a": 1}, {"a": 2}))


def _read_table() -> dict[tuple[str, str], _Judgement]:
    rows = [line.split() for line in _JUDGED.strip().splitlines()]
    return {(kind, path): (SemanticClass(about), bool(more)) for kind, path, about, *more in rows}


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    """Yield the models a value may be, but not those inside a mapping or a list: they are subjects of their own."""
    origin = get_origin(annotation)
    if origin in (Annotated, Union, types.UnionType):
        choices = get_args(annotation)[:1] if origin is Annotated else get_args(annotation)
        for choice in choices:
            yield from _models_in(choice)
    elif isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation


def _leaves(model: type[BaseModel], path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Walk to the keys as they are written; steps inside steps are steps of their own."""
    steps = set(_models_in(StepSpec))
    for name, field in model.model_fields.items():
        here = (*path, field.serialization_alias or name)
        inside = [one for one in _models_in(field.annotation) if one not in steps]
        is_scalar_too = len(set(get_args(field.annotation)) - {type(None)}) > 1 and inside
        if not inside or is_scalar_too:
            yield here
        for one in inside:
            yield from _leaves(one, here)


def _list_fields() -> list[tuple[str, tuple[str, ...]]]:
    models: list[tuple[str, type[BaseModel]]] = [
        ("workflow", WorkflowSpec),
        ("agent", AgentSpec),
        ("policy", Policy),
        ("test", EmbeddedTest),
    ]
    models += [("step", kind) for kind in _models_in(StepSpec)]
    return list(dict.fromkeys((kind, path) for kind, model in models for path in _leaves(model)))


def _change(kind: Any, field: tuple[str, ...], before: Any, after: Any) -> Changed:
    subject = Subject(kind, "it")
    return Changed(
        subject=subject,
        semantic=classify_field(subject, field),
        pointer="/" + "/".join(field),
        yaml_path=".".join(field),
        line=1,
        field=field,
        before=before,
        after=after,
    )


def test_the_walk_reaches_every_kind_and_every_depth() -> None:
    found = {f"{kind} {'.'.join(path)}" for kind, path in _list_fields()}
    assert found >= {
        "step wrapped_step",
        "step transitions",
        "step loop.exit_expression",
        "step usage_limits.total_cost_usd_limit",
        "agent system_prompt.from_file",
        "agent model_settings.max_tokens",
        "policy assert",
        "test pass_rate",
        "workflow score",
    }
    assert len(found) > 80


@pytest.mark.parametrize(("kind", "field"), _list_fields(), ids=lambda part: str(part))
def test_every_field_of_the_format_is_judged_and_told(kind: str, field: tuple[str, ...]) -> None:
    about, breaks = _read_table()[kind, ".".join(field)]
    for before, after in _SIDES:
        change = _change(kind, field, before, after)
        assert change.semantic is about
        assert is_breaking(change) is breaks
        (sentence,) = describe_changes([change])
        assert sentence.about is about
        assert kind == "workflow" or re.search(r"\bit\b", sentence.text)


@pytest.mark.parametrize("field", ["config.max_retries", "meta.doc", "map.max_concurrency"])
def test_a_name_with_a_dot_is_not_taken_for_a_path(field: str) -> None:
    assert classify_field(Subject("step", "it"), (field,)) is SemanticClass.BEHAVIOUR
