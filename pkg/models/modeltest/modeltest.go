// Package modeltest holds the checks that every model passes. A model's test
// calls [Run] once:
//
//	func TestModel(t *testing.T) { modeltest.Run(t, Model, "example.yaml") }
//
// The checks, in order: the model is declared properly; its example reads and
// plans; all of the example's trials run, in seconds; a point gives the same
// bits whatever was run before it or beside it, and with its traces recorded; a
// state that is handed on is all that goes from one trial to the next; another
// replicate gives other numbers; each measure can be asked for alone, and all at
// once; a series has the length that is declared, also with other values of what
// that depends on; a trial stops when told.
package modeltest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/neurosweep/sweep/pkg/experiment"
	"github.com/neurosweep/sweep/pkg/models"
)

const (
	// maxTrials is how many trials an example may have.
	maxTrials = 10_000
	// samples is how many of them are run again.
	samples = 8
)

// The times that are allowed. All are long for a loaded machine.
var (
	runTime  = 60 * time.Second // for the whole example
	stopTime = time.Second      // from the stop to the return
	stopWait = 5 * time.Millisecond
)

// Run checks the model with its example, a spec file. A check that fails ends
// the run: those behind it would fail for the same reason.
func Run(t *testing.T, m *models.Model, example string) {
	t.Helper()
	s := &subject{model: m, example: example}
	for _, c := range checks {
		if !t.Run(c.name, func(t *testing.T) {
			if err := c.check(s); err != nil {
				t.Error(err)
			}
		}) {
			return
		}
	}
}

// subject is a model being checked. Each check finds what those before it
// have made.
type subject struct {
	model   *models.Model
	example string
	plan    *experiment.Plan
	slots   map[int64][]models.Slot // what the sampled trials put
	after   map[int64][]float64     // and the states that they left
}

// checks are the checks in order.
var checks = []struct {
	name  string
	check func(*subject) error
}{
	{"is declared properly", (*subject).declared},
	{"example plans", (*subject).plans},
	{"example runs in seconds", (*subject).runs},
	{"same point gives same bits", (*subject).repeats},
	{"recording changes no bit", (*subject).records},
	{"hands its state on", (*subject).carries},
	{"another replicate gives other numbers", (*subject).varies},
	{"measures what is asked for", (*subject).measures},
	{"puts lists of the length declared", (*subject).lengths},
	{"stops when told", (*subject).stops},
}

func (s *subject) declared() error { return s.model.Validate() }

func (s *subject) plans() error {
	spec, err := experiment.Read(s.example, experiment.Options{Models: []*models.Model{s.model}})
	if err != nil {
		return fmt.Errorf("the example:\n%w", err)
	}
	s.plan = spec.Plan()
	s.model = spec.Model // with what the example asks for
	if n := s.plan.Len(); n > maxTrials {
		return fmt.Errorf("the example has %d trials; an example has at most %d", n, maxTrials)
	}
	return nil
}

// sampled are trials spread over the plan, the first and the last among them.
func (s *subject) sampled() []int64 {
	n := s.plan.Len()
	var trials []int64
	for i := range int64(samples) {
		trials = append(trials, i*(n-1)/(samples-1))
	}
	return slices.Compact(trials)
}

// runs runs every trial of the example, many at once as the engine does, and
// keeps what the sampled ones put.
func (s *subject) runs() error {
	late := errors.New("late")
	ctx, cancel := context.WithTimeoutCause(context.Background(), runTime, late)
	defer cancel()
	sampled := s.sampled()
	s.slots, s.after = make(map[int64][]models.Slot), make(map[int64][]float64)

	var next atomic.Int64
	var mu sync.Mutex // guards s.slots, s.after and first
	var first error
	var workers sync.WaitGroup
	for range max(2, runtime.GOMAXPROCS(0)) {
		workers.Go(func() {
			t := s.plan.Setting().NewTrial()
			var p models.Point
			for ctx.Err() == nil {
				trial := next.Add(1) - 1
				if trial >= s.plan.Len() {
					return
				}
				s.plan.Point(trial, &p)
				t.Start(&p)
				err := s.model.Execute(ctx, t)
				mu.Lock()
				switch {
				case err != nil && first == nil:
					first = fmt.Errorf("%s: %w", s.describe(&p), err)
					cancel()
				case err == nil && slices.Contains(sampled, trial):
					s.slots[trial], s.after[trial] = copySlots(t.Slots), slices.Clone(t.After)
				}
				mu.Unlock()
			}
		})
	}
	workers.Wait()
	if context.Cause(ctx) == late {
		return fmt.Errorf("the example runs longer than %v", runTime)
	}
	return first
}

// repeats runs sampled points again: in another order, one after another in
// one trial object, and each twice with another point in between.
func (s *subject) repeats() error {
	t := s.plan.Setting().NewTrial()
	sampled := s.sampled()
	for i := len(sampled) - 1; i >= 0; i-- {
		trial, other := sampled[i], sampled[(i+len(sampled)/2)%len(sampled)]
		for _, run := range []int64{trial, trial, other, trial} {
			var p models.Point
			s.plan.Point(run, &p)
			t.Start(&p)
			if err := s.model.Execute(context.Background(), t); err != nil {
				return fmt.Errorf("%s: run again: %w", s.describe(&p), err)
			}
			if err := s.same(s.slots[run], t.Slots); err != nil {
				return fmt.Errorf("%s: the same point gave other bits when it was run again: %w", s.describe(&p), err)
			}
		}
	}
	return nil
}

// records runs sampled points again with all traces recorded: they give the same
// bits and leave the same state, and each trace has values at one of them at
// least, at times that do not go back.
func (s *subject) records() error {
	if len(s.model.Traces) == 0 {
		return nil
	}
	added := make(map[*models.Trace]bool)
	for _, trial := range s.sampled() {
		var all []models.Kept
		for _, tr := range s.model.Traces {
			all = append(all, models.Kept{Trace: tr, Every: 1})
		}
		r := models.NewRecording(all, 0)
		t := s.plan.Setting().NewTrial()
		t.Record(r)
		var p models.Point
		s.plan.Point(trial, &p)
		t.Start(&p)
		if err := s.model.Execute(context.Background(), t); err != nil {
			return fmt.Errorf("%s, recorded: %w", s.describe(&p), err)
		}
		if err := s.same(s.slots[trial], t.Slots); err != nil {
			return fmt.Errorf("%s: the same point gave other bits when it was recorded: %w", s.describe(&p), err)
		}
		if s.model.Carries && !sameFloats(s.after[trial], t.After) {
			return fmt.Errorf("%s: the same point left another state when it was recorded", s.describe(&p))
		}
		for _, tr := range s.model.Traces {
			samples := r.Samples(tr)
			last := make(map[int]float64)
			for _, x := range samples {
				if before, seen := last[x.I]; math.IsNaN(x.Time) || seen && x.Time <= before {
					return fmt.Errorf("%s: trace %s has value %d at time %v after %v", s.describe(&p), tr.Name, x.I, x.Time, before)
				}
				last[x.I] = x.Time
			}
			added[tr] = added[tr] || len(samples) > 0
		}
	}
	for _, tr := range s.model.Traces {
		if !added[tr] {
			return fmt.Errorf("trace %s was never added to", tr.Name)
		}
	}
	return nil
}

// carries runs pairs of sampled points as links of a chain: the second gives the
// same bits, and leaves the same state, in the trial object of the first as in a
// fresh one that is given the first's last state.
func (s *subject) carries() error {
	if !s.model.Carries {
		return nil
	}
	sampled := s.sampled()
	for i, trial := range sampled {
		var first, second models.Point
		s.plan.Point(trial, &first)
		s.plan.Point(sampled[(i+1)%len(sampled)], &second)
		used, fresh := s.plan.Setting().NewTrial(), s.plan.Setting().NewTrial()
		link := func(t *models.Trial, p *models.Point, before []float64) error {
			t.Start(p)
			given := slices.Clone(before)
			t.Before = given
			if err := s.model.Execute(context.Background(), t); err != nil {
				return fmt.Errorf("%s, begun with a state: %w", s.describe(p), err)
			}
			if !sameFloats(given, before) {
				return fmt.Errorf("%s: the state that the trial was given was changed", s.describe(p))
			}
			return nil
		}
		if err := link(used, &first, nil); err != nil {
			return err
		}
		state := slices.Clone(used.After)
		if err := link(used, &second, state); err != nil {
			return err
		}
		if err := link(fresh, &second, state); err != nil {
			return err
		}
		err := s.same(fresh.Slots, used.Slots)
		if err == nil && !sameFloats(fresh.After, used.After) {
			err = errors.New("the state left")
		}
		if err != nil {
			return fmt.Errorf("%s: what a link gives depends on more than the state handed on: %w", s.describe(&second), err)
		}
	}
	return nil
}

// varies runs sampled points in another replicate; at one of them at least
// something must change.
func (s *subject) varies() error {
	if len(s.model.Streams) == 0 {
		return nil
	}
	t := s.plan.Setting().NewTrial()
	for _, trial := range s.sampled() {
		var p models.Point
		s.plan.Point(trial, &p)
		for range 3 {
			p.Replicate++
			t.Start(&p)
			if err := s.model.Execute(context.Background(), t); err != nil {
				return fmt.Errorf("%s: %w", s.describe(&p), err)
			}
			if s.same(s.slots[trial], t.Slots) != nil {
				return nil
			}
		}
	}
	return errors.New("other replicates put the same values at all points tried: the streams are declared and not used")
}

// measures runs sampled points asking for each measure alone, for none and for
// all: every output asked for is put, and the same bits twice.
func (s *subject) measures() error {
	m := s.model
	if len(m.Measures) == 0 {
		return nil
	}
	asks := [][]*models.Measure{nil, m.Measures}
	for _, x := range m.Measures {
		asks = append(asks, []*models.Measure{x})
	}
	sampled := s.sampled()
	for i, asked := range asks {
		derived := m.Asking(asked...)
		p := s.asking(derived, sampled[i%len(sampled)])
		t := models.NewSetting(derived, 1, nil).NewTrial()
		var before []models.Slot
		for range 2 {
			t.Start(p)
			if err := derived.Execute(context.Background(), t); err != nil {
				return fmt.Errorf("asking for %s: %w", names(asked), err)
			}
			if before != nil {
				if err := (&subject{model: derived}).same(before, t.Slots); err != nil {
					return fmt.Errorf("asking for %s: the same point gave other bits: %w", names(asked), err)
				}
			}
			before = copySlots(t.Slots)
		}
	}
	return nil
}

// asking is a trial's point for the model that asks for something else: what that
// adds has its default.
func (s *subject) asking(derived *models.Model, trial int64) *models.Point {
	var p models.Point
	s.plan.Point(trial, &p)
	given := p.Values
	p.Values = nil
	for _, param := range derived.Params {
		v := param.Decl().Default
		if k := s.model.Param(param.Decl().Name); k >= 0 {
			v = given[k]
		}
		p.Values = append(p.Values, v)
	}
	p.Index = make([]int64, len(p.Values))
	return &p
}

// lengths runs a sampled point, asking for all measures, with other values of the
// parameters that lengths of series depend on: what is put has the length
// declared. Points that the model refuses are passed by.
func (s *subject) lengths() error {
	m := s.model.Asking(s.model.Measures...)
	t := models.NewSetting(m, 1, nil).NewTrial()
	try := func(p *models.Point) error {
		t.Start(p)
		if m.Run(context.Background(), t) != nil {
			return nil
		}
		for i, o := range m.Outputs {
			d := o.Decl()
			if n := len(t.Slots[i].Series); t.Slots[i].State == models.Set && d.Length != nil && n != d.Length.Of(t) {
				return fmt.Errorf("%s has %d numbers and its length, %s, is %d", d.Name, n, d.Length.Text, d.Length.Of(t))
			}
		}
		return nil
	}
	var params []models.Param
	fixed := false
	for _, o := range m.Outputs {
		if l := o.Decl().Length; l != nil {
			params = append(params, l.Params...)
			fixed = fixed || len(l.Params) == 0
		}
	}
	if fixed {
		if err := try(s.asking(m, 0)); err != nil {
			return err
		}
	}
	for i, param := range params {
		if slices.Contains(params[:i], param) {
			continue
		}
		p := s.asking(m, 0)
		d := param.Decl()
		at := m.Param(d.Name)
		for _, v := range smaller(d, p.Values[at]) {
			p.Values[at] = v
			if err := try(p); err != nil {
				return fmt.Errorf("%s=%s: %w", d.Name, v, err)
			}
		}
	}
	return nil
}

// smaller are values of a parameter that make no trial longer than v does: the
// least integers, half of it, and all choices.
func smaller(d *models.ParamDecl, v models.Value) (list []models.Value) {
	switch v.Kind() {
	case models.IntKind:
		list = []models.Value{models.IntValue(1), models.IntValue(2), models.IntValue(3), models.IntValue((v.Int() + 1) / 2)}
	case models.FloatKind:
		list = []models.Value{models.FloatValue(v.Float() / 2)}
	case models.FlagKind:
		list = []models.Value{models.FlagValue(false), models.FlagValue(true)}
	}
	for _, c := range d.Choices {
		list = append(list, models.TextValue(c))
	}
	return slices.DeleteFunc(list, func(x models.Value) bool { return d.Check(x) != nil || x.Float() > v.Float() })
}

// names lists measures in messages.
func names(asked []*models.Measure) string {
	if len(asked) == 0 {
		return "nothing"
	}
	var list []string
	for _, x := range asked {
		list = append(list, x.Name)
	}
	return strings.Join(list, ", ")
}

// stops runs sampled points under a context that is done beforehand, and one
// that is done soon after the start.
func (s *subject) stops() error {
	stop := errors.New("stopped by the test")
	for _, trial := range s.sampled() {
		for _, wait := range []time.Duration{0, stopWait} {
			var p models.Point
			s.plan.Point(trial, &p)
			ctx, cancel := context.WithCancelCause(context.Background())
			if wait == 0 {
				cancel(stop)
			}
			done := make(chan error, 1)
			go func() {
				t := s.plan.Setting().NewTrial()
				t.Start(&p)
				done <- s.model.Execute(ctx, t)
			}()
			time.Sleep(wait)
			cancel(stop)
			select {
			case err := <-done:
				if err != nil && err != stop {
					return fmt.Errorf("%s: a stopped trial gave %q; it returns the context's error or finishes", s.describe(&p), err)
				}
			case <-time.After(stopTime):
				return fmt.Errorf("%s: the trial still ran %v after it was told to stop", s.describe(&p), stopTime)
			}
		}
	}
	return nil
}

// describe names a point in messages.
func (s *subject) describe(p *models.Point) string {
	var b strings.Builder
	fmt.Fprintf(&b, "trial %d (", p.Trial)
	for i, v := range p.Values {
		if v.IsSet() {
			fmt.Fprintf(&b, "%s=%s ", s.model.Params[i].Decl().Name, v)
		}
	}
	fmt.Fprintf(&b, "replicate=%d)", p.Replicate)
	return b.String()
}

// same says which output differs between two trials, bit by bit.
func (s *subject) same(a, b []models.Slot) error {
	for i := range b {
		if !sameSlot(&a[i], &b[i]) {
			return fmt.Errorf("output %s", s.model.Outputs[i].Decl().Name)
		}
	}
	return nil
}

func sameSlot(a, b *models.Slot) bool {
	if a.State != b.State {
		return false
	}
	// Without a value a slot holds what an earlier trial left in it.
	return a.State != models.Set || a.Bits == b.Bits && a.Text == b.Text && sameFloats(a.Series, b.Series)
}

// sameFloats compares bit by bit.
func sameFloats(a, b []float64) bool {
	return slices.EqualFunc(a, b, func(x, y float64) bool {
		return math.Float64bits(x) == math.Float64bits(y)
	})
}

func copySlots(slots []models.Slot) []models.Slot {
	c := slices.Clone(slots)
	for i := range c {
		c[i].Series = slices.Clone(c[i].Series)
	}
	return c
}

// Numbers runs all trials of a spec, given without its model, and is the numbers, by
// the names of the outputs, that each put.
func Numbers(t *testing.T, m *models.Model, spec string) (all []map[string]float64) {
	t.Helper()
	read, err := experiment.Parse("spec.yaml", []byte("model: "+m.Name+"\n"+spec), experiment.Options{Models: []*models.Model{m}})
	if err != nil {
		t.Fatal(err)
	}
	plan := read.Plan()
	trial := plan.Setting().NewTrial()
	for k := range plan.Len() {
		var p models.Point
		plan.Point(k, &p)
		trial.Start(&p)
		if err := m.Execute(t.Context(), trial); err != nil {
			t.Fatal(err)
		}
		row := make(map[string]float64)
		for i, o := range m.Outputs {
			switch slot := &trial.Slots[i]; {
			case slot.State != models.Set:
			case o.Decl().Kind == models.ScalarKind:
				row[o.Decl().Name] = slot.Float()
			case o.Decl().Kind == models.IntegerKind:
				row[o.Decl().Name] = float64(int64(slot.Bits))
			}
		}
		all = append(all, row)
	}
	return all
}
