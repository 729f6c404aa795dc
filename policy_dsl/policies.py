"""Policies as people write them: when this is so, that must hold, or else."""

from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from policy_dsl.errors import ExpressionError
from policy_dsl.expression import compile_condition


class Action(StrEnum):
    """What happens when a policy is violated."""

    FAIL_RUN = "FAIL_RUN"
    WARN = "WARN"
    REQUIRE_APPROVAL = "REQUIRE_APPROVAL"
    BLOCK_MERGE = "BLOCK_MERGE"


class Enforcement(StrEnum):
    """How binding the action is: for information, until somebody overrides it on record, or without exception."""

    ADVISORY = "advisory"
    SOFT_MANDATORY = "soft-mandatory"
    HARD_MANDATORY = "hard-mandatory"


def _as_source(value: object) -> object:
    """YAML reads `when: true` as a boolean; it means the expression of that name."""
    return str(value).lower() if isinstance(value, bool) else value


def _check_condition(source: str) -> str:
    try:
        compile_condition(source)
    except ExpressionError as error:
        raise PydanticCustomError(
            "expression",
            "{reason}",
            {"reason": str(error), "column": error.column, "suggestion": error.suggestion},
        ) from None
    return source


Condition = Annotated[str, BeforeValidator(_as_source), AfterValidator(_check_condition)]


class Policy(BaseModel):
    """One entry of `policies:`; its expressions are checked for syntax here, against a schema where one is known."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        validate_by_name=True,
        validate_by_alias=True,
        serialize_by_alias=True,
    )

    id: str = Field(min_length=1, max_length=100)
    when: Condition = "true"
    assert_: Condition = Field(alias="assert")
    action: Action = Action.FAIL_RUN
    enforcement: Enforcement = Enforcement.HARD_MANDATORY
    message: str = ""
    description: str = ""
