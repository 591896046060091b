package associative

import (
	"context"
	"testing"

	"github.com/neurosweep/sweep/internal/testkit"
	"github.com/neurosweep/sweep/pkg/measure"
)

// randomMemories are unbiased patterns.
func randomMemories(n, p int, seed uint64) *memories {
	return testkit.Must(newMemories(context.Background(), n, p, 0, 0, origins{fair: testkit.Generator(1, uint64(n), seed)}))
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
	r.start, r.order, r.noise = testkit.Generator(2, seed), testkit.Generator(3, seed), testkit.Generator(4, seed)
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
	testkit.Mean(t, name, got.Mean, got.SE, want, tolerance)
}
