package bms

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/neurosweep/sweep/internal/testkit"
)

func equal(a, b []int) bool { return slices.Equal(a, b) }

// plain is the equation written down: a dense matrix and no thought of speed.
type plain struct {
	gamma, theta, current float64
	w                     [][]float64
	v                     []float64
}

func (p *plain) raster() []bool {
	z := make([]bool, len(p.v))
	for i, x := range p.v {
		z[i] = x >= p.theta
	}
	return z
}

func (p *plain) step() {
	z := p.raster()
	next := make([]float64, len(p.v))
	for i := range next {
		if !z[i] {
			next[i] = float64(p.gamma * p.v[i])
		}
		next[i] += p.current
		for j := range z {
			if z[j] {
				next[i] += p.w[i][j]
			}
		}
	}
	p.v = next
}

// drawn is a network of random parameters, and the same as plain.
func drawn(rng *rand.Rand, n int) (*Network, *plain) {
	p := &plain{gamma: rng.Float64(), theta: 0.5 + rng.Float64(), w: make([][]float64, n)}
	if rng.IntN(4) == 0 {
		p.gamma = 0
	}
	if rng.IntN(2) == 0 {
		p.current = 0.4 * rng.NormFloat64() * (1 - p.gamma)
	}
	g := gaussian{mean: rng.NormFloat64(), sigma: 8 * rng.Float64(), raw: rng.IntN(2) == 0, self: rng.IntN(2) == 0}
	if g.raw {
		g.mean, g.sigma = g.mean/float64(n), g.sigma/math.Sqrt(float64(n))
	}
	for i := range p.w {
		p.w[i] = make([]float64, n)
	}
	weight := g.weights(n, rng)
	net := testkit.Must(NewNetwork(context.Background(), n, p.gamma, p.theta, p.current, func(i, j int) float64 {
		p.w[i][j] = weight(i, j)
		return p.w[i][j]
	}))
	p.v = uniform(n, 2*p.theta, rng)
	net.SetState(p.v)
	return net, p
}

// The optimised step is the equation added in the order that is promised: the
// same raster and the same bits.
func TestStepAgainstPlain(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 3))
	live := 0
	for trial := range 200 {
		n := 1 + rng.IntN(20)
		if trial%10 == 0 {
			n = 60 + rng.IntN(80) // more than one word of the raster
		}
		net, p := drawn(rng, n)
		lo, hi := net.Bounds()
		lo, hi = min(lo, 0), max(hi, 2*p.theta) // where V(0) is
		spikes := 0
		for step := range 200 {
			var fired []int
			for i, z := range p.raster() {
				if z {
					fired = append(fired, i)
				}
				if bit := net.row[i/64]>>(i%64)&1 == 1; bit != z {
					t.Fatalf("trial %d, step %d: bit %d of the row is %v", trial, step, i, bit)
				}
			}
			spikes += len(fired)
			if !equal(net.Fired(), fired) {
				t.Fatalf("trial %d, step %d: %v fire, want %v", trial, step, net.Fired(), fired)
			}
			for i, x := range net.State() {
				if x != p.v[i] {
					t.Fatalf("trial %d, step %d: V_%d = %v, want %v", trial, step, i, x, p.v[i])
				}
				// Rounding of some hundred terms, each below 100.
				if x < lo-1e-12 || x > hi+1e-12 {
					t.Fatalf("trial %d, step %d: V_%d = %v is outside [%v, %v]", trial, step, i, x, lo, hi)
				}
			}
			net.Step()
			p.step()
		}
		if spikes > 100*n/5 {
			live++
		}
	}
	if live < 50 {
		t.Errorf("only %d of the networks had something to compare", live)
	}
}

// What Step notes on the way is what looking at every potential gives.
func TestDistancesNoted(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 5))
	for range 50 {
		net, p := drawn(rng, 1+rng.IntN(100))
		closest, within := math.Inf(1), int64(0)
		for range 300 {
			m := math.Inf(1)
			for _, x := range net.State() {
				m = min(m, math.Abs(x-p.theta))
				if math.Abs(x-p.theta) < p.theta/100 {
					within++
				}
			}
			closest = min(closest, m)
			if net.closest != closest || net.within != within || net.Margin() != m {
				t.Fatalf("noted %v, %d, %v, want %v, %d, %v", net.closest, net.within, net.Margin(), closest, within, m)
			}
			net.Step()
		}
	}
}

// The weights are drawn j outer and i inner, with all of the diagonal drawn.
func TestWeights(t *testing.T) {
	const n = 5
	draw := func(g gaussian) *Network {
		return testkit.Must(NewNetwork(context.Background(), n, 0.5, 1, 0, g.weights(n, rand.New(rand.NewPCG(7, 7)))))
	}
	xi := draw(gaussian{sigma: 1, raw: true, self: true})
	rng := rand.New(rand.NewPCG(7, 7))
	for j := range n {
		for i := range n {
			if x := rng.NormFloat64(); xi.Weight(i, j) != x {
				t.Fatalf("W_%d%d is not the next draw", i, j)
			}
		}
	}
	scaled := draw(gaussian{mean: 2, sigma: 3})
	for j := range n {
		for i := range n {
			want := xi.Weight(i, j)*3/math.Sqrt(n) + 2./n
			if i == j {
				want = 0
			}
			if math.Abs(scaled.Weight(i, j)-want) > 1e-15 {
				t.Errorf("W_%d%d = %v, want %v", i, j, scaled.Weight(i, j), want)
			}
		}
	}
}

// The potentials are a sum over the raster alone: with tau the last time that
// i fired before t, V_i(t) = sum_{l=tau}^{t-1} gamma^{t-1-l} (sum_j W_ij Z_j(l)
// + I), where the term of l = tau is what it received while firing (Cessac
// 2008, arXiv 0706.0077).
func TestCoding(t *testing.T) {
	const n, steps, gamma, current = 20, 60, 0.8, 0.05
	rng := rand.New(rand.NewPCG(11, 1))
	net := testkit.Must(NewNetwork(context.Background(), n, gamma, 1, current, gaussian{sigma: 4, self: true}.weights(n, rng)))
	net.SetState(uniform(n, 2, rng))
	var rows [][]int
	checked := 0
	for now := range steps {
		for i, x := range net.State() {
			tau := -1
			for l := range now {
				if slices.Contains(rows[l], i) {
					tau = l
				}
			}
			if tau < 0 {
				continue // it still remembers V_i(0)
			}
			checked++
			sum := 0.
			for l := tau; l < now; l++ {
				in := current
				for _, j := range rows[l] {
					in += net.Weight(i, j)
				}
				sum += math.Pow(gamma, float64(now-1-l)) * in
			}
			if math.Abs(sum-x) > 1e-12 {
				t.Fatalf("V_%d(%d) = %v, the raster gives %v", i, now, x, sum)
			}
		}
		rows = append(rows, slices.Clone(net.Fired()))
		net.Step()
	}
	if checked < n*steps/2 {
		t.Errorf("only %d potentials of neurons that had fired", checked)
	}
}

// A perturbation of V(0) by less than d, the smallest |V_i(t)-theta| of the
// orbit, leaves the raster as it is; it shrinks by gamma a step. One that
// takes the neuron closest to the threshold across it does not.
func TestRobustRaster(t *testing.T) {
	const steps = 2000
	for seed := range uint64(40) {
		net := reference(30, 0.5, 5, seed+1)
		start := slices.Clone(net.State())
		var rows [][]int
		d := net.Margin()
		for range steps {
			rows = append(rows, slices.Clone(net.Fired()))
			net.Step()
			d = min(d, net.Margin())
		}
		rng := rand.New(rand.NewPCG(seed, 99))
		moved := slices.Clone(start)
		for i := range moved {
			moved[i] += 0.9 * d * float64(2*rng.IntN(2)-1)
		}
		net.SetState(moved)
		for step := range steps {
			if !equal(net.Fired(), rows[step]) {
				t.Fatalf("seed %d: the raster differs at step %d after 0.9 d = %g", seed, step, 0.9*d)
			}
			net.Step()
		}

		closest := 0
		for i, x := range start {
			if math.Abs(x-1) < math.Abs(start[closest]-1) {
				closest = i
			}
		}
		crossed := slices.Clone(start)
		crossed[closest] = 2 - crossed[closest]
		net.SetState(crossed)
		if equal(net.Fired(), rows[0]) {
			t.Errorf("seed %d: crossing the threshold changed nothing", seed)
		}
	}
}

func TestStepAllocatesNothing(t *testing.T) {
	net := reference(100, 0.5, 5, 1)
	if a := testing.AllocsPerRun(100, net.Step); a != 0 {
		t.Errorf("%v allocations per step", a)
	}
}
