"""What the heuristics may use and what things are worth."""

from dataclasses import dataclass, field

from meta_agent.roi_settings import RoiSettings


@dataclass(frozen=True, slots=True)
class ProposerSettings:
    """`allowed_models` are the models the user lets a step be swapped to."""

    allowed_models: tuple[str, ...] = ()
    roi: RoiSettings = field(default_factory=RoiSettings)
