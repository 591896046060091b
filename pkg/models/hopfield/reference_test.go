//go:build linux

package hopfield

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/neurosweep/sweep/internal/draw"
	"github.com/neurosweep/sweep/internal/spins"
	"github.com/neurosweep/sweep/internal/testkit"
)

// splitmix is SplitMix64 (Steele, Lea and Flood 2014), which bench/hopfield.c and
// bench/hopfield.py draw the same patterns and orders from.
type splitmix uint64

func (s *splitmix) Uint64() uint64 {
	*s += 0x9e3779b97f4a7c15
	z := uint64(*s)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

func from(seed splitmix) *rand.Rand { return rand.New(&seed) }

func cpuTime() time.Duration {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &t); err != nil {
		panic(err)
	}
	return time.Duration(t.Nano())
}

// BenchmarkReference relaxes from one pattern what bench/hopfield.c and
// bench/hopfield.py do, and reports the least CPU time of its runs: of drawing the
// patterns, and of the relaxation with each kernel. It prints what bench/hopfield.sh
// compares.
func BenchmarkReference(b *testing.B) {
	for _, size := range [][2]int{{10_000, 1380}, {100_000, 13_800}} {
		n, p := size[0], size[1]
		b.Run(fmt.Sprintf("N=%d", n), func(b *testing.B) {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			begin := cpuTime()
			x := testkit.Must(spins.Draw(context.Background(), n, p, from(1)))
			drawn := cpuTime() - begin
			start := make([]uint64, spins.Words(n))
			x.Pattern(start, 0)
			for _, k := range spins.Kernels() {
				b.Run(k.Name, func(b *testing.B) {
					runtime.LockOSThread()
					defer runtime.UnlockOSThread()
					r := newRelaxer(k.NewState(x, false), n)
					best := time.Duration(1 << 62)
					var e ending
					for b.Loop() {
						copy(r.order, draw.Identity(n))
						begin := cpuTime()
						e, _ = r.async(context.Background(), start, 1000, from(2))
						best = min(best, cpuTime()-begin)
					}
					sum := uint64(0)
					for _, word := range e.states[0] {
						sum = (sum ^ word) * 0x9e3779b97f4a7c15
					}
					fmt.Printf("\n%s %d %016x %.6f %.6f\n", k.Name, e.sweeps, sum, best.Seconds(), drawn.Seconds())
				})
			}
		})
	}
}
