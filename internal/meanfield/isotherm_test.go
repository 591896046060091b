package meanfield

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"
)

// check compares with a known answer.
func check(t *testing.T, got, want, tolerance float64, format string, args ...any) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance) {
		t.Errorf(format+": %.12g, want %.12g ± %g", append(args, got, want, tolerance)...)
	}
}

// TestZeroTemperature has the solutions at t = 0 (replica symmetric; Amit,
// Gutfreund and Sompolinsky 1987), to the digits of the table; rows 1a, 1b of
// docs/known-answers.md.
func TestZeroTemperature(t *testing.T) {
	c := NewIsotherm(0)
	check(t, c.Capacity(), 0.137905566495, 1e-12, "capacity")
	top := CriticalMixture(1)
	check(t, top.Load, 0.137905566495, 1e-12, "capacity by y")
	check(t, top.Y, 1.51121855633, 1e-11, "y at capacity")
	check(t, top.Overlap, 0.967417115685, 1e-12, "overlap at capacity")
	check(t, top.C, 0.179611796, 1e-9, "C at capacity")
	check(t, top.R, 1.485802846, 1e-9, "r at capacity")
	for _, row := range []struct{ load, m, wrong, barrier, energy, glass float64 }{
		{0.02, 1.0000000, 7.7e-13, 0.577182, -0.500000, -0.431148},
		{0.05, 0.9999922, 3.89e-6, 0.723685, -0.500000, -0.496722},
		{0.10, 0.9979993, 1.000e-3, 0.862968, -0.500154, -0.570623},
		{0.12, 0.9932227, 3.389e-3, 0.908763, -0.500527, -0.594705},
		{0.137, 0.9754441, 1.2278e-2, 0.957803, -0.501361, -0.613635},
	} {
		x, ok := c.Retrieval(row.load)
		low, ok2 := c.Barrier(row.load)
		if !ok || !ok2 {
			t.Fatalf("α = %g: no solution", row.load)
		}
		check(t, x.Overlap, row.m, 5.1e-8, "m at α = %g", row.load)
		check(t, x.Wrong/row.wrong, 1, 2e-3, "errors at α = %g over %g", row.load, row.wrong)
		check(t, low.Overlap, row.barrier, 5.1e-7, "barrier at α = %g", row.load)
		check(t, x.Energy, row.energy, 5.1e-7, "energy at α = %g", row.load)
		check(t, x.Energy, -x.Overlap*x.Overlap/2-row.load/2*(x.R-1), 1e-14, "energy at α = %g by m and r", row.load)
		glass := Disordered(row.load, 0)
		check(t, glass.Energy, row.glass, 5.1e-7, "energy of the glass at α = %g", row.load)
		check(t, glass.Energy, -1/math.Pi-math.Sqrt(2*row.load/math.Pi), 1e-14, "energy of the glass at α = %g in closed form", row.load)
	}
	if _, ok := c.Retrieval(0.13790557); ok {
		t.Error("there is a retrieval state above capacity")
	}
	// The other way to the same states is the equation in y.
	for load := 0.001; load < 0.1379; load += 0.003 {
		x, _ := c.Retrieval(load)
		low, _ := c.Barrier(load)
		y, _ := MixtureAt(1, load)
		zeros := Zeros(load)
		check(t, x.Overlap, y.Overlap, 1e-13, "m at α = %g", load)
		check(t, x.C, y.C, 1e-13, "C at α = %g", load)
		check(t, x.R, y.R, 1e-12, "r at α = %g", load)
		check(t, x.Energy, y.Energy, 1e-13, "energy at α = %g", load)
		check(t, low.Overlap, math.Erf(zeros[3]), 1e-11, "barrier at α = %g", load)
		check(t, x.Overlap, math.Erf(zeros[4]), 1e-13, "m at α = %g by the zeros", load)
		for _, z := range zeros {
			check(t, z*(math.Sqrt(2*load)+2/math.SqrtPi*math.Exp(-z*z)), math.Erf(z), 1e-14, "zero %g at α = %g", z, load)
		}
	}
	if n := len(Zeros(0.2)); n != 1 {
		t.Errorf("%d zeros above capacity", n)
	}
}

// TestLines has the lines of the phase diagram; row 1d. AGS quote 0.051 for
// α_c(0). They bend back at low temperature (Naef and Canning 1992).
func TestLines(t *testing.T) {
	for _, row := range []struct{ t, load, m, global float64 }{
		{0, 0.137906, 0.96742, 0.0518543},
		{0.01, 0.138099, 0.96717, 0.05213},
		{0.02, 0.138184, 0.96687, 0.05238},
		{0.025, 0.138186, 0.96670, 0},
		{0.10, 0.135049, 0.962555, 0.05309},
		{0.20, 0.122559, 0.95086, 0.05072},
		{0.40, 0.081037, 0.89494, 0.03705},
		{0.50, 0.058816, 0.84594, 0.02808},
		{0.70, 0.022322, 0.69327, 0.01148},
		{0.80, 0.010101, 0.57861, 0.00537},
		{0.90, 0.002568, 0.41645, 0},
	} {
		c := NewIsotherm(row.t)
		check(t, c.Capacity(), row.load, 6e-7, "α_M(%g)", row.t)
		check(t, c.at(c.load, c.peak).Overlap, row.m, 6e-6, "m at α_M(%g)", row.t)
		if row.global > 0 {
			check(t, c.Transition(), row.global, 6e-6, "α_c(%g)", row.t)
		}
	}
	check(t, NewIsotherm(0).Transition(), 0.0518543, 5.1e-8, "α_c(0)")

	// The largest load of both lines, and the temperatures that it is taken to be at.
	for _, line := range []struct {
		name       string
		of         func(Isotherm) float64
		bend, want float64
	}{
		{"α_M", Isotherm.Capacity, capacityBend, 0.1381885},
		{"α_c", Isotherm.Transition, transitionBend, 0.0531321},
	} {
		top := line.of(NewIsotherm(line.bend))
		check(t, top, line.want, 6e-8, "largest %s", line.name)
		for _, d := range []float64{-0.002, -0.0005, 0.0005, 0.002} {
			if other := line.of(NewIsotherm(line.bend + d)); other > top+1e-8 {
				t.Errorf("%s is %.10f at %g and %.10f at %g", line.name, top, line.bend, other, line.bend+d)
			}
		}
	}

	// Replica symmetry is unstable below 0.0251 on the line of retrieval, at the load
	// at which breaking it once puts the capacity at t = 0: 0.138186 (Steffan and
	// Kühn 1994).
	replicon := func(t float64) float64 {
		c := NewIsotherm(t)
		return c.at(c.load, c.peak).Replicon
	}
	at := root(replicon, 0.02, replicon(0.02), 0.03, replicon(0.03))
	check(t, at, 0.02507, 6e-6, "where replica symmetry becomes unstable")
	check(t, NewIsotherm(at).Capacity(), 0.138186, 5e-7, "α_M there")
}

// TestLinesInverted: T_M and T_c are on the lines, and go as Amit, Gutfreund and
// Sompolinsky have it at small loads.
func TestLinesInverted(t *testing.T) {
	ctx := context.Background()
	for _, load := range []float64{1e-6, 0.03, 0.0525} {
		tm, ok1, err1 := RetrievalTemperature(ctx, load)
		tc, ok2, err2 := GlobalTemperature(ctx, load)
		if !ok1 || !ok2 || err1 != nil || err2 != nil || !(tc < tm) {
			t.Fatalf("α = %g: T_M = %v, T_c = %v, %v, %v", load, tm, tc, err1, err2)
		}
		check(t, NewIsotherm(tm).Capacity()/load, 1, 1e-8, "α_M(T_M) at α = %g", load)
		check(t, NewIsotherm(tc).Transition()/load, 1, 1e-7, "α_c(T_c) at α = %g", load)
		if load < 1e-5 {
			check(t, (1-tm)/math.Sqrt(load), 1.95, 0.01, "(1-T_M)/√α")
			check(t, (1-tc)/math.Sqrt(load), 2.6, 0.01, "(1-T_c)/√α")
		}
	}
	for _, load := range []float64{0, 1e-20} {
		if tm, ok, _ := RetrievalTemperature(ctx, load); tm != 1 || !ok {
			t.Errorf("T_M = %v at α = %g", tm, load)
		}
	}
	if tm, ok, _ := RetrievalTemperature(ctx, 0.1382); ok {
		t.Errorf("T_M = %v above the largest load", tm)
	}
	if tc, ok, _ := GlobalTemperature(ctx, 0.0532); ok {
		t.Errorf("T_c = %v above the largest load", tc)
	}
	done, cancel := context.WithCancel(ctx)
	cancel()
	if _, ok, err := GlobalTemperature(done, 0.03); ok || err == nil {
		t.Errorf("a search that was told to stop gave %v, %v", ok, err)
	}
}

// TestOverlaps has overlaps at t > 0, and those of finitely many patterns, where
// m = tanh(m/t).
func TestOverlaps(t *testing.T) {
	for _, row := range []struct{ load, t, m float64 }{
		{0.05, 0.3, 0.99116}, {0.05, 0.5, 0.90411},
		{0, 0.5, 0.957504}, {0, 0.8, 0.710412}, {0, 0.9, 0.525430},
	} {
		x, ok := NewIsotherm(row.t).Retrieval(row.load)
		if !ok {
			t.Fatalf("no retrieval at α = %g, t = %g", row.load, row.t)
		}
		check(t, x.Overlap, row.m, 6e-6, "m at α = %g, t = %g", row.load, row.t)
	}
}

// TestCold: t -> 0 is continuous.
func TestCold(t *testing.T) {
	for _, load := range []float64{0, 1e-6, 0.05, 0.12, 0.137} {
		zero, ok := NewIsotherm(0).Retrieval(load)
		if !ok {
			t.Fatalf("no retrieval at α = %g", load)
		}
		for _, c := range []struct{ t, tolerance float64 }{{1e-3, 1e-3}, {1e-6, 1e-6}, {1e-9, 1e-9}, {1e-12, 1e-12}, {1e-300, 1e-12}} {
			x, ok := NewIsotherm(c.t).Retrieval(load)
			if !ok {
				t.Fatalf("no retrieval at α = %g, t = %g", load, c.t)
			}
			check(t, x.Overlap, zero.Overlap, c.tolerance, "m at α = %g, t = %g", load, c.t)
			check(t, x.Free, zero.Free, c.tolerance, "free energy at α = %g, t = %g", load, c.t)
			check(t, x.Energy, zero.Energy, c.tolerance, "energy at α = %g, t = %g", load, c.t)
			check(t, Disordered(load, c.t).Free, Disordered(load, 0).Free, c.tolerance, "free energy of the glass at α = %g, t = %g", load, c.t)
		}
	}
}

// free is the free energy per neuron as Amit, Gutfreund and Sompolinsky write it,
// a function of any m, q and r.
func free(load, m, q, r, t float64) float64 {
	c := (1 - q) / t
	v, mean := math.Sqrt(load*r), 0.0
	const step = 1. / 512
	for k := -10 / step; k <= 10/step; k++ {
		u := math.Abs(m+v*k*step) / t
		mean += step * density(k*step) * (u + math.Log1p(math.Exp(-2*u)))
	}
	return load/2 + m*m/2 + load*t/2*(math.Log(1-c)-q/t/(1-c)) + load*r*c/2 - t*mean
}

// TestFreeEnergy: the states make it stationary, have its value, and their energy
// and entropy are its derivatives.
func TestFreeEnergy(t *testing.T) {
	for _, c := range []struct{ load, t float64 }{{0.01, 0.3}, {0.05, 0.5}, {0.1, 0.2}, {0.12, 0.1}} {
		line := NewIsotherm(c.t)
		x, _ := line.Retrieval(c.load)
		low, _ := line.Barrier(c.load)
		for name, x := range map[string]State{"retrieval": x, "barrier": low, "glass": Disordered(c.load, c.t)} {
			f := func(m, q, r, t float64) float64 { return free(c.load, m, q, r, t) }
			check(t, x.Free, f(x.Overlap, x.Q, x.R, c.t), 1e-13, "%s at %v: free energy", name, c)
			check(t, x.Free, x.Energy-c.t*x.Entropy, 1e-15, "%s at %v: free energy by parts", name, c)
			const h = 1e-4 // to h⁴ of the fifth derivative, and 1e-10 of rounding
			slope := func(at func(d float64) float64) float64 {
				return (8*(at(h)-at(-h)) - (at(2*h) - at(-2*h))) / (12 * h)
			}
			check(t, slope(func(d float64) float64 { return f(x.Overlap+d, x.Q, x.R, c.t) }), 0, 2e-8, "%s at %v: df/dm", name, c)
			check(t, slope(func(d float64) float64 { return f(x.Overlap, x.Q+d, x.R, c.t) }), 0, 2e-8, "%s at %v: df/dq", name, c)
			check(t, slope(func(d float64) float64 { return f(x.Overlap, x.Q, x.R+d, c.t) }), 0, 2e-8, "%s at %v: df/dr", name, c)
			check(t, -slope(func(d float64) float64 { return f(x.Overlap, x.Q, x.R, c.t+d) }), x.Entropy, 2e-7, "%s at %v: -df/dt", name, c)
		}
	}
}

// TestDisordered: the glass begins at 1+√α, continuously, and the paramagnet's
// energy is in closed form.
func TestDisordered(t *testing.T) {
	for _, load := range []float64{1e-6, 0.05, 1, 10} {
		tg := GlassTemperature(load)
		check(t, tg, 1+math.Sqrt(load), 0, "T_g")
		check(t, Disordered(load, 0).Energy, -1/math.Pi-math.Sqrt(2*load/math.Pi), 1e-13*tg, "energy at t = 0, α = %g", load)
		for _, above := range []float64{1, 1.001, 2, 300} {
			x := Disordered(load, tg*above)
			check(t, x.Q, 0, 0, "q at %g T_g", above)
			check(t, x.Energy, load/2*(1-1/(1-1/(tg*above))), 1e-14*tg, "energy at %g T_g", above)
			if above > 1 && !(x.Replicon > 0) {
				t.Errorf("α = %g: the paramagnet is unstable at %g T_g", load, above)
			}
		}
		below, at := Disordered(load, tg*(1-1e-6)), Disordered(load, tg)
		if !(below.Q > 0 && below.Q < 1e-5) {
			t.Errorf("α = %g: q = %g just below T_g", load, below.Q)
		}
		check(t, below.Free, at.Free, 1e-5*tg, "free energy at T_g, α = %g", load)
	}
	// Where T_g is 1, but for rounding, the free energy is that of free spins.
	check(t, Disordered(1e-300, 1).Free, -math.Ln2, 1e-15, "free energy at T_g, α = 1e-300")
}

// TestEverywhere solves at random places, from nearly nothing to nearly T = 1:
// everything is finite and solves its equations, and no state on the curve has a
// larger load than the peak.
func TestEverywhere(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for k := range 80 {
		temp := r.Float64() * warmest
		if k%2 == 0 {
			temp = math.Pow(10, -12*r.Float64()) * warmest
		}
		c := NewIsotherm(temp)
		if !(c.load > 0 && c.load < 0.13819) {
			t.Fatalf("capacity %v at t = %v", c.load, temp)
		}
		for i := 1; i < 24; i++ {
			s := c.end * float64(i) / 24
			_, v := overlapping(s, temp)
			if x := rootLoad(s, v); x*x > c.load*(1+1e-9) {
				t.Errorf("t = %v: load %v at s = %v, peak %v", temp, x*x, s, c.load)
			}
		}
		load := c.load * math.Pow(10, -12*r.Float64())
		x, ok := c.Retrieval(load)
		low, ok2 := c.Barrier(load)
		glass := Disordered(10*load, temp)
		for _, y := range []State{x, low, glass} {
			if math.IsNaN(y.Overlap + y.Wrong + y.Q + y.Energy + y.Free + y.Entropy + y.Replicon) {
				t.Errorf("t = %v, α = %v: %+v", temp, load, y)
			}
		}
		if !ok || !ok2 || !(low.Overlap < x.Overlap) {
			t.Errorf("t = %v, α = %v: retrieval %+v, barrier %+v", temp, load, x, low)
		}
		v := average(x.Overlap, math.Sqrt(load*x.R), temp)
		check(t, v.tanh, x.Overlap, 1e-12, "m at α = %g, t = %g", load, temp)
		check(t, v.tanh2, x.Q, 1e-12, "q at α = %g, t = %g", load, temp)
		check(t, v.tanh2/((1-v.slope)*(1-v.slope)*x.R), 1, 1e-8, "r at α = %g, t = %g", load, temp)
	}
}

// TestRise compares the derivative along the curve with differences.
func TestRise(t *testing.T) {
	for _, temp := range []float64{0, 0.1, 0.5, 0.9} {
		c := NewIsotherm(temp)
		for _, at := range []float64{0.1, 0.5, 0.9} {
			s, h := at*c.end, 1e-5*c.end
			ln := func(s float64) float64 {
				_, v := overlapping(s, temp)
				return math.Log(rootLoad(s, v))
			}
			check(t, c.rise(s), (ln(s+h)-ln(s-h))/(2*h), 1e-7/c.end, "slope at t = %g, s = %g", temp, s)
		}
	}
}

func BenchmarkAverage(b *testing.B) {
	for b.Loop() {
		average(0.9, 0.4, 0.1)
	}
}

func BenchmarkRetrieval(b *testing.B) {
	for b.Loop() {
		NewIsotherm(0.2).Retrieval(0.1)
	}
}
