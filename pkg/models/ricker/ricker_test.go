package ricker

import (
	"context"
	"math"
	"testing"

	"github.com/neurosweep/sweep/pkg/dynamics"
	"github.com/neurosweep/sweep/pkg/measure"
)

var ctx = context.Background()

// Row 6a of docs/known-answers.md: period doublings at 2; 2.526467726; 2.656353265 within 1e-7,
// and further ones whose distances shrink towards 2.692368851.
func TestPeriodDoubling(t *testing.T) {
	family := func(r float64) dynamics.System { return Map{r} }
	found := []float64{}
	guess, step := 1.9, 0.5
	for k := range 7 {
		o := dynamics.NewOrbit(Map{guess}, []float64{0.5})
		if _, err := o.Advance(ctx, 20_000, 1e6); err != nil {
			t.Fatal(err)
		}
		b := measure.FindBifurcation(family, measure.Flip, guess+0.3*step, o.X, measure.NewtonSettings{Period: 1 << k})
		if b.Ending != dynamics.Converged {
			t.Fatal(k, b)
		}
		found = append(found, b.Parameter)
		if k > 0 {
			step = (b.Parameter - found[k-1]) / 4.6
		}
		guess = b.Parameter + 0.6*step
	}
	for i, want := range []float64{2, 2.526467726, 2.656353265} {
		if math.Abs(found[i]-want) > 1e-7 {
			t.Errorf("doubling %d at %.10f, want %v", i+1, found[i], want)
		}
	}
	end := found[6] + (found[6]-found[5])/(4.669201609-1)
	t.Logf("%.9f, limit %.9f", found, end)
	// The geometric series is exact up to the next power of delta: 1e-7.
	if math.Abs(end-2.692368851) > 1e-7 {
		t.Errorf("they end at %.9f", end)
	}
}

// At the fixed point 1 the exponent is ln |1 - r|; the loop and the general method
// agree where it is chaotic.
func TestExponent(t *testing.T) {
	for _, r := range []float64{0.5, 1.5, 1.9} {
		e, _, _, err := measure.LyapunovScalar(ctx, Map{r}.advance, 0.5, measure.LyapunovSettings{Steps: 1000, Transient: 1000})
		if err != nil || math.Abs(e.Mean-math.Log(math.Abs(1-r))) > 1e-9 {
			t.Errorf("r = %v: %v (%v)", r, e, err)
		}
	}
	s := measure.LyapunovSettings{Steps: 200_000, Transient: 1000, Align: -1}
	a, _, _, err := measure.LyapunovScalar(ctx, Map{3}.advance, 0.5, s)
	b, err2 := measure.Lyapunov(ctx, Map{3}, []float64{0.5}, s)
	if err != nil || err2 != nil || !(a.Mean > 0.1) || math.Abs(a.Mean-b.Exponents[0]) > 4*math.Hypot(a.SE, b.SE[0]) {
		t.Error(a, b.Exponents, b.SE, err, err2)
	}
}

// No population is above exp(r-1)/r, where f has its maximum, 1/r.
func TestBound(t *testing.T) {
	points, _, e, err := measure.Points(ctx, nil, Map{3.5}, []float64{0.5}, measure.PointsSettings{Keep: 10_000})
	if e != dynamics.Limit || err != nil {
		t.Fatal(e, err)
	}
	for _, x := range points {
		if !(x > 0 && x <= math.Exp(2.5)/3.5*(1+1e-12)) {
			t.Fatal(x)
		}
	}
}
