package measure

import (
	"cmp"
	"math"
)

// Census counts the attractors that random initial states lead to. The zero
// Census is empty.
//
// An attractor is known by a key that does not depend on where on it the orbit
// was found: for a cycle its [LeastRotation], for a network of spins with a
// symmetric energy the state or its opposite, whichever is first.
type Census[K comparable] struct {
	index map[K]int
	found []Attractor[K]
	total int
}

// Attractor is an entry of a census.
type Attractor[K comparable] struct {
	Key   K
	Count int // of the initial states that lead to it
	First int // the number, from 0, of the first of these
}

// Add counts one more initial state whose attractor has the key.
func (c *Census[K]) Add(key K) {
	if c.index == nil {
		c.index = make(map[K]int)
	}
	i, known := c.index[key]
	if !known {
		i = len(c.found)
		c.index[key] = i
		c.found = append(c.found, Attractor[K]{Key: key, First: c.total})
	}
	c.found[i].Count++
	c.total++
}

// Attractors are those found, in the order in which they were.
func (c *Census[K]) Attractors() []Attractor[K] { return c.found }

// Total is the number of initial states.
func (c *Census[K]) Total() int { return c.total }

// Fraction is the fraction of the initial states that lead to the i-th
// attractor, with its standard error, see [BasinFraction].
func (c *Census[K]) Fraction(i int) Estimate { return BasinFraction(c.found[i].Count, c.total) }

// Unseen is the estimate by Good and Turing of the probability that the next
// initial state leads to an attractor not seen yet: the number of attractors seen
// once over the number of initial states. It is 1 for an empty census.
//
// I.J. Good, Biometrika 40:237 (1953).
func (c *Census[K]) Unseen() float64 {
	if c.total == 0 {
		return 1
	}
	once := 0
	for _, a := range c.found {
		if a.Count == 1 {
			once++
		}
	}
	return float64(once) / float64(c.total)
}

// BasinFraction is the fraction S = count/n of random initial states that lead
// to an attractor, the basin stability of Menck and others, with its standard
// error sqrt(S (1-S) / n). The error is 0 where S is 0 or 1: the basin may still
// be as small as 1/n.
//
// P.J. Menck, J. Heitzig, N. Marwan, J. Kurths, Nature Physics 9:89 (2013).
func BasinFraction(count, n int) Estimate {
	s := float64(count) / float64(n)
	return Estimate{s, math.Sqrt(s * (1 - s) / float64(n))}
}

// LeastRotation is where the rotation of a cycle that is first in lexicographic
// order begins, in time linear in len(xs).
//
// J.P. Duval, Journal of Algorithms 4:363 (1983), in the form with two candidates:
// i and j are those left, alike over k places, and the one that loses there
// loses for all its next k.
func LeastRotation[E cmp.Ordered](xs []E) int {
	n := len(xs)
	i, j, k := 0, 1, 0
	for i < n && j < n && k < n {
		a, b := xs[(i+k)%n], xs[(j+k)%n]
		switch {
		case a == b:
			k++
			continue
		case a > b:
			i += k + 1
		default:
			j += k + 1
		}
		if i == j {
			j++
		}
		k = 0
	}
	return min(i, j)
}
