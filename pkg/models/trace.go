package models

import (
	"fmt"

	"github.com/neurosweep/sweep/pkg/dynamics"
)

// Trace is a declared trace: numbers that a trial goes through and does not
// measure, such as its state at each step. They are kept where a spec asks for it,
// or a trial is run again to record them. What is added changes nothing that the
// trial measures.
type Trace struct {
	Name string
	Unit string // of the values, "" for pure numbers
	Time string // unit of the times
	Doc  string // one sentence, without its full stop
}

// NewTrace declares a trace whose times have the unit time.
func NewTrace(name, unit, time, doc string) *Trace {
	return &Trace{Name: name, Unit: unit, Time: time, Doc: doc}
}

// Sample is one number of a trace.
type Sample struct {
	Time  float64
	I     int // which of the numbers that are traced side by side, from 0
	Value float64
}

// Kept is a trace that is recorded, and how much of it: of the numbers with the
// same I the first and each Every-th behind it.
type Kept struct {
	Trace *Trace
	Every int64 // at least 1
}

// Recording holds what a trial adds to some traces. It is made once and used by one
// trial after another.
type Recording struct {
	kept  []kept
	limit int // of samples, 0 if there is none
	held  int // samples of all traces
}

type kept struct {
	Kept
	samples []Sample
	seen    []int64 // how many numbers were added, by I; not counted if all are kept
}

// SampleBytes is what a [Sample] takes.
const SampleBytes = 24

// NewRecording returns a recording of these traces. A trial that adds more samples
// than limit fails; there is no limit if that is 0.
func NewRecording(traces []Kept, limit int) *Recording {
	r := &Recording{limit: limit}
	for _, k := range traces {
		r.kept = append(r.kept, kept{Kept: k})
	}
	return r
}

// Samples is what the trial has added to the trace, in that order, until the next
// one starts; nil if the trace is not recorded.
func (r *Recording) Samples(tr *Trace) []Sample {
	if k := r.of(tr); k != nil {
		return k.samples
	}
	return nil
}

// All is what the trial has added to each trace, in the order in which the recording
// was given them; nil if there is no recording.
func (r *Recording) All() (all [][]Sample) {
	if r == nil {
		return nil
	}
	for i := range r.kept {
		all = append(all, r.kept[i].samples)
	}
	return all
}

// Records reports whether the trace is recorded.
func (r *Recording) Records(tr *Trace) bool { return r.of(tr) != nil }

func (r *Recording) of(tr *Trace) *kept {
	if r == nil {
		return nil
	}
	for i := range r.kept {
		if r.kept[i].Trace == tr {
			return &r.kept[i]
		}
	}
	return nil
}

func (r *Recording) reset() {
	r.held = 0
	for i := range r.kept {
		k := &r.kept[i]
		k.samples = k.samples[:0]
		clear(k.seen)
	}
}

// Record has the trials that are started from now on add to r, or to nothing if r
// is nil. What one has added holds until the next starts.
func (t *Trial) Record(r *Recording) { t.recording = r }

// Recording is what the trial adds its traces to, nil if to nothing.
func (t *Trial) Recording() *Recording { return t.recording }

// Recorded reports whether what is added to the trace is kept: whether it is worth
// computing.
func (tr *Trace) Recorded(t *Trial) bool { return t.recording.Records(tr) }

// Add adds the values 0, 1, 2, ... of a time.
func (tr *Trace) Add(t *Trial, time float64, values ...float64) {
	if t.recording == nil {
		return
	}
	tr.AddFrom(t, time, 0, values...)
}

// AddFrom adds the values first, first+1, ... of a time. A trial that has added
// more than its recording takes ends here.
func (tr *Trace) AddFrom(t *Trial, time float64, first int, values ...float64) {
	k := t.recording.of(tr)
	if k == nil {
		return
	}
	before := len(k.samples)
	if k.Every > 1 {
		for more := first + len(values) - len(k.seen); more > 0; more-- {
			k.seen = append(k.seen, 0)
		}
	}
	for i, x := range values {
		if k.Every > 1 {
			n := &k.seen[first+i]
			*n++
			if (*n-1)%k.Every != 0 {
				continue
			}
		}
		k.samples = append(k.samples, Sample{time, first + i, x})
	}
	t.recording.hold(len(k.samples) - before)
}

// TraceClass is the class of the failure of a trial whose traces are too long.
const TraceClass = "trace"

// hold counts samples, and ends the trial where there are too many: [Model.Execute]
// makes a failure of it.
func (r *Recording) hold(samples int) {
	r.held += samples
	if r.limit == 0 || r.held <= r.limit {
		return
	}
	most := &r.kept[0]
	for i := range r.kept {
		if len(r.kept[i].samples) > len(most.samples) {
			most = &r.kept[i]
		}
	}
	panic(&Failure{Class: TraceClass, Message: fmt.Sprintf("the traces of the trial have more than %d numbers, which is the limit, and %s has most of them: keep fewer, as with record: {%s: {every: %d}}",
		r.limit, most.Trace.Name, most.Trace.Name, 10*most.Every)})
}

// Along is m, or, where the trace is recorded, a map that does the same and adds
// the state that it is first taken from, at time 0, and after each step, which
// takes dt. It is for the steps of one orbit.
func (tr *Trace) Along(t *Trial, m dynamics.Map, dt float64) dynamics.Map {
	if !tr.Recorded(t) {
		return m
	}
	return &along{Map: m, trace: tr, trial: t, dt: dt}
}

type along struct {
	dynamics.Map
	trace *Trace
	trial *Trial
	dt    float64
	steps int
}

func (a *along) Step(dst, x []float64) {
	if a.steps == 0 {
		a.trace.Add(a.trial, 0, x...)
	}
	a.Map.Step(dst, x)
	a.steps++
	a.trace.Add(a.trial, float64(a.steps)*a.dt, dst...)
}
