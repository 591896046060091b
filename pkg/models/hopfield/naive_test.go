package hopfield

import (
	"math/rand/v2"

	"github.com/neurosweep/sweep/internal/draw"
)

// naive is the network written down from its definition: a dense matrix of
// N·J_ij, spins ±1, and nothing kept from one field to the next.
type naive struct {
	xi [][]int // ξ^μ_i
	j  [][]int // N·J_ij
}

func newNaive(n int, diagonal bool, patterns [][]uint64) *naive {
	v := &naive{}
	for _, p := range patterns {
		v.xi = append(v.xi, signs(n, p))
	}
	for i := range n {
		row := make([]int, n)
		for j := range n {
			for _, xi := range v.xi {
				if i != j || diagonal {
					row[j] += xi[i] * xi[j]
				}
			}
		}
		v.j = append(v.j, row)
	}
	return v
}

// signs are the ±1 of a state.
func signs(n int, state []uint64) []int {
	s := make([]int, n)
	for i := range s {
		s[i] = -1
		if state[i/64]>>(i%64)&1 == 1 {
			s[i] = 1
		}
	}
	return s
}

func (v *naive) field(i int, s []int) int {
	h := 0
	for j, c := range v.j[i] {
		h += c * s[j]
	}
	return h
}

func (v *naive) overlap(mu int, s []int) int {
	m := 0
	for i, x := range v.xi[mu] {
		m += x * s[i]
	}
	return m
}

// energy is 2N²·E/N.
func (v *naive) energy(s []int) int {
	e := 0
	for i := range s {
		for j := range s {
			if i != j {
				e -= v.j[i][j] * s[i] * s[j]
			}
		}
	}
	return e
}

// sign is the sign of h, or old if h is 0.
func sign(h, old int) int {
	switch {
	case h > 0:
		return 1
	case h < 0:
		return -1
	}
	return old
}

// async changes s, in limit sweeps at most, and returns the number of sweeps that
// changed something and whether none would any more. It draws the permutations as the
// relaxer does.
func (v *naive) async(s []int, rng *rand.Rand, limit int) (sweeps int, settled bool) {
	order := draw.Identity(len(s))
	for ; ; sweeps++ {
		stable := true
		for i := range s {
			stable = stable && sign(v.field(i, s), s[i]) == s[i]
		}
		if stable || sweeps == limit {
			return sweeps, stable
		}
		draw.Choose(order, len(order), rng)
		for _, i := range order {
			s[i] = sign(v.field(int(i), s), s[i])
		}
	}
}

// sync returns the states from s on up to the first that was there before, and
// which one that is.
func (v *naive) sync(s []int) (orbit [][]int, back int) {
	orbit = [][]int{s}
	for {
		next := make([]int, len(s))
		for i := range next {
			next[i] = sign(v.field(i, s), s[i])
		}
		for k, old := range orbit {
			if equal(old, next) {
				return orbit, k
			}
		}
		orbit = append(orbit, next)
		s = next
	}
}

func equal(a, b []int) bool {
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}
