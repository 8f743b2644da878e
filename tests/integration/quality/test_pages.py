"""The screens of freeze and lock: the tree, the preview, what is missing, two people."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from reports.selectors import holds as selectors
from reports.selectors.readiness import missing
from reports.views import holds as views
from tests.factories import study
from tests.integration.quality.holding import freeze, lock, no_forms, place_at
from tests.integration.signing.signing import ended, sign_casebook, sign_visit, visit
from trial.audit.models import Seal
from trial.quality.models import Hold, Kind, Scope

pytestmark = pytest.mark.usefixtures("fresh_database")


@pytest.fixture
def person(cast):
    person = ended(study.enrolled(cast.site), cast.laboratory)
    no_forms(person)
    return person


def place_address(person, kind="lock", scope="participant", **more) -> str:
    names = {"kind": kind, "scope": scope, "participant": person.code, **more}
    query = "&".join(f"{name}={value}" for name, value in names.items())
    return f"{reverse('reports:hold_place')}?{query}"


def text(answer) -> str:
    return answer.content.decode()


def sign_everything(cast, person) -> None:
    for code in ("SCR", "D0"):
        sign_visit(cast.investigator, person, code)
    sign_casebook(cast.investigator, person)


# --- what a lock needs --------------------------------------------------------------------------
@pytest.mark.req("R-30")
@pytest.mark.req("R-26")
def test_a_lock_needs_signatures_that_stand(cast, person, sign_in):
    client = sign_in(cast.datamanager)
    page = text(client.get(place_address(person)))
    for gap in ("SCR is not signed.", "D0 is not signed.", "The casebook is not signed."):
        assert gap in page
    answer = client.post(place_address(person), {"reason": "close"})
    assert answer.status_code == 422
    assert not Hold.objects.exists()

    sign_everything(cast, person)
    assert client.post(place_address(person), {"reason": "close"}).status_code == 302
    assert Hold.objects.get().kind == Kind.LOCK
    assert Seal.objects.exists()


@pytest.mark.req("R-26")
def test_a_broken_signature_blocks_the_lock_until_it_is_signed_again(cast, person):
    from labs.models import Result  # noqa: PLC0415
    from trial.audit.context import transaction  # noqa: PLC0415

    sign_everything(cast, person)
    place = place_at(Scope.PARTICIPANT, person)
    assert missing(Scope.PARTICIPANT, place) == []
    with transaction(by=study.SETUP, reason="typing error"):
        Result.objects.filter(panel__visit=visit(person, "D0"), analyte="ALT").update(text="31")
    codes = [gap.code for gap in missing(Scope.PARTICIPANT, place)]
    assert codes == ["signature_broken", "signature_broken"]
    sign_visit(cast.investigator, person, "D0")
    sign_casebook(cast.investigator, person)
    assert missing(Scope.PARTICIPANT, place) == []


def test_a_visit_can_be_locked_before_its_casebook_is_closed(cast, person, sign_in):
    address = place_address(person, scope="visit", visit="D0")
    client = sign_in(cast.datamanager)
    assert "D0 is not signed." in text(client.get(address))
    sign_visit(cast.investigator, person, "D0")
    assert client.post(address, {"reason": "clean"}).status_code == 302
    assert Hold.objects.get().visit_label == "D0"


def test_pending_evaluations_and_open_casebooks_of_a_site_are_listed_by_participant(cast, person):
    other = study.enrolled(cast.site)
    study.enter(other, "D0", {"ALT": "300"}, cast.laboratory)
    found = {(g.participant_code, g.code) for g in missing(Scope.SITE, place_at(Scope.SITE, other))}
    assert (other.code, "evaluation") in found
    assert (person.code, "casebook") in found


def test_a_freeze_needs_a_reason_and_nothing_else(cast, person, sign_in):
    client = sign_in(cast.datamanager)
    address = place_address(person, kind="freeze")
    assert client.post(address, {"reason": ""}).status_code == 422
    assert client.post(address, {"reason": "interim look"}).status_code == 302


@pytest.mark.parametrize(
    "query",
    ["kind=glue&scope=study", "kind=lock&scope=x", "kind=lock&scope=site&site=99",
     "kind=lock&scope=participant&participant=01-0001", "kind=lock&scope=visit&participant={code}",
     "kind=lock&scope=visit&participant={code}&visit=W999",
     "kind=freeze&scope=form&participant={code}&form=x"],
)  # fmt: skip
def test_what_is_not_there_is_404(cast, person, sign_in, query):
    address = f"{reverse('reports:hold_place')}?{query.format(code=person.code)}"
    assert sign_in(cast.datamanager).get(address).status_code == 404


def test_a_form_is_frozen_alone(cast, person, sign_in):
    address = place_address(person, kind="freeze", scope="form", visit="D0", form="labs")
    assert sign_in(cast.datamanager).post(address, {"reason": "x"}).status_code == 302
    assert Hold.objects.get().form == "labs"


# --- two people ---------------------------------------------------------------------------------
@pytest.mark.req("R-21")
def test_unlocking_takes_a_request_and_a_second_person(cast, person, sign_in):
    hold = lock(Scope.PARTICIPANT, person)
    address = reverse("reports:hold", args=[hold.pk])
    client = sign_in(cast.datamanager)
    client.post(address + "ask/", {"reason": "typing error at D0"})
    assert "A second person decides" in text(client.get(address))
    assert client.post(address + "approve/", {"reason": "ok"}).status_code == 422

    other = sign_in(cast.sponsor)
    assert "typing error at D0" in text(other.get(reverse("reports:holds")))
    assert other.post(address + "approve/", {"reason": "agreed"}).status_code == 302
    hold.refresh_from_db()
    assert (hold.requested_by, hold.released_by) == ("datamanager", "sponsor")


def test_who_comes_second_is_told_and_has_nothing_left_to_decide(cast, person, sign_in):
    hold = freeze(Scope.PARTICIPANT, person)
    address = reverse("reports:hold", args=[hold.pk])
    client = sign_in(cast.datamanager)
    assert client.post(address + "release/", {"reason": "looked at"}).status_code == 302
    late = client.post(address + "release/", {"reason": "looked at too"})
    assert late.status_code == 409
    assert late.context["form"].non_field_errors() == ["This is released already."]
    assert "/release/" not in text(late)
    assert late.context["hold"].release_reason == "looked at"


@pytest.mark.parametrize("code", ["99", "01x", "01\x00", ""])
def test_a_site_is_named_by_its_whole_code(cast, sign_in, code):
    client = sign_in(cast.datamanager)
    assert client.get(reverse("reports:holds"), {"site": code}).status_code == 404
    target = {"kind": "freeze", "scope": "site", "site": code}
    assert client.get(reverse("reports:hold_place"), target).status_code == 404


def test_nobody_else_decides(cast, person, sign_in):
    hold = lock(Scope.PARTICIPANT, person)
    address = reverse("reports:hold", args=[hold.pk])
    for who in ("coordinator", "investigator", "monitor", "admin"):
        client = sign_in(cast.users[who])
        for step in ("ask/", "approve/", "decline/", "release/"):
            assert client.post(address + step, {"reason": "x"}).status_code == 403


# --- where it is shown --------------------------------------------------------------------------
@pytest.mark.parametrize("where", ["visit", "labs", "visits", "participant", "screening"])
def test_who_locked_it_when_and_why_is_shown_and_the_forms_are_gone(cast, person, sign_in, where):
    addresses = {
        "visit": reverse("visits:visit", args=[person.code, "D0"]),
        "labs": reverse("labs:entry", args=[visit(person, "D0").pk]),
        "visits": reverse("visits:list", args=[person.code]),
        "participant": reverse("reports:participant", args=[person.code]),
        "screening": reverse("patients:screening", args=[person.code]),
    }
    lock(Scope.PARTICIPANT, person)
    page = text(sign_in(cast.coordinator).get(addresses[where]))
    assert "is locked since" in page
    assert "by datamanager: database closed" in page
    assert '<form method="post" action="/participants' not in page
    assert "data-lab-form" not in page


def test_the_casebook_marks_what_is_held(cast, person, sign_in):
    client = sign_in(cast.coordinator)
    before = text(client.get(reverse("reports:matrix"))).count("cell-mark-held")
    freeze(Scope.VISIT, person, visit(person, "D0"))
    assert text(client.get(reverse("reports:matrix"))).count("cell-mark-held") == before + 1


# --- the tree -----------------------------------------------------------------------------------
def statements(client, address) -> int:
    client.get(address)
    with CaptureQueriesContext(connection) as found:
        assert client.get(address).status_code == 200
    return len(found)


def test_no_page_of_the_tree_grows_with_the_study(cast, person, sign_in):
    client = sign_in(cast.datamanager)
    base = reverse("reports:holds")
    pages = [base, f"{base}?site=01", f"{base}?participant={person.code}",
             f"{reverse('reports:hold_place')}?kind=lock&scope=study"]  # fmt: skip
    lock(Scope.VISIT, person, visit(person, "D0"))
    few = [statements(client, one) for one in pages]
    for _n in range(4):
        other = ended(study.enrolled(cast.site), cast.laboratory)
        sign_visit(cast.investigator, other, "SCR")
        freeze(Scope.PARTICIPANT, other)
    many = [statements(client, one) for one in pages]
    assert max(many) <= 15, many
    assert many == few


def test_the_tree_shows_only_the_users_sites(cast, person, sign_in):
    page = text(sign_in(cast.coordinator2).get(reverse("reports:holds")))
    assert "?site=01" not in page
    answer = sign_in(cast.coordinator2).get(reverse("reports:holds") + "?site=01")
    assert answer.status_code == 404


def test_a_site_counts_what_is_held_at_it_and_shows_its_own_strongest_hold(cast, person):
    other = study.enrolled(cast.site)
    lock(Scope.PARTICIPANT, person)
    freeze(Scope.PARTICIPANT, other)
    freeze(Scope.SITE, other)
    strongest = lock(Scope.SITE, other)
    freeze(Scope.PARTICIPANT, study.enrolled(cast.other_site))
    found = {row.site.code: row for row in selectors.sites(cast.datamanager)}
    counted = {code: (row.participants, row.locked, row.frozen) for code, row in found.items()}
    assert counted == {"01": (2, 1, 1), "02": (1, 0, 1)}
    assert (found["01"].hold, found["02"].hold) == (strongest, None)


def test_holds_of_many_participants_are_counted_where_they_are_and_not_read(cast, person):
    freeze(Scope.PARTICIPANT, person)
    elsewhere = freeze(Scope.SITE, study.enrolled(cast.other_site))
    with CaptureQueriesContext(connection) as found:
        (row,) = selectors.sites(cast.coordinator)
    assert (row.site, row.frozen, row.hold) == (cast.site, 1, None)
    reads = [one["sql"] for one in found if '"quality_hold"' in one["sql"]]
    assert len(reads) == 2
    assert all(f"IN ({cast.site.pk})" in sql for sql in reads)
    assert elsewhere.site_id != cast.site.pk


@pytest.mark.req("R-21")
def test_every_lock_asked_to_be_released_can_be_reached(cast, person, sign_in, monkeypatch):
    monkeypatch.setattr(views, "PAGE", 1)
    client, other = sign_in(cast.datamanager), ended(study.enrolled(cast.site), cast.laboratory)
    holds = [lock(Scope.PARTICIPANT, one) for one in (person, other)]
    for hold in holds:
        client.post(reverse("reports:hold", args=[hold.pk]) + "ask/", {"reason": "typing error"})
    pages = [text(client.get(reverse("reports:holds"), {"page": n})) for n in (1, 2)]
    shown = [[f"/holds/{hold.pk}/" in page for hold in holds] for page in pages]
    assert shown == [[True, False], [False, True]]
    assert "?page=2" in pages[0]
