package spins

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

func BenchmarkSums(b *testing.B) {
	for _, size := range [][2]int{{1000, 120}, {10_000, 1380}, {100_000, 13_800}} {
		n, p := size[0], size[1]
		x := Draw(n, p, rand.New(rand.NewPCG(1, 2)))
		order := make([]int32, n)
		for i, j := range rand.New(rand.NewPCG(3, 4)).Perm(n) {
			order[i] = int32(j)
		}
		start := make([]uint64, Words(n))
		x.Pattern(start, 0)
		for _, k := range Kernels() {
			s := k.NewState(x, false)
			name := fmt.Sprintf("N=%d/p=%d/%s", n, p, k.Name)
			b.Run(name+"/set", func(b *testing.B) {
				for b.Loop() {
					s.Set(start)
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/neuron")
			})
			b.Run(name+"/flip", func(b *testing.B) {
				for b.Loop() {
					for _, i := range order[:n/100] {
						s.Flip(int(i))
					}
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*(n/100)), "ns/neuron")
			})
			b.Run(name+"/scan", func(b *testing.B) {
				s.Set(start)
				for b.Loop() {
					clear(s.stable)
					for at := 0; at < n; at++ {
						at += s.Unstable(order[at:])
					}
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/neuron")
			})
		}
	}
}

// BenchmarkDraw draws the patterns of the largest networks.
func BenchmarkDraw(b *testing.B) {
	r := rand.New(rand.NewChaCha8([32]byte{}))
	for b.Loop() {
		Draw(100_000, 13_800, r)
	}
}
