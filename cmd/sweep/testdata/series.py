"""Reads the traces of some trials from series/ with pandas, polars, DuckDB and
pyarrow, each with a filter by the trial, and compares them bit by bit with the
files that sweep replay --record wrote.

Usage: series.py RESULT-FOLDER EVERY TRIAL... where EVERY is JSON: how much of each
trace is kept, {"overlap": 1, "energy": 3}. Exits with 1 and a line for each
difference.
"""

import json
import sys

import duckdb
import numpy
import pandas
import polars
import pyarrow.parquet

folder, every = sys.argv[1], json.loads(sys.argv[2])
differences, rows = [], 0


def thinned(table):
    """Of each trace and each i every so manyth row, in the order of the rows."""
    keep = table.groupby(["trace", "i"]).cumcount() % table.trace.map(every).fillna(1).astype(int) == 0
    return table[keep & table.trace.isin(list(every))].reset_index(drop=True)


def bits(table):
    """Each row with the bits of its floats."""
    return list(
        zip(
            map(str, table["trace"]),
            numpy.asarray(table["time"], "float64").view("uint64").tolist(),
            numpy.asarray(table["i"]).tolist(),
            numpy.asarray(table["value"], "float64").view("uint64").tolist(),
        )
    )


for trial in map(int, sys.argv[3:]):
    want = bits(thinned(pandas.read_parquet(f"{folder}/traces/{trial}.parquet")))
    rows += len(want)
    readers = {
        "pandas": pandas.read_parquet(f"{folder}/series", filters=[("trial", "==", trial)]),
        "polars": polars.scan_parquet(f"{folder}/series/*.parquet").filter(polars.col("trial") == trial).collect(),
        "duckdb": duckdb.sql(f"select * from '{folder}/series/*.parquet' where trial = {trial}").df(),
        "pyarrow": pyarrow.parquet.read_table(f"{folder}/series", filters=[("trial", "==", trial)]).to_pandas(),
    }
    for name, got in readers.items():
        if list(got.columns) != ["trial", "trace", "time", "i", "value"]:
            differences.append(f"{name}: columns {list(got.columns)}")
        elif bits(got) != want:
            differences.append(f"{name}: trial {trial} has other numbers, {len(got)} of {len(want)}")

whole = pandas.read_parquet(f"{folder}/series")
trials = pandas.read_parquet(f"{folder}/trials")
if not whole.trial.is_monotonic_increasing:
    differences.append("the rows are not sorted by trial")
if not set(whole.trial) <= set(trials.trial[trials.status == "ok"]):
    differences.append("there are traces of trials that are not there, or failed")
metadata = json.loads(pyarrow.parquet.ParquetFile(f"{folder}/series/part-000000.parquet").metadata.metadata[b"sweep.traces"])
if {t["name"]: t["every"] for t in metadata} != every or not all(t["time_unit"] and t["doc"] for t in metadata):
    differences.append(f"the footer says {metadata}")
print("\n".join(differences) or f"{rows} numbers are equal bit by bit")
sys.exit(bool(differences))
