"""What branches and items that ran on copies hand back."""

from collections.abc import Mapping

from pydantic import JsonValue


def take_over(
    target: dict[str, JsonValue], copy: Mapping[str, JsonValue], before: Mapping[str, JsonValue]
) -> None:
    """Take over what was set in a copy; what was only seen there may have been set by another meanwhile."""
    target.update(
        {key: value for key, value in copy.items() if key not in before or before[key] is not value}
    )
