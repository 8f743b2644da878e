"""A second factor in a real browser: the app's picture, a security key, and the page's own rules.

The key is Chromium's virtual one; its answers are real cryptography.
"""

import re

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from tests.factories import study
from trial.access import factors

KEY = {
    "protocol": "ctap2",
    "transport": "usb",
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def site(fresh_database, live_server):
    """The address of the site, by a name: a security key belongs to a name, not to a number."""
    return live_server.url.replace("127.0.0.1", "localhost")


@pytest.fixture
def with_key(page):
    """A browser with a security key in its port."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    session.send("WebAuthn.addVirtualAuthenticator", {"options": KEY})
    return page


def sign_in(page, site, user):
    page.goto(site + reverse("account_login"))
    page.get_by_label("User name").fill(user.username)
    page.get_by_label("Password").fill(study.PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def add_key(page, site):
    page.goto(site + reverse("security:key-add"))
    page.get_by_label("Name of the key").fill("blue key")
    page.get_by_role("button", name="Add security key").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()


@pytest.mark.req("R-39")
def test_a_security_key_is_added_and_then_asked_for(site, with_key):
    page, user = with_key, study.make_user("keyholder")
    sign_in(page, site, user)
    add_key(page, site)
    assert factors.has_factor(user)

    page.context.clear_cookies()
    sign_in(page, site, user)
    expect(page.get_by_role("heading", name="Second step")).to_be_visible()
    page.get_by_role("button", name="Use my security key").click()
    expect(page).to_have_url(re.compile(r"/$"))


@pytest.mark.req("R-39")
def test_without_the_key_nobody_gets_in(site, page):
    user = study.make_user("keyholder")
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    added = session.send("WebAuthn.addVirtualAuthenticator", {"options": KEY})
    sign_in(page, site, user)
    add_key(page, site)
    session.send("WebAuthn.removeVirtualAuthenticator", added)
    other = {**KEY, "transport": "internal"}
    session.send("WebAuthn.addVirtualAuthenticator", {"options": other})

    page.context.clear_cookies()
    sign_in(page, site, user)
    page.get_by_role("button", name="Use my security key").click()
    expect(page.get_by_text("The security key did not answer")).to_be_visible()
    page.goto(site + reverse("security:overview"))
    expect(page).to_have_url(re.compile(reverse("mfa_authenticate")))


def test_the_apps_picture_is_shown_within_the_content_policy(site, page):
    complaints = []
    page.on("console", lambda message: complaints.append(message.text))
    sign_in(page, site, study.make_user("phoneholder"))
    page.goto(site + reverse("security:app-add"))
    picture = page.get_by_role("img", name="QR code of the key below")
    expect(picture).to_be_visible()
    assert picture.locator("svg").bounding_box()["width"] > 100
    assert complaints == []
