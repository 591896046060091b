package models

import "github.com/neurosweep/sweep/pkg/dynamics"

// Trace is a declared trace: numbers that a trial goes through and does not
// measure, such as its state at each step. A run keeps none; a trial that is run
// again can record them. What is added changes nothing that the trial measures.
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

// Recording holds what a trial adds to traces. It keeps those that it has a key
// for.
type Recording map[*Trace][]Sample

// Record has the trials that are started from now on add to r, or to nothing if r
// is nil.
func (t *Trial) Record(r Recording) { t.recording = r }

// Recorded reports whether what is added to the trace is kept: whether it is worth
// computing.
func (tr *Trace) Recorded(t *Trial) bool {
	if t.recording == nil {
		return false
	}
	_, kept := t.recording[tr]
	return kept
}

// Add adds the values 0, 1, 2, ... of a time.
func (tr *Trace) Add(t *Trial, time float64, values ...float64) {
	if t.recording == nil {
		return
	}
	tr.AddFrom(t, time, 0, values...)
}

// AddFrom adds the values first, first+1, ... of a time.
func (tr *Trace) AddFrom(t *Trial, time float64, first int, values ...float64) {
	samples, kept := t.recording[tr]
	if !kept {
		return
	}
	for i, x := range values {
		samples = append(samples, Sample{time, first + i, x})
	}
	t.recording[tr] = samples
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
