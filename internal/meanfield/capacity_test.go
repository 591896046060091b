package meanfield

import (
	"math"
	"testing"
)

// TestMixtures; row 1c.
func TestMixtures(t *testing.T) {
	check(t, CriticalMixture(3).Load, 0.0299418, 5.1e-8, "α_3")
	check(t, CriticalMixture(5).Load, 0.0162659, 5.1e-8, "α_5")
	for _, c := range []struct {
		n         int
		m, energy float64
	}{{1, 1, -0.5}, {3, 1. / 2, -0.375}, {5, 3. / 8, -0.3515625}} {
		x, ok := MixtureAt(c.n, 0)
		if !ok || math.Abs(x.Overlap-c.m) > 1e-15 || math.Abs(x.Energy-c.energy) > 1e-15 {
			t.Errorf("mixture of %d at load 0: %+v", c.n, x)
		}
		near, _ := MixtureAt(c.n, 1e-9)
		check(t, near.Overlap, c.m, 1e-12, "m_%d near load 0", c.n)
		check(t, near.Energy, c.energy, 1e-8, "energy of %d near load 0", c.n)
	}
	many, _ := MixtureAt(99, 0)
	check(t, many.Energy, -1/math.Pi, 2e-3, "energy of 99")

	// The maximum that is taken is the largest: on a grid there is no larger.
	for n := 1; n <= 99; n += 14 {
		top := CriticalMixture(n).Load
		for y := 0.01; y < 6; y += 0.01 {
			if x := rootTwoLoad(n, y); x*x/2 > top {
				t.Errorf("mixture of %d: load %v at y = %v, maximum %v", n, x*x/2, y, top)
			}
		}
	}
	// A mixture solves the equations of its order parameters.
	for _, load := range []float64{1e-5, 0.01, 0.0299} {
		x, ok := MixtureAt(3, load)
		if !ok {
			t.Fatalf("no mixture at %v", load)
		}
		s := math.Sqrt(load * x.R)
		one, three := average(x.Overlap, s, 0), average(3*x.Overlap, s, 0)
		check(t, (3*one.tanh+3*three.tanh)/12, x.Overlap, 1e-13, "m_3 at %g", load)
		check(t, (3*one.slope+three.slope)/4, x.C, 1e-12, "C_3 at %g", load)
	}
	if _, ok := MixtureAt(3, 0.03); ok {
		t.Error("there is a mixture of 3 at 0.03")
	}
}

// TestOneStep: erf(m0/√(2α)), and the loads at which a bit of a pattern is
// unstable with round probabilities.
func TestOneStep(t *testing.T) {
	m, wrong := OneStep(0.5, 0.099, 0)
	check(t, m, 0.8880, 5e-5, "overlap after a step")
	check(t, wrong, (1-m)/2, 1e-15, "errors after a step")
	for _, c := range []struct{ p, load float64 }{
		{0.001, 0.104717}, {0.0036, 0.138458}, {0.01, 0.184778}, {0.05, 0.369612}, {0.1, 0.608875},
	} {
		// The load has six digits, of which P takes up to seven times the error.
		_, p := OneStep(1, c.load, 0)
		check(t, p/c.p, 1, 4e-5, "P at %g over %g", c.load, c.p)
	}
	cold, _ := OneStep(0.5, 0.1, 1e-3)
	zero, _ := OneStep(0.5, 0.1, 0)
	check(t, cold, zero, 1e-5, "overlap after a step at t = 0.001")
	if m, _ := OneStep(0.5, 0, 0.25); math.Abs(m-math.Tanh(2)) > 1e-15 {
		t.Errorf("overlap after a step without noise is %v", m)
	}
}

// TestDiluted: 2/π, the fixed points, and the square root near the end.
func TestDiluted(t *testing.T) {
	for _, c := range []struct{ load, m float64 }{{0.1, 0.99841}, {0.2, 0.96990}, {0.4, 0.78612}, {0.6, 0.32852}, {0, 1}, {0.7, 0}} {
		m := Diluted(c.load, 0)
		check(t, m, c.m, 5.1e-6, "m at %g", c.load)
		if c.load > 0 {
			check(t, m, math.Erf(m/math.Sqrt(2*c.load)), 1e-14, "fixed point at %g", c.load)
		}
	}
	if m := Diluted(2/math.Pi*(1+1e-9), 0); m != 0 {
		t.Errorf("m = %g above 2/π", m)
	}
	near := 2 / math.Pi * (1 - 1e-4)
	m := Diluted(near, 0)
	check(t, m*m/(6*near*(1-math.Sqrt(math.Pi*near/2))), 1, 1e-3, "m² near 2/π")
	check(t, Diluted(0, 0.8), 0.710412, 6e-7, "m without noise at t = 0.8")
	check(t, Diluted(0.2, 1.5), 0, 0, "m at t = 1.5")
}

// TestGardner: the capacity at a stability and its inverse.
func TestGardner(t *testing.T) {
	for _, c := range []struct{ kappa, load, tolerance float64 }{
		{0, 2, 1e-15}, {0.5, 0.961205, 6e-7}, {1, 0.519572, 6e-7}, {0.470655, 1, 1e-6}, {0.186108, 1.5, 1e-6},
	} {
		check(t, Gardner(c.kappa), c.load, c.tolerance, "Gardner(%g)", c.kappa)
		kappa, ok := Stability(Gardner(c.kappa))
		if !ok {
			t.Fatalf("no stability at %g", Gardner(c.kappa))
		}
		check(t, kappa, c.kappa, 1e-14, "Stability at %g", c.load)
	}
	// The integral, by a sum.
	const step = 1e-4
	sum := 0.0
	for x := -1 + step/2; x < 10; x += step {
		sum += step * density(x) * (x + 1) * (x + 1)
	}
	check(t, Gardner(1), 1/sum, 1e-8, "Gardner(1) by a sum")
	for _, load := range []float64{0, 2.1} {
		if _, ok := Stability(load); ok {
			t.Errorf("there is a largest stability at %g", load)
		}
	}
	if kappa, ok := Stability(1e-6); !ok || math.Abs(kappa-math.Sqrt(1e6-1)) > 1e-8 {
		t.Errorf("Stability(1e-6) is %v", kappa)
	}
}

func TestGlassFixedPoints(t *testing.T) {
	check(t, GlassFixedPoints(), 0.19923, 5.1e-6, "ln(fixed points)/N")
}
