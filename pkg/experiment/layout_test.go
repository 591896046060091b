package experiment

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/neurosweep/sweep/pkg/models"
)

// rows are the points of a plan as text: the named parameters and all derived
// values, each axis with its index.
func rows(t testing.TB, p *Plan, names ...string) []string {
	t.Helper()
	m := p.Setting().Model
	var pt models.Point
	var list []string
	for trial := range p.Len() {
		p.Point(trial, &pt)
		var s []string
		for _, n := range names {
			i := m.Param(n)
			v := pt.Values[i].String()
			for _, a := range p.Axes() {
				if a.Param == i {
					v += fmt.Sprintf(":%d", pt.Index[i])
				}
			}
			s = append(s, v)
		}
		for _, v := range pt.Derived {
			s = append(s, v.String())
		}
		list = append(list, strings.Join(s, " "))
	}
	consistent(t, p)
	return list
}

// consistent checks what holds of every plan: values fit their parameters, an
// index is the place of the value on its axis, constants are constant, and no
// point is there twice.
func consistent(t testing.TB, p *Plan) map[models.ID]bool {
	t.Helper()
	ids := make(map[models.ID]bool)
	id := p.Setting().NewIdentity()
	var pt models.Point
	for trial := range p.Len() {
		p.Point(trial, &pt)
		for i, v := range pt.Values {
			if err := p.Setting().Model.Params[i].Decl().Check(v); err != nil {
				t.Fatalf("trial %d: %s %v", trial, p.Setting().Model.Params[i].Decl().Name, err)
			}
			if c := p.Constants()[i]; c.IsSet() && c != v {
				t.Fatalf("trial %d: %v is no constant", trial, v)
			}
		}
		for _, a := range p.Axes() {
			if a.Value(pt.Index[a.Param]) != pt.Values[a.Param] {
				t.Fatalf("trial %d: index %d is not the place of %v", trial, pt.Index[a.Param], pt.Values[a.Param])
			}
		}
		for i, v := range pt.Derived {
			if v.Kind() != p.Derived()[i].Kind {
				t.Fatalf("trial %d: the column %s has the %s %v", trial, p.Derived()[i].Name, v.Kind(), v)
			}
		}
		key := id.Of(&pt)
		if ids[key] {
			t.Fatalf("trial %d is there twice", trial)
		}
		ids[key] = true
	}
	return ids
}

func TestLayouts(t *testing.T) {
	for _, test := range []struct{ name, spec, params, want string }{
		{"zip", "params: {gamma: [0, 0.5], sigma: [1, 2], theta: [1, 2]}\nzip: [gamma, theta]", "gamma sigma theta",
			"0:0 1:0 1:0, 0:0 2:1 1:0, 0.5:1 1:0 2:1, 0.5:1 2:1 2:1"},
		{"zips", "params: {gamma: [0, 0.5], sigma: [1, 2], theta: [1, 2], mean: [3, 4]}\nzip: [[gamma, theta], [mean, sigma]]", "gamma sigma theta mean",
			"0:0 1:0 1:0 3:0, 0:0 2:1 1:0 4:1, 0.5:1 1:0 2:1 3:0, 0.5:1 2:1 2:1 4:1"},
		{"where", "params: {gamma: [0, 0.5], self: [true, false], sigma: [1, 2, 3]}\nwhere: sigma > 4 * gamma", "gamma sigma self",
			"0:0 1:0 true:0, 0:0 1:0 false:1, 0:0 2:1 true:0, 0:0 2:1 false:1, 0:0 3:2 true:0, 0:0 3:2 false:1, 0.5:1 3:2 true:0, 0.5:1 3:2 false:1"},
		{"wheres", "params: {n: [10, 20, 30], sigma: [1, 2]}\nwhere:\n  - n != 20\n  - sigma == 1 or n > 10", "n sigma",
			"10:0 1:0, 30:2 1:0, 30:2 2:1"},
		{"derive", "params: {gamma: [0.1, 0.26], n: [10, 20]}\nderive: {units: round(gamma * n), big: n > 10, label: 'scaling'}", "gamma n",
			"0.1:0 10:0 1 false per-sqrt-n, 0.1:0 20:1 2 true per-sqrt-n, 0.26:1 10:0 3 false per-sqrt-n, 0.26:1 20:1 5 true per-sqrt-n"},
		{"derived parameter", "params: {gamma: [0, 0.5], sigma: [1, 2]}\nderive: {theta: 1 + half, half: sigma / 2}", "gamma sigma theta",
			"0:0 1:0 1.5:0 0.5, 0:0 2:1 2:1 1, 0.5:1 1:0 1.5:0 0.5, 0.5:1 2:1 2:1 1"},
		{"dependent bounds", "params: {n: [2, 4], window: {range: [1, n, 1]}}", "n window",
			"2:0 1:0, 2:0 2:1, 4:1 1:0, 4:1 2:1, 4:1 3:2, 4:1 4:3"},
		{"bounds on a constant", "params: {current: {linspace: [0, 2*n, 3]}, n: 50}", "current", "0:0, 50:1, 100:2"},
		{"bounds on a derived value", "params: {n: [2, 3], current: {linspace: [-top, top, 2]}}\nderive: {top: n ** 2}", "n current",
			"2:0 -4:1 4, 2:0 4:2 4, 3:1 -9:0 9, 3:1 9:3 9"},
		{"when", "params: {scaling: [raw, per-sqrt-n], sigma: {list: [1, 2], when: scaling == \"raw\"}}", "scaling sigma",
			"raw:0 1:0, raw:0 2:1, per-sqrt-n:1 5:2"},
		{"refined list", "params: {n: {list: [10, 20, 40], refine: 2}}", "n", "10:0, 15:1, 20:2, 30:3, 40:4"},
		{"blocks", "params: {sigma: 1}\nblocks:\n  - params: {gamma: [0, 0.5]}\n  - params: {gamma: [0.5, 0.75], sigma: [1, 2]}", "gamma sigma",
			"0:0 1:0, 0.5:1 1:0, 0.75:2 1:0, 0.5:1 2:1, 0.75:2 2:1"},
		{"blocks without overlap", "blocks:\n  - params: {n: 10, sigma: [1, 2]}\n  - params: {n: 20, sigma: [1, 2]}", "n sigma",
			"10:0 1:0, 10:0 2:1, 20:1 1:0, 20:1 2:1"},
		{"geomspace", "params: {n: {geomspace: [3, 192, 4]}}", "n", "3:0, 12:1, 48:2, 192:3"},
		{"chebyshev", "params: {current: {chebyshev: [-1, 1, 5]}}", "current", "-1:0, -0.7071067811865476:1, 0:2, 0.7071067811865476:3, 1:4"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := strings.Join(rows(t, parse(t, "about: a\nmodel: bms\n"+test.spec).Plan(), strings.Fields(test.params)...), ", ")
			if got != test.want {
				t.Errorf("got\n%s", got)
			}
		})
	}
}

// Distinct values stand in order, what is not set last, and each value's place is its own.
func TestDistinct(t *testing.T) {
	ints := []models.Value{models.IntValue(math.MaxInt64), {}, models.IntValue(-3), models.IntValue(math.MinInt64), {}, models.IntValue(0), models.IntValue(-3)}
	floats := []models.Value{{}, models.FloatValue(1.5), models.FloatValue(-1e308), models.FloatValue(0), models.FloatValue(-5e-324), models.FloatValue(1.5)}
	for _, values := range [][]models.Value{ints, floats} {
		kind := values[2].Kind()
		a, places := distinct(values, 0, kind)
		for i, v := range values {
			if a.Value(int64(places[i])) != v {
				t.Errorf("%v stands at %d of %v", v, places[i], a.list)
			}
		}
		for i, v := range a.list[:a.Len-1] {
			if !v.IsSet() || i+2 < int(a.Len) && v.Float() >= a.list[i+1].Float() && kind == models.FloatKind || i+2 < int(a.Len) && kind == models.IntKind && v.Int() >= a.list[i+1].Int() {
				t.Errorf("%v", a.list)
			}
		}
		if a.Len != 5 || a.list[4].IsSet() {
			t.Errorf("%v", a.list)
		}
	}
}
