from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from django.utils.translation import override

from trial.protocol.label import Label
from trial.web import formats


@pytest.mark.parametrize(
    ("language", "text"),
    [("en", "Week 12"), ("zh-hans", "第12周"), ("zh-cn", "第12周"), ("de", "Week 12")],
)
def test_a_protocol_text_is_shown_in_the_language_of_the_page(language, text):
    with override(language):
        assert formats.localized(Label(en="Week 12", zh="第12周")) == text


def test_plain_text_passes_through_localized_unchanged():
    assert formats.localized("ALT") == "ALT"


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_dates_are_iso_in_every_language(language):
    with override(language):
        assert formats.isodate(date(2026, 3, 5)) == "2026-03-05"


def test_no_date_and_no_time_are_a_dash():
    assert formats.isodate(None) == formats.clock(None) == "–"


def test_the_day_of_a_time_is_the_local_day():
    late = datetime(2026, 3, 5, 20, 30, tzinfo=UTC)
    from_shanghai = late.astimezone(ZoneInfo("Asia/Shanghai"))
    assert formats.isodate(late) == formats.isodate(from_shanghai) == "2026-03-05"


@pytest.mark.parametrize(
    ("zone", "text"),
    [
        ("Asia/Shanghai", "2026-03-05 14:02 (UTC+08:00)"),
        ("America/St_Johns", "2026-03-05 02:32 (UTC-03:30)"),
        ("UTC", "2026-03-05 06:02 (UTC)"),
        ("", "2026-03-05 06:02 (UTC)"),
    ],
)
def test_a_time_always_names_its_zone(zone, text):
    assert formats.clock(datetime(2026, 3, 5, 6, 2, tzinfo=UTC), zone) == text


def test_a_time_given_in_another_zone_is_the_same_moment():
    there = datetime(2026, 3, 5, 1, 2, tzinfo=timezone(timedelta(hours=-5)))
    assert formats.clock(there, "Asia/Shanghai") == "2026-03-05 14:02 (UTC+08:00)"


def test_a_time_without_zone_is_refused():
    with pytest.raises(ValueError, match="without a zone"):
        formats.clock(datetime(2026, 3, 5, 6, 2))  # noqa: DTZ001


@pytest.mark.parametrize(
    ("value", "shown"), [(None, "–"), ("", "–"), (0, 0), (False, False), ("a", "a")]
)
def test_only_nothing_becomes_a_dash(value, shown):
    assert formats.or_dash(value) == shown
