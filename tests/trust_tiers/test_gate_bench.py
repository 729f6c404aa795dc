"""Attacks on the gate: in full under FLUJO_VERIFY=1, a sample of every class otherwise."""

import os
from random import Random

import pytest
import yaml

from benchmarks.adversarial import bench, oracle
from benchmarks.adversarial.attacks import ATTACKS
from benchmarks.adversarial.case import LIMITS, MODELS, judge
from benchmarks.adversarial.climb import climb
from benchmarks.adversarial.judges import open_oracle
from benchmarks.adversarial.specs import EXAMPLES, generate_specs
from trust_tiers import Decision, RiskTier

FULL = bool(os.environ.get("FLUJO_VERIFY"))
CASES = 4_200 if FULL else 12
LEGITIMATE = 2_000 if FULL else 60
CLIMBED = 20_000 if FULL else 120
SEED = 20260301


def test_no_attack_is_applied_by_itself() -> None:
    tallies = bench.run_attacks(CASES, seed=SEED)
    assert set(tallies) == set(ATTACKS)
    assert {name: tally.violations for name, tally in tallies.items() if tally.violations} == {}
    if FULL:
        assert sum(tally.cases for tally in tallies.values()) >= 50_000


def test_legitimate_patches_pass_and_the_oracle_finds_no_harm_in_them() -> None:
    tally = bench.run_legitimate(LEGITIMATE, seed=SEED)
    assert len(tally.violations) <= 0.02 * tally.cases, tally.violations[:5]


def test_an_attacker_who_climbs_towards_harm_never_gets_there() -> None:
    assert climb(CLIMBED, seed=SEED).won == ()


def test_hostile_sizes_are_refused_at_once() -> None:
    random = Random(5)
    (spec,) = generate_specs(random, 1)
    tally = bench.Tally()
    for _ in range(40):
        bench._judge_timed(ATTACKS["P08 sheer size"](random, spec), tally)
    assert tally.slowest_ms < 1_000


@pytest.mark.parametrize("name", ATTACKS)
def test_a_gate_that_lets_everything_pass_would_be_caught(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bench has teeth: whatever a class brings past the guard counts, whoever waves it through."""
    monkeypatch.setattr(
        "benchmarks.adversarial.case.classify_in_window",
        lambda before, after, limits, window=(): Decision(RiskTier.LOW, ("yes",)),
    )
    random = Random(SEED)
    (spec,) = generate_specs(random, 1)
    with open_oracle() as judges:
        for _ in range(40):
            case = ATTACKS[name](random, spec)
            verdict = judge(case)
            if verdict.is_automatic:
                assert case.window or judges.find_harm(case, verdict)


def _harm(patch: list[object], before: str) -> list[str]:
    after = yaml.safe_dump(oracle.apply(yaml.safe_load(before), patch))
    return oracle.find_harm(before, patch, after, MODELS)


SPEC = """
agents: {writer: {model: sim:large, timeout: 20}, judge: {model: sim:large}}
steps:
  - {name: one, uses: skills:tidy, config: {timeout_s: 20, max_retries: 1}, input: "{{ context.a }}"}
  - {name: two, uses: agents.writer, input: "{{ context.b }}", validators: [flujo.check.length]}
  - {name: check_it, uses: agents.judge, input: "{{ context.c }}"}
  - {name: last, kind: loop, loop: {body: [{name: inner, uses: skills:tidy}]}}
"""


@pytest.mark.parametrize(
    ("path", "value", "is_harm"),
    [
        ("/steps/0/config/timeout_s", 40, False),
        ("/steps/0/config/timeout_s", 41, True),
        ("/steps/0/config/timeout_s", 4, True),
        ("/steps/0/config/max_retries", 0, True),
        ("/steps/0/config/max_retries", 5, False),
        ("/steps/0/config/max_retries", 2.5, True),
        ("/steps/0/config/max_retries", True, True),
        ("/steps/0/config/temperature", 1, True),
        ("/steps/0/config/max_tokens", 10, True),
        ("/steps/0/input", "x", True),
        ("/steps/0/description", "Plain.", False),
        ("/steps/0/description", "<b>", True),
        ("/steps/1/description", "Plain.", True),
        ("/steps/1/config", {"timeout_s": 40}, False),
        ("/steps/1/config", {"timeout_s": 50}, True),
        ("/steps/1/config", {}, True),
        ("/steps/1/validators", ["flujo.check.length", "flujo.check.schema"], False),
        ("/steps/1/validators", ["flujo.check.schema"], True),
        ("/steps/1/validators", ["flujo.check.length", "skills:tidy"], True),
        ("/steps/2/config", {"max_retries": 1}, True),
        ("/steps/3/config", {"max_retries": 1}, True),
        ("/steps/3/loop/body/0/config", {"max_retries": 1}, False),
        ("/steps/3/loop/max_loops", 9, True),
        ("/agents/writer/model", "sim:small", False),
        ("/agents/writer/model", "sim:evil", True),
        ("/agents/judge/model", "sim:small", True),
        ("/agents/writer/timeout", 30, True),
        ("/description", "Plain.", False),
        ("/score", "one", True),
    ],
)
def test_the_oracle_knows_a_knob_from_harm(path: str, value: object, is_harm: bool) -> None:
    assert bool(_harm([{"op": "add", "path": path, "value": value}], SPEC)) is is_harm


def test_the_oracle_lets_neighbours_swap_that_do_not_read_each_other() -> None:
    assert not _harm([{"op": "move", "from": "/steps/0", "path": "/steps/1"}], SPEC)
    assert _harm([{"op": "move", "from": "/steps/0", "path": "/steps/2"}], SPEC)
    reading = SPEC.replace("{{ context.b }}", "{{ steps.one.output }}")
    assert _harm([{"op": "move", "from": "/steps/0", "path": "/steps/1"}], reading)


def test_the_oracle_notices_a_text_that_says_something_else_than_the_patch() -> None:
    patch = [{"op": "replace", "path": "/steps/0/config/timeout_s", "value": 30}]
    other = SPEC.replace("timeout_s: 20", "timeout_s: 30, backoff_s: 3")
    assert oracle.find_harm(SPEC, patch, other) == ["the text isn't what the patch makes of it"]


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "replace", "path": "/nowhere", "value": 1},
        {"op": "remove", "path": "/steps/9"},
        {"op": "add", "path": "/steps/01", "value": 1},
        {"op": "add", "path": "/steps/9", "value": 1},
        {"op": "add", "path": "/steps/0/name/x", "value": 1},
        {"op": "add", "path": "", "value": 1},
        {"op": "copy", "path": "/a", "from": "/steps"},
        {"op": "test", "path": "/steps/0/config/max_retries", "value": True},
    ],
)
def test_the_oracle_applies_patches_by_the_letter(operation: dict[str, object]) -> None:
    (harm,) = oracle.find_harm(SPEC, [operation], SPEC)
    assert harm.startswith("the patch can't be applied")


def test_the_examples_are_attacked_too() -> None:
    assert len(EXAMPLES) >= 4
    assert LIMITS.allowed_models == MODELS


def test_the_report_has_a_line_for_every_class() -> None:
    attacks = {"P01 something": bench.Tally()}
    attacks["P01 something"].outcomes.update({"HIGH": 300})
    fine = bench.Tally()
    fine.outcomes.update({"LOW": 500})
    report = list(bench.write_report(attacks, fine))
    assert "| P01 something | 300 | 0 | 300 | 0 | 0.994% | 0 ms |" in report
    assert report[-1].startswith("Legitimate patches: 500 of 500 passed; at most 0.60%")
