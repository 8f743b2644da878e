"""The daily anchor: once a day, signed, and never in the way of anything else."""

import smtplib
from io import StringIO

import pytest
import time_machine
from django.core import mail
from django.core.management import call_command

from tests.factories import study
from trial.audit import anchors, mailing
from trial.audit.models import Event

pytestmark = pytest.mark.usefixtures("fresh_database")


@pytest.fixture(autouse=True)
def statistician(settings):
    settings.ANCHOR_MAIL = ["statistician@example.org"]
    study.make_site()


def test_it_goes_once_a_day_and_its_text_is_an_anchor():
    assert mailing.send_if_due()
    assert not mailing.send_if_due()
    (message,) = mail.outbox
    assert message.to == ["statistician@example.org"]
    kept = anchors.read(message.body[message.body.index("{") :])
    assert anchors.compare(kept) == []
    assert kept.root in message.body
    assert Event.objects.get(kind="act:anchored").details["root"] == kept.root


def test_it_goes_again_the_next_day():
    mailing.send_if_due()
    with time_machine.travel("2031-01-01T00:00:30+00:00"):
        assert mailing.send_if_due()
    assert len({message.extra_headers["Message-ID"] for message in mail.outbox}) == 2


def test_a_mail_server_that_is_away_is_asked_again(monkeypatch):
    def refuse(message):
        raise smtplib.SMTPConnectError(421, "away")

    with monkeypatch.context() as patch:
        patch.setattr("django.core.mail.EmailMessage.send", refuse)
        assert not mailing.send_if_due()
    assert mailing.send_if_due()


def test_nobody_to_send_it_to_sends_nothing(settings):
    settings.ANCHOR_MAIL = []
    assert not mailing.send_if_due()
    assert mail.outbox == []


def test_the_command_prints_an_anchor_to_be_kept():
    out = StringIO()
    call_command("anchor", stdout=out)
    assert anchors.compare(anchors.read(out.getvalue())) == []


def test_a_key_of_ones_own_signs(settings):
    mailing.send_if_due()
    first = anchors.make().key
    settings.ANCHOR_KEY = "11" * 32
    assert anchors.make().key != first
    assert anchors.read(anchors.make().text()).seal == anchors.make().seal
