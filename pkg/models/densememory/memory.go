package densememory

import (
	"context"
	"math/rand/v2"

	"github.com/neurosweep/sweep/internal/draw"
	"github.com/neurosweep/sweep/internal/patience"
)

// memory is K patterns of n neurons. Component μ of neuron i stands at xi[i*k+μ].
type memory struct {
	n, k int
	xi   []int8
}

// newMemory draws the patterns one after another.
func newMemory(ctx context.Context, n, k int, r *rand.Rand) (*memory, error) {
	m := &memory{n: n, k: k, xi: make([]int8, n*k)}
	pattern := make([]float64, n)
	work := patience.New(ctx)
	for mu := range k {
		if err := work.Spend(4 * n); err != nil { // far apart in memory
			return nil, err
		}
		draw.Signs(pattern, r)
		for i, x := range pattern {
			m.xi[i*k+mu] = int8(x)
		}
	}
	return m, nil
}

// neuron is the components of neuron i, one for each pattern.
func (m *memory) neuron(i int) []int8 { return m.xi[i*m.k:][:m.k] }
