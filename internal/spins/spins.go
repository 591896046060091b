// Package spins computes the fields of Hopfield networks: without ever forming their
// couplings, or, of diluted ones, from the couplings that there are.
//
// n neurons s_i = ±1 store p patterns ξ^μ of n components ±1. With the Hebbian
// couplings N·J_ij = Σ_μ ξ_i^μ ξ_j^μ the field of neuron i is
//
//	N·h_i = Σ_μ ξ_i^μ M^μ - p s_i,  M^μ = Σ_j ξ_j^μ s_j
//
// where the last term takes the diagonal out; a network that keeps its diagonal
// leaves it off. So the overlaps M are all that has to be kept: a field is a sum
// over the p bits of one neuron, and a flip changes each overlap by ±2. This is
// p/512 cache lines a field instead of N couplings, and N·p bits of memory instead
// of N² numbers. All of these are integers and exact.
//
// In a diluted network only some j are inputs of i, and the sum over these does not
// factor. There the couplings Σ_μ ξ_i^μ ξ_j^μ are formed once, 16 bits each, and the
// fields kept: a flip changes those of the neurons that it is an input of.
//
// In order of use: [Patterns] are the bits, one row for each neuron. A [State] is a
// vector of spins together with its overlaps; it gives fields, finds spins that
// disagree with theirs, and flips them. Dilution puts a [Graph] and its [Bonds] between
// the two. A [History] sees a state come back.
//
// Overlaps are kept in one of three ways, which give the same integers: in lanes
// of 16 bits, which AVX-512 or AVX2 adds under the mask of a row, where the
// processor has them; else in bit planes, whose common bits with a row are counted.
// [Kernels] lists those that run here.
package spins

//go:generate sh -c "cd asm && go run . -out ../lanes_amd64.s -stubs ../lanes_stub_amd64.go -pkg spins"

// A state is a vector of spins in words: bit i%64 of word i/64 is 1 for s_i = +1; the bits above n are 0.

// Words is the number of 64-bit words of n bits.
func Words(n int) int { return (n + 63) / 64 }

// LastMask has the bits that the last of the words of n bits uses.
func LastMask(n int) uint64 { return ^uint64(0) >> (-n & 63) }

// Kernel is a way to keep overlaps.
type Kernel struct {
	Name string
	make func(x *Patterns) counter
}

// Kernels are those that this processor can run, the fastest first.
func Kernels() []Kernel {
	return append(vector(), Kernel{"portable", func(x *Patterns) counter { return newPlanes(x) }})
}

// NewState is Kernel.NewState of the fastest kernel.
func NewState(x *Patterns, diagonal bool) *State { return Kernels()[0].NewState(x, diagonal) }
