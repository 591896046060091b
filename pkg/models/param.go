package models

import (
	"fmt"
	"math"
	"strings"
)

// Param is a declared parameter: an [IntParam], [FloatParam], [TextParam] or
// [FlagParam].
type Param interface {
	Decl() *ParamDecl
}

// ParamDecl says what a parameter is: all that a reader of specs, a printer of
// help and a writer of columns need.
type ParamDecl struct {
	Name    string
	Kind    Kind
	Default Value    // not set for an optional parameter
	Choices []string // of a text parameter
	Unit    string   // "" for a pure number
	Doc     string   // one sentence, without its full stop

	// Optional parameters have no default; the model asks with Lookup.
	Optional bool

	min, max         float64
	minOpen, maxOpen bool
	odd              bool
}

// Decl returns d itself, so that every parameter is a [Param].
func (d *ParamDecl) Decl() *ParamDecl { return d }

// Check says whether v may be given to the parameter; the error completes a
// sentence that begins with the parameter's name.
func (d *ParamDecl) Check(v Value) error {
	if !v.IsSet() {
		if d.Optional {
			return nil
		}
		return fmt.Errorf("needs a value")
	}
	if v.kind != d.Kind {
		return fmt.Errorf("takes %s, not the %s %s", article(d.Kind), v.kind, v)
	}
	switch d.Kind {
	case TextKind:
		for _, c := range d.Choices {
			if c == v.text {
				return nil
			}
		}
		return fmt.Errorf("takes %s, not %q", Either(d.Choices), v.text)
	case FloatKind, IntKind:
		x := v.Float()
		switch {
		case math.IsInf(x, 0):
			return fmt.Errorf("takes finite numbers")
		case x < d.min || d.minOpen && x == d.min, x > d.max || d.maxOpen && x == d.max:
			return fmt.Errorf("must %s, not %s", d.demand(), v)
		case d.odd && v.Int()%2 == 0:
			return fmt.Errorf("must be odd, not %s", v)
		}
	}
	return nil
}

// Range says which numbers are admitted, "[0, 1)" or "[1, 9], odd"; "" if all are.
func (d *ParamDecl) Range() string {
	if d.odd {
		return strings.TrimPrefix(d.interval()+", odd", ", ")
	}
	return d.interval()
}

func (d *ParamDecl) interval() string {
	if math.IsInf(d.min, -1) && math.IsInf(d.max, 1) {
		return ""
	}
	open, shut := "[", "]"
	if d.minOpen || math.IsInf(d.min, -1) {
		open = "("
	}
	if d.maxOpen || math.IsInf(d.max, 1) {
		shut = ")"
	}
	return fmt.Sprintf("%s%g, %g%s", open, d.min, d.max, shut)
}

// demand says what a number must do to be admitted.
func (d *ParamDecl) demand() string {
	low, high := "be at least", "be at most"
	if d.minOpen {
		low = "be above"
	}
	if d.maxOpen {
		high = "be below"
	}
	switch {
	case math.IsInf(d.max, 1):
		return fmt.Sprintf("%s %g", low, d.min)
	case math.IsInf(d.min, -1):
		return fmt.Sprintf("%s %g", high, d.max)
	}
	return "lie in " + d.interval()
}

func article(k Kind) string {
	switch k {
	case IntKind:
		return "an integer"
	case FlagKind:
		return "true or false"
	case TextKind:
		return "a text"
	}
	return "a number"
}

// Either lists choices as a sentence does: a, b or c.
func Either(choices []string) string {
	s := ""
	for i, c := range choices {
		switch {
		case i == 0:
		case i == len(choices)-1:
			s += " or "
		default:
			s += ", "
		}
		s += c
	}
	return s
}

func declare(name string, kind Kind, def Value, doc string) ParamDecl {
	return ParamDecl{Name: name, Kind: kind, Default: def, Doc: doc, min: math.Inf(-1), max: math.Inf(1)}
}

// IntParam is an integer parameter.
type IntParam struct{ ParamDecl }

// Int declares an integer parameter with its default.
func Int(name string, def int64, doc string) *IntParam {
	return &IntParam{declare(name, IntKind, IntValue(def), doc)}
}

// OptionalInt declares an integer parameter that may be left unset.
func OptionalInt(name, doc string) *IntParam {
	p := &IntParam{declare(name, IntKind, Value{}, doc)}
	p.ParamDecl.Optional = true
	return p
}

// AtLeast admits no value below min.
func (p *IntParam) AtLeast(min int64) *IntParam { p.min = float64(min); return p }

// AtMost admits no value above max.
func (p *IntParam) AtMost(max int64) *IntParam { p.max = float64(max); return p }

// Odd admits odd values only.
func (p *IntParam) Odd() *IntParam { p.odd = true; return p }

// In gives the parameter a unit.
func (p *IntParam) In(unit string) *IntParam { p.ParamDecl.Unit = unit; return p }

// Of is the parameter's value in the trial.
func (p *IntParam) Of(t *Trial) int { return int(t.value(&p.ParamDecl).Int()) }

// Lookup is the parameter's value in the trial and whether it has one.
func (p *IntParam) Lookup(t *Trial) (int, bool) {
	v := t.value(&p.ParamDecl)
	return int(v.Int()), v.IsSet()
}

// FloatParam is a parameter with float64 values.
type FloatParam struct{ ParamDecl }

// Float declares a number parameter with its default.
func Float(name string, def float64, doc string) *FloatParam {
	return &FloatParam{declare(name, FloatKind, FloatValue(def), doc)}
}

// OptionalFloat declares a number parameter that may be left unset.
func OptionalFloat(name, doc string) *FloatParam {
	p := &FloatParam{declare(name, FloatKind, Value{}, doc)}
	p.ParamDecl.Optional = true
	return p
}

// AtLeast admits no value below min.
func (p *FloatParam) AtLeast(min float64) *FloatParam { p.min = min; return p }

// AtMost admits no value above max.
func (p *FloatParam) AtMost(max float64) *FloatParam { p.max = max; return p }

// Above admits values above min only.
func (p *FloatParam) Above(min float64) *FloatParam { p.min, p.minOpen = min, true; return p }

// Below admits values below max only.
func (p *FloatParam) Below(max float64) *FloatParam { p.max, p.maxOpen = max, true; return p }

// In gives the parameter a unit.
func (p *FloatParam) In(unit string) *FloatParam { p.ParamDecl.Unit = unit; return p }

// Of is the parameter's value in the trial.
func (p *FloatParam) Of(t *Trial) float64 { return t.value(&p.ParamDecl).Float() }

// Lookup is the parameter's value in the trial and whether it has one.
func (p *FloatParam) Lookup(t *Trial) (float64, bool) {
	v := t.value(&p.ParamDecl)
	return v.Float(), v.IsSet()
}

// TextParam is a parameter that takes one of a few names.
type TextParam struct{ ParamDecl }

// Choice declares a parameter that takes one of the choices, by default the
// first.
func Choice(name, doc string, choices ...string) *TextParam {
	p := &TextParam{declare(name, TextKind, TextValue(choices[0]), doc)}
	p.ParamDecl.Choices = choices
	return p
}

// Of is the parameter's value in the trial.
func (p *TextParam) Of(t *Trial) string { return t.value(&p.ParamDecl).Text() }

// FlagParam is a parameter that is true or false.
type FlagParam struct{ ParamDecl }

// Flag declares a parameter that is true or false, with its default.
func Flag(name string, def bool, doc string) *FlagParam {
	return &FlagParam{declare(name, FlagKind, FlagValue(def), doc)}
}

// Of is the parameter's value in the trial.
func (p *FlagParam) Of(t *Trial) bool { return t.value(&p.ParamDecl).Flag() }
