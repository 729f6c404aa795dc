"""The process that asks a model: one question on its standard input, one reply on its standard output, and it ends."""

import os
import sys

from app.adapters.model_messages import AnsweredPatch, ModelQuestion, ModelReply
from app.adapters.model_process import KEY_VARIABLE
from app.adapters.models_by_name import open_model
from meta_agent import ModelLimits, ModelProposals, propose_with_model
from prompt_guard import plan_for
from workflow import Workflow, parse_workflow

_MOST_NOTE = 500


def main() -> None:
    """Run as a process of its own."""
    question = ModelQuestion.model_validate_json(sys.stdin.buffer.read())
    reply = answer(question, os.environ.get(KEY_VARIABLE))
    sys.stdout.buffer.write(reply.model_dump_json().encode())


def answer(question: ModelQuestion, api_key: str | None) -> ModelReply:
    """Ask the model; what goes wrong there is in the note."""
    workflow = _read(question)
    asked = propose_with_model(
        workflow,
        question.opportunities,
        plan=plan_for(
            workflow,
            [found.step_id for found in question.opportunities],
            models=question.limits.allowed_models,
        ),
        model=open_model(question.model, base_url=question.base_url, api_key=api_key),
        limits=ModelLimits(max_usd=question.max_usd),
        refused=question.refused,
    )
    return _reply(question, asked)


def _read(question: ModelQuestion) -> Workflow:
    def read(path: str) -> str:
        if path not in question.files:
            raise FileNotFoundError(f"no {path!r} came with the spec")
        return question.files[path]

    return parse_workflow(question.text, path=question.path, read=read, allow=question.allow)


def _reply(question: ModelQuestion, asked: ModelProposals) -> ModelReply:
    return ModelReply(
        patches=tuple(
            AnsweredPatch(
                opportunity=question.opportunities.index(candidate.opportunity),
                patch=list(candidate.patch.to_json()),
                why=candidate.rationale,
                template_sha256=candidate.template_sha256,
            )
            for candidate in asked.candidates
        ),
        spent_usd=asked.spent_usd,
        note=asked.note[:_MOST_NOTE],
    )


if __name__ == "__main__":
    main()
