package experiment

// Block is how the points of one grid of a plan come about.
type Block struct {
	// Axes are what the grid is the product of, the outermost first.
	Axes []Tied
	// Conditions are what was removed, in order.
	Conditions []Condition
	// Shared is how many trials were left out because an earlier block has them.
	Shared int64
	// Trials is how many there are.
	Trials int64
}

// Tied is one axis of a grid, or several parameters that change together.
type Tied struct {
	// Params are the places of the parameters in Model.Params.
	Params []int
	// Rows is how many different values, or combinations of values, there are.
	Rows int64
	// Merged is how many points of a design were equal to an earlier one.
	Merged int64
}

// Condition is a condition of where.
type Condition struct {
	Text string
	// Removed is how many trials it removed of those that the conditions before
	// it had left.
	Removed int64
}

// Blocks says how the points come about: of each block, or of the one grid.
func (p *Plan) Blocks() []Block {
	var blocks []Block
	for b, g := range p.grids {
		block := Block{Shared: g.shared * p.inner, Trials: p.first[b+1] - p.first[b]}
		for _, f := range g.factors {
			t := Tied{Rows: f.len, Merged: f.merged}
			for _, m := range f.members {
				t.Params = append(t.Params, m.param)
			}
			block.Axes = append(block.Axes, t)
		}
		for _, c := range g.cuts {
			block.Conditions = append(block.Conditions, Condition{c.condition, saturate(c.removed, p.inner)})
		}
		blocks = append(blocks, block)
	}
	return blocks
}

// Order is the order in which trials are handed out.
func (p *Plan) Order() Order { return p.order }

// Carried is the place of the parameter along which the state is handed on, or
// -1.
func (p *Plan) Carried() int {
	if p.carry == nil {
		return -1
	}
	return p.carry.param
}
