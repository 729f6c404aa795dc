"""What a step can see, and where in the run it lies."""

from dataclasses import dataclass

from pydantic import JsonValue

from workflow.engine.visits import Visits


@dataclass(slots=True)
class Scope:
    """Names for templates and conditions; `steps` maps names to `{"output": …}` of what has run."""

    run_input: JsonValue
    context: dict[str, JsonValue]
    steps: dict[str, JsonValue]
    previous: JsonValue
    visits: Visits
    parent: int = 0
    branch: str = ""
    iteration: int = 0
    this: JsonValue = None

    @classmethod
    def of_run(cls, data: JsonValue) -> "Scope":
        """Return the scope a run starts with: its input's fields are the first context."""
        context = dict(data) if isinstance(data, dict) else {}
        return cls(run_input=data, context=context, steps={}, previous=data, visits=Visits())

    def inside(
        self, span: int, *, previous: JsonValue, branch: str = "", iteration: int = 0
    ) -> "Scope":
        """Return the scope of a container's child; context and outputs are shared with it."""
        return Scope(
            run_input=self.run_input,
            context=self.context,
            steps=self.steps,
            previous=previous,
            visits=self.visits,
            parent=span,
            branch=branch or self.branch,
            iteration=iteration or self.iteration,
            this=self.this,
        )

    @property
    def names(self) -> dict[str, JsonValue]:
        """The names templates and conditions may mention."""
        return {
            "previous_step": self.previous,
            "steps": self.steps,
            "context": self.context,
            "input": self.run_input,
            "this": self.this,
            "iteration": self.iteration,
        }
