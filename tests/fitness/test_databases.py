"""A test that commits leaves the next one a database as the migrations made it."""

from datetime import date

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import connection

from trial.access.models import Site
from trial.audit.context import Actor, transaction


def rows() -> dict[str, int]:
    with connection.cursor() as cursor:
        names = [table.name for table in connection.introspection.get_table_list(cursor)]
        counts = {}
        for name in names:
            cursor.execute(f'SELECT count(*) FROM "{name}"')
            counts[name] = cursor.fetchone()[0]
        return counts


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", ["first", "second"])
def test_what_one_test_commits_the_next_does_not_see(turn):
    before = rows()
    assert before["access_site"] == 0
    assert before["audit_event"] == 0
    assert before["django_content_type"] > 0
    with transaction(by=Actor.system("test"), reason=""):
        Site.objects.create(code="01", name="One", opened_on=date(2026, 1, 1))
    ContentType.objects.create(app_label="made", model="bytest")
    assert rows()["audit_event"] > 0


@pytest.mark.django_db(transaction=True)
def test_rows_of_migrations_are_put_back():
    assert not ContentType.objects.filter(app_label="made").exists()
    assert ContentType.objects.filter(app_label="access").exists()
