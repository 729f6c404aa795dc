"""How detectors tell what they found in a window."""

from collections.abc import Mapping

from meta_agent.detectors.window import Window
from meta_agent.opportunity import Opportunity
from telemetry.attributes import WORKFLOW_STEP_ID, WORKFLOW_YAML_PATH
from workflow import StepNode


def tell_step(
    window: Window,
    kind: str,
    node: StepNode,
    summary: str,
    numbers: Mapping[str, float],
    *,
    p_value: float = 0.0,
    runs_needed: int = 0,
) -> Opportunity:
    """Return what was found in one step; it is `enough` when no more runs are needed."""
    return Opportunity(
        kind=kind,
        step_id=node.step_id,
        yaml_path=node.yaml_path,
        spec_sha256=window.workflow.spec_sha256,
        summary=f"{node.step_id}{summary}",
        runs=len(window.runs),
        numbers=numbers,
        enough=runs_needed == 0,
        runs_needed=runs_needed,
        confidence=1 - p_value,
    )


def tell_workflow(
    window: Window,
    kind: str,
    summary: str,
    numbers: Mapping[str, float],
    *,
    p_value: float = 0.0,
    runs_needed: int = 0,
) -> Opportunity:
    """Return what was found in the workflow as a whole."""
    return Opportunity(
        kind=kind,
        step_id=WORKFLOW_STEP_ID,
        yaml_path=WORKFLOW_YAML_PATH,
        spec_sha256=window.workflow.spec_sha256,
        summary=f"{window.workflow.path}: {summary}",
        runs=len(window.runs),
        numbers=numbers,
        enough=runs_needed == 0,
        runs_needed=runs_needed,
        confidence=1 - p_value,
    )
