import json

from workflow import Edge, EdgeKind, Graph, build_graph, parse_workflow

Json = dict[str, object]


def _step(name: str, **fields: object) -> Json:
    return {"name": name, "uses": "agents.a", **fields}


def _graph(*steps: Json) -> Graph:
    document = {"agents": {"a": {"model": "sim:s"}}, "steps": list(steps)}
    return build_graph(parse_workflow(json.dumps(document)))


def _arrows(graph: Graph) -> list[tuple[str, str]]:
    return [(edge.source, edge.target) for edge in graph.edges]


def test_steps_follow_one_another() -> None:
    graph = _graph(_step("a"), _step("b"), _step("c"))
    assert graph.edges == (
        Edge("a", "b", EdgeKind.SEQUENCE),
        Edge("b", "c", EdgeKind.SEQUENCE),
    )


def test_branches_fan_out_and_join_at_what_follows() -> None:
    route: Json = {
        "kind": "conditional",
        "name": "r",
        "condition_expression": "'x'",
        "branches": {"x": [_step("a"), _step("b")], "y": _step("c")},
    }
    graph = _graph(route, _step("end"))
    assert Edge("r", "r/x/a", EdgeKind.BRANCH, "x") in graph.edges
    assert Edge("r", "r/y/c", EdgeKind.BRANCH, "y") in graph.edges
    assert ("r/x/b", "end") in _arrows(graph)
    assert ("r/y/c", "end") in _arrows(graph)
    assert ("r", "end") not in _arrows(graph)


def test_a_loop_leads_back_to_itself_and_goes_on_from_there() -> None:
    loop: Json = {"kind": "loop", "name": "l", "loop": {"body": [_step("a"), _step("b")]}}
    graph = _graph(loop, _step("end"))
    assert Edge("l/b", "l", EdgeKind.REPEAT) in graph.edges
    assert Edge("l", "l/a", EdgeKind.ENTER) in graph.edges
    assert ("l", "end") in _arrows(graph)


def test_a_container_knows_its_children_in_order() -> None:
    graph = _graph(
        {
            "kind": "map",
            "name": "m",
            "map": {"iterable_input": [1], "body": [_step("a"), _step("b")]},
        }
    )
    node = graph.node("m")
    assert node is not None
    assert node.children == ("m/a", "m/b")


def test_a_fallback_runs_instead_and_joins_again() -> None:
    graph = _graph(_step("a", fallback=_step("b")), _step("end"))
    assert graph.edges == (
        Edge("a", "a/b", EdgeKind.FALLBACK),
        Edge("a", "end", EdgeKind.SEQUENCE),
        Edge("a/b", "end", EdgeKind.SEQUENCE),
    )


def test_a_cache_leads_through_the_step_it_wraps() -> None:
    graph = _graph({"kind": "cache", "name": "k", "wrapped_step": _step("a")}, _step("end"))
    assert _arrows(graph) == [("k", "k/a"), ("k/a", "end")]


def test_a_state_machine_follows_its_transitions_and_ends_in_its_end_states() -> None:
    machine: Json = {
        "kind": "StateMachine",
        "name": "m",
        "start_state": "s",
        "end_states": ["done"],
        "states": {"s": [_step("a")], "done": [_step("b")]},
        "transitions": [{"from": "s", "to": "done"}, {"from": "s", "to": "s"}],
    }
    graph = _graph(machine, _step("end"))
    assert _arrows(graph) == [
        ("m", "m/s/a"),
        ("m/s/a", "m/done/b"),
        ("m/s/a", "m/s/a"),
        ("m/done/b", "end"),
    ]


def test_a_transition_from_any_state_leads_from_each() -> None:
    machine: Json = {
        "kind": "StateMachine",
        "name": "m",
        "start_state": "s",
        "end_states": ["done"],
        "states": {"s": [_step("a")], "done": [_step("b")]},
        "transitions": [{"from": "*", "to": "done"}],
    }
    assert _arrows(_graph(machine)) == [
        ("m", "m/s/a"),
        ("m/s/a", "m/done/b"),
        ("m/done/b", "m/done/b"),
    ]


def test_a_container_of_nothing_is_a_step_like_any_other() -> None:
    assert _arrows(_graph({"kind": "hitl", "name": "h"}, _step("a"))) == [("h", "a")]
