package store

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/neurosweep/sweep/pkg/models"
)

// field is one column of a table.
type field struct {
	name     string
	kind     kind
	optional bool
	length   int  // of every list of a series that is there, 0 where they may differ
	few      bool // few distinct values: worth a dictionary
	unit     string
	doc      string
}

// table is a list of columns.
type table struct {
	fields []field
	group  int // rows of a row group, 0 for groupRows
}

// tables are the tables of a result folder; states is nil where no trial hands
// a state on, and series where no trace is kept.
type tables struct {
	journal, trials, timings, states, series *table
	// records are the journal's columns without the traces, which may be long, and
	// places the same with them, but for each trace only the place that it has in the
	// file.
	records, places *table
}

func newTables(p Plan) tables {
	t := tables{journal: journalTable(p), trials: trialsTable(p), timings: timingsTable()}
	if p.ChainLen() > 0 {
		t.states = statesTable()
	}
	kept := len(p.Setting().Record)
	if kept > 0 {
		t.series = seriesTable()
	}
	first := len(t.journal.fields) - kept
	t.records = &table{fields: t.journal.fields[:first:first]}
	t.places = &table{fields: slices.Clone(t.journal.fields)}
	for i := range kept {
		t.places.fields[first+i].kind = placeColumn
	}
	return t
}

// dirs are the folders in which a sealed part has a file. trials/ comes last:
// where its file is, the others are.
func (t tables) dirs() []string {
	dirs := []string{timingsDir}
	if t.states != nil {
		dirs = append(dirs, statesDir)
	}
	if t.series != nil {
		dirs = append(dirs, seriesDir)
	}
	return append(dirs, trialsDir)
}

// in is the table of a folder's files.
func (t tables) in(dir string) *table {
	switch dir {
	case trialsDir:
		return t.trials
	case timingsDir:
		return t.timings
	case seriesDir:
		return t.series
	}
	return t.states
}

// seen are the first columns of the journal, which say what is there.
func (t tables) seen() *table { return t.journal.head(journalStatus) }

// seenTable is the same for any plan.
func seenTable() *table {
	return &table{fields: []field{{name: "trial", kind: intColumn}, {name: "id", kind: idColumn}, {name: "status", kind: textColumn}}}
}

// head is the table's columns to the last one named.
func (t *table) head(last int) *table { return &table{fields: t.fields[: last+1 : last+1]} }

func (t *table) add(f field) { t.fields = append(t.fields, f) }

func (t *table) place(name string) int {
	for i, f := range t.fields {
		if f.name == name {
			return i
		}
	}
	return -1
}

var outputKinds = map[models.OutputKind]kind{
	models.ScalarKind:  floatColumn,
	models.IntegerKind: intColumn,
	models.LabelKind:   textColumn,
	models.BoolKind:    boolColumn,
	models.SeriesKind:  seriesColumn,
}

var paramKinds = map[models.Kind]kind{
	models.FloatKind: floatColumn,
	models.IntKind:   intColumn,
	models.TextKind:  textColumn,
	models.FlagKind:  boolColumn,
}

// Places of the journal's columns; the outputs stand at journalOutputs and
// after, behind them the state where there is one, and last the traces.
const (
	journalTrial = iota
	journalID
	journalStatus
	journalClass
	journalError
	journalWall
	journalCPU
	journalAttempt
	journalRun
	journalStack
	journalOutputs
)

// journalTable is what a record is when it is first written: the parameters are
// left out, because the plan gives them back.
func journalTable(p Plan) *table {
	t := &table{}
	t.add(field{name: "trial", kind: intColumn})
	t.add(field{name: "id", kind: idColumn})
	t.add(field{name: "status", kind: textColumn})
	t.add(field{name: "error_class", kind: textColumn, optional: true})
	t.add(field{name: "error", kind: textColumn, optional: true})
	t.add(field{name: "wall_ns", kind: intColumn, optional: true})
	t.add(field{name: "cpu_ns", kind: intColumn, optional: true})
	t.add(field{name: "attempt", kind: intColumn})
	t.add(field{name: "run", kind: textColumn, optional: true}) // null: that of the segment
	t.add(field{name: "stack", kind: textColumn, optional: true})
	for i, o := range p.Setting().Model.Outputs {
		t.add(field{name: outputPrefix + o.Decl().Name, kind: outputKinds[o.Decl().Kind], optional: true, length: p.Lengths()[i]})
	}
	if p.ChainLen() > 0 {
		t.add(field{name: stateColumn, kind: seriesColumn, optional: true})
	}
	for _, k := range p.Setting().Record {
		t.add(field{name: traceColumn(k), kind: seriesColumn, optional: true})
	}
	return t
}

// stateColumn is what a link of a chain hands on.
const stateColumn = "state"

// The words of the status column.
const (
	statusOK     = "ok"
	statusFailed = "failed"
)

// trialsTable is the data set's: what the parameters were, what was measured.
func trialsTable(p Plan) *table {
	m := p.Setting().Model
	swept := sweptParams(p)
	t := &table{}
	t.add(field{name: "trial", kind: intColumn, doc: "number of the trial in the plan, from 0"})
	t.add(field{name: "id", kind: idColumn, doc: "identity of the point: model, version, what is asked for, seed, streams, replicate and exact parameter values"})
	t.add(field{name: "replicate", kind: intColumn, few: true, doc: "number of the replicate, from 0"})
	for i, par := range m.Params {
		d := par.Decl()
		t.add(field{name: d.Name, kind: paramKinds[d.Kind], few: true, optional: d.Optional, unit: d.Unit, doc: d.Doc})
		if swept[i] {
			t.add(field{name: d.Name + "_i", kind: intColumn, few: true, doc: "index of " + d.Name + " on its axis, from 0"})
		}
	}
	for _, c := range p.Derived() {
		t.add(field{name: c.Name, kind: paramKinds[c.Kind], few: true, unit: c.Unit, doc: c.Doc})
	}
	output := func(series bool) {
		for i, o := range m.Outputs {
			d := o.Decl()
			if (d.Kind == models.SeriesKind) == series {
				t.add(field{name: d.Name, kind: outputKinds[d.Kind], optional: true, length: p.Lengths()[i], few: d.Kind == models.LabelKind && len(d.Labels) > 0, unit: d.Unit, doc: d.Doc})
			}
		}
	}
	output(false)
	t.add(field{name: "status", kind: textColumn, few: true, doc: "ok, or failed: then there are no outputs"})
	t.add(field{name: "error_class", kind: textColumn, few: true, optional: true, doc: "why the trial failed: error, panic, timeout, or carry where a link before it in its chain did"})
	t.add(field{name: "error", kind: textColumn, few: true, optional: true, doc: "message of the failure"})
	output(true)
	return t
}

func timingsTable() *table {
	t := &table{}
	t.add(field{name: "trial", kind: intColumn, doc: "number of the trial in the plan, from 0"})
	t.add(field{name: "id", kind: idColumn, doc: "identity of the point"})
	t.add(field{name: "wall_ns", kind: intColumn, optional: true, unit: "ns", doc: "elapsed time of the trial"})
	t.add(field{name: "cpu_ns", kind: intColumn, optional: true, unit: "ns", doc: "CPU time of the trial's thread; null for trials of some microseconds, which are not worth the reading"})
	t.add(field{name: "attempt", kind: intColumn, few: true, doc: "which attempt gave the record, from 1"})
	t.add(field{name: "run", kind: textColumn, few: true, doc: "run that computed the trial: a file of runs/, which names the host"})
	t.add(field{name: "stack", kind: textColumn, few: true, optional: true, doc: "calls that led to a panic"})
	return t
}

func statesTable() *table {
	t := &table{}
	t.add(field{name: "trial", kind: intColumn, doc: "number of the trial in the plan, from 0"})
	t.add(field{name: "id", kind: idColumn, doc: "identity of the point"})
	t.add(field{name: stateColumn, kind: seriesColumn, optional: true, doc: "state that the trial left for the next link of its chain; null if it failed"})
	return t
}

// sweptParams says for each parameter of the model whether it has an axis.
func sweptParams(p Plan) []bool {
	swept := make([]bool, len(p.Setting().Model.Params))
	for _, i := range p.Swept() {
		swept[i] = true
	}
	return swept
}

// described is what the footer's sweep.columns says of a column.
type described struct {
	Name   string `json:"name"`
	Length int    `json:"length,omitempty"` // of every list
	Unit   string `json:"unit,omitempty"`
	Doc    string `json:"doc,omitempty"`
}

// describe is the table as JSON: for each column its unit and its sentence.
func (t *table) describe() string {
	columns := make([]described, len(t.fields))
	for i, f := range t.fields {
		columns[i] = described{f.name, f.length, f.unit, f.doc}
	}
	text, err := json.Marshal(columns)
	if err != nil {
		panic(err) // strings only
	}
	return string(text)
}

// describedBy reports whether text, of a file that has the table's columns, gives
// their lists the lengths that they have here. A file of an earlier version of
// this program says nothing of lengths.
func (t *table) describedBy(text string) bool {
	var columns []described
	if json.Unmarshal([]byte(text), &columns) != nil || len(columns) != len(t.fields) {
		return false
	}
	for i, f := range t.fields {
		if columns[i].Name != f.name || columns[i].Length != f.length {
			return false
		}
	}
	return true
}

// misfit says which of the block's rows has a list of another length than its
// column's lists have; nil if none has.
func (t *table) misfit(b *block) error {
	for i, f := range t.fields {
		c := &b.columns[i]
		row := c.misfit(f.length, 0, len(c.null))
		if row < 0 {
			continue
		}
		where := "column " + f.name
		if t.fields[0].name == "trial" {
			where = fmt.Sprintf("trial %d, %s", int64(b.columns[0].bits[row]), where)
		}
		return fmt.Errorf("%s: a list of %d numbers where each has %d", where, len(c.series(row)), f.length)
	}
	return nil
}

// outputPrefix keeps the journal's outputs apart from its own columns.
const outputPrefix = "output_"
