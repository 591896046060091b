package store

import (
	"cmp"
	"fmt"
	"path/filepath"
	"strings"
)

// columnWords are the types of columns in words.
var columnWords = map[kind]string{
	intColumn: "integer", floatColumn: "number", boolColumn: "flag", textColumn: "text", idColumn: "text", seriesColumn: "list",
}

// writeReadme says in the result folder what it is and how to read it.
func (s *Store) writeReadme() error {
	m := s.plan.Setting().Model
	c := s.Counts()
	folder := filepath.ToSlash(s.path(trialsDir))
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n\n", s.run.Experiment)
	for line := range strings.Lines(strings.TrimSpace(s.run.About)) {
		fmt.Fprintf(&b, "> %s\n", strings.TrimSpace(line))
	}
	fmt.Fprintf(&b, "\nTrials of the model `%s` (version %d): %d planned, %d recorded, %d of them failed.\n", m.Name, m.Version, c.Planned, c.Done, c.Failed)
	fmt.Fprintf(&b, "Written by sweep %s; the spec as run is `spec.yaml`, each run's provenance is under `runs/`.\n", s.run.Sweep)
	b.WriteString(`
## Reading it

One row a trial. From the folder in which sweep was run:

`)
	fmt.Fprintf(&b, "```python\nimport pandas as pd\ndf = pd.read_parquet(%q)\n\n", folder)
	fmt.Fprintf(&b, "import polars as pl\ndf = pl.read_parquet(%q)\n\n", folder+"/*.parquet")
	fmt.Fprintf(&b, "import duckdb\ndf = duckdb.sql(%q).df()\n```\n", "select * from '"+folder+"/*.parquet'")
	b.WriteString("\nWhile a run goes on, the rows are those recorded up to some seconds ago. `timings/` has the\nelapsed and CPU time of each trial, by the same number and identity.\n")
	if s.tables.states != nil {
		b.WriteString("`states/` has the state that each trial left for the next link of its chain.\n")
	}
	if s.tables.series != nil {
		s.describeSeries(&b)
	}
	b.WriteString("\n## Columns\n\n| column | type | unit | what it is |\n|---|---|---|---|\n")
	var list string // a column whose lists have one length
	for _, f := range s.tables.trials.fields {
		kind := columnWords[f.kind]
		if f.length > 0 {
			kind, list = fmt.Sprintf("%s of %d", kind, f.length), cmp.Or(list, f.name)
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", f.name, kind, f.unit, strings.ReplaceAll(f.doc, "|", `\|`))
	}
	matrix := " "
	if list != "" {
		matrix = fmt.Sprintf(" Lists of one length are a matrix,\n`np.stack(df[%q].dropna())`; pyarrow must not be older than 13.\n", list)
	}
	fmt.Fprintf(&b, "\nNull means that the trial has no such value (it failed, or the orbit had none); NaN that the model\ncomputed NaN.%s`sweep describe %s` explains the model.\n", matrix, m.Name)
	return s.disk.writeText(s.temp(), s.path(readmeFile), []byte(b.String()))
}

// describeSeries says which traces there are and how to read them.
func (s *Store) describeSeries(b *strings.Builder) {
	b.WriteString("\n## Traces\n\n`series/` has what trials went through, a row a number, once a part of the data set is sealed: `trial`,\n`trace`, `time`, `i` (which of the numbers that are traced side by side) and `value`.\n\n")
	b.WriteString("| trace | unit | over | kept | what it is |\n|---|---|---|---|---|\n")
	for _, k := range s.plan.Setting().Record {
		kept := "all"
		if k.Every > 1 {
			kept = fmt.Sprintf("one in %d", k.Every)
		}
		fmt.Fprintf(b, "| `%s` | %s | %s | %s | %s |\n", k.Trace.Name, k.Trace.Unit, k.Trace.Time, kept, strings.ReplaceAll(k.Trace.Doc, "|", `\|`))
	}
	fmt.Fprintf(b, "\n```python\n# Of one trial the first numbers of one trace.\ns = pd.read_parquet(%q, filters=[(\"trial\", \"==\", 0), (\"trace\", \"==\", %q), (\"i\", \"<\", 5)])\ns.pivot(index=\"time\", columns=\"i\", values=\"value\").plot()\n```\n", filepath.ToSlash(s.path(seriesDir)), s.plan.Setting().Record[0].Trace.Name)
}
