package associative

import (
	"fmt"
	"math"
	"testing"

	"github.com/neurosweep/sweep/internal/testkit"
)

// TestParallelCycles follows relaxations of small asymmetric networks state by
// state.
func TestParallelCycles(t *testing.T) {
	const n = 24
	lengths := make(map[int]int)
	for seed := range uint64(60) {
		m := randomMemories(n, 9, seed)
		net := teach(t, "diluted", lesson{memories: m, inputs: 5, graph: testkit.Generator(5, seed)})
		j := weights(net, n)
		got := retrieve(t, net, m, retrieval{tries: 1, sync: true}, seed)[0]

		state := append([]float64(nil), m.pattern(0)...)
		seen := make(map[string]int)
		var overlaps, energies []float64
		for now := 0; ; now++ {
			key := fmt.Sprint(state)
			if first, known := seen[key]; known {
				cycle := now - first
				overlap, energy := 0.0, 0.0
				for k := first; k < now; k++ {
					overlap += overlaps[k] / float64(cycle)
					energy += energies[k] / float64(cycle)
				}
				if got.sweeps != first || got.cycle != cycle || math.Abs(got.overlap-overlap) > 1e-12 || math.Abs(got.energy-energy) > 1e-12 {
					t.Fatalf("seed %d: %+v, want overlap %v, energy %v, %d sweeps, cycle %d", seed, got, overlap, energy, first, cycle)
				}
				lengths[cycle]++
				break
			}
			seen[key] = now
			overlap, energy := 0.0, 0.0
			next := make([]float64, n)
			for i := range n {
				h := 0.0
				for k := range n {
					h += j[i*n+k] * state[k]
					energy -= j[i*n+k] * state[i] * state[k] / (2 * n)
				}
				overlap += m.pattern(0)[i] * state[i] / n
				next[i] = state[i]
				if math.Abs(h) > 1e-9 {
					next[i] = math.Copysign(1, h)
				}
			}
			overlaps, energies = append(overlaps, overlap), append(energies, energy)
			state = next
		}
		// The step that shows that a state came back is not counted.
		if within := got.sweeps + got.cycle - 1; within > 1 {
			long := retrieve(t, net, m, retrieval{tries: 1, sync: true, maxSweeps: within}, seed)[0]
			short := retrieve(t, net, m, retrieval{tries: 1, sync: true, maxSweeps: within - 1}, seed)[0]
			if long != got || short.cycle != 0 || short.sweeps != within-1 {
				t.Errorf("seed %d: %+v within %d sweeps, %+v within %d, %+v with more", seed, long, within, short, within-1, got)
			}
		}
	}
	if lengths[1] == 0 || len(lengths) < 4 {
		t.Errorf("cycle lengths %v: too few kinds", lengths)
	}
}

// TestAsyncEndsInFixedPoints of all rules, with fields that are what they were
// kept up to be.
func TestAsyncEndsInFixedPoints(t *testing.T) {
	const n = 80
	for _, rule := range []string{"hebb", "storkey", "pseudo-inverse", "perceptron", "minover"} {
		m := randomMemories(n, 30, 1)
		net := teach(t, rule, lesson{memories: m, maxUpdates: 2000})
		r := retrieval{tries: 1, flips: 16, net: net, memories: m, maxSweeps: 1000, start: testkit.Generator(2), order: testkit.Generator(3)}
		all, err := r.run(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if all[0].cycle != 1 {
			t.Errorf("%s: %+v", rule, all[0])
			continue
		}
		j := weights(net, n)
		energy := 0.0
		for i := range n {
			h := 0.0
			for k := range n {
				h += j[i*n+k] * r.spin[k]
			}
			if h*r.spin[i] < -1e-12 || math.Abs(h-net.scale[i]*r.field[i]) > 1e-9 {
				t.Errorf("%s: field %v of spin %v, kept as %v", rule, h, r.spin[i], net.scale[i]*r.field[i])
			}
			energy -= h * r.spin[i] / (2 * n)
		}
		if math.Abs(energy-all[0].energy) > 1e-9 {
			t.Errorf("%s: energy %v, want %v", rule, all[0].energy, energy)
		}
	}
}

// TestBoltzmann visits the states of a small network as often as Boltzmann's
// distribution says: the mean energy at a temperature is that of all states.
func TestBoltzmann(t *testing.T) {
	const n, temperature = 8, 0.7
	m := randomMemories(n, 3, 1)
	net := teach(t, "hebb", lesson{memories: m})
	j := weights(net, n)
	var sum, mean float64
	for state := range 1 << n {
		e := 0.0
		for i := range n {
			for k := range n {
				e -= j[i*n+k] * float64(2*(state>>i&1)-1) * float64(2*(state>>k&1)-1) / 2
			}
		}
		w := math.Exp(-e / temperature)
		sum += w
		mean += w * e / n
	}
	mean /= sum
	xs := make([]float64, 16)
	for k := range xs {
		xs[k] = retrieve(t, net, m, retrieval{tries: 1, temperature: temperature, equilibration: 100, window: 20_000}, uint64(k))[0].energy
	}
	answer(t, "energy", xs, mean, 0.01)
}
