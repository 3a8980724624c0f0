"""Counts a Delta table by delta-rs and by DuckDB's delta extension; run by delta-readers.long.test.ts.

usage: delta_readers.py count TABLE     prints JSON of what each reader finds
       delta_readers.py compact TABLE   compacts it and writes a checkpoint, as another writer would
"""

import json
import pathlib
import sys

import duckdb
import duckdb_extension_delta
from deltalake import DeltaTable


def by_delta_rs(path):
    table = DeltaTable(path)
    rows = table.to_pyarrow_table()
    columns = rows.column_names
    result = {
        "rows": rows.num_rows,
        "version": table.version(),
        "columns": {field.name: str(field.type) for field in rows.schema},
    }
    if "kafka_offset" in columns:
        pairs = set(zip(rows["kafka_partition"].to_pylist(), rows["kafka_offset"].to_pylist()))
        result["distinct"] = len(pairs)
    if "event_time" in columns and rows.num_rows:
        result["first_event_time_ms"] = min(int(t.timestamp() * 1000) for t in rows["event_time"].to_pylist())
    return result


def connect():
    package = pathlib.Path(duckdb_extension_delta.__path__[0])
    (extension,) = package.glob("extensions/*/delta.duckdb_extension")
    connection = duckdb.connect()
    connection.execute(f"LOAD '{extension}'")
    connection.execute("SET TimeZone='UTC'")
    return connection


def by_duckdb(path):
    connection = connect()
    count, distinct = connection.execute(
        "SELECT COUNT(*), COUNT(DISTINCT (kafka_partition, kafka_offset)) FROM delta_scan(?)", [path]
    ).fetchone()
    return {"rows": count, "distinct": distinct}


def main():
    action, path = sys.argv[1:]
    if action == "count":
        print(json.dumps({"deltaRs": by_delta_rs(path), "duckDb": by_duckdb(path)}))
    else:
        table = DeltaTable(path)
        table.optimize.compact()
        table.create_checkpoint()


main()
