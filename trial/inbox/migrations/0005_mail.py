from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("access", "0011_people_history"),
        ("inbox", "0004_site_items"),
    ]

    operations = [
        migrations.AddField(
            model_name="item",
            name="mail",
            field=models.CharField(
                choices=[("none", "none"), ("waiting", "waiting"), ("sent", "sent")],
                db_default="none",
                default="none",
                max_length=10,
            ),
        ),
        migrations.AddIndex(
            model_name="item",
            index=models.Index(
                condition=models.Q(("mail", "waiting")), fields=["id"], name="inbox_item_to_mail"
            ),
        ),
        migrations.AddConstraint(
            model_name="item",
            constraint=models.CheckConstraint(
                condition=models.Q(("mail__in", ["none", "waiting", "sent"])),
                name="inbox_item_mail_known",
            ),
        ),
    ]
