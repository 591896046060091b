package draw

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestSigns(t *testing.T) {
	a, b := make([]float64, 130), make([]float64, 130)
	Signs(a, rand.New(rand.NewPCG(1, 2)))
	r := rand.New(rand.NewPCG(1, 2))
	for i := 0; i < 130; i += 64 {
		word := r.Uint64()
		for k := i; k < min(i+64, 130); k++ {
			b[k] = -1
			if word>>(k-i)&1 == 1 {
				b[k] = 1
			}
		}
	}
	if !slices.Equal(a, b) {
		t.Errorf("%v, want %v", a, b)
	}
}

// TestChoose chooses every ordered pair of five equally often.
func TestChoose(t *testing.T) {
	const draws = 40_000
	r := rand.New(rand.NewPCG(1, 2))
	counts := make(map[[2]int32]int)
	list := Identity(5)
	for range draws {
		Choose(list, 2, r)
		counts[[2]int32(list)]++
	}
	slices.Sort(list)
	if !slices.Equal(list, Identity(5)) {
		t.Errorf("the list became %v", list)
	}
	for pair, c := range counts {
		if math.Abs(float64(c)-draws/20) > 4*math.Sqrt(draws/20) {
			t.Errorf("%v: %d times, want %d", pair, c, draws/20)
		}
	}
	if len(counts) != 20 {
		t.Errorf("%d pairs of 20", len(counts))
	}
}

func TestFlips(t *testing.T) {
	for _, c := range []struct {
		m0   float64
		n, k int
	}{{1, 10, 0}, {0.8, 5, 1}, {0.8, 10, 1}, {0.5, 1000, 250}, {0.001, 7, 3}} {
		if got := Flips(c.m0, c.n); got != c.k {
			t.Errorf("overlap %g of %d: %d flips, want %d", c.m0, c.n, got, c.k)
		}
	}
}
