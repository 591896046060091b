package export

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/neurosweep/sweep/pkg/models"
)

// Notebook writes a Jupyter notebook (nbformat 4.5) that loads the data set of
// the result folder dir, a path from where the notebook is opened, shows what its
// columns are, lays it out along its axes, and draws s.Figures with matplotlib.
// It has no outputs, and the same bytes for the same spec and path.
func (s *Source) Notebook(out io.Writer, dir string) error {
	b := &book{}
	b.text("about", "# "+s.Name+"\n\n"+strings.TrimSpace(s.Spec.About)+"\n")
	b.code("load", fmt.Sprintf(`from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pyarrow.parquet as pq

folder = Path(%s)
df = pd.read_parquet(folder / "trials")
# import polars as pl; df = pl.read_parquet(folder / "trials/*.parquet")
# import duckdb; df = duckdb.sql(f"select * from '{folder}/trials/*.parquet'").df()
print(f"{len(df)} trials, {(df.status == 'failed').sum()} failed")
df.head()`, quote(dir)))
	b.text("text-columns", "## Columns\n\nName, unit and meaning, as the Parquet files have them. Null means that a trial has no such value, NaN that it was computed.\n")
	b.code("columns", `fields = pq.ParquetDataset(folder / "trials").schema
pd.DataFrame(
    [(f.name, *((f.metadata or {}).get(key, b"").decode() for key in (b"unit", b"doc"))) for f in fields],
    columns=["column", "unit", "what it is"],
).set_index("column")`)
	s.view(b)
	if len(s.Figures) > 0 {
		b.text("text-figures", "## Figures\n\nThose of the spec, drawn from the table: a place to begin with one's own.\n")
		b.code("figures", figureHelp)
	}
	for i := range s.Figures {
		f := &s.Figures[i]
		text, err := figureCode(s.Spec, f)
		if err != nil {
			b.text(fmt.Sprintf("text-figure-%d", i+1), fmt.Sprintf("The figure `%s` is not drawn here: %v.\n", f.File, err))
			continue
		}
		if f.Title != "" {
			b.text(fmt.Sprintf("text-figure-%d", i+1), f.Title+"\n")
		}
		b.code(fmt.Sprintf("figure-%d", i+1), text)
	}
	return b.write(out)
}

// view is the data set as an array over its axes.
func (s *Source) view(b *book) {
	grid, ok := s.Plan.Grid()
	if !ok {
		b.text("text-view", "The plan is not a product of axes, so that the table is what there is: one row a trial.\n")
		return
	}
	m := s.Plan.Setting().Model
	var index, coords, left []string
	for _, d := range grid.Dims {
		name := m.Params[d.Param].Decl().Name
		index = append(index, quote(name+"_i"))
		coords = append(coords, fmt.Sprintf("%s: (%s, df.groupby(%s)[%s].first().to_numpy())", quote(name), quote(name+"_i"), quote(name+"_i"), quote(name)))
	}
	if s.Plan.Directions() != nil {
		index = append(index, quote("direction"))
	}
	index = append(index, quote("replicate"))
	for _, o := range m.Outputs {
		if d := o.Decl(); d.Kind != models.SeriesKind {
			left = append(left, quote(d.Name))
		}
	}
	b.text("text-view", "## Along the axes\n\nThe columns that end with `_i` are places on the axes, integers that can be compared exactly.\n"+
		"`sweep export --netcdf` writes such an array to a file.\n")
	b.code("view", fmt.Sprintf(`array = df.set_index([%s])[[%s]].to_xarray()
array = array.assign_coords({
    %s,
})
array`, strings.Join(index, ", "), strings.Join(left, ", "), strings.Join(coords, ",\n    ")))
}

// book is a notebook.
type book struct{ cells []any }

type textCell struct {
	Type     string   `json:"cell_type"`
	ID       string   `json:"id"`
	Metadata struct{} `json:"metadata"`
	Source   []string `json:"source"`
}

type codeCell struct {
	Type     string   `json:"cell_type"`
	Count    *int     `json:"execution_count"`
	ID       string   `json:"id"`
	Metadata struct{} `json:"metadata"`
	Outputs  []any    `json:"outputs"`
	Source   []string `json:"source"`
}

func (b *book) text(id, text string) {
	b.cells = append(b.cells, textCell{Type: "markdown", ID: id, Source: lines(text)})
}

func (b *book) code(id, text string) {
	b.cells = append(b.cells, codeCell{Type: "code", ID: id, Outputs: []any{}, Source: lines(text)})
}

func (b *book) write(out io.Writer) error {
	e := json.NewEncoder(out)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	return e.Encode(map[string]any{
		"cells": b.cells, "nbformat": 4, "nbformat_minor": 5,
		"metadata": map[string]any{
			"kernelspec":    map[string]string{"display_name": "Python 3", "language": "python", "name": "python3"},
			"language_info": map[string]string{"name": "python"},
		},
	})
}

func lines(text string) []string {
	return strings.SplitAfter(strings.TrimRight(text, "\n"), "\n")
}

// quote is text as a Python string: JSON's strings are also Python's.
func quote(text string) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(text); err != nil {
		panic(err) // a string
	}
	return strings.TrimSuffix(b.String(), "\n")
}
