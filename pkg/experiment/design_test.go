package experiment

import (
	"fmt"
	"math"
	"math/bits"
	"testing"

	"github.com/neurosweep/sweep/pkg/models"
)

// The first points of Sobol's sequence in three dimensions, as the authors of
// the direction numbers give them, in the middle of their cells.
func TestSobolKnownPoints(t *testing.T) {
	want := [][3]float64{{0, 0, 0}, {0.5, 0.5, 0.5}, {0.75, 0.25, 0.25}, {0.25, 0.75, 0.75}, {0.375, 0.375, 0.625}, {0.875, 0.875, 0.125}}
	for d := range 3 {
		v := sobolColumn(d)
		for i, w := range want {
			if got := float64(sobol(&v, uint64(i))) / (1 << sobolBits); got != w[d] {
				t.Errorf("point %d, dimension %d: %v, not %v", i, d, got, w[d])
			}
		}
	}
}

// In each dimension the first 2^k points hit each of 2^k equal intervals once,
// which they do only if the polynomials are right and the numbers odd.
func TestSobolFillsEveryInterval(t *testing.T) {
	for d := range len(sobolDirections) + 1 {
		v := sobolColumn(d)
		for _, k := range []int{1, 3, 8, 12} {
			var hit = make([]bool, 1<<k)
			for i := range uint64(1) << k {
				hit[sobol(&v, i)>>(sobolBits-k)] = true
			}
			for i, h := range hit {
				if !h {
					t.Fatalf("dimension %d: of %d intervals number %d is empty", d, 1<<k, i)
				}
			}
		}
	}
	for i, d := range sobolDirections {
		// A primitive polynomial of degree n has x of order 2^n - 1.
		poly := uint64(1)<<d.degree | uint64(d.inner)<<1 | 1
		x, order := uint64(1), 0
		for {
			if x <<= 1; bits.Len64(x) > d.degree {
				x ^= poly
			}
			order++
			if x == 1 {
				break
			}
		}
		if order != 1<<d.degree-1 || len(d.first) != d.degree {
			t.Errorf("dimension %d: the polynomial %b is not primitive", i+2, poly)
		}
		for k, m := range d.first {
			if m%2 == 0 || m >= 2<<k {
				t.Errorf("dimension %d: direction %d is %d", i+2, k, m)
			}
		}
	}
}

func TestHaltonKnownPoints(t *testing.T) {
	want := [][2]float64{{1. / 2, 1. / 3}, {1. / 4, 2. / 3}, {3. / 4, 1. / 9}, {1. / 8, 4. / 9}, {5. / 8, 7. / 9}}
	for d := range 2 {
		u := make([]float64, len(want))
		haltonDesign(0, "", d, u)
		for i := range want {
			if u[i] != want[i][d] {
				t.Errorf("point %d: %v, not %v", i, u[i], want[i][d])
			}
		}
	}
}

func TestLatinHypercubesHaveOnePointInEachInterval(t *testing.T) {
	u := make([]float64, 1000)
	lhsDesign(3, "gamma", 0, u)
	hit := make([]bool, len(u))
	for _, x := range u {
		hit[int(x*float64(len(u)))] = true
	}
	for i, h := range hit {
		if !h {
			t.Errorf("interval %d is empty", i)
		}
	}
}

func sampleSpec(design string, count, more int, over string) string {
	m := ""
	if more > 0 {
		m = fmt.Sprintf(", more: %d", more)
	}
	return fmt.Sprintf("about: a\nmodel: bms\nsample: {design: %s, count: %d%s, over: {%s}}", design, count, m, over)
}

const everyLaw = "gamma: {uniform: [0, 0.9]}, sigma: {log-uniform: [0.01, 10]}, current: {normal: [1, 2]}, scaling: {choice: [raw, per-sqrt-n]}, n: {integer: [10, 20]}"

// To extend a design adds points and touches none: their numbers, values and
// identities stay.
func TestMoreKeepsTheOldPoints(t *testing.T) {
	for _, d := range designs {
		if !d.extendable {
			continue
		}
		old := parse(t, sampleSpec(d.name, 512, 0, everyLaw)).Plan()
		more := parse(t, sampleSpec(d.name, 512, 512, everyLaw)).Plan()
		if old.Len() != 512 || more.Len() != 1024 {
			t.Fatalf("%s: %d and %d trials", d.name, old.Len(), more.Len())
		}
		id, id2 := old.Setting().NewIdentity(), more.Setting().NewIdentity()
		var a, b models.Point
		for trial := range old.Len() {
			old.Point(trial, &a)
			more.Point(trial, &b)
			if id.Of(&a) != id2.Of(&b) {
				t.Fatalf("%s: trial %d is another point", d.name, trial)
			}
		}
		consistent(t, more)
	}
}

// The moments of what is drawn are those of the distribution.
func TestLaws(t *testing.T) {
	for _, d := range designs {
		p := parse(t, sampleSpec(d.name, 4096, 0, everyLaw)).Plan()
		mean := func(param string, f func(models.Value) float64) float64 {
			sum := 0.0
			var pt models.Point
			for trial := range p.Len() {
				p.Point(trial, &pt)
				sum += f(pt.Values[bms.Param(param)])
			}
			return sum / float64(p.Len())
		}
		for _, c := range []struct {
			name      string
			got, want float64
			tolerance float64 // six standard errors of 4096 random numbers
		}{
			{"uniform", mean("gamma", models.Value.Float), 0.45, 0.025},
			{"log-uniform", mean("sigma", func(v models.Value) float64 { return math.Log10(v.Float()) }), -0.5, 0.09},
			{"normal", mean("current", models.Value.Float), 1, 0.19},
			{"deviation", mean("current", func(v models.Value) float64 { return (v.Float() - 1) * (v.Float() - 1) }), 4, 0.54},
			{"choice", mean("scaling", func(v models.Value) float64 { return float64(len(v.Text())) }), (3.0 + 10) / 2, 0.33},
			{"integer", mean("n", models.Value.Float), 15, 0.3},
		} {
			if math.Abs(c.got-c.want) > c.tolerance {
				t.Errorf("%s, %s: %v, not %v", d.name, c.name, c.got, c.want)
			}
		}
	}
}

func TestEqualPointsOfADesignAreOne(t *testing.T) {
	p := parse(t, sampleSpec("random", 100, 0, "n: {integer: [10, 12]}, self: {choice: [true, false]}")).Plan()
	if b := p.Blocks()[0].Axes[0]; p.Len() != 6 || b.Merged != 94 {
		t.Errorf("%d trials, %d merged", p.Len(), b.Merged)
	}
	consistent(t, p)
}

func TestTheSeedDrawsTheDesign(t *testing.T) {
	for _, d := range designs {
		a := parse(t, sampleSpec(d.name, 64, 0, everyLaw)).Plan()
		b := parse(t, sampleSpec(d.name, 64, 0, everyLaw), "seed=1").Plan()
		same := true
		var x, y models.Point
		for trial := range a.Len() {
			a.Point(trial, &x)
			b.Point(trial, &y)
			same = same && x.Values[1] == y.Values[1]
		}
		if want := d.name == "sobol" || d.name == "halton"; same != want {
			t.Errorf("%s: the same points at another seed: %v", d.name, same)
		}
	}
}
