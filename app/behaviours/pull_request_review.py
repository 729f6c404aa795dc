"""All there is to say of one pull request, and what it comes to."""

from dataclasses import dataclass

from app.forge import CheckConclusion
from app.settings import TestSettings
from app.use_cases.forecast_settings import SettingsForecast
from app.use_cases.repository_check import CheckVerdict
from app.use_cases.review_change import Review


@dataclass(frozen=True, slots=True)
class PullRequestReview:
    """All there is to say of one pull request; `unseen` counts changed specs that weren't looked at."""

    reviews: tuple[Review, ...]
    own_tests: CheckVerdict
    settings: SettingsForecast | None = None
    notes: tuple[str, ...] = ()
    unseen: int = 0
    is_clear: bool = True
    """Whether nothing outside the specs stands in the way of judging them."""
    own_check: str = TestSettings().check
    """What the repository calls the check that runs its tests."""

    @property
    def conclusion(self) -> CheckConclusion:
        """Failure for what is invalid or forbidden, neutral for what can't be told, else success."""
        settings_fail = self.settings is not None and self.settings.error is not None
        if settings_fail or any(not one.is_valid or one.forbidden for one in self.reviews):
            return CheckConclusion.FAILURE
        is_clear = self.is_clear and not self.unseen and all(one.is_clear for one in self.reviews)
        return CheckConclusion.SUCCESS if is_clear else CheckConclusion.NEUTRAL
