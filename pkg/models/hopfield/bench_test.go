package hopfield

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/neurosweep/sweep/internal/spins"
	"github.com/neurosweep/sweep/internal/testkit"
)

// BenchmarkRelax relaxes a network from 25 of its patterns, as one trial with
// default settings does: the drawing of patterns and all.
func BenchmarkRelax(b *testing.B) {
	for _, size := range [][2]int{{500, 60}, {500, 100}, {1000, 100}, {1000, 120}, {1000, 150}, {1000, 200}, {2000, 276}, {4000, 400}, {4000, 552}, {4000, 800}} {
		for _, update := range []string{"async", "sync"} {
			b.Run(fmt.Sprintf("N=%d/p=%d/%s", size[0], size[1], update), func(b *testing.B) {
				b.ReportAllocs()
				patterns, order := rand.New(rand.NewPCG(1, 2)), rand.New(rand.NewPCG(3, 4))
				start := make([]uint64, spins.Words(size[0]))
				for b.Loop() {
					x := testkit.Must(spins.Draw(context.Background(), size[0], size[1], patterns))
					r := newRelaxer(spins.NewState(x, false), size[0])
					for mu := range 25 {
						x.Pattern(start, mu)
						if update == "async" {
							r.async(context.Background(), start, 1000, order)
						} else {
							r.sync(context.Background(), start, 1000)
						}
					}
				}
			})
		}
	}
}
