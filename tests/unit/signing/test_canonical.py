"""What a signature's hash covers: every byte, and whose it is."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trial.signing.canonical import Head, Row, canonical, digest, fingerprint

pytestmark = pytest.mark.req("R-25")
HEAD = Head(
    schema=1, scope="visit", site="01", participant_id=7, participant_code="01-0016", visit_id=9,
    visit_label="W12", meaning="visit_reviewed", signer_id=3, printed_name="Li Wei",
    username="liwei", role="investigator", at=datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC),
)  # fmt: skip
ROWS = (
    Row("visits_visit", 9, {"code": "W12", "held_on": "2025-03-31"}),
    Row("labs_result", 11, {"analyte": "ALT", "text": "30", "confirmed": False, "flag": None}),
    Row("labs_result", 10, {"analyte": "AST", "text": "28", "confirmed": True, "flag": "N"}),
)
OTHER: dict[str, Any] = {
    "schema": 2, "scope": "casebook", "site": "02", "participant_id": 8,
    "participant_code": "01-0024", "visit_id": None, "visit_label": "W24", "meaning": "x",
    "signer_id": 4, "printed_name": "Li Wej", "username": "liwej", "role": "coordinator",
    "at": HEAD.at + timedelta(microseconds=1),
}  # fmt: skip


def test_the_text_is_this_one():
    """Byte for byte: a change of it makes every stored signature a mismatch."""
    assert canonical(HEAD, ROWS[:1]).decode() == (
        '[[["at","2026-01-02T03:04:05.000006+00:00"],["meaning","visit_reviewed"],'
        '["participant_code","01-0016"],["participant_id",7],["printed_name","Li Wei"],'
        '["role","investigator"],["schema",1],["scope","visit"],["signer_id",3],["site","01"],'
        '["username","liwei"],["visit_id",9],["visit_label","W12"]],'
        '[["visits_visit",9,[["code","text","W12"],["held_on","text","2025-03-31"]]]]]'
    )


def test_the_order_in_which_rows_and_columns_are_read_does_not_matter():
    turned = tuple(
        replace(row, values=dict(reversed(list(row.values.items())))) for row in reversed(ROWS)
    )
    assert digest(HEAD, turned) == digest(HEAD, ROWS)


@pytest.mark.parametrize("field", OTHER)
def test_a_signature_copied_to_another_record_signer_meaning_or_time_does_not_verify(field):
    assert digest(replace(HEAD, **{field: OTHER[field]}), ROWS) != digest(HEAD, ROWS)


def test_the_same_moment_in_another_zone_is_the_same_signature():
    there = HEAD.at.astimezone(timezone(timedelta(hours=8)))
    assert digest(replace(HEAD, at=there), ROWS) == digest(HEAD, ROWS)


def test_a_time_without_offset_is_refused():
    with pytest.raises(ValueError, match="offset"):
        canonical(replace(HEAD, at=HEAD.at.replace(tzinfo=None)), ROWS)


VALUES: list[dict[str, Any]] = [
    {"a": 1}, {"a": "1"}, {"a": True}, {"a": None}, {"a": ""}, {"b": "1"}, {"a": "1", "b": None},
]  # fmt: skip


@pytest.mark.parametrize("values", VALUES)
def test_values_of_another_kind_are_other_values(values):
    same = [
        o for o in VALUES if fingerprint([Row("t", 1, o)]) == fingerprint([Row("t", 1, values)])
    ]
    assert same == [values]


def test_a_number_that_could_be_rounded_is_refused():
    wrong: dict[str, Any] = {"a": 0.1}
    with pytest.raises(KeyError):
        fingerprint([Row("t", 1, wrong)])


@given(st.text(max_size=20), st.integers(0, 19), st.characters())
def test_one_changed_character_changes_the_hash(text, place, other):
    row = Row("labs_result", 1, {"comment": text})
    changed = text[:place] + other + text[place + 1 :]
    assert (digest(HEAD, [row]) == digest(HEAD, [Row("labs_result", 1, {"comment": changed})])) is (
        changed == text
    )


def test_a_row_less_or_a_row_more_is_another_record():
    assert len({fingerprint(ROWS), fingerprint(ROWS[1:]), fingerprint(())}) == 3
