package densememory

import "math/rand/v2"

// memory is K patterns of n neurons. Component μ of neuron i stands at xi[i*k+μ].
type memory struct {
	n, k int
	xi   []int8
}

// newMemory draws the patterns one after another, in whole words of 64.
func newMemory(n, k int, r *rand.Rand) *memory {
	m := &memory{n: n, k: k, xi: make([]int8, n*k)}
	for mu := range k {
		var word uint64
		for i := range n {
			if i%64 == 0 {
				word = r.Uint64()
			}
			m.xi[i*k+mu] = int8(word>>(i%64)&1)*2 - 1
		}
	}
	return m
}

// neuron is the components of neuron i, one for each pattern.
func (m *memory) neuron(i int) []int8 { return m.xi[i*m.k:][:m.k] }
