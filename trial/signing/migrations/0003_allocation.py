from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("access", "0011_people_history"),
        ("signing", "0002_append_only"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="signature",
            name="signature_scope_has_its_record",
        ),
        migrations.RemoveConstraint(
            model_name="signature",
            name="signature_meaning_fits_scope",
        ),
        migrations.AlterField(
            model_name="signature",
            name="meaning",
            field=models.CharField(
                choices=[
                    ("visit_reviewed", "I have reviewed this visit's data and they are correct."),
                    ("casebook_complete", "This casebook is complete and accurate."),
                    (
                        "to_be_randomised",
                        "This participant has consented and is eligible, and is to be randomised.",
                    ),
                ],
                max_length=30,
            ),
        ),
        migrations.AlterField(
            model_name="signature",
            name="scope",
            field=models.CharField(
                choices=[
                    ("visit", "visit"),
                    ("casebook", "casebook"),
                    ("allocation", "randomisation"),
                ],
                max_length=10,
            ),
        ),
        migrations.AddConstraint(
            model_name="signature",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("scope", "visit"),
                        ("visit_id__isnull", False),
                        models.Q(("visit_label", ""), _negated=True),
                    ),
                    models.Q(
                        ("scope__in", ["casebook", "allocation"]),
                        ("visit_id", None),
                        ("visit_label", ""),
                    ),
                    _connector="OR",
                ),
                name="signature_scope_has_its_record",
            ),
        ),
        migrations.AddConstraint(
            model_name="signature",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("meaning", "visit_reviewed"), ("scope", "visit")),
                    models.Q(("meaning", "casebook_complete"), ("scope", "casebook")),
                    models.Q(("meaning", "to_be_randomised"), ("scope", "allocation")),
                    _connector="OR",
                ),
                name="signature_meaning_fits_scope",
            ),
        ),
    ]
