package gcm

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/neurosweep/sweep/pkg/dynamics"
	"github.com/neurosweep/sweep/pkg/measure"
)

var ctx = context.Background()

// Row 6d of docs/known-answers.md: eps_c = 1/2 at r = 4, within 0.01; N = 50, 2e4 steps, five
// starts on each side. The transverse exponent is 0 there too.
func TestSynchronisation(t *testing.T) {
	for _, c := range []struct {
		eps  float64
		want bool
	}{{0.3, false}, {0.45, false}, {0.49, false}, {0.51, true}, {0.6, true}} {
		for seed := range uint64(5) {
			rng := rand.New(rand.NewPCG(seed, 1))
			x := make([]float64, 50)
			for i := range x {
				x[i] = rng.Float64()
			}
			o := dynamics.NewOrbit(Network{50, 4, c.eps}, x)
			if _, err := o.Advance(ctx, 20_000, 10); err != nil {
				t.Fatal(err)
			}
			if got := spread(o.X) < together; got != c.want {
				t.Errorf("eps = %v, start %d: spread %g", c.eps, seed, spread(o.X))
			}
		}
	}
	e, _, _, err := measure.LyapunovScalar(ctx, local(4), 0.3, measure.LyapunovSettings{Steps: 100_000, Transient: 100})
	if critical := 1 - math.Exp(-e.Mean); err != nil || math.Abs(critical-0.5) > 0.01 {
		t.Error("the transverse exponent is 0 at", critical, err)
	}
}

// Of two units that agree the spectrum is exact: the local exponent and the
// transverse one, and that N-1 times for N units.
func TestSpectrum(t *testing.T) {
	const eps = 0.2
	g := Network{4, 3.9, eps}
	s, err := measure.Lyapunov(ctx, g, []float64{0.3, 0.3, 0.3, 0.3}, measure.LyapunovSettings{Steps: 20_000, Transient: 100})
	if err != nil {
		t.Fatal(err)
	}
	t.Log(s.Exponents)
	for i := 1; i < 4; i++ {
		if d := s.Exponents[0] + math.Log(1-eps) - s.Exponents[i]; math.Abs(d) > 0.01 {
			t.Errorf("exponents %v", s.Exponents)
		}
	}
}

// Without coupling every unit is a logistic map, bit for bit; with full coupling all
// are at the mean.
func TestStep(t *testing.T) {
	x, dst := []float64{0.1, 0.5, 0.8}, make([]float64, 3)
	Network{3, 3.7, 0}.Step(dst, x)
	for i, v := range x {
		if dst[i] != 3.7*v*(1-v) {
			t.Error(dst)
		}
	}
	m := mean(dst)
	Network{3, 3.7, 1}.Step(dst, x)
	for _, v := range dst {
		if math.Abs(v-m) > 1e-15 {
			t.Error(dst, m)
		}
	}
	g := Network{3, 3.7, 0.3}
	v := []float64{1, 2, -0.5, 0.25, 0, 1}
	got, want := make([]float64, 6), make([]float64, 6)
	g.Tangent(got, x, v)
	dynamics.TangentOf(struct{ dynamics.Map }{g}).Tangent(want, x, v)
	for i := range got {
		if math.Abs(got[i]-want[i]) > 1e-9 {
			t.Errorf("%v, by differences %v", got, want)
		}
	}
}
