"""Reads a result folder of the model probe with pandas, polars, DuckDB and
pyarrow, and compares every cell with the answer that the model's doc gives.

Usage: readers.py RESULT-FOLDER TRIALS TYPE, where TYPE is that of the lists in
Arrow. Exits with 1 and a line for each difference.

With --sums in place of TRIALS it reads the folder with each of them and prints
for each column "reader column sum": the SHA-256 of which rows have a value, one
byte each; of lists and texts, their lengths; and the bits of the values, 8 bytes
each, or bytes of UTF-8, where a null is 0 or empty and every NaN is one NaN. Then
it prints what DuckDB counts in the columns of floats.
"""

import glob
import hashlib
import json
import math
import struct
import sys

import duckdb
import numpy
import pandas
import polars
import pyarrow
import pyarrow.compute
import pyarrow.parquet

folder = sys.argv[1]
files = sorted(glob.glob(folder + "/trials/*.parquet"))
differences = []


def one_nan(values):
    """The bytes of an array of floats; every NaN is one NaN."""
    return numpy.where(numpy.isnan(values), numpy.uint64(0x7FF8000000000000), values.view(numpy.uint64)).tobytes()


def numbers(column):
    """The bytes of numbers or flags without nulls, 8 each; every NaN is one NaN."""
    if pyarrow.types.is_floating(column.type):
        return one_nan(column.to_numpy())
    return column.cast(pyarrow.int64()).to_numpy().tobytes()


def column_sum(column):
    """The sum of a column of Arrow; see above."""
    compute, kind = pyarrow.compute, column.type
    if pyarrow.types.is_dictionary(kind):
        column = column.cast(kind.value_type)
        kind = column.type
    h = hashlib.sha256(column.is_valid().cast(pyarrow.uint8()).to_numpy().tobytes())
    if "list" in str(kind):
        h.update(numbers(compute.list_value_length(column).fill_null(0)))
        h.update(numbers(compute.list_flatten(column)))
    elif "string" in str(kind):
        text = column.cast(pyarrow.large_string()).fill_null("")
        h.update(numbers(compute.binary_length(text)))
        for chunk in text.chunks:
            offsets = numpy.frombuffer(chunk.buffers()[1], numpy.int64)[chunk.offset : chunk.offset + len(chunk) + 1]
            h.update(memoryview(chunk.buffers()[2] or b"")[offsets[0] : offsets[-1]])
    else:
        h.update(numbers(column.fill_null(False if pyarrow.types.is_boolean(kind) else 0)))
    return h.hexdigest()


def print_sums():
    parts = f"'{folder}/trials/*.parquet'"
    for reader, read in {
        "pyarrow": lambda: pyarrow.parquet.read_table(folder + "/trials"),
        "pandas": lambda: pyarrow.Table.from_pandas(pandas.read_parquet(folder + "/trials", dtype_backend="pyarrow"), preserve_index=False),
        "polars": lambda: polars.read_parquet(folder + "/trials/*.parquet").to_arrow(),
        "DuckDB": lambda: duckdb.sql(f"select * from {parts} order by trial").to_arrow_table(),
    }.items():
        table = read()
        for name in table.column_names:
            print(reader, name, column_sum(table[name]))
    floats = [f.name for f in pyarrow.parquet.read_schema(files[0]) if pyarrow.types.is_floating(f.type)]
    for name in floats:
        for what in ("is null", "= 'nan'", "= 'inf'", "= '-inf'", "= 0", "> 0", "< 0"):
            ((n,),) = duckdb.sql(f"select count(*) from {parts} where {name} {what}").fetchall()
            print(f"count {name} {what}: {n}")


def bits(x):
    """A float as its bits; every NaN is one NaN, since libraries may canonicalise it."""
    if x is None:
        return None
    return "nan" if math.isnan(x) else struct.pack("<d", x)


def expected(row):
    """The outputs of a trial, from its parameters."""
    mode, x, n = row["mode"], row["x"], row["n"]
    out = dict.fromkeys(["square", "count", "word", "even", "list", "error_class", "error"])
    if mode in ("error", "panic"):
        out.update(status="failed", error_class=mode)
        return out
    special = {"nan": math.nan, "inf": math.inf, "minus-inf": -math.inf, "minus-zero": -0.0, "tiny": 5e-324}.get(mode)
    out.update(status="ok", count=n, even=n % 2 == 0, word="Gödel" if row["flag"] else "naïve")
    if mode != "none":
        values = [x + 0.5 * i for i in range(n)]
        if special is not None and values:
            values[0] = special
        out.update(square=x * x if special is None else special, list=values)
    return out


def check(reader, rows, trials):
    if len(rows) != trials:
        differences.append(f"{reader}: {len(rows)} rows, not {trials}")
    seen = set()
    for at, row in enumerate(rows):
        if row["trial"] != at:
            differences.append(f"{reader}: row {at} is trial {row['trial']}")
        seen.add(row["id"])
        for name, want in expected(row).items():
            got = row[name]
            if name == "error":
                if (got is None) != (row["status"] == "ok"):
                    differences.append(f"{reader}: trial {at}: error is {got!r}")
                continue
            if isinstance(want, float):
                same = isinstance(got, float) and bits(got) == bits(want)
            elif isinstance(want, list):
                same = got is not None and [bits(x) for x in got] == [bits(x) for x in want]
            else:
                same = type(got) is type(want) and got == want
            if not same:
                differences.append(f"{reader}: trial {at}: {name} is {got!r}, not {want!r}")
    if len(seen) != trials:
        differences.append(f"{reader}: {len(seen)} identities of {trials} trials")


if sys.argv[2] == "--sums":
    print_sums()
    sys.exit()

table = pyarrow.parquet.read_table(folder + "/trials")
rows = table.to_pylist()
trials = int(sys.argv[2])
check("pyarrow", rows, trials)
check("polars", polars.read_parquet(folder + "/trials/*.parquet").to_dicts(), trials)
check("DuckDB", duckdb.sql(f"select * from '{folder}/trials/*.parquet' order by trial").to_arrow_table().to_pylist(), trials)
exact = pandas.read_parquet(folder + "/trials", dtype_backend="pyarrow")
check("pandas", pyarrow.Table.from_pandas(exact, preserve_index=False).to_pylist(), trials)

# Plain pandas shows null as NaN, but numbers must still be numbers.
plain = pandas.read_parquet(folder + "/trials")
if str(plain.dtypes["square"]) != "float64" or str(plain.dtypes["trial"]) != "int64":
    differences.append(f"pandas: the types are {plain.dtypes}")

# Lists of one length are the rows of a matrix.
if length := getattr(table.schema.field("list").type, "list_size", 0):
    want = numpy.array([[math.nan] * length if r["list"] is None else r["list"] for r in rows])
    polar = polars.read_parquet(folder + "/trials/*.parquet")["list"]
    for reader, matrix in {
        "polars": polar.to_numpy(),
        "pandas": numpy.stack([[math.nan] * length if x is None else x for x in plain["list"]]),
    }.items():
        if matrix.shape != want.shape or one_nan(matrix) != one_nan(want):
            differences.append(f"{reader}: the matrix of lists is\n{matrix}")
    if polar.dtype != polars.Array(polars.Float64, length) or polar.null_count() != sum(r["list"] is None for r in rows):
        differences.append(f"polars: the lists are {polar.dtype} with {polar.null_count()} nulls")

# DuckDB skips row groups by their bounds, which must not hide NaN: it counts as
# greater than every number.
for query, want in {
    "square > 1e308": sum(r["square"] is not None and (math.isnan(r["square"]) or r["square"] > 1e308) for r in rows),
    "square = 'nan'::double": sum(r["square"] is not None and math.isnan(r["square"]) for r in rows),
    "square is null": sum(r["square"] is None for r in rows),
}.items():
    ((got,),) = duckdb.sql(f"select count(*) from '{folder}/trials/*.parquet' where {query}").fetchall()
    if got != want:
        differences.append(f"DuckDB: {got} rows where {query}, not {want}")

# Types, and what the footer says of the columns.
types = {
    "trial": "int64", "id": "string", "replicate": "int64", "x": "double", "x_i": "int64", "n": "int64", "mode": "string",
    "work": "double", "flag": "bool", "square": "double", "count": "int64", "word": "string", "even": "bool",
    "uniform": "double", "status": "string", "error": "string", "list": sys.argv[3],
}
for name, want in types.items():
    if str(table.schema.field(name).type) != want:
        differences.append(f"the type of {name} is {table.schema.field(name).type}, not {want}")
if table.schema.field("work").metadata.get(b"unit") != b"s":
    differences.append(f"the unit of work is not there: {table.schema.field('work').metadata}")
if not table.schema.field("square").metadata.get(b"doc"):
    differences.append("the doc of square is not there")
for file in files:
    metadata = pyarrow.parquet.ParquetFile(file).metadata
    keys = metadata.metadata
    for key, want in {b"sweep.format": b"1", b"sweep.model": b"probe", b"sweep.seed": b"5"}.items():
        if keys.get(key) != want:
            differences.append(f"{file}: {key} is {keys.get(key)}")
    if not any(c["name"] == "work" and c.get("unit") == "s" for c in json.loads(keys.get(b"sweep.columns", b"[]"))):
        differences.append(f"{file}: sweep.columns has no unit of work")
    for g in range(metadata.num_row_groups):
        for c in range(metadata.num_columns):
            if metadata.row_group(g).column(c).compression != "ZSTD":
                differences.append(f"{file}: column {c} is not compressed with zstd")

# The timings have the same trials.
times = pandas.read_parquet(folder + "/timings")
if list(times["trial"]) != [r["trial"] for r in rows] or list(times["id"]) != [r["id"] for r in rows] or not (times["wall_ns"] > 0).all():
    differences.append("the timings are not those of the trials")
panics = {r["trial"] for r in rows if r["error_class"] == "panic"}
if set(times[times["stack"].notna()]["trial"]) != panics:
    differences.append("the stacks are not those of the panics")

for d in differences[:50]:
    print(d)
print(f"{len(rows)} rows read by pyarrow {pyarrow.__version__}, pandas {pandas.__version__}, polars {polars.__version__} and DuckDB {duckdb.__version__}")
sys.exit(len(differences) > 0)
