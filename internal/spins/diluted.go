package spins

import "math/bits"

// NewState returns a state of the diluted network that is ready once it is Set. Its
// fields are sums over the inputs of each neuron; the diagonal is p if it is kept,
// else 0.
//
// The fields are kept, and a flip changes those of the receivers: a sweep costs as
// many steps as the spins that flip have receivers, not as all neurons have inputs.
func (b *Bonds) NewState(diagonal bool) *State {
	s := &State{
		x: b.x, bonds: b, field: make([]int32, b.n),
		spins: make([]uint64, Words(b.n)), stable: make([]uint32, b.n),
		m: make([]int32, b.x.p),
	}
	if diagonal {
		s.self = -int64(b.x.p)
	}
	return s
}

// sum makes the fields anew.
func (s *State) sum() {
	clear(s.field)
	for j := range s.bonds.n {
		Add(s.bonds, s.field, j, int32(s.Spin(j)))
	}
}

// aligned is Σ_i s_i Σ_j w_ij s_j, without the diagonal.
func (s *State) aligned() int64 {
	sum := int64(0)
	for i, h := range s.field {
		sum += int64(s.Spin(i)) * int64(h)
	}
	return sum
}

// Move makes spins the state as Set does, by flips if these are fewer steps.
func (s *State) Move(spins []uint64) {
	differ := 0
	for k, word := range s.spins {
		differ += bits.OnesCount64(word ^ spins[k])
	}
	// A flip costs as much as one neuron of a diluted state that is set as a whole,
	// and as some eight of a full one.
	if s.flips == 0 || s.bonds == nil && 8*differ > s.x.n {
		s.Set(spins)
		return
	}
	for k, word := range spins {
		for word ^= s.spins[k]; word != 0; word &= word - 1 {
			s.Flip(64*k + bits.TrailingZeros64(word))
		}
	}
}
