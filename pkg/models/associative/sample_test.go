package associative

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/neurosweep/sweep/pkg/measure"
)

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

// randomMemories are unbiased patterns.
func randomMemories(n, p int, seed uint64) *memories {
	return newMemories(n, p, 0, 0, origins{fair: generator(1, uint64(n), seed)})
}

// teach teaches the lesson.
func teach(t testing.TB, rule string, l lesson) *learned {
	t.Helper()
	if l.maxUpdates == 0 {
		l.maxUpdates = 100_000
	}
	if l.accuracy == 0 {
		l.accuracy = 0.05
	}
	net, err := l.learn(context.Background(), rule)
	if err != nil {
		t.Fatal(err)
	}
	return net
}

func held(t testing.TB, net *learned, m *memories) stable {
	t.Helper()
	st, err := stabilities(context.Background(), net, m)
	if err != nil {
		t.Fatal(err)
	}
	return st
}

// retrieve makes tries with a network; r says how.
func retrieve(t testing.TB, net *learned, m *memories, r retrieval, seed uint64) []outcome {
	t.Helper()
	r.net, r.memories = net, m
	r.start, r.order, r.noise = generator(2, seed), generator(3, seed), generator(4, seed)
	if r.maxSweeps == 0 {
		r.maxSweeps = 1000
	}
	all, err := r.run(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// answer compares the mean over networks with a known answer. The tolerance must
// be four standard errors or more.
func answer(t *testing.T, name string, xs []float64, want, tolerance float64) {
	t.Helper()
	got := measure.BlockEstimate(xs)
	t.Logf("%s: %.5f (standard error %.5f), want %.5f ± %.5f", name, got.Mean, got.SE, want, tolerance)
	if 4*got.SE > tolerance {
		t.Errorf("%s: the standard error %.5f is too large for a tolerance of %.5f", name, got.SE, tolerance)
	}
	if !(math.Abs(got.Mean-want) <= tolerance) {
		t.Errorf("%s is %.5f (standard error %.5f), want %.5f ± %.5f", name, got.Mean, got.SE, want, tolerance)
	}
}
