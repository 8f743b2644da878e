"""The planned unblinding: two people, a locked study, then the statistician."""

import csv
import io

import psycopg2
import pytest
from django.db import DatabaseError
from django.urls import reverse

from randomization.models import Unblinding, UnblindingQuerySet
from randomization.sealed.reading import NotShown, read_everybody
from randomization.services.unblinding import approve_for_study, ask_for_study
from tests.factories import study
from tests.integration.crf.filling import put
from tests.integration.quality.holding import MANAGER, SPONSOR, lock
from tests.integration.randomization.unblinding import acting, sealed_session
from trial.access.exceptions import Refused
from trial.audit.context import Actor, transaction
from trial.crf.owner import Owner
from trial.protocol.casebook.forms import BY_CODE
from trial.quality.models import Hold, Scope
from trial.quality.services import holds

WHY = "final analysis after the last visit"


def as_manager(cast):
    return Actor.of(cast.datamanager, role="datamanager")


def as_statistician(cast):
    return Actor.of(cast.statistician, role="statistician")


@pytest.fixture
def agreed(cast, person):
    """A locked study whose unblinding two people agreed on."""
    lock(Scope.STUDY, person)
    made = ask_for_study(reason=WHY, by=as_manager(cast))
    return approve_for_study(unblinding=made, by=as_statistician(cast))


def test_while_the_study_is_open_nobody_asks(cast, person):
    with pytest.raises(Refused, match="not locked"):
        ask_for_study(reason=WHY, by=as_manager(cast))


def test_who_asked_does_not_agree_neither_by_service_nor_by_database(cast, person):
    lock(Scope.STUDY, person)
    made = ask_for_study(reason=WHY, by=as_manager(cast))
    with pytest.raises(Refused, match="second person"):
        approve_for_study(unblinding=made, by=as_manager(cast))
    alone = {"approved_by": "x", "approved_by_id": cast.datamanager.pk}
    with pytest.raises(DatabaseError, match="takes_two"), transaction(by=as_manager(cast)):
        Unblinding.objects.filter(pk=made.pk).update(approved_at=made.requested_at, **alone)


def test_one_waits_at_a_time(cast, person):
    lock(Scope.STUDY, person)
    ask_for_study(reason=WHY, by=as_manager(cast))
    with pytest.raises(Refused, match="asked for already"):
        ask_for_study(reason=WHY, by=as_statistician(cast))


def test_of_two_who_ask_at_once_the_second_is_told(cast, person, monkeypatch):
    lock(Scope.STUDY, person)
    ask_for_study(reason=WHY, by=as_manager(cast))
    # The second looked before the first had committed.
    monkeypatch.setattr(UnblindingQuerySet, "exists", lambda self: False)
    with pytest.raises(Refused, match="asked for already"):
        ask_for_study(reason=WHY, by=as_statistician(cast))


@pytest.mark.req("R-47")
def test_the_statistician_takes_out_all_arms_each_time_recorded(
    cast, agreed, person, arms, accesses, sign_in
):
    client = sign_in(cast.statistician)
    address = reverse("unblinding:everybody")
    wrong = client.post(address, {"reason": WHY, "password": "somebody else's"})
    assert wrong.status_code == 422
    assert accesses().count(("all", "statistician", True)) == 0
    answer = client.post(address, {"reason": WHY, "password": study.PASSWORD})
    rows = list(csv.DictReader(io.StringIO(answer.content.decode())))
    assert [(row["participant"], row["arm"]) for row in rows] == [(person.code, arms()[0][3])]
    assert answer["Cache-Control"] == "no-store"
    client.post(address, {"reason": WHY, "password": study.PASSWORD})
    assert accesses().count(("all", "statistician", True)) == 2
    agreed.refresh_from_db()
    assert agreed.read_by == "statistician"


@pytest.mark.req("R-46")
@pytest.mark.parametrize("name", ["datamanager", "sponsor", "investigator", "pharmacist"])
def test_nobody_else_takes_them_out(cast, agreed, sign_in, name):
    user = cast.users[name]
    assert sign_in(user).post(reverse("unblinding:everybody"), {"reason": WHY}).status_code == 403
    with pytest.raises(NotShown):
        read_everybody(reason=WHY, by=Actor.of(user))


def test_what_one_has_asked_for_nobody_gets(cast, person):
    lock(Scope.STUDY, person)
    ask_for_study(reason=WHY, by=as_manager(cast))
    with pytest.raises(NotShown, match="second person"):
        read_everybody(reason=WHY, by=as_statistician(cast))


def test_an_agreement_ends_with_the_lock_under_which_it_was_given(cast, agreed, person):
    hold = Hold.objects.get()
    holds.request_unlock(hold=hold, reason="a value is wrong", by=MANAGER)
    holds.approve_unlock(hold=hold, reason="agreed", by=SPONSOR)
    with pytest.raises(NotShown, match="not locked"):
        read_everybody(reason=WHY, by=as_statistician(cast))
    lock(Scope.STUDY, person)
    with pytest.raises(NotShown, match="second person"):
        read_everybody(reason=WHY, by=as_statistician(cast))


def test_the_request_for_all_is_committed_before_it_is_read(cast, agreed):
    with sealed_session() as cursor:
        acting(cursor, cast.statistician)
        cursor.execute("select sealed.request_all(%s)", [WHY])
        (request,) = cursor.fetchone()
        with pytest.raises(psycopg2.Error) as refused:
            cursor.execute("select * from sealed.read_all(%s)", [request])
    assert refused.value.pgcode == "SE010"


def test_the_pages_lead_from_asking_to_agreeing(cast, person, sign_in):
    address = reverse("randomization:study_unblinding")
    assert "The study is not locked" in sign_in(cast.datamanager).get(address).content.decode()
    lock(Scope.STUDY, person)
    client = sign_in(cast.datamanager)
    assert client.post(address, {"reason": "short"}).status_code == 422
    assert client.post(address, {"reason": WHY}).status_code == 302
    made = Unblinding.objects.get()
    approve = reverse("randomization:study_unblinding_ok", args=[made.pk])
    assert client.post(approve).status_code == 422
    client = sign_in(cast.statistician)
    assert "Waits for a second person" in client.get(address).content.decode()
    assert client.post(approve).status_code == 302
    page = client.get(address).content.decode()
    assert reverse("unblinding:everybody") in page


@pytest.mark.req("R-47")
def test_nobody_notes_at_a_site_who_learned_the_arms_of_the_study(cast, agreed, sign_in):
    address = reverse("randomization:unblinding_learned", args=[agreed.pk])
    assert sign_in(cast.investigator).post(address, {"who": "everybody"}).status_code == 404
    assert not agreed.learned.exists()


@pytest.mark.req("R-17", "R-47")
def test_the_statistician_sees_whether_the_blinding_held_each_time_recorded(
    cast, person, arms, accesses, sign_in
):
    owner = Owner(person, study.visit_of(person, "W12"))
    form = BY_CODE["blinding_guess"]
    guess = {"participant_guess": "uc_msc", "participant_certainty": "5",
             "participant_reason": "effect"}  # fmt: skip
    put(owner, form, guess)
    lock(Scope.STUDY, person)
    address = reverse("unblinding:indices")
    client = sign_in(cast.statistician)
    refused = client.post(address, {"reason": WHY, "password": study.PASSWORD})
    assert refused.status_code == 409
    made = ask_for_study(reason=WHY, by=as_manager(cast))
    approve_for_study(unblinding=made, by=as_statistician(cast))
    before = accesses().count(("all", "statistician", True))
    text = client.post(address, {"reason": WHY, "password": study.PASSWORD}).content.decode()
    assert accesses().count(("all", "statistician", True)) == before + 1
    right = arms()[0][3] == "A"
    assert ("1.00 (" if right else "-1.00 (") in text
    assert client.post(address, {"reason": WHY, "password": "no"}).status_code == 422


@pytest.mark.req("R-46")
@pytest.mark.parametrize(
    "name", ["datamanager", "sponsor", "investigator", "pharmacist", "monitor"]
)
def test_nobody_else_sees_the_indices(cast, person, sign_in, name):
    client = sign_in(cast.users[name])
    assert client.get(reverse("unblinding:indices")).status_code == 403
    assert client.post(reverse("unblinding:indices"), {"reason": WHY}).status_code == 403
