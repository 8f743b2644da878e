"""What every form's rows have, and the tables made from the descriptions.

A form has a table of its own with one column per question, so that the trail, queries,
verification, signatures and exports know each answer as they know any other value.
"""

from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from trial.access.policy import AnyUser, sites_for
from trial.access.roles import Permission
from trial.crf.columns import column, constraints
from trial.protocol.crf import Form


class RowQuerySet(models.QuerySet[Any]):
    """Rows of a form, scoped to the sites a user may see."""

    def visible_to(self, user: AnyUser, permission: Permission = Permission.REPORT_VIEW) -> Self:
        scope = sites_for(user, permission)
        return self if scope.everywhere else self.filter(participant__site__in=scope.ids)

    def standing(self) -> Self:
        """Without lines that were entered by mistake."""
        return self.filter(struck=False)


class FormRow(models.Model):
    """One sheet or line of a form. Subclasses add whose it is: `participant`, and `visit`.

    `number` counts the lines of a form that repeats, and is 1 for a sheet. `not_done`: why the
    sheet was not filled in at all. Nothing is ever removed: a line is struck.
    """

    number = models.PositiveSmallIntegerField(_("number"), default=1)
    not_done = models.CharField(_("why not done"), max_length=200, blank=True)
    struck = models.BooleanField(_("entered by mistake"), default=False)
    version = models.PositiveIntegerField(default=1)
    saved_at = models.DateTimeField()
    saved_by = models.CharField(max_length=60)

    form: ClassVar[Form]
    objects: ClassVar[models.Manager[Any]] = RowQuerySet.as_manager()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.form.code} {self.pk}"

    @property
    def values(self) -> dict[str, Any]:
        """The answers by question."""
        return {question.name: getattr(self, question.name) for question in self.form.questions}


# Every table that was made, by the code of its form.
MODELS: dict[str, type[Any]] = {}


def table_of(form: Form, base: type[Any], module: str) -> type[Any]:
    """The model of a form's rows: `base` with a column for each question.

    Adding a question is one line in its description and the migration that Django writes for it.
    """
    owner = "visit" if form.level == "visit" else "participant"
    once = [models.UniqueConstraint(fields=[owner, "number"], name=f"{form.code}_once")]
    if not form.repeats:
        single = models.CheckConstraint(condition=Q(number=1), name=f"{form.code}_single")
        once.append(single)  # type: ignore[arg-type]
    meta = {
        "ordering": [owner, "number"],
        "constraints": [*once, *constraints(form)],
    }
    columns = {question.name: column(question) for question in form.questions}
    about = {"__module__": module, "__doc__": form.label.en, "form": form}
    made = type(form.model, (base,), {**about, **columns, "Meta": type("Meta", (), meta)})
    MODELS[form.code] = made
    return made


class Objection(models.Model):
    """Somebody says that a check is wrong here: it counts per check, for the data manager."""

    check_id = models.CharField(max_length=60)
    form = models.CharField(max_length=20)
    row_id = models.BigIntegerField()
    participant_id = models.BigIntegerField()
    participant_code = models.CharField(max_length=12)
    site_id = models.BigIntegerField()
    text = models.CharField(_("why it is wrong here"), max_length=500)
    made_at = models.DateTimeField()
    made_by = models.CharField(max_length=60)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["check_id", "form", "row_id", "made_by"], name="objection_once_each"
            )
        ]

    def __str__(self) -> str:
        return f"{self.check_id} {self.form} {self.row_id}"


class Checked(models.Model):
    """Which checks a participant's data were last tried with: a sweep looks for others."""

    participant_id = models.BigIntegerField(primary_key=True)
    checks = models.CharField(max_length=64)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.participant_id} {self.checks}"
