package probe

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/neurosweep/sweep/pkg/models"
)

// point is the defaults with other values in their places.
func point(replicate int64, values map[models.Param]models.Value) *models.Point {
	p := &models.Point{Replicate: replicate}
	for _, param := range Model.Params {
		v, given := values[param]
		if !given {
			v = param.Decl().Default
		}
		p.Values = append(p.Values, v)
		p.Index = append(p.Index, 0)
	}
	return p
}

func execute(ctx context.Context, p *models.Point) (*models.Trial, error) {
	t := models.NewSetting(Model, 1, nil).NewTrial()
	t.Start(p)
	return t, Model.Execute(ctx, t)
}

// put is what a trial put for an output.
func put(t *models.Trial, o models.Output) models.Slot {
	for i, other := range Model.Outputs {
		if other == o {
			return t.Slots[i]
		}
	}
	panic("no such output")
}

func TestValues(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for _, c := range []struct {
		mode   string
		x      float64
		n      int64
		flag   bool
		square float64
		word   string
		list   []float64
	}{
		{"ok", 0, 1, false, 0, "naïve", []float64{0}},
		{"ok", -1.5, 4, true, 2.25, "Gödel", []float64{-1.5, -1, -0.5, 0}},
		{"ok", 0.1, 3, false, 0.010000000000000002, "naïve", []float64{0.1, 0.6, 1.1}},
		{"ok", 3, 0, false, 9, "naïve", []float64{}},
		{"sleep", 3, 0, false, 9, "naïve", []float64{}},
		{"ignore", 3, 1, false, 9, "naïve", []float64{3}},
		{"nan", 2, 2, false, nan, "naïve", []float64{nan, 2.5}},
		{"inf", 2, 2, false, inf, "naïve", []float64{inf, 2.5}},
		{"minus-inf", 2, 2, false, -inf, "naïve", []float64{-inf, 2.5}},
		{"minus-inf", 2, 0, false, -inf, "naïve", []float64{}},
	} {
		tr, err := execute(context.Background(), point(0, map[models.Param]models.Value{
			mode: models.TextValue(c.mode), x: models.FloatValue(c.x), n: models.IntValue(c.n), flag: models.FlagValue(c.flag),
		}))
		if err != nil {
			t.Errorf("%+v: %v", c, err)
			continue
		}
		s := put(tr, square)
		if got := s.Float(); !same(got, c.square) {
			t.Errorf("%+v: square %v", c, got)
		}
		if got := put(tr, count); int64(got.Bits) != c.n {
			t.Errorf("%+v: count %v", c, got.Bits)
		}
		if got := put(tr, even); (got.Bits == 1) != (c.n%2 == 0) {
			t.Errorf("%+v: even %v", c, got.Bits)
		}
		if got := put(tr, word); got.Text != c.word {
			t.Errorf("%+v: word %q", c, got.Text)
		}
		l := put(tr, list)
		if l.State != models.Set || len(l.Series) != len(c.list) {
			t.Errorf("%+v: list %v", c, l.Series)
			continue
		}
		for i, v := range l.Series {
			if !same(v, c.list[i]) {
				t.Errorf("%+v: list %v", c, l.Series)
			}
		}
	}
}

func same(a, b float64) bool { return a == b || math.IsNaN(a) && math.IsNaN(b) }

func TestLongList(t *testing.T) {
	for _, k := range []int64{64, 65, 1_000_000} {
		tr, err := execute(context.Background(), point(0, map[models.Param]models.Value{x: models.FloatValue(1), n: models.IntValue(k)}))
		if err != nil {
			t.Fatal(err)
		}
		l := put(tr, list).Series
		if int64(len(l)) != k || l[k-1] != 1+float64(k-1)/2 {
			t.Errorf("n = %d: %d values, the last %v", k, len(l), l[k-1])
		}
	}
}

func TestNone(t *testing.T) {
	tr, err := execute(context.Background(), point(0, map[models.Param]models.Value{mode: models.TextValue("none")}))
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range Model.Outputs {
		null := o == models.Output(square) || o == models.Output(list)
		if got := put(tr, o).State; (got == models.Null) != null {
			t.Errorf("%s has state %v", o.Decl().Name, got)
		}
	}
}

func TestUniform(t *testing.T) {
	first := make(map[float64]bool)
	for replicate := range int64(5) {
		var at [2]float64
		for i, k := range []int64{1, 7} {
			tr, err := execute(context.Background(), point(replicate, map[models.Param]models.Value{
				n: models.IntValue(k), x: models.FloatValue(float64(k)),
			}))
			if err != nil {
				t.Fatal(err)
			}
			s := put(tr, uniform)
			at[i] = s.Float()
		}
		if at[0] != at[1] || at[0] < 0 || at[0] >= 1 || first[at[0]] {
			t.Errorf("replicate %d: %v; before it: %v", replicate, at, first)
		}
		first[at[0]] = true
	}
}

func TestFailures(t *testing.T) {
	for _, c := range []struct{ mode, class, message string }{
		{"error", "error", "mode error at x = 0.25"},
		{"panic", "panic", "mode panic at x = 0.25"},
	} {
		_, err := execute(context.Background(), point(0, map[models.Param]models.Value{
			mode: models.TextValue(c.mode), x: models.FloatValue(0.25),
		}))
		var f *models.Failure
		if !errors.As(err, &f) || f.Class != c.class || f.Message != c.message {
			t.Errorf("mode %s: %v", c.mode, err)
		}
		if c.class == "panic" && (f == nil || !strings.Contains(f.Stack, "probe.run")) {
			t.Errorf("the stack is %v", f)
		}
	}
}

// TestWork measures that the time passes, and that a stop ends it in all modes
// but one.
func TestWork(t *testing.T) {
	const seconds, stop = 0.06, 10 * time.Millisecond
	for _, m := range []string{"ok", "sleep", "ignore", "nan"} {
		p := point(0, map[models.Param]models.Value{mode: models.TextValue(m), work: models.FloatValue(seconds)})
		begin := time.Now()
		if _, err := execute(context.Background(), p); err != nil {
			t.Errorf("mode %s: %v", m, err)
		}
		if took := time.Since(begin).Seconds(); took < seconds {
			t.Errorf("mode %s took %v s, want %v", m, took, seconds)
		}

		// Long, so that only a trial that heeds the stop ends before it.
		if m != "ignore" {
			p = point(0, map[models.Param]models.Value{mode: models.TextValue(m), work: models.FloatValue(3600)})
		}
		ctx, cancel := context.WithTimeout(context.Background(), stop)
		_, err := execute(ctx, p)
		cancel()
		var f *models.Failure
		if timeout := errors.As(err, &f) && f.Class == "timeout"; timeout != (m != "ignore") {
			t.Errorf("mode %s, stopped: %v", m, err)
		}
		cause := errors.New("a stop")
		stopped, end := context.WithCancelCause(context.Background())
		end(cause)
		if _, err := execute(stopped, p); m == "ignore" && err != nil || m != "ignore" && err != cause {
			t.Errorf("mode %s, stopped before: %v", m, err)
		}
	}
}

func TestNoAllocation(t *testing.T) {
	tr := models.NewSetting(Model, 1, nil).NewTrial()
	p := point(0, nil)
	if k := testing.AllocsPerRun(100, func() {
		tr.Start(p)
		if err := Model.Execute(context.Background(), tr); err != nil {
			t.Fatal(err)
		}
	}); k != 0 {
		t.Errorf("%v allocations a trial", k)
	}
}

// BenchmarkTrial is a trial with defaults.
func BenchmarkTrial(b *testing.B) {
	tr := models.NewSetting(Model, 1, nil).NewTrial()
	p := point(0, nil)
	b.ReportAllocs()
	for b.Loop() {
		tr.Start(p)
		if err := Model.Execute(context.Background(), tr); err != nil {
			b.Fatal(err)
		}
	}
}
