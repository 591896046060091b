package experiment

import (
	"cmp"
	"slices"
	"sort"

	"github.com/neurosweep/sweep/pkg/models"
)

// Query says which points of a plan are meant: those of the replicate that have these
// values, by place of the parameter, and that are links of chains in this direction,
// where it is not 0.
type Query struct {
	Values    map[int]models.Value
	Replicate int64
	Direction int
}

// Find is the numbers of points that are meant, at most so many of them, ascending. It goes by
// how the plan is laid out, and so takes no longer for a plan of more points.
func (p *Plan) Find(q Query, most int) []int64 {
	if q.Replicate < 0 || q.Replicate >= p.replicates {
		return nil
	}
	var found []int64
	for b, g := range p.grids {
		g.search(q.Values, func(place int64) bool {
			found = append(found, p.trialsAt(b, place, q)...)
			return len(found) < most
		})
		if len(found) >= most {
			break
		}
	}
	slices.Sort(found)
	return found[:min(len(found), most)]
}

// trialsAt are the trials of a place of grid b, counted from 0 among those that the grid
// has, that a query means.
func (p *Plan) trialsAt(b int, place int64, q Query) (trials []int64) {
	c := p.carry
	switch {
	case c == nil && q.Direction != 0:
		return nil
	case c == nil:
		return []int64{p.first[b] + place*p.inner + q.Replicate}
	}
	outer, up := divide(place, c.links)
	for direction := range c.directions() {
		way, link := 1, up
		if c.down || direction == 1 {
			way, link = -1, c.links-1-up
		}
		if q.Direction == 0 || q.Direction == way {
			trials = append(trials, ((outer*p.replicates+q.Replicate)*c.directions()+direction)*c.links+link)
		}
	}
	return trials
}

// search visits the places of the grid, as [grid.length] counts them, whose points have
// the values, until visit says that it is enough.
func (g *grid) search(values map[int]models.Value, visit func(place int64) bool) {
	rows := make([][]int64, len(g.factors)) // that have the values; nil: all
	tabled := make([]int64, len(g.lookups)) // the place that a lookup must give, -1 for any
	for i := range tabled {
		tabled[i] = -1
	}
	for param, v := range values {
		f, m := g.memberOf(param)
		l := slices.IndexFunc(g.lookups, func(t tabulated) bool { return t.param == param })
		switch {
		case m != nil:
			if rows[f] = m.rowsOf(v, g.factors[f].len, rows[f]); len(rows[f]) == 0 {
				return
			}
		case l >= 0:
			if tabled[l] = g.lookups[l].axis.place(v); tabled[l] < 0 {
				return
			}
		case g.constants[param] != v:
			return
		}
	}
	at := make([]int64, len(g.factors))
	if g.kept != nil {
		for i, place := range g.kept {
			g.rows(int64(place), at)
			fits := !slices.ContainsFunc(g.factorList(), func(f int) bool { return rows[f] != nil && !has(rows[f], at[f]) })
			if fits && g.looked(tabled, at, nil) && !visit(int64(i)) {
				return
			}
		}
		return
	}
	// The factors that lookups hang on come first: once these fit, so does any row of
	// the others.
	order := g.factorList()
	known := make([]bool, len(order))
	asked := func(f int) bool {
		for i, t := range g.lookups {
			if tabled[i] >= 0 && slices.Contains(t.factors, f) {
				return true
			}
		}
		return false
	}
	slices.SortStableFunc(order, func(a, b int) int {
		rank := func(f int) int {
			if asked(f) {
				return 0
			}
			return 1
		}
		return cmp.Compare(rank(a), rank(b))
	})
	var walk func(depth int) bool
	walk = func(depth int) bool {
		if !g.looked(tabled, at, known) {
			return true
		}
		if depth == len(order) {
			place := int64(0)
			for f := range g.factors {
				place = place*g.factors[f].len + at[f]
			}
			return visit(place)
		}
		f := order[depth]
		known[f] = true
		defer func() { known[f] = false }()
		if rows[f] != nil {
			for _, at[f] = range rows[f] {
				if !walk(depth + 1) {
					return false
				}
			}
			return true
		}
		for at[f] = 0; at[f] < g.factors[f].len; at[f]++ {
			if !walk(depth + 1) {
				return false
			}
		}
		return true
	}
	walk(0)
}

// has reports whether an ascending list has the row.
func has(rows []int64, row int64) bool {
	_, ok := slices.BinarySearch(rows, row)
	return ok
}

// looked reports whether the lookups give the places that are asked for, as far as the
// rows of their factors are known; nil stands for all of them.
func (g *grid) looked(tabled, at []int64, known []bool) bool {
	for i := range g.lookups {
		t := &g.lookups[i]
		if tabled[i] < 0 || known != nil && slices.ContainsFunc(t.factors, func(f int) bool { return !known[f] }) {
			continue
		}
		if t.at(at) != tabled[i] {
			return false
		}
	}
	return true
}

// factorList is the numbers of the factors.
func (g *grid) factorList() []int {
	list := make([]int, len(g.factors))
	for f := range list {
		list[f] = f
	}
	return list
}

// memberOf is the factor that gives the parameter, and its member; nil if there is none.
func (g *grid) memberOf(param int) (int, *member) {
	for f := range g.factors {
		for m := range g.factors[f].members {
			if g.factors[f].members[m].param == param {
				return f, &g.factors[f].members[m]
			}
		}
	}
	return 0, nil
}

// rowsOf are, of the rows of a factor of that length or of those listed, those in which
// the member has the value.
func (m *member) rowsOf(v models.Value, length int64, of []int64) []int64 {
	rows := []int64{}
	place := m.axis.place(v)
	switch {
	case place < 0:
	case of != nil:
		for _, row := range of {
			if m.at(row) == place {
				rows = append(rows, row)
			}
		}
	case m.places == nil:
		rows = append(rows, place)
	default:
		for row, at := range m.places[:length] {
			if int64(at) == place {
				rows = append(rows, int64(row))
			}
		}
	}
	return rows
}

// place is where on the axis the value stands, -1 if nowhere.
func (a *Axis) place(v models.Value) int64 {
	if v.Kind() != a.kind {
		return -1
	}
	if a.list != nil {
		return int64(slices.Index(a.list, v))
	}
	if i := a.passes(v); i < a.Len && a.Value(i) == v {
		return i
	}
	return -1
}

// passes is the first place of an axis of numbers that a rule makes at which it has
// reached the value, going up or down as it does, or its length.
func (a *Axis) passes(v models.Value) int64 {
	sign := 1
	if a.Len > 1 && a.Value(0).Float() > a.Value(a.Len-1).Float() {
		sign = -1
	}
	return int64(sort.Search(int(a.Len), func(i int) bool { return sign*compareNumbers(a.Value(int64(i)), v) >= 0 }))
}

// Near is, of the values that a parameter has on its axes, or as a constant, the value
// itself, or those nearest to it: of numbers the next one below and the next above, as far
// as there are any; else the first few. A condition may leave out all points that have one.
func (p *Plan) Near(param int, v models.Value) []models.Value {
	i := slices.IndexFunc(p.axes, func(a Axis) bool { return a.Param == param })
	if i < 0 {
		return []models.Value{p.constants[param]}
	}
	return p.axes[i].near(v)
}

// fewValues is how many texts are near to one that is not there.
const fewValues = 8

func (a *Axis) near(v models.Value) []models.Value {
	if a.place(v) >= 0 {
		return []models.Value{v}
	}
	numbers := a.kind == models.FloatKind || a.kind == models.IntKind
	if numbers && a.list == nil {
		i := a.passes(v)
		var values []models.Value
		for _, at := range []int64{i - 1, i} {
			if at >= 0 && at < a.Len {
				values = append(values, a.Value(at))
			}
		}
		slices.SortFunc(values, compareNumbers)
		return values
	}
	if !numbers {
		return a.list[:min(len(a.list), fewValues)]
	}
	var below, above models.Value // not set while there is none
	for _, x := range a.list {
		if !x.IsSet() {
			continue
		}
		switch c := compareNumbers(x, v); {
		case c < 0 && (!below.IsSet() || compareNumbers(x, below) > 0):
			below = x
		case c > 0 && (!above.IsSet() || compareNumbers(x, above) < 0):
			above = x
		}
	}
	return slices.DeleteFunc([]models.Value{below, above}, func(v models.Value) bool { return !v.IsSet() })
}
