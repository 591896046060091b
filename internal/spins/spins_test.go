package spins

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/neurosweep/sweep/internal/testkit"
)

// random is a state of n random spins.
func random(n int, r *rand.Rand) []uint64 {
	state := make([]uint64, Words(n))
	for k := range state {
		state[k] = r.Uint64()
	}
	state[len(state)-1] &= LastMask(n)
	return state
}

func bit(words []uint64, i int) int { return int(words[i/64]>>(i&63)&1)*2 - 1 }

// naive is what the definitions say of a state: all overlaps, then all fields.
func naive(x *Patterns, state []uint64, diagonal bool) (overlaps []int32, fields []int64) {
	overlaps, fields = make([]int32, x.P()), make([]int64, x.N())
	for i := range fields {
		for mu := range overlaps {
			overlaps[mu] += int32(bit(x.Row(i), mu) * bit(state, i))
		}
	}
	for i := range fields {
		for mu, m := range overlaps {
			fields[i] += int64(bit(x.Row(i), mu)) * int64(m)
		}
		if !diagonal {
			fields[i] -= int64(x.P() * bit(state, i))
		}
	}
	return overlaps, fields
}

// check compares a state with the definitions.
func check(t *testing.T, x *Patterns, s *State, state []uint64, diagonal bool) {
	t.Helper()
	overlaps, fields := naive(x, state, diagonal)
	got := make([]int64, x.N())
	s.Fields(got, 0)
	if !slices.Equal(got, fields) {
		t.Fatalf("the fields are %v, want %v", got, fields)
	}
	if !slices.Equal(s.Spins(), state) || !slices.Equal(s.Overlaps(), overlaps) {
		t.Fatalf("the overlaps are %v, want %v", s.Overlaps(), overlaps)
	}
	energy := int64(0)
	for i, h := range fields {
		energy -= int64(bit(state, i)) * h
	}
	if diagonal {
		energy += int64(x.N()) * int64(x.P())
	}
	if s.Energy() != energy {
		t.Fatalf("the energy is %d, want %d", s.Energy(), energy)
	}
}

// sizes are numbers of neurons and of patterns around the edges of words, of the
// 16 rows of a tally, of the eight words of a cache line.
var sizes = [][2]int{
	{1, 1}, {2, 5}, {15, 2}, {16, 64}, {17, 65}, {63, 127}, {64, 128}, {65, 129}, {100, 17},
	{33, 447}, {31, 448}, {40, 449}, {48, 511}, {47, 512}, {50, 513}, {20, 1024}, {21, 1100}, {300, 30},
}

// each runs f with every kernel on networks of all sizes.
func each(t *testing.T, f func(t *testing.T, k Kernel, x *Patterns, diagonal bool, r *rand.Rand)) {
	for _, k := range Kernels() {
		for _, size := range sizes {
			for _, diagonal := range []bool{false, true} {
				n, p := size[0], size[1]
				t.Run(fmt.Sprintf("%s/n=%d/p=%d/diagonal=%t", k.Name, n, p, diagonal), func(t *testing.T) {
					r := testkit.Generator(uint64(n), uint64(p))
					f(t, k, testkit.Must(Draw(context.Background(), n, p, r)), diagonal, r)
				})
			}
		}
	}
}

// TestDraw finds the bits of the stream where they belong: pattern after pattern,
// in whole words.
func TestDraw(t *testing.T) {
	for _, size := range sizes {
		n, p := size[0], size[1]
		x, r := testkit.Must(Draw(context.Background(), n, p, testkit.Generator(7))), testkit.Generator(7)
		var all [][]uint64
		got := make([]uint64, Words(n))
		for mu := range p {
			want := random(n, r)
			all = append(all, want)
			if x.Pattern(got, mu); !slices.Equal(got, want) {
				t.Fatalf("n = %d, p = %d: pattern %d is %x, want %x", n, p, mu, got, want)
			}
			for i := range n {
				if bit(x.Row(i), mu) != bit(want, i) {
					t.Fatalf("n = %d, p = %d: bit %d of row %d is not that of the pattern", n, p, mu, i)
				}
			}
		}
		if y := Store(n, all...); !slices.Equal(y.rows, x.rows) {
			t.Fatalf("n = %d, p = %d: stored patterns are not the drawn ones", n, p)
		}
	}
}

// TestState compares overlaps, fields and energies with their definitions, after
// Set and after flips.
func TestState(t *testing.T) {
	each(t, func(t *testing.T, k Kernel, x *Patterns, diagonal bool, r *rand.Rand) {
		s := k.NewState(x, diagonal)
		for try := range 4 {
			state := random(x.N(), r)
			switch try {
			case 0:
				clear(state)
			case 1:
				x.Pattern(state, x.P()-1)
			}
			s.Set(state)
			check(t, x, s, state, diagonal)
			for range 5 {
				for range r.IntN(20) {
					i := r.IntN(x.N())
					s.Flip(i)
					state[i/64] ^= 1 << (i & 63)
				}
				check(t, x, s, state, diagonal)
			}
			_, fields := naive(x, state, diagonal)
			if i := r.IntN(x.N()); s.Field(i) != fields[i] {
				t.Fatalf("field %d is %d, want %d", i, s.Field(i), fields[i])
			}
		}
	})
}

// TestStable flips the spins of a retrieved pattern one by one, each of which takes
// as much from the fields of the others as a flip can with one pattern.
func TestStable(t *testing.T) {
	for _, k := range Kernels() {
		for p := 1; p <= 3; p++ {
			for _, diagonal := range []bool{false, true} {
				const n = 101
				x := testkit.Must(Draw(context.Background(), n, p, testkit.Generator(uint64(p))))
				state := make([]uint64, Words(n))
				x.Pattern(state, 0)
				s := k.NewState(x, diagonal)
				s.Set(state)
				var order []int32
				for i := range n {
					order = append(order, int32(i))
				}
				for i := range n {
					_, fields := naive(x, state, diagonal)
					want := slices.IndexFunc(order[i:], func(i int32) bool { return int64(bit(state, int(i)))*fields[i] < 0 })
					if want < 0 {
						want = n - i
					}
					if got := s.Unstable(order[i:]); got != want {
						t.Fatalf("%s, p = %d, diagonal %t: after %d flips the first unstable spin is number %d of those not flipped, want %d", k.Name, p, diagonal, i, got, want)
					}
					s.Flip(i)
					state[i/64] ^= 1 << (i & 63)
				}
			}
		}
	}
}

// TestUnstable compares with a search through all fields, in random orders, from
// random positions, with flips of stable and of unstable spins between.
func TestUnstable(t *testing.T) {
	each(t, func(t *testing.T, k Kernel, x *Patterns, diagonal bool, r *rand.Rand) {
		s := k.NewState(x, diagonal)
		state := random(x.N(), r)
		s.Set(state)
		var order []int32
		for _, i := range r.Perm(x.N()) {
			order = append(order, int32(i))
		}
		for range 40 {
			from := r.IntN(x.N())
			_, fields := naive(x, state, diagonal)
			want := slices.IndexFunc(order[from:], func(i int32) bool { return int64(bit(state, int(i)))*fields[i] < 0 })
			if want < 0 {
				want = x.N() - from
			}
			if got := s.Unstable(order[from:]); got != want {
				t.Fatalf("from %d the first unstable spin is number %d, want %d", from, got, want)
			}
			i := r.IntN(x.N())
			if from+want < x.N() && r.IntN(3) > 0 {
				i = int(order[from+want])
			}
			s.Flip(i)
			state[i/64] ^= 1 << (i & 63)
		}
	})
}

// TestLarge walks between states whose overlaps do not fit the counters: from a
// pattern that is stored many times over to its opposite, spin by spin, past other
// patterns and past the point of overlap zero.
func TestLarge(t *testing.T) {
	for _, n := range []int{20_001, 70_000} {
		r := testkit.Generator(uint64(n))
		a := random(n, r)
		b := slices.Clone(a)
		for k := range b[:len(b)/2] {
			b[k] = ^b[k]
		}
		patterns := [][]uint64{a, b, a, random(n, r), a}
		for range 60 {
			patterns = append(patterns, b)
		}
		x := Store(n, patterns...)
		for _, k := range Kernels() {
			s := k.NewState(x, false)
			state := slices.Clone(a)
			s.Set(state)
			apart := 0
			for i := range n {
				s.Flip(i)
				state[i/64] ^= 1 << (i & 63)
				apart = max(apart, len(s.apart))
				if i%(n/4) == 0 || i == n-1 {
					check(t, x, s, state, false)
				}
			}
			if apart < 64 {
				t.Errorf("%s: at most %d overlaps were kept apart", k.Name, apart)
			}
		}
	}
}

// TestCounters takes every kernel's counter to its limits and compares sums and
// numbers with plain addition.
func TestCounters(t *testing.T) {
	for _, k := range Kernels() {
		for _, p := range []int{1, 63, 64, 65, 448, 500, 512, 513, 1025, 5000} {
			for odd := range 2 {
				r := testkit.Generator(uint64(p), uint64(odd))
				x := testkit.Must(Draw(context.Background(), 9, p, r))
				for i := range x.Row(0) {
					x.Row(0)[i], x.Row(1)[i] = 0, ^uint64(0)
				}
				x.Row(1)[x.words-1] &= LastMask(p)
				c := k.make(x)
				m := make([]int16, p)
				for mu := range m {
					m[mu] = int16([]int{maxSmall, -maxSmall, r.IntN(2*maxSmall) - maxSmall}[r.IntN(3)])&^1 + int16(odd)
				}
				if p == 64 {
					for mu := range m {
						m[mu] = maxSmall&^1 - int16(odd)
					}
				}
				limit := c.set(m)
				for {
					at, dst := make([]int32, x.N()+ahead), make([]int32, x.N())
					peak := 0
					for i := range dst {
						at[i] = int32(i)
					}
					c.sums(dst, at)
					for i, got := range dst {
						want := int32(0)
						for mu, v := range m {
							want += int32(v) * int32(bit(x.Row(i), mu)+1) / 2
							peak = max(peak, int(v), -int(v))
						}
						if got != want {
							t.Fatalf("%s, p = %d: sum %d is %d, want %d", k.Name, p, i, got, want)
						}
					}
					got := make([]int16, p)
					if c.get(got); !slices.Equal(got, m) {
						t.Fatalf("%s, p = %d: the numbers are %v, want %v", k.Name, p, got, m)
					}
					if over := c.peak() - peak; over < 0 || over > 2 {
						t.Fatalf("%s, p = %d: the peak is %d, of a largest number of %d", k.Name, p, c.peak(), peak)
					}
					if peak+2 > limit {
						break
					}
					// Row 1 takes all numbers up, the others apart.
					i := 1 + r.IntN(2)*r.IntN(8)
					up := i == 1 || r.IntN(2) == 0
					for mu := range m {
						if (bit(x.Row(i), mu) > 0) == up {
							m[mu] += 2
						} else {
							m[mu] -= 2
						}
					}
					c.add(x.Row(i), up)
				}
			}
		}
	}
}

// TestNoAllocation: a state works in the memory it has.
func TestNoAllocation(t *testing.T) {
	r := testkit.Generator(3)
	x := testkit.Must(Draw(context.Background(), 200, 100, r))
	order := make([]int32, 200)
	for i := range order {
		order[i] = int32(i)
	}
	for _, k := range Kernels() {
		s := k.NewState(x, false)
		start := random(200, r)
		fields := make([]int64, 200)
		work := func() {
			s.Set(start)
			for i := s.Unstable(order); i < len(order); i = s.Unstable(order) {
				s.Flip(int(order[i]))
			}
			s.Fields(fields, 0)
			s.Energy()
		}
		work()
		if a := testing.AllocsPerRun(10, work); a != 0 {
			t.Errorf("%s: %v allocations a relaxation", k.Name, a)
		}
	}
}

// FuzzKernels gives all kernels the same flips and wants the same integers.
func FuzzKernels(f *testing.F) {
	f.Add(uint64(1), uint16(100), uint16(20), false, []byte{1, 2, 200, 5})
	f.Add(uint64(2), uint16(9001), uint16(70), true, []byte{0, 255, 0, 255})
	f.Add(uint64(3), uint16(64), uint16(513), false, []byte{7})
	f.Fuzz(func(t *testing.T, seed uint64, n, p uint16, diagonal bool, steps []byte) {
		n, p = max(1, n%12_000), 1+p%1100
		if int(n)*int(p) > 1<<21 {
			p = uint16(1 + (1<<21)/int(n))
		}
		r := testkit.Generator(seed)
		x := testkit.Must(Draw(context.Background(), int(n), int(p), r))
		if seed%3 == 0 { // few different rows: overlaps are large
			for i := range x.N() {
				copy(x.Row(i), x.Row(i%3))
			}
		}
		var states []*State
		for _, k := range Kernels() {
			states = append(states, k.NewState(x, diagonal))
		}
		order := []int32{}
		for _, i := range r.Perm(int(n)) {
			order = append(order, int32(i))
		}
		start := random(int(n), r)
		fields := [2][]int64{make([]int64, n), make([]int64, n)}
		for step, op := range steps[:min(len(steps), 8)] {
			var choice uint64 = r.Uint64()
			for k, s := range states {
				switch {
				case step == 0 || op < 32:
					s.Set(start)
				case op < 96: // follow the dynamics
					for range 8 * int(op) {
						i := s.Unstable(order)
						if i == len(order) {
							break
						}
						s.Flip(int(order[i]))
					}
				default: // flip a run of spins
					for i := range 16 * int(op) {
						s.Flip(int((choice + uint64(i)) % uint64(n)))
					}
				}
				s.Fields(fields[min(k, 1)], 0)
				if k == 0 {
					continue
				}
				if !slices.Equal(fields[0], fields[1]) || !slices.Equal(states[0].Overlaps(), s.Overlaps()) ||
					s.Energy() != states[0].Energy() || s.Unstable(order) != states[0].Unstable(order) || !slices.Equal(s.Spins(), states[0].Spins()) {
					t.Fatalf("n = %d, p = %d, step %d: %s and %s differ", n, p, step, Kernels()[0].Name, Kernels()[k].Name)
				}
			}
		}
	})
}
