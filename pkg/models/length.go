package models

import "strconv"

// Length says how many numbers a series has in every trial that has the series,
// from the parameters alone. A data set in which it is the same everywhere has
// lists of that length, which readers take for the rows of a matrix.
type Length struct {
	Text   string  // how people read it: "keep", "min(trials, p)"
	Params []Param // what it is a function of

	of func(t *Trial) int
}

// Exactly is the length n, whatever the parameters.
func Exactly(n int) *Length {
	return &Length{Text: strconv.Itoa(n), of: func(*Trial) int { return n }}
}

// AsManyAs is the length that the parameter gives.
func AsManyAs(p *IntParam) *Length {
	return &Length{Text: p.ParamDecl.Name, Params: []Param{p}, of: p.Of}
}

// Counted is the length that of counts. It asks the trial for the values of the
// params, any of which it must take, and for nothing else.
func Counted(text string, of func(t *Trial) int, params ...Param) *Length {
	return &Length{Text: text, Params: params, of: of}
}

// Of is the length in the trial.
func (l *Length) Of(t *Trial) int { return l.of(t) }

// At is the length where Params have these values. It panics if the length asks
// for another parameter.
func (l *Length) At(values []Value) int {
	return l.of(&Trial{setting: &Setting{Model: &Model{Params: l.Params}}, point: &Point{Values: values}})
}
