package neuron

import (
	"context"
	"math"
	"testing"
)

// settled iterates the logistic neuron to its end.
func settled(t *testing.T, w, b, x float64) end {
	t.Helper()
	e, err := settle(context.Background(), unit{w, b, logistic}, x, 10_000_000, 1e-10)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// TestSlope compares the derivative with differences.
func TestSlope(t *testing.T) {
	for name, response := range responses {
		for _, u := range []float64{-30, -5, -1, 0, 0.3, 2, 7} {
			const h = 1e-5
			up, _ := response(u + h)
			down, _ := response(u - h)
			_, slope := response(u)
			// The error of the difference is h²/6 of the third derivative, below
			// 1e-11 here, and the rounding of the values over 2h.
			if got := (up - down) / (2 * h); math.Abs(got-slope) > 2e-11 {
				t.Errorf("%s: slope %v at %v, by differences %v", name, slope, u, got)
			}
		}
	}
}

// boundary is the bias at which a fixed point folds (w > 0) or flips (w < 0);
// models.md, one recurrent neuron.
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
		y, slope := unit{c.w, c.b, logistic}.step(0.5)
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
	e, err := settle(context.Background(), unit{8, -4, logistic}, 0.3, 3, 1e-10)
	if err != nil || e.ending != limit || e.steps != 3 {
		t.Errorf("%+v, %v", e, err)
	}
}
