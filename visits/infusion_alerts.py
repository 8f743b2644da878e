"""Alerts from vital signs during an infusion (clinical rules §8.4). Pure, three-valued: what was
not measured raises nothing and clears nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum


class Alert(StrEnum):
    """What a set of vital signs tells; the screen has the words."""

    LOW_PRESSURE = "sbp_below_90"
    PRESSURE_FELL = "sbp_fell_20_percent"
    LOW_OXYGEN = "spo2_below_92"
    FEVER = "temperature_38"
    WARMED = "temperature_rose_1"
    FAST_HEART = "heart_rate_above_120"


@dataclass(frozen=True, slots=True)
class Vitals:
    """One measurement: systolic pressure (mmHg), oxygen (%), temperature (°C), beats a minute."""

    systolic: int | None = None
    oxygen: int | None = None
    temperature: Decimal | None = None
    heart_rate: int | None = None


def alerts(now: Vitals, baseline: Vitals | None) -> Sequence[Alert]:
    """Everything that `now` tells, against fixed limits and against the baseline."""
    before = baseline or Vitals()
    found = {
        Alert.LOW_PRESSURE: now.systolic is not None and now.systolic < 90,
        Alert.PRESSURE_FELL: _fell(now.systolic, before.systolic),
        Alert.LOW_OXYGEN: now.oxygen is not None and now.oxygen < 92,
        Alert.FEVER: now.temperature is not None and now.temperature >= 38,
        Alert.WARMED: _rose(now.temperature, before.temperature),
        Alert.FAST_HEART: now.heart_rate is not None and now.heart_rate > 120,
    }
    return [alert for alert, raised in found.items() if raised]


def _fell(now: int | None, before: int | None) -> bool:
    """By a fifth or more, in whole numbers: 120 to 96 has fallen by 20 %."""
    return now is not None and before is not None and 100 * now <= 80 * before


def _rose(now: Decimal | None, before: Decimal | None) -> bool:
    return now is not None and before is not None and now - before >= 1


MINUTES_BETWEEN = 15
AFTER_END = (30, 60, 120, 240, 1440)


def expected_times(duration: int | None) -> list[int]:
    """Minutes from the start at which vital signs are due: baseline, every 15 during the infusion,
    its end, then 30 min to 24 h after. While it still runs (None): the baseline alone."""
    if duration is None:
        return [0]
    during = list(range(0, duration, MINUTES_BETWEEN))
    return [*during, duration, *(duration + minutes for minutes in AFTER_END)]
