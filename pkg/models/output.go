package models

import (
	"fmt"
	"math"
	"unicode/utf8"
)

// OutputKind is the kind of an output's values.
type OutputKind uint8

// The kinds of outputs, and the column each becomes.
const (
	ScalarKind  OutputKind = iota + 1 // float64
	IntegerKind                       // int64
	LabelKind                         // string
	BoolKind                          // boolean
	SeriesKind                        // list of float64
)

func (k OutputKind) String() string {
	switch k {
	case ScalarKind:
		return "scalar"
	case IntegerKind:
		return "integer"
	case LabelKind:
		return "label"
	case BoolKind:
		return "flag"
	case SeriesKind:
		return "series"
	}
	return fmt.Sprintf("OutputKind(%d)", uint8(k))
}

// MaxLabel is the length in bytes that a label may have.
const MaxLabel = 64 << 10

// Output is a declared output: a [ScalarOutput], [IntegerOutput],
// [LabelOutput], [FlagOutput] or [SeriesOutput].
//
// A trial puts every output exactly once, or says with None that there is no
// value (the period of an orbit in which none was found): the column then
// holds null. NaN is never a substitute for "no value".
type Output interface {
	Decl() *OutputDecl
}

// OutputDecl says what an output is.
type OutputDecl struct {
	Name   string
	Kind   OutputKind
	Unit   string   // "" for a pure number
	Doc    string   // one sentence, without its full stop
	Labels []string // the labels that may be put; any if empty
	Length *Length  // of a series; nil where it may differ between trials with the same parameters
}

// Decl returns d itself, so that every output is an [Output].
func (d *OutputDecl) Decl() *OutputDecl { return d }

// None records that the trial has no value for the output.
func (d *OutputDecl) None(t *Trial) { t.slot(d).State = Null }

// ScalarOutput is a float64 measured by a trial.
type ScalarOutput struct{ OutputDecl }

// Scalar declares a float64 output.
func Scalar(name, unit, doc string) *ScalarOutput {
	return &ScalarOutput{OutputDecl{Name: name, Kind: ScalarKind, Unit: unit, Doc: doc}}
}

// Put records the value.
func (o *ScalarOutput) Put(t *Trial, x float64) {
	s := t.slot(&o.OutputDecl)
	s.State, s.Bits = Set, math.Float64bits(x)
}

// IntegerOutput is an int64 measured by a trial.
type IntegerOutput struct{ OutputDecl }

// Integer declares an int64 output.
func Integer(name, unit, doc string) *IntegerOutput {
	return &IntegerOutput{OutputDecl{Name: name, Kind: IntegerKind, Unit: unit, Doc: doc}}
}

// Put records the value.
func (o *IntegerOutput) Put(t *Trial, n int64) {
	s := t.slot(&o.OutputDecl)
	s.State, s.Bits = Set, uint64(n)
}

// LabelOutput is a word that classifies a trial.
type LabelOutput struct{ OutputDecl }

// Label declares a text output that takes one of the labels, or any text of at
// most [MaxLabel] bytes if none is listed.
func Label(name, doc string, labels ...string) *LabelOutput {
	return &LabelOutput{OutputDecl{Name: name, Kind: LabelKind, Doc: doc, Labels: labels}}
}

// Put records the label. It panics on one that was not declared, is too long
// or is not UTF-8.
func (o *LabelOutput) Put(t *Trial, label string) {
	if len(o.Labels) > 0 && !contains(o.Labels, label) {
		panic(fmt.Sprintf("models: output %s has no label %q", o.Name, label))
	}
	if len(label) > MaxLabel || !utf8.ValidString(label) {
		panic(fmt.Sprintf("models: output %s: a label is UTF-8 of at most %d bytes", o.Name, MaxLabel))
	}
	s := t.slot(&o.OutputDecl)
	s.State, s.Text = Set, label
}

func contains(list []string, s string) bool {
	for _, l := range list {
		if l == s {
			return true
		}
	}
	return false
}

// FlagOutput is a yes or no measured by a trial.
type FlagOutput struct{ OutputDecl }

// Bool declares a yes-or-no output.
func Bool(name, doc string) *FlagOutput {
	return &FlagOutput{OutputDecl{Name: name, Kind: BoolKind, Doc: doc}}
}

// Put records the value.
func (o *FlagOutput) Put(t *Trial, b bool) {
	s := t.slot(&o.OutputDecl)
	s.State, s.Bits = Set, 0
	if b {
		s.Bits = 1
	}
}

// SeriesOutput is a list of float64 measured by a trial.
type SeriesOutput struct{ OutputDecl }

// Series declares an output that is a list of float64 of any length.
func Series(name, unit, doc string) *SeriesOutput {
	return &SeriesOutput{OutputDecl{Name: name, Kind: SeriesKind, Unit: unit, Doc: doc}}
}

// Long says how many numbers each trial puts, if it puts any. A trial that puts
// another number of them has failed.
func (o *SeriesOutput) Long(l *Length) *SeriesOutput { o.Length = l; return o }

// Put records a copy of xs.
func (o *SeriesOutput) Put(t *Trial, xs []float64) {
	s := t.slot(&o.OutputDecl)
	s.State, s.Series = Set, append(s.Series[:0], xs...)
}

// SlotState says what a trial did with an output.
type SlotState uint8

// The states of a slot.
const (
	Missing SlotState = iota // nothing was put
	Null                     // the trial has no value for it
	Set                      // a value was put
)

// Slot holds what a trial put for one output: Bits for numbers and flags, Text
// for labels, Series for series.
type Slot struct {
	State  SlotState
	Bits   uint64
	Text   string
	Series []float64
}

// Float is the slot's bits as a float64.
func (s *Slot) Float() float64 { return math.Float64frombits(s.Bits) }
