package logistic

import (
	"testing"

	"github.com/neurosweep/sweep/pkg/models"
)

// A trial begins with the state that the one before it left, so that two half
// orbits are one whole orbit.
func TestCarry(t *testing.T) {
	p := &models.Point{}
	for _, param := range Model.Params {
		v := param.Decl().Default
		switch param {
		case r:
			v = models.FloatValue(3.9)
		case transient, steps:
			v = models.IntValue(0)
		case longest:
			v = models.IntValue(1)
		}
		p.Values = append(p.Values, v)
		p.Index = append(p.Index, 0)
	}
	tr := models.NewSetting(Model, 1, nil).NewTrial()
	tr.Start(p)
	if err := Model.Execute(ctx, tr); err != nil {
		t.Fatal(err)
	}
	first, last := tr.Slots[0].Series, tr.After[0]
	// The search for a period of 1 takes 65 steps after the orbit.
	m := &walker{Map: Map{3.9}}
	if want := m.fill(make([]float64, 65), first[len(first)-1]); want != last {
		t.Errorf("left %v, want %v", last, want)
	}
	before := last
	tr.Start(p)
	tr.Before = []float64{before}
	if err := Model.Execute(ctx, tr); err != nil {
		t.Fatal(err)
	}
	if got, want := tr.Slots[0].Series[0], m.fill(make([]float64, 1), before); got != want {
		t.Errorf("went on at %v, want %v", got, want)
	}
}
