package main

import (
	"fmt"
	"math"
	"strings"
	"text/tabwriter"

	"github.com/neurosweep/sweep/internal/plain"
	"github.com/neurosweep/sweep/pkg/models"
	"github.com/neurosweep/sweep/pkg/store"
)

// columnDiff counts how the values of one column differ between two records of
// each of some points.
type columnDiff struct {
	Column    string `json:"column"`
	Equal     int64  `json:"equal"`     // to the last bit, null to null
	Different int64  `json:"different"` // all others
	// MaxULP is the largest distance of two floats that differ, in floats that
	// lie between them, and one; 0 if none of those that differ has a distance.
	MaxULP uint64 `json:"max_ulp,omitempty"`
	// Apart counts, of those that differ, what has no distance: a null, a NaN, a
	// text, a list of another length.
	Apart int64 `json:"no_distance,omitempty"`
	First int64 `json:"first_trial"` // that differs, -1 if none does
}

// comparison compares records of the same points.
type comparison struct {
	columns []columnDiff // status, the outputs, the traces, and the state where there is one
	points  int64
	differ  int64 // points that differ in any column
	model   *models.Model
	record  []models.Kept
}

// newComparison compares records of a model, and of what it records the traces given.
func newComparison(m *models.Model, record []models.Kept, chained bool) *comparison {
	c := &comparison{model: m, record: record}
	add := func(name string) { c.columns = append(c.columns, columnDiff{Column: name, First: -1}) }
	add("status")
	for _, o := range m.Outputs {
		add(o.Decl().Name)
	}
	for _, k := range record {
		add("trace " + k.Trace.Name)
	}
	if chained {
		add("state")
	}
	return c
}

// add compares two records; it reports whether they are equal. That of which the
// trial's number is told is a. Stacks and times are no part of it.
func (c *comparison) add(a, b *store.Record) bool {
	equal := true
	note := func(i int, distance uint64, same, apart bool) {
		d := &c.columns[i]
		if same {
			d.Equal++
			return
		}
		equal = false
		d.Different++
		if apart {
			d.Apart++
		} else {
			d.MaxULP = max(d.MaxULP, distance)
		}
		if d.First < 0 {
			d.First = a.Trial
		}
	}
	c.points++
	same := sameFailure(a.Failure, b.Failure)
	note(0, 0, same, !same)
	for i, o := range c.model.Outputs {
		distance, same, apart := slotDistance(o.Decl().Kind, &a.Outputs[i], &b.Outputs[i])
		note(1+i, distance, same, apart)
	}
	at := 1 + len(c.model.Outputs)
	for k := range c.record {
		same := len(a.Traces) == 0 && len(b.Traces) == 0 || len(a.Traces) > k && len(b.Traces) > k && a.Traces[k] == b.Traces[k]
		note(at+k, 0, same, !same)
	}
	if at += len(c.record); at < len(c.columns) {
		distance, same, apart := seriesDistance(a.State, b.State)
		note(at, distance, same, apart)
	}
	if !equal {
		c.differ++
	}
	return equal
}

// join adds what other has counted, of later trials or of others.
func (c *comparison) join(other *comparison) {
	c.points += other.points
	c.differ += other.differ
	for i := range c.columns {
		d, o := &c.columns[i], &other.columns[i]
		d.Equal += o.Equal
		d.Different += o.Different
		d.Apart += o.Apart
		d.MaxULP = max(d.MaxULP, o.MaxULP)
		if d.First < 0 || o.First >= 0 && o.First < d.First {
			d.First = o.First
		}
	}
}

func sameFailure(a, b *models.Failure) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Class == b.Class && a.Message == b.Message
}

// slotDistance says whether two values are the same to the last bit, else how far
// apart they are, or that there is no saying.
func slotDistance(kind models.OutputKind, a, b *models.Slot) (distance uint64, same, apart bool) {
	switch {
	case a.State != b.State:
		return 0, false, true
	case a.State != models.Set:
		return 0, true, false
	}
	switch kind {
	case models.LabelKind:
		return 0, a.Text == b.Text, a.Text != b.Text
	case models.SeriesKind:
		return seriesDistance(a.Series, b.Series)
	case models.ScalarKind:
		distance, apart = ulps(a.Float(), b.Float())
		return distance, a.Bits == b.Bits, apart
	}
	return 0, a.Bits == b.Bits, a.Bits != b.Bits
}

func seriesDistance(a, b []float64) (distance uint64, same, apart bool) {
	if len(a) != len(b) {
		return 0, false, true
	}
	same = true
	for i := range a {
		if math.Float64bits(a[i]) == math.Float64bits(b[i]) {
			continue
		}
		same = false
		d, none := ulps(a[i], b[i])
		distance, apart = max(distance, d), apart || none
	}
	return distance, same, apart
}

// ulps is how many steps from float to next float lead from x to y, of which -0
// to 0 is one; a NaN has no distance to what has other bits.
func ulps(x, y float64) (distance uint64, none bool) {
	if math.Float64bits(x) == math.Float64bits(y) {
		return 0, false
	}
	if math.IsNaN(x) || math.IsNaN(y) {
		return 0, true
	}
	a, b := ordinal(x), ordinal(y)
	return max(a, b) - min(a, b), false
}

// ordinal numbers the floats in their order.
func ordinal(x float64) uint64 {
	bits := math.Float64bits(x)
	if bits>>63 != 0 {
		return ^bits
	}
	return bits | 1<<63
}

// printColumns prints a table of the columns.
func (a *app) printColumns(columns []columnDiff) error {
	w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "column\tequal\tdifferent\tlargest distance\tfirst trial")
	for _, d := range columns {
		var distance []string
		if d.MaxULP > 0 {
			distance = append(distance, fmt.Sprintf("%d ulp", d.MaxULP))
		}
		if d.Apart > 0 {
			distance = append(distance, fmt.Sprintf("%d without", d.Apart))
		}
		first := "-"
		if d.First >= 0 {
			first = fmt.Sprint(d.First)
		}
		fmt.Fprintf(w, "%s\t%d\t%d\t%s\t%s\n", plain.Text(d.Column), d.Equal, d.Different, orDash(strings.Join(distance, ", ")), first)
	}
	return w.Flush()
}

func orDash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}
