package measure_test

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/neurosweep/sweep/pkg/measure"
)

// scaled draws curves that obey finite-size scaling exactly: success of a
// sample with the probability F((x - x*) L^power), F(0) = 0.9, as the mean of
// tries whose common part makes them correlated within a sample.
func scaled(rng *rand.Rand, sizes []float64, cross, power float64, samples int) []measure.Curve {
	var curves []measure.Curve
	for _, size := range sizes {
		c := measure.Curve{Size: size}
		for x := 0.11; x < 0.1701; x += 0.005 {
			c.X = append(c.X, x)
		}
		for range samples {
			y := make([]float64, len(c.X))
			shift := 0.4 * rng.NormFloat64()
			for k, x := range c.X {
				u := (x - cross) * math.Pow(size, power)
				z := math.Log(9) - 3*u - 0.5*u*u + shift
				for range 20 {
					if rng.Float64() < 1/(1+math.Exp(-z)) {
						y[k] += 0.05
					}
				}
				y[k] = min(y[k], 1)
			}
			c.Y = append(c.Y, y)
		}
		curves = append(curves, c)
	}
	return curves
}

// TestCommonCrossing recovers the crossing and the exponent of curves that obey
// scaling, and its standard errors are those of repeated experiments: over 60
// the pulls have mean 0 and variance 1, within four standard errors.
func TestCommonCrossing(t *testing.T) {
	const runs, cross, power = 60, 0.139, 0.5
	rng := rand.New(rand.NewPCG(11, 12))
	var sum, squares, exponents float64
	for range runs {
		got, err := measure.CommonCrossing(scaled(rng, []float64{1000, 2000, 4000, 8000}, cross, power, 40), rng, measure.ScalingSettings{Resamples: 100})
		if err != nil {
			t.Fatal(err)
		}
		pull := (got.X.Mean - cross) / got.X.SE
		sum += pull
		squares += pull * pull
		exponents += (got.Exponent.Mean - power) / got.Exponent.SE
		if len(got.Slopes) != 4 || got.Slopes[0].Mean < got.Slopes[3].Mean {
			t.Errorf("slopes %v: the larger the steeper", got.Slopes)
		}
	}
	t.Logf("mean pull %.2f, mean square %.2f, exponent's mean pull %.2f", sum/runs, squares/runs, exponents/runs)
	if mean := sum / runs; math.Abs(mean) > 4/math.Sqrt(runs) {
		t.Errorf("mean pull %v", mean)
	}
	if mean := squares / runs; math.Abs(mean-1) > 4*math.Sqrt(2.0/runs) {
		t.Errorf("mean squared pull %v, want 1", mean)
	}
	if mean := exponents / runs; math.Abs(mean) > 4/math.Sqrt(runs) {
		t.Errorf("the exponent's mean pull %v", mean)
	}
}

func TestCommonCrossingNeedsOne(t *testing.T) {
	rng := rand.New(rand.NewPCG(13, 14))
	curves := scaled(rng, []float64{1000, 4000}, 0.139, 0.5, 40)
	for k := range curves[1].X {
		curves[1].X[k] += 0.1 // apart: they cross nowhere
	}
	if got, err := measure.CommonCrossing(curves, rng, measure.ScalingSettings{}); err == nil {
		t.Errorf("curves that lie apart cross at %v", got.X)
	}
	if _, err := measure.CommonCrossing(curves[:1], rng, measure.ScalingSettings{}); err == nil {
		t.Error("one curve crosses itself")
	}
	curves[0].Y[3][2] = 1.5
	if _, err := measure.CommonCrossing(curves, rng, measure.ScalingSettings{}); err == nil || !strings.Contains(err.Error(), "1.5") {
		t.Errorf("a fraction of 1.5: %v", err)
	}
}

// TestCrossLevel finds where logistic curves have the value one half.
func TestCrossLevel(t *testing.T) {
	rng := rand.New(rand.NewPCG(15, 16))
	const runs = 60
	var sum, squares float64
	for range runs {
		c := scaled(rng, []float64{4000}, 0.139, 0.5, 40)[0]
		// ln 9 - 3u - u²/2 = 0 at u = -3 + sqrt(9 + 2 ln 9).
		want := 0.139 + (math.Sqrt(9+2*math.Log(9))-3)/math.Sqrt(4000)
		got, err := measure.CrossLevel(c, 0.5, rng, measure.ScalingSettings{Resamples: 100})
		if err != nil {
			t.Fatal(err)
		}
		pull := (got.Mean - want) / got.SE
		sum += pull
		squares += pull * pull
	}
	t.Logf("mean pull %.2f, mean square %.2f", sum/runs, squares/runs)
	if math.Abs(sum/runs) > 4/math.Sqrt(runs) || math.Abs(squares/runs-1) > 4*math.Sqrt(2.0/runs) {
		t.Errorf("mean pull %v, mean square %v", sum/runs, squares/runs)
	}
}

func TestExtrapolate(t *testing.T) {
	sizes := []float64{1000, 2000, 4000, 8000}
	xs := make([]measure.Estimate, len(sizes))
	for i, n := range sizes {
		xs[i] = measure.Estimate{Mean: 0.1386 + 0.869/math.Sqrt(n), SE: 1e-4 * float64(1+i)}
	}
	e, err := measure.Extrapolate(sizes, xs, 0.5)
	if err != nil {
		t.Fatal(err)
	}
	if math.Abs(e.Limit.Mean-0.1386) > 1e-12 || math.Abs(e.Amplitude.Mean-0.869) > 1e-10 || e.ChiSquare > 1e-12 || e.Freedom != 2 {
		t.Errorf("%+v", e)
	}
	// Two sizes: the error of the limit is that of the line through them.
	two, err := measure.Extrapolate(sizes[:2], xs[:2], 1)
	if err != nil {
		t.Fatal(err)
	}
	if want := math.Hypot(2*xs[1].SE, xs[0].SE); math.Abs(two.Limit.SE-want) > 1e-12 {
		t.Errorf("standard error %v, want %v", two.Limit.SE, want)
	}
	if _, err := measure.Extrapolate([]float64{5, 5}, xs[:2], 1); err == nil {
		t.Error("one size twice is extrapolated")
	}
}
