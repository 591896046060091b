"""Compares what sweep export made of a result folder with its Parquet files.

Usage: export.py FOLDER NAME=DIMENSIONS ..., where FOLDER has results/NAME, NAME.csv,
NAME.arrow and NAME.nc, and DIMENSIONS are those of what is measured, separated by
commas. Exits with 1 and a line for each difference.
"""

import csv
import io
import json
import math
import struct
import sys

import duckdb
import numpy as np
import pandas
import polars
import pyarrow
import pyarrow.ipc
import pyarrow.parquet
import xarray


def bits(x):
    """A value of which two are the same if their bits are."""
    if isinstance(x, float):
        return "nan" if math.isnan(x) else struct.pack("<d", x)
    if isinstance(x, list):
        return [bits(y) for y in x]
    return x


def check(folder, csv_file, arrow_file, netcdf_file, dimensions):
    """The differences, and a line about what was read."""
    differences = []
    table = pyarrow.parquet.read_table(folder + "/trials")
    table = table.take(pyarrow.compute.sort_indices(table["trial"]))
    rows = table.to_pylist()


    def compare(what, row, name, got):
        want = row[name]
        if bits(got) != bits(want):
            differences.append(f"{what}: trial {row['trial']}: {name} is {got!r}, not {want!r}")


    # Arrow: the same table, with what the Parquet files say of its fields.
    arrow = pyarrow.ipc.open_file(arrow_file).read_all()
    for field in table.schema:
        other = arrow.schema.field(field.name)
        keep = {k: v for k, v in (field.metadata or {}).items() if k in (b"unit", b"doc")}
        if (other.metadata or {}) != keep or str(other.type).replace(" not null", "") != str(field.type) or other.nullable != field.nullable:
            differences.append(f"Arrow: field {field.name} is {other}, {other.metadata}")
    for a, b in zip(arrow.to_pylist(), rows, strict=True):
        for name in b:
            compare("Arrow", b, name, a[name])

    # CSV: every cell by hand, then what pandas makes of it.
    raw = open(csv_file, newline="", encoding="utf-8").read()
    if "\n" in raw.replace("\r\n", "") and not any("\n" in str(v) for r in rows for v in r.values()):
        differences.append("CSV: lines do not end with CR LF")
    parsed = list(csv.reader(io.StringIO(raw)))
    if parsed[0] != table.schema.names or len(parsed) != len(rows) + 1:
        differences.append(f"CSV: {len(parsed) - 1} rows of {parsed[0]}")


    def cell(text, kind):
        if text == "":
            return None
        if kind == "int64":
            return int(text)
        if kind == "double":
            if text not in ("NaN", "INF", "-INF") and not set(text) & set(".e"):
                differences.append(f"CSV: {text} is no text of a float")
            if text not in ("NaN", "INF", "-INF") and len(text.removesuffix(".0")) > len(repr(float(text))):
                differences.append(f"CSV: {text} is not the shortest text of {float(text)!r}")
            return float(text)
        if kind == "bool":
            return {"true": True, "false": False}[text]
        return json.loads(text) if "list" in kind else text


    for line, row in zip(parsed[1:], rows):
        for name, text in zip(parsed[0], line, strict=True):
            compare("CSV", row, name, cell(text, str(table.schema.field(name).type)))
    with_nan = table.to_pandas()
    frames = {
        "pandas": pandas.read_csv(csv_file),
        "polars": polars.read_csv(csv_file, infer_schema_length=None).to_pandas(),
        "DuckDB": duckdb.sql(f"select * from read_csv('{csv_file}', sample_size=-1) order by trial").df(),
    }
    for reader, frame in frames.items():
        for field in table.schema:
            if str(field.type) not in ("double", "int64"):
                continue
            got, want = frame[field.name].astype(float), with_nan[field.name].astype(float)
            if not np.array_equal(got.to_numpy(), want.to_numpy(), equal_nan=True):
                differences.append(f"CSV in {reader}: {field.name} is\n{got}\nnot\n{want}")
    columns = json.load(open(csv_file + "-metadata.json"))["tableSchema"]["columns"]
    for field, column in zip(table.schema, columns, strict=True):
        unit = (field.metadata or {}).get(b"unit", b"").decode()
        if column["name"] != field.name or column.get("schema:unitText", "") != unit:
            differences.append(f"CSV metadata: {column} of {field}")

    # netCDF: each value at its place. Nulls are looked for undecoded, so that they
    # are not taken for NaN.
    ds = xarray.open_dataset(netcdf_file, mask_and_scale=False)
    dims = tuple(dimensions.split(","))
    if ds["status"].dims != dims:
        differences.append(f"netCDF: the dimensions are {ds['status'].dims}")
    trial = ds["trial"].broadcast_like(ds["status"]).transpose(*dims).values.ravel()
    place = {int(t): i for i, t in enumerate(trial)}


    def flat(name):
        """The values of all trials, null as None."""
        v = ds[name]
        if "list_value" in v.dims or not set(v.dims) <= set(dims):
            more = [d for d in v.dims if d not in dims]
            values = v.transpose(*dims, *more).values.reshape(len(trial), -1).tolist()
        else:
            values = v.broadcast_like(ds["status"]).transpose(*dims).values.ravel().tolist()
        fill = v.attrs.get("_FillValue")

        def decoded(x):
            if isinstance(x, list):
                return None if fill is not None and all(y == fill for y in x) else x
            if fill is not None and x == fill or x == "":
                return None
            return bool(x) if v.attrs.get("flag_meanings") == "false true" else x

        return [decoded(x) for x in values]


    fixed = [f.name for f in table.schema if "fixed_size_list" in str(f.type)]
    if missing := [name for name in fixed if name not in ds]:
        differences.append(f"netCDF: there is no {missing}")
    left_out = []
    for field in table.schema:
        name, values = field.name, None
        if name + "_length" in ds:
            all_values, first, length = ds[name].values, flat(name + "_first"), flat(name + "_length")
            values = [None if n is None else all_values[f : f + n].tolist() for f, n in zip(first, length)]
            if sum(n or 0 for n in length) != len(all_values):
                differences.append(f"netCDF: {name} has {len(all_values)} values and {name}_length is {length}")
        elif name in ds:
            values = flat(name)
        else:
            left_out.append(name)
            continue
        if "fixed_size_list" in str(field.type) and ds[name].dims != dims + (name + "_k",):
            differences.append(f"netCDF: {name} of lists of one length has the dimensions {ds[name].dims}")
        for row in rows:
            compare("netCDF", row, name, values[place[row["trial"]]])
        unit, doc = ((field.metadata or {}).get(key, b"").decode() for key in (b"unit", b"doc"))
        if ds[name].attrs.get("units", "") != unit or ds[name].attrs.get("long_name", "") != doc:
            differences.append(f"netCDF: the attributes of {name} are {ds[name].attrs}")
    recorded = {row["trial"] for row in rows}
    for i, (t, status) in enumerate(zip(trial, flat("status"))):
        if (int(t) in recorded) != (status is not None):
            differences.append(f"netCDF: the status of trial {t} is {status!r}")

    # What a user sees: numbers with NaN, and means over a dimension as in pandas.
    plain = xarray.open_dataset(netcdf_file)
    for field in table.schema:
        if str(field.type) == "double" and field.name in plain.data_vars:
            got = plain[field.name].transpose(*dims).values.ravel()
            want = dict(zip(with_nan["trial"], with_nan[field.name].astype(float)))
            if not np.array_equal(got, [want.get(int(t), math.nan) for t in trial], equal_nan=True):
                differences.append(f"netCDF: {field.name} in xarray is not that of pandas")
    magic = open(netcdf_file, "rb").read(4)
    return differences, f"{len(rows)} rows; {magic!r} without {', '.join(left_out)}; lists of one length: {', '.join(fixed)}"


wrong = False
for case in sys.argv[2:]:
    name, dimensions = case.split("=")
    path = sys.argv[1] + "/" + name
    found, said = check(sys.argv[1] + "/results/" + name, path + ".csv", path + ".arrow", path + ".nc", dimensions)
    print(name + ":", said)
    for d in found[:20]:
        print(name + ":", d)
    wrong = wrong or len(found) > 0
sys.exit(wrong)
