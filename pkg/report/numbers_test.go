package report

import (
	"bytes"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/neurosweep/sweep/pkg/experiment"
)

func TestAggregates(t *testing.T) {
	xs := []float64{4, 1, 3, 2}
	for _, c := range []struct {
		name  string
		level float64
		want  float64
	}{
		{"mean", 0, 2.5}, {"median", 0, 2.5}, {"min", 0, 1}, {"max", 0, 4}, {"count", 0, 10}, // count adds what is 0 or 1
		{"std", 0, math.Sqrt(5. / 3)}, {"se", 0, math.Sqrt(5. / 12)},
		{"quantile", 0.25, 1.75}, {"quantile", 0, 1}, {"quantile", 1, 4}, // numpy.quantile
	} {
		if got := aggregate(experiment.Aggregate{Func: c.name, Level: c.level}, xs); math.Abs(got-c.want) > 1e-15 {
			t.Errorf("%s(%v) is %v, not %v", c.name, c.level, got, c.want)
		}
	}
	if !slices.Equal(xs, []float64{4, 1, 3, 2}) {
		t.Error("the values were moved")
	}
	// 8 of 10 and 0 of 10: statsmodels.stats.proportion.proportion_confint(method="wilson").
	for _, c := range [][4]float64{{8, 10, 0.4901624715, 0.9433178485}, {0, 10, 0, 0.2775327999}} {
		low, high := wilson(c[0], c[1])
		if math.Abs(low-c[2]) > 1e-9 || math.Abs(high-c[3]) > 1e-9 {
			t.Errorf("Wilson's interval for %v of %v is [%.10f, %.10f]", c[0], c[1], low, high)
		}
	}
}

// A condition on a series is one on its elements, one on a number is on the trial.
func TestConditions(t *testing.T) {
	elements := &values{num: []float64{5, 1, 7, 2, 8, 3}, ok: []bool{true, true, true, true, true, true}, end: []int{2, 3, 6}}
	high := &values{num: []float64{1, 0, 1, 0, 1, 0}, ok: []bool{true, true, true, true, false, true}, end: []int{2, 3, 6}}
	trials := &values{num: []float64{0, 1, 1}, ok: []bool{true, true, false}}
	for _, c := range []struct {
		where *values
		want  float64
	}{{nil, 26}, {high, 12}, {trials, 7}, {&values{end: []int{0, 0, 0}}, math.NaN()}} {
		m := &measure{aggregates: []experiment.Aggregate{{Func: "count"}}, of: []*values{elements}, where: []*values{c.where}}
		if math.IsNaN(c.want) {
			m.aggregates[0].Func = "mean"
		}
		if got := m.take([]int32{0, 1, 2}).value; got != c.want && !(math.IsNaN(got) && math.IsNaN(c.want)) {
			t.Errorf("%+v leaves a sum of %v, want %v", c.where, got, c.want)
		}
	}
}

func TestTicks(t *testing.T) {
	for _, c := range []struct {
		low, high float64
		log       bool
		want      string
	}{
		{0, 1, false, "0.0 0.2 0.4 0.6 0.8 1.0"},
		{-7.1, 0.1, false, "−6 −4 −2 0"},
		{0, 1e6, false, "0 0.2·10^{6} 0.4·10^{6} 0.6·10^{6} 0.8·10^{6} 1.0·10^{6}"},
		{0, 2e-5, false, "0 0.5·10^{−5} 1.0·10^{−5} 1.5·10^{−5} 2.0·10^{−5}"},
		{0.01, 1e5, true, "10^{−2} 0.1 1 10 100 1000 10^{4} 10^{5}"},
		{2, 30, true, "2 5 10 20"},
		{1.01, 1.02, true, "1.010 1.012 1.014 1.016 1.018 1.020"},
		{1.9e307, math.MaxFloat64, true, "2·10^{307} 5·10^{307} 1·10^{308}"},
	} {
		a := &axis{low: c.low, high: c.high, log: c.log}
		most := 6
		if c.log {
			most = 8
		}
		var got []string
		for _, k := range a.ticks(most) {
			if p := a.part(k.at); p < -1e-6 || p > 1+1e-6 {
				t.Errorf("[%v, %v] has a tick at %v", c.low, c.high, k.at)
			}
			if k.text != "" {
				got = append(got, k.text)
			}
		}
		if text := strings.Join(got, " "); text != c.want {
			t.Errorf("[%v, %v]: %s", c.low, c.high, text)
		}
	}
}

// The lightness of maps goes evenly, so that they read in grey and by eyes that
// miss a colour.
func TestMapsAreEven(t *testing.T) {
	light := func(m colorMap, p float64) float64 {
		c := m(p)
		linear := func(v uint8) float64 {
			x := float64(v) / 255
			if x <= 0.04045 {
				return x / 12.92
			}
			return math.Pow((x+0.055)/1.055, 2.4)
		}
		r, g, b := linear(c.R), linear(c.G), linear(c.B)
		l := math.Cbrt(0.4122214708*r + 0.5363325363*g + 0.0514459929*b)
		m2 := math.Cbrt(0.2119034982*r + 0.6806995451*g + 0.1073969566*b)
		s := math.Cbrt(0.0883024619*r + 0.2817188376*g + 0.6299787005*b)
		return 0.2104542553*l + 0.7936177850*m2 - 0.0040720468*s
	}
	for name, m := range map[string]colorMap{"sequential": sequential(), "ink": ink()} {
		first, last := light(m, 0), light(m, 1)
		for i := range 101 {
			p := float64(i) / 100
			// One part in 256 of a step, and the rounding of channels to 8 bits.
			if want := first + p*(last-first); math.Abs(light(m, p)-want) > 0.01 {
				t.Errorf("%s at %v has the lightness %v, not %v", name, p, light(m, p), want)
			}
		}
	}
	d := diverging()
	for i := range 51 {
		if p := float64(i) / 100; math.Abs(light(d, p)-light(d, 1-p)) > 0.01 {
			t.Errorf("the diverging map is not as light at %v as at %v", p, 1-p)
		}
	}
}

// The middle of a diverging map is at the value that is asked for, also of colours
// whose ends are asked for, and on a logarithmic scale.
func TestCenter(t *testing.T) {
	middle := diverging()(0.5)
	for _, c := range []struct {
		low, high, center float64
		log, fixed        bool
	}{
		{1, 100, 3, false, false}, {1, 100, 3, true, false}, {1, 100, 1e-300, true, false}, {1e-300, 1e300, 1e-200, true, false}, {1, 100, 1e308, true, false},
		{1, 100, 3, false, true}, {1, 100, 3, true, true}, {-1e308, 1e308, 5, false, true}, {1, 2, 1.7e308, false, false},
	} {
		scale := &axis{low: c.low, high: c.high, log: c.log, fixed: c.fixed}
		colors := scale.center(c.center)
		if !(scale.low < scale.high) || c.log && !(scale.low > 0) || math.IsInf(scale.high, 0) || c.fixed && (scale.low != c.low || scale.high != c.high) {
			t.Errorf("%+v: the scale is from %v to %v", c, scale.low, scale.high)
		}
		if got := colors(scale.part(c.center)); got != middle {
			t.Errorf("%+v: the colour at the middle is %v, not %v", c, got, middle)
		}
		if colors(0) == colors(1) {
			t.Errorf("%+v: both ends have one colour", c)
		}
	}
	// What is beyond the middle alone has its half of the map.
	scale := &axis{low: 1, high: 2, fixed: true}
	if colors := scale.center(0); colors(0) != diverging()(0.75) || colors(1) != diverging()(1) {
		t.Errorf("from 1 to 2 around 0: %v and %v", colors(0), colors(1))
	}
}

func TestPretty(t *testing.T) {
	for text, want := range map[string]string{
		"log10(d)": "log_{10}(d)", "(alpha - 0.138) * sqrt(n)": "(α − 0.138) √(n)", "success_fraction": "success fraction", "alpha_retrieval": "α retrieval",
		"x ** 2": "x^{2}", "class == periodic": "class = periodic",
	} {
		if got := pretty(text); got != want {
			t.Errorf("%s is written %s", text, got)
		}
	}
}

// Images of one width stand in a PDF in the order of the scene.
func TestPDFSameBytes(t *testing.T) {
	s := &Scene{Width: 60, Height: 20}
	for i := range 3 {
		im := newImage(2, 2)
		im.Pix[0], im.Pix[3] = uint8(80*i), 255
		s.add(&Image{Box: Box{20 * float64(i), 0, 20, 20}, Pixels: im})
	}
	first, err := s.pdf(&beat{ctx: t.Context()})
	if err != nil {
		t.Fatal(err)
	}
	for range 20 {
		if again, err := s.pdf(&beat{ctx: t.Context()}); err != nil || !bytes.Equal(first, again) {
			t.Fatalf("drawn again the bytes are others (%v)", err)
		}
	}
}
