"""From the biopsy to the reading that counts, through the services (clinical rules §5)."""

from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from django.db import IntegrityError, ProgrammingError

from tests.factories import histology, study
from tests.integration.quality.holding import freeze
from trial.access.exceptions import Conflict, Refused
from trial.audit.context import transaction
from trial.audit.models import Event
from trial.crf.owner import Owner
from trial.crf.services import Entry, mark_not_done, save
from trial.crf.values import mark_of
from trial.protocol.casebook.biopsy import FORM
from trial.quality.models import Scope
from visits.histology import Outcome, Stage, System
from visits.models import FinalHistology, HistologyReading, ReadingAssignment
from visits.selectors.histology import Why, final_readings
from visits.services import assigning
from visits.services.readings import Closed, submit

pytestmark = pytest.mark.django_db
ACTIVE, QUIET, answers = histology.ACTIVE, histology.QUIET, histology.answers


@pytest.fixture
def person(cast):
    return study.enrolled(cast.site)


@pytest.fixture
def biopsy(person):
    found = histology.ready(person)
    histology.given(found)
    return found


def counted(person):
    (found,) = final_readings([person.pk])[person.pk]
    return found


def version(person) -> int:
    person.refresh_from_db()
    return person.version


def test_two_who_agree_make_the_first_readers_reading_count(biopsy, person):
    histology.submit(biopsy, "reader", answers(QUIET, 2))
    assert counted(person).why is Why.NOT_READ
    assert (counted(person).mhai, counted(person).stage) == (None, None)
    histology.submit(biopsy, "reader2", answers((1, 0, 1, 1), 3))  # 3 points, stage 3
    found = counted(person)
    assert (found.mhai, found.stage, found.adequate) == (2, Stage(System.ISHAK, 2), True)
    assert (found.outcome, found.why) == (Outcome.REMISSION, Why.COUNTS)
    assert found.taken_on == study.visit_of(person, "D0").target_on
    assert FinalHistology.objects.get().reading.assignment.place == 1


@pytest.mark.parametrize(
    ("second", "third", "expected"),
    [
        (answers(ACTIVE), answers((1, 1, 1, 1)), (4, Outcome.ACTIVE)),  # the other side of 4
        (answers(QUIET, 4), answers(QUIET, 3), (2, Outcome.REMISSION)),  # two stages apart
        (answers(QUIET, 2, system="metavir"), answers(QUIET), (2, Outcome.REMISSION)),
        (histology.INADEQUATE, answers(ACTIVE), (6, Outcome.ACTIVE)),
        (histology.INADEQUATE, histology.INADEQUATE, (None, Outcome.NOT_EVALUABLE)),
    ],
)
def test_where_two_differ_the_third_decides_alone(biopsy, person, second, third, expected):
    histology.submit(biopsy, "reader", answers(QUIET, 2))
    histology.submit(biopsy, "reader2", second)
    assert counted(person).why is Why.ADJUDICATE
    assert counted(person).mhai is None
    histology.third(biopsy)
    histology.submit(biopsy, "reader3", third)
    found = counted(person)
    assert (found.mhai, found.outcome) == expected
    assert FinalHistology.objects.get().reading.assignment.place == 3


def test_a_third_reader_is_for_a_difference_and_has_not_read_before(biopsy):
    histology.submit(biopsy, "reader")
    with pytest.raises(Refused, match="wait for a third"):
        histology.third(biopsy)
    histology.submit(biopsy, "reader2", answers(ACTIVE))
    with pytest.raises(Refused, match="has not read it before"):
        histology.third(biopsy, "reader")
    histology.third(biopsy)
    with pytest.raises(Refused, match="wait for a third"):
        histology.third(biopsy, "reader4")


def test_two_who_find_it_inadequate_leave_it_missing_not_zero(biopsy, person):
    for name in ("reader", "reader2"):
        histology.submit(biopsy, name, histology.INADEQUATE)
    found = counted(person)
    assert (found.mhai, found.adequate, found.why) == (None, False, Why.INADEQUATE)
    assert found.outcome is Outcome.NOT_EVALUABLE


def test_a_core_that_is_too_short_leaves_it_missing_whatever_was_read(person):
    histology.read(person, core_mm=Decimal(14), adequate=False)
    found = counted(person)
    assert (found.mhai, found.stage, found.why) == (None, None, Why.INADEQUATE)


def test_a_core_that_is_too_short_is_told_before_anybody_has_read(person):
    histology.taken(person, portal_tracts=4, adequate=False)
    assert counted(person).why is Why.INADEQUATE


def correct_sample(person, **values):
    """The site corrects the sample's section."""
    row = histology.biopsy_of(person, "D0")
    section = FORM.section("sample")
    base = mark_of({one.name: row.values[one.name] for one in section.questions})
    entry = Entry(FORM, section, values, base=base, answers=histology.CHECKED)
    save(owner=Owner(person, study.visit_of(person, "D0")), entry=entry, by=study.SETUP,
         reason="measured again")  # fmt: skip


def test_a_corrected_length_changes_what_counts_and_the_course(person):
    histology.read(person)
    before = version(person)
    correct_sample(person, core_mm=Decimal(9), adequate=False)
    assert counted(person).why is Why.INADEQUATE
    assert version(person) == before + 1
    correct_sample(person, core_mm=Decimal(18), adequate=True)
    assert counted(person).mhai == 2


def test_the_course_is_noted_when_what_counts_appears_or_changes_and_only_then(biopsy, person):
    start = version(person)
    histology.submit(biopsy, "reader")
    assert version(person) == start
    histology.submit(biopsy, "reader2")
    assert version(person) == start + 1
    histology.submit(biopsy, "reader2", answers(consensus="possible"), base=1, reason="slip")
    assert version(person) == start + 1
    histology.submit(biopsy, "reader", answers((1, 0, 1, 1)), base=1, reason="slip")
    assert (version(person), counted(person).mhai) == (start + 2, 3)


def test_a_reading_is_never_changed_a_correction_stands_beside_it(biopsy):
    histology.submit(biopsy, "reader", answers(QUIET))
    histology.submit(biopsy, "reader", answers(ACTIVE), base=1, reason="wrong slide first")
    rows = HistologyReading.objects.order_by("number")
    assert [(row.number, row.mhai_a, row.reason) for row in rows] == [
        (1, "1", ""), (2, "2", "wrong slide first"),
    ]  # fmt: skip
    with pytest.raises(ProgrammingError, match="append-only"), transaction(by=study.SETUP):
        rows.filter(number=1).update(mhai_a="3")


@pytest.mark.req("F-094")
def test_a_correction_needs_a_reason_and_the_same_again_is_none(biopsy):
    first = histology.submit(biopsy, "reader")
    assert histology.submit(biopsy, "reader", base=0) == first
    with pytest.raises(Refused, match="Say why"):
        histology.submit(biopsy, "reader", answers(ACTIVE), base=1)


def test_what_was_submitted_meanwhile_is_not_overwritten(biopsy):
    histology.submit(biopsy, "reader")
    with pytest.raises(Conflict):
        histology.submit(biopsy, "reader", answers(ACTIVE), base=0, reason="from another tab")
    assert HistologyReading.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"mhai_b": ""}, "mhai_b"),
        ({"mhai_a": "5"}, "mhai_a"),  # only B goes on to 6
        ({"stage_ishak": ""}, "stage_ishak"),
        ({"stage_system": ""}, "stage_system"),
        ({"iron": None}, "iron"),
        ({"steatosis": 101}, "steatosis"),
        ({"adequate": None}, "adequate"),
    ],
)
def test_a_reading_is_submitted_whole_and_possible(biopsy, change, field):
    with pytest.raises(Refused) as refused:
        histology.submit(biopsy, "reader", {**answers(), **change})
    assert field in refused.value.errors
    assert not HistologyReading.objects.exists()


def test_an_inadequate_biopsy_has_no_scores_even_if_they_were_chosen_first(biopsy):
    row = histology.submit(biopsy, "reader", {**answers(ACTIVE), "adequate": False})
    assert (row.mhai_a, row.stage_system, row.steatosis, row.iron) == ("", "", None, None)
    with (
        pytest.raises(IntegrityError, match="scored_if_adequate"),
        transaction(by=study.SETUP),
    ):
        HistologyReading.objects.create(
            assignment=row.assignment, number=2, reason="x", adequate=False, mhai_a="4",
            submitted_at=row.submitted_at, submitted_by="x",
        )  # fmt: skip


def test_who_is_no_reader_of_it_finds_no_specimen(biopsy, cast):
    code = histology.specimen(biopsy, "reader").code
    other = histology.reader("reader3")
    for user in (other, cast.coordinator, cast.datamanager):
        with pytest.raises(ReadingAssignment.DoesNotExist):
            submit(reader=user, code=code, values=answers(), base=0, by=study.SETUP)


@pytest.mark.req("R-21")
@pytest.mark.parametrize("scope", [Scope.PARTICIPANT, Scope.SITE, Scope.STUDY])
def test_nothing_is_submitted_once_it_is_held_and_the_reader_learns_not_whose(
    biopsy, person, scope
):
    freeze(scope, person)
    with pytest.raises(Closed) as refused:
        histology.submit(biopsy, "reader")
    assert person.code not in str(refused.value)
    assert not HistologyReading.objects.exists()


# --- who reads -----------------------------------------------------------------------------------
def test_two_readings_are_of_two_readers(person):
    found = histology.ready(person)
    with pytest.raises(Refused, match="two readers"):
        histology.given(found, first="reader", second="reader")


def test_a_biopsy_without_pictures_or_with_readers_is_given_to_nobody(person, biopsy):
    with pytest.raises(Refused, match="readers already"):
        histology.given(biopsy)
    bare = histology.taken(person, "W48")
    with pytest.raises(Refused, match="no pictures"):
        histology.given(bare)
    assert not ReadingAssignment.objects.filter(biopsy=bare).exists()


def test_who_is_no_central_reader_is_given_nothing(person, cast):
    found = histology.ready(person)
    with pytest.raises(Refused, match="no central reader"):
        assigning.assign(
            biopsies=[found.pk], first=cast.reader, second=cast.coordinator, by=study.SETUP
        )


def test_a_reader_who_has_not_read_is_replaced_and_sees_it_no_more(biopsy):
    gone = histology.specimen(biopsy, "reader2")
    new = assigning.replace(
        assignment=gone, reader=histology.reader("reader3"), why="on leave", by=study.SETUP
    )
    assert (new.place, new.code != gone.code) == (2, True)
    with pytest.raises(ReadingAssignment.DoesNotExist):
        histology.submit(biopsy, "reader2")
    histology.submit(biopsy, "reader3")
    with pytest.raises(Refused, match="submitted"):
        assigning.replace(
            assignment=new, reader=histology.reader("reader2"), why="back", by=study.SETUP
        )


def test_each_reader_has_codes_and_an_order_of_their_own_which_can_be_drawn_again(cast):
    people = [study.enrolled(cast.site) for _n in range(6)]
    found = [histology.ready(one, label) for one in people for label in ("D0", "W48")]
    batch = histology.given(*found)
    orders = {}
    for name in ("reader", "reader2"):
        rows = list(batch.assignments.filter(reader__username=name).order_by("position"))
        orders[name] = [row.biopsy_id for row in rows]
        assert [row.position for row in rows] == list(range(1, 13))
        codes = {row.code: row.biopsy.participant_id for row in rows}
        again = assigning.order_of(batch, histology.reader(name), codes)
        assert [one.code for one in again] == [row.code for row in rows]
        people_read = [row.biopsy.participant_id for row in rows]
        assert all(a != b for a, b in pairwise(people_read))
    assert orders["reader"] != orders["reader2"]
    assert sorted(orders["reader"]) != orders["reader"]
    assert ReadingAssignment.objects.values("code").distinct().count() == 24


def test_a_later_batch_does_not_begin_with_the_person_of_the_last_one(cast):
    one, other = study.enrolled(cast.site), study.enrolled(cast.site)
    histology.given(histology.ready(one))
    later = histology.given(histology.ready(one, "W48"), histology.ready(other, "W48"))
    for name in ("reader", "reader2"):
        assert later.assignments.get(reader__username=name, position=1).biopsy.participant == other


# --- what is told --------------------------------------------------------------------------------
@pytest.mark.req("R-01")
def test_everything_of_a_reading_is_in_the_trail_of_its_participant(biopsy, person):
    histology.submit(biopsy, "reader")
    histology.submit(biopsy, "reader2")
    tables = {"visits_slideimage", "visits_readingassignment", "visits_histologyreading",
              "visits_finalhistology"}  # fmt: skip
    events = Event.objects.filter(table_name__in=tables)
    assert {event.table_name for event in events} == tables
    assert {event.participant_id for event in events} == {person.pk}
    assert {event.visit_id for event in events} == {biopsy.visit_id}


def test_who_a_reader_is_stands_in_no_event_that_sites_read(biopsy, person):
    histology.submit(biopsy, "reader")
    histology.submit(biopsy, "reader2")
    told = Event.objects.filter(participant_id=person.pk, table_name__in=[
        "visits_finalhistology", "patients_participant",
    ])  # fmt: skip
    assert not {event.actor for event in told} & {"reader", "reader2"}


def test_a_biopsy_that_was_not_taken_is_none(biopsy, person):
    mark_not_done(
        owner=Owner(person, biopsy.visit), form=FORM, why="refused", by=study.SETUP,
        reason="entered at the wrong visit",
    )  # fmt: skip
    assert final_readings([person.pk]) == {}


def test_final_readings_take_one_statement_however_many_there_are(cast, django_assert_num_queries):
    people = [study.enrolled(cast.site) for _n in range(3)]
    for one in people:
        histology.read(one)
        histology.read(one, "W48", ACTIVE)
    with django_assert_num_queries(1):
        found = final_readings([one.pk for one in people])
    assert {tuple(row.mhai for row in rows) for rows in found.values()} == {(2, 6)}
    days = [row.taken_on or date.max for row in found[people[0].pk]]
    assert days[1] - days[0] > timedelta(weeks=40)
