from django.db import migrations

from trial.audit.operations import grant_delete, track


class Migration(migrations.Migration):
    dependencies = [
        ("access", "0001_initial"),
        ("audit", "0001_initial"),
        ("sessions", "0001_initial"),
        ("axes", "0010_accessattemptexpiration"),
    ]

    operations = [
        track("access_user", secret=("password", "last_login")),
        track("access_site"),
        track("access_siteprotocol"),
        track("access_membership"),
        track("access_apitoken", secret=("digest",)),
        grant_delete(
            "django_session",
            "access_idempotentrequest",
            "axes_accessattempt",
            "axes_accesslog",
        ),
    ]
