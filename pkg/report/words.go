package report

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/neurosweep/sweep/pkg/experiment"
	"github.com/neurosweep/sweep/pkg/models"
)

// greek are the names of parameters that print writes as a letter.
var greek = map[string]string{
	"alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "eps": "ε", "eta": "η", "theta": "θ", "kappa": "κ",
	"lambda": "λ", "mu": "μ", "nu": "ν", "xi": "ξ", "rho": "ρ", "sigma": "σ", "tau": "τ", "phi": "φ", "chi": "χ", "psi": "ψ", "omega": "ω",
	"theta1": "θ_{1}", "theta2": "θ_{2}",
}

var (
	wordsOf   = regexp.MustCompile(`[A-Za-z_][A-Za-z0-9_]*`)
	powerOf   = regexp.MustCompile(`\s*(?:\*\*|\^)\s*(\([^()]*\)|[A-Za-z0-9.]+)`)
	timesSign = regexp.MustCompile(`\s*\*\s*`)
)

// pretty is a formula as print writes it.
func pretty(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	text = powerOf.ReplaceAllStringFunc(text, func(m string) string {
		e := strings.Trim(powerOf.FindStringSubmatch(m)[1], "()")
		return "^{" + e + "}"
	})
	text = timesSign.ReplaceAllString(text, " ")
	text = strings.ReplaceAll(text, "==", "=")
	text = strings.ReplaceAll(text, " - ", " − ")
	return wordsOf.ReplaceAllStringFunc(text, func(w string) string {
		switch {
		case greek[w] != "":
			return greek[w]
		case w == "log10" || w == "log2":
			return "log_{" + w[3:] + "}"
		case w == "log":
			return "ln"
		case w == "sqrt":
			return "√"
		}
		return strings.ReplaceAll(w, "_", " ")
	})
}

// withUnit is a label with the unit behind it.
func withUnit(text, unit string) string {
	if unit == "" {
		return text
	}
	return text + " (" + unit + ")"
}

// labeler writes labels of one figure.
type labeler struct {
	columns []experiment.Column
	figure  *experiment.Figure
}

func (l *labeler) column(name string) *experiment.Column {
	if i := slices.IndexFunc(l.columns, func(c experiment.Column) bool { return c.Name == name }); i >= 0 {
		return &l.columns[i]
	}
	return nil
}

// unit is a formula's, where it is that of its one column.
func (l *labeler) unit(f *experiment.Formula) string {
	if a := f.Whole(); a != nil && a.Of != nil && !slices.Contains([]string{"fraction", "count"}, a.Func) {
		f = a.Of
	}
	if c := l.column(f.Name()); c != nil {
		return c.Unit
	}
	return ""
}

// label is the text of an axis: the spec's, else the formula with its unit.
func (l *labeler) label(axis string, f *experiment.Formula) string {
	if text := l.figure.Label[axis]; text != "" {
		return text
	}
	if f == nil {
		return ""
	}
	return withUnit(describe(f), l.unit(f))
}

// describe says a formula in words.
func describe(f *experiment.Formula) string {
	a := f.Whole()
	if a == nil {
		return pretty(f.Text)
	}
	of := "trials"
	if a.Of != nil {
		of = pretty(a.Of.Text)
	}
	text := map[string]string{
		"se": "standard error of ", "std": "standard deviation of ", "count": "number of ", "min": "smallest ", "max": "largest ",
		"mean": "mean ", "median": "median ", "fraction": "fraction with ",
	}[a.Func]
	if a.Func == "quantile" {
		text = plainNumber(a.Level) + " quantile of "
	}
	if a.Func == "fraction" && a.Of.Name() != "" {
		text = "fraction of "
	}
	text += of
	if a.Where != nil {
		text += " where " + pretty(a.Where.Text)
	}
	return text
}

// define says of each column of the formulas what it is, as it is declared.
func (l *labeler) define(formulas ...*experiment.Formula) string {
	var parts []string
	seen := make(map[string]bool)
	for _, f := range formulas {
		if f == nil {
			continue
		}
		for _, name := range f.Columns() {
			if c := l.column(name); c != nil && !seen[name] && c.Doc != "" {
				seen[name] = true
				parts = append(parts, withUnit(pretty(name), c.Unit)+": "+c.Doc)
			}
		}
	}
	return strings.Join(parts, "; ")
}

// valueOf is the title of a panel or the name of a curve.
func valueOf(label string, kind models.Kind, v level) string {
	if kind == models.TextKind || label == "" {
		return v.text
	}
	return label + " = " + v.text
}

// both joins texts as a sentence does.
func both(list []string) string {
	if len(list) < 2 {
		return strings.Join(list, "")
	}
	return strings.Join(list[:len(list)-1], ", ") + " and " + list[len(list)-1]
}

// plural is a count with its noun.
func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
