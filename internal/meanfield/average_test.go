package meanfield

import (
	"math"
	"testing"
)

// trapezoid computes the averages by a sum over a fine grid, which for a Gaussian
// converges faster than any power of its step.
func trapezoid(a, s, t float64) (v averages) {
	const step = 1. / 2048
	for k := -10 / step; k <= 10/step; k++ {
		z := k * step
		v.add((a+s*z)/t, z, step*density(z), t)
	}
	return v
}

// TestAverage compares the panels with the sum over the grid, where the grid
// resolves tanh.
func TestAverage(t *testing.T) {
	for _, a := range []float64{0, 1e-3, 0.3, 1, 5} {
		for _, s := range []float64{1e-6, 0.01, 0.4, 0.8, 3} {
			for _, temp := range []float64{0.01, 0.1, 0.5, 1, 20} {
				if temp < s/100 {
					continue
				}
				got, want := average(a, s, temp), trapezoid(a, s, temp)
				for _, c := range []struct {
					name      string
					got, want float64
				}{
					{"tanh", got.tanh, want.tanh}, {"wrong", got.wrong, want.wrong}, {"tanh²", got.tanh2, want.tanh2},
					{"slope", got.slope, want.slope}, {"z", got.z, want.z}, {"z²-1", got.z2, want.z2},
					{"sech⁴", got.sech4, want.sech4}, {"entropy", got.bits, want.bits},
				} {
					// The grid's forty thousand summands are rounded, to less than 1e-12 in all.
					if math.Abs(c.got-c.want) > 1e-12*max(1, math.Abs(c.want), 1/temp) {
						t.Errorf("a = %g, s = %g, t = %g: %s is %.16g, by the grid %.16g", a, s, temp, c.name, c.got, c.want)
					}
				}
			}
		}
	}
}

// TestAverageCold: the limit t = 0 is reached, and where the averages change over
// to it they do not jump.
func TestAverageCold(t *testing.T) {
	for _, a := range []float64{0, 0.2, 0.9} {
		for _, s := range []float64{1e-3, 0.4, 2} {
			zero := average(a, s, 0)
			if want := math.Erf(a / s / math.Sqrt2); zero.tanh != want {
				t.Errorf("a = %g, s = %g: <sign> is %v, want %v", a, s, zero.tanh, want)
			}
			above, below := average(a, s, coldest*s*1.0001), average(a, s, coldest*s*0.9999)
			for _, c := range [][3]float64{
				{zero.tanh, above.tanh, below.tanh}, {zero.wrong, above.wrong, below.wrong}, {1, above.tanh2, below.tanh2},
				{zero.slope, above.slope, below.slope}, {zero.z, above.z, below.z}, {zero.z2, above.z2, below.z2},
			} {
				scale := 1e-8 * max(1, math.Abs(c[0]))
				if math.Abs(c[1]-c[0]) > scale || math.Abs(c[2]-c[0]) > scale {
					t.Errorf("a = %g, s = %g: %v at t = 0, %v and %v near it", a, s, c[0], c[1], c[2])
				}
			}
			if math.Abs(above.sech4-below.sech4) > 3e-4*above.sech4 {
				t.Errorf("a = %g, s = %g: <sech⁴>/t² is %v above, %v below", a, s, above.sech4, below.sech4)
			}
		}
	}
}

// TestAverageWithoutNoise: s = 0 is one field.
func TestAverageWithoutNoise(t *testing.T) {
	v := average(0.6, 0, 0.5)
	if want := math.Tanh(1.2); math.Abs(v.tanh-want) > 1e-15 || math.Abs(v.tanh2-want*want) > 1e-15 || math.Abs(v.slope-(1-want*want)/0.5) > 1e-15 {
		t.Errorf("%+v", v)
	}
	if v := average(1, 0, 0); v.tanh != 1 || v.wrong != 0 || v.slope != 0 {
		t.Errorf("%+v", v)
	}
}

func TestRoot(t *testing.T) {
	calls := 0
	for _, c := range []struct {
		f          func(float64) float64
		a, b, want float64
	}{
		{func(x float64) float64 { return x*x - 2 }, 0, 2, math.Sqrt2},
		{func(x float64) float64 { return math.Exp(-x) - 0.5 }, -1, 10, math.Ln2},
		{func(x float64) float64 { return x * x * x }, -1, 1.5, 0},
		{func(x float64) float64 { return math.Copysign(1, x-0.3) }, 0, 1, 0.3},
		{func(x float64) float64 { return 1 - x }, 1, 3, 1},
	} {
		calls = 0
		f := func(x float64) float64 { calls++; return c.f(x) }
		got := root(f, c.a, f(c.a), c.b, f(c.b))
		if math.Abs(got-c.want) > 2e-15*max(1, math.Abs(c.b)) && math.Abs(c.f(got)) > 1e-40 {
			t.Errorf("root %v, want %v", got, c.want)
		}
		if calls > 60 {
			t.Errorf("root at %v took %d calls", c.want, calls)
		}
	}
	// What is not a number ends the search.
	root(func(float64) float64 { return math.NaN() }, 0, -1, 1, 1)
}
