package experiment

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/neurosweep/sweep/pkg/models"
	"pgregory.net/rapid"
)

const regimes = "testdata/good/bms-regimes.yaml"

func TestReadSpec(t *testing.T) {
	s, err := Read(regimes, Options{Models: twins})
	if err != nil {
		t.Fatal(err)
	}
	if s.Name != "bms-regimes" || s.File != regimes || s.Variant != "" || s.Model != bms || s.Replicates != 40 || s.Setting.Seed != 1 {
		t.Errorf("%+v", s)
	}
	if !strings.HasPrefix(s.About, "Which regimes") || !strings.HasSuffix(s.About, "change?") {
		t.Errorf("about is %q", s.About)
	}
	if got := s.Plan().Len(); got != 20*20*40 {
		t.Errorf("%d trials", got)
	}
	n, sigma := bms.Param("n"), bms.Param("sigma")
	if d := s.Setting.Depends; !slices.Equal(d[0], []int{n}) || !slices.Equal(d[1], []int{n, sigma}) {
		t.Errorf("streams depend on %v", d)
	}
	if c := s.Plan().Constants(); c[bms.Param("theta")] != models.FloatValue(1.0/3) || c[bms.Param("mean")] != models.FloatValue(0) {
		t.Errorf("constants %v", c)
	}
}

func TestVariantsAndOverrides(t *testing.T) {
	tests := []struct {
		variant string
		set     []string
		want    string // name, seed, trials, axes, n, streams
	}{
		{"", nil, "bms-regimes seed 1, 16000 trials of gamma sigma, n=100 streams [[0] [0 2]]"},
		{"quick", nil, "bms-regimes-quick seed 1, 80 trials of gamma sigma, n=50 streams [[0] [0 2]]"},
		{"other-seed", nil, "bms-regimes-other-seed seed 2, 16000 trials of gamma sigma, n=100 streams [[3 1 8 5 0 6 7 2 4 11 9 10] [0 2]]"},
		{"", []string{"n=30"}, "bms-regimes seed 1, 16000 trials of gamma sigma, n=30 streams [[0] [0 2]]"},
		{"quick", []string{"n=30", "replicates=3", "n=31"}, "bms-regimes-quick seed 1, 120 trials of gamma sigma, n=31 streams [[0] [0 2]]"},
		{"", []string{"gamma=0.5", "params.sigma=[1, 2]", "seed=7"}, "bms-regimes seed 7, 80 trials of sigma, n=100 streams [[0] [0 2]]"},
		{"", []string{"gamma.range=[0, 0.8, 0.2]", "current.linspace=[0, 1, 2]"}, "bms-regimes seed 1, 8000 trials of gamma sigma current, n=100 streams [[0] [0 2]]"},
		{"", []string{"streams.initial=[]", "params={n: 20, gamma: 0}"}, "bms-regimes seed 1, 800 trials of sigma, n=20 streams [[0] []]"},
		{"", []string{"about=Why?", "model=bms", "scaling=raw", "self=true"}, "bms-regimes seed 1, 16000 trials of gamma sigma, n=100 streams [[0] [0 2]]"},
	}
	for _, test := range tests {
		s, err := Read(regimes, Options{Models: twins, Variant: test.variant, Set: test.set})
		if err != nil {
			t.Error(err)
			continue
		}
		var axes []string
		for _, a := range s.Axes {
			axes = append(axes, s.Model.Params[a.Param].Decl().Name)
		}
		p := s.Plan()
		got := fmt.Sprintf("%s seed %d, %d trials of %s, n=%v streams %v", s.Name, s.Setting.Seed, p.Len(), strings.Join(axes, " "), p.Constants()[0], s.Setting.Depends)
		if got != test.want {
			t.Errorf("%q %q:\n got %s\nwant %s", test.variant, test.set, got, test.want)
		}
		if s.Variant != test.variant || !slices.Equal(s.Set, test.set) {
			t.Errorf("%+v", s)
		}
		if again := parse(t, string(s.Resolved())); again.Plan().Hash() != p.Hash() || again.About != s.About {
			t.Errorf("resolved:\n%s", s.Resolved())
		}
	}
}

func TestResolvedKeepsComments(t *testing.T) {
	s, err := Read(regimes, Options{Models: twins, Variant: "quick", Set: []string{"theta=1/7", "mean=1e-3"}})
	if err != nil {
		t.Fatal(err)
	}
	want := `# Regimes of a spiking network.
about: |
  Which regimes does a random network of leaky integrate-and-fire neurons show
  as leak and weight disorder change?
model: bms
seed: 1
replicates: 2
params:
  # the size
  n: 50
  gamma: {linspace: [0, 0.95, 20]}
  sigma: [1, 2]
  theta: 1/7
  mean: 1e-3
streams: {weights: [n], initial: [n, sigma]}
`
	if got := string(s.Resolved()); got != want {
		t.Errorf("got\n%s", got)
	}
}

// drawValue writes a value for a number parameter of bms.
func drawValue(t *rapid.T, label string) string {
	number := rapid.SampledFrom([]string{"0.1", "1/3", "2e-1", ".25", "0.5", "3/7", "6e-1", "0.75", "0.8"})
	count := rapid.IntRange(2, 6)
	switch rapid.IntRange(0, 4).Draw(t, label) {
	case 0:
		return number.Draw(t, "number")
	case 1:
		list := rapid.SliceOfNDistinct(number, 1, 5, rapid.ID[string]).Draw(t, "list")
		return "[" + strings.Join(list, ", ") + "]"
	case 2:
		return fmt.Sprintf("{linspace: [0, %s, %d]}", number.Draw(t, "to"), count.Draw(t, "count"))
	case 3:
		return fmt.Sprintf("{range: [0, %s, 1/%d]} # a comment", number.Draw(t, "to"), count.Draw(t, "count"))
	}
	return fmt.Sprintf("\n    # why\n    logspace: [-3, -%s, %d]", number.Draw(t, "to"), count.Draw(t, "count"))
}

func TestResolvedReadsBackTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var b strings.Builder
		fmt.Fprintf(&b, "# %s\nabout: What?\nmodel: bms # the model\n", rapid.StringMatching(`[a-z: #{]{0,9}`).Draw(t, "comment"))
		if rapid.Bool().Draw(t, "seeded") {
			fmt.Fprintf(&b, "seed: %d\n\n", rapid.Int64Min(0).Draw(t, "seed"))
		}
		fmt.Fprintf(&b, "params:\n  scaling: raw\n")
		for _, p := range rapid.Permutation([]string{"gamma", "sigma", "current", "mean"}).Draw(t, "order") {
			if rapid.Bool().Draw(t, p) {
				fmt.Fprintf(&b, "  %s: %s\n", p, drawValue(t, "kind"))
			}
		}
		b.WriteString("variants:\n  v:\n    params:\n      # in the variant\n")
		fmt.Fprintf(&b, "      sigma: %s\n", strings.ReplaceAll(drawValue(t, "kind"), "\n", "\n    "))
		o := Options{Models: twins, Variant: rapid.SampledFrom([]string{"", "v"}).Draw(t, "variant")}
		if rapid.Bool().Draw(t, "override") {
			o.Set = []string{"current=[0.5, 0.25]", "replicates=3"}
		}
		s, err := Parse("x.yaml", []byte(b.String()), o)
		if err != nil {
			t.Fatalf("%s\n%v", b.String(), err)
		}
		again, err := Parse("x.yaml", s.Resolved(), Options{Models: twins})
		if err != nil || again.Plan().Hash() != s.Plan().Hash() {
			t.Fatalf("%s\nresolved is\n%s\n%v", b.String(), s.Resolved(), err)
		}
		if string(again.Resolved()) != string(s.Resolved()) {
			t.Fatalf("resolved twice is\n%s\nnot\n%s", again.Resolved(), s.Resolved())
		}
	})
}

// Wherever comments and blank lines stand, they do no harm.
func TestResolvedWithCommentsAnywhere(t *testing.T) {
	lines := strings.Split(`about: a
model: bms
params:
  n: 5
  gamma:
    - 0
    - 0.5
  sigma:
    linspace:
      - 0
      - 5
      - 3
  current: [0,
    1,
    2]
  mean: {linspace:
    [0,
    1, 2]
    }
streams:
  weights: [n]
  initial:
  - n
  - sigma
variants:
  v:
    params:
      n: 7
    seed: 2
  w:
    seed: 3
seed: 1`, "\n")
	between := rapid.SampledFrom([]string{"", "", "", "\n", "# c\n", "  # c\n", "      # c\n", "\n# c\n\n    # c\n"})
	behind := rapid.SampledFrom([]string{"\n", "\n", " # d\n"})
	rapid.Check(t, func(t *rapid.T) {
		var b strings.Builder
		for _, l := range lines {
			b.WriteString(between.Draw(t, "between") + l + behind.Draw(t, "behind"))
		}
		s, err := Parse("x.yaml", []byte(b.String()), Options{Models: twins, Variant: rapid.SampledFrom([]string{"", "v", "w"}).Draw(t, "variant")})
		if err != nil {
			t.Fatalf("%s\n%v", b.String(), err)
		}
		again, err := Parse("x.yaml", s.Resolved(), Options{Models: twins})
		if err != nil || again.Plan().Hash() != s.Plan().Hash() {
			t.Fatalf("%s\nresolved is\n%s\n%v", b.String(), s.Resolved(), err)
		}
	})
}

func TestErrorsAsJSON(t *testing.T) {
	_, err := Parse("x.yaml", []byte("about: a\nmodel: bms\nparams: {gama: 1}\n"), Options{Models: twins})
	text, _ := json.Marshal(err)
	want := `[{"code":"unknown-parameter","file":"x.yaml","line":3,"column":10,"path":"params.gama","message":"model bms has no parameter \"gama\"","hint":"did you mean gamma?"}]`
	if string(text) != want {
		t.Errorf("got %s", text)
	}
}

func TestUnreadableFiles(t *testing.T) {
	for file, want := range map[string]string{
		"testdata/none.yaml": "testdata/none.yaml: no such file or directory",
		"testdata":           "testdata: is a directory",
	} {
		_, err := Read(file, Options{Models: twins})
		var errs Errors
		if !errors.As(err, &errs) || err.Error() != want {
			t.Errorf("%s: %v", file, err)
		}
	}
	if _, err := Parse("dir/.yaml", []byte("about: a\nmodel: bms\n"), Options{Models: twins}); err == nil {
		t.Error("a spec without a name is read")
	}
}

func TestByteOrderMarkIsNoPartOfTheText(t *testing.T) {
	parse(t, "\ufeffabout: a\nmodel: bms\n")
}

// What takes the YAML parser or a naive reader long, or much memory, is
// refused or read within the time.
func TestHostileSpecs(t *testing.T) {
	head := "about: a\nmodel: bms\n"
	repeat := func(s string, n int) string { return strings.Repeat(s, n) }
	var laughs, variants, unknown strings.Builder
	laughs.WriteString(head + "a0: &a0 [x, x]\n")
	for i := range 60 {
		fmt.Fprintf(&laughs, "a%d: &a%d [*a%d, *a%d, *a%d]\n", i+1, i+1, i, i, i)
	}
	variants.WriteString(head + "params: {gamma: {logspace: [-9, -1, 65536]}}\nvariants:\n")
	for i := 0; variants.Len() < 400<<10; i++ {
		fmt.Fprintf(&variants, "  v%d: {params: {sigma: {logspace: [-%d, 1, 65536]}}}\n", i, i%300+1)
	}
	unknown.WriteString(head + "params:\n")
	for i := 0; unknown.Len() < 200<<10; i++ {
		fmt.Fprintf(&unknown, "  p%d: 1\n", i)
	}
	unknown.WriteString("variants:\n")
	for i := 0; unknown.Len() < 400<<10; i++ {
		fmt.Fprintf(&unknown, "  v%d: {params: {q: 1}}\n", i)
	}
	var shared strings.Builder
	shared.WriteString(head + "params:\n  sigma: [0")
	for i := range 20_000 {
		fmt.Fprintf(&shared, ", %d.5", i)
	}
	shared.WriteString("]\nvariants:\n")
	for i := 0; shared.Len() < 400<<10; i++ {
		fmt.Fprintf(&shared, "  v%d: {seed: %d}\n", i, i)
	}
	for name, text := range map[string]string{
		"shared":    shared.String(),
		"laughs":    laughs.String(),
		"deep":      head + "params: {n: " + repeat("[", 500_000),
		"deep maps": head + "params: {n: " + repeat("{a: ", 9_000) + repeat("}", 9_000) + "}",
		"digits":    head + "params: {n: " + repeat("9", 900_000) + "}",
		"fraction":  head + "params: {current: 1e400/1e-400}",
		"tiny step": head + "params: {current: {range: [0, 1e300, 1e-300]}}",
		"exponents": head + "params: {current: {logspace: [-1e300, 1e-300, 1e18]}}",
		"errors":    head + "params: {gamma: [" + repeat("x, ", 100_000) + "x]}",
		"numbers":   head + "params: {gamma: [" + repeat("1, ", 100_000) + "1]}",
		"variants":  variants.String(),
		"unknown":   unknown.String(),
		"large":     head + repeat("# comment\n", 200_000),
		"comments":  head + repeat("# c\n", 200_000),
		"name":      repeat("a", 900_000) + ": 1\n" + head,
		"dots":      head,
	} {
		start := time.Now()
		_, err := Parse("x.yaml", []byte(text), Options{Models: twins, Set: []string{"gamma=" + repeat("[", 20_000), repeat("a.", 100_000) + "=1"}})
		took := time.Since(start)
		if err == nil {
			t.Errorf("%s is read", name)
			continue
		}
		message := err.Error()
		t.Logf("%-9s %8v %d bytes of message", name, took.Round(time.Millisecond), len(message))
		if took > 20*time.Second || len(message) > 200_000 {
			t.Errorf("%s takes %v and gives %d bytes of message", name, took, len(message))
		}
	}
}
