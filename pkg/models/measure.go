package models

import "slices"

// Measure is something that a spec may ask for: parameters and outputs that there
// are if it is asked for. One that is not costs nothing and has no column.
// Measures of a model may share parameters.
type Measure struct {
	Name    string
	Doc     string // one sentence, without its full stop
	Params  []Param
	Outputs []Output
	Streams []*Stream
}

// Param is the parameter of that name, or nil.
func (x *Measure) Param(name string) Param {
	for _, p := range x.Params {
		if p.Decl().Name == name {
			return p
		}
	}
	return nil
}

// Asking is the model with the measures that are asked for, in place of those
// asked for before: what they add stands behind the model's own parameters,
// outputs and streams, in the order in which the model lists its measures, so
// that it says nothing in which order they are asked for. It panics on a measure
// of another model.
func (m *Model) Asking(asked ...*Measure) *Model {
	bare := m
	if m.bare != nil {
		bare = m.bare
	}
	for _, x := range asked {
		if !slices.Contains(bare.Measures, x) {
			panic("models: measure " + x.Name + " is not offered by model " + m.Name)
		}
	}
	d := *bare
	d.bare, d.asked = bare, nil
	d.Params, d.Outputs, d.Streams = slices.Clone(bare.Params), slices.Clone(bare.Outputs), slices.Clone(bare.Streams)
	for _, x := range bare.Measures {
		if !slices.Contains(asked, x) {
			continue
		}
		d.asked = append(d.asked, x)
		for _, p := range x.Params {
			if d.param(p.Decl()) < 0 {
				d.Params = append(d.Params, p)
			}
		}
		d.Outputs = append(d.Outputs, x.Outputs...)
		for _, s := range x.Streams {
			if !slices.Contains(d.Streams, s) {
				d.Streams = append(d.Streams, s)
			}
		}
	}
	d.Size = nil
	for _, p := range bare.Size {
		if d.param(p.Decl()) >= 0 {
			d.Size = append(d.Size, p)
		}
	}
	return &d
}

// Asked are the measures that are asked for, in the model's order.
func (m *Model) Asked() []*Measure { return m.asked }

// Asks reports whether the measure is asked for.
func (m *Model) Asks(x *Measure) bool { return slices.Contains(m.asked, x) }

// Offered is the measure of that name, or nil if the model offers none.
func (m *Model) Offered(name string) *Measure {
	for _, x := range m.Measures {
		if x.Name == name {
			return x
		}
	}
	return nil
}
