"""Laboratories, their reference ranges and the units they report in."""

from decimal import Decimal

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from patients.models import Sex
from trial.access.models import Site


class Laboratory(models.Model):
    """A laboratory: of one site, or (site null) the central one."""

    site = models.ForeignKey(Site, models.PROTECT, null=True, related_name="laboratories")
    code = models.CharField(_("code"), max_length=20, unique=True)
    name = models.CharField(_("name"), max_length=120)

    class Meta:
        ordering = ["code"]
        verbose_name_plural = "laboratories"

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class ReferenceRange(models.Model):
    """Normal range of an analyte at a laboratory, by sex and age, while it is valid.

    `low` and `high` are in `unit`; either may be absent. Ages are whole years, `age_to` and
    `valid_to` inclusive. A result keeps a snapshot of the range that applied to it.
    """

    laboratory = models.ForeignKey(Laboratory, models.PROTECT, related_name="ranges")
    analyte = models.CharField(_("analyte"), max_length=10)
    sex = models.CharField(_("sex"), max_length=1, choices=Sex, blank=True)
    age_from = models.PositiveSmallIntegerField(_("age from"), default=0)
    age_to = models.PositiveSmallIntegerField(_("age to"), null=True, blank=True)
    low = models.DecimalField(_("low"), max_digits=16, decimal_places=6, null=True, blank=True)
    high = models.DecimalField(_("high"), max_digits=16, decimal_places=6, null=True, blank=True)
    unit = models.CharField(_("unit"), max_length=20)
    valid_from = models.DateField(_("valid from"))
    valid_to = models.DateField(_("valid to"), null=True, blank=True)

    class Meta:
        ordering = ["laboratory", "analyte", "sex", "age_from", "valid_from"]
        indexes = [models.Index(fields=["laboratory", "analyte"], name="range_lab_analyte")]
        constraints = [
            models.CheckConstraint(
                condition=Q(low=None) | Q(high=None) | Q(low__lte=F("high")), name="range_ordered"
            ),
            models.CheckConstraint(
                condition=Q(low__isnull=False) | Q(high__isnull=False), name="range_not_empty"
            ),
            models.CheckConstraint(
                condition=Q(valid_to=None) | Q(valid_to__gte=F("valid_from")),
                name="range_validity_ordered",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.analyte} {self.low}–{self.high} {self.unit}"

    @property
    def low_text(self) -> str:
        """The lower limit without the zeros that its column adds; "" for none."""
        return _plain(self.low)

    @property
    def high_text(self) -> str:
        """The upper limit without the zeros that its column adds; "" for none."""
        return _plain(self.high)


def _plain(value: Decimal | None) -> str:
    return "" if value is None else format(value.normalize(), "f")


class LaboratoryUnit(models.Model):
    """The unit a laboratory last reported an analyte in: the form offers it first."""

    laboratory = models.ForeignKey(Laboratory, models.PROTECT, related_name="units")
    analyte = models.CharField(max_length=10)
    unit = models.CharField(max_length=20)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["laboratory", "analyte"], name="laboratory_unit_once")
        ]

    def __str__(self) -> str:
        return f"{self.laboratory_id} {self.analyte} {self.unit}"
