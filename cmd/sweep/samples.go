package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/neurosweep/sweep/internal/twosample"
	"github.com/neurosweep/sweep/pkg/models"
	"github.com/neurosweep/sweep/pkg/store"
)

// sampleDiff is what tests say of two folders that have places in common and no
// points.
type sampleDiff struct {
	Places      int          `json:"places"`      // in both
	Comparisons int          `json:"comparisons"` // a place and a scalar output each
	TooFew      int          `json:"too_few"`     // places and outputs with less than 4 values on a side
	Apart       int          `json:"apart"`       // comparisons whose p, times their number, is below 0.05
	Smallest    []sampleTest `json:"smallest"`    // p-values
}

// sampleTest is a test of one output at one place.
type sampleTest struct {
	Output string  `json:"output"`
	Place  string  `json:"place"`
	NA     int     `json:"n_a"` // values
	NB     int     `json:"n_b"`
	D      float64 `json:"d"` // largest distance of the distribution functions
	P      float64 `json:"p"`
	// Adjusted is p times the number of comparisons, at most 1.
	Adjusted float64 `json:"p_bonferroni"`
}

const (
	// fewestValues is how many values a sample needs: with three on each side
	// no p is below 0.1.
	fewestValues = 4
	// significance is the p that tells two samples apart.
	significance = 0.05
	// shownTests is how many p-values are shown.
	shownTests = 5
)

// places numbers the values of all parameters, replicates left out.
type places struct {
	number map[string]int
	names  []string
}

// of is the number of each trial's place in the side's plan, -1 for a place that
// is not known, if it is not to be added.
func (l *places) of(s *side, add bool) []int32 {
	list := make([]int32, s.plan.Len())
	var p models.Point
	var key []byte
	for trial := range list {
		s.plan.Point(int64(trial), &p)
		key = fmt.Append(key[:0], p.Direction)
		for _, v := range p.Values {
			key = fmt.Appendf(key, "\x00%d %s", v.Kind(), v)
		}
		at, ok := l.number[string(key)]
		switch {
		case !ok && !add:
			at = -1
		case !ok:
			at = len(l.names)
			l.number[string(key)] = at
			l.names = append(l.names, describePlace(s, &p))
		}
		list[trial] = int32(at)
	}
	return list
}

// describePlace names the place by the parameters that are swept.
func describePlace(s *side, p *models.Point) string {
	text := describePoint(s.spec.Model, s.plan.Swept(), p)
	text = strings.TrimSpace(text[:strings.LastIndex(text, "replicate=")])
	if text == "" {
		return "all trials"
	}
	return text
}

// diffSamples compares the replicates of each place that both sides have. It
// holds all scalar outputs in memory.
func diffSamples(a, b *side) (*sampleDiff, error) {
	l := &places{number: make(map[string]int)}
	ofA := l.of(a, true)
	ofB := l.of(b, false)
	outputs := a.spec.Model.Outputs
	var scalars []int
	for i, o := range outputs {
		if o.Decl().Kind == models.ScalarKind {
			scalars = append(scalars, i)
		}
	}
	collect := func(s *side, place []int32) ([][]float64, error) {
		values := make([][]float64, len(l.names)*len(scalars))
		err := s.rows.Each(store.AllColumns, func(rec *store.Record) error {
			at := place[rec.Trial]
			if at < 0 {
				return nil
			}
			for j, i := range scalars {
				if slot := &rec.Outputs[i]; slot.State == models.Set {
					to := &values[int(at)*len(scalars)+j]
					*to = append(*to, slot.Float())
				}
			}
			return nil
		})
		return values, err
	}
	x, err := collect(a, ofA)
	if err != nil {
		return nil, err
	}
	y, err := collect(b, ofB)
	if err != nil {
		return nil, err
	}
	d := &sampleDiff{Smallest: []sampleTest{}}
	inB := make([]bool, len(l.names))
	for _, at := range ofB {
		if at >= 0 {
			inB[at] = true
		}
	}
	var tests []sampleTest
	for at, name := range l.names {
		if !inB[at] {
			continue
		}
		d.Places++
		for j, i := range scalars {
			u, v := x[at*len(scalars)+j], y[at*len(scalars)+j]
			if len(u) < fewestValues || len(v) < fewestValues {
				d.TooFew++
				continue
			}
			distance, p := twosample.KolmogorovSmirnov(u, v)
			tests = append(tests, sampleTest{Output: outputs[i].Decl().Name, Place: name, NA: len(u), NB: len(v), D: distance, P: p})
		}
	}
	d.Comparisons = len(tests)
	slices.SortStableFunc(tests, func(s, t sampleTest) int { return cmp.Compare(s.P, t.P) })
	for i := range tests {
		tests[i].Adjusted = min(1, tests[i].P*float64(len(tests)))
		if tests[i].Adjusted < significance {
			d.Apart++
		}
	}
	d.Smallest = append(d.Smallest, tests[:min(len(tests), shownTests)]...)
	return d, nil
}

func (a *app) printSamples(d *sampleDiff) error {
	if d.Places == 0 {
		fmt.Fprintln(a.stdout, "no place in common: no two trials have the same values of all parameters")
		return nil
	}
	fmt.Fprintf(a.stdout, "\nno point in common, but %d places; %d comparisons of a scalar output at a place (Kolmogorov-Smirnov)\n", d.Places, d.Comparisons)
	if d.TooFew > 0 {
		fmt.Fprintf(a.stdout, "%d more have less than %d values on a side and are not compared\n", d.TooFew, fewestValues)
	}
	if d.Comparisons == 0 {
		return nil
	}
	if d.Apart > 0 {
		fmt.Fprintf(a.stdout, "DIFFERENT: %d at the level %v, by Bonferroni\n", d.Apart, significance)
	} else {
		fmt.Fprintf(a.stdout, "none is told apart at the level %v, by Bonferroni\n", significance)
	}
	w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "output\tplace\tvalues\tdistance\tp\tp by Bonferroni")
	for _, t := range d.Smallest {
		fmt.Fprintf(w, "%s\t%s\t%d, %d\t%.3g\t%.2g\t%.2g\n", t.Output, t.Place, t.NA, t.NB, t.D, t.P, t.Adjusted)
	}
	return w.Flush()
}
