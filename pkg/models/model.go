// Package models is the contract between a model and the engine.
//
// A [Model] is data and one function. Its [Param] and [Output] values and its
// streams are declared once, as package variables of the model, and used by
// handle: n.Of(t) reads a parameter, overlap.Put(t, m) records a measurement,
// weights.Of(t) is a random generator. A [Point] says where the model is run;
// a [Trial] is the act of running it there. [Model.Execute] runs a trial and
// turns a panic into a failure.
package models

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"runtime"
	"strings"
)

// Model is one model.
type Model struct {
	// Name is the model's name in specs: its folder's name.
	Name string
	// Doc is the model's help text: the embedded doc.go. Its first sentence
	// stands in lists of models.
	Doc string
	// Version is raised when the same point would give other numbers.
	Version int
	// Params are the parameters that may be set or swept.
	Params []Param
	// OneOf lists groups of optional parameters of which a spec gives exactly
	// one.
	OneOf [][]Param
	// Outputs are what Run measures.
	Outputs []Output
	// Traces are what Run goes through on the way, kept only where a spec asks for
	// it or a trial is run again to record them.
	Traces []*Trace
	// Streams are the model's random streams.
	Streams []*Stream
	// Measures are what a spec may ask for besides, in the order in which Run
	// makes them; Run heeds [Trial.Asks]. What those asked for add to Params,
	// Outputs and Streams is there after [Model.Asking].
	Measures []*Measure
	// Size lists the parameters that say how much work a trial is: its time
	// goes about as a product of powers of them. From them and the trials that
	// have ended the engine predicts how long others take; no number depends
	// on them. Those of measures that are not asked for count for nothing.
	Size []Param
	// Carries says that Run begins with the state Trial.Before where there is
	// one, and leaves its last state in Trial.After, so that a spec can hand the
	// state on along an axis. A state is at least one number; Run does not
	// change Before.
	Carries bool
	// Run runs the model at the trial's point. It returns an error if no
	// measurement could be made there, and soon after ctx is done; how an orbit
	// ended (converged, diverged, no period found) is an output, not an error.
	Run func(ctx context.Context, t *Trial) error

	asked []*Measure
	bare  *Model // without what is asked for; nil of a model as declared
}

// names admits what is a plain column name to every reader of Parquet.
var names = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

// Reserved are the columns that the engine writes; no parameter or output may
// have one of these names.
var reserved = []string{"trial", "id", "replicate", "status", "error", "error_class", "state", "seed", "model"}

// Validate says what is wrong with the declaration: a missing doc, a bad or
// repeated name, a default that its own parameter does not admit, a stream that
// depends on a parameter of another model.
func (m *Model) Validate() error {
	var errs []error
	bad := func(format string, args ...any) {
		errs = append(errs, fmt.Errorf("model %s: %s", m.Name, fmt.Sprintf(format, args...)))
	}
	if !names.MatchString(m.Name) {
		bad("the name must match %s", names)
	}
	if len(m.Summary()) < 10 || !strings.Contains(m.Help(), "\n\n") {
		bad("the doc needs a first sentence and an account of the model")
	}
	if m.Version < 1 {
		bad("the version must be at least 1")
	}
	if m.Run == nil {
		bad("there is no Run")
	}
	if len(m.Asking().Outputs) == 0 {
		bad("there is no output")
	}
	seen := make(map[string]bool)
	column := func(name, doc string) {
		if !names.MatchString(name) {
			bad("%q: a name must match %s", name, names)
		}
		if contains(reserved, name) {
			bad("%q is a column of the engine's", name)
		}
		if seen[name] {
			bad("%q is declared twice", name)
		}
		seen[name] = true
		if doc == "" || strings.HasSuffix(doc, ".") {
			bad("%s: the doc must be a sentence without its full stop", name)
		}
	}
	for _, p := range m.Params {
		d := p.Decl()
		column(d.Name, d.Doc)
		column(d.Name+"_i", d.Doc)
		if err := d.Check(d.Default); err != nil {
			bad("the default of %s: %v", d.Name, err)
		}
	}
	for _, group := range m.OneOf {
		for _, p := range group {
			if !p.Decl().Optional || m.param(p.Decl()) < 0 {
				bad("%s is in OneOf and not an optional parameter", p.Decl().Name)
			}
		}
	}
	for _, o := range m.Outputs {
		d := o.Decl()
		column(d.Name, d.Doc)
		if d.Length == nil {
			continue
		}
		if d.Kind != SeriesKind {
			bad("%s has a length and is no series", d.Name)
		}
		if err := m.checkLength(d.Length); err != nil {
			bad("the length of %s: %v", d.Name, err)
		}
	}
	traces := make(map[string]bool)
	for _, tr := range m.Traces {
		if !names.MatchString(tr.Name) || traces[tr.Name] {
			bad("trace %q: a name must match %s and be used once", tr.Name, names)
		}
		if tr.Doc == "" || strings.HasSuffix(tr.Doc, ".") || tr.Time == "" {
			bad("trace %s: it needs a unit of its times, and a doc that is a sentence without its full stop", tr.Name)
		}
		traces[tr.Name] = true
	}
	for _, p := range m.Size {
		if d := p.Decl(); m.param(d) < 0 || d.Kind != IntKind && d.Kind != FloatKind {
			bad("%s is in Size and not a parameter that is a number", d.Name)
		}
	}
	seen = make(map[string]bool)
	for _, s := range m.Streams {
		if !names.MatchString(s.Name) || seen[s.Name] {
			bad("stream %q: a name must match %s and be used once", s.Name, names)
		}
		seen[s.Name] = true
		for _, p := range s.Depends {
			if m.param(p.Decl()) < 0 {
				bad("stream %s depends on %s, which is not a parameter", s.Name, p.Decl().Name)
			}
		}
	}
	offered := make(map[string]bool)
	for _, x := range m.Measures {
		if !names.MatchString(x.Name) || offered[x.Name] {
			bad("measure %q: a name must match %s and be used once", x.Name, names)
		}
		offered[x.Name] = true
		if x.Doc == "" || strings.HasSuffix(x.Doc, ".") {
			bad("measure %s: the doc must be a sentence without its full stop", x.Name)
		}
		if len(x.Outputs) == 0 {
			bad("measure %s has no output", x.Name)
		}
	}
	if all := m.Asking(m.Measures...); len(errs) == 0 && len(m.asked) < len(m.Measures) {
		return all.Validate()
	}
	return errors.Join(errs...)
}

// checkLength says whether a length is a function of parameters of the model and
// asks for no others.
func (m *Model) checkLength(l *Length) (err error) {
	var defaults []Value
	for _, p := range l.Params {
		if m.param(p.Decl()) < 0 {
			return fmt.Errorf("it depends on %s, which is not a parameter", p.Decl().Name)
		}
		defaults = append(defaults, p.Decl().Default)
	}
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("of the parameters that it depends on it cannot be computed: %v", r)
		}
	}()
	l.At(defaults)
	return nil
}

// Summary is the first sentence of the doc.
func (m *Model) Summary() string {
	text := m.Help()
	if i := strings.Index(text, "\n\n"); i >= 0 {
		text = text[:i]
	}
	text = strings.Join(strings.Fields(text), " ")
	if i := strings.Index(text, ". "); i >= 0 {
		text = text[:i+1]
	}
	return strings.TrimPrefix(text, "Package "+m.Name+" is ")
}

// Help is the doc as plain text: the package comment without its slashes.
func (m *Model) Help() string {
	var b strings.Builder
	for line := range strings.Lines(m.Doc) {
		if strings.HasPrefix(line, "package ") {
			break
		}
		line = strings.TrimPrefix(line, "//")
		b.WriteString(strings.TrimPrefix(line, " "))
	}
	return strings.TrimSpace(b.String())
}

// Param is the place of the parameter of that name in Params, or -1.
func (m *Model) Param(name string) int {
	for i, p := range m.Params {
		if p.Decl().Name == name {
			return i
		}
	}
	return -1
}

// HasColumn reports whether the data set of the model's trials has a column of
// that name of its own.
func (m *Model) HasColumn(name string) bool {
	if contains(reserved, name) || m.Param(name) >= 0 || m.Param(strings.TrimSuffix(name, "_i")) >= 0 {
		return true
	}
	for _, o := range m.Outputs {
		if o.Decl().Name == name {
			return true
		}
	}
	return false
}

func (m *Model) param(d *ParamDecl) int {
	for i, p := range m.Params {
		if p.Decl() == d {
			return i
		}
	}
	return -1
}

// Stream is a named source of randomness.
type Stream struct {
	Name    string
	Depends []Param // the parameters that it is a function of, beside seed and replicate
}

// NewStream declares a random stream and the parameters it depends on: trials
// that differ in other parameters only draw the same numbers from it.
func NewStream(name string, depends ...Param) *Stream {
	return &Stream{Name: name, Depends: depends}
}

// Failure is why a trial has no measurements.
type Failure struct {
	Class   string // "error", "panic", "timeout", "memory", "carry", "trace", "size", "crash"
	Message string
	Stack   string // of a panic: one call a line, without addresses
}

func (f *Failure) Error() string { return f.Class + ": " + f.Message }

// Execute runs the trial. A panic, a timeout (the context's cause is
// [context.DeadlineExceeded]), an error, an output that was not put or a series
// of another length than declared becomes a failure; a context's cause that is a
// [Failure] is that of a trial that heeds it. When ctx ends for any other reason
// the error is its cause: the trial was stopped and has no result.
func (m *Model) Execute(ctx context.Context, t *Trial) (err error) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case *Failure: // of a trial that ends itself
			err = r
		default:
			err = &Failure{Class: "panic", Message: fmt.Sprint(r), Stack: stack()}
		}
	}()
	if err := m.Run(ctx, t); err != nil {
		if ctx.Err() != nil {
			cause := context.Cause(ctx)
			var f *Failure
			if errors.As(cause, &f) {
				return f
			}
			if !errors.Is(cause, context.DeadlineExceeded) {
				return cause
			}
			return &Failure{Class: "timeout", Message: cause.Error()}
		}
		return &Failure{Class: "error", Message: err.Error()}
	}
	for i := range t.Slots {
		s, d := &t.Slots[i], m.Outputs[i].Decl()
		if s.State == Missing {
			return &Failure{Class: "error", Message: fmt.Sprintf("model %s version %d put no %s", m.Name, m.Version, d.Name)}
		}
		if s.State == Set && d.Length != nil && len(s.Series) != d.Length.Of(t) {
			return &Failure{Class: "error", Message: fmt.Sprintf("model %s version %d put %d numbers into %s and not %d: its length is %s", m.Name, m.Version, len(s.Series), d.Name, d.Length.Of(t), d.Length.Text)}
		}
	}
	if f := t.oversized(); f != nil {
		return f
	}
	if m.Carries && len(t.After) == 0 {
		return &Failure{Class: "error", Message: fmt.Sprintf("model %s version %d carries and left no state", m.Name, m.Version)}
	}
	return nil
}

// stack is the stack of the panic being recovered, below the runtime's own
// frames and above Execute.
func stack() string {
	pcs := make([]uintptr, 64)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(3, pcs)])
	var b strings.Builder
	for {
		f, more := frames.Next()
		if strings.HasSuffix(f.Function, ".(*Model).Execute") || !more {
			return b.String()
		}
		if strings.HasPrefix(f.Function, "runtime.") {
			continue
		}
		fmt.Fprintf(&b, "%s %s:%d\n", f.Function, f.File[strings.LastIndexByte(f.File, '/')+1:], f.Line)
	}
}
