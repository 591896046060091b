package hopfield

import (
	"cmp"
	"context"
	"encoding/binary"
	"math/bits"
	"math/rand/v2"
	"slices"

	"github.com/neurosweep/sweep/internal/draw"
	"github.com/neurosweep/sweep/internal/spins"
	"github.com/neurosweep/sweep/pkg/measure"
)

// census relaxes a network at T = 0 from random states and counts the attractors
// that they lead to, taking a state and its opposite for one.
type census struct {
	memory
	states    int // random ones
	maxSweeps int
	start     *rand.Rand
	order     *rand.Rand // of asynchronous updates; nil: synchronous
}

// class is what an attractor is.
type class uint8

// The classes, beside those of fixed points that are mixtures: mixed[0] patterns are
// firstMixture, mixed[1] the next.
const (
	isPattern class = iota
	firstMixture
	otherState = firstMixture + class(len(mixed))
	onCycle    = otherState + 1
	classes    = onCycle + 1
)

// mixed are the numbers of patterns whose mixtures are told apart. Those of even
// numbers have ties and are not stable.
var mixed = [...]int{3, 5, 7}

// A state is a pattern or a mixture if its overlap with it is above nearNum/nearDen
// = 0.95 in size. Overlaps of patterns and mixtures with each other are 3/4 at most
// in large networks.
const nearNum, nearDen = 19, 20

// counts are what a census found.
type counts struct {
	attractors int              // distinct
	unseen     float64          // probability that the next random state leads to a new one
	sweeps     float64          // mean until the final state
	starts     [classes]int     // random states that lead to each class
	energy     [classes]float64 // sum of 4N·unit·E/N over these, of a cycle the mean over its states
	unsettled  int              // random states that met the limit
}

func (c *census) run(ctx context.Context) (counts, error) {
	n := c.patterns.N()
	r := c.relaxer()
	begin := make([]uint64, spins.Words(n))
	var found measure.Census[string]
	var out counts
	sweepSum := 0
	for range c.states {
		for k := range begin {
			begin[k] = c.start.Uint64()
		}
		begin[len(begin)-1] &= spins.LastMask(n)
		var end ending
		var err error
		if c.order != nil {
			end, err = r.async(ctx, begin, c.maxSweeps, c.order)
		} else {
			end, err = r.sync(ctx, begin, c.maxSweeps)
		}
		if err != nil {
			return counts{}, err
		}
		sweepSum += end.sweeps
		if end.cycle == 0 {
			out.unsettled++
			continue
		}
		found.Add(attractorKey(n, end))
	}
	out.sweeps = float64(sweepSum) / float64(c.states)
	out.attractors, out.unseen = len(found.Attractors()), found.Unseen()
	// Each attractor is looked at once, however many states lead to it.
	sort := newSorter(c.patterns)
	for _, a := range found.Attractors() {
		if err := ctx.Err(); err != nil {
			return counts{}, err
		}
		states := attractorStates(n, a.Key)
		kind, energy := onCycle, int64(0)
		for _, s := range states {
			if err := ctx.Err(); err != nil {
				return counts{}, err
			}
			r.Move(s)
			energy += r.Energy()
		}
		if len(states) == 1 {
			kind = sort.class(states[0], r.Overlaps())
		}
		out.starts[kind] += a.Count
		out.energy[kind] += float64(float64(2*a.Count) * float64(energy) / float64(len(states)))
	}
	return out, nil
}

// meanEnergy is the mean energy per neuron over the random states that lead to a
// class, if any do.
func (c *counts) meanEnergy(k class, n, unit int) (e float64, ok bool) {
	return c.energy[k] / (4 * float64(n) * float64(unit) * float64(c.starts[k])), c.starts[k] > 0
}

// attractorKey is the packed states of an attractor, the same from wherever on a cycle
// it was found, and the same for the opposite of all of them.
func attractorKey(n int, e ending) string {
	turned := func(state []uint64) bool { return state[0]&1 == 0 }
	first := 0
	for k, state := range e.states {
		if slices.Compare(oriented(n, state, turned(state)), oriented(n, e.states[first], turned(e.states[first]))) < 0 {
			first = k
		}
	}
	var key []byte
	for k := range e.states {
		key = append(key, oriented(n, e.states[(first+k)%len(e.states)], turned(e.states[first]))...)
	}
	return string(key)
}

// oriented is the bytes of a state, or of its opposite.
func oriented(n int, state []uint64, opposite bool) []byte {
	var list []byte
	for k, w := range state {
		if opposite {
			w = ^w
			if k == len(state)-1 {
				w &= spins.LastMask(n)
			}
		}
		list = binary.LittleEndian.AppendUint64(list, w)
	}
	return list
}

// attractorStates are the states of a key.
func attractorStates(n int, key string) (states [][]uint64) {
	words := spins.Words(n)
	for at := 0; at < len(key); at += 8 * words {
		state := make([]uint64, words)
		for k := range state {
			state[k] = binary.LittleEndian.Uint64([]byte(key[at+8*k:][:8]))
		}
		states = append(states, state)
	}
	return states
}

// sorter says of fixed points what they are.
type sorter struct {
	*spins.Patterns
	first   []int32 // patterns, those of largest overlap first
	members [][]uint64
}

func newSorter(x *spins.Patterns) *sorter {
	s := &sorter{Patterns: x, first: draw.Identity(x.P())}
	for range mixed[len(mixed)-1] {
		s.members = append(s.members, make([]uint64, spins.Words(x.N())))
	}
	return s
}

// class is that of a fixed point with its overlaps. The mixture of k patterns that it
// may be is the sign of the sum of those that it overlaps most with, each with the
// sign of its overlap.
func (s *sorter) class(state []uint64, overlaps []int32) class {
	n := s.N()
	size := func(mu int32) int { return int(max(overlaps[mu], -overlaps[mu])) }
	// Of equal overlaps the first, so that it does not matter what was looked at before.
	slices.SortFunc(s.first, func(a, b int32) int {
		return cmp.Or(size(b)-size(a), int(a-b))
	})
	if nearDen*size(s.first[0]) > nearNum*n {
		return isPattern
	}
	for i, mu := range s.first[:min(len(s.first), len(s.members))] {
		s.Pattern(s.members[i], int(mu))
		if overlaps[mu] < 0 {
			for k := range s.members[i] {
				s.members[i][k] = ^s.members[i][k]
			}
			s.members[i][len(s.members[i])-1] &= spins.LastMask(n)
		}
	}
	for i, k := range mixed {
		if k > s.P() {
			break
		}
		differ := 0
		for w, word := range state {
			differ += bits.OnesCount64(word ^ majority(s.members[:k], w))
		}
		if overlap := n - 2*differ; nearDen*max(overlap, -overlap) > nearNum*n {
			return firstMixture + class(i)
		}
	}
	return otherState
}

// majority is word w of the states' sum's sign: a bit is set where it is in more than
// half of them. There are at most seven states, an odd number.
func majority(states [][]uint64, w int) uint64 {
	var one, two, four uint64
	for _, s := range states {
		carry := one & s[w]
		one ^= s[w]
		four |= two & carry
		two ^= carry
	}
	switch len(states) {
	case 3: // 2 or 3
		return two
	case 5: // 3 to 5
		return four | two&one
	}
	return four // 4 to 7
}
