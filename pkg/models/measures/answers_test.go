package measures_test

import (
	"context"
	"math"
	"slices"
	"testing"

	"github.com/neurosweep/sweep/pkg/models"
	"github.com/neurosweep/sweep/pkg/models/all"
)

// values are parameters by name.
type values map[string]any

// measured runs a model that is asked for the measures, and returns an output by
// name.
func measured(t *testing.T, model string, asked []string, given values) func(output string) models.Slot {
	t.Helper()
	m := all.Find(model)
	var list []*models.Measure
	for _, name := range asked {
		list = append(list, m.Offered(name))
	}
	m = m.Asking(list...)
	trial := models.NewSetting(m, 1, nil).NewTrial()
	trial.Start(point(m, given))
	if err := m.Execute(context.Background(), trial); err != nil {
		t.Fatalf("%s, asked for %v: %v", model, asked, err)
	}
	return func(output string) models.Slot {
		for i, o := range m.Outputs {
			if o.Decl().Name == output {
				return trial.Slots[i]
			}
		}
		t.Fatalf("%s, asked for %v, has no output %s", model, asked, output)
		panic("unreachable")
	}
}

// point is the model's defaults but for what is given.
func point(m *models.Model, given values) *models.Point {
	p := &models.Point{Index: make([]int64, len(m.Params))}
	for _, param := range m.Params {
		v := param.Decl().Default
		switch x := given[param.Decl().Name].(type) {
		case float64:
			v = models.FloatValue(x)
		case int:
			v = models.IntValue(int64(x))
		case string:
			v = models.TextValue(x)
		}
		p.Values = append(p.Values, v)
	}
	return p
}

// Known answers of what models are asked for; see docs/known-answers.md and the
// models' docs for the sources. Tolerances of what is random are at least four
// standard errors.
func TestKnownAnswers(t *testing.T) {
	for _, c := range []struct {
		model, measure string
		given          values
		output         string
		want, within   float64
	}{
		{"logistic", "lyapunov", values{"r": 4., "steps": 1_000_000}, "lyapunov", math.Ln2, 2e-3},
		{"logistic", "lyapunov_two", values{"r": 4., "steps": 200_000}, "lyapunov_two", math.Ln2, 1e-2},
		{"logistic", "zero_one", values{"r": 4.}, "zero_one", 1, 0.05},
		{"logistic", "zero_one", values{"r": 3.5}, "zero_one", 0, 0.05},
		{"logistic", "permutation", values{"r": 4., "order": 3}, "forbidden", 1, 0}, // no three values fall at r = 4 (Amigó 2010)
		{"logistic", "autocorrelation", values{"r": 4., "sample": 100_000}, "autocorrelation_time", 1, 0.08},
		{"logistic", "distinct", values{"r": 3.83}, "distinct", 3, 0},
		{"logistic", "period", values{"r": 3.83}, "period", 3, 0},
		{"logistic", "escape", values{"r": 5., "x0": 0.5}, "escape", 4, 0}, // 1.25, -1.56, -20, -2104
		{"ricker", "period", values{"r": 2.2}, "period", 2, 0},
		{"neuron", "lyapunov", values{"response": "quadratic", "w": 1., "b": -2., "start": 0.1, "exponent": 100_000, "transient": 1000}, "lyapunov", math.Ln2, 4e-3},
		{"quadratic", "lyapunov", values{"re": -2., "im": 0., "limit": 10}, "lyapunov", math.Log(4), 1e-9}, // 0, -2, 2, 2, ...
		{"henon", "lyapunov_two", nil, "lyapunov_two", 0.4192, 0.01},
		{"henon", "correlation", values{"sample": 5000}, "correlation_dimension", 1.2, 0.1},
		{"lorenz", "lyapunov_two", values{"time": 1000.}, "lyapunov_two", 0.9056, 0.06},
		{"lorenz", "zero_one", values{"interval": 0.5}, "zero_one", 1, 0.1},
		{"lorenz", "correlation", values{"sample": 5000, "interval": 0.1}, "correlation_dimension", 2.05, 0.2},
		{"gcm", "lyapunov", values{"n": 10, "eps": 0.6}, "lyapunov", math.Ln2, 0.02}, // all units agree at r = 4
	} {
		s := measured(t, c.model, []string{c.measure}, c.given)(c.output)
		got := s.Float()
		if o := all.Find(c.model).Offered(c.measure); o.Outputs[0].Decl().Kind == models.IntegerKind || c.output == "forbidden" {
			got = float64(int64(s.Bits))
		}
		if s.State != models.Set || !(math.Abs(got-c.want) <= c.within) {
			t.Errorf("%s %v: %s is %v, want %v within %g", c.model, c.given, c.output, got, c.want, c.within)
		}
	}

	get := measured(t, "henon", []string{"lyapunov", "fixed_point"}, nil)
	l := get("lyapunov").Series
	if len(l) != 2 || math.Abs(l[0]+l[1]-math.Log(0.3)) > 1e-9 || math.Abs(l[0]-0.4192) > 0.01 {
		t.Errorf("exponents %v; their sum is ln 0.3", l)
	}
	s := get("dimension")
	if d := s.Float(); math.Abs(d-1.258) > 0.01 {
		t.Errorf("dimension %v", d)
	}
	x, re := get("fixed_point").Series, get("multipliers_re").Series
	if math.Abs(1.4*x[0]*x[0]+0.7*x[0]-1) > 1e-12 || math.Abs(x[1]-0.3*x[0]) > 1e-12 || get("stability").Text != "saddle" || math.Abs(re[0]*re[1]+0.3) > 1e-12 {
		t.Errorf("%v, %s, multipliers %v; want a zero of a x² + (1-b) x - 1, a saddle with the product -0.3", x, get("stability").Text, re)
	}
	get = measured(t, "henon", []string{"lyapunov"}, values{"k": 1})
	if one := get("lyapunov").Series; len(one) != 1 || one[0] != l[0] || get("dimension").State != models.Null {
		t.Errorf("the largest exponent alone is %v, beside the other %v", one, l)
	}

	// At rho = 10 the flow of Lorenz comes to rest at C±.
	get = measured(t, "lorenz", []string{"section", "fixed_point", "maxima"}, values{"rho": 10.})
	x = get("fixed_point").Series
	if q := math.Sqrt(8. / 3 * 9); math.Abs(math.Abs(x[0])-q) > 1e-9 || x[0] != x[1] || math.Abs(x[2]-9) > 1e-9 || get("stability").Text != "stable" || get("ending").Text != "converged" {
		t.Errorf("at rest at %v, %s; want ±%v and 9", x, get("stability").Text, q)
	}
	if n := len(get("section").Series); n != 0 {
		t.Errorf("%d crossings of an orbit at rest", n)
	}
	// At rho = 28 orbits go up through z = 27 where x y > beta z = 72.
	get = measured(t, "lorenz", []string{"section"}, nil)
	points := get("section").Series
	for _, x := range points {
		if math.Abs(x) < 4 || math.Abs(x) > 20 {
			t.Errorf("a crossing at x = %v", x)
		}
	}
	if len(points) != 100 {
		t.Errorf("%d crossings", len(points))
	}
}

// Asking for everything changes no bit of what is measured where a spec does not
// say what.
func TestOrder(t *testing.T) {
	// What is kept and what is counted is one stretch of the orbit.
	both, alone := measured(t, "logistic", []string{"orbit", "distinct", "lyapunov"}, nil), measured(t, "logistic", []string{"orbit", "lyapunov"}, nil)
	if both("lyapunov").Bits != alone("lyapunov").Bits {
		t.Error("counting the values of the orbit moves it on")
	}
	for _, m := range all.Models {
		var few, many []string
		for _, x := range m.Measures {
			many = append(many, x.Name)
			if m.Asks(x) {
				few = append(few, x.Name)
			}
		}
		if len(few) == len(many) {
			continue
		}
		before, after := measured(t, m.Name, few, nil), measured(t, m.Name, many, nil)
		for _, o := range m.Outputs {
			a, b := before(o.Decl().Name), after(o.Decl().Name)
			if a.State != b.State || a.Bits != b.Bits || a.Text != b.Text || !slices.Equal(bits(a.Series), bits(b.Series)) {
				t.Errorf("%s: %s is %v, and %v if everything is asked for", m.Name, o.Decl().Name, a, b)
			}
		}
	}
}

func bits(xs []float64) (list []uint64) {
	for _, x := range xs {
		list = append(list, math.Float64bits(x))
	}
	return list
}

// An orbit that diverges has no values, and hands its start on.
func TestDiverged(t *testing.T) {
	for _, c := range []struct {
		model string
		given values
	}{{"logistic", values{"r": 4.5}}, {"henon", values{"a": 2.}}, {"lorenz", values{"dt": 0.1, "rho": 900.}}} {
		m := all.Find(c.model)
		var names []string
		for _, x := range m.Measures {
			if x.Name != "escape" {
				names = append(names, x.Name)
			}
		}
		get := measured(t, c.model, names, c.given)
		if e := get("ending").Text; e != "diverged" {
			t.Errorf("%s ended %s", c.model, e)
		}
		for _, name := range names {
			for _, o := range m.Offered(name).Outputs {
				if get(o.Decl().Name).State != models.Null {
					t.Errorf("%s: a value for %s of an orbit that diverged", c.model, o.Decl().Name)
				}
			}
		}
	}
}
