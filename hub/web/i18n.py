"""Catalogues and formats of the two languages.

The .po files are compiled into memory at start, so that no binary is kept in the repository
and a catalogue is read as it is edited.
"""

import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from functools import cache
from importlib import resources
from typing import Final, Literal

from babel.messages import mofile, pofile
from babel.support import Translations

from hub.web.words import GROUPS, N_

UiLanguage = Literal["vi", "en"]
LANGUAGES: Final[tuple[UiLanguage, ...]] = ("vi", "en")
DEFAULT: Final[UiLanguage] = "vi"
DOMAIN: Final = "hailong"
HANOI: Final = timezone(timedelta(hours=7), "Asia/Ho_Chi_Minh")
"""Without summer time since 1975, so that no time zone database is needed."""
MISSING_SIGN: Final = "—"
_UNITS: Final = (N_("%(minutes)d min %(seconds)02d s"), N_("%(seconds)s s"))
_PER_MINUTE: Final = N_("%(value)s syllables a minute")


def supported(language: str | None) -> UiLanguage:
    return "en" if language == "en" else DEFAULT


@cache
def catalogue(language: UiLanguage) -> Translations:
    path = resources.files("hub.web") / "locale" / language / "LC_MESSAGES" / f"{DOMAIN}.po"
    with path.open("rb") as source:
        messages = pofile.read_po(source, locale=language, domain=DOMAIN, abort_invalid=True)
    compiled = io.BytesIO()
    mofile.write_mo(compiled, messages)
    compiled.seek(0)
    return Translations(compiled, domain=DOMAIN)


@dataclass(frozen=True, slots=True)
class Speech:
    """How one language writes texts, numbers and times."""

    language: UiLanguage

    def text(self, message: str) -> str:
        return str(catalogue(self.language).gettext(message))

    def word(self, group: str, value: str) -> str:
        """An enumerated word; one that a later version brought is shown as it came."""
        words: Mapping[str, str] = GROUPS[group]
        return self.text(words[value]) if value in words else value

    def number(self, value: float | None, digits: int = 0) -> str:
        if value is None:
            return MISSING_SIGN
        text = f"{value:.{digits}f}"
        if float(text) == 0:
            text = text.lstrip("-")
        text = text.replace("-", "\N{MINUS SIGN}")
        return text.replace(".", ",") if self.language == "vi" else text

    def percent(self, share: float | None) -> str:
        return MISSING_SIGN if share is None else f"{self.number(share * 100)}%"

    def seconds(self, value: float | None, digits: int = 1) -> str:
        if value is None:
            return MISSING_SIGN
        return self.text(_UNITS[1]) % {"seconds": self.number(value, digits)}

    def duration(self, seconds: float | None) -> str:
        """Minutes and seconds from one minute on."""
        if seconds is None:
            return MISSING_SIGN
        whole = round(seconds)
        if whole < 60:
            return self.seconds(seconds, 0)
        return self.text(_UNITS[0]) % {"minutes": whole // 60, "seconds": whole % 60}

    def clock(self, seconds: float) -> str:
        """An offset as m:ss, as on a player."""
        whole = int(seconds)
        return f"{whole // 60}:{whole % 60:02d}"

    def measure(self, value: float | None, unit: str) -> str:
        """A measurement with its unit; what was not measured is never a number."""
        if value is None:
            return MISSING_SIGN
        if unit == "s":
            return self.duration(value) if value >= 60 else self.seconds(value)
        if unit == "per_minute":
            return self.text(_PER_MINUTE) % {"value": self.number(value)}
        if unit == "decibels":
            return f"{self.number(value)} dB"
        return self.number(value, 2 if unit == "polarity" else 0)

    def moment(self, at: datetime | None) -> str:
        return MISSING_SIGN if at is None else f"{at.astimezone(HANOI):%d/%m/%Y %H:%M:%S}"

    def day(self, day: date | None) -> str:
        return MISSING_SIGN if day is None else f"{day:%d/%m/%Y}"

    def minute(self, at: datetime | None) -> str:
        return MISSING_SIGN if at is None else f"{at.astimezone(HANOI):%d/%m/%Y %H:%M}"

    def time(self, at: datetime | None) -> str:
        return MISSING_SIGN if at is None else f"{at.astimezone(HANOI):%H:%M:%S}"
