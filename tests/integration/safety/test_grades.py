"""Grades of stored results: the vectors of clinical rules §6.2 from the database, and its traps."""

import math
import random
from datetime import timedelta
from decimal import Decimal

import pandas as pd
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from patients.models import Medication, Participant
from safety.selectors.courses import course_of, courses
from tests.factories import liver, study
from tests.unit.safety.test_toxicity import VECTORS as PUBLISHED
from trial.audit.context import transaction

pytestmark = pytest.mark.django_db
BASELINES = {"ALT": "30", "AST": "40", "BILI": "18"}


def last(person, analyte, term=None):
    """The grade of the newest result of an analyte."""
    found = [one for one in course_of(person).grades(analyte) if term in (None, one.term)]
    return found[-1]


@pytest.fixture
def person(cast):
    return liver.treated(cast.site, second=cast.coordinator)


def analyte_of(code):
    return code.rpartition("_")[0]


def test_every_published_vector_is_graded_so_from_the_database(cast, person):
    normal = [
        row for row in PUBLISHED if analyte_of(row[0]) in ("ALT", "BILI", "ALB", "INR", "PLAT")
    ]
    normal = [
        row for row in normal if row[0] in ("ALT_UP", "BILI_UP", "ALB_DOWN", "INR_UP", "PLAT_DOWN")
    ]
    liver.draw(person, cast.laboratory, -3, **BASELINES)
    texts = {}
    for day, (code, text, grade, _ranges) in enumerate(normal, 1):
        liver.draw(person, cast.laboratory, day, **{analyte_of(code): text})
        texts[day, code] = int(grade)
    course = course_of(person)
    found = {
        ((one.draw.on - liver.START).days, one.term): one.grade
        for code in BASELINES | {"ALB": "", "INR": "", "PLAT": ""}
        for one in course.grades(code)
        if one.on_treatment
    }
    assert len(texts) > 30
    assert found == texts


@pytest.mark.parametrize(
    ("text", "grade", "by_upper"),
    [("299", 0, 3), ("300", 1, 3), ("600", 1, 3), ("601", 2, 3), ("1001", 3, 4), ("4001", 4, 4)],
)
def test_after_an_abnormal_baseline_multiples_of_it_count(cast, person, text, grade, by_upper):
    liver.draw(person, cast.laboratory, -1, ALT="200")
    liver.draw(person, cast.laboratory, 10, ALT=text)
    found = last(person, "ALT")
    assert (found.path, found.grade, found.by_upper) == ("abnormal_baseline", grade, by_upper)
    assert found.hidden is (by_upper > grade)


def test_a_flare_hidden_by_the_baseline_shows_its_multiples_of_limit_and_nadir(cast, person):
    liver.draw(person, cast.laboratory, 0, ALT="200")
    liver.draw(person, cast.laboratory, 20, ALT="30")
    liver.draw(person, cast.laboratory, 60, ALT="250")
    found = last(person, "ALT")
    assert (found.grade, found.hidden, found.by_upper) == (0, True, 3)
    assert found.times_upper == Decimal("6.25")
    assert found.times_baseline == Decimal("1.25")
    assert found.times_nadir == Decimal("8.3333")


def test_the_nadir_is_of_what_came_before_on_treatment(cast, person):
    liver.draw(person, cast.laboratory, -5, ALT="10")
    liver.draw(person, cast.laboratory, 5, ALT="100")
    liver.draw(person, cast.laboratory, 6, ALT="20")
    rows = course_of(person).grades("ALT")
    assert [one.times_nadir for one in rows] == [None, None, Decimal("0.2000")]
    assert [one.on_treatment for one in rows] == [False, True, True]


def test_the_baseline_is_the_last_result_up_to_the_day_of_the_first_infusion(cast, person):
    liver.draw(person, cast.laboratory, -9, ALT="20")
    liver.draw(person, cast.laboratory, 0, ALT="50")
    liver.draw(person, cast.laboratory, 1, ALT="75")
    assert last(person, "ALT").times_baseline == Decimal("1.5")


def test_without_a_product_there_is_no_baseline_and_the_reason_says_so(cast):
    person = study.enrolled(cast.site)
    liver.draw(person, cast.laboratory, -3, ALT="50", PLAT="100")
    found = last(person, "ALT")
    assert (found.grade, found.reasons) == (None, ("no_product", "baseline_upper_limit")[:1])
    assert last(person, "PLAT").grade == 1


def test_without_a_baseline_on_treatment_the_grade_is_open(cast, person):
    liver.draw(person, cast.laboratory, 5, ALT="50")
    found = last(person, "ALT")
    assert (found.grade, found.path, found.reasons) == (None, "open", ("baseline",))


def test_without_an_upper_limit_the_grade_is_open_and_says_why(cast, person):
    liver.draw(person, cast.laboratory, -1, ALT="30")
    liver.draw(person, cast.laboratory, 5, ALT="50", limits={"ALT": ("7", None)})
    found = last(person, "ALT")
    assert (found.grade, found.reasons) == (None, ("upper_limit",))
    assert (found.times_upper, found.times_baseline) == (None, Decimal("1.6667"))


def test_a_censored_result_is_graded_where_its_comparator_allows(cast, person):
    liver.draw(person, cast.laboratory, -1, ALT="30")
    liver.draw(person, cast.laboratory, 5, ALT="<5")
    below = last(person, "ALT")
    liver.draw(person, cast.laboratory, 6, ALT=">100")
    above = last(person, "ALT")
    assert (below.grade, below.times_upper) == (0, None)
    assert (above.grade, above.reasons) == (None, ("censored",))
    assert (above.toxicity.low, above.toxicity.high) == (1, 4)


def test_a_sample_that_can_not_be_used_has_no_grade_and_is_no_baseline(cast, person):
    liver.draw(person, cast.laboratory, -2, ALT="30")
    liver.draw(person, cast.laboratory, -1, ALT="300", state="haemolysed")
    liver.draw(person, cast.laboratory, 4, ALT="121")
    rows = course_of(person).grades("ALT")
    assert [(one.grade, one.reasons) for one in rows[1:]] == [(None, ("sample",)), (2, ())]


@pytest.mark.parametrize(
    ("atc", "started", "stopped", "grade"),
    [
        ("B01AA03", "2024-12", "", 1), ("B01AA03", "2025-01-01", "2025-01-10", 0),
        ("B01AA03", "2025", "", None), ("B01AC06", "2024-12", "", 0), ("", "2024-12", "", 0),
    ],
)  # fmt: skip
def test_inr_on_anticoagulation_counts_from_the_baseline(
    cast, person, atc, started, stopped, grade
):
    liver.draw(person, cast.laboratory, -1, INR="1.0")
    liver.draw(person, cast.laboratory, 30, INR="1.2")
    with transaction(by=study.SETUP):
        Medication.objects.create(
            participant=person, drug="x", atc=atc, started=started, stopped=stopped,
            ongoing=not stopped, saved_at=timezone.now(), saved_by="test",
        )  # fmt: skip
    assert last(person, "INR").grade == grade


# --- a second implementation --------------------------------------------------------------------
UP: dict[str, tuple[int, list[float], float]] = {
    "ALT": (40, [3, 5, 20], 1.5), "BILI": (21, [1.5, 3, 10], 1.0), "ALP": (120, [2.5, 5, 20], 2)
}  # fmt: skip


def naive(frame, analyte):
    """Grades with pandas and floats, from the rows as they are: result minus everything clever."""
    limit, factors, first = UP[analyte]
    before = frame[frame.day <= 0]
    base = before.iloc[-1].value if len(before) else math.nan
    grades: list[int | None] = []
    nadirs: list[float | None] = []
    lowest = math.nan
    for row in frame.itertuples():
        if math.isnan(base):
            grades.append(None)
        elif base > limit:
            ratio = round(row.value / base, 9)
            starts = ratio >= first if analyte != "BILI" else ratio > first
            grades.append(sum(ratio > one for one in factors) + 1 if starts else 0)
        else:
            ratio = round(row.value / limit, 9)
            grades.append(sum(ratio > one for one in factors) + 1 if ratio > 1 else 0)
        nadirs.append(round(row.value / lowest, 4) if lowest == lowest else None)
        if row.day > 0:
            lowest = min(row.value, lowest) if lowest == lowest else row.value
    return grades, nadirs


def test_a_naive_second_implementation_agrees_on_random_courses(cast):
    rng = random.Random(20)
    for _person in range(6):
        person = liver.treated(cast.site, second=cast.coordinator)
        rows = []
        for day in sorted(rng.sample(range(-20, 200), 12)):
            values = {
                analyte: f"{limit * rng.choice([0.5, 1, 1.5, 2, 2.5, 3, rng.uniform(0.2, 22)]):.1f}"
                for analyte, (limit, _factors, _first) in UP.items()
            }
            liver.draw(person, cast.laboratory, day, **values)
            rows += [(day, analyte, float(text)) for analyte, text in values.items()]
        frame = pd.DataFrame(rows, columns=["day", "analyte", "value"])
        course = course_of(person)
        for analyte in UP:
            grades, nadirs = naive(frame[frame.analyte == analyte], analyte)
            found = course.grades(analyte)
            assert [one.grade for one in found] == grades, (analyte, frame)
            assert [
                None if one.times_nadir is None else float(one.times_nadir) for one in found
            ] == pytest.approx(nadirs, abs=2e-4)


# --- cost ---------------------------------------------------------------------------------------
def test_courses_take_two_statements_however_many_participants(cast):
    def count():
        with CaptureQueriesContext(connection) as found:
            courses(Participant.objects.all())
        return len(found)

    for _n in range(2):
        liver.draw(study.enrolled(cast.site), cast.laboratory, 3, ALT="30")
    few = count()
    for _n in range(20):
        other = study.enrolled(cast.other_site)
        liver.draw(other, cast.other_laboratory, 3, ALT="30", BILI="9")
        liver.draw(other, cast.other_laboratory, 9, ALT="30", BILI="9")
    assert (few, count()) == (2, 2)


def test_a_course_reads_only_the_analytes_asked_for(cast, person):
    liver.draw(person, cast.laboratory, 3, ALT="30", PLAT="100")
    [course] = courses(Participant.objects.filter(pk=person.pk), ["ALT"])
    assert set(course.draws) == {"ALT"}
    assert course.samples[0].on == liver.START + timedelta(days=3)
