"""A dataset as a Parquet file: the same values as its CSV, each column in its own type."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from io import RawIOBase
from itertools import islice
from typing import Any, cast

import pyarrow as pa
from pyarrow import parquet

from reports.columns import Column, Kind
from reports.dataset import Dataset

BATCH = 5_000
# Twenty digits before the point, eighteen after it: every stored decimal fits, and one that does
# not is an error, never rounded.
DECIMAL = pa.decimal128(38, 18)
TYPES: Mapping[Kind, pa.DataType] = {
    "text": pa.string(),
    "integer": pa.int64(),
    "decimal": DECIMAL,
    "date": pa.date32(),
    "time": pa.time64("us"),
    "timestamp": pa.timestamp("us", tz="UTC"),
    "boolean": pa.bool_(),
}


def schema(dataset: Dataset) -> pa.Schema:
    """The columns with their types; what each means goes with it."""
    return pa.schema(
        [
            pa.field(column.name, TYPES[column.kind], metadata={"description": column.text})
            for column in dataset.columns
        ]
    )


def write(dataset: Dataset, rows: Iterable[Mapping[str, Any]], sink: RawIOBase) -> int:
    """Write rows of `.values(*stored)`, some thousand at a time; returns how many there were."""
    of_rows = schema(dataset)
    count = 0
    with parquet.ParquetWriter(sink, of_rows, compression="zstd") as writer:
        for batch in _batches(iter(rows)):
            columns = [
                pa.array([_cell(column, row) for row in batch], type=TYPES[column.kind])
                for column in dataset.columns
            ]
            writer.write_batch(pa.record_batch(columns, schema=of_rows))
            count += len(batch)
    return count


def _batches(rows: Iterator[Mapping[str, Any]]) -> Iterator[list[Mapping[str, Any]]]:
    while batch := list(islice(rows, BATCH)):
        yield batch


def _cell(column: Column, row: Mapping[str, Any]) -> str | int | Decimal | date | time | None:
    if column.derive:
        return column.derive(row)
    value = row[column.source]
    # A date and a time of day are what they are; a moment is the same one in every zone.
    return cast("str | int | Decimal | date | time | datetime | None", value)
