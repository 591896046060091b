package experiment

import "slices"

// Grid is the shape of a plan that is a product of axes: the points are all
// combinations, the last dimension changing fastest, and inside it replicates,
// or replicates and then directions where there is a carry; the carried axis,
// the last dimension, then changes inside these.
type Grid struct {
	Dims []Dimension
	// Params are, by parameter, the dimensions that its value depends on: none
	// for a constant, one for an axis or a member of a zip.
	Params [][]int
	// Derived are the same for the derived columns that the spec has. The
	// direction of a carry is not among them.
	Derived [][]int
}

// Dimension is one direction of a grid.
type Dimension struct {
	// Param is the parameter whose axis it is; of a zip the first. Point.Index
	// of it is the place along the dimension.
	Param int
	Len   int64
}

// Grid is the plan's shape. There is none if the plan is not a product: where
// points were left out or united, are spread by a design, or where an axis
// depends on another.
func (p *Plan) Grid() (*Grid, bool) {
	g := p.grids[0]
	if len(p.grids) > 1 || g.kept != nil {
		return nil, false
	}
	shape := &Grid{Params: make([][]int, len(g.constants))}
	for i := range g.factors {
		f := &g.factors[i]
		lead := slices.IndexFunc(f.members, func(m member) bool { return m.axis.Len == f.len && m.inOrder() })
		if lead < 0 {
			return nil, false
		}
		shape.Dims = append(shape.Dims, Dimension{f.members[lead].param, f.len})
		for _, m := range f.members {
			shape.Params[m.param] = []int{i}
		}
	}
	for _, t := range g.lookups {
		shape.Params[t.param] = t.factors
	}
	for _, t := range g.columns {
		shape.Derived = append(shape.Derived, t.factors)
	}
	return shape, true
}

// inOrder reports whether the rows go along the axis one by one.
func (m *member) inOrder() bool {
	for i, at := range m.places {
		if int(at) != i {
			return false
		}
	}
	return true
}

// Directions are the ways in which a carried axis is gone, "up" and "down" in the
// order of the plan; none if the spec carries no state.
func (p *Plan) Directions() []string {
	switch {
	case p.carry == nil:
		return nil
	case p.carry.both:
		return []string{"up", "down"}
	case p.carry.down:
		return []string{"down"}
	}
	return []string{"up"}
}
