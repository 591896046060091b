package measure_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/neurosweep/sweep/pkg/dynamics"
	"github.com/neurosweep/sweep/pkg/measure"
)

// cubeRoots is Newton's method for z³ = 1.
type cubeRoots struct{}

func (cubeRoots) Dim() int { return 2 }
func (cubeRoots) Step(dst, x []float64) {
	z := complex(x[0], x[1])
	z -= (z*z*z - 1) / (3 * z * z)
	dst[0], dst[1] = real(z), imag(z)
}

// Row 9e: a third each on the disc |z| <= 2, grid 801², tolerance 0.002. Its
// boundary is fractal: Sbb > ln 2 (Daza 2016).
func TestNewtonBasins(t *testing.T) {
	const n = 801
	axis := measure.Axis{From: -2, To: 2, Cells: n}
	b := measure.NewBasins(cubeRoots{}, []measure.Axis{axis, axis}, measure.BasinSettings{Lost: 100, Horizon: 1e12})
	labels, err := b.Map(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if len(b.Attractors) != 3 {
		t.Fatal("attractors:", b.Attractors)
	}
	var counts [3]int
	inside, wrong, diverging := 0, 0, 0
	x := make([]float64, 2)
	for cell, label := range labels {
		b.Centre(x, cell)
		if math.Hypot(x[0], x[1]) > 2 {
			continue
		}
		inside++
		if label < 0 {
			diverging++
			continue
		}
		counts[label]++
		// The truth: plain Newton iteration to the end.
		if cell%7 == 0 {
			o := dynamics.NewOrbit(cubeRoots{}, x)
			for range 200 {
				o.Step()
			}
			if a := b.Attractors[label]; math.Hypot(o.X[0]-a[0], o.X[1]-a[1]) > 1e-6 {
				wrong++
			}
		}
	}
	for _, c := range counts {
		within(t, "fraction", float64(c)/float64(inside), 1./3, 0.002)
	}
	t.Logf("%v of %d, %d diverging, %d of a seventh wrong", counts, inside, diverging, wrong)
	if diverging > 1 { // the centre, where the derivative is 0
		t.Error(diverging, "cells diverge")
	}
	if float64(wrong) > 0.001*float64(inside)/7 {
		t.Error(wrong, "cells of a seventh have the wrong label")
	}
	all, boundary := measure.BasinEntropy(labels, n, 5)
	t.Logf("Sb %.4f, Sbb %.4f", all, boundary)
	if !(boundary > math.Ln2 && all < boundary && all > 0) {
		t.Error("entropies", all, boundary)
	}
}

// x' = x³/2 + x/2 has the attractor 0 for |x| < 1 and diverges beyond: of uniform
// states in [-2, 2] a half each, within four standard errors.
func TestBasinStability(t *testing.T) {
	m := scalar{f: func(x float64) float64 { return x*x*x/2 + x/2 }}
	b := measure.NewBasins(m, []measure.Axis{{From: -2, To: 2, Cells: 101}}, measure.BasinSettings{})
	got, err := measure.BasinStability(ctx, b, 4000, rand.New(rand.NewPCG(1, 1)), func(x []float64, rng *rand.Rand) { x[0] = 4*rng.Float64() - 2 })
	if err != nil || len(got) != 1 {
		t.Fatal(got, err)
	}
	within(t, "SE", got[0].SE, 0.5/math.Sqrt(4000), 1e-4)
	within(t, "stability", got[0].Mean, 0.5, 4*got[0].SE)
	if _, e, _ := b.Label(ctx, []float64{1.5}); e != dynamics.Diverged {
		t.Error(e)
	}
}

// A rotation of period 4 is one attractor with one cell per point, and a picture
// of two halves has the entropy ln 2 in the boxes on the boundary.
func TestBasinsOfCyclesAndEntropy(t *testing.T) {
	m := linear{[]float64{0, -1, 1, 0}}
	axis := measure.Axis{From: -1, To: 1, Cells: 20}
	b := measure.NewBasins(m, []measure.Axis{axis, axis}, measure.BasinSettings{})
	one, _, _ := b.Label(ctx, []float64{0.5, 0.1})
	two, _, _ := b.Label(ctx, []float64{0.9, 0.1})
	again, e, _ := b.Label(ctx, []float64{-0.1, 0.5}) // the image of the first
	if one != 0 || two != 1 || again != 0 || e != dynamics.Converged || len(b.Attractors) != 2 {
		t.Error(one, two, again, e, b.Attractors)
	}
	picture := make([]int32, 12*4)
	for i := range picture {
		if i%12 >= 6 {
			picture[i] = 1
		}
	}
	all, boundary := measure.BasinEntropy(picture, 12, 4) // boxes 0-3, 4-7, 8-11
	within(t, "Sb", all, math.Ln2/3, 1e-15)
	within(t, "Sbb", boundary, math.Ln2, 1e-15)
}

// Counts and fractions by hand; then a Hopfield network with two orthogonal
// patterns: started in all its 2^8 states, ±xi1 and ±xi2
// are attractors of the synchronous dynamics, which keeps spins at h = 0, and
// their neighbours lead to them.
func TestCensus(t *testing.T) {
	var c measure.Census[string]
	if c.Unseen() != 1 {
		t.Error("an empty census has seen something")
	}
	for _, k := range []string{"b", "a", "b", "c", "b"} {
		c.Add(k)
	}
	got := c.Attractors()
	if c.Total() != 5 || len(got) != 3 || got[0] != (measure.Attractor[string]{Key: "b", Count: 3, First: 0}) || got[2].First != 3 {
		t.Error(got)
	}
	within(t, "unseen", c.Unseen(), 2./5, 0)
	within(t, "fraction", c.Fraction(0).Mean, 0.6, 1e-15)
	within(t, "SE", c.Fraction(0).SE, math.Sqrt(0.6*0.4/5), 1e-15)

	xi := [2][]int8{{1, 1, 1, 1, -1, -1, -1, -1}, {1, -1, 1, -1, 1, -1, 1, -1}}
	step := func(dst, x []int8) {
		var m [2]int
		for k := range xi {
			for i, s := range xi[k] {
				m[k] += int(s) * int(x[i])
			}
		}
		for i := range dst {
			h := m[0]*int(xi[0][i]) + m[1]*int(xi[1][i])
			switch {
			case h > 0:
				dst[i] = 1
			case h < 0:
				dst[i] = -1
			default:
				dst[i] = x[i]
			}
		}
	}
	var census measure.Census[string]
	for state := range 1 << 8 {
		x := make([]int8, 8)
		for i := range x {
			x[i] = int8(state>>i&1)*2 - 1
		}
		pre, period, e, err := measure.Cycle(ctx, x, step, 100)
		if e != dynamics.Periodic || err != nil || period > 2 {
			t.Fatal(pre, period, e, err)
		}
		y := make([]int8, 8)
		for range pre {
			step(y, x)
			x, y = y, x
		}
		census.Add(string(toBytes(x)))
	}
	for _, p := range xi {
		for _, sign := range []int8{1, -1} {
			key := make([]int8, 8)
			for i := range p {
				key[i] = sign * p[i]
			}
			i := slices.IndexFunc(census.Attractors(), func(a measure.Attractor[string]) bool { return a.Key == string(toBytes(key)) })
			if i < 0 || census.Attractors()[i].Count < 9 { // the pattern and its 8 neighbours
				t.Errorf("pattern %v is not an attractor with its neighbours", key)
			}
		}
	}
}

func toBytes(x []int8) []byte {
	b := make([]byte, len(x))
	for i, v := range x {
		b[i] = byte(v)
	}
	return b
}

// Good and Turing: of a thousand attractors of one size the unseen mass after n
// draws is (1 - 1/1000)^n; the estimate has an SE of about sqrt(1/n) at most.
func TestUnseen(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 2))
	var c measure.Census[int]
	const n = 1500
	for range n {
		c.Add(rng.IntN(1000))
	}
	within(t, "unseen", c.Unseen(), math.Pow(1-1e-3, n), 4/math.Sqrt(n))
}

func TestLeastRotation(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	for range 2000 {
		xs := make([]int, 1+rng.IntN(10))
		for i := range xs {
			xs[i] = rng.IntN(3)
		}
		best := slices.Clone(xs)
		for k := range xs {
			if r := append(slices.Clone(xs[k:]), xs[:k]...); slices.Compare(r, best) < 0 {
				best = r
			}
		}
		k := measure.LeastRotation(xs)
		if got := append(slices.Clone(xs[k:]), xs[:k]...); !slices.Equal(got, best) {
			t.Fatalf("%v: %v, want %v", xs, got, best)
		}
	}
}

// The exact damage of x_i' = x_i xor x_(i+1) from one flipped place is a row of
// Pascal's triangle modulo 2: after t steps 2^(ones in t) places. A shift carries
// it along, and the constant map heals it.
func TestDamage(t *testing.T) {
	const n = 64
	a, b := make([]bool, n), make([]bool, n)
	b[n-1] = true
	d := make([]float64, 33)
	err := measure.Damage(ctx, d, a, b, func(dst, x []bool) {
		for i := range dst {
			dst[i] = x[i] != x[(i+1)%n]
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	for s, got := range d {
		ones := 0
		for v := s; v > 0; v >>= 1 {
			ones += v & 1
		}
		within(t, "damage", got, float64(int(1)<<ones)/n, 0)
	}
	d[5] = 1
	if err := measure.Damage(ctx, d, a, b, func(dst, x []bool) { clear(dst) }); err != nil || d[0] != 1./n || d[1] != 0 || d[5] != 0 {
		t.Error(d, err)
	}
}
