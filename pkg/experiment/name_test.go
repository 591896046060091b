package experiment

import (
	"strings"
	"testing"

	"github.com/neurosweep/sweep/pkg/models"
)

const namedText = `# why
about: a
name: leak and noise
model: bms
variants:
  quick: {replicates: 2}
  other: {name: another}
`

// The name of the result folder: of the file, the key, the variant, an override or
// the option, each before the one before it. It is kept in the spec as run, and
// changes nothing else.
func TestName(t *testing.T) {
	plain := parse(t, "about: a\nmodel: bms\n")
	if plain.Name != "x" || strings.Contains(string(plain.Resolved()), "name") {
		t.Errorf("%s:\n%s", plain.Name, plain.Resolved())
	}
	for _, c := range []struct {
		o    Options
		want string
	}{
		{Options{}, "leak and noise"},
		{Options{Variant: "quick"}, "leak and noise-quick"},
		{Options{Variant: "other"}, "another"},
		{Options{Variant: "other", Set: []string{"name=007"}}, "007"},
		{Options{Variant: "quick", Set: []string{"name=by hand"}, Name: "last"}, "last"},
	} {
		c.o.Models = twins
		s, err := Parse("x.yaml", []byte(namedText), c.o)
		if err != nil {
			t.Fatal(err)
		}
		again := parse(t, string(s.Resolved()))
		if s.Name != c.want || again.Name != c.want || c.o.Variant != "quick" && again.Plan().Hash() != plain.Plan().Hash() {
			t.Errorf("%+v: %q, and as kept %q:\n%s", c.o, s.Name, again.Name, s.Resolved())
		}
	}
	s, err := Parse("x.yaml", []byte("about: a\nmodel: bms\n"), Options{Models: twins, Name: "mine"})
	if err != nil {
		t.Fatal(err)
	}
	if again := parse(t, string(s.Resolved())); s.Name != "mine" || again.Name != "mine" || !strings.Contains(string(s.Origins()), "name: mine # --name mine") {
		t.Errorf("%s:\n%s", s.Name, s.Origins())
	}
}

// A folder's name is the file's own: a spec that is extended hands none on.
func TestNameIsNotExtended(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "base.yaml", "name: base\n"+baseText)
	s, err := Read(write(t, dir, "x.yaml", "extends: base.yaml\n"), Options{Models: twins})
	if err != nil || s.Name != "x" {
		t.Errorf("%+v, %v", s, err)
	}
}

func TestNotNames(t *testing.T) {
	for name, want := range map[string]string{
		`""`: "is empty", "~": "is empty", "[a]": "not a list", "a/b": `'/'`, `'a\b'`: `'\\'`, "..": `begin with '.'`, ".git": `begin with '.'`, "-x": `begin with '-'`,
		`"a\nb"`: `'\n'`, `"a\x1b[31m"`: `'\x1b'`, `"a\u202eb"`: `'\u202e'`, "a.": `end with '.'`, `" a"`: `begin with ' '`, "con": "a device on Windows", "NUL.txt": "a device on Windows",
		"a:b": `':'`, "a*": `'*'`, strings.Repeat("é", 101): "at most 200 bytes",
	} {
		_, err := Parse("x.yaml", []byte("about: a\nmodel: bms\nname: "+name+"\n"), Options{Models: twins})
		if err == nil || !strings.HasPrefix(err.Error(), "x.yaml:3:7: name: ") || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err := Parse("x.yaml", []byte("about: a\nmodel: bms\n"), Options{Models: twins, Name: "../b"})
	if err == nil || !strings.Contains(err.Error(), "--name ../b: the name of a folder") {
		t.Error(err)
	}
	long := "about: a\nmodel: bms\nname: " + strings.Repeat("a", 190) + "\nvariants: {quick-and-dirty: {seed: 1}}\n"
	if _, err = Parse("x.yaml", []byte(long), Options{Models: twins, Variant: "quick-and-dirty"}); err == nil || !strings.Contains(err.Error(), "with the variant's name") {
		t.Error(err)
	}
}

// A value by itself is read as a spec reads it.
func TestParseValue(t *testing.T) {
	decl := func(name string) *models.ParamDecl { return bms.Params[bms.Param(name)].Decl() }
	for _, c := range []struct{ param, text, want string }{
		{"gamma", "1/3", "0.3333333333333333"}, {"gamma", "5e-1", "0.5"}, {"n", "1e3", "1000"}, {"n", "50.0", "50"}, {"self", "true", "true"}, {"scaling", "raw", "raw"}, {"scaling", `"raw"`, "raw"},
	} {
		if v, err := ParseValue(decl(c.param), c.text); err != nil || v.String() != c.want {
			t.Errorf("%s=%s: %v, %v", c.param, c.text, v, err)
		}
	}
	for _, c := range []struct{ param, text, want string }{
		{"gamma", "0x1p-1", "not a decimal number: write it in decimal"}, {"gamma", "", "takes a number"}, {"gamma", "~", "has no value"}, {"gamma", "'0.5'", "without quotes"}, {"gamma", "[0.5]", "not a list"},
		{"n", "010", "leading zero"}, {"n", "0.5", "takes integers"}, {"self", "F", "takes true or false"}, {"self", "1", "takes true or false"}, {"scaling", "rav", "did you mean raw?"}, {"gamma", "7", "must"}, {"n", "{a: b", "is no value"},
	} {
		if v, err := ParseValue(decl(c.param), c.text); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s=%s: %v, %v", c.param, c.text, v, err)
		}
	}
}
