package sparsememory

import (
	"math"
	"testing"

	"github.com/neurosweep/sweep/internal/testkit"
	"github.com/neurosweep/sweep/pkg/measure"
)

func newNet(t testing.TB, n, p int, f, threshold float64, seed uint64) *network {
	t.Helper()
	net, err := newNetwork(t.Context(), n, p, f, threshold, testkit.Generator(1, seed))
	if err != nil {
		t.Fatal(err)
	}
	net.order = testkit.Generator(2, seed)
	return net
}

func retrieve(t testing.TB, net *network, tries int, m0 float64) results {
	t.Helper()
	res, err := net.retrieve(t.Context(), tries, m0, 1000, testkit.Generator(3))
	if err != nil {
		t.Fatal(err)
	}
	return res
}

// TestFields computes fields and overlaps as they are written, and sees the energy
// fall.
func TestFields(t *testing.T) {
	const n, p, f, threshold = 40, 25, 0.3, 0.15
	net := newNet(t, n, p, f, threshold, 1)
	eta := make([][]float64, p)
	for mu := range p {
		eta[mu] = make([]float64, n)
		for _, i := range net.pattern(mu) {
			eta[mu][i] = 1
		}
	}
	j := func(i, k int) float64 {
		sum := 0.0
		for mu := range p {
			sum += (eta[mu][i] - f) * (eta[mu][k] - f)
		}
		return sum / (n * f * (1 - f))
	}
	r := testkit.Generator(4)
	for i := range n {
		if r.Float64() < 0.4 {
			net.flip(i)
		}
	}
	state := func(i int) float64 {
		if net.active[i] {
			return 1
		}
		return 0
	}
	energy := func() float64 {
		e := 0.0
		for i := range n {
			e += threshold * state(i)
			for k := range n {
				if k != i {
					e -= j(i, k) * state(i) * state(k) / 2
				}
			}
		}
		return e
	}
	for range 200 {
		i := r.IntN(n)
		h := 0.0
		for k := range n {
			if k != i {
				h += j(i, k) * state(k)
			}
		}
		if got := net.field(i); math.Abs(got-h) > 1e-12 {
			t.Fatalf("field %d is %v, want %v", i, got, h)
		}
		before := energy()
		if net.next(i) != net.active[i] {
			net.flip(i)
			if after := energy(); after > before {
				t.Errorf("the energy goes from %v to %v", before, after)
			}
		}
	}
	m, whole := 0.0, 0.0
	for i := range n {
		m += (eta[3][i] - f) * state(i)
		whole += (eta[3][i] - f) * eta[3][i]
	}
	if got := net.overlap(3); math.Abs(got-m/whole) > 1e-12 {
		t.Errorf("overlap %v, want %v", got, m/whole)
	}
}

// TestFirstErrors is the fraction of errors in the fields of the patterns: Gaussian
// noise of variance αf around 1-f and -f.
func TestFirstErrors(t *testing.T) {
	for _, c := range []struct{ f, alpha, threshold float64 }{{0.1, 0.5, 0.4}, {0.05, 1, 0.45}, {0.05, 2, 0.6}, {0.5, 0.2, 0}} {
		const n, networks, tries = 2000, 6, 15
		var misses, alarms []float64
		for k := range uint64(networks) {
			r, err := newNet(t, n, int(c.alpha*n), c.f, c.threshold, k).retrieve(t.Context(), tries, 1, 1, nil)
			if err != nil {
				t.Fatal(err)
			}
			misses = append(misses, float64(r.firstMisses)/float64(r.ones))
			alarms = append(alarms, float64(r.firstFalse)/float64(r.zeros))
		}
		sd := math.Sqrt(2 * c.alpha * c.f)
		for name, x := range map[string]struct {
			xs   []float64
			want float64
		}{
			"misses":       {misses, math.Erfc((1-c.f-c.threshold)/sd) / 2},
			"false alarms": {alarms, math.Erfc((c.threshold+c.f)/sd) / 2},
		} {
			got := measure.BlockEstimate(x.xs)
			t.Logf("f = %g, α = %g, θ = %g: %s %.4f(%.4f), Gaussian %.4f", c.f, c.alpha, c.threshold, name, got.Mean, got.SE, x.want)
			// The noise is a sum of products of few ones: its tails are longer than a
			// Gaussian's by some percent.
			if math.Abs(got.Mean-x.want) > 4*got.SE+0.05*x.want {
				t.Errorf("f = %g, α = %g, θ = %g: %s %.4f(%.4f), want %.4f", c.f, c.alpha, c.threshold, name, got.Mean, got.SE, x.want)
			}
		}
	}
}

// TestCapacity grows as patterns get sparse, as 1/(2f|ln f|) says: what f = 1/2
// loses, f = 0.02 holds many times over.
func TestCapacity(t *testing.T) {
	for _, c := range []struct {
		f, alpha, threshold float64
		held                bool
	}{{0.5, 0.05, 0, true}, {0.5, 0.3, 0, false}, {0.1, 0.15, 0.45, true}, {0.02, 0.7, 0.55, true}, {0.02, 8, 0.55, false}} {
		net := newNet(t, 1500, int(c.alpha*1500), c.f, c.threshold, 1)
		r := retrieve(t, net, 15, 1)
		t.Logf("f = %g, α = %g: overlap %.3f, success %.2f, 1/(2f|ln f|) = %.2f", c.f, c.alpha, r.overlap, r.success, 1/(2*c.f*math.Abs(math.Log(c.f))))
		if c.held && (r.success < 1 || r.overlap < 0.95) || !c.held && r.success > 0.1 {
			t.Errorf("f = %g, α = %g: overlap %v, success %v", c.f, c.alpha, r.overlap, r.success)
		}
	}
}

// TestStart begins at the overlap asked for, and finds the pattern from it.
func TestStart(t *testing.T) {
	net := newNet(t, 2000, 100, 0.1, 10, 1) // a threshold that nothing reaches
	if r := retrieve(t, net, 5, 0.6); r.activity != 0 || r.firstMisses != r.ones {
		t.Errorf("%+v", r)
	}
	net.threshold = 0.4
	if r := retrieve(t, net, 5, 0.6); r.success != 1 || r.hits != r.ones || r.falseAlarms != 0 || r.limited {
		t.Errorf("%+v", r)
	}
	if r, err := net.retrieve(t.Context(), 5, 0.6, 1, testkit.Generator(3)); err != nil || !r.limited {
		t.Errorf("one sweep from overlap 0.6: %+v, %v", r, err)
	}
	net.clear()
	var inside, outside []int32
	for i := range int32(net.n) {
		outside = append(outside, i)
	}
	for k, i := range net.pattern(0) {
		net.flip(int(i))
		inside = append(inside, i)
		outside = append(outside[:int(i)-k], outside[int(i)-k+1:]...)
	}
	size := net.size
	net.disturb(inside, outside, 0.6, testkit.Generator(5))
	if m := net.overlap(0); math.Abs(m-0.6) > 0.005 || net.size != size { // one neuron of 200
		t.Errorf("the start has overlap %v, and %d active neurons of %d", m, net.size, size)
	}
}
