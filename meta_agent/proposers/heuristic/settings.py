"""What the heuristics may use and what things are worth."""

from dataclasses import dataclass, field

from meta_agent.roi_settings import RoiSettings


@dataclass(frozen=True, slots=True)
class ProposerSettings:
    """`allowed_models` are the models the user lets a step be swapped to, `max_retries` the most a step may get.

    Where the best timeout is less than the present one divided by `max_timeout_cut`, a modest cut is proposed too; so
    it is with the best limit on output tokens and `max_token_cut`.
    """

    allowed_models: tuple[str, ...] = ()
    max_retries: int = 5
    max_timeout_cut: float = 4.0
    max_token_cut: float = 2.0
    roi: RoiSettings = field(default_factory=RoiSettings)
