package experiment

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// docBlocks are the code blocks of the page.
var docBlocks = regexp.MustCompile("(?ms)^```([a-z ]+)\n(.*?)^```$")

// The examples of docs/spec.md are read: those that are right, and one that is
// wrong with the message that follows it.
func TestDocs(t *testing.T) {
	doc, err := os.ReadFile("../../docs/spec.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := docBlocks.FindAllStringSubmatch(string(doc), -1)
	right, wrong := 0, 0
	for i, b := range blocks {
		switch b[1] {
		case "yaml", "yaml carries":
			right++
			s, err := Parse("testdata/docs/spec.yaml", []byte(b[2]), Options{Models: append(slices.Clone(twins), carrying)})
			if err != nil {
				t.Errorf("%s\n%v", b[2], err)
				continue
			}
			if p := s.Plan(); p.Len() < 1<<16 {
				consistent(t, p)
				permutation(t, p, handed(t, p))
			}
			if right == 1 && s.Plan().Len() != 16_000 {
				t.Errorf("the first example has %d trials", s.Plan().Len())
			}
		case "yaml wrong":
			wrong++
			_, err := Parse("spec.yaml", []byte(b[2]), Options{Models: twins})
			if err == nil || i+1 == len(blocks) || blocks[i+1][2] != err.Error()+"\n" {
				t.Errorf("%s\n%v", b[2], err)
			}
		}
	}
	if right < 18 || wrong < 1 {
		t.Errorf("%d examples are right and %d wrong", right, wrong)
	}
	// The overrides that the page shows, on its first example.
	o := Options{Models: twins, Set: []string{"n=50", "gamma=[0, 1/2]", "sigma.linspace=[0, 10, 5]", "sigma.refine=2", "where=gamma < 1", "streams.weights=all"}}
	for _, set := range o.Set {
		key, _, _ := strings.Cut(set, "=")
		if !strings.Contains(string(doc), "-s "+key+"=") {
			t.Errorf("the page does not show %s", set)
		}
	}
	if _, err := Parse("spec.yaml", []byte(blocks[0][2]), o); err != nil {
		t.Error(err)
	}
	// Every key and every rule is on the page.
	names := slices.Concat(forms(), []string{"refine", "when"}, keys, sampleKeys, lawNames)
	for _, k := range names {
		if !strings.Contains(string(doc), k+":") {
			t.Errorf("no example has %s", k)
		}
	}
	for _, name := range slices.Concat(functionNames(), designNames(), orderNames) {
		if !regexp.MustCompile("[ `(]" + name + "[ `,(]").Match(doc) {
			t.Errorf("the page does not name %s", name)
		}
	}
}
