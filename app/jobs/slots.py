"""When a schedule is due: cron expressions in a time zone of the IANA, on APScheduler's trigger.

A slot is a time on the wall. One that summer time leaves out is due an hour later; one that winter time brings twice is
due once. Source of the fields: crontab(5); days of the month and of the week must both fit.
"""

from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from apscheduler.triggers.cron import CronTrigger

from app.errors import BadInputError

_WEEKDAYS: Final = ("sun", "mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MOMENT: Final = timedelta(seconds=1)
_MOST_SHIFT: Final = timedelta(hours=3)
"""More than clocks are ever put forward or back."""


def find_latest_slot(
    schedule: str, timezone: str, *, after: datetime, until: datetime
) -> str | None:
    """Return the last slot later than `after` and not later than `until`, as `YYYY-MM-DDTHH:MM` on the wall.

    Raises `BadInputError` for a schedule or a zone that can't be read.
    """
    trigger, zone = _read(schedule, timezone)
    latest, moment = None, _on_the_wall(after, zone) - _MOST_SHIFT
    end = _on_the_wall(until, zone) + _MOST_SHIFT
    while (due := trigger.get_next_fire_time(None, moment)) is not None and due <= end:
        if after < due.replace(tzinfo=zone).astimezone(UTC) <= until:
            latest = due.replace(tzinfo=None).isoformat(timespec="minutes")
        moment = due + _MOMENT
    return latest


def find_next_slot(schedule: str, timezone: str, *, after: datetime) -> datetime | None:
    """Return the first slot later than `after`, in UTC, None when there is none; raises `BadInputError`."""
    trigger, zone = _read(schedule, timezone)
    moment = _on_the_wall(after, zone) - _MOST_SHIFT
    while (due := trigger.get_next_fire_time(None, moment)) is not None:
        found: datetime = due.replace(tzinfo=zone).astimezone(UTC)
        if found > after:
            return found
        moment = due + _MOMENT
    return None


def _on_the_wall(moment: datetime, zone: ZoneInfo) -> datetime:
    """Return what a clock shows there, written as if it were UTC: so that a day has 24 hours, every day."""
    return moment.astimezone(zone).replace(tzinfo=UTC)


def _read(schedule: str, timezone: str) -> tuple[CronTrigger, ZoneInfo]:
    try:
        minute, hour, day, month, weekday = schedule.split()
        days = {"day": day, "month": month, "day_of_week": _name_weekdays(weekday)}
        trigger = CronTrigger(minute=minute, hour=hour, **days, timezone=UTC)
        return trigger, ZoneInfo(timezone)
    except (ValueError, KeyError, OSError, IndexError) as error:
        raise BadInputError(
            f"can't read the schedule {schedule!r} in {timezone!r}: {error}"
        ) from None


def _name_weekdays(field: str) -> str:
    """Write weekdays by name: cron counts from Sunday, the trigger from Monday."""
    if field == "*":
        return field
    return ",".join(name for part in field.split(",") for name in _expand(part.lower()))


def _expand(part: str) -> tuple[str, ...]:
    span, _, step = part.partition("/")
    first, _, last = ("0-6" if span == "*" else span).partition("-")
    start = _number(first)
    end = _number(last) if last else (6 if step else start)
    if end < start:
        raise ValueError(f"the weekdays {part!r} go backwards")
    return _WEEKDAYS[start : end + 1 : int(step or 1)]


def _number(day: str) -> int:
    return _WEEKDAYS.index(day) if day in _WEEKDAYS else range(8)[int(day)]
