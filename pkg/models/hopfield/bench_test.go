package hopfield

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
)

// BenchmarkRelax relaxes a network from 25 of its patterns, as one trial with
// default settings does: newNetwork and all.
func BenchmarkRelax(b *testing.B) {
	for _, size := range [][2]int{{500, 60}, {500, 100}, {1000, 100}, {1000, 120}, {1000, 150}, {1000, 200}, {2000, 276}, {4000, 400}, {4000, 552}, {4000, 800}} {
		for _, update := range []string{"async", "sync"} {
			b.Run(fmt.Sprintf("N=%d/p=%d/%s", size[0], size[1], update), func(b *testing.B) {
				b.ReportAllocs()
				patterns, order := rand.New(rand.NewPCG(1, 2)), rand.New(rand.NewPCG(3, 4))
				for b.Loop() {
					net := newNetwork(size[0], size[1], false, patterns)
					r := newRelaxer(net)
					for mu := range 25 {
						if update == "async" {
							r.async(context.Background(), net.pattern(mu), 1000, order)
						} else {
							r.sync(context.Background(), net.pattern(mu), 1000)
						}
					}
				}
			})
		}
	}
}
