"""What a run asks a person, and waits for."""

from collections.abc import Mapping
from typing import NamedTuple

from pydantic import JsonValue

from workflow.schemas import explain_mismatch


class Question(NamedTuple):
    """What the `visit`-th execution (from 0) of a step asks: its message, what to look at, and how to answer.

    `input_schema` is the JSON Schema of the answer, None when any JSON value will do.
    """

    step_id: str
    visit: int
    message: str
    input: JsonValue
    input_schema: Mapping[str, JsonValue] | None = None

    def explain_misfit(self, answer: JsonValue) -> str:
        """Say why this can't be the answer, `""` when it can."""
        return "" if self.input_schema is None else explain_mismatch(self.input_schema, answer)
