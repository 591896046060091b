package runner

import (
	"math/bits"
	"slices"
)

// Order says in which order trials are handed out.
type Order interface {
	// Next appends the trials that follow to dst, up to its capacity; none at
	// the end.
	Next(dst []int64) []int64
}

// queue turns the order of trials into chunks of those that have no record. A
// chain is not divided: its trials come together and from its first one on, so
// that one worker runs them link after link.
type queue struct {
	order Order
	left  func([]int64) []int64
	chain int64   // links of a chain, 0 if there are no chains
	buf   []int64 // what ahead is a part of
	ahead []int64 // taken from the order and not yet handed out
}

func newQueue(order Order, left func([]int64) []int64, chain int64) *queue {
	return &queue{order: order, left: left, chain: chain, buf: make([]int64, max(maxChunk, chain))}
}

// fill makes sure that there is something ahead; it reports whether there is.
func (q *queue) fill() bool {
	for len(q.ahead) == 0 {
		q.ahead = q.order.Next(q.buf[:0])
		if len(q.ahead) == 0 {
			return false
		}
		if q.chain == 0 {
			q.ahead = q.left(q.ahead)
		}
	}
	return true
}

// next appends n trials to dst, or, of chains, as many whole ones as make n or
// more; none at the end.
func (q *queue) next(dst []int64, n int) []int64 {
	if q.chain == 0 {
		if q.fill() {
			n = min(n, len(q.ahead))
			dst = append(dst, q.ahead[:n]...)
			q.ahead = q.ahead[n:]
		}
		return dst
	}
	for len(dst) < n && q.fill() {
		chain, last := q.ahead[0]/q.chain, int64(0)
		for q.fill() && q.ahead[0]/q.chain == chain {
			last = max(last, q.ahead[0])
			q.ahead = q.ahead[1:]
		}
		start := len(dst)
		for trial := chain * q.chain; trial <= last; trial++ {
			dst = append(dst, trial)
		}
		dst = dst[:start+len(q.left(dst[start:]))]
	}
	return dst
}

// Spread returns n trials, in ascending order, that lie evenly over a plan of
// that length, the whole of it if n is more. They follow the golden ratio, so
// that they fall in with no axis: every so-manieth trial may have the same value
// on one. Of a plan with chains each of them brings the links before it.
func Spread(n int, length int64) []int64 {
	trials := make([]int64, 0, n)
	if int64(n) >= length {
		for trial := range length {
			trials = append(trials, trial)
		}
		return trials
	}
	// Multiples of 2^64 over the golden ratio, modulo 2^64, divide the circle
	// evenly; two may still fall on one trial.
	const golden = 0x9e3779b97f4a7c15
	seen := make(map[int64]bool)
	for at := uint64(golden / 2); len(trials) < n; at += golden {
		hi, _ := bits.Mul64(at, uint64(length))
		if trial := int64(hi); !seen[trial] {
			seen[trial] = true
			trials = append(trials, trial)
		}
	}
	slices.Sort(trials)
	return trials
}

// listed is an order that is written out.
type listed struct{ trials []int64 }

// Listed is the order of the given trials.
func Listed(trials []int64) Order { return &listed{trials} }

func (l *listed) Next(dst []int64) []int64 {
	n := min(cap(dst)-len(dst), len(l.trials))
	dst = append(dst, l.trials[:n]...)
	l.trials = l.trials[n:]
	return dst
}
