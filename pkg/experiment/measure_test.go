package experiment

import (
	"fmt"
	"strings"
	"testing"
)

// What a spec asks for, with variants and overrides laid over it.
func TestMeasure(t *testing.T) {
	const head = "about: How chaotic is it?\nmodel: henon\n"
	for _, c := range []struct {
		spec, variant string
		set           []string
		want          string // measures, parameters with their values, trials
	}{
		{"", "", nil, "orbit lyapunov: a=1.4 b=0.3 keep=200 steps=1000 k=2, 1 trials of 1 stream"},
		{"measure: []\n", "", nil, ": a=1.4 b=0.3, 1 trials of 1 stream"},
		{"measure: {zero_one: {sample: 1500}, orbit: {}}\n", "", nil, "orbit zero_one: a=1.4 b=0.3 keep=200 sample=1500, 1 trials of 2 stream"},
		{"measure: [distinct, orbit]\nparams: {keep: 9}\n", "", nil, "orbit distinct: a=1.4 b=0.3 keep=9 tolerance=1e-08, 1 trials of 1 stream"},
		{"measure: {lyapunov: {k: [1, 2], steps: {linspace: [100, 300, 3]}}}\n", "", nil, "lyapunov: a=1.4 b=0.3 steps= k=, 6 trials of 1 stream"},
		{"measure: [lyapunov]\n", "", []string{"measure.lyapunov.k=1", "measure.orbit={keep: 7}"}, "orbit lyapunov: a=1.4 b=0.3 keep=7 steps=1000 k=1, 1 trials of 1 stream"},
		{"measure: {lyapunov: {k: 2, steps: 50}}\n", "", []string{"measure.lyapunov.k=1", "steps=60"}, "lyapunov: a=1.4 b=0.3 steps=60 k=1, 1 trials of 1 stream"},
		{"params: {steps: 50}\n", "", []string{"measure.lyapunov.steps=70"}, "lyapunov: a=1.4 b=0.3 steps=70 k=2, 1 trials of 1 stream"},
		{"params: {steps: 50}\n", "", []string{"measure=[orbit, lyapunov]"}, "orbit lyapunov: a=1.4 b=0.3 keep=200 steps=50 k=2, 1 trials of 1 stream"},
		// The place of steps in the model depends on the variant.
		{"params: {steps: {list: [50, 60]}}\nvariants: {alone: {measure: [lyapunov]}}\n", "alone", nil, "lyapunov: a=1.4 b=0.3 steps= k=2, 2 trials of 1 stream"},
		{"measure: {lyapunov: {k: 1}}\nvariants: {more: {measure: {orbit: {}, lyapunov: {steps: 99}}}}\n", "more", nil, "orbit lyapunov: a=1.4 b=0.3 keep=200 steps=99 k=1, 1 trials of 1 stream"},
		{"measure: {orbit: {keep: 5}}\nblocks:\n- params: {a: [1, 2]}\n- params: {b: [0, 1]}\n", "", nil, "orbit: a= b= keep=5, 4 trials of 1 stream"},
		{"measure: {lyapunov: {steps: {range: [100, 300, 100]}}}\nderive: {half: steps / 2}\nwhere: steps > 100\n", "", nil, "lyapunov: a=1.4 b=0.3 steps= k=2, 2 trials of 1 stream"},
	} {
		s, err := Parse("henon.yaml", []byte(head+c.spec), Options{Models: twins, Variant: c.variant, Set: c.set})
		if err != nil {
			t.Errorf("%s\n%v", c.spec, err)
			continue
		}
		p := s.Plan()
		text := []string{}
		for i, param := range s.Model.Params {
			text = append(text, fmt.Sprintf("%s=%v", param.Decl().Name, p.Constants()[i]))
		}
		asked := []string{}
		for _, x := range s.Model.Asked() {
			asked = append(asked, x.Name)
		}
		got := fmt.Sprintf("%s: %s, %d trials of %d stream", strings.Join(asked, " "), strings.Join(text, " "), p.Len(), len(s.Model.Streams))
		if got != c.want {
			t.Errorf("%s%q %q:\n got %s\nwant %s", c.spec, c.variant, c.set, got, c.want)
		}
		if again := parse(t, string(s.Resolved())); again.Plan().Hash() != p.Hash() {
			t.Errorf("resolved:\n%s", s.Resolved())
		}
		consistent(t, p)
	}
}

// Asked in another order, or in the other form, it is the same plan.
func TestMeasureOrder(t *testing.T) {
	const head = "about: How chaotic is it?\nmodel: henon\nparams: {a: [1, 1.4]}\n"
	hash := func(measure string) string {
		return fmt.Sprint(parse(t, head+measure).Plan().Hash())
	}
	want := hash("")
	for _, same := range []string{"measure: [orbit, lyapunov]", "measure: [lyapunov, orbit]", "measure: {lyapunov: {k: 2}, orbit: {}}", "measure: {orbit: {keep: 200}, lyapunov: {steps: 1e3}}"} {
		if hash(same) != want {
			t.Errorf("%s is another plan", same)
		}
	}
	for _, other := range []string{"measure: [orbit]", "measure: [lyapunov]", "measure: [orbit, lyapunov, fixed_point]"} {
		if hash(other) == want {
			t.Errorf("%s is the same plan", other)
		}
	}
}
