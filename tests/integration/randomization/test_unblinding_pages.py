"""The pages of unblinding: what they show to whom, and that an arm is shown once."""

import pytest
import redis
from celery import Celery
from django.urls import reverse

from labs.services import hints
from randomization.models import Kind, Unblinding
from randomization.views import emergency
from tests.factories import study
from tests.factories.allocation import randomised, ready
from tests.integration.randomization.unblinding import WHY, asked
from trial.access.roles import Role
from trial.audit.models import Reading
from trial.inbox.models import Item

SHOWN = "arm-shown-code"


def form(user, **changes):
    return {
        "category": "reaction", "reason": WHY, "username": user.username,
        "password": study.PASSWORD, **changes,
    }  # fmt: skip


def ask_at(person):
    return reverse("unblinding:ask", args=[person.code])


def text(answer):
    return answer.content.decode()


@pytest.mark.req("R-47")
@pytest.mark.req("R-48")
def test_two_posts_lead_to_the_arm_and_it_is_shown_once(cast, person, sign_in, arms):
    client = sign_in(cast.investigator)
    page = client.get(ask_at(person))
    assert "stays in the study" in text(page)
    asking = client.post(ask_at(person), form(cast.investigator))
    assert asking.status_code == 302
    recorded = client.get(asking.url)
    assert "Show the arm now" in text(recorded)
    assert SHOWN not in text(recorded)
    shown = client.post(asking.url)
    assert f'<p class="{SHOWN}">{arms()[0][3]}</p>' in text(shown)
    assert shown["Cache-Control"] == "no-store"
    again = client.post(asking.url)
    assert again.status_code == 409
    assert SHOWN not in text(again)
    after = client.get(asking.url)
    assert SHOWN not in text(after)
    assert "not shown a second time" in text(after)


@pytest.mark.req("R-48")
def test_it_needs_no_broker_no_worker_and_no_mail(
    cast, person, sign_in, settings, monkeypatch, arms
):
    """Nothing listens where the broker and the mail server should be."""
    nowhere = "redis://127.0.0.1:1/0"
    with pytest.raises(redis.ConnectionError):
        redis.Redis.from_url(nowhere).ping()
    settings.HINT_TO_WORKERS = True
    app = Celery("hints", set_as_current=False)
    app.config_from_object("django.conf:settings", namespace="CELERY")
    app.conf.broker_url = nowhere
    monkeypatch.setattr(hints, "current_app", app)
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    client = sign_in(cast.investigator)
    asking = client.post(ask_at(person), form(cast.investigator))
    assert arms()[0][3] in text(client.post(asking.url))
    assert Item.objects.filter(kind="unblinding", mail="waiting").count() == 2


@pytest.mark.req("F-055b")
def test_a_page_that_fails_after_the_reading_hides_nothing(
    cast, person, sign_in, monkeypatch, accesses
):
    made = asked(person, cast.investigator)

    def fails(*given, **named):
        raise RuntimeError("the page can't be drawn")

    client = sign_in(cast.investigator)
    client.raise_request_exception = False
    monkeypatch.setattr(emergency, "render", fails)
    answer = client.post(reverse("unblinding:arm", args=[person.code, made.pk]))
    assert answer.status_code == 500
    assert ("participant", "investigator", True) in accesses()
    made.refresh_from_db()
    assert made.read_by == "investigator"


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"reason": "urgent"}, "reason"),
        ({"category": ""}, "category"),
        ({"category": "told"}, "category"),
        ({"password": "wrong"}, "password"),
        ({"username": "coordinator"}, "password"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_nothing_is_asked_for(
    cast, person, sign_in, wrong, field
):
    answer = sign_in(cast.investigator).post(ask_at(person), form(cast.investigator, **wrong))
    assert answer.status_code == 422
    assert field in answer.context["form"].errors
    assert study.PASSWORD not in text(answer)
    assert not Unblinding.objects.exists()


@pytest.mark.req("R-32")
def test_the_page_of_a_request_is_only_for_who_asked(cast, person, sign_in):
    made = asked(person, cast.investigator)
    address = reverse("unblinding:arm", args=[person.code, made.pk])
    second = study.make_user("second", Role.INVESTIGATOR, cast.site)
    for user in (second, cast.investigator2):
        assert sign_in(user).post(address).status_code == 404
    assert sign_in(cast.coordinator).post(address).status_code == 403
    made.refresh_from_db()
    assert made.read_at is None


@pytest.mark.req("F-055")
def test_a_request_for_one_shows_no_other(cast, person, sign_in):
    made = asked(person, cast.investigator)
    other = ready(cast.site)
    randomised(other, cast.investigator)
    address = reverse("unblinding:arm", args=[other.code, made.pk])
    assert sign_in(cast.investigator).post(address).status_code == 404


def test_opening_these_pages_is_noted_as_a_reading(cast, person, sign_in):
    sign_in(cast.investigator).get(ask_at(person))
    noted = Reading.objects.filter(view="unblinding:ask").get()
    assert (noted.username, noted.record) == ("investigator", {"code": person.code})


# --- what the blinded see -------------------------------------------------------------------------
@pytest.mark.req("R-47")
@pytest.mark.parametrize("name", ["investigator", "sponsor", "safety", "datamanager"])
def test_that_somebody_was_unblinded_is_listed_and_counted(cast, person, sign_in, name):
    made = asked(person, cast.investigator)
    client = sign_in(cast.users[name])
    listed = client.get(reverse("randomization:unblindings"))
    assert person.code in text(listed)
    assert {str(k): n for k, n in listed.context["counts"]}["emergency"] == 1
    one = client.get(reverse("randomization:unblinding", args=[made.pk]))
    assert WHY in text(one)
    assert "Unblindings" in text(client.get(reverse("reports:dashboard")))
    marked = client.get(reverse("reports:participant", args=[person.code]))
    assert "Unblinded: emergency" in text(marked)


def test_who_may_not_know_of_it_sees_no_mark(cast, person, sign_in):
    asked(person, cast.investigator)
    client = sign_in(cast.coordinator)
    assert client.get(reverse("randomization:unblindings")).status_code == 403
    assert "Unblinded" not in text(client.get(reverse("reports:participant", args=[person.code])))


def test_of_another_site_nothing_is_listed(cast, person, sign_in):
    made = asked(person, cast.investigator)
    client = sign_in(cast.investigator2)
    assert person.code not in text(client.get(reverse("randomization:unblindings")))
    address = reverse("randomization:unblinding", args=[made.pk])
    assert client.get(address).status_code == 404


@pytest.mark.req("R-47")
def test_who_else_learned_it_is_noted_line_by_line(cast, person, sign_in):
    made = asked(person, cast.investigator)
    client = sign_in(cast.investigator)
    address = reverse("randomization:unblinding_learned", args=[made.pk])
    assert client.post(address, {"who": " "}).status_code == 422
    for who in ("intensive care physician", "head nurse"):
        assert client.post(address, {"who": who}).status_code == 302
    noted = made.learned.values_list("who", "noted_by")
    assert list(noted) == [
        ("intensive care physician", "investigator"), ("head nurse", "investigator")
    ]  # fmt: skip
    assert sign_in(cast.sponsor).post(address, {"who": "x"}).status_code == 403


@pytest.mark.req("R-47")
def test_an_inadvertent_unblinding_is_recorded_and_told(cast, person, sign_in):
    client = sign_in(cast.investigator)
    address = reverse("randomization:inadvertent", args=[person.code])
    given = {"category": "appearance", "learned_on": cast.site.today().isoformat(),
             "who": "infusion nurse", "how": "the sleeve had come off the bag"}  # fmt: skip
    assert client.post(address, given | {"how": "seen"}).status_code == 422
    assert client.post(address, given | {"learned_on": "2099-01-01"}).status_code == 422
    assert client.post(address, given).status_code == 302
    made = Unblinding.objects.get()
    assert (made.kind, made.requested_by) == (Kind.INADVERTENT, "investigator")
    assert [one.who for one in made.learned.all()] == ["infusion nurse"]
    assert {item.role for item in Item.objects.filter(kind="unblinding")} == {"sponsor", "safety"}
    inbox = sign_in(cast.sponsor).get(reverse("reports:inbox"))
    assert "The bag, its label or its handling gave it away" in text(inbox)
