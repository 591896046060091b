package experiment

import (
	"fmt"
	"math"
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// axis is the axis that a spec gives the parameter.
func axis(t testing.TB, param, value string) Axis {
	t.Helper()
	s := parse(t, fmt.Sprintf("about: a\nmodel: bms\nparams:\n  %s: %s\n", param, value))
	if len(s.Axes) != 1 {
		t.Fatalf("%s is no axis", value)
	}
	return s.Axes[0]
}

func TestAxes(t *testing.T) {
	tests := []struct{ param, value, want string }{
		{"gamma", "[0, 0.5, 1/3, 9e-1]", "0 0.5 0.3333333333333333 0.9"},
		{"gamma", "[0.5]", "0.5"},
		{"gamma", "{linspace: [0, 0.5, 6]}", "0 0.1 0.2 0.3 0.4 0.5"},
		{"current", "{linspace: [1, -1, 5]}", "1 0.5 0 -0.5 -1"},
		{"current", "{linspace: [1/3, 1/3, 1]}", "0.3333333333333333"},
		{"gamma", "{range: [0, 0.9, 0.1]}", "0 0.1 0.2 0.3 0.4 0.5 0.6 0.7 0.8 0.9"},
		{"current", "{range: [0, 1, 0.3]}", "0 0.3 0.6 0.9"},
		{"current", "{range: [1, 0, -0.5]}", "1 0.5 0"},
		{"current", "{range: [0, 1, 1/3]}", "0 0.3333333333333333 0.6666666666666666 1"},
		{"current", "{range: [2, 2, 5]}", "2"},
		{"sigma", "{logspace: [-3, 0, 7]}", "0.001 0.0031622776601683794 0.01 0.03162277660168379 0.1 0.31622776601683794 1"},
		{"sigma", "{logspace: [-322, 308, 3]}", "1e-322 1e-07 1e+308"},
		{"current", "{geomspace: [-1, -1000, 4]}", "-1 -10 -100 -1000"},
		{"current", "{geomspace: [1, 2, 3]}", "1 1.4142135623730951 2"},
		{"current", "{geomspace: [0.1, 1e300, 2]}", "0.1 1e+300"},
		{"current", "{geomspace: [5, 5, 1]}", "5"},
		{"current", "{geomspace: [2, 1/4, 4]}", "2 1 0.5 0.25"},
		{"current", "{chebyshev: [0, 1, 7]}", "0 0.06698729810778067 0.25 0.5 0.75 0.9330127018922193 1"},
		{"current", "{chebyshev: [0, 1, 3], refine: 2}", "0 0.14644660940672624 0.5 0.8535533905932737 1"},
		{"current", "{chebyshev: [1e-300, 1, 3]}", "1e-300 0.5 1"},
		{"current", "{range: [0, 1, 0.3], refine: 3}", "0 0.1 0.2 0.3 0.4 0.5 0.6 0.7 0.8 0.9"},
		{"current", "{list: [0, 1, -2], refine: 2}", "0 0.5 1 -0.5 -2"},
		{"sigma", "{logspace: [0, 2, 2], refine: 2}", "1 10 100"},
		{"n", "{geomspace: [2, 32, 3], refine: 2}", "2 4 8 16 32"},
		{"n", "[2, 1e1, 100.0]", "2 10 100"},
		{"n", "{linspace: [10, 40, 4]}", "10 20 30 40"},
		{"n", "{range: [10, 2, -4]}", "10 6 2"},
		{"n", "{range: [10, 35, 10]}", "10 20 30"},
		{"n", "{logspace: [1, 3, 3]}", "10 100 1000"},
		{"window", "{linspace: [1, 9223372036854775807, 2]}", "1 9223372036854775807"},
		{"scaling", "[raw, per-sqrt-n]", "raw per-sqrt-n"},
		{"self", "[true, false]", "true false"},
	}
	for _, test := range tests {
		a := axis(t, test.param, test.value)
		var got []string
		for i := range a.Len {
			got = append(got, a.Value(i).String())
		}
		if s := strings.Join(got, " "); s != test.want {
			t.Errorf("%s: %s\n got %s\nwant %s", test.param, test.value, s, test.want)
		}
		tab := a.tabulated()
		for i := range a.Len {
			if a.Value(i) != tab.Value(i) {
				t.Errorf("%s: %s: the table has another value at %d", test.param, test.value, i)
			}
		}
	}
}

// A grid refined by any factor contains the old points bit for bit, whichever
// rule makes it. Beside it, what the formula of numpy loses.
func TestRefinedGridsContainTheOld(t *testing.T) {
	ends := [][2]string{{"0.1", "3.0"}, {"2.5", "4.0"}, {"0", "1"}, {"1/3", "2/7"}, {"1e-300", "3e-17"}}
	for _, generator := range generatorNames() {
		points := int64(1001)
		if generator != "linspace" && generator != "range" {
			points = 101
		}
		for _, e := range ends {
			third := fmt.Sprint(points)
			a, _ := parseNumber(e[0])
			b, _ := parseNumber(e[1])
			if generator == "range" {
				third = new(big.Rat).Quo(new(big.Rat).Sub(b, a), big.NewRat(points-1, 1)).RatString()
			}
			if e[0] == "1e-300" && generator == "logspace" || a.Sign() == 0 && generator == "geomspace" {
				continue // all powers are 1; no ratio leads from 0
			}
			write := func(k int64) Axis {
				return axis(t, "current", fmt.Sprintf("{%s: [%s, %s, %s], refine: %d}", generator, e[0], e[1], third, k))
			}
			old := write(1)
			if old.Len != points {
				t.Fatalf("%s has %d points", generator, old.Len)
			}
			for _, k := range []int64{2, 3, 5, 7, 10} {
				fine := write(k)
				lost, numpy := 0, 0
				from, _ := a.Float64()
				to, _ := b.Float64()
				for i := range points {
					if old.Value(i) != fine.Value(i*k) {
						lost++
					}
					coarse, finer := (to-from)/float64(points-1), (to-from)/float64((points-1)*k)
					if from+float64(float64(i)*coarse) != from+float64(float64(i*k)*finer) {
						numpy++
					}
				}
				if lost > 0 {
					t.Errorf("%s %v of %d refined by %d: %d points lost", generator, e, points, k, lost)
				}
				if generator == "linspace" {
					t.Logf("linspace [%s, %s, %d], refine %2d: %d old points lost; numpy loses %d", e[0], e[1], points, k, lost, numpy)
				}
			}
		}
	}
}

// The short cut over machine numbers rounds as the exact arithmetic does.
func TestFastLinesAreExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		// Most are small enough for the short cut, some are just too large.
		small := rapid.OneOf(rapid.Int64Range(-1e6, 1e6), rapid.Int64Range(1<<52, 1<<55))
		first := big.NewRat(small.Draw(t, "a"), rapid.Int64Range(1, 1e4).Draw(t, "b"))
		step := big.NewRat(small.Draw(t, "c"), rapid.Int64Range(1, 1e4).Draw(t, "d"))
		n := rapid.Int64Range(1, 1e3).Draw(t, "n")
		l := newLine(first, step, n)
		i := rapid.Int64Range(0, n-1).Draw(t, "i")
		want := new(big.Rat).Mul(step, big.NewRat(i, 1))
		x, _ := want.Add(want, first).Float64()
		if got := l.float(i); got != x || !l.fast && n < 100 && l.a.BitLen() < 40 && l.b.BitLen() < 40 {
			t.Fatalf("%v + %v·%d is %v, not %v (fast: %v)", first, step, i, got, x, l.fast)
		}
	})
}

// For q = p/d the float x nearest to 10^q is known by integers alone: 10^p
// lies between the d-th powers of the two midpoints beside x.
func TestPowersOfTenAreCorrectlyRounded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := rapid.Int64Range(1, 9).Draw(t, "d")
		p := rapid.Int64Range(-300*d, 300*d).Draw(t, "p")
		x := powerOfTen(big.NewRat(p, d))
		power := new(big.Rat).SetInt(tenTo(int(max(p, -p))))
		if p < 0 {
			power.Inv(power)
		}
		middle := func(other float64) *big.Rat {
			m := new(big.Rat).SetFloat64(x)
			m.Add(m, new(big.Rat).SetFloat64(other))
			m.Quo(m, big.NewRat(2, 1))
			r := big.NewRat(1, 1)
			for range d {
				r.Mul(r, m)
			}
			return r
		}
		if middle(math.Nextafter(x, 0)).Cmp(power) > 0 || middle(math.Nextafter(x, math.Inf(1))).Cmp(power) < 0 {
			t.Fatalf("10^(%d/%d) is not %v", p, d, x)
		}
	})
}

func TestPowersOfTenAreMonotone(t *testing.T) {
	a := axis(t, "sigma", "{logspace: [-5, 5, 4001]}")
	for i := range a.Len - 1 {
		if a.Value(i).Float() >= a.Value(i+1).Float() {
			t.Fatalf("%v at %d, then %v", a.Value(i), i, a.Value(i+1))
		}
	}
}

// A line that is accepted has no value twice.
func TestDistinctLinesAreDistinct(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		scale := math.Ldexp(1, rapid.IntRange(-60, -40).Draw(t, "scale"))
		first := new(big.Rat).SetFloat64(rapid.Float64Range(-2, 2).Draw(t, "first"))
		step := new(big.Rat).SetFloat64(rapid.Float64Range(-2, 2).Draw(t, "step") * scale)
		n := rapid.Int64Range(2, 200).Draw(t, "n")
		l := newLine(first, step, n)
		if !l.distinct(n) {
			return
		}
		for i := range n - 1 {
			if l.float(i) == l.float(i+1) {
				t.Fatalf("%v twice in a line said to be distinct", l.float(i))
			}
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		first := new(big.Rat).SetFloat64(rapid.OneOf(rapid.Float64Range(-323, -300), rapid.Float64Range(-2, 2)).Draw(t, "first"))
		step := new(big.Rat).SetFloat64(math.Ldexp(1, rapid.IntRange(-60, -1).Draw(t, "scale")))
		l := newLine(first, step, 50)
		if !(powers{l}).distinct(50) {
			return
		}
		for i := range int64(49) {
			if powerOfTen(l.at(i)) == powerOfTen(l.at(i+1)) {
				t.Fatalf("10^%v and the next are one float", l.at(i))
			}
		}
	})
}

func BenchmarkPowerOfTen(b *testing.B) {
	q := big.NewRat(1, 3)
	for b.Loop() {
		powerOfTen(q)
	}
}
