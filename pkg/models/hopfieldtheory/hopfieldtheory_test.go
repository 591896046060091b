package hopfieldtheory

import (
	"math"
	"strings"
	"testing"

	"github.com/neurosweep/sweep/pkg/models"
)

// outputs are the numbers and labels that a trial puts; an output without value
// is left out.
func outputs(t *testing.T, values map[models.Param]models.Value) (numbers map[string]float64, label string) {
	t.Helper()
	p := models.Point{Index: make([]int64, len(Model.Params))}
	for _, param := range Model.Params {
		v, given := values[param]
		if !given {
			v = param.Decl().Default
		}
		p.Values = append(p.Values, v)
	}
	trial := models.NewSetting(Model, 1, nil).NewTrial()
	trial.Start(&p)
	if err := Model.Execute(t.Context(), trial); err != nil {
		t.Fatalf("%v: %v", values, err)
	}
	numbers = make(map[string]float64)
	for i, o := range Model.Outputs {
		d, s := o.Decl(), &trial.Slots[i]
		switch {
		case s.State != models.Set:
		case d.Kind == models.LabelKind:
			label = s.Text
		case d.Kind == models.SeriesKind:
			numbers[d.Name] = float64(len(s.Series))
		default:
			numbers[d.Name] = math.Float64frombits(s.Bits)
		}
	}
	return numbers, label
}

func at(load, temp float64) map[models.Param]models.Value {
	return map[models.Param]models.Value{alpha: models.FloatValue(load), temperature: models.FloatValue(temp)}
}

// TestPhases has a place in each phase, and near both sides of its boundaries.
func TestPhases(t *testing.T) {
	for _, c := range []struct {
		load, temp float64
		want       string
	}{
		{0, 0, retrievalGlobal},
		{0.0518, 0, retrievalGlobal},
		{0.0519, 0, retrievalMetastable},
		{0.1379, 0, retrievalMetastable},
		{0.1380, 0, spinGlass},
		{0.1380, 0.02, retrievalMetastable}, // where the line bends back
		{0.1225, 0.2, retrievalMetastable},
		{0.1226, 0.2, spinGlass},
		{0.05, 0.2, retrievalGlobal},
		{0.0280, 0.5, retrievalGlobal}, // by the free energy; by the energy up to higher loads
		{0.0282, 0.5, retrievalMetastable},
		{0, 1, paramagnet},
		{0.25, 1.4999, spinGlass},
		{0.25, 1.5, paramagnet},
		{10, 0, spinGlass},
		{10, 5, paramagnet},
	} {
		numbers, got := outputs(t, at(c.load, c.temp))
		if got != c.want {
			t.Errorf("α = %g, T = %g: %s, want %s", c.load, c.temp, got, c.want)
		}
		if _, there := numbers["overlap"]; there != strings.HasPrefix(c.want, "retrieval") {
			t.Errorf("α = %g, T = %g: %s and overlap %v", c.load, c.temp, got, there)
		}
		if (numbers["q_glass"] == 0) != (c.want == paramagnet) {
			t.Errorf("α = %g, T = %g: %s and q_glass = %v", c.load, c.temp, got, numbers["q_glass"])
		}
	}
}

// TestExtremes: whatever is put is a finite number.
func TestExtremes(t *testing.T) {
	for _, load := range []float64{0, 1e-300, 1e-12, 1e-6, 0.1, 10, 1e6} {
		for _, temp := range []float64{0, 1e-300, 1e-12, 1e-3, 0.5, 1 - 1e-6, 1 - 1e-12, 1, 1 + 1e-12, 2, 1e6} {
			values := at(load, temp)
			values[kappa] = models.FloatValue(1e6)
			values[mixture] = models.IntValue(99)
			numbers, _ := outputs(t, values)
			for name, x := range numbers {
				if math.IsNaN(x) || math.IsInf(x, 0) {
					t.Errorf("α = %g, T = %g: %s is %v", load, temp, name, x)
				}
			}
		}
	}
}

// TestNull: what does not exist at a place is not put there.
func TestNull(t *testing.T) {
	with := func(values map[models.Param]models.Value, p models.Param, v models.Value) map[models.Param]models.Value {
		values[p] = v
		return values
	}
	for _, c := range []struct {
		values map[models.Param]models.Value
		name   string
		there  bool
	}{
		{at(0.1, 0), "replicon", false},
		{at(0.1, 0.1), "replicon", true},
		{at(0.1, 0), "zeros", true},
		{at(0.1, 0.1), "zeros", false},
		{at(0.02, 0), "energy_mixture", true},
		{at(0.03, 0), "energy_mixture", false},
		{at(0.02, 0.1), "energy_mixture", false},
		{at(0.1, 1), "alpha_retrieval", false},
		{at(0.1, 0.9), "alpha_retrieval", true},
		{at(2, 0), "kappa_gardner", true},
		{at(2.01, 0), "kappa_gardner", false},
		{at(0.05, 0), "temperature_retrieval", false},
		{with(at(0.05, 0), lines, models.FlagValue(true)), "temperature_retrieval", true},
		{with(at(0.05, 0), lines, models.FlagValue(true)), "temperature_global", true},
		{with(at(0.06, 0), lines, models.FlagValue(true)), "temperature_global", false},
	} {
		numbers, _ := outputs(t, c.values)
		if _, there := numbers[c.name]; there != c.there {
			t.Errorf("%v: is there a %s? %v", c.values, c.name, there)
		}
	}
}
