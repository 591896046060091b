package models_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/neurosweep/sweep/pkg/models"
)

// A model of which can be asked: two measures share a setting.
var (
	keep   = models.Int("keep", 3, "values kept").AtLeast(1)
	depth  = models.Int("depth", 2, "how deep").AtLeast(1)
	draws  = models.NewStream("draws")
	orbit  = &models.Measure{Name: "orbit", Doc: "an orbit", Params: []models.Param{keep}, Outputs: []models.Output{models.Series("orbit", "", "values")}}
	values = &models.Measure{Name: "values", Doc: "how many", Params: []models.Param{keep}, Outputs: []models.Output{models.Integer("values", "", "how many")}}
	chaos  = &models.Measure{Name: "chaos", Doc: "a test", Params: []models.Param{depth, keep}, Outputs: []models.Output{models.Scalar("chaos", "", "a number")}, Streams: []*models.Stream{draws}}
)

func asking() *models.Model {
	m := good()
	m.Measures = []*models.Measure{orbit, values, chaos}
	m.Size = []models.Param{n, depth}
	m.Run = func(context.Context, *models.Trial) error { return nil }
	return m.Asking(orbit)
}

func columns(m *models.Model) (list []string) {
	for _, p := range m.Params {
		list = append(list, p.Decl().Name)
	}
	for _, o := range m.Outputs {
		list = append(list, o.Decl().Name)
	}
	for _, s := range m.Streams {
		list = append(list, s.Name)
	}
	return list
}

func TestAsking(t *testing.T) {
	m := asking()
	if err := m.Validate(); err != nil {
		t.Fatal(err)
	}
	bare := columns(good())
	at := len(good().Params)
	for _, c := range []struct {
		asked []*models.Measure
		want  []string
		size  int
	}{
		{nil, bare, 1},
		{[]*models.Measure{values, orbit}, []string{"n", "g", "how", "on", "alpha", "count", "keep", "mean", "class", "orbit", "values", "weights", "noise"}, 1},
		{[]*models.Measure{chaos, values}, []string{"n", "g", "how", "on", "alpha", "count", "keep", "depth", "mean", "class", "values", "chaos", "weights", "noise", "draws"}, 2},
	} {
		d := m.Asking(c.asked...)
		if got := columns(d); !slices.Equal(got, c.want) || len(d.Size) != c.size {
			t.Errorf("%d asked: %v, want %v; size %v", len(c.asked), got, c.want, d.Size)
		}
		// Asked again it is what it was.
		if got := columns(d.Asking(orbit)); !slices.Equal(got, columns(m)) || got[at] != "keep" {
			t.Errorf("%v, want %v", got, columns(m))
		}
	}
	// What is asked for is part of the identity, in which order is not.
	print := func(asked ...*models.Measure) [32]byte {
		return models.NewSetting(m.Asking(asked...), 1, nil).Fingerprint()
	}
	if print(orbit, values) != print(values, orbit) {
		t.Error("the order in which measures are asked for is part of the identity")
	}
	if print(orbit) == print(values) || print(orbit) == print(orbit, values) {
		t.Error("measures with the same parameters are one point")
	}
	if print(orbit) != models.NewSetting(m, 1, nil).Fingerprint() {
		t.Error("asking for what is asked for anyway is another point")
	}
}

func TestValidateMeasures(t *testing.T) {
	for name, c := range map[string]struct {
		bad  models.Measure
		want string
	}{
		"name":    {models.Measure{Name: "Chaos", Doc: "a test", Outputs: []models.Output{models.Scalar("z", "", "a number")}}, "must match"},
		"twice":   {models.Measure{Name: "orbit", Doc: "a test", Outputs: []models.Output{models.Scalar("z", "", "a number")}}, "used once"},
		"doc":     {models.Measure{Name: "z", Doc: "A test.", Outputs: []models.Output{models.Scalar("z", "", "a number")}}, "full stop"},
		"empty":   {models.Measure{Name: "z", Doc: "a test"}, "no output"},
		"column":  {models.Measure{Name: "z", Doc: "a test", Outputs: []models.Output{models.Scalar("keep", "", "a number")}}, "twice"},
		"another": {models.Measure{Name: "z", Doc: "a test", Params: []models.Param{models.Int("depth", 1, "another")}, Outputs: []models.Output{models.Scalar("z", "", "a number")}}, "twice"},
	} {
		m := good()
		m.Measures = []*models.Measure{orbit, chaos, &c.bad}
		if err := m.Asking(orbit).Validate(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
