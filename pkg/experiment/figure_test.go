package experiment

import (
	"slices"
	"strings"
	"testing"

	"github.com/neurosweep/sweep/pkg/models"
)

const capacity = `about: a
model: hopfield
replicates: 3
params: {n: [64, 128], alpha: [0.1, 0.2]}
derive: {memories: alpha * n}
`

func capacityWith(t *testing.T, figures string) *Spec {
	t.Helper()
	s, err := Parse("x.yaml", []byte(capacity+figures), Options{Models: twins})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Figures change neither points nor identities.
func TestFiguresChangeNoPlan(t *testing.T) {
	bare := capacityWith(t, "")
	if bare.Figures != nil {
		t.Errorf("figures %v from nowhere", bare.Figures)
	}
	if none := capacityWith(t, "figures: []\n"); none.Figures == nil || len(none.Figures) != 0 {
		t.Errorf("figures: [] gives %v", none.Figures)
	}
	drawn := capacityWith(t, "figures:\n  - {kind: line, x: alpha, y: overlap}\n  - {kind: line, x: memories, y: overlap}\n")
	if drawn.Plan().Hash() != bare.Plan().Hash() {
		t.Error("a figure changes the plan")
	}
	if f := drawn.Figures; len(f) != 2 || f[0].File != "line-overlap" || f[1].File != "line-overlap-2" {
		t.Errorf("figures %+v", f)
	}
	if again := capacityWith(t, strings.TrimPrefix(string(drawn.Resolved()), capacity)); len(again.Figures) != 2 {
		t.Errorf("figures are lost in\n%s", drawn.Resolved())
	}
}

func TestFormulas(t *testing.T) {
	s := capacityWith(t, "")
	for _, test := range []struct {
		text    string
		kind    models.Kind
		columns string
		series  string
		parts   string // func(of|where) of each aggregate
		name    string
	}{
		{"alpha", models.FloatKind, "alpha", "", "", "alpha"},
		{" n ", models.IntKind, "n", "", "", "n"},
		{"log10(memories) * n", models.FloatKind, "memories n", "", "", ""},
		{"overlaps", models.FloatKind, "overlaps", "overlaps", "", "overlaps"},
		{"1 - overlaps", models.FloatKind, "overlaps", "overlaps", "", ""},
		{"update == sync", models.FlagKind, "update", "", "", ""},
		{`update in [sync, "async"]`, models.FlagKind, "update", "", "", ""},
		{"mean(log10(overlap))", models.FloatKind, "overlap", "", "mean(log10(overlap))", ""},
		{"std(overlap) / mean(overlap)", models.FloatKind, "overlap", "", "std(overlap) mean(overlap)", ""},
		{"median(overlap | update == sync || success)", models.FloatKind, "overlap update success", "", "median(overlap|update == sync || success)", ""},
		{"quantile(max(overlap, 0.5), 0.9 | success)", models.FloatKind, "overlap success", "", "quantile(max(overlap, 0.5)|success)", ""},
		{"max(overlap)", models.FloatKind, "overlap", "", "max(overlap)", ""},
		{"max(overlap, alpha)", models.FloatKind, "overlap alpha", "", "", ""},
		{"count()", models.FloatKind, "", "", "count()", ""},
		{"count( | success)", models.FloatKind, "success", "", "count(|success)", ""},
		{"fraction(overlap > 0.8)", models.FloatKind, "overlap", "", "fraction(overlap > 0.8)", ""},
	} {
		f, err := s.Formula(test.text)
		if err != nil {
			t.Errorf("%s: %v", test.text, err)
			continue
		}
		var parts []string
		for _, a := range f.Aggregates {
			text := a.Func + "("
			if a.Of != nil {
				text += a.Of.Text
			}
			if a.Where != nil {
				text += "|" + a.Where.Text
			}
			parts = append(parts, text+")")
		}
		got := []any{f.Kind(), strings.Join(f.Columns(), " "), strings.Join(f.Series(), " "), strings.Join(parts, " "), f.Name()}
		if want := []any{test.kind, test.columns, test.series, test.parts, test.name}; !slices.Equal(got, want) {
			t.Errorf("%s: got %q, not %q", test.text, got, want)
		}
	}
}

func TestEvaluator(t *testing.T) {
	s := capacityWith(t, "")
	f, err := s.Formula("update == sync ? overlap ** 2 : float(n)")
	if err != nil {
		t.Fatal(err)
	}
	e := f.Evaluator()
	e.Set("overlap", 0.5)
	e.Set("n", 64)
	for update, want := range map[string]any{"sync": 0.25, "async": 64.0} {
		e.Set("update", update)
		if got, err := e.Eval(); got != want || err != nil {
			t.Errorf("%s: %v, %v", update, got, err)
		}
	}
	if f, err = s.Formula("1 - std(overlap) / mean(overlap)"); err != nil {
		t.Fatal(err)
	}
	if got, err := f.Evaluator().Of([]float64{1, 4}); got != 0.75 || err != nil {
		t.Errorf("%v, %v", got, err)
	}
}

// A variant may have other figures.
func TestFiguresOfVariant(t *testing.T) {
	text := capacity + "figures:\n  - {kind: line, x: alpha, y: overlap}\nvariants:\n  plane:\n    figures:\n      - {kind: heatmap, x: alpha, y: n, z: overlap}\n"
	for variant, kind := range map[string]string{"": "line", "plane": "heatmap"} {
		s, err := Parse("x.yaml", []byte(text), Options{Models: twins, Variant: variant})
		if err != nil {
			t.Fatal(err)
		}
		if len(s.Figures) != 1 || s.Figures[0].Kind != kind {
			t.Errorf("%q: %+v", variant, s.Figures)
		}
	}
}
