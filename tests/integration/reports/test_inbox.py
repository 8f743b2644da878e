"""The inbox: closing an item with a note, once, at one's own site."""

import pytest
from django.urls import reverse

from trial.audit.models import Event
from trial.inbox.models import Item

pytestmark = pytest.mark.django_db
ADDRESS = "/inbox/"


@pytest.fixture
def item(course):
    return Item.objects.get(participant_code=course.relapsed.code)


def close(client, item, note):
    return client.post(
        reverse("reports:inbox_close", args=[item.pk]), {f"item-{item.pk}-note": note}
    )


def test_item_says_who_why_and_which_sample(cast, item, sign_in):
    page = sign_in(cast.investigator).get(ADDRESS).content.decode()
    assert item.participant_code in page
    assert "ALT 3.1×ULN at week 36 after CBR at week 12" in page
    assert "2025-09-15" in page


def test_closing_keeps_note_and_person_and_the_trail_has_both(cast, item, sign_in):
    client = sign_in(cast.investigator)
    response = close(client, item, "Repeat in two weeks.")
    assert response.status_code == 302
    item.refresh_from_db()
    assert (item.note, item.done_by) == ("Repeat in two weeks.", "investigator")
    event = Event.objects.filter(table_name="inbox_item", kind="update").latest("id")
    assert (event.actor, event.actor_role, event.reason) == (
        "investigator", "investigator", "Repeat in two weeks.",
    )  # fmt: skip


def test_closed_item_moves_to_the_list_of_closed_ones(cast, item, sign_in):
    client = sign_in(cast.investigator)
    close(client, item, "Seen.")
    assert client.get(ADDRESS).context["lines"] == []
    page = client.get(ADDRESS, {"show": "closed"})
    assert [line.item.pk for line, _form in page.context["lines"]] == [item.pk]
    assert "Seen." in page.content.decode()


def test_closing_without_a_note_is_refused_and_asks_for_it(cast, item, sign_in):
    response = close(sign_in(cast.investigator), item, "  ")
    assert response.status_code == 422
    item.refresh_from_db()
    assert item.done_at is None
    assert "This field is required." in response.content.decode()


def test_second_closing_changes_nothing(cast, item, sign_in):
    client = sign_in(cast.investigator)
    close(client, item, "First.")
    close(client, item, "Second.")
    item.refresh_from_db()
    assert item.note == "First."


def test_item_of_another_site_is_not_there(cast, item, sign_in):
    assert close(sign_in(cast.investigator2), item, "Mine?").status_code == 404


@pytest.mark.parametrize("name", ["coordinator", "monitor", "admin"])
def test_who_may_not_judge_has_no_inbox(cast, item, sign_in, name):
    client = sign_in(cast.users[name])
    assert client.get(ADDRESS).status_code == 403
    assert close(client, item, "No.").status_code == 403


def test_closing_needs_a_post(cast, item, sign_in):
    client = sign_in(cast.investigator)
    assert client.get(reverse("reports:inbox_close", args=[item.pk])).status_code == 405
