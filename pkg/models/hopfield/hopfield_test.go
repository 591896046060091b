package hopfield

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/neurosweep/sweep/pkg/models"
)

type values map[models.Param]models.Value

// execute runs the model at its defaults with other values in their places.
func execute(t *testing.T, given values) (map[models.Output]models.Slot, error) {
	t.Helper()
	p := &models.Point{}
	for _, param := range Model.Params {
		v, ok := given[param]
		if !ok {
			v = param.Decl().Default
		}
		if err := param.Decl().Check(v); err != nil {
			t.Fatalf("%s %v", param.Decl().Name, err)
		}
		p.Values = append(p.Values, v)
		p.Index = append(p.Index, 0)
	}
	tr := models.NewSetting(Model, 1, nil).NewTrial()
	tr.Start(p)
	err := Model.Execute(context.Background(), tr)
	put := make(map[models.Output]models.Slot)
	for i, o := range Model.Outputs {
		put[o] = tr.Slots[i]
	}
	return put, err
}

func float(s models.Slot) float64 { return s.Float() }

// TestOutputs follows every parameter to what it does.
func TestOutputs(t *testing.T) {
	whole, flagged := models.IntValue, models.FlagValue
	small := func(more values) values {
		v := values{n: whole(150), patterns: whole(30), trials: whole(8)}
		for p, x := range more {
			v[p] = x
		}
		return v
	}
	run := func(given values) map[models.Output]models.Slot {
		put, err := execute(t, given)
		if err != nil {
			t.Fatalf("%v: %v", given, err)
		}
		return put
	}
	base := run(small(nil))
	if p := base[stored].Bits; p != 30 {
		t.Errorf("%d patterns are stored, want 30", p)
	}
	if m := base[overlaps].Series; len(m) != 8 {
		t.Errorf("%d tries, want 8", len(m))
	}
	if c := base[cycleLength]; c.State != models.Set || c.Bits != 1 {
		t.Errorf("the cycle length is %+v, want 1", c)
	}
	if m, e := float(base[overlap]), float(base[errorFraction]); m <= 0.3 || m >= 1 || math.Abs(e-(1-m)/2) > 1e-15 {
		t.Errorf("overlap %v, errors %v", m, e)
	}

	byLoad := small(values{alpha: models.FloatValue(0.2)})
	delete(byLoad, patterns)
	if m := run(byLoad)[overlaps].Series; !slices.Equal(m, base[overlaps].Series) {
		t.Errorf("alpha = 0.2 of 150 gives %v, 30 patterns give %v", m, base[overlaps].Series)
	}
	if m := run(small(values{trials: whole(20)}))[overlaps].Series; !slices.Equal(m[:8], base[overlaps].Series) {
		t.Errorf("the first of 20 tries give %v, 8 tries %v", m[:8], base[overlaps].Series)
	}
	if m := run(small(values{patterns: whole(3)}))[overlaps].Series; !slices.Equal(m, []float64{1, 1, 1}) {
		t.Errorf("three patterns give %v", m)
	}
	if put := run(small(values{diagonal: flagged(true), patterns: whole(500)})); float(put[overlap]) < 0.9 {
		t.Errorf("far above capacity the kept diagonal gives an overlap of %v", float(put[overlap]))
	}
	if put := run(small(values{start: models.FloatValue(0.1)})); float(put[overlap]) > 0.6 || float(put[sweeps]) <= 1 {
		t.Errorf("from overlap 0.1 the result is %v after %v sweeps", float(put[overlap]), float(put[sweeps]))
	}
	if put := run(small(values{update: models.TextValue("sync"), patterns: whole(60)})); put[cycleLength].Bits != 2 {
		t.Errorf("sync far above capacity gives a cycle of %d", put[cycleLength].Bits)
	}
	if put := run(small(values{temperature: models.FloatValue(50), maxSweeps: whole(5)})); math.Abs(float(put[overlap])) > 0.3 || put[cycleLength].State != models.Null || float(put[sweeps]) != 5 {
		t.Errorf("at a high temperature the overlap is %v after %v sweeps, the cycle %+v", float(put[overlap]), float(put[sweeps]), put[cycleLength])
	}
	if put := run(small(values{maxSweeps: whole(1), patterns: whole(60)})); put[cycleLength].State != models.Null || float(put[sweeps]) != 1 {
		t.Errorf("one sweep gives a cycle of %+v after %v sweeps", put[cycleLength], float(put[sweeps]))
	}
}

func TestTooManyPatterns(t *testing.T) {
	_, err := execute(t, values{n: models.IntValue(100), alpha: models.FloatValue(1e6)})
	var f *models.Failure
	if !errors.As(err, &f) || f.Class != "error" || !strings.Contains(f.Message, "at most 65535") {
		t.Errorf("the error is %v", err)
	}
}

func TestDeclaration(t *testing.T) {
	var got []string
	for _, o := range Model.Outputs {
		got = append(got, o.Decl().Name)
	}
	want := strings.Fields("overlap success_fraction sweeps energy cycle_length error_fraction overlaps stored")
	if !slices.Equal(got, want) {
		t.Errorf("the outputs are %v, want %v", got, want)
	}
}
