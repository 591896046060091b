package draw

import (
	"context"
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

// TestInputs gives each neuron inputs that are others, none twice, and each other
// equally often.
func TestInputs(t *testing.T) {
	const n, c, networks = 7, 3, 5000
	r := rand.New(rand.NewPCG(1, 2))
	var counts [n][n]int
	for range networks {
		list, err := Inputs(t.Context(), n, c, r)
		if err != nil || len(list) != n*c {
			t.Fatal(list, err)
		}
		for i := range n {
			own := slices.Clone(list[i*c:][:c])
			if slices.Sort(own); slices.Contains(own, int32(i)) || len(slices.Compact(own)) != c {
				t.Fatalf("the inputs of %d are %v", i, own)
			}
			for _, j := range own {
				counts[i][j]++
			}
		}
	}
	frequencies(t, networks, float64(c)/(n-1), func(yield func(int)) {
		for i := range n {
			for j := range n {
				if j != i {
					yield(counts[i][j])
				}
			}
		}
	})
}

// frequencies wants each count of so many to be what a probability says, to 4.5
// standard errors: one in 3000 tables of 42 would be further off.
func frequencies(t *testing.T, of int, q float64, counts func(yield func(int))) {
	t.Helper()
	want, se := float64(of)*q, math.Sqrt(float64(of)*q*(1-q))
	counts(func(c int) {
		if math.Abs(float64(c)-want) > 4.5*se {
			t.Errorf("%d times, want %.0f ± %.0f", c, want, se)
		}
	})
}

// TestPairs draws each pair with its probability and independently of the next one,
// in ascending order.
func TestPairs(t *testing.T) {
	const n, networks = 7, 5000
	for _, q := range []float64{0.02, 0.3, 0.9} {
		r := rand.New(rand.NewPCG(1, 2))
		var counts, both [n * n]int
		for range networks {
			list, err := Pairs(t.Context(), n, q, r)
			if err != nil {
				t.Fatal(err)
			}
			last := -1
			for _, pair := range list {
				if pair[1] < 0 || pair[1] >= pair[0] || pair[0] >= n {
					t.Fatalf("pairs %v", list)
				}
				// The number of the pair in the order of all.
				k := int(pair[0]*(pair[0]-1)/2 + pair[1])
				if k <= last {
					t.Fatalf("pairs %v", list)
				}
				if counts[k]++; k == last+1 && last >= 0 {
					both[k]++
				}
				last = k
			}
		}
		all := n * (n - 1) / 2
		frequencies(t, networks, q, func(yield func(int)) {
			for _, c := range counts[:all] {
				yield(c)
			}
		})
		frequencies(t, networks, q*q, func(yield func(int)) {
			for _, c := range both[1:all] {
				yield(c)
			}
		})
	}
	if list, _ := Pairs(t.Context(), 5, 1, rand.New(rand.NewPCG(1, 2))); len(list) != 10 {
		t.Errorf("with probability 1 the pairs are %v", list)
	}
	if list, _ := Pairs(t.Context(), 5, 0, nil); len(list) != 0 {
		t.Errorf("with probability 0 the pairs are %v", list)
	}
}

// TestGraphsStop when they are told to.
func TestGraphsStop(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r := rand.New(rand.NewPCG(1, 2))
	if _, err := Inputs(ctx, 10, 3, r); err != context.Canceled {
		t.Errorf("inputs: %v", err)
	}
	if _, err := Pairs(ctx, 10, 0.5, r); err != context.Canceled {
		t.Errorf("pairs: %v", err)
	}
}
