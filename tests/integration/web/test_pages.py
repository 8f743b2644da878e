"""Pages of the frame: sign-in, errors, language, theme, gallery, health."""

import json
import re
from datetime import timedelta

import pytest
from django.conf import settings
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import OperationalError, connection
from django.db.migrations.executor import MigrationExecutor
from django.test import Client
from django.urls import path, reverse
from django.utils import timezone

from tests.factories.study import PASSWORD
from trial.urls import urlpatterns as real
from trial.web import health, navigation

LOGIN = "/accounts/login/"


def forbidden(request):
    raise PermissionDenied("Your role does not extend to this site.")


def suspicious(request):
    raise SuspiciousOperation


def broken(request):
    raise RuntimeError


urlpatterns = [
    *real,
    path("forbidden/", forbidden),
    path("suspicious/", suspicious),
    path("broken/", broken),
]


def text(response):
    return response.content.decode()


# --- sign-in ------------------------------------------------------------------------------------
@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_the_sign_in_page_opens_for_anybody_in_both_languages(client, db, language):
    response = client.get(LOGIN, headers={"accept-language": language})
    assert response.status_code == 200
    assert f'lang="{language}"' in text(response)
    assert 'autocomplete="current-password"' in text(response)


def test_a_wrong_password_says_so_and_keeps_the_user_name(client, cast):
    response = client.post(LOGIN, {"login": "coordinator", "password": "wrong"})
    assert response.status_code == 200
    assert "User name or password is wrong" in text(response)
    assert 'value="coordinator"' in text(response)
    assert "wrong&quot;" not in text(response)


def test_an_unknown_user_gets_the_same_words_as_a_wrong_password(client, cast):
    answers = {
        re.sub(r'value="[^"]*"', "", text(client.post(LOGIN, {"login": name, "password": "wrong"})))
        for name in ("coordinator", "nobody-of-this-name")
    }
    assert len(answers) == 1


def test_one_user_locked_out_does_not_keep_the_others_of_the_hospital_out(client, cast):
    for _try in range(settings.AXES_FAILURE_LIMIT):
        client.post(LOGIN, {"login": "coordinator", "password": "wrong"})
    locked = client.post(LOGIN, {"login": "coordinator", "password": PASSWORD})
    assert locked.status_code == 429
    assert "Sign-in is paused" in text(locked)
    other = Client()
    assert other.get(LOGIN).status_code == 200
    named = {"login": "investigator", "password": PASSWORD, "next": "/accounts/password/"}
    assert other.post(LOGIN, named).status_code == 302


def test_signing_in_goes_to_work_without_a_word(client, cast, demo):
    named = {"login": "coordinator", "password": PASSWORD, "next": "/gallery/"}
    response = client.post(LOGIN, named, follow=True)
    assert "Components" in text(response)
    assert list(response.context["messages"]) == []


def test_another_letter_case_gives_no_further_tries(client, cast):
    for name in ("coordinator", "Coordinator", "COORDINATOR", " coordinator", "cOORDINATOR"):
        client.post(LOGIN, {"login": name, "password": "wrong"})
    assert client.post(LOGIN, {"login": "coordinator", "password": PASSWORD}).status_code == 429


def test_typing_errors_before_a_success_do_not_add_up(client, cast):
    named = {"login": "coordinator", "next": "/accounts/password/"}
    for password in ("wrong", "wrong", PASSWORD, "wrong", "wrong", "wrong", "wrong"):
        Client().post(LOGIN, {**named, "password": password})
    assert Client().post(LOGIN, {**named, "password": PASSWORD}).status_code == 302


def test_the_pause_ends_and_its_attempts_are_cleared(client, cast, time_machine):
    for _try in range(settings.AXES_FAILURE_LIMIT):
        client.post(LOGIN, {"login": "coordinator", "password": "wrong"})
    time_machine.move_to(timezone.now() + timedelta(hours=settings.AXES_COOLOFF_TIME, minutes=1))
    named = {"login": "coordinator", "password": PASSWORD, "next": "/accounts/password/"}
    assert client.post(LOGIN, named).status_code == 302


@pytest.mark.parametrize("name", ["a\x00b", "x" * 100_000, "\u202ename", "'; --", ""])
def test_no_user_name_breaks_the_sign_in_page(client, cast, name):
    response = client.post(LOGIN, {"login": name, "password": "wrong"})
    assert response.status_code == 200
    assert "User name or password is wrong" in text(response)


def test_nobody_can_sign_up(client, db):
    assert "You cannot open an account yourself" in text(client.get("/accounts/signup/"))


def test_signing_out_asks_first_and_is_a_post(sign_in, cast):
    client = sign_in(cast.coordinator)
    assert "Sign out?" in text(client.get("/accounts/logout/"))
    assert client.post("/accounts/logout/").status_code == 302
    assert client.get("/accounts/password/").status_code == 302


def test_a_password_is_changed_on_a_page_in_the_frame(sign_in, cast):
    response = sign_in(cast.coordinator).get("/accounts/password/")
    assert response.status_code == 200
    assert 'class="app-menu"' in text(response)


# --- errors -------------------------------------------------------------------------------------
@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize(
    ("address", "status"),
    [("/nowhere/", 404), ("/forbidden/", 403), ("/suspicious/", 400), ("/broken/", 500)],
)
@pytest.mark.urls(__name__)
def test_an_error_is_a_page_with_a_way_out(sign_in, cast, address, status, language):
    client = sign_in(cast.coordinator)
    client.raise_request_exception = False
    response = client.get(address, headers={"accept-language": language})
    assert response.status_code == status
    assert 'class="problem-title"' in text(response)
    assert '<a class="btn btn-primary" href="/">' in text(response)
    assert len(re.findall(r"<h1", text(response))) == 1


@pytest.mark.urls(__name__)
def test_a_refusal_gives_its_reason(sign_in, cast):
    response = sign_in(cast.coordinator).get("/forbidden/")
    assert "Your role does not extend to this site." in text(response)


@pytest.mark.urls(__name__)
def test_the_500_page_needs_no_database(client, db, monkeypatch):
    """LoginRequiredMiddleware lets the anonymous client no further than a page of its own kind."""
    client.raise_request_exception = False
    monkeypatch.setattr(health, "run_checks", broken)
    monkeypatch.setattr("trial.web.views.run_checks", lambda: broken(None))
    with connection.execute_wrapper(refuse):
        response = client.get("/readyz")
    assert response.status_code == 500
    assert "Something went wrong on our side" in text(response)


def refuse(execute, sql, params, many, context):
    raise OperationalError("the server closed the connection")


def test_a_form_without_its_token_explains_what_to_do(cast):
    client = Client(enforce_csrf_checks=True)
    response = client.post(LOGIN, {"login": "coordinator", "password": PASSWORD})
    assert response.status_code == 403
    assert "This form has expired" in text(response)


# --- language and theme -------------------------------------------------------------------------
def test_the_language_is_remembered_and_leads_back(client, db):
    response = client.post("/language/", {"language": "zh-hans", "next": LOGIN + "?next=/x/"})
    assert response.status_code == 302
    assert response.url == LOGIN + "?next=/x/"
    assert 'lang="zh-hans"' in text(client.get(LOGIN))


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_theme_is_remembered(client, db, theme):
    assert client.post("/theme/", {"theme": theme, "next": LOGIN}).url == LOGIN
    assert f'data-bs-theme="{theme}"' in text(client.get(LOGIN))


def test_without_a_choice_the_operating_system_decides(client, db):
    assert 'data-theme-choice="auto"' in text(client.get(LOGIN))
    assert "data-bs-theme" not in text(client.get(LOGIN))


@pytest.mark.parametrize("theme", ["", "neon", "dark; path=/"])
def test_an_unknown_theme_changes_nothing(client, db, theme):
    assert "theme" not in client.post("/theme/", {"theme": theme}).cookies


@pytest.mark.parametrize("address", ["/language/", "/theme/"])
@pytest.mark.parametrize(
    "away", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"]
)
def test_no_switch_leads_to_another_host(client, db, address, away):
    response = client.post(address, {"language": "en", "theme": "dark", "next": away})
    assert response.url == "/"


@pytest.mark.parametrize("address", ["/language/", "/theme/", "/alive/"])
def test_switches_change_nothing_on_get(sign_in, cast, address):
    assert sign_in(cast.coordinator).get(address).status_code == 405


# --- the frame ----------------------------------------------------------------------------------
@pytest.fixture
def demo(settings):
    settings.DEMO = True


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_the_gallery_draws_every_component_with_nothing_missing(sign_in, cast, demo, language):
    response = sign_in(cast.coordinator).get("/gallery/", headers={"accept-language": language})
    assert response.status_code == 200
    for part in (
        "stat-row",
        "status-legend",
        "table-cards",
        "pager",
        "timeline",
        "data-chart",
        "error-summary",
        "dialog",
    ):
        assert part in text(response)


@pytest.mark.parametrize(
    "name", [item.url_name for section in navigation.MENU for item in section.items]
)
def test_every_entry_of_the_menu_leads_somewhere(name):
    assert reverse(name)


def test_there_is_no_gallery_in_production(sign_in, cast):
    assert sign_in(cast.coordinator).get("/gallery/").status_code == 404


def test_demonstrations_say_so_on_every_page(client, sign_in, cast, demo):
    assert "Do not enter data of real people" in text(client.get(LOGIN))
    assert "Do not enter data of real people" in text(sign_in(cast.sponsor).get("/gallery/"))


def test_a_real_study_shows_no_demonstration_banner(client, db):
    assert "demo-banner" not in text(client.get(LOGIN))


@pytest.mark.parametrize(
    ("who", "language", "scope"),
    [
        ("coordinator", "en", "Site 01 · Hospital 01"),
        ("coordinator", "zh-hans", "第01医院"),
        ("sponsor", "en", "All sites"),
    ],
)
def test_the_frame_says_whose_data_one_sees(sign_in, cast, demo, who, language, scope):
    response = sign_in(getattr(cast, who)).get("/gallery/", headers={"accept-language": language})
    assert scope in text(response)


def test_somebody_without_a_role_sees_an_empty_menu_not_an_error(sign_in, cast, demo):
    response = sign_in(cast.outsider).get("/gallery/")
    assert response.status_code == 200
    assert "app-scope" not in text(response)


def test_the_frame_costs_two_statements_beyond_session_and_user(
    sign_in, cast, demo, django_assert_max_num_queries
):
    client = sign_in(cast.coordinator)
    client.get("/gallery/")
    # session, user, roles, sites; the session saved, inside a savepoint of its own (three)
    with django_assert_max_num_queries(7):
        client.get("/gallery/")


def test_pages_leave_no_copy_in_caches(client, sign_in, cast, demo):
    assert client.get(LOGIN)["Cache-Control"] != ""
    assert "no-store" in sign_in(cast.coordinator).get("/gallery/")["Cache-Control"]


def test_scripts_carry_the_nonce_that_the_policy_allows(sign_in, cast, demo):
    response = sign_in(cast.coordinator).get("/gallery/")
    policy = response["Content-Security-Policy"]
    [nonce] = set(re.findall(r'<script src="[^"]+" nonce="([^"]+)"', text(response)))
    assert f"'nonce-{nonce}'" in policy
    directives = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    assert "unsafe-inline" not in directives["script-src"] + directives["style-src"]


def test_staying_signed_in_prolongs_the_session(sign_in, cast):
    client = sign_in(cast.coordinator)
    assert client.post("/alive/").status_code == 204
    assert Client().post("/alive/").status_code == 302


# --- health -------------------------------------------------------------------------------------
def test_the_process_is_alive_even_without_a_database(client, db):
    with connection.execute_wrapper(refuse):
        assert client.get("/healthz").content == b"ok"


def test_ready_when_the_database_answers_and_is_migrated(client, db, monkeypatch):
    monkeypatch.setattr(health, "_checks", {})
    response = client.get("/readyz")
    assert response.status_code == 200
    assert response.json() == {
        "ready": True,
        "checks": {"database": "ok", "migrations": "ok", "guard": "ok"},
    }


def test_not_ready_without_a_database_and_no_secret_in_the_answer(client, db):
    with connection.execute_wrapper(refuse):
        response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["checks"] == {"database": "the database does not answer"}
    assert "closed" not in json.dumps(response.json())


def test_a_registered_check_that_complains_is_shown_and_takes_no_page_away(client, db, monkeypatch):
    monkeypatch.setattr(health, "_checks", {"pending": lambda: "oldest waits 900 s"})
    response = client.get("/readyz")
    assert response.status_code == 200
    assert response.json()["checks"]["pending"] == "oldest waits 900 s"


def test_not_ready_while_a_migration_waits(client, db, monkeypatch):
    monkeypatch.setattr(MigrationExecutor, "migration_plan", lambda self, targets: [1, 2])
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["checks"]["migrations"] == "2 migrations are not applied"
