package all_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/neurosweep/sweep/pkg/models"
	"github.com/neurosweep/sweep/pkg/models/all"
)

// deafness is the longest CPU time for which a trial may not ask whether it is to
// stop: a run promises a second.
const deafness = 800 * time.Millisecond

// TestStops runs models at points drawn from all that their parameters admit, with
// measures drawn from all that they offer, and takes the CPU time from one moment at
// which the trial asks whether it is to stop to the next. SWEEP_STOPS is how many
// points of each model are drawn.
func TestStops(t *testing.T) {
	points, budget := 6, 40*time.Millisecond
	if n, err := strconv.Atoi(os.Getenv("SWEEP_STOPS")); err == nil {
		points, budget = n, 2*time.Second
	}
	seed := uint64(1)
	if n, err := strconv.ParseUint(os.Getenv("SWEEP_STOPS_SEED"), 10, 64); err == nil {
		seed = n
	}
	for _, m := range all.Models {
		t.Run(m.Name, func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 1))
			for range points {
				asked, p := drawn(random, m)
				heeds(t, asked, p, budget)
			}
		})
	}
}

// extremes are points at which trials once were deaf for seconds, or for ever.
var extremes = []struct {
	model, measure string
	values         map[string]models.Value
}{
	{"bms", "", map[string]models.Value{"n": number(10_000)}},
	{"boltzmann", "", map[string]models.Value{"k": number(1e9)}},
	{"boltzmann", "", map[string]models.Value{"n": number(1000), "hidden": number(1000), "patterns": number(1000), "epochs": number(0)}},
	{"boltzmann", "", map[string]models.Value{"n": number(4096), "patterns": number(4096), "chains": number(4096)}},
	{"densememory", "", map[string]models.Value{"n": number(2), "patterns": number(1 << 27)}},
	{"gcm", "fixed_point", map[string]models.Value{"n": number(2000), "transient": number(0)}},
	{"henon", "zero_one", map[string]models.Value{"sample": number(100_000), "transient": number(0)}},
	{"hopfield", "", map[string]models.Value{"n": number(1 << 18), "patterns": number(1 << 14)}},
	{"logistic", "autocorrelation", map[string]models.Value{"sample": number(100_000), "transient": number(0), "r": models.FloatValue(1.00001), "x0": models.FloatValue(0.5)}},
	{"lorenz", "zero_one", map[string]models.Value{"dt": models.FloatValue(1e-5), "interval": models.FloatValue(1000), "transient": models.FloatValue(0)}},
	{"quadratic", "period", map[string]models.Value{"limit": number(1e9), "shortcuts": models.FlagValue(false)}},
}

func number(n int64) models.Value { return models.IntValue(n) }

func TestStopsAtExtremes(t *testing.T) {
	for _, c := range extremes {
		t.Run(c.model+" "+c.measure, func(t *testing.T) {
			m := all.Find(c.model)
			if c.measure == "" {
				m = m.Asking()
			} else {
				m = m.Asking(m.Offered(c.measure))
			}
			p := &models.Point{Values: make([]models.Value, len(m.Params)), Index: make([]int64, len(m.Params))}
			given := 0
			for i, q := range m.Params {
				d := q.Decl()
				p.Values[i] = d.Default
				if v, ok := c.values[d.Name]; ok {
					given++
					p.Values[i] = v
				}
				if err := d.Check(p.Values[i]); err != nil {
					t.Fatal(d.Name, err)
				}
			}
			if given != len(c.values) {
				t.Fatalf("%v are not parameters of %s", c.values, c.model)
			}
			heeds(t, m, p, 200*time.Millisecond)
		})
	}
}

// heeds runs the trial of the point for so much CPU time.
func heeds(t *testing.T, m *models.Model, p *models.Point, budget time.Duration) {
	t.Helper()
	t.Logf("%s: %s", m.Name, described(m, p))
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	trial := models.NewSetting(m, 1, nil).NewTrial()
	trial.Start(p)
	ctx := &listener{Context: context.Background(), budget: budget, done: make(chan struct{})}
	// Who waits for something else hears of the end by the clock.
	timer := time.AfterFunc(20*budget, func() { close(ctx.done) })
	defer timer.Stop()
	ctx.begun = threadCPU()
	ctx.last = ctx.begun
	err := m.Execute(ctx, trial)
	ctx.hear()
	if ctx.worst > deafness {
		t.Errorf("%s: it was deaf for %v, until\n%s\n%s", m.Name, ctx.worst, ctx.where, described(m, p))
	}
	var f *models.Failure
	if errors.As(err, &f) && f.Class == "panic" {
		t.Errorf("%s: %v\n%s\n%s", m.Name, f, f.Stack, described(m, p))
	}
}

// errStopped ends a trial that has run for long enough.
var errStopped = errors.New("stopped by the test")

// listener is a context that is done when the thread has had its budget of CPU time,
// and takes the time from one question to the next.
type listener struct {
	context.Context
	budget      time.Duration
	begun, last time.Duration
	worst       time.Duration
	where       string // who asked at the end of the worst
	done        chan struct{}
}

func (l *listener) hear() time.Duration {
	now := threadCPU()
	if silence := now - l.last; silence > l.worst {
		l.worst = silence
		if silence > deafness {
			l.where = callers()
		}
	}
	l.last = now
	return now - l.begun
}

func (l *listener) Err() error {
	over := l.hear() > l.budget
	select {
	case <-l.done:
		over = true
	default:
	}
	if over {
		return errStopped
	}
	return nil
}

func (l *listener) Done() <-chan struct{} { return l.done }

func callers() string {
	pcs := make([]uintptr, 8)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(4, pcs)])
	var b strings.Builder
	for {
		f, more := frames.Next()
		fmt.Fprintf(&b, "  %s:%d\n", f.Function, f.Line)
		if !more {
			return b.String()
		}
	}
}

// described is the point as a spec has it.
func described(m *models.Model, p *models.Point) string {
	var b strings.Builder
	for i, v := range p.Values {
		if v.IsSet() {
			fmt.Fprintf(&b, "%s=%s ", m.Params[i].Decl().Name, v)
		}
	}
	for _, x := range m.Asked() {
		fmt.Fprintf(&b, "+%s ", x.Name)
	}
	return b.String()
}

// drawn is the model with some of its measures, and a point of it.
func drawn(random *rand.Rand, m *models.Model) (*models.Model, *models.Point) {
	var asked []*models.Measure
	share := random.Float64()
	for _, x := range m.Measures {
		if random.Float64() < share {
			asked = append(asked, x)
		}
	}
	if m = m.Asking(asked...); len(m.Outputs) == 0 {
		m = m.Asking(m.Measures[random.IntN(len(m.Measures))])
	}
	p := &models.Point{Values: make([]models.Value, len(m.Params)), Index: make([]int64, len(m.Params))}
	for i, q := range m.Params {
		if d := q.Decl(); !d.Optional || random.IntN(2) == 0 && !inGroup(m, q) {
			p.Values[i] = value(random, d)
		}
	}
	for _, group := range m.OneOf {
		chosen := group[random.IntN(len(group))]
		for i, q := range m.Params {
			if q == chosen {
				p.Values[i] = value(random, q.Decl())
			}
		}
	}
	return m, p
}

func inGroup(m *models.Model, p models.Param) bool {
	for _, group := range m.OneOf {
		for _, q := range group {
			if p == q {
				return true
			}
		}
	}
	return false
}

// value draws the default, the largest or the smallest value, or one between on a
// logarithmic scale.
func value(random *rand.Rand, d *models.ParamDecl) models.Value {
	how := random.IntN(4)
	switch d.Kind {
	case models.TextKind:
		choices := d.Choices
		if d.Name == "mode" { // of the probe, which by others ends as it was told to, the process too
			choices = []string{"ok", "sleep"}
		}
		return models.TextValue(choices[random.IntN(len(choices))])
	case models.FlagKind:
		return models.FlagValue(random.IntN(2) == 0)
	}
	if how <= 1 && d.Default.IsSet() {
		return d.Default
	}
	var admitted []models.Value
	for _, sign := range []float64{-1, 1} {
		for e := -9.; e <= 18; e += 0.25 {
			x := sign * math.Pow(10, e)
			v := models.FloatValue(x)
			if d.Kind == models.IntKind {
				v = models.IntValue(int64(x))
			}
			if d.Check(v) == nil {
				admitted = append(admitted, v)
			}
		}
	}
	for shift := range 62 { // bounds that are powers of two, or odd
		for _, by := range []int64{-1, 0, 1} {
			if v := models.IntValue(int64(1)<<shift + by); d.Kind == models.IntKind && d.Check(v) == nil {
				admitted = append(admitted, v)
			}
		}
	}
	if how == 2 {
		most := admitted[0]
		for _, v := range admitted {
			if v.Float() > most.Float() {
				most = v
			}
		}
		return most
	}
	return admitted[random.IntN(len(admitted))]
}
