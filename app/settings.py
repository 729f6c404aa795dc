"""What a repository's owners decide: `.github/flujo.yml`, always read from the default branch.

A patch or a pull request never brings the settings it is judged by. Everything has a default, and the default changes
nothing by itself: `mode: propose`.
"""

from enum import StrEnum
from typing import Annotated, Self
from zoneinfo import ZoneInfo

import orjson
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StrictInt,
    StrictStr,
    ValidationError,
    model_validator,
)
from pydantic_core import ErrorDetails

from app.errors import SettingsError
from app.paths import check_glob, select_paths
from trust_tiers import BakeSettings, ShadowSettings, TierLimits
from workflow import SpecError, check_skill_pattern, format_pointer, parse_yaml

SETTINGS_PATH = ".github/flujo.yml"
_CRON_FIELDS = 5


class Mode(StrEnum):
    """How much happens without a person: nothing visible, proposals, or applying up to a tier of risk."""

    SILENT = "silent"
    PROPOSE = "propose"
    AUTO_LOW = "auto-low"
    AUTO_MEDIUM = "auto-medium"


def _check_cron(schedule: str) -> str:
    if len(schedule.split()) != _CRON_FIELDS:
        raise ValueError("a schedule has five fields: minute hour day month weekday")
    return schedule


def _check_timezone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError(
            f"no time zone is called {name!r}; write one like Europe/Berlin"
        ) from error
    return name


_Glob = Annotated[StrictStr, AfterValidator(check_glob)]
_InstalledModules = Annotated[StrictStr, AfterValidator(check_skill_pattern)]
_VariableName = Annotated[StrictStr, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]
_Price = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ModelSettings(_Section):
    """Models that may be proposed in place of another."""

    allow: tuple[Annotated[StrictStr, Field(min_length=1)], ...] = ()
    max_usd_per_sweep: _Price = 1.0
    """What asking a model for patches may cost in one sweep, over all specs."""


class RoiPrices(_Section):
    """What a success, a second and a reviewer's hour are worth; the fields are those of `meta_agent.RoiSettings`."""

    value_per_success_usd: _Price = 0.05
    latency_usd_per_s: _Price = 0.001
    review_usd_per_hour: _Price = 60.0
    rollback_usd: _Price = 1.0
    runs_per_month: _Price | None = None
    """None: as many as the telemetry shows."""


class EvidenceFloor(_Section):
    """How much has to be known before anything is claimed."""

    min_pairs: Annotated[StrictInt, Field(ge=5, le=10_000)] = 30
    """Runs replayed with and without a patch."""


class Caps(_Section):
    """How much may be open, and how much may land, at once."""

    open_proposals: Annotated[StrictInt, Field(ge=0, le=10)] = 3
    applied_per_sweep: Annotated[StrictInt, Field(ge=0, le=4)] = 4
    prs_per_hour: Annotated[StrictInt, Field(ge=0, le=10)] = 2
    stale_days: Annotated[StrictInt, Field(ge=1, le=365)] = 30
    """After so many days without a word a pull request is closed."""
    ignored_before_pause: Annotated[StrictInt, Field(ge=0, le=100)] = 3
    """After so many pull requests in a row that nobody answered there are no more; 0: never."""


class TestSettings(_Section):
    """How a spec's embedded tests are run."""

    __test__ = False  # not a test class, whatever pytest thinks of the name

    timeout_s: Annotated[float, Field(gt=0, le=3600)] = 120.0
    environment: tuple[_VariableName, ...] = ()
    """Names of the environment variables that the tests may see; they see no other but the usual ones."""
    check: Annotated[StrictStr, Field(min_length=1, max_length=100)] = "flujo test"
    """What the check is called by which the repository's CI says that a commit passes its tests."""
    check_app: Annotated[StrictInt, Field(ge=1)] | None = None
    """The id of the App that has to report the check; None: any but ours."""


class SkillSettings(_Section):
    """Whose functions may be skills, besides the built-in ones and those beside a spec."""

    allow: tuple[_InstalledModules, ...] = ()
    """Modules of installed packages: `package.module`, or `package.*` for all below it."""


class PolicySettings(_Section):
    """Policies of a higher authority than the specs' own."""

    organisation: Annotated[StrictStr, Field(min_length=1)] | None = None
    """A file of policies in this repository; None: there is none."""


class BudgetSettings(_Section):
    """What the runs of one workflow may cost before it is paused; None is no limit."""

    usd_per_hour: _Price | None = None
    usd_per_day: _Price | None = None


class TelemetrySettings(_Section):
    """Whom to believe, and how much."""

    max_share: Annotated[float, Field(ge=0.5, le=1, allow_inf_nan=False)] = 0.5
    """The share of a version's runs that one sender, or one instance of a service, may have among several."""


class Settings(_Section):
    """All settings of one repository."""

    mode: Mode = Mode.PROPOSE
    specs: Annotated[tuple[_Glob, ...], Field(min_length=1)] = (
        "**/*.flow.yaml",
        "**/*.flow.yml",
        "flujo/**/*.yaml",
        "workflows/**/*.yaml",
        "pipeline.yaml",
    )
    models: ModelSettings = ModelSettings()
    tiers: TierLimits = TierLimits()
    roi: RoiPrices = RoiPrices()
    evidence: EvidenceFloor = EvidenceFloor()
    telemetry: TelemetrySettings = TelemetrySettings()
    limits: Caps = Caps()
    tests: TestSettings = TestSettings()
    skills: SkillSettings = SkillSettings()
    policies: PolicySettings = PolicySettings()
    budgets: BudgetSettings = BudgetSettings()
    bake: BakeSettings = BakeSettings()
    shadow: ShadowSettings = ShadowSettings()
    schedule: Annotated[StrictStr, AfterValidator(_check_cron)] | None = "0 6 * * 1"
    """When the App looks for improvements by itself; None: only when asked."""
    timezone: Annotated[StrictStr, AfterValidator(_check_timezone)] = "UTC"

    @model_validator(mode="after")
    def _models_are_allowed_in_one_place(self) -> Self:
        if self.tiers.allowed_models:
            raise ValueError("write `tiers.allowed_models` as `models.allow`")
        return self

    @property
    def tier_limits(self) -> TierLimits:
        """The limits that a patch is judged by, allowed models included."""
        return self.tiers.model_copy(update={"allowed_models": self.models.allow})

    def select_specs(self, paths: tuple[str, ...]) -> tuple[str, ...]:
        """Return the paths that `specs` selects, in their order."""
        return select_paths(paths, self.specs)


def parse_settings(text: str, *, path: str = SETTINGS_PATH) -> Settings:
    """Parse a settings file, an empty one as all defaults; raises `SettingsError` at the first mistake."""
    try:
        source = parse_yaml(text, path=path)
    except SpecError as error:
        first = error.diagnostics[0]
        hint = f"; {first.hint}" if first.hint else ""
        reason = first.message + hint
        raise SettingsError(reason, path=path, line=first.line, column=first.column) from error
    try:
        return Settings.model_validate_json(
            orjson.dumps({} if source.value is None else source.value)
        )
    except ValidationError as error:
        first_mistake = error.errors()[0]
        keys = [str(part) for part in first_mistake["loc"]]
        place = source.position(format_pointer(keys))
        reason = _explain(first_mistake)
        raise SettingsError(reason, path=path, line=place.line, column=place.column) from error


def _explain(mistake: ErrorDetails) -> str:
    name = ".".join(str(part) for part in mistake["loc"])
    match mistake["type"]:
        case "extra_forbidden":
            return f"there is no setting {name!r}"
        case "model_type" | "model_attributes_type" if not name:
            return "settings are a mapping like `mode: propose`"
        case _:
            reason = mistake["msg"].removeprefix("Value error, ")
            return f"{name}: {reason}" if name else reason
