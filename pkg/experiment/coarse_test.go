package experiment

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/neurosweep/sweep/pkg/models"
)

// firstGrid is how many values of each axis the coarsest grid has.
func firstGrid(t *testing.T, p *Plan) string {
	t.Helper()
	permutation(t, p, handed(t, p))
	values := make([]map[models.Value]bool, len(p.Axes()))
	var pt models.Point
	p.EachLevel(func(level int, from, to int64) {
		for trial := from; trial < to && level == 0; trial++ {
			p.Point(trial, &pt)
			for i, a := range p.Axes() {
				if values[i] == nil {
					values[i] = make(map[models.Value]bool)
				}
				values[i][pt.Values[a.Param]] = true
			}
		}
	})
	var list []string
	for i, a := range p.Axes() {
		list = append(list, fmt.Sprintf("%s %d/%d", bms.Params[a.Param].Decl().Name, len(values[i]), a.Len))
	}
	return strings.Join(list, ", ")
}

func TestCoarserGrids(t *testing.T) {
	for _, x := range []struct{ name, spec, want string }{
		{"short axes are whole",
			"params: {gamma: {linspace: [0, 0.8, 9]}, n: [10, 20, 30, 40], self: [true, false]}",
			"gamma 2/9, n 4/4, self 2/2"},
		{"longer ones are not",
			"params: {gamma: {linspace: [0, 0.8, 9]}, n: [10, 20, 30, 40, 50]}",
			"gamma 2/9, n 1/5"},
		{"if all are short they are coarse",
			"params: {gamma: [0, 0.1, 0.2, 0.3], n: [10, 20, 30], self: [true, false]}",
			"gamma 2/4, n 2/3, self 2/2"},
		{"curves and panels are whole",
			"params: {gamma: {linspace: [0, 0.8, 9]}, n: {range: [10, 80, 10]}, theta: {range: [1, 6, 1]}, sigma: {range: [1, 5, 1]}}\nfigures: [{kind: line, x: gamma, y: mean(d), by: n, panels: theta_i}]",
			"gamma 2/9, n 8/8, theta 6/6, sigma 1/5"},
		{"not what another figure shows along x",
			"params: {gamma: {linspace: [0, 0.8, 9]}, n: {range: [10, 80, 10]}}\nfigures: [{kind: line, x: gamma, y: mean(d), by: n}, {kind: line, x: n, y: mean(d), by: gamma}]",
			"gamma 2/9, n 1/8"},
		{"what curves are for decides, too, where it is derived",
			"params: {gamma: {linspace: [0, 0.8, 9]}, sigma: {range: [1, 8, 1]}}\nderive: {half: sigma / 2}\nfigures: [{kind: line, x: gamma, y: mean(d), by: half}]",
			"gamma 2/9, sigma 8/8"},
		{"short curves beside short axes stay whole",
			"params: {gamma: [0, 0.1, 0.2, 0.3], n: [10, 20, 30]}\nfigures: [{kind: line, x: gamma, y: mean(d), by: n}]",
			"gamma 2/4, n 3/3"},
		{"where all axes are for curves they are coarse",
			"params: {gamma: {linspace: [0, 0.8, 9]}}\nfigures: [{kind: histogram, x: d, by: gamma}]",
			"gamma 2/9"},
		{"a condition ties no axis into a coarse one",
			"params: {gamma: {linspace: [0, 0.8, 9]}, scaling: [raw, per-sqrt-n], n: [10, 20, 30]}\nwhere: gamma < 0.75 or scaling == \"raw\" and n > 10",
			"gamma 2/9, scaling 2/2, n 3/3"},
		{"a zip with choices is whole",
			"params: {gamma: {linspace: [0, 0.8, 9]}, scaling: [raw, per-sqrt-n], self: [true, false]}\nzip: [scaling, self]",
			"gamma 2/9, scaling 2/2, self 2/2"},
		{"a design goes on halving",
			"params: {self: [true, false]}\nsample: {design: sobol, count: 64, over: {gamma: {uniform: [0, 0.9]}, sigma: {choice: [1, 2]}}}",
			"gamma 2/64, sigma 2/2, self 2/2"},
		{"blocks each by themselves",
			"blocks: [{params: {gamma: {linspace: [0, 0.8, 9]}, n: [10, 20, 30]}}, {params: {gamma: {linspace: [0.01, 0.81, 9]}, n: {range: [40, 90, 10]}}}]",
			"gamma 4/18, n 4/9"},
		{"the spec says it",
			"order: {coarse: [sigma]}\nparams: {gamma: {linspace: [0, 0.8, 9]}, sigma: {range: [1, 8, 1]}}",
			"gamma 9/9, sigma 2/8"},
		{"of short axes and curves, too",
			"order: {coarse: [n, gamma]}\nparams: {gamma: {linspace: [0, 0.8, 9]}, n: [10, 20, 30], sigma: {range: [1, 8, 1]}}\nfigures: [{kind: line, x: gamma, y: mean(d), by: n}]",
			"gamma 2/9, n 1/3, sigma 8/8"},
	} {
		t.Run(x.name, func(t *testing.T) {
			p := parse(t, "about: a\nmodel: bms\n"+x.spec+"\n").Plan()
			if got := firstGrid(t, p); got != x.want {
				t.Errorf("the first grid has %s, not %s", got, x.want)
			}
		})
	}
}

// What orders the trials changes neither the plan's hash nor the points.
func TestCoarseIsNotInTheHash(t *testing.T) {
	text := "about: a\nmodel: bms\nparams: {gamma: {linspace: [0, 0.8, 9]}, sigma: {range: [1, 8, 1]}}\n"
	plain := parse(t, text).Plan()
	for _, more := range []string{"order: {coarse: [sigma]}\n", "order: row\n", "figures: [{kind: line, x: gamma, y: mean(d), by: sigma}]\n"} {
		p := parse(t, text+more).Plan()
		if p.Hash() != plain.Hash() {
			t.Errorf("%s: another hash", more)
		}
		if slices.Equal(handed(t, p), handed(t, plain)) {
			t.Errorf("%s: the same order", more)
		}
		var a, b models.Point
		for i := range p.Len() {
			p.Point(i, &a)
			plain.Point(i, &b)
			if !slices.Equal(a.Values, b.Values) {
				t.Fatalf("%s: another point %d", more, i)
			}
		}
	}
}

// An axis that an override or a variant makes constant is left out of the order, also
// of the spec as run.
func TestOrderGivesWay(t *testing.T) {
	text := "about: a\nmodel: bms\norder: {coarse: [gamma, sigma]}\nparams: {gamma: {linspace: [0, 0.8, 9]}, sigma: {range: [1, 8, 1]}, n: {range: [10, 50, 10]}}\n" +
		"variants: {one: {params: {gamma: 0.5}}}\n"
	for _, x := range []struct {
		o    Options
		want string
	}{
		{Options{}, "gamma 2/9, sigma 1/8, n 5/5"},
		{Options{Set: []string{"gamma=0.5"}}, "sigma 2/8, n 5/5"},
		{Options{Variant: "one"}, "sigma 2/8, n 5/5"},
		{Options{Variant: "one", Set: []string{"sigma=1"}}, "n 2/5"},
	} {
		x.o.Models = twins
		s, err := Parse("x.yaml", []byte(text), x.o)
		if err != nil {
			t.Fatal(err)
		}
		if got := firstGrid(t, s.Plan()); got != x.want {
			t.Errorf("%+v: the first grid has %s, not %s", x.o, got, x.want)
		}
		kept, err := Parse("x.yaml", s.Resolved(), Options{Models: twins})
		if err != nil {
			t.Fatalf("%s: %v", s.Resolved(), err)
		}
		if got := firstGrid(t, kept.Plan()); got != x.want {
			t.Errorf("%+v: as run the first grid has %s, not %s", x.o, got, x.want)
		}
	}
}
