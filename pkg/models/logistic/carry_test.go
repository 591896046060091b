package logistic

import (
	"testing"

	"github.com/neurosweep/sweep/pkg/models"
)

// A trial begins with the state that the one before it left, so that two half
// orbits are one whole orbit.
func TestCarry(t *testing.T) {
	m := Model.Asking(on.Orbit, on.Period)
	p := &models.Point{}
	for _, param := range m.Params {
		v := param.Decl().Default
		switch param {
		case r:
			v = models.FloatValue(3.9)
		case on.Transient:
			v = models.IntValue(0)
		case on.Longest:
			v = models.IntValue(1)
		}
		p.Values = append(p.Values, v)
		p.Index = append(p.Index, 0)
	}
	tr := models.NewSetting(m, 1, nil).NewTrial()
	tr.Start(p)
	if err := m.Execute(ctx, tr); err != nil {
		t.Fatal(err)
	}
	orbit := len(m.Outputs) - 2 // in front of the period
	first, last := tr.Slots[orbit].Series, tr.After[0]
	// The search for a period of 1 takes 65 steps after the orbit.
	w := &walker{Map: Map{3.9}}
	if want := w.fill(make([]float64, 65), first[len(first)-1]); want != last {
		t.Errorf("left %v, want %v", last, want)
	}
	before := last
	tr.Start(p)
	tr.Before = []float64{before}
	if err := m.Execute(ctx, tr); err != nil {
		t.Fatal(err)
	}
	if got, want := tr.Slots[orbit].Series[0], w.fill(make([]float64, 1), before); got != want {
		t.Errorf("went on at %v, want %v", got, want)
	}
}
