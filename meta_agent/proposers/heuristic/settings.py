"""What the heuristics may use and what things are worth."""

from dataclasses import dataclass, field

from meta_agent.roi_settings import RoiSettings


@dataclass(frozen=True, slots=True)
class ProposerSettings:
    """`allowed_models` are the models the user lets a step be swapped to.

    Where the best timeout is less than the present one divided by `max_timeout_cut`, a modest cut is proposed too.
    """

    allowed_models: tuple[str, ...] = ()
    max_timeout_cut: float = 4.0
    roi: RoiSettings = field(default_factory=RoiSettings)
