package experiment

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func write(t *testing.T, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

const baseText = `about: What is seen?
model: bms
seed: 3
replicates: 2
params:
  n: 50
  gamma: {linspace: [0, 0.9, 10]}
derive: {ratio: gamma / n}
variants:
  quick: {replicates: 1}
`

func TestExtends(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "base.yaml", baseText)
	path := write(t, dir, "x.yaml", "extends: base.yaml\nparams: {gamma: [0, 0.5], sigma: [1, 2]}\nvariants:\n  slow: {replicates: 9}\n")
	for variant, want := range map[string]int64{"": 8, "quick": 4, "slow": 36} {
		s, err := Read(path, Options{Models: twins, Variant: variant})
		if err != nil {
			t.Fatal(err)
		}
		if s.About != "What is seen?" || s.Setting.Seed != 3 || s.Plan().Len() != want || !strings.HasPrefix(s.Name, "x") {
			t.Errorf("%s: %+v, %d trials", variant, s, s.Plan().Len())
		}
		if again := parse(t, string(s.Resolved())); again.Plan().Hash() != s.Plan().Hash() {
			t.Errorf("resolved is\n%s", s.Resolved())
		}
	}
	s, err := Read(path, Options{Models: twins, Variant: "slow", Set: []string{"sigma.linspace=[0, 1, 11]", "gamma.refine=2"}})
	if err != nil {
		t.Fatal(err)
	}
	want := `about: What is seen? # base.yaml:1
model: bms # base.yaml:2
seed: 3 # base.yaml:3
replicates: 9 # x.yaml:4, variant slow
params:
  n: 50 # base.yaml:6
  gamma: {list: [0, 0.5], refine: 2} # x.yaml:2
  # -s sigma.linspace=[0, 1, 11]
  sigma: {linspace: [0, 1, 11]}
derive:
  ratio: gamma / n # base.yaml:8
`
	got := strings.ReplaceAll(string(s.Origins()), dir+"/", "")
	got = strings.ReplaceAll(got, "sigma:\n    linspace: [0, 1, 11]", "sigma: {linspace: [0, 1, 11]}") // as overrides are written
	if got != want {
		t.Errorf("got\n%s", got)
	}
}

// A spec reads no file outside its folder, and its base's mistakes are shown
// there.
func TestExtendsStaysInItsFolder(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "secret.yaml", baseText)
	write(t, dir, "in/wrong.yaml", "about: a\nmodel: bms\nparams: {gama: 1}\n")
	write(t, dir, "in/twice.yaml", "extends: wrong.yaml\n")
	write(t, dir, "in/list.yaml", "[1, 2]\n")
	write(t, dir, "in/below/base.yaml", baseText)
	if err := os.Symlink("../secret.yaml", filepath.Join(dir, "in/link.yaml")); err != nil {
		t.Fatal(err)
	}
	for base, want := range map[string]string{
		"../secret.yaml": "outside the spec's folder", filepath.Join(dir, "secret.yaml"): "outside the spec's folder",
		"link.yaml": "link.yaml: ", "wrong.yaml": `wrong.yaml:3:10: params.gama: model bms has no parameter "gama"`,
		"twice.yaml": "extends no other", "list.yaml": "is no spec", "below": "is no file", "below/base.yaml": "",
	} {
		path := write(t, dir, "in/x.yaml", "extends: "+base+"\n")
		_, err := Read(path, Options{Models: twins})
		var errs Errors
		switch {
		case want == "" && err != nil:
			t.Error(err)
		case want != "" && (!errors.As(err, &errs) || !strings.Contains(err.Error(), want)):
			t.Errorf("%s: %v", base, err)
		}
	}
}

// A change that gives another of a group of parameters replaces the one given.
func TestChangesReplaceWhatTheyExclude(t *testing.T) {
	text := "about: a\nmodel: hopfield\nparams: {n: 100, alpha: [0.1, 0.2]}\nvariants:\n  few: {params: {patterns: 3}}\n"
	for _, o := range []Options{{Variant: "few"}, {Set: []string{"patterns=3"}}, {Variant: "few", Set: []string{"alpha=0.5", "patterns=3"}}} {
		o.Models = twins
		s, err := Parse("x.yaml", []byte(text), o)
		if err != nil {
			t.Fatal(err)
		}
		c := s.Plan().Constants()
		if c[hopfield.Param("alpha")].IsSet() || c[hopfield.Param("patterns")].Int() != 3 || s.Plan().Len() != 1 {
			t.Errorf("%+v: %v", o, c)
		}
	}
}

func TestDefs(t *testing.T) {
	s := parse(t, `about: a
model: bms
defs:
  one: &one {linspace: [0, 0.9, 4]}
  two: &two
    <<: *one
    refine: 3
  name: &name raw
params:
  gamma: *two
  sigma: *one
  scaling: *name
`)
	if n := s.Plan().Len(); n != 40 {
		t.Errorf("%d trials", n)
	}
	if text := string(s.Resolved()); strings.ContainsAny(text, "&*<") || strings.Contains(text, "defs") {
		t.Errorf("resolved is\n%s", text)
	}
}
