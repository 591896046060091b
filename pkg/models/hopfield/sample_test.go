package hopfield

import (
	"context"
	"math"
	"math/bits"
	"math/rand/v2"
	"testing"

	"github.com/neurosweep/sweep/internal/draw"
	"github.com/neurosweep/sweep/internal/spins"
	"github.com/neurosweep/sweep/internal/testkit"
)

// network is patterns with what the tests ask of them.
type network struct {
	*spins.Patterns
	n, p     int
	diagonal bool
	states   [][]uint64
}

// newNetwork draws p random patterns.
func newNetwork(n, p int, diagonal bool, r *rand.Rand) *network {
	return wrap(testkit.Must(spins.Draw(context.Background(), n, p, r)), diagonal)
}

func wrap(x *spins.Patterns, diagonal bool) *network {
	net := &network{Patterns: x, n: x.N(), p: x.P(), diagonal: diagonal}
	for mu := range net.p {
		net.states = append(net.states, make([]uint64, spins.Words(net.n)))
		x.Pattern(net.states[mu], mu)
	}
	return net
}

// pattern is pattern mu as a state; it must not be written to.
func (net *network) pattern(mu int) []uint64 { return net.states[mu] }

// overlap is N·m^μ, without the kernel.
func (net *network) overlap(mu int, state []uint64) int {
	differ := 0
	for k, w := range net.states[mu] {
		differ += bits.OnesCount64(w ^ state[k])
	}
	return net.n - 2*differ
}

// energy is 2N²·E/N, without the kernel.
func (net *network) energy(state []uint64) int64 {
	sum := int64(net.p) * int64(net.n)
	for mu := range net.p {
		m := int64(net.overlap(mu, state))
		sum -= m * m
	}
	return sum
}

func (net *network) relaxer() *relaxer {
	return newRelaxer(spins.NewState(net.Patterns, net.diagonal), net.n)
}

// unstable says whether neuron i disagrees with its field.
func (r *relaxer) unstable(i int) bool { return int64(r.Spin(i))*r.Field(i) < 0 }

// fields are all fields N·h.
func (r *relaxer) fields() []int64 {
	all := make([]int64, len(r.order))
	r.Fields(all, 0)
	return all
}

// mean is a mean over independent networks and its standard error.
type mean struct{ value, se float64 }

func meanOf(xs []float64) mean {
	k := float64(len(xs))
	var sum, squares float64
	for _, x := range xs {
		sum += x
	}
	m := sum / k
	for _, x := range xs {
		squares += float64((x - m) * (x - m))
	}
	return mean{m, math.Sqrt(squares / (k - 1) / k)}
}

// protocol is how a sample of networks is made.
type protocol struct {
	n, p      int
	sync      bool
	diagonal  bool
	m0        float64 // 0 stands for 1
	tries     int
	maxSweeps int // 0 stands for 1000

	temperature float64
}

// sample runs the protocol on independent networks.
func sample(t testing.TB, networks int, c protocol) []results {
	t.Helper()
	if c.m0 == 0 {
		c.m0 = 1
	}
	if c.maxSweeps == 0 {
		c.maxSweeps = 1000
	}
	all := make([]results, networks)
	for k := range all {
		at := func(stream uint64) *rand.Rand { return testkit.Generator(stream, uint64(c.n), uint64(k)) }
		e := retrieval{
			memory:    memory{patterns: testkit.Must(spins.Draw(context.Background(), c.n, c.p, at(1))), diagonal: c.diagonal},
			tries:     min(c.tries, c.p),
			flips:     draw.Flips(c.m0, c.n),
			maxSweeps: c.maxSweeps,
			start:     at(2),

			temperature: c.temperature,
			noise:       at(4),
		}
		if !c.sync {
			e.order = at(3)
		}
		var err error
		if all[k], err = e.run(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// over is the mean over the networks of one result.
func over(all []results, of func(results) float64) mean {
	xs := make([]float64, len(all))
	for k, r := range all {
		xs[k] = of(r)
	}
	return meanOf(xs)
}

func success(r results) float64 { return r.success }

// retrieved is the mean overlap of the successful tries of all networks.
func retrieved(all []results) float64 {
	sum, count := 0.0, 0
	for _, r := range all {
		for _, m := range r.overlaps {
			if m > 0.8 {
				sum += m
				count++
			}
		}
	}
	return sum / float64(count)
}
