package hopfield

import (
	"context"
	"math"
	"slices"
	"testing"

	"github.com/neurosweep/sweep/internal/spins"
	"github.com/neurosweep/sweep/internal/testkit"
)

// TestGlauber compares the overlap at T > 0 with the replica-symmetric theory at
// finite load, and with m = tanh(m/T) for one pattern.
func TestGlauber(t *testing.T) {
	overlap := func(r results) float64 { return r.overlap }
	for _, c := range []struct {
		p                         int
		temperature, m, tolerance float64
	}{
		{100, 0.3, 0.99116, 0.002},
		{100, 0.5, 0.90411, 0.01},
		{1, 0.5, 0.957504, 0.006},
		{1, 0.8, 0.710412, 0.03},
	} {
		for _, sync := range []bool{false, true} {
			all := sample(t, 48, protocol{n: 2000, p: c.p, sync: sync, temperature: c.temperature, tries: 3, maxSweeps: 15})
			answer(t, "overlap", over(all, overlap), c.m, c.tolerance)
			if all[0].cycle != 0 || all[0].sweeps != 15 {
				t.Errorf("cycle %d after %v sweeps, want 15", all[0].cycle, all[0].sweeps)
			}
		}
	}
}

// TestBoltzmann counts the 32 states of five neurons in a long run: their
// probabilities are as exp(-E/T). The counts of states ten sweeps apart are taken
// for independent.
func TestBoltzmann(t *testing.T) {
	const n, draws, temperature = 5, 20000, 1.0
	net := wrap(spins.Store(n, []uint64{0b10110}, []uint64{0b00111}, []uint64{0b11100}), false)
	r, order, noise := net.relaxer(), testkit.Generator(1), testkit.Generator(2)
	state, counts := []uint64{0}, make([]float64, 1<<n)
	for range draws {
		e, err := r.glauber(context.Background(), state, 10, temperature, n, order, noise)
		if err != nil {
			t.Fatal(err)
		}
		state = slices.Clone(e.states[0])
		counts[state[0]]++
	}
	weights, total := make([]float64, 1<<n), 0.0
	for s := range weights {
		weights[s] = math.Exp(-float64(net.energy([]uint64{uint64(s)})) / (2 * n) / temperature)
		total += weights[s]
	}
	chi := 0.0
	for s, w := range weights {
		want := draws * w / total
		chi += float64((counts[s] - want) * (counts[s] - want) / want)
	}
	// The 1e-6 point of χ² with 31 degrees of freedom.
	if chi > 84.9 {
		t.Errorf("χ² = %.1f: %v", chi, counts)
	}
}
