"""The forms of the casebook; the data are in tables.py, which services may read too."""

from trial.quality.casebook import AT_VISIT, CLINICAL_TABLES, FORM_OF_TABLE, tables_of

__all__ = ["AT_VISIT", "CLINICAL_TABLES", "FORM_OF_TABLE", "tables_of"]
