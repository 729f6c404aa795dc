"""The sandboxed expression language of conditions, policies and embedded tests."""

from policy_dsl.errors import ExpressionError, PolicyDslError
from policy_dsl.explaining import Explained
from policy_dsl.expression import Expression, compile_condition, compile_expression
from policy_dsl.judging import Reason, Violation, judge_policies
from policy_dsl.linting import Lint, LintKind, lint_policies
from policy_dsl.merging import merge_policies
from policy_dsl.policies import Action, Enforcement, Policy
from policy_dsl.schema import (
    ANY,
    BOOL,
    NULL,
    NUMBER,
    TEXT,
    Kind,
    ListType,
    MapType,
    OptionalType,
    RecordType,
    Type,
)
from policy_dsl.values import UNKNOWN, Failure, Unknown, Value

__all__ = [
    "ANY",
    "BOOL",
    "NULL",
    "NUMBER",
    "TEXT",
    "UNKNOWN",
    "Action",
    "Enforcement",
    "Explained",
    "Expression",
    "ExpressionError",
    "Failure",
    "Kind",
    "Lint",
    "LintKind",
    "ListType",
    "MapType",
    "OptionalType",
    "Policy",
    "PolicyDslError",
    "Reason",
    "RecordType",
    "Type",
    "Unknown",
    "Value",
    "Violation",
    "compile_condition",
    "compile_expression",
    "judge_policies",
    "lint_policies",
    "merge_policies",
]
