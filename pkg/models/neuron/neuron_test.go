package neuron

import (
	"context"
	"math"
	"testing"
)

func logisticUnit(w, b float64) unit { return unit{w: w, b: b, response: responses["logistic"]} }

// settled iterates the logistic neuron to its end.
func settled(t *testing.T, w, b, x float64) end {
	t.Helper()
	e, err := settle(context.Background(), logisticUnit(w, b), x, 10_000_000, 1e-10)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// TestSlope compares the derivative with differences.
func TestSlope(t *testing.T) {
	for name, response := range responses {
		for _, x := range []float64{-2, -0.7, -0.1, 0, 0.3, 0.9, 2} {
			const h = 1e-5
			f := unit{w: 1.5, b: -0.3, a: 2, response: response}
			up, _ := f.step(x + h)
			down, _ := f.step(x - h)
			_, slope := f.step(x)
			// The error of the difference is h²/6 of the third derivative, of which
			// none is above 20 here, and the rounding of the values over 2h.
			if got := (up - down) / (2 * h); math.Abs(got-slope) > 5e-10 {
				t.Errorf("%s: slope %v at %v, by differences %v", name, slope, x, got)
			}
		}
	}
}

// whole is what a trial with the default settings finds.
func whole(t *testing.T, f unit, x float64) (end, []float64) {
	t.Helper()
	e, err := settle(t.Context(), f, x, 100_000, 1e-10)
	if err != nil {
		t.Fatal(err)
	}
	if e.ending != none {
		return e, e.orbit(f)
	}
	e, err = f.follow(t.Context(), e, 64)
	if err != nil {
		t.Fatal(err)
	}
	return e, e.orbit(f)
}

// TestResponses: with a response that is not monotone the bias has a whole
// bifurcation diagram. The quadratic neuron is z -> z² + c with z = w x and c =
// w b; the Gaussian one flips at b = -0.8726449 and back at 0.4144171 (row 5c
// of docs/known-answers.md).
func TestResponses(t *testing.T) {
	for _, c := range []struct {
		response string
		w, b     float64
		ending   string
		period   int
	}{
		{"quadratic", 1, -0.5, fixed, 1},
		{"quadratic", 1, -1, cycle, 2},
		{"quadratic", 2, -0.655, cycle, 4},      // c = -1.31
		{"quadratic", -2, 0.87744, cycle, 3},    // c = -1.75488, superstable
		{"quadratic", 1, -1.401155189, none, 0}, // where the periods end
		{"quadratic", 1, 0.3, diverged, 0},      // outside of the Mandelbrot set
		{"gaussian", 0, -0.8736, fixed, 1},
		{"gaussian", 0, -0.8716, cycle, 2},
		{"gaussian", 0, 0.4134, cycle, 2},
		{"gaussian", 0, 0.4154, fixed, 1},
		{"gaussian", 0, -0.5, none, 0},
		{"tanh", -2, 0.1, cycle, 2},
		{"tanh", 2, 0.1, fixed, 1},
	} {
		f := unit{w: c.w, b: c.b, a: 6.2, response: responses[c.response]}
		e, points := whole(t, f, 0.1)
		if e.ending != c.ending || e.period != c.period {
			t.Errorf("%s, w = %v, b = %v: %s of period %d, want %s of period %d", c.response, c.w, c.b, e.ending, e.period, c.ending, c.period)
		}
		if e.ending == cycle && (len(points) != c.period || math.Abs(e.multiplier) > 1) {
			t.Errorf("%s, w = %v, b = %v: %d points with multiplier %v", c.response, c.w, c.b, len(points), e.multiplier)
		}
	}
	// The exponent at c = -2 is ln 2, within 4 standard errors of 1e5 steps.
	f := unit{w: 1, b: -1.9999999999999998, response: responses["quadratic"]}
	_, sum := f.advance(0.1, 100_000)
	if got := sum / 100_000; math.Abs(got-math.Ln2) > 2e-3 {
		t.Errorf("the exponent at c = -2 is %v", got)
	}
}

// boundary is the bias at which a fixed point folds (w > 0) or flips (w < 0);
// docs/known-answers.md, row 5c.
func boundary(w, side float64) float64 {
	x := (1 + side*math.Sqrt(1-4/math.Abs(w))) / 2
	return math.Log(x/(1-x)) - w*x
}

// TestBoundaries: the values that the doc quotes, and that on either side of
// them the map does what the doc says.
func TestBoundaries(t *testing.T) {
	const off = 1e-3
	for _, c := range []struct{ w, low, high float64 }{
		{6, -3.415093, -2.584907},
		{8, -5.065680, -2.934320},
		{-6, -0.049009, 6.049009},
		{-5, 0.419542, 4.580458},
	} {
		low, high := boundary(c.w, 1), boundary(c.w, -1)
		if c.w < 0 {
			low, high = boundary(c.w, -1), boundary(c.w, 1)
		}
		if math.Abs(low-c.low) > 1e-6 || math.Abs(high-c.high) > 1e-6 {
			t.Errorf("w = %v: boundaries %v and %v, want %v and %v", c.w, low, high, c.low, c.high)
		}
		for _, at := range []struct {
			b      float64
			inside bool
		}{{low - off, false}, {low + off, true}, {high - off, true}, {high + off, false}} {
			from0, from1 := settled(t, c.w, at.b, 0), settled(t, c.w, at.b, 1)
			if c.w > 0 {
				if from0.ending != fixed || from1.ending != fixed {
					t.Errorf("w = %v, b = %v: %s and %s", c.w, at.b, from0.ending, from1.ending)
				}
				if two := math.Abs(from0.x-from1.x) > 1e-8; two != at.inside {
					t.Errorf("w = %v, b = %v: fixed points %v and %v", c.w, at.b, from0.x, from1.x)
				}
				continue
			}
			want := fixed
			if at.inside {
				want = cycle
			}
			if from0.ending != want || from1.ending != want {
				t.Errorf("w = %v, b = %v: %s and %s, want %s", c.w, at.b, from0.ending, from1.ending, want)
			}
			if math.Abs(from0.multiplier) > 1 {
				t.Errorf("w = %v, b = %v: multiplier %v of an orbit that attracts", c.w, at.b, from0.multiplier)
			}
		}
	}
}

// TestCusps: at the cusps the multiplier is 1 and -1.
func TestCusps(t *testing.T) {
	for _, c := range []struct{ w, b, multiplier float64 }{{4, -2, 1}, {-4, 2, -1}} {
		y, slope := (&unit{w: c.w, b: c.b, response: responses["logistic"]}).step(0.5)
		if y != 0.5 || slope != c.multiplier {
			t.Errorf("w = %v, b = %v: f(1/2) = %v, f'(1/2) = %v", c.w, c.b, y, slope)
		}
	}
}

// TestHysteresis carries the state by hand along b at w = 8.
func TestHysteresis(t *testing.T) {
	const step = 0.01
	jump := func(from, to float64) float64 {
		x := settled(t, 8, from, 0.5).x
		dir := math.Copysign(step, to-from)
		for i := 1; ; i++ {
			b := from + dir*float64(i)
			next := settled(t, 8, b, x).x
			if math.Abs(next-x) > 0.3 {
				return b
			}
			x = next
		}
	}
	if up := jump(-7, -1); up < -2.934320 || up > -2.934320+step {
		t.Errorf("the state jumps up at b = %v, want -2.934320", up)
	}
	if down := jump(-1, -7); down > -5.065680 || down < -5.065680-step {
		t.Errorf("the state jumps down at b = %v, want -5.065680", down)
	}
}

// TestGhost: in the bottleneck beyond a fold, where steps are tiny and there is
// no fixed point, the orbit is not taken for converged.
func TestGhost(t *testing.T) {
	e := settled(t, 8, boundary(8, -1)+1e-9, 0)
	if e.ending != fixed || e.x < 0.9 || e.steps < 10_000 {
		t.Errorf("%+v: the orbit did not pass the bottleneck", e)
	}
}

func TestLimit(t *testing.T) {
	e, err := settle(context.Background(), logisticUnit(8, -4), 0.3, 3, 1e-10)
	if err != nil || e.ending != none || e.steps != 3 {
		t.Errorf("%+v, %v", e, err)
	}
}
