package spins

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/neurosweep/sweep/internal/testkit"
)

func BenchmarkSums(b *testing.B) {
	for _, size := range [][2]int{{1000, 120}, {10_000, 1380}, {100_000, 13_800}} {
		n, p := size[0], size[1]
		x := testkit.Must(Draw(context.Background(), n, p, rand.New(rand.NewPCG(1, 2))))
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
		testkit.Must(Draw(context.Background(), 100_000, 13_800, r))
	}
}

// BenchmarkDiluted compares what a diluted field can be made of: couplings formed
// once, or counted afresh from the rows at each use. The ratio of Set with rows to Set
// with couplings is reported.
func BenchmarkDiluted(b *testing.B) {
	for _, size := range [][3]int{{10_000, 50, 20}, {100_000, 20, 8}, {100_000, 100, 40}, {100_000, 100, 64}, {100_000, 100, 128}, {100_000, 400, 160}} {
		n, c, p := size[0], size[1], size[2]
		r := rand.New(rand.NewPCG(1, 2))
		x := testkit.Must(Draw(context.Background(), n, p, r))
		from := make([]int32, n*c)
		for k := range from {
			from[k] = r.Int32N(int32(n))
		}
		bonds, err := Couple(b.Context(), x, testkit.Must(Directed(context.Background(), n, c, from)))
		if err != nil {
			b.Fatal(err)
		}
		s := bonds.NewState(false)
		start := make([]uint64, Words(n))
		x.Pattern(start, 0)
		s.Set(start)
		order := make([]int32, n)
		for i, j := range rand.New(rand.NewPCG(3, 4)).Perm(n) {
			order[i] = int32(j)
		}
		name := fmt.Sprintf("N=%d/c=%d/p=%d", n, c, p)
		per := func(b *testing.B, what string, count int) float64 {
			x := float64(b.Elapsed().Nanoseconds()) / float64(b.N*count)
			b.ReportMetric(x, "ns/"+what)
			return x
		}
		set := 0.0
		b.Run(name+"/set", func(b *testing.B) {
			for b.Loop() {
				s.Set(start)
			}
			set = per(b, "bond", n*c)
		})
		b.Run(name+"/set-from-rows", func(b *testing.B) {
			differ := make([]uint16, 4*c)
			for b.Loop() {
				clear(s.field)
				for j := range n {
					to := bonds.Receivers(j)
					x.differ(differ, j, to)
					d := int32(s.Spin(j))
					for k, i := range to {
						s.field[i] += d * int32(p-2*int(differ[k]))
					}
				}
			}
			b.ReportMetric(per(b, "bond", n*c)/set, "ratio")
		})
		b.Run(name+"/flip", func(b *testing.B) {
			for b.Loop() {
				for _, i := range order[:n/100] {
					s.Flip(int(i))
				}
			}
			b.ReportMetric(per(b, "bond", n/100*c)/set, "ratio")
		})
		b.Run(name+"/flip-from-rows", func(b *testing.B) {
			differ := make([]uint16, 4*c)
			for b.Loop() {
				for _, i := range order[:n/100] {
					to := bonds.Receivers(int(i))
					x.differ(differ, int(i), to)
					d := int32(2 * s.Spin(int(i)))
					for k, i := range to {
						s.field[i] += d * int32(p-2*int(differ[k]))
					}
				}
			}
			b.ReportMetric(per(b, "bond", n/100*c)/set, "ratio")
		})
		b.Run(name+"/scan", func(b *testing.B) {
			s.Set(start)
			for b.Loop() {
				clear(s.stable)
				for at := 0; at < n; at++ {
					at += s.Unstable(order[at:])
				}
			}
			per(b, "neuron", n)
		})
		b.Run(name+"/couple", func(b *testing.B) {
			for b.Loop() {
				Couple(b.Context(), x, bonds.Graph)
			}
			per(b, "bond", n*c)
		})
		b.Run(name+"/graph", func(b *testing.B) {
			for b.Loop() {
				testkit.Must(Directed(context.Background(), n, c, from))
			}
			per(b, "bond", n*c)
		})
	}
}
