package dynamics_test

import (
	"context"
	"math"
	"testing"

	"github.com/neurosweep/sweep/pkg/dynamics"
)

// circle is dx/dt = -y, dy/dt = x: once round in 2 pi.
type circle struct{}

func (circle) Dim() int                    { return 2 }
func (circle) Derivative(dst, x []float64) { dst[0], dst[1] = -x[1], x[0] }

// pendulum is dx/dt = v, dv/dt = -sin x, which is not linear and of which
// v²/2 - cos x is a constant.
type pendulum struct{}

func (pendulum) Dim() int                    { return 2 }
func (pendulum) Derivative(dst, x []float64) { dst[0], dst[1] = x[1], -math.Sin(x[0]) }

type analytic struct{ pendulum }

func (analytic) Tangent(dst, x, v []float64) {
	for k := 0; k < len(v); k += 2 {
		dst[k], dst[k+1] = v[k+1], -math.Cos(x[0])*v[k]
	}
}

// blowup is dx/dt = x², which from 1 is 1/(1-t).
type blowup struct{}

func (blowup) Dim() int                    { return 1 }
func (blowup) Derivative(dst, x []float64) { dst[0] = x[0] * x[0] }

type double struct{}

func (double) Dim() int              { return 1 }
func (double) Step(dst, x []float64) { dst[0] = 2 * x[0] }

func round(t *testing.T, m dynamics.Map, n int) (x []float64) {
	t.Helper()
	o := dynamics.NewOrbit(m, []float64{1, 0})
	if e, err := o.Advance(context.Background(), n, 10); e != dynamics.Limit || err != nil {
		t.Fatal(e, err)
	}
	return o.X
}

// The error after one round falls with the order of the method: halving h
// divides it by 2^order, within 10 % where h is this small.
func TestOrders(t *testing.T) {
	distance := func(x []float64) float64 { return math.Hypot(x[0]-1, x[1]) }
	for _, c := range []struct {
		name  string
		order float64
		n     int
		m     func(h float64, n int) dynamics.Map
	}{
		{"Euler", 1, 20000, func(h float64, n int) dynamics.Map { return dynamics.NewEuler(circle{}, h, n) }},
		{"RK4", 4, 200, func(h float64, n int) dynamics.Map { return dynamics.NewRK4(circle{}, h, n) }},
	} {
		coarse := distance(round(t, c.m(2*math.Pi/float64(c.n), c.n), 1))
		fine := distance(round(t, c.m(math.Pi/float64(c.n), 1), 2*c.n))
		if got := math.Log2(coarse / fine); math.Abs(got-c.order) > 0.1 {
			t.Errorf("%s has order %v, want %v", c.name, got, c.order)
		}
	}
}

// The dense output's error falls as h^5 within a step (order 4), the step's own
// as h^6. A wrong coefficient of the tableau spoils these.
func TestDormandPrinceOrders(t *testing.T) {
	errors := func(h float64) (step, dense float64) {
		d := dynamics.NewDormandPrince(circle{}, dynamics.Tolerance{Abs: 1, Rel: 1, MaxStep: h})
		d.Start(0, []float64{1, 0})
		for range 3 { // the first step may be shorter
			d.Step()
		}
		x := make([]float64, 2)
		a, b := d.Before(), d.Time()
		if math.Abs(b-a-h) > 1e-12 {
			t.Fatalf("a step of %v, want %v", b-a, h)
		}
		d.At(x, a)
		start := [2]float64{x[0], x[1]}
		off := func(s float64) float64 {
			d.At(x, a+s)
			return math.Hypot(x[0]-(start[0]*math.Cos(s)-start[1]*math.Sin(s)), x[1]-(start[0]*math.Sin(s)+start[1]*math.Cos(s)))
		}
		for _, u := range []float64{0.2, 0.4, 0.6, 0.8} {
			dense = max(dense, off(u*h))
		}
		return off(b - a), dense
	}
	s1, d1 := errors(0.4)
	s2, d2 := errors(0.2)
	if got := math.Log2(s1 / s2); math.Abs(got-6) > 0.3 {
		t.Errorf("the error of a step has order %v, want 6", got)
	}
	if got := math.Log2(d1 / d2); math.Abs(got-5) > 0.3 {
		t.Errorf("the error of the dense output has order %v, want 5", got)
	}
}

// The error stays near the tolerance asked for, over 100 rounds: errors of
// phase add up, so 1000 times the tolerance is admitted for some 2000 steps.
func TestDormandPrinceTolerance(t *testing.T) {
	for _, tol := range []float64{1e-6, 1e-9, 1e-12} {
		d := dynamics.NewDormandPrince(circle{}, dynamics.Tolerance{Abs: tol, Rel: tol})
		d.Start(0, []float64{1, 0})
		x := make([]float64, 2)
		if e, err := d.To(context.Background(), x, 200*math.Pi); e != dynamics.Limit || err != nil {
			t.Fatal(e, err)
		}
		if off := math.Hypot(x[0]-1, x[1]); off > 1000*tol {
			t.Errorf("tolerance %g: off by %g", tol, off)
		}
	}
}

func TestDivergence(t *testing.T) {
	ctx := context.Background()
	o := dynamics.NewOrbit(double{}, []float64{1})
	if e, err := o.Advance(ctx, 100, 1000); e != dynamics.Diverged || err != nil || o.X[0] != 1024 {
		t.Error(e, err, o.X)
	}
	o = dynamics.NewOrbit(double{}, []float64{math.NaN()})
	if e, _ := o.Advance(ctx, 100, 1000); e != dynamics.Diverged {
		t.Error("not a number is not diverged")
	}
	d := dynamics.NewDormandPrince(blowup{}, dynamics.Tolerance{})
	d.Start(0, []float64{1})
	x := make([]float64, 1)
	if e, err := d.To(ctx, x, 2); e != dynamics.Diverged || err != nil || math.Abs(d.Time()-1) > 1e-6 {
		t.Error(e, err, d.Time())
	}
	stopped, stop := context.WithCancel(ctx)
	stop()
	if _, err := d.To(stopped, x, 3); err == nil {
		t.Error("does not heed the context")
	}
}

func TestTangent(t *testing.T) {
	x, v := []float64{0.7, -0.3}, []float64{1, 2, -3, 0.5}
	want, got := make([]float64, 4), make([]float64, 4)
	near := func(what string, tol float64) {
		t.Helper()
		for i := range want {
			if math.Abs(got[i]-want[i]) > tol {
				t.Errorf("%s: %v, want %v", what, got, want)
			}
		}
	}
	analytic{}.Tangent(want, x, v)
	dynamics.TangentOf(pendulum{}).Tangent(got, x, v)
	near("differences", 1e-9)
	if dynamics.TangentOf(analytic{}) != dynamics.Tangent(analytic{}) {
		t.Error("the system's own tangent is not taken")
	}
	// That of a method is the derivative of its steps. Differences of differences:
	// good to 1e-8.
	for _, m := range []dynamics.Map{dynamics.NewRK4(analytic{}, 0.1, 7), dynamics.NewEuler(analytic{}, 0.1, 7)} {
		dynamics.TangentOf(m).Tangent(want, x, v)
		dynamics.TangentOf(hidden{m}).Tangent(got, x, v)
		near("method", 1e-8)
	}
	J := make([]float64, 4)
	dynamics.Jacobian(J, analytic{}, x)
	if J[0] != 0 || J[1] != 1 || J[2] != -math.Cos(0.7) || J[3] != 0 {
		t.Error(J)
	}
}

// hidden is a map without its tangent.
type hidden struct{ dynamics.Map }

// The circle goes up through y = 0 at 2 pi, 4 pi, ...: docs/known-answers.md asks for
// 1e-8; 1e-10 is the promise of Crossings, at tolerance 1e-13.
func TestCrossings(t *testing.T) {
	d := dynamics.NewDormandPrince(circle{}, dynamics.Tolerance{Abs: 1e-13, Rel: 1e-13})
	for _, c := range []struct {
		direction   int
		first, each float64
	}{{1, 1.5 * math.Pi, 2 * math.Pi}, {-1, 0.5 * math.Pi, 2 * math.Pi}, {0, 0.5 * math.Pi, math.Pi}} {
		d.Start(0, []float64{1, 0})
		cross := dynamics.NewCrossings(d, dynamics.Section{G: func(x []float64) float64 { return x[0] }, Direction: c.direction})
		x := make([]float64, 2)
		for i := range 10 {
			at, e, err := cross.Next(context.Background(), x, 1000)
			want := c.first + float64(i)*c.each
			if e != dynamics.Converged || err != nil || math.Abs(at-want) > 1e-10 {
				t.Errorf("direction %d: crossing %d at %.12f, want %.12f (%v, %v)", c.direction, i, at, want, e, err)
			}
			if math.Abs(x[0]) > 1e-12 {
				t.Errorf("crossing %d at %v", i, x)
			}
		}
		// One that lies behind the limit is there when asked for again.
		want := c.first + 10*c.each
		if _, e, _ := cross.Next(context.Background(), x, want-1e-6); e != dynamics.Limit {
			t.Errorf("no limit: %v", e)
		}
		if at, e, _ := cross.Next(context.Background(), x, want+1); e != dynamics.Converged || math.Abs(at-want) > 1e-10 {
			t.Errorf("behind the limit: %v at %v", e, at)
		}
	}
}

// A pendulum of amplitude 2 has the period 4 K(sin 1) = 8.34974...: an
// event of an orbit that is not linear, at a coarse tolerance of its own.
func TestPendulumPeriod(t *testing.T) {
	// K by the arithmetic-geometric mean.
	a, b := 1.0, math.Cos(1)
	for range 10 {
		a, b = (a+b)/2, math.Sqrt(a*b)
	}
	want := 2 * math.Pi / a
	d := dynamics.NewDormandPrince(pendulum{}, dynamics.Tolerance{Abs: 1e-12, Rel: 1e-12})
	d.Start(0, []float64{2, 0})
	cross := dynamics.NewCrossings(d, dynamics.Section{G: func(x []float64) float64 { return x[0] }, Direction: 1})
	x := make([]float64, 2)
	first, _, _ := cross.Next(context.Background(), x, 100)
	second, _, _ := cross.Next(context.Background(), x, 100)
	if math.Abs(second-first-want) > 1e-10 {
		t.Errorf("period %.12f, want %.12f", second-first, want)
	}
}

func TestNoAllocation(t *testing.T) {
	ctx := context.Background()
	rk := dynamics.NewRK4(analytic{}, 0.1, 2)
	x, v, dx, dv := []float64{1, 0}, []float64{1, 0, 0, 1}, make([]float64, 2), make([]float64, 4)
	rk.Tangent(dv, x, v)
	o := dynamics.NewOrbit(rk, x)
	d := dynamics.NewDormandPrince(pendulum{}, dynamics.Tolerance{})
	d.Start(0, x)
	cross := dynamics.NewCrossings(d, dynamics.Section{G: func(x []float64) float64 { return x[0] }})
	differ := dynamics.TangentOf(pendulum{})
	for name, f := range map[string]func(){
		"RK4":           func() { rk.Step(dx, x); rk.Tangent(dv, x, v) },
		"Orbit":         func() { o.Step() },
		"DormandPrince": func() { d.Step(); d.At(dx, d.Time()) },
		"Crossings":     func() { cross.Next(ctx, dx, math.Inf(1)) },
		"differences":   func() { differ.Tangent(dv, x, v) },
	} {
		if n := testing.AllocsPerRun(100, f); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

func TestEndings(t *testing.T) {
	for i, name := range dynamics.Endings {
		if dynamics.Ending(i).String() != name {
			t.Error(i, name)
		}
	}
}
