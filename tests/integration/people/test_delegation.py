"""The delegation log: who may do what at a site, from when, signed off by the investigator."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from threading import Event as Signal

import pytest
from django.db import IntegrityError, connections
from django.urls import reverse

from tests.factories import study
from trial.access import delegating, services
from trial.access.exceptions import Refused
from trial.access.models import Delegation, Duty, Membership
from trial.access.roles import Role
from trial.access.selectors import delegated, has_log, principal_of, require_duty
from trial.audit.context import Actor, transaction
from trial.audit.models import Event

pytestmark = pytest.mark.django_db


def entry_for(user, site, *, duties=("enter",), by=study.SETUP, from_on=None, **more):
    first = from_on or site.today()
    return services.delegate(
        user=user, site=site, duties=list(duties), from_on=first, by=by, **more
    )


def post(client, cast, **changes):
    data = {"user": cast.coordinator.pk, "duties": ["enter", "labs"], "reason": "",
            "from_on": cast.site.today().isoformat(), "to_on": ""} | changes  # fmt: skip
    return client.post("/delegation/01/new/", data)


@pytest.mark.req("R-29")
def test_the_investigator_delegates_and_it_holds_from_its_day(sign_in, cast, principal, acts):
    assert post(sign_in(cast.investigator), cast).status_code == 302
    row, today = Delegation.objects.get(user=cast.coordinator), cast.site.today()
    assert (row.delegated_by, row.duties) == ("investigator", ["enter", "labs"])
    assert delegated(cast.coordinator, cast.site, Duty.LABS, today)
    assert not delegated(cast.coordinator, cast.site, Duty.LABS, today - timedelta(days=1))
    assert not delegated(cast.coordinator, cast.site, Duty.CONSENT, today)
    assert not delegated(cast.coordinator, cast.other_site, Duty.LABS, today)
    assert acts() == ["delegated"]
    event = Event.objects.filter(kind="act:delegated").last()
    assert (event.site_id, event.actor_site) == (cast.site.pk, "01")


@pytest.mark.req("R-29")
def test_signing_is_the_principals_and_is_not_delegated(sign_in, cast, principal):
    today = cast.site.today()
    assert delegated(cast.investigator, cast.site, Duty.SIGN, today)
    assert post(sign_in(cast.investigator), cast, duties=["sign"]).status_code == 422
    with pytest.raises(Refused):
        entry_for(cast.coordinator, cast.site, duties=["sign"], by=principal)
    assert not delegated(cast.coordinator, cast.site, Duty.SIGN, today)


@pytest.mark.req("R-29")
def test_a_site_has_one_principal_and_the_next_one_takes_over(sign_in, cast, principal):
    other = study.make_user("second", Role.INVESTIGATOR, cast.site)
    data = {"user": other.pk, "from_on": cast.site.today().isoformat(), "reason": "retired"}
    assert sign_in(cast.admin).post("/admin/sites/01/principal/", data).status_code == 302
    assert principal_of(cast.site).user == other
    former = Delegation.objects.get(user=cast.investigator)
    assert (former.ended_by, former.end_reason) == ("admin", "retired")
    with (
        pytest.raises(IntegrityError, match="delegation_one_principal"),
        transaction(by=study.SETUP),
    ):
        Delegation.objects.create(
            user=cast.investigator, site=cast.site, duties=["sign"], from_on=date(2026, 1, 1)
        )


@pytest.mark.req("R-29")
@pytest.mark.parametrize("name", ["coordinator", "investigator2", "monitor", "outsider"])
def test_only_an_investigator_of_the_site_becomes_principal(cast, admin, name):
    with pytest.raises(Refused) as caught:
        services.appoint_principal(
            user=cast.users[name], site=cast.site, from_on=cast.site.today(), by=admin, reason="x"
        )
    assert set(caught.value.errors) == {"user"}


def test_where_a_principal_is_named_no_other_investigator_delegates(sign_in, cast, principal):
    other = study.make_user("second", Role.INVESTIGATOR, cast.site)
    page = post(sign_in(other), cast)
    assert page.status_code == 422
    assert "Investigator, delegates" in page.content.decode()
    assert not Delegation.objects.filter(user=cast.coordinator).exists()


@pytest.mark.parametrize(
    ("name", "field"),
    [("investigator", "user"), ("coordinator2", "user"), ("monitor", "user"), ("outsider", "user")],
)
def test_neither_oneself_nor_somebody_without_a_role_there(cast, principal, name, field):
    with pytest.raises(Refused) as caught:
        entry_for(cast.users[name], cast.site, by=principal)
    assert set(caught.value.errors) == {field}


def test_days_and_duties_that_cannot_be_are_refused(cast, principal):
    today = cast.site.today()
    for more, field in (
        ({"from_on": cast.site.opened_on - timedelta(days=1)}, "from_on"),
        ({"to_on": today - timedelta(days=1)}, "to_on"),
        ({"duties": []}, "duties"),
        ({"duties": ["cook"]}, "duties"),
    ):
        with pytest.raises(Refused) as caught:
            entry_for(cast.coordinator, cast.site, by=principal, **more)
        assert set(caught.value.errors) == {field}


def test_new_duties_replace_the_present_ones_and_both_stay_in_the_log(sign_in, cast, principal):
    entry_for(cast.coordinator, cast.site, by=principal, duties=["enter"])
    entry_for(cast.coordinator, cast.site, by=principal, duties=["labs"])
    assert Delegation.objects.get(user=cast.coordinator, ended_at=None).duties == ["labs"]
    page = sign_in(cast.monitor).get("/delegation/01/?show=all").content.decode()
    assert page.count("Coordinator") == 2
    assert sign_in(cast.monitor).get("/delegation/01/").content.decode().count("Coordinator") == 1


def test_an_entry_ends_on_a_day_with_a_reason(sign_in, cast, principal, acts):
    first = cast.site.today() - timedelta(days=30)
    entry = entry_for(cast.coordinator, cast.site, by=principal, from_on=first)
    last = cast.site.today() - timedelta(days=3)
    client, address = sign_in(cast.investigator), f"/delegation/01/{entry.pk}/end/"
    for wrong in (
        {"on": last.isoformat(), "reason": ""},
        {"on": (first - timedelta(days=1)).isoformat(), "reason": "left"},
        {"on": (cast.site.today() + timedelta(days=1)).isoformat(), "reason": "left"},
    ):
        assert client.post(address, wrong).status_code == 422
    assert client.post(address, {"on": last.isoformat(), "reason": "left"}).status_code == 302
    assert delegated(cast.coordinator, cast.site, Duty.ENTER, last)
    assert not delegated(cast.coordinator, cast.site, Duty.ENTER, last + timedelta(days=1))
    assert acts()[-1] == "delegation_ended"
    with pytest.raises(Refused):
        services.end_delegation(delegation=entry, on=last, by=principal, reason="again")


def test_the_principals_entry_is_not_ended_but_handed_over(cast, principal):
    with pytest.raises(Refused):
        services.end_delegation(
            delegation=Delegation.objects.get(user=cast.investigator),
            on=cast.site.today(),
            by=principal,
            reason="x",
        )


def test_duties_end_with_the_last_role_at_the_site(cast, admin, principal):
    entry_for(cast.coordinator, cast.site, by=principal)
    held = Membership.objects.get(user=cast.coordinator)
    services.end_role(membership=held, by=admin, reason="left")
    assert Delegation.objects.get(user=cast.coordinator).end_reason == "left"


def test_another_sites_log_and_entries_are_not_there(sign_in, cast, principal):
    entry = entry_for(cast.coordinator, cast.site, by=principal)
    client = sign_in(cast.investigator2)
    assert client.get("/delegation/01/").status_code == 404
    assert client.get(f"/delegation/02/{entry.pk}/end/").status_code == 404
    shown = [site.code for site, _who, _count in client.get("/delegation/").context["rows"]]
    assert shown == ["02"]


def test_a_missing_duty_is_a_refusal_in_words(cast):
    assert not has_log(cast.site)
    with pytest.raises(Refused, match="does not entrust you with: Enter laboratory results"):
        require_duty(cast.coordinator, cast.site, Duty.LABS, cast.site.today())


@pytest.mark.parametrize("required", [False, True])
def test_data_are_entered_without_a_duty_unless_the_study_asks_for_one(
    sign_in, cast, settings, required
):
    settings.DELEGATION_REQUIRED = required
    participant = study.screened(cast.site)
    address = reverse("patients:consent", args=[participant.code])
    client = sign_in(cast.coordinator)
    assert client.post(address).status_code == (403 if required else 422)
    entry_for(cast.coordinator, cast.site, duties=["screen"])
    assert client.post(address).status_code == 422


@pytest.mark.parametrize(
    ("row", "constraint"),
    [
        ({"duties": []}, "delegation_duties_known"),
        ({"duties": ["cook"]}, "delegation_duties_known"),
        ({"to_on": date(2025, 1, 1)}, "delegation_ends_after_it_begins"),
        ({"ended_by": "x"}, "delegation_end_has_by"),
    ],
)
def test_the_database_refuses_entries_that_cannot_be(cast, row, constraint):
    good = {"user": cast.coordinator, "site": cast.site, "duties": ["enter"],
            "from_on": date(2026, 1, 1), "delegated_by": "x"}  # fmt: skip
    with pytest.raises(IntegrityError, match=constraint), transaction(by=study.SETUP):
        Delegation.objects.create(**good | row)


def test_the_database_refuses_an_entry_for_oneself_and_a_second_open_one(cast):
    good = {"user": cast.coordinator, "site": cast.site, "duties": ["enter"],
            "from_on": date(2026, 1, 1), "delegated_by": "x"}  # fmt: skip
    with (
        pytest.raises(IntegrityError, match="delegation_not_for_oneself"),
        transaction(by=Actor.of(cast.coordinator)),
    ):
        Delegation.objects.create(**good, delegated_by_id=cast.coordinator.pk)


def test_a_person_has_one_open_entry_at_a_site(cast):
    entry_for(cast.coordinator, cast.site)
    with pytest.raises(IntegrityError, match="delegation_one_open"), transaction(by=study.SETUP):
        Delegation.objects.create(
            user=cast.coordinator, site=cast.site, duties=["labs"], from_on=date(2026, 1, 1),
            delegated_by="x",
        )  # fmt: skip


# --- at once ------------------------------------------------------------------------------------
def apart(act):
    """Run in a thread with its own connection."""

    def run():
        try:
            return act()
        finally:
            connections.close_all()

    return run


def somebody_waits(app_connection):
    with app_connection.cursor() as cursor:
        cursor.execute("select count(*) from pg_locks where not granted")
        return bool(cursor.fetchone()[0])


def test_a_role_that_ends_meanwhile_takes_the_new_duties_with_it(fresh_database, app_connection):
    site = study.make_site()
    user = study.make_user("leaver", Role.COORDINATOR, site)
    held, given, may_commit = Membership.objects.get(user=user), Signal(), Signal()

    def give():
        with transaction(by=study.SETUP):
            entry_for(user, site)
            given.set()
            assert may_commit.wait(20)

    def end():
        services.end_role(membership=held, by=study.SETUP, reason="left")

    with ThreadPoolExecutor(2) as pool:
        giver = pool.submit(apart(give))
        assert given.wait(20)
        ender = pool.submit(apart(end))
        while not (ender.done() or somebody_waits(app_connection)):
            pass
        may_commit.set()
        giver.result(), ender.result()
    assert Delegation.objects.get(user=user).end_reason == "left"


def test_an_entry_that_was_ended_meanwhile_stays_as_it_was_ended(cast, principal, acts):
    entry = entry_for(cast.coordinator, cast.site, by=principal)
    seen = Delegation.objects.select_related("site", "user").get(pk=entry.pk)
    services.end_delegation(delegation=entry, on=cast.site.today(), by=principal, reason="first")
    with transaction(by=study.SETUP):
        delegating._close(seen, cast.site.today(), study.SETUP, "second")
    assert Delegation.objects.get(pk=entry.pk).end_reason == "first"
    assert acts().count("delegation_ended") == 1
