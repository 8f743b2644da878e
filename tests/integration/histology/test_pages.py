"""What a reader receives, and what everybody else sees of the reading (clinical rules §5.3)."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.db import transaction as db
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from reports.models.trail import visible
from tests.factories import histology, study
from trial.access import services as access
from trial.audit.models import Event
from trial.protocol.casebook.histology_reading import FORM
from visits.models import HistologyReading, SlideImage, SlidePixels
from visits.models.reading import Stain
from visits.slide_files import MAX_BYTES

pytestmark = pytest.mark.django_db
ACTIVE, QUIET, answers = histology.ACTIVE, histology.QUIET, histology.answers
PER_REQUEST = (
    r'name="csrfmiddlewaretoken" value="[^"]+"', r'"x-csrftoken": "[^"]+"', r'nonce="[^"]+"',
    r'data-user="[0-9]+"',
)  # fmt: skip


def client_of(user) -> Client:
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def page(client, name, *args):
    return client.get(reverse(name, args=args))


def as_posted(values) -> dict[str, str]:
    said = {True: "yes", False: "no", None: ""}
    return {
        name: said[value] if value is None or isinstance(value, bool) else str(value)
        for name, value in values.items()
    }


# --- what a reader receives -----------------------------------------------------------------------
def received(user, code: str) -> list[tuple[int, list[tuple[str, str]], bytes]]:
    """Status, headers and bytes of everything a reader can fetch about a specimen."""
    client = client_of(user)
    found = []
    addresses = [
        reverse("reports:home"), reverse("reading:work"), reverse("reading:specimen", args=[code]),
        reverse("reading:image", args=[code, 1]), reverse("reading:image", args=[code, 2]),
        reverse("reading:image", args=[code, 3]),
    ]  # fmt: skip
    for address in addresses:
        answer = client.get(address)
        found.append((answer.status_code, headers(answer), same_for_all(answer.content, code)))
    wrong = client.post(addresses[2], {"base": 0, "adequate": "yes"})
    found.append((wrong.status_code, headers(wrong), same_for_all(wrong.content, code)))
    return found


def headers(answer) -> list[tuple[str, str]]:
    own = ("X-Request-ID", "Content-Security-Policy", "Content-Length")
    return sorted((k, v) for k, v in answer.headers.items() if k not in own)


def same_for_all(content: bytes, code: str) -> bytes:
    for mine in (code, f"{code[:4]}-{code[4:]}"):
        content = content.replace(mine.encode(), b"CODE")
    if content.startswith(b"\x89PNG"):
        return content
    text = content.decode()
    for pattern in PER_REQUEST:
        text = re.sub(pattern, "", text)
    return text.encode()


def seen_by(user, site, label: str, *, read_by_other: bool = False, core_mm: int = 21):
    """What a reader receives of the same two slides, taken from somebody at a visit. What made it
    is undone: the next one has other row numbers, and nothing else the reader would differ by."""
    with db.atomic():
        found = histology.taken(study.enrolled(site), label, core_mm=core_mm)
        histology.pictured(found, "pink")
        histology.pictured(found, "purple", Stain.RETICULIN)
        histology.given(found)
        if read_by_other:
            histology.submit(found, "reader2", answers(ACTIVE))
        shown = received(user, histology.specimen(found).code)
        db.set_rollback(True)
    return shown


@pytest.mark.req("R-45")
def test_the_same_specimen_is_the_same_bytes_wherever_it_comes_from(cast):
    """Another visit, person, site and size of the core; read by somebody else before, or not."""
    histology.reader("reader2")
    first = seen_by(cast.reader, cast.site, "D0")
    assert [status for status, _h, _b in first] == [200, 200, 200, 200, 200, 404, 422]
    assert seen_by(cast.reader, cast.site, "D0", read_by_other=True) == first
    assert seen_by(cast.reader, cast.site, "W48") == first
    assert seen_by(cast.reader, cast.other_site, "W96", core_mm=33, read_by_other=True) == first


def test_what_a_reader_receives_does_depend_on_the_slides(cast):
    """So that the comparison above could fail."""
    histology.reader("reader2")
    pair = [seen_by(cast.reader, cast.site, "D0")]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(histology, "SIDE", 300)
        patch.setattr(histology.png, "__defaults__", ("pink", 300))
        pair.append(seen_by(cast.reader, cast.site, "D0"))
    assert pair[0] != pair[1]


@pytest.mark.req("R-45")
def test_a_third_reader_is_not_told_that_two_differ(cast):
    biopsy = histology.ready(study.enrolled(cast.site))
    histology.pictured(biopsy, "purple", Stain.RETICULIN)
    histology.given(biopsy)
    histology.submit(biopsy, "reader", answers(QUIET, remark="Quiet as never before."))
    histology.submit(biopsy, "reader2", answers(ACTIVE, remark="Very active."))
    histology.third(biopsy)
    third = histology.reader("reader3")
    code = histology.specimen(biopsy, "reader3").code
    told = b"".join(body for _s, _h, body in received(third, code)).decode(errors="replace")
    for word in ("Quiet as", "Very active", "third", "differ", "adjudic", "reader2"):
        assert word not in told.replace("reader3", "").replace("Reader3", "")


def test_nothing_of_participant_visit_or_site_is_in_what_a_reader_gets(cast):
    person = study.enrolled(cast.site)
    code = None
    biopsy = histology.taken(person, "W48", specimen="HOSPITAL-77")
    histology.pictured(biopsy)
    histology.pictured(biopsy, "purple")
    histology.given(biopsy)
    code = histology.specimen(biopsy).code
    told = b"".join(b for _s, h, b in received(cast.reader, code)).decode(errors="replace")
    for secret in (person.code, "W48", "HOSPITAL-77", cast.site.name, "2025"):
        assert secret not in told, secret


@pytest.mark.req("R-32")
def test_a_reader_has_no_other_page_and_no_other_readers_specimen(cast):
    person = study.enrolled(cast.site)
    biopsy = histology.ready(person)
    histology.given(biopsy)
    client = client_of(cast.reader)
    other = histology.specimen(biopsy, "reader2").code
    assert page(client, "reading:specimen", other).status_code == 404
    assert page(client, "reading:image", other, 1).status_code == 404
    assert page(client, "reading:specimen", "BBBBBBBB").status_code == 404
    for name, args in (
        ("visits:participants", ()), ("reports:trail", ()), ("reports:matrix", ()),
        ("histology:desk", ()), ("histology:biopsy", (person.code, "D0")),
        ("histology:image", (person.code, "D0", 1)), ("crf:visit", (person.code, "D0")),
        ("api:visits-list", ()), ("api:histology-readings-list", ()), ("api:trail-list", ()),
    ):  # fmt: skip
        assert page(client, name, *args).status_code == 403, name


def test_nobody_else_gets_a_readers_page(cast):
    biopsy = histology.ready(study.enrolled(cast.site))
    histology.given(biopsy)
    code = histology.specimen(biopsy).code
    for name, user in cast.users.items():
        if name != "reader":
            client = client_of(user)
            assert page(client, "reading:image", code, 1).status_code == 403, name


def test_who_is_no_reader_any_more_has_no_specimen(cast):
    biopsy = histology.ready(study.enrolled(cast.site))
    histology.given(biopsy)
    code = histology.specimen(biopsy).code
    access.end_role(membership=cast.reader.memberships.get(), by=study.SETUP, reason="left")
    assert page(client_of(cast.reader), "reading:specimen", code).status_code == 403


# --- reading --------------------------------------------------------------------------------------
@pytest.fixture
def biopsy(cast):
    found = histology.ready(study.enrolled(cast.site))
    histology.given(found)
    return found


def test_a_reading_is_submitted_and_corrected_on_its_page(cast, biopsy):
    client, code = client_of(cast.reader), histology.specimen(biopsy).code
    address = reverse("reading:specimen", args=[code])
    sent = {**as_posted(answers(QUIET)), "base": "0"}
    assert client.post(address, sent).headers["Location"] == reverse("reading:work")
    assert HistologyReading.objects.get().values == answers(QUIET, stage_metavir="")
    corrected = {**sent, "mhai_d": "3", "base": "1"}
    refused = client.post(address, corrected)
    assert refused.status_code == 422
    assert "Say why" in refused.content.decode()
    assert re.search(r'name="mhai_d"[^>]*value="3"[^>]*checked', refused.content.decode())
    assert client.post(address, {**corrected, "reason": "slip"}).status_code == 302
    assert HistologyReading.objects.latest("number").mhai_d == "3"
    stale = client.post(address, {**corrected, "base": "1", "mhai_d": "4", "reason": "x"})
    assert stale.status_code == 409


def test_what_is_not_answered_is_said_at_its_question(cast, biopsy):
    client, code = client_of(cast.reader), histology.specimen(biopsy).code
    sent = {**as_posted(answers(QUIET, iron=None)), "base": "0"}
    text = client.post(reverse("reading:specimen", args=[code]), sent).content.decode()
    assert text.count("This is not answered.") >= 1
    assert 'id="id_iron_error"' in text
    assert not HistologyReading.objects.exists()


def test_every_score_stands_there_with_its_wording(cast, biopsy):
    text = page(client_of(cast.reader), "reading:specimen", histology.specimen(biopsy).code)
    shown = text.content.decode()
    for question in FORM.questions:
        for code in question.codes:
            assert code.label.en.replace("'", "&#x27;") in shown


@pytest.mark.parametrize(
    ("chosen", "said"),
    [
        ({}, "–"),
        ({"mhai_a": "4"}, "4–18"),
        ({"mhai_a": "4", "mhai_b": "6", "mhai_c": "4", "mhai_d": "4"}, ">18<"),
        ({"mhai_a": "1", "mhai_b": "0", "mhai_c": "1", "mhai_d": "1"}, ">3<"),
        ({"mhai_a": "9", "mhai_b": "x"}, "–"),
    ],
)
def test_the_total_is_told_while_it_is_being_chosen(cast, chosen, said):
    answer = client_of(cast.reader).post(reverse("reading:total"), chosen)
    assert answer.status_code == 200
    assert said in answer.content.decode()


# --- the desk -------------------------------------------------------------------------------------
def test_the_data_manager_brings_a_biopsy_from_slides_to_what_counts(cast):
    person = study.enrolled(cast.site)
    biopsy = histology.taken(person)
    for name in ("reader2", "reader3"):
        histology.reader(name)
    manager = client_of(cast.datamanager)
    desk, own = reverse("histology:desk"), reverse("histology:biopsy", args=[person.code, "D0"])
    assert "wait for pictures" in manager.get(desk).content.decode()
    upload = {"stain": "he", "looked_at": "on",
              "file": SimpleUploadedFile("W48-Li.png", histology.png())}  # fmt: skip
    assert manager.post(reverse("histology:add_image", args=[person.code, "D0"]),
                        upload).headers["Location"] == own  # fmt: skip
    readers = {"first": cast.reader.pk, "second": histology.reader("reader2").pk}
    assigned = manager.post(reverse("histology:assign"), {"biopsy": biopsy.pk, **readers})
    assert assigned.headers["Location"] == desk
    histology.submit(biopsy, "reader", answers(QUIET))
    histology.submit(biopsy, "reader2", answers(ACTIVE))
    shown = manager.get(own).content.decode()
    assert "on which side of remission it lies" in shown
    third = {"biopsy": biopsy.pk, "reader": histology.reader("reader3").pk}
    assert manager.post(reverse("histology:third"), third).headers["Location"] == desk
    histology.submit(biopsy, "reader3", answers((2, 1, 1, 1)))
    assert "reader 3, version 1" in manager.get(own).content.decode()


def test_what_can_not_be_assigned_is_said_and_stays_chosen(cast):
    biopsy = histology.ready(study.enrolled(cast.site))
    manager = client_of(cast.datamanager)
    same = {"biopsy": biopsy.pk, "first": cast.reader.pk, "second": cast.reader.pk}
    answer = manager.post(reverse("histology:assign"), same)
    assert answer.status_code == 422
    assert "Two readings are of two readers." in answer.content.decode()
    assert re.search(rf'value="{biopsy.pk}" form="assign"[^>]* checked', answer.content.decode())
    nothing = manager.post(reverse("histology:assign"), {**same, "biopsy": ["", "x", "9" * 30]})
    assert nothing.status_code == 422


@pytest.mark.req("F-121")
@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        (b"<html><script>alert(1)</script>", "a.png", "This is no picture"),
        (histology.png(), "a.jpg", "ends otherwise"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * MAX_BYTES, "a.png", "too large"),
        (histology.png(side=100), "a.png", "too small"),
    ],
)
def test_a_file_that_is_no_slide_is_refused_on_the_page(cast, content, name, said):
    biopsy = histology.taken(study.enrolled(cast.site))
    address = reverse("histology:add_image", args=[biopsy.participant.code, "D0"])
    sent = {"stain": "he", "looked_at": "on", "file": SimpleUploadedFile(name, content)}
    answer = client_of(cast.datamanager).post(address, sent)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not SlideImage.objects.exists()


def test_nobody_adds_a_picture_without_having_looked_at_it(cast):
    biopsy = histology.taken(study.enrolled(cast.site))
    address = reverse("histology:add_image", args=[biopsy.participant.code, "D0"])
    sent = {"stain": "he", "file": SimpleUploadedFile("a.png", histology.png())}
    answer = client_of(cast.datamanager).post(address, sent)
    assert answer.status_code == 422
    assert "Look at the picture first" in answer.content.decode()


@pytest.mark.req("R-52")
def test_the_name_of_a_file_is_kept_nowhere(cast):
    biopsy = histology.taken(study.enrolled(cast.site))
    address = reverse("histology:add_image", args=[biopsy.participant.code, "D0"])
    sent = {"stain": "he", "looked_at": "on",
            "file": SimpleUploadedFile("Wang-Fang-W48.png", histology.png())}  # fmt: skip
    client_of(cast.datamanager).post(address, sent)
    image = SlideImage.objects.get()
    assert "Wang" not in str({**vars(image), **vars(SlidePixels.objects.get())})
    told = Event.objects.filter(table_name="visits_slideimage").values_list("new", flat=True)
    assert "Wang" not in str(list(told))
    assert "data" not in (told[0] or {})


def test_a_struck_picture_is_shown_to_no_reader_and_the_others_count_on(cast, biopsy):
    manager, reader = client_of(cast.datamanager), client_of(cast.reader)
    code = histology.specimen(biopsy).code
    second = histology.pictured(biopsy, "purple", Stain.RETICULIN)
    address = reverse("histology:strike", args=[biopsy.participant.code, "D0", 1])
    assert manager.post(address, {"why": ""}).status_code == 422
    assert manager.post(address, {"why": "the label is seen"}).status_code == 302
    left = page(reader, "reading:image", code, 1)
    assert left.content == bytes(second.pixels.data)
    assert page(reader, "reading:image", code, 2).status_code == 404


def test_the_next_reader_sees_what_the_first_one_saw(cast, biopsy):
    histology.submit(biopsy)
    address = reverse("histology:add_image", args=[biopsy.participant.code, "D0"])
    sent = {"stain": "he", "looked_at": "on",
            "file": SimpleUploadedFile("b.png", histology.png("red"))}  # fmt: skip
    answer = client_of(cast.datamanager).post(address, sent)
    assert "has read this biopsy already" in answer.content.decode()


# --- the site -------------------------------------------------------------------------------------
def sheet(user, person, label: str = "D0") -> str:
    return page(client_of(user), "crf:visit", person.code, label).content.decode()


def test_the_site_learns_a_result_only_once_it_counts(cast, biopsy):
    person = biopsy.participant
    assert "no final result yet" in sheet(cast.investigator, person)
    histology.submit(biopsy, "reader", answers((4, 6, 4, 3)))
    histology.submit(biopsy, "reader2", answers((1, 0, 0, 0)))
    for text in ("17 / 18", "1 / 18", "differ"):
        assert text not in sheet(cast.investigator, person)
    histology.third(biopsy)
    histology.submit(biopsy, "reader3", answers((1, 0, 1, 1), 3))
    shown = sheet(cast.investigator, person)
    assert "3 / 18" in shown
    assert "Ishak 3" in shown


def test_the_site_sees_the_change_since_the_biopsy_before_treatment(cast):
    person = study.enrolled(cast.site)
    histology.read(person, "D0", ACTIVE, 3)
    histology.read(person, "W48", QUIET, 2)
    shown = sheet(cast.coordinator, person, "W48")
    assert "6 → 2 (-4)" in shown
    assert re.search(r"Stage since then</dt><dd>-1<", shown)
    assert "6 → " not in sheet(cast.coordinator, person, "D0")


READINGS = {
    "visits_slideimage", "visits_readingbatch", "visits_readingassignment",
    "visits_histologyreading",
}  # fmt: skip


@pytest.mark.parametrize("who", ["coordinator", "investigator", "monitor", "sponsor", "safety"])
def test_no_single_reading_is_in_the_trail_of_anybody_but_the_data_manager(cast, biopsy, who):
    histology.submit(biopsy, "reader")
    histology.submit(biopsy, "reader2")

    def tables(user) -> set[str]:
        return set(Event.objects.filter(visible(user)).values_list("table_name", flat=True))

    assert not tables(cast.users[who]) & READINGS
    assert "visits_finalhistology" in tables(cast.users[who])
    assert tables(cast.datamanager) >= READINGS


# --- statements -----------------------------------------------------------------------------------
def statements(user, address: str) -> int:
    client = client_of(user)
    client.get(address)
    with CaptureQueriesContext(connection) as found:
        assert client.get(address).status_code == 200
    return sum(not query["sql"].startswith(("SAVEPOINT", "RELEASE")) for query in found)


def test_no_page_needs_more_than_fifteen_statements_however_much_is_read(cast):
    def grow(number: int):
        people = [study.enrolled(cast.site) for _n in range(number)]
        found = [histology.ready(one) for one in people]
        histology.given(*found)
        for one in found[1:]:
            histology.submit(one, "reader")
            histology.submit(one, "reader2", answers(ACTIVE))
        histology.pictured(found[0], "red")
        return found[0]

    def count(one) -> dict[str, int]:
        code = histology.specimen(one).code
        own = reverse("histology:biopsy", args=[one.participant.code, "D0"])
        return {
            "work": statements(cast.reader, reverse("reading:work")),
            "home": statements(cast.reader, "/"),
            "specimen": statements(cast.reader, reverse("reading:specimen", args=[code])),
            "desk": statements(cast.datamanager, reverse("histology:desk")),
            "biopsy": statements(cast.datamanager, own),
        }

    few = count(grow(2))
    many = count(grow(9))
    assert {name: number for name, number in many.items() if number > 15} == {}
    assert many == few
