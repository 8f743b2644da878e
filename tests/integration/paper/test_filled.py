"""The printed casebook of a participant: everything that is recorded, and what became of it."""

import re
from datetime import UTC, datetime
from io import BytesIO

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from reports.paper import filled
from reports.selectors.printed import printed
from tests.factories import custody, sheets, signatures, study
from tests.integration.paper.reading import bookmarks, plain, text_of
from tests.integration.quality.holding import lock
from tests.integration.queries.asking import TEXT, raised, result_of
from trial.audit.context import Actor
from trial.audit.models import Event
from trial.protocol.casebook.forms import FORMS
from trial.quality.models import Scope

# What is not committed is not yet in the trail: nothing here may be one transaction.
pytestmark = pytest.mark.django_db(transaction=True)
AT = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)
LANGUAGES = ("en", "zh-hans")


def page_of(person) -> str:
    return f"/participants/{person.code}/casebook/print/"


def pdf(client, person, language="en", audit="on") -> bytes:
    answer = client.post(page_of(person), {"language": language, "audit": audit})
    assert answer.status_code == 200
    return b"".join(answer.streaming_content)


def drawn(person, user, language="en", *, audit=True, at=AT) -> bytes:
    file = BytesIO()
    with translation.override(language):
        filled.write(file, printed(person, user, trail=audit), at, audit=audit)
    return file.getvalue()


@pytest.fixture
def person(cast):
    """Somebody with every form, labs, an infusion, a correction, a query and a signature."""
    found = study.enrolled(cast.site)
    study.enter(found, "D0", study.RELAPSE_COURSE["D0"], cast.laboratory)
    custody.whole(custody.bag_for(found, "D0", second=cast.coordinator))
    vars(found)["rows"] = sheets.all_forms(found, study.visit_of(found, "W12"))
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_question_of_every_form_is_printed_with_its_answer(cast, person, language):
    text = text_of(drawn(person, cast.monitor, language))
    missing = [
        f"{form.code}.{question.name}"
        for form in FORMS
        for question in form.questions
        if plain(question.label.text(language)) not in text
    ]
    assert missing == []
    first = FORMS[0].questions[2]
    assert plain(first.codes[0].label.text(language) if first.codes else "") in text
    assert "300U/L" in text  # ALT as entered
    assert person.code in text


def test_a_changed_answer_leads_to_what_it_was_who_changed_it_and_why(cast, person):
    row = person.rows["vital_signs"]
    name = next(one.name for one in row.form.questions if one.kind == "number")
    by = Actor.of(cast.coordinator, role="coordinator", site="01")
    old = getattr(row, name)
    sheets.corrected(row, by=by, reason="read the wrong line", **{name: old + 7})
    text = text_of(drawn(person, cast.monitor))
    unit = row.form.question(name).unit
    assert plain(f"{old} {unit} → {old + 7} {unit}") in text
    assert plain("Coordinator, Site coordinator, 01") in text
    assert plain("read the wrong line") in text


def test_without_audit_marks_there_is_no_list_of_changes(cast, person):
    sheets.corrected(person.rows["vital_signs"], by=study.SETUP, reason="typing", remark="x")
    assert "typing" not in text_of(drawn(person, cast.monitor, audit=False))
    assert "Changes" not in bookmarks(drawn(person, cast.monitor, audit=False))


def test_corrected_labs_show_the_old_and_the_new_result(cast, person):
    values = study.RELAPSE_COURSE["D0"] | {"ALT": "305"}
    study.enter(person, "D0", values, cast.laboratory, reason="typed wrongly")
    text = text_of(drawn(person, cast.monitor))
    assert plain("Value: 300 → 305") in text
    assert plain("typed wrongly") in text


def test_struck_lines_and_sheets_not_done_are_printed_as_such(cast, person):
    sheets.corrected(person.rows["adverse_event"], by=study.SETUP, reason="twice", struck=True)
    biopsy = person.rows["biopsy"]
    blank = {one.name: one.empty for one in biopsy.form.questions}
    sheets.corrected(biopsy, by=study.SETUP, reason="x", not_done="declined", **blank)
    text = text_of(drawn(person, cast.monitor))
    assert plain("Struck: entered by mistake.") in text
    assert plain("NOT DONE: declined") in text


def test_queries_signatures_and_holds_are_printed_with_their_state(cast, person):
    query = raised(result_of(person))
    signature = signatures.signed(study.visit_of(person, "D0"), cast.investigator)
    lock(Scope.VISIT, person, study.visit_of(person, "W48"))
    text = text_of(drawn(person, cast.monitor))
    assert f"Q{query.pk}" in text
    assert plain(TEXT) in text
    assert signature.sha256 in text
    assert plain("[stands]") in text
    assert plain("database closed") in text


def test_a_signature_broken_by_a_later_change_says_so(cast, person):
    signatures.signed(study.visit_of(person, "D0"), cast.investigator)
    values = study.RELAPSE_COURSE["D0"] | {"ALT": "305"}
    study.enter(person, "D0", values, cast.laboratory, reason="typed wrongly")
    assert plain("[broken by later changes]") in text_of(drawn(person, cast.monitor))


def test_visits_and_forms_have_bookmarks(cast, person):
    titles = bookmarks(drawn(person, cast.monitor))
    assert {"Participant", "Screening", "Day 0", "Week 96", "Adverse event", "Changes"} <= {*titles}


def test_every_page_tells_its_number_the_hash_and_the_watermark(cast, person):
    found = printed(person, cast.monitor, trail=True)
    data = drawn(person, cast.monitor)
    text = text_of(data)
    total = text.count(found.mark)
    assert plain(f"page 1 of {total - 1}") in text  # the first page has it twice
    assert plain(f"page {total - 1} of {total - 1}") in text
    # Other numbers than of the print made above: the server has gone on.
    assert re.search(rf"{found.document.seen.generation}/\d+:\d+:", text)
    assert plain("2026-01-02 03:04") in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_same_content_and_time_give_the_same_bytes(cast, person, language):
    found = printed(person, cast.monitor, trail=True)
    files = [BytesIO(), BytesIO()]
    with translation.override(language):
        for file in files:
            filled.write(file, found, AT, audit=True)
    assert files[0].getvalue() == files[1].getvalue()


def test_a_print_is_recorded_in_the_trail_of_the_participant(cast, person, sign_in):
    pdf(sign_in(cast.monitor), person, "zh-hans")
    event = Event.objects.filter(participant_id=person.pk, kind="act:casebook_printed").get()
    assert (event.actor, event.details["language"]) == ("monitor", "zh-hans")
    assert len(event.details["sha256"]) == 64


def test_a_print_of_another_sites_participant_is_not_there(cast, person, sign_in):
    client = sign_in(cast.coordinator2)
    assert client.get(page_of(person)).status_code == 404
    assert client.post(page_of(person), {"language": "en"}).status_code == 404
    assert not Event.objects.filter(kind="act:casebook_printed").exists()


def test_an_unknown_language_is_refused_at_its_field(cast, person, sign_in):
    assert sign_in(cast.monitor).post(page_of(person), {"language": "xx"}).status_code == 422


def test_no_print_names_an_arm(cast, person):
    text = text_of(drawn(person, cast.statistician))
    for arm in ("UC-MSC", "placebo"):
        assert f"plus{arm}" not in text


def test_the_number_of_statements_does_not_grow_with_what_is_recorded(cast, person, sign_in):
    client = sign_in(cast.monitor)
    raised(result_of(person))
    few = statements(client, person)
    for number in range(2, 30):
        row = sheets.filled(person.rows["adverse_event"].form, person, number=number)
        sheets.corrected(row, by=study.SETUP, reason="typing", term=f"other {number}")
    for code in ("W12", "W24", "W36"):
        study.enter(person, code, study.RELAPSE_COURSE[code], cast.laboratory)
        raised(result_of(person, code))
    assert statements(client, person) <= few <= 25


def statements(client, person) -> int:
    pdf(client, person)
    with CaptureQueriesContext(connection) as found:
        pdf(client, person)
    control = ("SAVEPOINT", "RELEASE")
    return sum(not query["sql"].startswith(control) for query in found)
