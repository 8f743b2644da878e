import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("access", "0011_people_history"),
        ("patients", "0004_disease_status"),
        ("visits", "0003_subjects"),
    ]

    operations = [
        migrations.CreateModel(
            name="Shipment",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveIntegerField(unique=True)),
                ("expires_at", models.DateTimeField(verbose_name="expires")),
                (
                    "volume_ml",
                    models.DecimalField(decimal_places=1, max_digits=6, verbose_name="volume"),
                ),
                (
                    "cells",
                    models.DecimalField(decimal_places=1, max_digits=8, verbose_name="label claim"),
                ),
                (
                    "storage_low",
                    models.DecimalField(decimal_places=1, max_digits=5, verbose_name="coldest"),
                ),
                (
                    "storage_high",
                    models.DecimalField(decimal_places=1, max_digits=5, verbose_name="warmest"),
                ),
                ("packed_at", models.DateTimeField(verbose_name="packed")),
                ("packed_by", models.CharField(max_length=60)),
                (
                    "site",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="shipments",
                        to="access.site",
                    ),
                ),
            ],
            options={
                "ordering": ["-number"],
            },
        ),
        migrations.CreateModel(
            name="Bag",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.CharField(max_length=8, unique=True, verbose_name="bag")),
                ("position", models.PositiveSmallIntegerField()),
                ("expires_at", models.DateTimeField(verbose_name="expires")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("manufactured", "manufactured"),
                            ("released", "released"),
                            ("shipped", "on its way"),
                            ("received", "in stock"),
                            ("reserved", "reserved"),
                            ("issued", "issued"),
                            ("verified", "verified at the bedside"),
                            ("infused", "infused"),
                            ("returned", "returned"),
                            ("wasted", "wasted"),
                            ("recalled", "recalled"),
                        ],
                        max_length=12,
                        verbose_name="state",
                    ),
                ),
                ("excursion_open", models.BooleanField(default=False)),
                ("version", models.PositiveIntegerField(default=1)),
                (
                    "reserved_for",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="bags",
                        to="patients.participant",
                        verbose_name="participant",
                    ),
                ),
                (
                    "site",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="bags",
                        to="access.site",
                    ),
                ),
                (
                    "visit",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="bags",
                        to="visits.visit",
                    ),
                ),
                (
                    "shipment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="bags",
                        to="visits.shipment",
                    ),
                ),
            ],
            options={
                "ordering": ["shipment", "position"],
            },
        ),
        migrations.CreateModel(
            name="BagMovement",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                (
                    "event",
                    models.CharField(
                        choices=[
                            ("release", "released"),
                            ("ship", "shipped"),
                            ("receive", "received"),
                            ("reserve", "reserved"),
                            ("free", "reservation ended"),
                            ("issue", "issued"),
                            ("verify", "verified at the bedside"),
                            ("infuse", "infused"),
                            ("return", "returned"),
                            ("waste", "wasted"),
                            ("recall", "recalled"),
                        ],
                        max_length=10,
                        verbose_name="event",
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("manufactured", "manufactured"),
                            ("released", "released"),
                            ("shipped", "on its way"),
                            ("received", "in stock"),
                            ("reserved", "reserved"),
                            ("issued", "issued"),
                            ("verified", "verified at the bedside"),
                            ("infused", "infused"),
                            ("returned", "returned"),
                            ("wasted", "wasted"),
                            ("recalled", "recalled"),
                        ],
                        max_length=12,
                        verbose_name="state",
                    ),
                ),
                ("at", models.DateTimeField(verbose_name="time")),
                ("by", models.CharField(max_length=60, verbose_name="by")),
                ("by_id", models.BigIntegerField(null=True)),
                (
                    "second",
                    models.CharField(blank=True, max_length=60, verbose_name="second person"),
                ),
                ("second_id", models.BigIntegerField(null=True)),
                (
                    "temperature",
                    models.DecimalField(
                        decimal_places=1, max_digits=5, null=True, verbose_name="temperature"
                    ),
                ),
                (
                    "condition",
                    models.CharField(blank=True, max_length=200, verbose_name="condition"),
                ),
                ("note", models.TextField(blank=True, verbose_name="note")),
                (
                    "bag",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="movements",
                        to="visits.bag",
                    ),
                ),
                (
                    "participant",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="patients.participant",
                    ),
                ),
                (
                    "site",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="access.site",
                    ),
                ),
                (
                    "visit",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="visits.visit",
                    ),
                ),
            ],
            options={
                "ordering": ["bag", "number"],
                "constraints": [
                    models.UniqueConstraint(fields=("bag", "number"), name="movement_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "event__in",
                                [
                                    "release",
                                    "ship",
                                    "receive",
                                    "reserve",
                                    "free",
                                    "issue",
                                    "verify",
                                    "infuse",
                                    "return",
                                    "waste",
                                    "recall",
                                ],
                            )
                        ),
                        name="movement_event_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "state__in",
                                [
                                    "manufactured",
                                    "released",
                                    "shipped",
                                    "received",
                                    "reserved",
                                    "issued",
                                    "verified",
                                    "infused",
                                    "returned",
                                    "wasted",
                                    "recalled",
                                ],
                            )
                        ),
                        name="movement_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("event__in", ["issue", "verify"]), _negated=True),
                            models.Q(
                                ("second_id__isnull", False),
                                ("by_id__isnull", False),
                                models.Q(("second_id", models.F("by_id")), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="movement_two_people",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Excursion",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("began_at", models.DateTimeField(verbose_name="from")),
                ("ended_at", models.DateTimeField(verbose_name="to")),
                (
                    "lowest",
                    models.DecimalField(decimal_places=1, max_digits=5, verbose_name="coldest"),
                ),
                (
                    "highest",
                    models.DecimalField(decimal_places=1, max_digits=5, verbose_name="warmest"),
                ),
                ("source", models.CharField(max_length=200, verbose_name="source")),
                ("opened_at", models.DateTimeField()),
                ("opened_by", models.CharField(max_length=60)),
                (
                    "verdict",
                    models.CharField(
                        blank=True,
                        choices=[("usable", "may be used"), ("unusable", "must not be used")],
                        max_length=10,
                        verbose_name="verdict",
                    ),
                ),
                ("note", models.TextField(blank=True, verbose_name="note")),
                ("judged_at", models.DateTimeField(null=True)),
                ("judged_by", models.CharField(max_length=60, null=True)),
                (
                    "bag",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="excursions",
                        to="visits.bag",
                    ),
                ),
            ],
            options={
                "ordering": ["bag", "began_at"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("bag", "began_at", "source"), name="excursion_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("judged_at", None), ("judged_by", None), ("verdict", "")),
                            models.Q(
                                ("judged_at__isnull", False),
                                ("judged_by__isnull", False),
                                ("verdict__in", ["usable", "unusable"]),
                            ),
                            _connector="OR",
                        ),
                        name="excursion_judged_by_somebody",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("began_at__lte", models.F("ended_at")),
                            ("lowest__lte", models.F("highest")),
                        ),
                        name="excursion_ordered",
                    ),
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="shipment",
            constraint=models.CheckConstraint(
                condition=models.Q(("storage_low__lt", models.F("storage_high"))),
                name="shipment_storage_ordered",
            ),
        ),
        migrations.AddConstraint(
            model_name="shipment",
            constraint=models.CheckConstraint(
                condition=models.Q(("volume_ml__gt", 0), ("cells__gt", 0)),
                name="shipment_amounts_positive",
            ),
        ),
        migrations.AddIndex(
            model_name="bag",
            index=models.Index(fields=["site", "state", "expires_at"], name="bag_stock"),
        ),
        migrations.AddIndex(
            model_name="bag",
            index=models.Index(fields=["reserved_for"], name="bag_of_participant"),
        ),
        migrations.AddConstraint(
            model_name="bag",
            constraint=models.UniqueConstraint(
                fields=("shipment", "position"), name="bag_place_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="bag",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "state__in",
                        [
                            "manufactured",
                            "released",
                            "shipped",
                            "received",
                            "reserved",
                            "issued",
                            "verified",
                            "infused",
                            "returned",
                            "wasted",
                            "recalled",
                        ],
                    )
                ),
                name="bag_state_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="bag",
            constraint=models.CheckConstraint(
                condition=models.Q(("number__regex", "^[0-9]{8}$")), name="bag_number_is_one"
            ),
        ),
        migrations.AddConstraint(
            model_name="bag",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("state__in", ["reserved", "issued", "verified", "infused"]), _negated=True
                    ),
                    ("reserved_for__isnull", False),
                    _connector="OR",
                ),
                name="bag_held_for_somebody",
            ),
        ),
        migrations.AddConstraint(
            model_name="bag",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("visit", None), ("reserved_for__isnull", False), _connector="OR"
                ),
                name="bag_visit_has_participant",
            ),
        ),
    ]
