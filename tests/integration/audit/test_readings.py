"""Who read participant X between t1 and t2 is answered by one command (R-54)."""

import csv
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from labs.models import Result
from randomization.models import Category
from randomization.services.unblinding import Incident, record_inadvertent
from reports.form_datasets import name_of
from tests.factories import custody, forms, study
from tests.integration.quality.holding import freeze
from tests.integration.quality.verifying import recorded
from tests.integration.queries.asking import MONITOR, ask, result_of
from trial.access.services import issue_token
from trial.audit.models import Reading
from trial.protocol.casebook.forms import FORMS
from trial.quality.models import Scope
from trial.quality.services import asking

pytestmark = [pytest.mark.django_db, pytest.mark.req("R-54")]


@pytest.fixture
def pair(cast):
    """Two participants with labs at day 0."""
    people = [study.enrolled(cast.site), study.enrolled(cast.site)]
    for person in people:
        study.enter(person, "D0", study.RELAPSE_COURSE["D0"], cast.laboratory)
    return people


def who_read(code: str, *options: str) -> list[dict[str, str]]:
    out = StringIO()
    span = ["--from", "2020-01-01T00:00:00", "--to", "2100-01-01T00:00:00+00:00"]
    call_command("who_read", code, *span, *options, stdout=out)
    return list(csv.DictReader(StringIO(out.getvalue())))


def pages_about(person) -> dict[str, str]:
    visit = study.visit_of(person, "D0")
    result = Result.objects.filter(panel__visit=visit)[0]
    return {
        "reports:participant": reverse("reports:participant", args=[person.code]),
        "patients:screening": reverse("patients:screening", args=[person.code]),
        "visits:visit": reverse("visits:visit", args=[person.code, "D0"]),
        "labs:entry": reverse("labs:entry", args=[visit.pk]),
        "reports:history": reverse("reports:history", args=["result", result.pk]),
        "api:participants-detail": reverse("api:participants-detail", args=[person.pk]),
        "api:visits-detail": reverse("api:visits-detail", args=[visit.pk]),
        "api:lab-results-detail": reverse("api:lab-results-detail", args=[result.pk]),
        "api:lab-results-list": reverse("api:lab-results-list") + f"?participant={person.code}",
    }


def test_every_page_about_a_participant_is_found_and_none_about_another(cast, pair, sign_in):
    one, other = pair
    for address in pages_about(one).values():
        assert sign_in(cast.investigator).get(address).status_code == 200
    found = who_read(one.code)
    assert {row["view"] for row in found} == set(pages_about(one))
    assert {row["user"] for row in found} == {"investigator"}
    assert who_read(other.code) == []


def test_rows_about_an_infusion_its_bag_and_an_unblinding_are_found(cast, pair, sign_in):
    one, other = pair
    bag = custody.whole(custody.bag_for(one, "D0", second=cast.investigator))
    incident = Incident(Category.TOLD, "A nurse said it aloud.", one.site.today(), "nurse")
    unblinding = record_inadvertent(participant=one, incident=incident, by=study.SETUP)
    rows = {
        "bags": bag.number,
        "infusions": bag.infusion.pk,
        "infusion-vitals": bag.infusion.vitals.all()[0].pk,
        "infusion-reactions": bag.infusion.reactions.get().pk,
        "unblindings": unblinding.pk,
    }
    for name, key in rows.items():
        address = reverse(f"api:{name}-detail", args=[key])
        assert sign_in(cast.investigator).get(address).status_code == 200
    assert {row["view"] for row in who_read(one.code)} == {f"api:{name}-detail" for name in rows}
    assert who_read(other.code) == []


def test_a_row_of_each_form_is_found(cast, pair, sign_in):
    one, other = pair
    pages = {}
    for form in FORMS:
        row = forms.row(form, one)
        detail = f"api:{name_of(form)}-detail"
        pages[detail] = reverse(detail, args=[row.pk])
        history = reverse("reports:history", args=[form.code, row.pk])
        assert sign_in(cast.investigator).get(history).status_code == 200, form.code
    for address in pages.values():
        assert sign_in(cast.investigator).get(address).status_code == 200
    assert {line["view"] for line in who_read(one.code)} == {*pages, "reports:history"}
    assert who_read(other.code) == []


def test_a_list_of_each_form_is_among_the_lists(cast, pair, sign_in):
    views = {f"api:{name_of(form)}-list" for form in FORMS}
    for view in views:
        assert sign_in(cast.sponsor).get(reverse(view)).status_code == 200
    assert views <= {line["view"] for line in who_read(pair[0].code, "--lists")}


def test_pages_about_a_query_a_verification_and_a_lock_are_found(cast, pair, sign_in):
    one, other = pair
    result = result_of(one)
    query, _new = asking.raise_query(ask=ask(result), by=MONITOR)
    verification = recorded(study.visit_of(one, "D0"), "labs")
    hold = freeze(Scope.PARTICIPANT, one)
    pages = {
        "reports:query": reverse("reports:query", args=[query.pk]),
        "reports:query_raise": reverse("reports:query_raise", args=["result", result.pk]),
        "reports:redaction_ask": reverse(
            "reports:redaction_ask", args=["result", result.pk, "comment"]
        ),
        "reports:hold": reverse("reports:hold", args=[hold.pk]),
        "api:queries-detail": reverse("api:queries-detail", args=[query.pk]),
        "api:verifications-detail": reverse("api:verifications-detail", args=[verification.pk]),
    }
    reader = sign_in(cast.datamanager)
    shown = {view: reader.get(address).status_code for view, address in pages.items()}
    assert set(shown.values()) == {200}, shown
    assert {row["view"] for row in who_read(one.code)} == set(pages)
    assert who_read(other.code) == []


@pytest.mark.parametrize("view", ["reports:queries", "reports:redactions", "api:queries-list"])
def test_a_list_that_names_participants_is_among_the_lists(cast, pair, sign_in, view):
    assert sign_in(cast.datamanager).get(reverse(view)).status_code == 200
    assert [row["view"] for row in who_read(pair[0].code, "--lists")] == [view]


def test_lists_are_told_apart(cast, pair, sign_in):
    sign_in(cast.sponsor).get("/casebook/")
    assert who_read(pair[0].code) == []
    assert [row["view"] for row in who_read(pair[0].code, "--lists")] == ["reports:matrix"]


def test_a_program_is_noted_like_a_person(cast, pair, client):
    key = issue_token(user=cast.sponsor, by=study.SETUP)
    address = pages_about(pair[0])["api:participants-detail"]
    client.get(address, headers={"Authorization": f"Token {key}"})
    assert [row["user"] for row in who_read(pair[0].code)] == ["sponsor"]


def test_what_was_refused_or_not_there_is_no_reading(cast, pair, sign_in):
    for user in (cast.coordinator2, cast.outsider, cast.admin):
        sign_in(user).get(pages_about(pair[0])["reports:participant"])
    assert Reading.objects.count() == 0


def test_an_unknown_code_is_an_error():
    with pytest.raises(CommandError, match="no participant 01-9999"):
        who_read("01-9999")
