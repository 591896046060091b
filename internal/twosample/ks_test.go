package twosample

import (
	"math"
	"math/rand/v2"
	"testing"
)

func binomial(n, k int) float64 {
	if k < 0 {
		return 0
	}
	b := 1.0
	for i := range k {
		b = b * float64(n-i) / float64(i+1)
	}
	return b
}

// TestExactEqualSizes: for m = n the probability has a closed form (Gnedenko and
// Korolyuk 1951): P(d >= k/n) = 2 Σ (-1)^(j-1) C(2n, n-jk) / C(2n, n).
func TestExactEqualSizes(t *testing.T) {
	for _, n := range []int{1, 4, 7, 40} {
		for k := 1; k <= n; k++ {
			want, sign := 0.0, 2.0
			for j := 1; j*k <= n; j++ {
				want += sign * binomial(2*n, n-j*k) / binomial(2*n, n)
				sign = -sign
			}
			// Rounding of the sum with its signs, relative to its largest term.
			if got := exact(n, n, k*n); math.Abs(got-want) > 1e-13*max(want, 1e-3) && math.Abs(got/want-1) > 1e-11 {
				t.Errorf("n = %d, k = %d: %g, not %g", n, k, got, want)
			}
		}
	}
}

// TestExactAllOrders: for m != n every order of the values is gone through.
func TestExactAllOrders(t *testing.T) {
	const m, n = 4, 7
	count := map[int]int{}
	all := 0
	for set := range 1 << (m + n) {
		var x, y []float64
		for i := range m + n {
			if set>>i&1 == 1 {
				x = append(x, float64(i))
			} else {
				y = append(y, float64(i))
			}
		}
		if len(x) == m {
			count[distance(x, y)]++
			all++
		}
	}
	for steps := range m*n + 1 {
		more := 0
		for d, c := range count {
			if d >= steps {
				more += c
			}
		}
		if got, want := exact(m, n, steps), float64(more)/float64(all); math.Abs(got-want) > 1e-14 {
			t.Errorf("distance %d/%d: %g, not %g", steps, m*n, got, want)
		}
	}
}

// TestLimit: at sizes just beyond the exact ones the limit agrees with them to a
// few hundredths where it matters.
func TestLimit(t *testing.T) {
	for _, d := range []int{8, 12, 16, 20, 24} {
		a, b := exact(110, 110, d*110), limit(110, 110, float64(d)/110)
		if math.Abs(a/b-1) > 0.05 {
			t.Errorf("d = %d/110: exact %g, limit %g", d, a, b)
		}
	}
	if p := limit(1000, 1000, 0); p != 1 {
		t.Error(p)
	}
}

func TestKolmogorovSmirnov(t *testing.T) {
	nan := math.NaN()
	for _, c := range []struct {
		x, y []float64
		d, p float64
	}{
		{[]float64{1, 2, 3, 4, 5}, []float64{6, 7, 8, 9, 10}, 1, 2. / 252},
		{[]float64{3, 1, 2}, []float64{2, 3, 1}, 0, 1},
		{[]float64{1, 1, 1, 1}, []float64{1, 1, 1, 1}, 0, 1},
		{[]float64{nan, nan, nan, nan}, []float64{0, 0, 0, 0}, 1, 2. / 70},
		{[]float64{nan, 1}, []float64{1, nan}, 0, 1},
	} {
		if d, p := KolmogorovSmirnov(c.x, c.y); d != c.d || math.Abs(p-c.p) > 1e-15 {
			t.Errorf("%v, %v: %v, %v", c.x, c.y, d, p)
		}
	}
}

// TestSize: of samples of one distribution at most 5 % are told apart at p < 0.05,
// and nearly all of others.
func TestSize(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	draw := func(n int, shift float64) []float64 {
		x := make([]float64, n)
		for i := range x {
			x[i] = random.NormFloat64() + shift
		}
		return x
	}
	const repeats = 2000
	for _, n := range []int{20, 150} {
		same, other := 0, 0
		for range repeats {
			if _, p := KolmogorovSmirnov(draw(n, 0), draw(n+7, 0)); p < 0.05 {
				same++
			}
			if _, p := KolmogorovSmirnov(draw(n, 0), draw(n+7, 2)); p < 0.05 {
				other++
			}
		}
		// 100 expected at most, with a standard deviation of 10.
		if same > 140 || same < 40 || other < repeats*99/100 {
			t.Errorf("n = %d: %d and %d of %d", n, same, other, repeats)
		}
	}
}
