"""Language and time as people read them: Korean first, English complete, Asia/Seoul."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from babel.numbers import format_decimal
from flask import Flask, has_request_context, request, session
from flask_babel import Babel, get_locale, ngettext
from flask_babel import gettext as _
from flask_login import current_user

from lms.accounts.models import LOCALES
from lms.db import Bilingual, utcnow

SEOUL = ZoneInfo("Asia/Seoul")
WEEKDAYS_KO = "월화수목금토일"


def init_app(app: Flask) -> None:
    Babel(app, default_locale="ko", default_timezone="Asia/Seoul", locale_selector=locale)
    app.template_filter("local")(local)
    app.template_filter("date_format")(date_format)
    app.template_filter("time_format")(time_format)
    app.template_filter("datetime_format")(datetime_format)
    app.template_filter("time_left")(time_left)
    app.template_filter("number")(number)
    app.template_filter("points")(points)
    app.template_filter("percent")(percent)


def locale() -> str:
    """The language of this request: chosen in the page, else the person's, else the browser's."""
    if not has_request_context():
        return "ko"
    if (chosen := session.get("locale")) in LOCALES:
        return str(chosen)
    if current_user and current_user.is_authenticated:
        return str(current_user.locale)
    return request.accept_languages.best_match(LOCALES) or "ko"


def current_locale() -> str:
    return str(get_locale() or "ko")


def local(text: Bilingual) -> str:
    return text.in_(current_locale())


def today() -> date:
    """The day that it is in Seoul."""
    return utcnow().astimezone(SEOUL).date()


def seoul_day(moment: datetime | None = None) -> tuple[datetime, datetime]:
    """The first moment of the local day and of the next one."""
    day = (moment or utcnow()).astimezone(SEOUL).date()
    start = datetime.combine(day, time(), SEOUL)
    return start, start + timedelta(days=1)


def from_seoul(naive: datetime | None) -> datetime | None:
    """A time typed into a form is Seoul time."""
    return naive.replace(tzinfo=SEOUL).astimezone(UTC) if naive else None


def to_seoul(moment: datetime | None) -> datetime | None:
    return moment.astimezone(SEOUL).replace(tzinfo=None) if moment else None


def date_format(day: date) -> str:
    """2026년 11월 21일 (토) / 21 Nov 2026 (Sat)"""
    if isinstance(day, datetime):
        day = day.astimezone(SEOUL).date()
    if current_locale() == "en":
        return f"{day.day} {day:%b %Y} ({day:%a})"
    return f"{day.year}년 {day.month}월 {day.day}일 ({WEEKDAYS_KO[day.weekday()]})"


def time_format(moment: datetime) -> str:
    """24 hours: CLDR's Korean short time reads “AM 12시”."""
    return f"{moment.astimezone(SEOUL):%H:%M}"


def datetime_format(moment: datetime) -> str:
    return f"{date_format(moment)} {time_format(moment)}"


def time_left(moment: datetime) -> str:
    """How far a due time is, in the two largest units that matter."""
    seconds = int((moment - utcnow()).total_seconds())
    text = _span(abs(seconds))
    return str(_("%(span)s left", span=text) if seconds >= 0 else _("%(span)s ago", span=text))


def _span(seconds: int) -> str:
    days, hours, minutes = seconds // 86400, seconds // 3600 % 24, seconds // 60 % 60
    if days >= 3:
        return _days(days)
    if days:
        return f"{_days(days)} {_hours(hours)}".strip()
    if hours:
        return f"{_hours(hours)} {_minutes(minutes)}".strip()
    return _minutes(minutes) or str(_("less than a minute"))


def _days(days: int) -> str:
    return str(ngettext("%(num)d day", "%(num)d days", days))


def _hours(hours: int) -> str:
    return ngettext("%(num)d hour", "%(num)d hours", hours) if hours else ""


def _minutes(minutes: int) -> str:
    return ngettext("%(num)d minute", "%(num)d minutes", minutes) if minutes else ""


def number(value: float) -> str:
    return format_decimal(value, locale=current_locale())


def points(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}".rstrip("0").rstrip(".")


def percent(part: int, whole: int) -> str:
    """One decimal; without a denominator there is no rate."""
    return f"{100 * part / whole:.1f}%" if whole else "–"
