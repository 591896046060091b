package report

import (
	"math"
	"slices"

	"github.com/neurosweep/sweep/pkg/experiment"
	"github.com/neurosweep/sweep/pkg/models"
)

// groups are rows that are taken together: those with the same place on every
// one of some scales. Rows of a group are in their order, groups in that of
// their places, the last scale changing fastest.
type groups struct {
	rows   []int32
	end    []int32 // of each group in rows
	scales int
	places []int32 // of each group, on each scale
}

func (g *groups) len() int { return len(g.end) }

func (g *groups) of(i int) []int32 {
	start := int32(0)
	if i > 0 {
		start = g.end[i-1]
	}
	return g.rows[start:g.end[i]]
}

// place is where a group is on each scale.
func (g *groups) place(i int) []int32 { return g.places[i*g.scales : (i+1)*g.scales] }

// group takes rows together. A row with -1 on a scale is in no group.
func group(rows int, scales ...[]int32) *groups {
	g := &groups{scales: len(scales)}
	for row := range int32(rows) {
		if !slices.ContainsFunc(scales, func(s []int32) bool { return s[row] < 0 }) {
			g.rows = append(g.rows, row)
		}
	}
	// By the last scale first, each time keeping the order of equals.
	for _, s := range slices.Backward(scales) {
		g.rows = counted(g.rows, s)
	}
	same := func(a, b int32) bool {
		return !slices.ContainsFunc(scales, func(s []int32) bool { return s[a] != s[b] })
	}
	for i, row := range g.rows {
		if i > 0 && same(g.rows[i-1], row) {
			g.end[len(g.end)-1] = int32(i + 1)
			continue
		}
		g.end = append(g.end, int32(i+1))
		for _, s := range scales {
			g.places = append(g.places, s[row])
		}
	}
	return g
}

// counted are the rows in the order of their places on a scale; rows at one
// place keep theirs.
func counted(rows, scale []int32) []int32 {
	if len(rows) == 0 {
		return rows
	}
	var most int32
	for _, row := range rows {
		most = max(most, scale[row])
	}
	first := make([]int32, most+2)
	for _, row := range rows {
		first[scale[row]+1]++
	}
	for i := range first[1:] {
		first[i+1] += first[i]
	}
	list := make([]int32, len(rows))
	for _, row := range rows {
		list[first[scale[row]]] = row
		first[scale[row]]++
	}
	return list
}

// measure is what a figure takes of each group.
type measure struct {
	beat       *beat
	formula    *experiment.Formula // nil if the one aggregate is all
	evaluator  *experiment.Evaluator
	aggregates []experiment.Aggregate
	of, where  []*values
	band       string
	left       int // values that are null or not finite
}

// newMeasure makes ready a formula of aggregates, or the mean or fraction of one
// that has none.
func newMeasure(t *table, f *experiment.Formula, band string, keep []bool) *measure {
	m := &measure{beat: t.beat, aggregates: f.Aggregates, band: band}
	if len(f.Aggregates) == 0 {
		a := experiment.Aggregate{Func: "mean", Of: f}
		if f.Kind() == models.FlagKind {
			a.Func = "fraction"
		}
		m.aggregates = []experiment.Aggregate{a}
	} else if f.Whole() == nil {
		m.formula, m.evaluator = f, f.Evaluator()
	}
	for _, a := range m.aggregates {
		var of, where *values
		if a.Of != nil {
			of = t.eval(a.Of, keep)
		}
		if a.Where != nil {
			where = t.eval(a.Where, keep)
		}
		m.of, m.where = append(m.of, of), append(m.where, where)
	}
	if m.band == "" {
		switch m.aggregates[0].Func {
		case "mean":
			m.band = "se"
		case "median":
			m.band = "quartiles"
		case "fraction":
			m.band = "wilson"
		}
	}
	if len(m.aggregates) > 1 {
		m.band = "none"
	}
	return m
}

// estimate is the measure of a group: its value, NaN if it has none, the ends of
// its band, and of how many values it is.
type estimate struct {
	value, low, high float64
	n                int
}

// take is the measure of the rows.
func (m *measure) take(rows []int32) estimate {
	results := make([]float64, len(m.aggregates))
	var first []float64
	for i, a := range m.aggregates {
		var xs []float64
		for _, row := range rows {
			m.beat.tick()
			// A condition on a series is one on each of its elements.
			first, last := 0, 0
			w := m.where[i]
			if w != nil {
				first, last = w.of(int(row))
			}
			holds := func(at int) bool { return at < last && w.ok[at] && w.num[at] != 0 }
			if w != nil && w.end == nil && !holds(first) {
				continue
			}
			if m.of[i] == nil {
				xs = append(xs, 1)
				continue
			}
			from, to := m.of[i].of(int(row))
			for k := from; k < to; k++ {
				if w != nil && w.end != nil && !holds(first+k-from) {
					continue
				}
				if m.of[i].ok[k] {
					xs = append(xs, m.of[i].num[k])
				} else {
					m.left++
				}
			}
		}
		results[i] = aggregate(a, xs)
		if i == 0 {
			first = xs
		}
	}
	e := estimate{value: m.outer(results), n: len(first)}
	low, high := band(m.band, results[0], first)
	e.low, e.high = m.outer([]float64{low}), m.outer([]float64{high})
	if m.band == "none" {
		e.low, e.high = e.value, e.value
	}
	if e.low > e.high {
		e.low, e.high = e.high, e.low
	}
	return e
}

// outer is the formula of the aggregates' values.
func (m *measure) outer(results []float64) float64 {
	if m.formula == nil {
		return results[0]
	}
	if len(results) < len(m.aggregates) || slices.ContainsFunc(results, math.IsNaN) {
		return math.NaN()
	}
	x, err := m.evaluator.Of(results)
	if err != nil || math.IsInf(x, 0) {
		return math.NaN()
	}
	return x
}

// aggregate is the value of an aggregation; NaN where there is none. Sums are
// taken in the order of the rows.
func aggregate(a experiment.Aggregate, xs []float64) float64 {
	n := float64(len(xs))
	switch {
	case a.Func == "count":
		return sum(xs)
	case len(xs) == 0:
		return math.NaN()
	}
	switch a.Func {
	case "mean", "fraction":
		return sum(xs) / n
	case "std":
		return deviation(xs)
	case "se":
		return deviation(xs) / math.Sqrt(n)
	case "median":
		return quantile(sorted(xs), 0.5)
	case "quantile":
		return quantile(sorted(xs), a.Level)
	case "min":
		return slices.Min(xs)
	}
	return slices.Max(xs)
}

func sum(xs []float64) (s float64) {
	for _, x := range xs {
		s += x
	}
	return s
}

// deviation is the standard deviation with n - 1; NaN of one value.
func deviation(xs []float64) float64 {
	mean := sum(xs) / float64(len(xs))
	var s float64
	for _, x := range xs {
		s += (x - mean) * (x - mean)
	}
	return math.Sqrt(s / float64(len(xs)-1))
}

func sorted(xs []float64) []float64 {
	xs = slices.Clone(xs)
	slices.Sort(xs)
	return xs
}

// quantile interpolates between the values in order, the first at 0 and the last
// at 1 (type 7 of Hyndman and Fan 1996, as numpy and R do).
func quantile(xs []float64, p float64) float64 {
	at := p * float64(len(xs)-1)
	i := int(at)
	if i >= len(xs)-1 {
		return xs[len(xs)-1]
	}
	return xs[i] + (at-float64(i))*(xs[i+1]-xs[i])
}

// band is what surrounds the value of a group.
func band(kind string, value float64, xs []float64) (low, high float64) {
	switch {
	case len(xs) == 0:
		return math.NaN(), math.NaN()
	case kind == "se" && len(xs) > 1:
		se := deviation(xs) / math.Sqrt(float64(len(xs)))
		return value - se, value + se
	case kind == "quartiles":
		s := sorted(xs)
		return quantile(s, 0.25), quantile(s, 0.75)
	case kind == "wilson":
		return wilson(sum(xs), float64(len(xs)))
	}
	return value, value
}

// wilson is the interval of E.B. Wilson (1927) in which the probability of k
// successes of n lies with 95 % confidence.
func wilson(k, n float64) (low, high float64) {
	const z = 1.959963984540054 // of the normal law, at 0.975
	p := k / n
	centre := (p + z*z/(2*n)) / (1 + z*z/n)
	half := z / (1 + z*z/n) * math.Sqrt(p*(1-p)/n+z*z/(4*n*n))
	return max(centre-half, 0), min(centre+half, 1)
}
