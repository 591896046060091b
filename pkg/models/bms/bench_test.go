package bms

import (
	"context"
	"fmt"
	"testing"
)

// BenchmarkStep takes steps of a network at gamma 0.5, sigma 5, where about a
// third of the neurons fire.
func BenchmarkStep(b *testing.B) {
	for _, n := range []int{10, 30, 100, 300, 1000} {
		b.Run(fmt.Sprintf("n=%d", n), func(b *testing.B) {
			net := reference(n, 0.5, 5, 2)
			for range 1000 {
				net.Step()
			}
			b.ReportAllocs()
			for b.Loop() {
				net.Step()
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "steps/s")
		})
	}
}

// BenchmarkClassify is a whole search in which no period is found.
func BenchmarkClassify(b *testing.B) {
	const window = 20_000
	net := reference(100, 0.5, 5, 2)
	start := append([]float64(nil), net.State()...)
	b.ReportAllocs()
	for b.Loop() {
		net.SetState(start)
		if v, err := classify(context.Background(), net, settings{0, window, 1e-9}); err != nil || v.class != none {
			b.Fatal(v, err)
		}
	}
	b.ReportMetric(float64(b.N)*window/b.Elapsed().Seconds(), "steps/s")
}
