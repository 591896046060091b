package hopfield

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"
)

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

// generator is a random generator of the tests, fixed by numbers.
func generator(seed ...uint64) *rand.Rand {
	var key [32]byte
	for i, s := range seed {
		for b := range 8 {
			key[8*i+b] = byte(s >> (8 * b))
		}
	}
	return rand.New(rand.NewChaCha8(key))
}

// protocol is how a sample of networks is made.
type protocol struct {
	n, p      int
	sync      bool
	diagonal  bool
	m0        float64 // 0 stands for 1
	tries     int
	maxSweeps int // 0 stands for 1000
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
		at := func(stream uint64) *rand.Rand { return generator(stream, uint64(c.n), uint64(k)) }
		e := retrieval{
			net:       newNetwork(c.n, c.p, c.diagonal, at(1)),
			tries:     min(c.tries, c.p),
			flips:     flipsFor(c.m0, c.n),
			maxSweeps: c.maxSweeps,
			start:     at(2),
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
