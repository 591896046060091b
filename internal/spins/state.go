package spins

import (
	"math"
	"math/bits"
)

// counter keeps numbers m^μ of all patterns, which are all even or all odd and at
// most a limit in size, and adds them up under the masks of rows.
type counter interface {
	// set overwrites the numbers, which are at most maxSmall in size, and returns
	// the limit up to which add may take them.
	set(m []int16) (limit int)
	// get overwrites m with the numbers.
	get(m []int16)
	// peak is a bound on the size of the numbers, above it by 2 at most.
	peak() int
	// add adds 2·ξ_i^μ to each number, or takes it away if not up.
	add(row []uint64, up bool)
	// sums overwrites dst[k] with the sum of the numbers whose bits are set in the
	// row of neuron at[k]. There are ahead more neurons in at than numbers in dst:
	// their rows will be needed soon.
	sums(dst, at []int32)
}

// ahead is how many neurons before its turn a row is fetched from memory. Rows are
// asked for in random order, which no processor foresees.
const ahead = 4

// Of the numbers in a counter, none is above maxSmall when set, so that limitSmall
// leaves room for 256 flips. 8·limitSmall fits 16 bits.
const (
	limitSmall = 1<<12 - 1
	maxSmall   = limitSmall - 512
)

// roomAgain is the room, in flips, below which overlaps are divided anew between
// the counter and those apart; fewer than every set leaves.
const roomAgain = 32

// apart is a pattern whose overlap is too large for a counter, such as the one that
// is being retrieved: base is kept here, the counter has the rest.
type apart struct {
	mu   int
	base int32
}

// State is a vector of spins and its overlaps with all patterns.
type State struct {
	x      *Patterns
	self   int64 // what has to be taken from s_i·N·h_i: p for a diagonal that is taken out, -p for one that has to be added
	spins  []uint64
	small  counter
	apart  []apart
	bound  int32 // overlaps above it are kept apart
	total  int64 // of all overlaps
	limit  int   // of the numbers in small
	room   int   // flips until one of them may be above it
	flips  uint32
	stable []uint32 // neuron i agrees with its field up to so many flips

	tally tally
	bonds *Bonds  // of a diluted network, else nil: then the fields are kept, and no overlaps
	field []int32 // without the diagonal

	m    []int32
	part []int16
	at   [batch + ahead]int32
	sums [batch]int32
}

// batch is the largest number of fields computed at once.
const batch = 64

// NewState returns a state that is ready once it is Set. The diagonal N·J_ii is p if
// it is kept, else 0.
func (k Kernel) NewState(x *Patterns, diagonal bool) *State {
	s := &State{
		x: x, self: int64(x.p),
		spins: make([]uint64, Words(x.n)), stable: make([]uint32, x.n),
		small: k.make(x), m: make([]int32, x.p), part: make([]int16, x.p),
		// Overlaps with random patterns are never this far out.
		bound: int32(min(maxSmall, 8*math.Sqrt(float64(x.n)))),
	}
	if diagonal {
		s.self = 0
	}
	return s
}

// Spins is the vector of spins; it must not be written to, and changes with the
// state.
func (s *State) Spins() []uint64 { return s.spins }

// Set makes spins the state.
func (s *State) Set(spins []uint64) {
	copy(s.spins, spins)
	s.flips = 1
	clear(s.stable)
	if s.bonds != nil {
		s.sum()
		return
	}
	s.tally.overlaps(s.m, s.x, s.spins)
	s.total = 0
	for _, m := range s.m {
		s.total += int64(m)
	}
	s.split()
}

// split puts the overlaps in m into the counter, and what is too large apart.
func (s *State) split() {
	s.apart = s.apart[:0]
	for mu, m := range s.m {
		if m > s.bound || m < -s.bound {
			s.apart = append(s.apart, apart{mu, m &^ 1})
			m &= 1
		}
		s.part[mu] = int16(m)
	}
	s.limit = s.small.set(s.part)
	s.room = (s.limit - s.small.peak()) / 2
}

// gather overwrites m with the overlaps.
func (s *State) gather() {
	if s.bonds != nil {
		s.tally.overlaps(s.m, s.x, s.spins)
		return
	}
	s.small.get(s.part)
	for mu, v := range s.part {
		s.m[mu] = int32(v)
	}
	for _, a := range s.apart {
		s.m[a.mu] += a.base
	}
}

// Overlaps is the overlaps M^μ of all patterns. It must not be written to, and is
// valid until the state changes.
func (s *State) Overlaps() []int32 {
	s.gather()
	return s.m
}

// Energy is -Σ_{i≠j} w_ij s_i s_j with the integer couplings w = N·J, or w = c·J of a
// diluted network, so E/N is 1/(2N²) or 1/(2Nc) of it. Without dilution it is
// pN - Σ_μ (M^μ)². The diagonal is no part of it.
func (s *State) Energy() int64 {
	if s.bonds != nil {
		return -s.aligned()
	}
	sum := int64(s.x.p) * int64(s.x.n)
	for _, m := range s.Overlaps() {
		sum -= int64(m) * int64(m)
	}
	return sum
}

// Spin is s_i.
func (s *State) Spin(i int) int { return int(s.spins[i/64]>>(i&63)&1)*2 - 1 }

// Field is N·h_i.
func (s *State) Field(i int) int64 {
	var dst [1]int64
	s.at[0] = int32(i)
	for k := range ahead {
		s.at[1+k] = int32(i)
	}
	s.fields(dst[:])
	return dst[0]
}

// Fields overwrites dst with the fields N·h of the neurons from first on.
func (s *State) Fields(dst []int64, first int) {
	for done := 0; done < len(dst); done += batch {
		count := min(batch, len(dst)-done)
		for k := range count + ahead {
			s.at[k] = int32(min(first+done+k, s.x.n-1))
		}
		s.fields(dst[done:][:count])
	}
}

// fields overwrites dst with the fields of the first neurons in at.
func (s *State) fields(dst []int64) {
	s.align(len(dst))
	for k := range dst {
		i := int(s.at[k])
		dst[k] = s.local(k) - s.self*int64(s.Spin(i))
	}
}

// align makes the sums over the rows of the first count neurons in at.
func (s *State) align(count int) {
	if s.bonds == nil {
		s.small.sums(s.sums[:count], s.at[:count+ahead])
	}
}

// local is Σ_μ ξ_i^μ M^μ of neuron at[k]: twice what its bits have, less all.
func (s *State) local(k int) int64 {
	if s.bonds != nil {
		return int64(s.field[s.at[k]])
	}
	sum := int64(s.sums[k])
	row := s.x.Row(int(s.at[k]))
	for _, a := range s.apart {
		if row[a.mu/64]>>(a.mu&63)&1 != 0 {
			sum += int64(a.base)
		}
	}
	return 2*sum - s.total
}

// Flip turns spin i over.
func (s *State) Flip(i int) {
	if s.bonds != nil {
		s.spins[i/64] ^= 1 << (i & 63)
		Add(s.bonds, s.field, i, int32(2*s.Spin(i)))
		s.flipped(i)
		return
	}
	if s.room == 0 {
		if s.room = (s.limit - s.small.peak()) / 2; s.room < roomAgain {
			s.gather()
			s.split()
		}
	}
	s.room--
	row := s.x.Row(i)
	s.spins[i/64] ^= 1 << (i & 63)
	up := s.Spin(i) > 0
	s.small.add(row, up)
	ones := 0
	for _, w := range row {
		ones += bits.OnesCount64(w)
	}
	s.total += 2 * int64(s.Spin(i)) * int64(2*ones-s.x.p)
	s.flipped(i)
}

// flipped takes note of a flip of spin i.
func (s *State) flipped(i int) {
	s.stable[i] = 0
	s.flips++
	if s.flips == 0 {
		clear(s.stable)
		s.flips = 1
	}
}

// Unstable is the first position in order, which lists neurons, of a spin that
// disagrees with its field, and len(order) if there is none. A spin agrees with a
// field of 0. A spin that was seen to agree is not looked at again before the flips
// since then may have changed that: each changes its field by 2p at most.
func (s *State) Unstable(order []int32) int {
	// A flip makes the fields that were computed with it worthless, so batches
	// begin small.
	var position [batch]int
	for next, size := 0, 1; ; size = min(2*size, 8) {
		count := 0
		for ; count < size && next < len(order); next++ {
			if i := order[next]; s.stable[i] < s.flips {
				s.at[count], position[count] = i, next
				count++
			}
		}
		if count == 0 {
			return len(order)
		}
		for k := range ahead {
			s.at[count+k] = s.at[count-1]
			if next+k < len(order) {
				s.at[count+k] = order[next+k]
			}
		}
		s.align(count)
		for k := range count {
			i := int(s.at[k])
			surplus := int64(s.Spin(i))*s.local(k) - s.self
			if surplus < 0 {
				return position[k]
			}
			s.stable[i] = uint32(min(int64(s.flips)+surplus/int64(2*s.x.p), math.MaxUint32))
		}
	}
}
