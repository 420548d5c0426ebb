"""Numbers, units, times and sentences in one language, for one user's eyes. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from zoneinfo import ZoneInfo

from alerts.languages import en, zh_cn
from alerts.users import User
from monitor.core.clock import DAY, HOUR, MINUTE, SECOND, Millis

_MYRIAD, _MILLION, _HUNDRED_MILLION = 1e4, 1e6, 1e8
_MILLISECOND = timedelta(milliseconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LARGE = "万亿"
UP, DOWN = "▲", "▼"
RED, GREEN = "🔴", "🟢"


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The words of one language.

    Attributes:
        words: sentences and their parts, by key.
        units: by unit.
        names: of metrics and instruments; where there is none their own label is taken.
        myriads: write large numbers in 万 and 亿.

    """

    words: Mapping[str, str]
    units: Mapping[str, str]
    names: Mapping[str, str]
    myriads: bool


CATALOGUES: Mapping[str, Catalogue] = MappingProxyType(
    {
        "en": Catalogue(en.WORDS, en.UNITS, en.NAMES, en.MYRIADS),
        "zh-CN": Catalogue(zh_cn.WORDS, zh_cn.UNITS, zh_cn.NAMES, zh_cn.MYRIADS),
    }
)


@dataclass(frozen=True, slots=True)
class Speech:
    """How one user is spoken to.

    Attributes:
        catalogue: of the language.
        zone: of times.
        red_up: red means up.

    """

    catalogue: Catalogue
    zone: ZoneInfo
    red_up: bool = False

    @classmethod
    def to(cls, user: User) -> Speech:
        """Return how `user` is spoken to."""
        return cls(CATALOGUES[user.language], user.wall, user.red_up)

    @property
    def own_sentences(self) -> bool:
        """Tell whether the sentences that rules bring with them are in this language."""
        return self.catalogue is CATALOGUES["en"]

    def say(self, key: str, **words: object) -> str:
        """Return the sentence of `key` with `words` in it; whatever they hold is text, no form."""
        return self.catalogue.words[key].format_map(words)

    def name(self, target: str, label: str) -> str:
        """Return what a metric or instrument is called."""
        return self.catalogue.names.get(target) or label.removesuffix(" %") or target

    def number(self, value: float | None, unit: str) -> str:
        """Return a number with its unit; a ratio in percent, unknown as such."""
        if value is None:
            return self.say("unknown")
        if unit == "ratio":
            return f"{value * 100:,.4g} %"
        words = self.catalogue.units.get(unit, unit)
        figure = self._figure(value)
        if not words:
            return figure
        return f"{figure}{words}" if figure[-1] in _LARGE else f"{figure} {words}"

    def distance(self, value: float | None, level: float | None, unit: str) -> str:
        """Return how far a value is from a level, with its sign; of a price in percent as well."""
        if value is None or level is None:
            return self.say("unknown")
        gap = value - level
        sign = "+" if gap >= 0 else ""
        if unit == "ratio":
            return self.say("points", number=f"{sign}{gap * 100:,.4g}")
        said = f"{sign}{self.number(gap, unit)}"
        if not level:
            return said
        return self.say("relative", it=said, ratio=f"{sign}{gap / abs(level) * 100:,.3g} %")

    def mark(self, value: float | None, level: float | None) -> str:
        """Return an arrow in the colour that means up or down to the user; empty: neither is known."""
        if value is None or level is None or value == level:
            return ""
        up = value > level
        return f"{RED if up is self.red_up else GREEN}{UP if up else DOWN}"

    def age(self, span: Millis | None) -> str:
        """Return an age in its largest whole unit."""
        if span is None:
            return self.say("unknown")
        span = max(span, 0)
        for unit, size in (("d", DAY), ("h", HOUR), ("min", MINUTE)):
            if span >= 2 * size:
                return self.say(f"age.{unit}", number=span // size)
        return self.say("age.s", number=span // SECOND)

    def time(self, moment: Millis, key: str = "time") -> str:
        """Return a moment by the clock on the user's wall."""
        wall = (_EPOCH + moment * _MILLISECOND).astimezone(self.zone)
        return self.say(
            key,
            year=wall.year,
            month=wall.month,
            day=wall.day,
            hour=wall.hour,
            minute=wall.minute,
            offset=_offset(wall),
        )

    def _figure(self, value: float) -> str:
        """Return a number with six digits that count, never with an exponent of ten."""
        size = abs(value)
        if self.catalogue.myriads and size >= _MILLION:
            unit, word = (_HUNDRED_MILLION, "亿") if size >= _HUNDRED_MILLION else (_MYRIAD, "万")
            return f"{value / unit:,.6g} {word}"
        return f"{value:,.0f}" if size >= _MILLION else f"{value:,.6g}"


def _offset(wall: datetime) -> str:
    """Return an offset as `+8` or `+5:30`; nothing for none."""
    minutes = (wall.utcoffset() or timedelta()) // timedelta(minutes=1)
    if not minutes:
        return ""
    hours, rest = divmod(abs(minutes), 60)
    return f"{'+' if minutes > 0 else '-'}{hours}" + (f":{rest:02}" if rest else "")
