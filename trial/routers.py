"""Which database alias a model is read and written through.

The sealed tables have one alias of their own, whose login only the processes of pharmacy and
unblinding hold (docs/adr/0014). In any other process using one of these models fails.
"""

from typing import Any

from django.db.models import Model

from trial.audit.context import SEALED_DB_ALIAS


class SealedRouter:
    """Models with `sealed = True` go to the alias "sealed"; nothing is migrated there."""

    def db_for_read(self, model: type[Model], **hints: Any) -> str | None:
        return SEALED_DB_ALIAS if getattr(model, "sealed", False) else None

    def db_for_write(self, model: type[Model], **hints: Any) -> str | None:
        return self.db_for_read(model)

    def allow_relation(self, one: Model, other: Model, **hints: Any) -> bool | None:
        return None

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool | None:
        return False if db == SEALED_DB_ALIAS else None
