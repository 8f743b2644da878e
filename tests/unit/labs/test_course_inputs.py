"""What biopsies and therapy say to TRIAL-REL (c) and (d), from their records (§3.2, §5.3, §7.3)."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labs.course_inputs import Step, Therapy, biopsy_of, therapy_of
from labs.series import Biopsy, TherapyChange
from patients.steroids import raised
from tests.unit.labs.builders import answers, course, day
from tests.unit.patients.builders import regimen
from trial.protocol.endpoints import EndpointParameters
from trial.protocol.histology import HistologyParameters
from trial.protocol.therapy import SteroidParameters
from visits.double_reading import Reading, State, final
from visits.histology import Grade, Outcome, Size, Stage, System, adequacy, remission

PARAMETERS = HistologyParameters()
BELOW = EndpointParameters().mhai_remission_below
LARGE = adequacy(PARAMETERS, Size(Decimal(20), 11, True))
SHORT = adequacy(PARAMETERS, Size(Decimal("14.9"), 11, True))
UNMEASURED = adequacy(PARAMETERS, Size(None, 11, True))
ON = day(48)
CBR = "0:300/250/22 · 12:35/30/15 · 48:36/34/15.8"
QUIET, ACTIVE = (1, 0, 1, 0), (2, 1, 1, 2)  # mHAI 2 and 6


def reading(reader, grade, *, adequate=True, stage=3):
    return Reading(reader, adequate, Grade(*grade), Stage(System.ISHAK, stage))


def read(*readings):
    first, second, third = (*readings, None, None, None)[:3]
    return final(PARAMETERS, first, second, third, BELOW)


def both(grade, **more):
    return read(reading("r1", grade, **more), reading("r2", grade, **more))


@pytest.mark.parametrize(
    ("size", "found", "expected"),
    [
        (LARGE, both(QUIET), Biopsy(ON, 2, adequate=True)),
        (LARGE, both(ACTIVE), Biopsy(ON, 6, adequate=True)),
        (
            LARGE,  # the third reader's 4, not the 2 and the 6 that differ
            read(reading("r1", QUIET), reading("r2", ACTIVE), reading("r3", (1, 0, 1, 2))),
            Biopsy(ON, 4, adequate=True),
        ),
        (LARGE, read(reading("r1", QUIET), reading("r2", ACTIVE)), Biopsy(ON, None, adequate=True)),
        (LARGE, read(reading("r1", QUIET)), Biopsy(ON, None, adequate=True)),
        (LARGE, both((1, 0, 1, None)), Biopsy(ON, None, adequate=True)),
        (LARGE, both(QUIET, adequate=False), Biopsy(ON, None, adequate=False)),
        (SHORT, both(QUIET), Biopsy(ON, None, adequate=False)),
        (SHORT, read(), Biopsy(ON, None, adequate=False)),
        (UNMEASURED, both(QUIET), Biopsy(ON, None, adequate=True)),
        (UNMEASURED, both(QUIET, adequate=False), Biopsy(ON, None, adequate=False)),
    ],
)
def test_a_biopsy_has_the_grade_that_counts(size, found, expected):
    assert biopsy_of(ON, size, found) == expected


GRADES = st.tuples(*(st.integers(0, highest) for highest in (4, 6, 4, 4)))


@given(GRADES, st.sampled_from([LARGE, SHORT, UNMEASURED]), st.booleans())
def test_the_laboratorys_rule_and_the_biopsys_say_the_same(grade, size, adequate):
    """`visits.histology.remission` and the rule HISTOLOGY over the same reading."""
    found = both(grade, adequate=adequate)
    assert found.state is State.AGREED
    judged = replace(size, adequate=size.adequate and adequate)
    series = replace(course(CBR), biopsies=(biopsy_of(ON, size, found),))
    expected = {Outcome.REMISSION: "REMISSION", Outcome.ACTIVE: "ACTIVE"}
    outcome = remission(judged, Grade(*grade), BELOW).outcome
    assert answers(series)["HISTOLOGY"].outcome == expected.get(outcome, "NE")


@pytest.mark.parametrize(
    ("later", "relapse"),
    [
        (both(ACTIVE), True),
        (both((1, 0, 1, 2)), True),  # 4
        (both((1, 0, 1, 1)), False),  # 3
        (both(ACTIVE, adequate=False), False),
        (read(reading("r1", ACTIVE)), False),
    ],
)
def test_an_active_reading_after_remission_is_relapse(later, relapse):
    """Worked case 17 of §3.4, from the readings on."""
    biopsies = (biopsy_of(day(12), LARGE, both(QUIET)), biopsy_of(ON, LARGE, later))
    found = answers(replace(course(CBR), biopsies=biopsies))["TRIAL-REL"]
    assert found.outcome == ("RELAPSE" if relapse else "CBR_MAINTAINED")
    assert (found.reason_code == "biopsy_relapse") is relapse


# --- therapy ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raised_", "for_relapse", "known_day"),
    list(product((True, False, None), (True, False, None), (True, False))),
)
def test_a_step_for_every_answer(raised_, for_relapse, known_day):
    found = therapy_of([Step(ON if known_day else None, raised_, for_relapse)])
    no = raised_ is False or for_relapse is False
    yes = raised_ is True and for_relapse is True
    assert found.open == ((0,) if not no and not (yes and known_day) else ())
    expected = known_day and raised_ is True and for_relapse is not None
    assert found.changes == ((TherapyChange(ON, for_relapse),) if expected else ())


def test_changes_are_in_order_and_open_steps_keep_their_place():
    steps = [
        Step(day(40), True, True),
        Step(None, True, True),
        Step(day(30), True, False),
        Step(day(20), None, True),
        Step(day(10), False, True),
    ]
    assert therapy_of(steps) == Therapy(
        (TherapyChange(day(30), False), TherapyChange(day(40), True)), (1, 3)
    )


@pytest.mark.parametrize(
    ("mg", "for_relapse", "relapse"),
    [("20", True, True), ("10", True, False), ("5", True, False), ("20", False, False)],
)
def test_a_dose_raised_for_relapse_is_relapse(mg, for_relapse, relapse):
    """10 mg until the day before week 30, then more, as much or less, with the reason recorded."""
    change = day(30)
    taken = [
        regimen("10", day(0).isoformat(), (change - timedelta(days=1)).isoformat()),
        regimen(mg, change.isoformat(), "ongoing"),
    ]
    step = Step(change, raised(taken, change, SteroidParameters()), for_relapse)
    series = replace(course(CBR), therapy_changes=therapy_of([step]).changes)
    found = answers(series)["TRIAL-REL"]
    assert (found.outcome == "RELAPSE") is relapse
    assert found.on == (change if relapse else None)
