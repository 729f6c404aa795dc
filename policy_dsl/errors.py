"""Errors of this package.

PolicyDslError
├── ExpressionError   not an expression, or not one for its schema; carries `message`, `column`, `suggestion`
└── Stopped           an evaluation that can't go on; caught by `Expression.evaluate`, which returns a `Failure`
"""


class PolicyDslError(Exception):
    """Root of the errors raised by `policy_dsl`."""


class ExpressionError(PolicyDslError):
    """Raised at load; `column` counts characters of the source from 1, `suggestion` is "" if there is none."""

    def __init__(self, message: str, column: int, suggestion: str = "") -> None:
        self.message = message
        self.column = column
        self.suggestion = suggestion
        hint = f"; {suggestion}" if suggestion else ""
        super().__init__(f"column {column}: {message}{hint}")


class Stopped(PolicyDslError):  # noqa: N818 - it's a signal inside the evaluator, never an error of the caller
    """Ends one evaluation; never leaves the package."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)
