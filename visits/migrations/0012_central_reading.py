import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """Slides, who reads them, readings, what counts."""

    dependencies = [
        ("visits", "0011_vital_signs_position"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="SlideImage",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveSmallIntegerField(verbose_name="number")),
                (
                    "stain",
                    models.CharField(
                        choices=[
                            ("he", "HE"),
                            ("reticulin", "Reticulin"),
                            ("collagen", "Trichrome or Sirius red"),
                            ("pasd", "PAS after diastase"),
                            ("other", "Other"),
                        ],
                        max_length=10,
                        verbose_name="stain",
                    ),
                ),
                ("media", models.CharField(max_length=20, verbose_name="kind")),
                ("width", models.PositiveIntegerField(verbose_name="width")),
                ("height", models.PositiveIntegerField(verbose_name="height")),
                ("size", models.PositiveIntegerField(verbose_name="size")),
                ("sha256", models.CharField(max_length=64)),
                ("source_sha256", models.CharField(max_length=64)),
                ("added_at", models.DateTimeField()),
                ("added_by", models.CharField(max_length=60)),
                ("struck_at", models.DateTimeField(null=True)),
                ("struck_by", models.CharField(max_length=60, null=True)),
                (
                    "struck_why",
                    models.CharField(blank=True, max_length=200, verbose_name="why struck"),
                ),
                (
                    "biopsy",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="slides_shown",
                        to="visits.biopsy",
                    ),
                ),
            ],
            options={
                "ordering": ["biopsy", "number"],
            },
        ),
        migrations.CreateModel(
            name="ReadingAssignment",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("place", models.PositiveSmallIntegerField(verbose_name="reader")),
                ("code", models.CharField(max_length=8, unique=True, verbose_name="specimen")),
                ("position", models.PositiveIntegerField()),
                ("assigned_at", models.DateTimeField()),
                ("assigned_by", models.CharField(max_length=60)),
                ("submitted_at", models.DateTimeField(null=True)),
                ("submitted_by", models.CharField(max_length=60, null=True)),
                ("withdrawn_at", models.DateTimeField(null=True)),
                ("withdrawn_by", models.CharField(max_length=60, null=True)),
                (
                    "withdrawn_why",
                    models.CharField(blank=True, max_length=200, verbose_name="why taken back"),
                ),
                (
                    "biopsy",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="assignments",
                        to="visits.biopsy",
                    ),
                ),
                (
                    "reader",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["batch", "position"],
            },
        ),
        migrations.CreateModel(
            name="HistologyReading",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveSmallIntegerField(verbose_name="version")),
                ("reason", models.TextField(blank=True, verbose_name="why corrected")),
                ("submitted_at", models.DateTimeField()),
                ("submitted_by", models.CharField(max_length=60)),
                ("adequate", models.BooleanField(null=True)),
                ("mhai_a", models.CharField(blank=True, default="", max_length=20)),
                ("mhai_b", models.CharField(blank=True, default="", max_length=20)),
                ("mhai_c", models.CharField(blank=True, default="", max_length=20)),
                ("mhai_d", models.CharField(blank=True, default="", max_length=20)),
                ("stage_system", models.CharField(blank=True, default="", max_length=20)),
                ("stage_ishak", models.CharField(blank=True, default="", max_length=20)),
                ("stage_metavir", models.CharField(blank=True, default="", max_length=20)),
                ("interface_hepatitis", models.BooleanField(null=True)),
                ("plasma_cells", models.BooleanField(null=True)),
                ("emperipolesis", models.BooleanField(null=True)),
                ("rosettes", models.BooleanField(null=True)),
                ("portal_infiltrate", models.BooleanField(null=True)),
                ("centrilobular", models.BooleanField(null=True)),
                ("bile_duct_damage", models.BooleanField(null=True)),
                ("granuloma", models.BooleanField(null=True)),
                ("copper", models.BooleanField(null=True)),
                ("iron", models.BooleanField(null=True)),
                ("steatosis", models.SmallIntegerField(null=True)),
                ("consensus", models.CharField(blank=True, default="", max_length=20)),
                ("remark", models.TextField(blank=True, default="")),
                (
                    "assignment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="readings",
                        to="visits.readingassignment",
                    ),
                ),
            ],
            options={
                "ordering": ["assignment", "number"],
            },
        ),
        migrations.CreateModel(
            name="ReadingBatch",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveIntegerField(unique=True)),
                ("seed", models.CharField(max_length=64)),
                ("algorithm", models.CharField(max_length=20)),
                ("drawn_at", models.DateTimeField()),
                ("drawn_by", models.CharField(max_length=60)),
            ],
            options={
                "ordering": ["number"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("seed__regex", "^[0-9a-f]{64}$")),
                        name="reading_batch_seed_is_one",
                    )
                ],
            },
        ),
        migrations.AddField(
            model_name="readingassignment",
            name="batch",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="assignments",
                to="visits.readingbatch",
            ),
        ),
        migrations.CreateModel(
            name="SlidePixels",
            fields=[
                (
                    "image",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="pixels",
                        serialize=False,
                        to="visits.slideimage",
                    ),
                ),
                ("data", models.BinaryField()),
            ],
        ),
        migrations.CreateModel(
            name="FinalHistology",
            fields=[
                (
                    "biopsy",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="final",
                        serialize=False,
                        to="visits.biopsy",
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("awaits_reader", "being read"),
                            ("incomplete", "incomplete"),
                            ("agreed", "read, two agree"),
                            ("adjudicate", "two differ, a third has to read"),
                            ("adjudicated", "read, the third decides"),
                        ],
                        max_length=15,
                        verbose_name="state",
                    ),
                ),
                ("adequate", models.BooleanField(null=True, verbose_name="adequate")),
                ("mhai", models.PositiveSmallIntegerField(null=True, verbose_name="mHAI")),
                (
                    "stage_system",
                    models.CharField(blank=True, max_length=10, verbose_name="staging system"),
                ),
                ("stage", models.PositiveSmallIntegerField(null=True, verbose_name="stage")),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("remission", "histological remission"),
                            ("active", "active disease"),
                            ("not_evaluable", "not evaluable"),
                        ],
                        max_length=15,
                        verbose_name="outcome",
                    ),
                ),
                ("protocol_version", models.CharField(max_length=20)),
                ("algorithm", models.CharField(max_length=20)),
                ("version", models.PositiveIntegerField(default=1)),
                ("saved_at", models.DateTimeField()),
                ("saved_by", models.CharField(max_length=60)),
                (
                    "reading",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="visits.histologyreading",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "state__in",
                                [
                                    "awaits_reader",
                                    "incomplete",
                                    "agreed",
                                    "adjudicate",
                                    "adjudicated",
                                ],
                            )
                        ),
                        name="final_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("outcome__in", ["remission", "active", "not_evaluable"])
                        ),
                        name="final_outcome_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("reading__isnull", False), ("state__in", ["agreed", "adjudicated"])
                            ),
                            models.Q(
                                models.Q(("state__in", ["agreed", "adjudicated"]), _negated=True),
                                ("mhai", None),
                                ("reading", None),
                                ("stage", None),
                                ("stage_system", ""),
                            ),
                            _connector="OR",
                        ),
                        name="final_has_its_source",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("mhai", None),
                            models.Q(("adequate", True), ("mhai__lte", 18)),
                            _connector="OR",
                        ),
                        name="final_mhai_possible",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("stage", None), ("stage_system", "")),
                            models.Q(("stage__lte", 6), ("stage_system", "ishak")),
                            models.Q(("stage__lte", 4), ("stage_system", "metavir")),
                            _connector="OR",
                        ),
                        name="final_stage_possible",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("mhai", None), ("outcome", "not_evaluable")),
                            models.Q(
                                ("mhai__isnull", False),
                                models.Q(("outcome", "not_evaluable"), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="final_outcome_of_total",
                    ),
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="histologyreading",
            constraint=models.UniqueConstraint(
                fields=("assignment", "number"), name="histology_reading_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="histologyreading",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("number", 1), ("reason", "")),
                    models.Q(("number__gt", 1), models.Q(("reason", ""), _negated=True)),
                    _connector="OR",
                ),
                name="histology_reading_corrected_with_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="histologyreading",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("adequate", False),
                        ("mhai_a", ""),
                        ("mhai_b", ""),
                        ("mhai_c", ""),
                        ("mhai_d", ""),
                        ("stage_ishak", ""),
                        ("stage_metavir", ""),
                        ("stage_system", ""),
                    ),
                    models.Q(
                        ("adequate", True),
                        models.Q(("mhai_a", ""), _negated=True),
                        models.Q(("mhai_b", ""), _negated=True),
                        models.Q(("mhai_c", ""), _negated=True),
                        models.Q(("mhai_d", ""), _negated=True),
                        models.Q(
                            models.Q(
                                ("stage_metavir", ""),
                                ("stage_system", "ishak"),
                                models.Q(("stage_ishak", ""), _negated=True),
                            ),
                            models.Q(
                                ("stage_ishak", ""),
                                ("stage_system", "metavir"),
                                models.Q(("stage_metavir", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                    ),
                    _connector="OR",
                ),
                name="histology_reading_scored_if_adequate",
            ),
        ),
        migrations.AddConstraint(
            model_name="histologyreading",
            constraint=models.CheckConstraint(
                condition=models.Q(("mhai_a__in", ["", "0", "1", "2", "3", "4"])),
                name="histology_reading_mhai_a_possible",
            ),
        ),
        migrations.AddConstraint(
            model_name="histologyreading",
            constraint=models.CheckConstraint(
                condition=models.Q(("mhai_b__in", ["", "0", "1", "2", "3", "4", "5", "6"])),
                name="histology_reading_mhai_b_possible",
            ),
        ),
        migrations.AddConstraint(
            model_name="histologyreading",
            constraint=models.CheckConstraint(
                condition=models.Q(("mhai_c__in", ["", "0", "1", "2", "3", "4"])),
                name="histology_reading_mhai_c_possible",
            ),
        ),
        migrations.AddConstraint(
            model_name="histologyreading",
            constraint=models.CheckConstraint(
                condition=models.Q(("mhai_d__in", ["", "0", "1", "2", "3", "4"])),
                name="histology_reading_mhai_d_possible",
            ),
        ),
        migrations.AddConstraint(
            model_name="histologyreading",
            constraint=models.CheckConstraint(
                condition=models.Q(("stage_system__in", ["", "ishak", "metavir"])),
                name="histology_reading_stage_system_possible",
            ),
        ),
        migrations.AddConstraint(
            model_name="histologyreading",
            constraint=models.CheckConstraint(
                condition=models.Q(("stage_ishak__in", ["", "0", "1", "2", "3", "4", "5", "6"])),
                name="histology_reading_stage_ishak_possible",
            ),
        ),
        migrations.AddConstraint(
            model_name="histologyreading",
            constraint=models.CheckConstraint(
                condition=models.Q(("stage_metavir__in", ["", "0", "1", "2", "3", "4"])),
                name="histology_reading_stage_metavir_possible",
            ),
        ),
        migrations.AddConstraint(
            model_name="histologyreading",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("steatosis", None),
                    models.Q(("steatosis__gte", 0), ("steatosis__lte", 100)),
                    _connector="OR",
                ),
                name="histology_reading_steatosis_possible",
            ),
        ),
        migrations.AddConstraint(
            model_name="histologyreading",
            constraint=models.CheckConstraint(
                condition=models.Q(("consensus__in", ["", "likely", "possible", "unlikely"])),
                name="histology_reading_consensus_possible",
            ),
        ),
        migrations.AddConstraint(
            model_name="readingassignment",
            constraint=models.UniqueConstraint(
                condition=models.Q(("withdrawn_at", None)),
                fields=("biopsy", "place"),
                name="reading_place_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="readingassignment",
            constraint=models.UniqueConstraint(
                condition=models.Q(("withdrawn_at", None)),
                fields=("biopsy", "reader"),
                name="reading_reader_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="readingassignment",
            constraint=models.UniqueConstraint(
                fields=("batch", "reader", "position"), name="reading_position_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="readingassignment",
            constraint=models.CheckConstraint(
                condition=models.Q(("place__in", [1, 2, 3])), name="reading_place_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="readingassignment",
            constraint=models.CheckConstraint(
                condition=models.Q(("code__regex", "^[B-DF-HJ-NP-TV-XZ]{8}$")),
                name="reading_code_says_nothing",
            ),
        ),
        migrations.AddConstraint(
            model_name="readingassignment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("submitted_at", None), ("submitted_by", None)),
                    models.Q(("submitted_at__isnull", False), ("submitted_by__isnull", False)),
                    _connector="OR",
                ),
                name="reading_submitted_by_somebody",
            ),
        ),
        migrations.AddConstraint(
            model_name="readingassignment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("withdrawn_at", None), ("withdrawn_by", None), ("withdrawn_why", "")),
                    models.Q(
                        ("submitted_at", None),
                        ("withdrawn_at__isnull", False),
                        ("withdrawn_by__isnull", False),
                        models.Q(("withdrawn_why", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="reading_withdrawn_before_submitted",
            ),
        ),
        migrations.AddConstraint(
            model_name="slideimage",
            constraint=models.UniqueConstraint(
                fields=("biopsy", "number"), name="slide_image_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="slideimage",
            constraint=models.UniqueConstraint(
                condition=models.Q(("struck_at", None)),
                fields=("biopsy", "sha256"),
                name="slide_image_no_twin",
            ),
        ),
        migrations.AddConstraint(
            model_name="slideimage",
            constraint=models.CheckConstraint(
                condition=models.Q(("stain__in", ["he", "reticulin", "collagen", "pasd", "other"])),
                name="slide_image_stain_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="slideimage",
            constraint=models.CheckConstraint(
                condition=models.Q(("media__in", ["image/png", "image/jpeg"])),
                name="slide_image_media_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="slideimage",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("struck_at", None), ("struck_by", None), ("struck_why", "")),
                    models.Q(
                        ("struck_at__isnull", False),
                        ("struck_by__isnull", False),
                        models.Q(("struck_why", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="slide_image_struck_by_somebody",
            ),
        ),
    ]
