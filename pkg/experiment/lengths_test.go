package experiment

import (
	"fmt"
	"slices"
	"testing"

	"github.com/neurosweep/sweep/pkg/models"
)

// TestLengths: a series has a length where the values that it depends on give one,
// however the spec comes to them, and trials have lists of that length.
func TestLengths(t *testing.T) {
	n := models.Int("n", 100, "a size").AtLeast(1)
	tries := models.Int("tries", 5, "how often").AtLeast(1)
	load := models.OptionalFloat("load", "patterns over n").Above(0)
	patterns := models.OptionalInt("patterns", "how many there are").AtLeast(1)
	other := models.Float("other", 1, "a number")
	made := func(t *models.Trial) int {
		p, given := patterns.Lookup(t)
		if !given {
			a, _ := load.Lookup(t)
			p = int(a * float64(n.Of(t)))
		}
		return min(tries.Of(t), p)
	}
	m := &models.Model{
		Name: "lists", Doc: "lists is a model of lists.\n\nIt has them.\n", Version: 1,
		Params: []models.Param{n, tries, load, patterns, other}, OneOf: [][]models.Param{{load, patterns}},
		Outputs: []models.Output{
			models.Series("free", "", "any length"), models.Series("pair", "", "two").Long(models.Exactly(2)),
			models.Series("units", "", "one a unit").Long(models.AsManyAs(n)),
			models.Series("results", "", "one a try").Long(models.Counted("min(tries, patterns)", made, n, load, patterns, tries)),
			models.Scalar("mean", "", "their mean"),
		},
	}
	for _, c := range []struct {
		spec string
		want []int
	}{
		{"params: {patterns: 9}", []int{0, 2, 100, 5, 0}},
		{"params: {patterns: 3, other: [1, 2, 3]}\nreplicates: 7", []int{0, 2, 100, 3, 0}},
		// An axis of one value is a constant.
		{"params: {patterns: [3], n: {linspace: [50, 50, 1]}}", []int{0, 2, 50, 3, 0}},
		{"params: {n: [50, 100], patterns: 9}", []int{0, 2, 0, 5, 0}},
		// What limits the length is not what is swept.
		{"params: {n: [50, 100, 200], load: {linspace: [0.1, 0.2, 41]}}", []int{0, 2, 0, 5, 0}},
		{"params: {n: [49, 100, 200], load: {linspace: [0.1, 0.2, 41]}}", []int{0, 2, 0, 0, 0}},
		{"params: {tries: [5, 6], patterns: 4}", []int{0, 2, 100, 4, 0}},
		{"params: {tries: [5, 3], patterns: 4}", []int{0, 2, 100, 0, 0}},
		// Derived, tied, and from block to block.
		{"params: {other: [1, 2], patterns: 9}\nderive: {n: other * 10}", []int{0, 2, 0, 5, 0}},
		{"params: {other: [1, 2], patterns: 9}\nderive: {n: other - other + 7}", []int{0, 2, 7, 5, 0}},
		{"blocks:\n  - params: {patterns: 9, n: 50}\n  - params: {patterns: 8, n: 60}", []int{0, 2, 0, 5, 0}},
		{"blocks:\n  - params: {patterns: 9, n: 50}\n  - params: {patterns: 2, n: 50}", []int{0, 2, 50, 0, 0}},
		// Too many combinations to try.
		{"params: {n: {linspace: [50, 65585, 65536]}, patterns: 9}", []int{0, 2, 0, 5, 0}},
		{"params: {n: {linspace: [50, 65586, 65537]}, patterns: 9}", []int{0, 2, 0, 0, 0}},
	} {
		s, err := Parse("x.yaml", []byte("about: How long are they?\nmodel: lists\n"+c.spec), Options{Models: []*models.Model{m}})
		if err != nil {
			t.Fatalf("%s\n%v", c.spec, err)
		}
		p := s.Plan()
		if got := p.Lengths(); !slices.Equal(got, c.want) {
			t.Errorf("%s\ngives lengths %v, not %v", c.spec, got, c.want)
		}
		trial := p.Setting().NewTrial()
		var pt models.Point
		seen := make([]map[int]bool, len(m.Outputs))
		for i := range min(p.Len(), 100) {
			p.Point(i*(p.Len()/min(p.Len(), 100)), &pt)
			trial.Start(&pt)
			for k, o := range m.Outputs {
				if l := o.Decl().Length; l != nil {
					if seen[k] == nil {
						seen[k] = make(map[int]bool)
					}
					seen[k][l.Of(trial)] = true
				}
			}
		}
		for k, length := range p.Lengths() {
			if length > 0 && fmt.Sprint(seen[k]) != fmt.Sprint(map[int]bool{length: true}) {
				t.Errorf("%s\n%s has the lengths %v in trials, not %d", c.spec, m.Outputs[k].Decl().Name, seen[k], length)
			}
		}
	}
}
