package tworecurrent

import (
	"context"
	"math"
	"testing"

	"github.com/neurosweep/sweep/pkg/dynamics"
	"github.com/neurosweep/sweep/pkg/measure"
)

var ctx = context.Background()

// Row 5d of docs/known-answers.md: a = 5, b = 25 doubles its period at 1.25075688, 2.18736065,
// 2.50268619 within 1e-6, with delta estimates 2.97, 4.01, 4.55, 4.64 on the way to
// 4.669 and the end at 2.603314.
func TestWangPeriodDoubling(t *testing.T) {
	family := func(mu float64) dynamics.System { return Wang{5, 25, mu} }
	var found []float64
	guess, step := 1.1, 0.5
	for k := range 6 {
		o := dynamics.NewOrbit(Wang{5, 25, guess}, []float64{0.2, 0.9})
		if _, err := o.Advance(ctx, 20_000, 10); err != nil {
			t.Fatal(err)
		}
		b := measure.FindBifurcation(family, measure.Flip, guess+0.3*step, o.X, measure.NewtonSettings{Period: 1 << k})
		if b.Ending != dynamics.Converged {
			t.Fatal(k, b)
		}
		found = append(found, b.Parameter)
		if step = 0.9; k > 0 {
			step = (b.Parameter - found[k-1]) / 4
		}
		guess = b.Parameter + 0.6*step
	}
	t.Logf("%.8f", found)
	for i, want := range []float64{1.25075688, 2.18736065, 2.50268619} {
		if math.Abs(found[i]-want) > 1e-6 {
			t.Errorf("doubling %d at %.9f, want %v", i+1, found[i], want)
		}
	}
	for i, want := range []float64{2.97, 4.01, 4.55, 4.64} {
		if got := (found[i+1] - found[i]) / (found[i+2] - found[i+1]); math.Abs(got-want) > 0.01 {
			t.Errorf("delta %d is %v, want %v", i+1, got, want)
		}
	}
	if end := found[5] + (found[5]-found[4])/(4.6692-1); math.Abs(end-2.603314) > 2e-6 {
		t.Errorf("they end at %v", end)
	}
}

// The difference obeys a map of its own, and a window of period 3 is where docs/known-answers.md
// 5.4 says.
func TestWang(t *testing.T) {
	w := Wang{5, 25, 2.4}
	if s, err := measure.Lyapunov(ctx, w, []float64{0.3, 0.7}, measure.LyapunovSettings{Steps: 1000}); err != nil || !math.IsInf(s.Exponents[1], -1) {
		t.Error("a network of rank one:", s.Exponents, err)
	}
	x, next := []float64{0.3, 0.7}, make([]float64, 2)
	u := 0.4
	for range 50 {
		w.Step(next, x)
		x, next = next, x
		u = response(2.4*25*u) - response(2.4*5*u)
		if math.Abs(x[1]-x[0]-u) > 1e-9 {
			t.Fatal(x, u)
		}
	}
	for mu, want := range map[float64]int{4.28: 0, 4.30: 3, 4.4: 3} {
		p, err := measure.Period(ctx, Wang{5, 25, mu}, []float64{0.3, 0.7}, measure.PeriodSettings{Transient: 50_000})
		if err != nil || p.Period != want {
			t.Errorf("mu = %v: period %d, want %d (%v)", mu, p.Period, want, err)
		}
	}
}

// The table of docs/known-answers.md: exponents to three digits with 2e5 steps, of the best
// of twenty starts, since attractors live side by side. Chaos to 0.01 (the standard
// errors are 0.001 to 0.003), cycles to the digits given.
func TestPasemann(t *testing.T) {
	for _, c := range []struct {
		theta, lyapunov float64
		period          int
	}{{-6, -0.376, 2}, {-5, -0.065, 4}, {-4, 0.094, 0}, {-3.5, 0.348, 0}, {-3, 0.317, 0}, {-2, 0.234, 0}, {-1, -0.094, 4}, {1, -0.370, 2}} {
		tolerance := 0.01
		if c.period > 0 {
			tolerance = 0.0006
		}
		hit := false
		var seen []float64
		for i := range 20 {
			x := []float64{float64(i%5)*4 - 8, float64(i/5)*4 - 8}
			s, err := measure.Lyapunov(ctx, Pasemann{c.theta, 3}, x, measure.LyapunovSettings{Steps: 50_000, Transient: 2000})
			if err != nil {
				t.Fatal(err)
			}
			p, err := measure.Period(ctx, Pasemann{c.theta, 3}, s.State, measure.PeriodSettings{})
			if err != nil {
				t.Fatal(err)
			}
			seen = append(seen, s.Exponents[0])
			if math.Abs(s.Exponents[0]-c.lyapunov) <= tolerance && p.Period == c.period {
				hit = true
				break
			}
		}
		if !hit {
			t.Errorf("theta1 = %v: exponents %.4f, want %v and period %d", c.theta, seen, c.lyapunov, c.period)
		}
	}
}

func TestTangents(t *testing.T) {
	x, v := []float64{0.3, -0.2}, []float64{1, 2, -0.5, 0.25}
	got, want := make([]float64, 4), make([]float64, 4)
	for _, m := range []interface {
		dynamics.Map
		dynamics.Tangent
	}{Wang{5, 25, 2}, Pasemann{-3.5, 3}} {
		m.Tangent(got, x, v)
		dynamics.TangentOf(struct{ dynamics.Map }{m}).Tangent(want, x, v)
		for i := range got {
			if math.Abs(got[i]-want[i]) > 1e-7 {
				t.Errorf("%v, by differences %v", got, want)
			}
		}
	}
}
