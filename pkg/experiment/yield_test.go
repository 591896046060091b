package experiment

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const twoGrids = `about: two grids
model: bms
params: {n: 50}
blocks:
  - params: {sigma: [0, 1]}
  - params: {sigma: [5, 6], n: 60}
variants:
  large: {params: {n: 90}}
  both: {params: {sigma: [2, 3]}}
  few: {where: sigma < 1}
`

// What an override or a variant gives goes before what blocks give: no point has the
// blocks' value.
func TestBlocksYield(t *testing.T) {
	for _, c := range []struct {
		variant string
		set     []string
		want    string
	}{
		{"", nil, "0 50, 1 50, 5 60, 6 60"},
		{"", []string{"sigma=7"}, "7 50, 7 60"},
		{"", []string{"n=90"}, "0 90, 1 90, 5 90, 6 90"},
		{"large", nil, "0 90, 1 90, 5 90, 6 90"},
		{"both", nil, "2 50, 3 50, 2 60, 3 60"},
		// Blocks that an override makes alike are one.
		{"", []string{"sigma=7", "n=90"}, "7 90"},
		{"large", []string{"sigma=[7]"}, "7 90"},
		{"", []string{"sigma.refine=2"}, "0 50, 0.5 50, 1 50, 5 60, 5.5 60, 6 60"},
		{"", []string{"where=sigma > 0.5"}, "1 50, 5 60, 6 60"},
		// What an override leaves no point of goes.
		{"", []string{"where=sigma > 5"}, "6 60"},
		{"", []string{"where=n < 60"}, "0 50, 1 50"},
		{"few", nil, "0 50"},
		{"", []string{"blocks=[]"}, "5 50"},
	} {
		s, err := Parse("x.yaml", []byte(twoGrids), Options{Models: twins, Variant: c.variant, Set: c.set})
		if err != nil {
			t.Errorf("%s %q: %v", c.variant, c.set, err)
			continue
		}
		got := indices.ReplaceAllString(strings.Join(rows(t, s.Plan(), "sigma", "n"), ", "), "")
		if got != c.want {
			t.Errorf("%s %q: %s", c.variant, c.set, got)
		}
		if again := parse(t, string(s.Resolved())); again.Plan().Hash() != s.Plan().Hash() {
			t.Errorf("%s %q: resolved is\n%s", c.variant, c.set, s.Resolved())
		}
	}
}

// indices are the places of values on their axes, in rows.
var indices = regexp.MustCompile(`:\d+`)

// The other sections of a block yield as its params do.
func TestSectionsOfBlocksYield(t *testing.T) {
	const text = `about: a
model: hopfield
params: {n: [100, 200]}
blocks:
  - {params: {alpha: [0.1, 0.2]}, where: alpha < 0.15}
  - {params: {n: 300}, derive: {alpha: 30 / n}}
  - {params: {trials: [1, 2], n: [100, 200]}, zip: [trials, n], sample: {design: sobol, count: 4, over: {alpha: {uniform: [0.3, 0.4]}}}}
`
	for _, c := range []struct {
		set  []string
		want int64
	}{
		{nil, 2 + 1 + 8}, {[]string{"where=[]"}, 4 + 1 + 8}, {[]string{"alpha=0.05"}, 2 + 1 + 1}, {[]string{"patterns=3", "where=[]"}, 2 + 1 + 1}, {[]string{"sample.count=2"}, 2 + 1 + 4},
		{[]string{"n=500"}, 1 + 1 + 8}, {[]string{"zip=[]", "where=alpha > 0"}, 4 + 1 + 16}, {[]string{"derive.alpha=1 / n"}, 2 + 1 + 1}, {[]string{"sample.over.alpha={uniform: [0.1, 1]}", "sample.count=2", "sample.design=lhs"}, 2 + 1 + 4},
	} {
		s, err := Parse("x.yaml", []byte(text), Options{Models: twins, Set: c.set})
		if err != nil {
			t.Errorf("%q: %v", c.set, err)
			continue
		}
		if n := s.Plan().Len(); n != c.want {
			t.Errorf("%q: %d trials, not %d\n%s", c.set, n, c.want, s.Resolved())
		}
		if again := parse(t, string(s.Resolved())); again.Plan().Hash() != s.Plan().Hash() {
			t.Errorf("%q: resolved is\n%s", c.set, s.Resolved())
		}
	}
}

// What each block gives anew is used by nothing above them.
func TestCovered(t *testing.T) {
	for text, want := range map[string]string{
		"params: {sigma: [100, 200, 300]}\nblocks: [{params: {sigma: 1}}, {params: {sigma: 2}}]\n":                                   "x.yaml:3:10: params.sigma: each block gives sigma anew",
		"derive: {ratio: 1}\nblocks: [{params: {sigma: 1}, derive: {ratio: 2}}]\n":                                                   "x.yaml:3:10: derive.ratio: each block",
		"where: sigma > 3\nblocks: [{params: {sigma: [1, 9]}, where: sigma > 5}]\n":                                                  "x.yaml:3:1: where: each block",
		"params: {sigma: [100, 200, 300]}\nblocks: [{params: {sigma: 1}}, {params: {n: 60}}]\n":                                      "",
		"params: {sigma: [1, 2]}\nblocks: [{params: {sigma: {refine: 2}, n: 60}}, {params: {sigma: {when: n > 70}, n: [65, 80]}}]\n": "",
	} {
		_, err := Parse("x.yaml", []byte("about: a\nmodel: bms\n"+text), Options{Models: twins})
		if want == "" && err != nil || want != "" && (err == nil || !strings.HasPrefix(err.Error(), want)) {
			t.Errorf("%s%v", text, err)
		}
	}
}

// On the command line what the file says of a parameter in another way gives way.
func TestOverridesReplace(t *testing.T) {
	const zipped = "about: a\nmodel: bms\nparams: {sigma: [1, 2, 3], theta: [4, 5, 6], current: [0.1, 0.2, 0.3], gamma: [0, 0.5], n: [50, 60]}\nzip: [[sigma, theta, current], [gamma, n]]\n"
	const sampled = "about: a\nmodel: bms\nsample: {design: sobol, count: 4, over: {gamma: {uniform: [0, 0.9]}, sigma: {uniform: [1, 2]}}}\n"
	const derived = "about: a\nmodel: bms\nparams: {sigma: [1, 2]}\nderive: {n: int(50 * sigma), twice: 2 * n}\n"
	const conditional = "about: a\nmodel: bms\nparams:\n  scaling: [raw, per-sqrt-n]\n  mean: {linspace: [-1, 1, 5], when: scaling == \"raw\"}\n  gamma: {value: 0.5, when: scaling != \"raw\"}\n"
	for _, c := range []struct {
		text string
		set  []string
		want []string // of sigma, theta, current, gamma, n, mean: what is not the default
	}{
		{zipped, []string{"sigma=1"}, []string{"sigma=1", "trials 6"}},
		{zipped, []string{"sigma=1", "theta=4"}, []string{"sigma=1", "theta=4", "trials 6"}},
		{zipped, []string{"sigma={value: 9}"}, []string{"sigma=9", "trials 6"}},
		{zipped, []string{"sigma=[7, 8, 9]"}, []string{"trials 6"}},
		{zipped, []string{"zip=[]"}, []string{"trials 108"}},
		{zipped, []string{"gamma=0.2"}, []string{"gamma=0.2", "trials 6"}},
		{zipped, []string{"derive.sigma=theta + 1"}, []string{"trials 6"}},
		{sampled, []string{"sigma=0.5"}, []string{"sigma=0.5", "trials 4"}},
		{sampled, []string{"sigma=[1, 2]"}, []string{"trials 8"}},
		{sampled, []string{"sigma=1", "gamma=0"}, []string{"sigma=1", "gamma=0", "trials 1"}},
		{sampled, []string{"sample={}"}, []string{"trials 1"}},
		{sampled, []string{"sample.over.sigma={uniform: [5, 6]}"}, []string{"trials 4"}},
		{sampled, []string{"sample.over.sigma.uniform=[5, 6]", "sample.count=8"}, []string{"trials 8"}},
		{sampled, []string{"sample.over.n={integer: [50, 90]}"}, []string{"trials 4"}},
		{sampled, []string{"derive.sigma=gamma + 1"}, []string{"trials 4"}},
		{derived, []string{"n=70"}, []string{"n=70", "trials 2"}},
		{derived, []string{"derive={}"}, []string{"trials 2"}},
		{derived, []string{"derive.sigma=3.5"}, []string{"sigma=3.5", "trials 1"}},
		{conditional, []string{"scaling=per-sqrt-n"}, []string{"gamma=0.5", "trials 1"}},
		{conditional, []string{"scaling=raw"}, []string{"trials 5"}},
		{conditional, []string{"mean=0.5"}, []string{"mean=0.5", "trials 2"}},
		{conditional, []string{"mean.when=scaling != 'raw'"}, []string{"trials 6"}},
	} {
		s, err := Parse("x.yaml", []byte(c.text), Options{Models: twins, Set: c.set})
		if err != nil {
			t.Errorf("%q: %v", c.set, err)
			continue
		}
		p := s.Plan()
		names := []string{"sigma", "theta", "current", "gamma", "n", "mean"}
		text := rows(t, p, names...)
		for _, want := range c.want {
			switch name, value, _ := strings.Cut(want, " "); {
			case name == "trials":
				if len(text) != int(number64(t, value)) {
					t.Errorf("%q: %d trials\n%s", c.set, len(text), strings.Join(text, "\n"))
				}
			default:
				name, value, _ := strings.Cut(want, "=")
				if slices.ContainsFunc(text, func(row string) bool {
					return strings.Fields(indices.ReplaceAllString(row, ""))[slices.Index(names, name)] != value
				}) {
					t.Errorf("%q: not %s everywhere:\n%s", c.set, want, strings.Join(text, "\n"))
				}
			}
		}
		if again := parse(t, string(s.Resolved())); again.Plan().Hash() != p.Hash() {
			t.Errorf("%q: resolved is\n%s", c.set, s.Resolved())
		}
	}
}

func number64(t *testing.T, text string) int64 {
	q, err := parseNumber(text)
	if err != nil {
		t.Fatal(err)
	}
	return q.Num().Int64()
}

// The order of a design's dimensions, and of axes, is the file's still.
func TestOverridesKeepPlaces(t *testing.T) {
	const text = "about: a\nmodel: bms\nsample: {design: sobol, count: 4, over: {gamma: {uniform: [0, 0.9]}, sigma: {uniform: [1, 2]}}}\n"
	a := parse(t, text)
	b := parse(t, text, "sample.over.gamma={uniform: [0, 0.9]}")
	if d := cmp.Diff(rows(t, a.Plan(), "gamma", "sigma"), rows(t, b.Plan(), "gamma", "sigma")); d != "" {
		t.Error(d)
	}
}

// Where an override is one of two values that exclude each other it is named, not its
// place in itself.
func TestOverridesAreNamed(t *testing.T) {
	for text, set := range map[string][]string{
		"model: bms\nblocks: [{params: {sigma: {linspace: [0, 1, 3]}}}, {derive: {theta: 2}}]\n": {"sigma={linspace: [0, 1, 3], list: [1]}"},
	} {
		_, err := Parse("x.yaml", []byte("about: a\n"+text), Options{Models: twins, Set: set})
		if err == nil || strings.Contains(err.Error(), "at 1:") || !strings.Contains(err.Error(), "given by -s ") {
			t.Errorf("%s%v", text, err)
		}
	}
}

// A condition of the file that an override makes hold nowhere is left out of a spec with
// blocks as of one without, wherever it stands; what holds in one block may idle in others.
func TestConditionsIdleInBlocks(t *testing.T) {
	for _, c := range []struct {
		name, spec string
		set        []string
		want       string
	}{
		{"shared",
			"params: {scaling: [raw, per-sqrt-n], sigma: {list: [1, 2], when: scaling == \"raw\"}}\nblocks: [{params: {n: 10}}, {params: {n: 20}}]",
			[]string{"scaling=per-sqrt-n"}, "10 per-sqrt-n 5, 20 per-sqrt-n 5"},
		{"in a block",
			"params: {n: 10}\nblocks: [{params: {scaling: [raw, per-sqrt-n], sigma: {list: [1, 2], when: scaling == \"raw\"}}}, {params: {n: 30}}]",
			[]string{"scaling=per-sqrt-n"}, "10 per-sqrt-n 5, 30 per-sqrt-n 5"},
		{"the block with it becomes another",
			"params: {n: 10}\nblocks: [{params: {scaling: raw}}, {params: {scaling: [raw, per-sqrt-n], sigma: {list: [1, 2], when: scaling == \"raw\"}}}]",
			[]string{"scaling=per-sqrt-n"}, "10 per-sqrt-n 5"},
		{"in some blocks only",
			"params: {theta: 10, sigma: {list: [1, 2], when: n + theta > 15}}\nblocks: [{params: {n: 10}}, {params: {n: 20}}]",
			[]string{"theta=1"}, "10 per-sqrt-n 5, 20 per-sqrt-n 1, 20 per-sqrt-n 2"},
		{"no override",
			"params: {sigma: {list: [1, 2], when: n > 15}}\nblocks: [{params: {n: 10}}, {params: {n: 20}}]",
			nil, "10 per-sqrt-n 5, 20 per-sqrt-n 1, 20 per-sqrt-n 2"},
		{"of several conditions",
			"params: {n: [10, 20], sigma: {list: [1, 2], when: n > 15}, theta: {value: 2, when: n > 5}}\nblocks: [{params: {self: true}}, {params: {self: false}}]",
			[]string{"n=10"}, "10 per-sqrt-n 5, 10 per-sqrt-n 5"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, err := Parse("x.yaml", []byte("about: a\nmodel: bms\n"+c.spec+"\n"), Options{Models: twins, Set: c.set})
			if err != nil {
				t.Fatal(err)
			}
			if got := indices.ReplaceAllString(strings.Join(rows(t, s.Plan(), "n", "scaling", "sigma"), ", "), ""); got != c.want {
				t.Errorf("%s, not %s", got, c.want)
			}
			if again := parse(t, string(s.Resolved())); again.Plan().Hash() != s.Plan().Hash() {
				t.Errorf("resolved is\n%s", s.Resolved())
			}
		})
	}
	// One of the override's own that holds nowhere stays a mistake, as one that the file has.
	for _, c := range []struct {
		set  []string
		want string
	}{
		{[]string{"sigma={list: [1, 2], when: n > 90}"}, "-s sigma={list: [1, 2], when: n > 90}:1:28: params.sigma.when: the condition holds nowhere: the values of sigma are used by nothing"},
		{nil, "x.yaml:3:41: params.theta.when: the condition holds nowhere: the values of theta are used by nothing"},
	} {
		more := ""
		if c.set == nil {
			more = "theta: {value: 2, when: n > 90}"
		}
		_, err := Parse("x.yaml", []byte("about: a\nmodel: bms\nparams: {n: 10, "+more+"}\nblocks: [{params: {self: true}}, {params: {self: false}}]\n"), Options{Models: twins, Set: c.set})
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Count(err.Error(), "holds nowhere") != 1 {
			t.Errorf("%q: %v", c.set, err)
		}
	}
}
