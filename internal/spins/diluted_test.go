package spins

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/neurosweep/sweep/internal/testkit"
)

// graphs are a directed graph of c inputs a neuron and an undirected one, with the
// inputs of each neuron written down in the order in which they were drawn.
func graphs(n, c int, r *rand.Rand) map[string]struct {
	*Graph
	inputs [][]int
} {
	directed, undirected := make([][]int, n), make([][]int, n)
	var from []int32
	var pairs [][2]int32
	for i := range n {
		for _, j := range r.Perm(n - 1)[:c] {
			if j >= i {
				j++
			}
			from = append(from, int32(j))
			directed[i] = append(directed[i], j)
		}
		for j := range i {
			if r.IntN(n-1) < c {
				pairs = append(pairs, [2]int32{int32(i), int32(j)})
				undirected[i], undirected[j] = append(undirected[i], j), append(undirected[j], i)
			}
		}
	}
	return map[string]struct {
		*Graph
		inputs [][]int
	}{"directed": {testkit.Must(Directed(context.Background(), n, c, from)), directed}, "undirected": {testkit.Must(Undirected(context.Background(), n, pairs)), undirected}}
}

// diluted are what the definitions say of a state: all fields, and the energy.
func diluted(x *Patterns, inputs [][]int, state []uint64, diagonal bool) (fields []int64, energy int64) {
	fields = make([]int64, x.N())
	for i := range fields {
		for mu := range x.P() {
			for _, j := range inputs[i] {
				fields[i] += int64(bit(x.Row(i), mu) * bit(x.Row(j), mu) * bit(state, j))
			}
		}
		energy -= int64(bit(state, i)) * fields[i]
		if diagonal {
			fields[i] += int64(x.P() * bit(state, i))
		}
	}
	return fields, energy
}

// TestDiluted compares graphs, couplings, fields, energies, overlaps and unstable spins
// with their definitions, after Set, flips and moves.
func TestDiluted(t *testing.T) {
	for _, size := range [][3]int{{2, 1, 1}, {5, 2, 3}, {64, 63, 64}, {65, 10, 65}, {100, 7, 17}, {33, 20, 447}, {130, 40, 200}} {
		n, c, p := size[0], size[1], size[2]
		r := testkit.Generator(uint64(n), uint64(c))
		x := testkit.Must(Draw(context.Background(), n, p, r))
		for name, g := range graphs(n, c, r) {
			for _, diagonal := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s/n=%d/c=%d/p=%d/diagonal=%t", name, n, c, p, diagonal), func(t *testing.T) {
					b, err := Couple(t.Context(), x, g.Graph)
					if err != nil {
						t.Fatal(err)
					}
					bonds := 0
					for j := range n {
						last := -1
						for i, w := range b.From(j) {
							want := 0
							for mu := range p {
								want += bit(x.Row(i), mu) * bit(x.Row(j), mu)
							}
							if w != want || i <= last || !slices.Contains(g.inputs[i], j) {
								t.Fatalf("%d → %d: coupling %d, want %d; inputs of %d are %v", j, i, w, want, i, g.inputs[i])
							}
							last = i
							bonds++
						}
					}
					for _, inputs := range g.inputs {
						bonds -= len(inputs)
					}
					if bonds != 0 {
						t.Fatalf("%d bonds too many", bonds)
					}
					s := b.NewState(diagonal)
					state := random(n, r)
					var order []int32
					for _, i := range r.Perm(n) {
						order = append(order, int32(i))
					}
					fields := make([]int64, n)
					for step := range 60 {
						switch k := r.IntN(n); {
						case step == 0 || step%20 == 0:
							state = random(n, r)
							s.Set(state)
						case step%5 == 0:
							state = random(n, r)
							s.Move(state)
						default:
							s.Flip(k)
							state[k/64] ^= 1 << (k & 63)
						}
						overlaps, _ := naive(x, state, false)
						want, energy := diluted(x, g.inputs, state, diagonal)
						if s.Fields(fields, 0); !slices.Equal(fields, want) || s.Energy() != energy {
							t.Fatalf("step %d: fields %v, want %v; energy %d, want %d", step, fields, want, s.Energy(), energy)
						}
						if k := r.IntN(n); s.Field(k) != want[k] {
							t.Fatalf("field %d is %d, want %d", k, s.Field(k), want[k])
						}
						if !slices.Equal(s.Overlaps(), overlaps) || !slices.Equal(s.Spins(), state) {
							t.Fatalf("overlaps %v, want %v", s.Overlaps(), overlaps)
						}
						at := r.IntN(n)
						first := slices.IndexFunc(order[at:], func(i int32) bool { return int64(bit(state, int(i)))*want[i] < 0 })
						if first < 0 {
							first = n - at
						}
						if got := s.Unstable(order[at:]); got != first {
							t.Fatalf("from %d the first unstable spin is number %d, want %d", at, got, first)
						}
					}
				})
			}
		}
	}
}

// TestUndiluted has all others as inputs of each neuron: the same integers as without
// a graph, by every kernel, and the same walk to a fixed point.
func TestUndiluted(t *testing.T) {
	for _, k := range Kernels() {
		for _, size := range [][2]int{{2, 5}, {64, 64}, {100, 17}, {150, 600}} {
			n, p := size[0], size[1]
			r := testkit.Generator(uint64(n))
			x := testkit.Must(Draw(context.Background(), n, p, r))
			for name, g := range graphs(n, n-1, r) {
				for _, diagonal := range []bool{false, true} {
					b, err := Couple(t.Context(), x, g.Graph)
					if err != nil {
						t.Fatal(err)
					}
					full, s := k.NewState(x, diagonal), b.NewState(diagonal)
					start := random(n, r)
					full.Set(start)
					s.Set(start)
					var order []int32
					for _, i := range r.Perm(n) {
						order = append(order, int32(i))
					}
					fields := [2][]int64{make([]int64, n), make([]int64, n)}
					for step := 0; ; step++ {
						full.Fields(fields[0], 0)
						s.Fields(fields[1], 0)
						first := full.Unstable(order)
						if !slices.Equal(fields[0], fields[1]) || s.Unstable(order) != first || s.Energy() != full.Energy() || !slices.Equal(s.Overlaps(), full.Overlaps()) || !slices.Equal(s.Spins(), full.Spins()) {
							t.Fatalf("%s, %s, n = %d, p = %d, diagonal %t, step %d: they differ", k.Name, name, n, p, diagonal, step)
						}
						if first == n {
							break
						}
						full.Flip(int(order[first]))
						s.Flip(int(order[first]))
					}
				}
			}
		}
	}
}

// TestMove goes from state to state, near and far, with every kernel.
func TestMove(t *testing.T) {
	each(t, func(t *testing.T, k Kernel, x *Patterns, diagonal bool, r *rand.Rand) {
		s := k.NewState(x, diagonal)
		state := random(x.N(), r)
		for range 6 {
			s.Move(state)
			check(t, x, s, state, diagonal)
			if i := r.IntN(x.N()); r.IntN(3) > 0 {
				state[i/64] ^= 1 << (i & 63)
			} else {
				state = random(x.N(), r)
			}
		}
	})
}

// TestHistory adds states of which some come back. Before each of some others its
// place is taken, as by a state of the same hash.
func TestHistory(t *testing.T) {
	var h History
	for range 2 {
		h.Reset()
		r := testkit.Generator(1)
		var all [][]uint64
		for now := range 300 {
			state := []uint64{r.Uint64N(8), r.Uint64N(8) << 60}
			want := slices.IndexFunc(all, func(s []uint64) bool { return slices.Equal(s, state) })
			if want < 0 {
				want = now
				if now > 0 && now%2 == 0 {
					h.at[hashOf(state)] = 0
				}
			}
			if got := h.Add(state); got != want {
				t.Fatalf("state %d is state %d, want %d", now, got, want)
			}
			if all = append(all, state); !slices.Equal(h.State(now), state) {
				t.Fatalf("state %d is kept as %v, want %v", now, h.State(now), state)
			}
		}
	}
}

// TestCoupleStops when it is told to.
func TestCoupleStops(t *testing.T) {
	r := testkit.Generator(1)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Couple(ctx, testkit.Must(Draw(context.Background(), 20, 3, r)), graphs(20, 3, r)["directed"].Graph); err != context.Canceled {
		t.Errorf("the error is %v", err)
	}
}
