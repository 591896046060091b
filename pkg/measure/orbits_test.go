package measure_test

import (
	"context"
	"math"
	"slices"
	"testing"

	"github.com/neurosweep/sweep/pkg/dynamics"
	"github.com/neurosweep/sweep/pkg/measure"
)

// docs/known-answers.md, period detection.
func TestPeriods(t *testing.T) {
	for _, c := range []struct {
		r    float64
		want int
	}{{2.8, 1}, {3.2, 2}, {3.5, 4}, {3.55, 8}, {3.566, 16}, {3.5693, 32}, {3.83, 3}, {3.845, 6}, {3.7, 0}, {4, 0}} {
		p, err := measure.Period(ctx, logistic(c.r), []float64{0.3}, measure.PeriodSettings{Transient: 20_000, PrePeriod: true})
		if err != nil {
			t.Fatal(err)
		}
		if want := map[bool]dynamics.Ending{true: dynamics.Periodic, false: dynamics.NoPeriod}[c.want > 0]; p.Period != c.want || p.Ending != want {
			t.Errorf("r = %v: %v, period %d, want %d", c.r, p.Ending, p.Period, c.want)
		}
		if n := measure.Distinct(orbit(t, logistic(c.r), []float64{0.3}, 20_000, 500), 1e-6); c.want > 0 && n != c.want || c.want == 0 && n < 400 {
			t.Errorf("r = %v: %d distinct points", c.r, n)
		}
	}
	p, err := measure.Period(ctx, logistic(4.1), []float64{0.3}, measure.PeriodSettings{})
	if p.Ending != dynamics.Diverged || err != nil {
		t.Error(p, err)
	}
}

// Chaos comes near to where it was by chance, but does not stay near: no period is
// found with a tolerance so wide that one return in ten would do.
func TestChanceReturns(t *testing.T) {
	for i := range 200 {
		p, err := measure.Period(ctx, logistic(3.9), []float64{(float64(i) + 0.5) / 200}, measure.PeriodSettings{Transient: 100, Tolerance: 1e-3})
		if err != nil || p.Ending != dynamics.NoPeriod {
			t.Errorf("start %d: %v, period %d (%v)", i, p.Ending, p.Period, err)
		}
	}
}

// x' = x/2 from 1 has shrunk below a tolerance of 2^-k after k steps: the
// difference of two states is 2^-(t+1), and the window's largest coordinate is
// next to it for a long transient, so the second coordinate, 1, sets the scale.
func TestPrePeriod(t *testing.T) {
	m := linear{[]float64{0.5, 0, 0, 1}}
	p, err := measure.Period(ctx, m, []float64{1, 1}, measure.PeriodSettings{Transient: 100, Tolerance: 1. / 1024, PrePeriod: true})
	if p.Period != 1 || p.PrePeriod != 9 || err != nil {
		t.Error(p, err) // 2^-10 is the first difference within it, that of t = 9 and 10
	}
}

// Brent's method on x' = x² + c mod 2^k against a table of all states.
func TestCycle(t *testing.T) {
	for _, modulus := range []uint64{2, 7, 101, 1009, 65537} {
		for c := range uint64(20) {
			next := func(dst, x []uint64) { dst[0] = (x[0]*x[0] + c) % modulus }
			seen := make(map[uint64]int)
			x, y := []uint64{3 % modulus}, []uint64{0}
			for {
				if at, known := seen[x[0]]; known {
					pre, period, e, err := measure.Cycle(ctx, []uint64{3 % modulus}, next, 1<<20)
					if pre != at || period != len(seen)-at || e != dynamics.Periodic || err != nil {
						t.Errorf("modulus %d, c = %d: %d, %d (%v, %v), want %d, %d", modulus, c, pre, period, e, err, at, len(seen)-at)
					}
					break
				}
				seen[x[0]] = len(seen)
				next(y, x)
				x, y = y, x
			}
		}
	}
	count := func(dst, x []int) { dst[0] = x[0] + 1 }
	if _, _, e, err := measure.Cycle(ctx, []int{0}, count, 1000); e != dynamics.NoPeriod || err != nil {
		t.Error(e, err)
	}
	stopped, stop := context.WithCancel(ctx)
	stop()
	if _, _, _, err := measure.Cycle(stopped, []int{0}, count, 1000); err == nil {
		t.Error("does not heed the context")
	}
}

func TestPoints(t *testing.T) {
	got, last, e, err := measure.Points(ctx, nil, logistic(3.2), []float64{0.3}, measure.PointsSettings{Transient: 1000, Keep: 50})
	if len(got) != 50 || e != dynamics.Limit || err != nil || last[0] != got[49] || measure.Distinct(got, 1e-9) != 2 {
		t.Error(got, last, e, err)
	}
	got, _, e, _ = measure.Points(ctx, nil, logistic(4.2), []float64{0.3}, measure.PointsSettings{Transient: 1000})
	if len(got) != 0 || e != dynamics.Diverged {
		t.Error(got, e)
	}
	// The maxima of a circle of radius 2 are 2, to the h^4 of the parabola.
	got, _, _, _ = measure.Points(ctx, nil, dynamics.NewRK4(circle{}, 0.01, 1), []float64{2, 0}, measure.PointsSettings{Pick: measure.Maxima, Keep: 5})
	if len(got) != 5 {
		t.Fatal(got)
	}
	for _, v := range got {
		within(t, "maximum", v, 2, 1e-8)
	}
	// Where it goes up through x = 1, y is -sqrt 3; the line is good to h².
	section := dynamics.Section{G: func(x []float64) float64 { return x[0] - 1 }, Direction: 1}
	got, _, _, _ = measure.Points(ctx, nil, dynamics.NewRK4(circle{}, 0.01, 1), []float64{2, 0}, measure.PointsSettings{Pick: measure.OnSection, Section: section, Coordinate: 1, Keep: 5})
	if len(got) != 5 {
		t.Fatal(got)
	}
	for _, v := range got {
		within(t, "line through the section", v, -math.Sqrt(3), 1e-4)
	}
	got, e, err = measure.SectionPoints(ctx, nil, circle{}, []float64{2, 0}, dynamics.Tolerance{Abs: 1e-12, Rel: 1e-12}, measure.PointsSettings{Section: section, Coordinate: 1, Keep: 5})
	if len(got) != 5 || e != dynamics.Limit || err != nil {
		t.Fatal(got, e, err)
	}
	for _, v := range got {
		within(t, "section", v, -math.Sqrt(3), 1e-10)
	}
}

type circle struct{}

func (circle) Dim() int                    { return 2 }
func (circle) Derivative(dst, x []float64) { dst[0], dst[1] = -x[1], x[0] }

// The Roessler section y = 0 gives a return map with one extremum (docs/known-answers.md):
// sorted by x, the next x rises once and falls once (or the other way round), but
// for the width of the strange attractor's layers.
func TestRoesslerReturnMap(t *testing.T) {
	section := dynamics.Section{G: func(x []float64) float64 { return x[1] }, Direction: -1}
	xs, e, err := measure.SectionPoints(ctx, nil, roessler{0.2, 0.2, 5.7}, []float64{1, 1, 0}, dynamics.Tolerance{}, measure.PointsSettings{Section: section, Transient: 20, Keep: 400})
	if e != dynamics.Limit || err != nil || len(xs) != 400 {
		t.Fatal(len(xs), e, err)
	}
	type pair struct{ x, next float64 }
	var pairs []pair
	for i := range xs[:len(xs)-1] {
		pairs = append(pairs, pair{xs[i], xs[i+1]})
	}
	slices.SortFunc(pairs, func(a, b pair) int {
		if a.x < b.x {
			return -1
		}
		return 1
	})
	turns, direction := 0, 0.0
	const coarse = 0.2 // in units of x, far above the layers and below the range of 10
	last := pairs[0].next
	for _, p := range pairs {
		if d := p.next - last; math.Abs(d) > coarse {
			if direction*d < 0 {
				turns++
			}
			direction, last = d, p.next
		}
	}
	if turns != 1 {
		t.Errorf("the return map turns %d times", turns)
	}
}

// |z| of z² + c leaves 2 at a known step: c = 1 is 0, 1, 2, 5; c = 0 stays.
func TestEscape(t *testing.T) {
	square := func(c float64) scalar { return scalar{f: func(x float64) float64 { return x*x + c }} }
	for _, c := range []struct {
		c, x float64
		want int
		e    dynamics.Ending
	}{{1, 0, 3, dynamics.Diverged}, {0, 3, 0, dynamics.Diverged}, {0, 0.5, 1000, dynamics.Limit}, {0.25, 0, 1000, dynamics.Limit}} {
		got, e, err := measure.Escape(ctx, square(c.c), []float64{c.x}, 2, 1000)
		if got != c.want || e != c.e || err != nil {
			t.Errorf("%+v: %d, %v, %v", c, got, e, err)
		}
	}
}
