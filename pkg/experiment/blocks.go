package experiment

import (
	"encoding/binary"
	"math/big"
	"slices"

	"github.com/neurosweep/sweep/pkg/models"
	"go.yaml.in/yaml/v3"
)

// blockKeys are the keys that a block may have.
var blockKeys = []string{"params", "sample", "derive", "zip", "where"}

// maxBlocks is how many blocks a spec may have: each is compared with all before it.
const maxBlocks = 256

// blocks are the specs of one grid each that the blocks make, laid over what
// they share, nil for one that is none; nil if there are none, or a mistake.
func (r *reader) blocks(root *yaml.Node) []*yaml.Node {
	_, n := lookup(root, "blocks")
	if n == nil {
		return nil
	}
	const example = "as in blocks: [{params: {gamma: [0, 0.5]}}]"
	switch {
	case n.Kind != yaml.SequenceNode:
		r.fail(n, "kind", "blocks", mistakef(example, "takes a list of grids, not %s", what(n)))
		return nil
	case len(n.Content) == 0:
		r.fail(n, "missing", "blocks", mistakef("leave the key out, or write a grid "+example, "the list has no grid"))
		return nil
	case len(n.Content) > maxBlocks:
		r.fail(n, "bounds", "blocks", mistakef("", "a spec has at most %d blocks, this has %d", maxBlocks, len(n.Content)))
		return nil
	}
	var list []*yaml.Node
	for i, b := range n.Content {
		path := element("blocks", i)
		if b.Kind != yaml.MappingNode {
			r.fail(b, "kind", path, mistakef("as in {params: {gamma: [0, 0.5]}}", "takes a mapping, not %s", what(b)))
			list = append(list, nil)
			continue
		}
		changes := r.copy(b)
		changes.Content = nil
		for k, v := range pairs(b) {
			switch {
			case !named(k):
				continue
			case !slices.Contains(blockKeys, k.Value):
				r.fail(k, "unknown-key", join(path, k.Value), mistakef(suggest(k.Value, "keys", blockKeys), "a block has no key %q", clip(k.Value)))
				continue
			}
			changes.Content = append(changes.Content, k, v)
		}
		at, ok := r.places[b]
		if !ok {
			at.src = r.file
		}
		if at.prefix != "" {
			path = at.prefix + "." + path
		}
		r.locate(changes, place{at.src, path})
		merged := r.merge(root, changes)
		i := index(merged, "blocks")
		merged.Content = slices.Delete(merged.Content, i-1, i+1)
		list = append(list, merged)
	}
	r.covered(root, n)
	return list
}

// covered finds what is used by nothing, because each block gives it anew.
func (r *reader) covered(root, blocks *yaml.Node) {
	eachCovered(root, blocks, func(section string, k *yaml.Node) {
		path := k.Value
		if section != "" {
			path = join(section, k.Value)
		}
		r.fail(k, "unused", path, mistakef("leave it out, here or in a block", "each block gives %s anew: what is given here is used by nothing", clip(k.Value)))
	})
}

// eachCovered calls visit for each key that each block gives anew, with the section
// that it stands in, if it stands in one.
func eachCovered(root, blocks *yaml.Node, visit func(section string, k *yaml.Node)) {
	all := func(has func(b *yaml.Node) bool) bool {
		return !slices.ContainsFunc(blocks.Content, func(b *yaml.Node) bool { return b.Kind != yaml.MappingNode || !has(b) })
	}
	for _, key := range []string{"params", "derive"} {
		if _, section := lookup(root, key); section != nil && section.Kind == yaml.MappingNode {
			for k := range pairs(section) {
				if all(func(b *yaml.Node) bool {
					_, own := lookup(b, key)
					_, v := lookup(own, k.Value)
					return v != nil && !(key == "params" && onlyAdjusts(v))
				}) {
					visit(key, k)
				}
			}
		}
	}
	for _, key := range []string{"zip", "where"} {
		if k, _ := lookup(root, key); k != nil && all(func(b *yaml.Node) bool { own, _ := lookup(b, key); return own != nil }) {
			visit("", k)
		}
	}
}

// unite gives the grids of a spec their common axes and leaves out of each the
// points that an earlier one has. It reports whether it could.
func (r *reader) unite(root *yaml.Node, s *Spec) bool {
	_, at := lookup(root, "blocks")
	kept := s.grids[:0:0]
	for i, g := range s.grids {
		for _, f := range g.factors {
			for _, m := range f.members {
				if at != nil && !r.tabulate(m.axis, at.Content[g.block], element("blocks", g.block)) {
					return false
				}
			}
		}
		for _, earlier := range s.grids[:i] {
			if !g.mayShare(earlier) {
				continue
			}
			if g.places > maxTable || !earlier.indexable() {
				r.fail(at.Content[g.block], "table", element("blocks", g.block), mistakef("let the blocks differ in a constant, or make them smaller",
					"the block may share points with an earlier one, and at most %d points can be compared one by one; it has %s", maxTable, show(new(big.Rat).SetInt64(g.places))))
				return false
			}
			if !r.work(g.places, at.Content[g.block], element("blocks", g.block)) {
				return false
			}
			g.without(earlier)
		}
		if g.kept != nil && len(g.kept) == 0 {
			if r.yielded[at.Content[g.block]] {
				r.surplus[at.Content[g.block]] = true
				continue // an override or a variant made it so
			}
			r.fail(at.Content[g.block], "empty", element("blocks", g.block), mistakef("leave it out", "the block has no point that those before it have not"))
			return false
		}
		kept = append(kept, g)
	}
	s.grids = kept
	var ok bool
	if s.Axes, ok = union(s.Model, s.grids); !ok {
		r.fail(at, "table", "blocks", mistakef("", "an axis of more than %d values that differs from block to block cannot be numbered", maxTable))
		return false
	}
	first := s.grids[0].columns
	for k, t := range first {
		s.columns = append(s.columns, models.Column{Name: s.derived[k].name, Kind: t.axis.kind, Doc: s.derived[k].doc})
	}
	return true
}

// axisOf is what the parameter takes in the grid: an axis, or a constant.
func (g *grid) axisOf(param int) (*Axis, models.Value) {
	for i := range g.factors {
		for _, m := range g.factors[i].members {
			if m.param == param {
				return m.axis, models.Value{}
			}
		}
	}
	for _, t := range g.lookups {
		if t.param == param {
			return t.axis, models.Value{}
		}
	}
	return nil, g.constants[param]
}

// order lists the parameters that have an axis in the grid.
func (g *grid) order() []int {
	var params []int
	for i := range g.factors {
		for _, m := range g.factors[i].members {
			params = append(params, m.param)
		}
	}
	for _, t := range g.lookups {
		params = append(params, t.param)
	}
	return params
}

// union is the axes of several grids: where all have the same axis it is that,
// else all different values.
func union(m *models.Model, grids []*grid) ([]Axis, bool) {
	var params []int
	for _, g := range grids {
		for _, p := range g.order() {
			if !slices.Contains(params, p) {
				params = append(params, p)
			}
		}
	}
	for p := range m.Params {
		for _, g := range grids {
			if !slices.Contains(params, p) && g.constants[p] != grids[0].constants[p] {
				params = append(params, p)
			}
		}
	}
	var axes []Axis
	for _, p := range params {
		first, _ := grids[0].axisOf(p)
		same := first != nil
		var values []models.Value
		for _, g := range grids {
			a, v := g.axisOf(p)
			same = same && a != nil && a.same(first)
			switch {
			case a == nil:
				values = append(values, v)
			case same:
			case a.Len+int64(len(values)) > maxTable:
				return nil, false
			}
		}
		if same {
			axes = append(axes, *first)
			continue
		}
		values = nil
		for _, g := range grids {
			a, v := g.axisOf(p)
			if a == nil {
				values = append(values, v)
				continue
			}
			if a.Len+int64(len(values)) > maxTable {
				return nil, false
			}
			for i := range a.Len {
				values = append(values, a.Value(i))
			}
		}
		a, _ := distinct(values, p, m.Params[p].Decl().Kind)
		axes = append(axes, *a)
	}
	return axes, true
}

// same reports whether two axes have the same values in the same order. It may
// say no of long ones that are written differently.
func (a *Axis) same(b *Axis) bool {
	if a == b {
		return true
	}
	if a.Len != b.Len || a.kind != b.kind {
		return false
	}
	if a.list == nil && b.list == nil && a.rule.name() == b.rule.name() {
		return true
	}
	if a.Len > longTable {
		return false
	}
	for i := range a.Len {
		if a.Value(i) != b.Value(i) {
			return false
		}
	}
	return true
}

// mayShare reports whether the grids could have a point in common; it says no
// only if they have not.
func (g *grid) mayShare(o *grid) bool {
	for p := range g.constants {
		a, v := g.axisOf(p)
		b, w := o.axisOf(p)
		switch {
		case a == nil && b == nil:
			if v != w {
				return false
			}
		case a == nil:
			if !b.mayHave(v) {
				return false
			}
		case b == nil:
			if !a.mayHave(w) {
				return false
			}
		default:
			low, high, ok := a.span()
			from, to, fine := b.span()
			if ok && fine && (high < from || to < low) {
				return false
			}
		}
	}
	return true
}

// mayHave reports whether a value may be on the axis.
func (a *Axis) mayHave(v models.Value) bool {
	if a.Len > longTable {
		low, high, ok := a.span()
		return !ok || v.IsSet() && low <= v.Float() && v.Float() <= high
	}
	for i := range a.Len {
		if a.Value(i) == v {
			return true
		}
	}
	return false
}

// span is the interval of an axis of numbers that all are set.
func (a *Axis) span() (low, high float64, ok bool) {
	if a.kind != models.FloatKind && a.kind != models.IntKind {
		return 0, 0, false
	}
	n := a.Len
	if a.list == nil {
		x, y := a.Value(0).Float(), a.Value(n-1).Float()
		return min(x, y), max(x, y), true
	}
	low, high = a.list[0].Float(), a.list[0].Float()
	for _, v := range a.list {
		if !v.IsSet() {
			return 0, 0, false
		}
		low, high = min(low, v.Float()), max(high, v.Float())
	}
	return low, high, true
}

// indexable reports whether the rows of all factors can be kept in memory.
func (g *grid) indexable() bool {
	return !slices.ContainsFunc(g.factors, func(f factor) bool { return f.len > maxTable })
}

// without leaves out the points that another grid has.
func (g *grid) without(o *grid) {
	// For each factor of the other the row that has certain values.
	type key = string
	index := make([]map[key]int64, len(o.factors))
	var buf []byte
	encode := func(values []models.Value, params []member) key {
		buf = buf[:0]
		for _, m := range params {
			v := values[m.param]
			buf = append(buf, byte(v.Kind()))
			buf = binary.LittleEndian.AppendUint64(buf, uint64(v.Int()))
			buf = append(append(buf, v.Text()...), 0)
		}
		return key(buf)
	}
	values := make([]models.Value, len(g.constants))
	for i, f := range o.factors {
		index[i] = make(map[key]int64, f.len)
		for row := range f.len {
			for _, m := range f.members {
				values[m.param] = m.axis.Value(m.at(row))
			}
			index[i][encode(values, f.members)] = row
		}
	}
	rows, theirs := make([]int64, len(g.factors)), make([]int64, len(o.factors))
	has := func(place int64) bool {
		g.rows(place, rows)
		g.fill(rows, values, nil)
		for i, f := range o.factors {
			row, ok := index[i][encode(values, f.members)]
			if !ok {
				return false
			}
			theirs[i] = row
		}
		// What is no factor must agree too.
		for p := range values {
			if a, v := o.axisOf(p); a == nil && v != values[p] {
				return false
			}
		}
		for _, t := range o.lookups {
			if t.axis.Value(t.at(theirs)) != values[t.param] {
				return false
			}
		}
		return true
	}
	kept := make([]int32, 0, g.length())
	if g.kept == nil {
		for place := range g.places {
			if !has(place) {
				kept = append(kept, int32(place))
			}
		}
	} else {
		for _, place := range g.kept {
			if !has(int64(place)) {
				kept = append(kept, place)
			}
		}
	}
	if n := g.length() - int64(len(kept)); n > 0 {
		g.shared += n
		g.kept = kept
	}
}

// rows are the rows of the factors at a place of the grid: the last factor
// changes fastest.
func (g *grid) rows(place int64, rows []int64) {
	for i := len(g.factors) - 1; i >= 0; i-- {
		next := place / g.factors[i].len
		rows[i] = place - next*g.factors[i].len
		place = next
	}
}

// fill sets the values at the rows and, if index is not nil, their places on
// the axes of the grid.
func (g *grid) fill(rows []int64, values []models.Value, index []int64) {
	copy(values, g.constants)
	for i := range g.factors {
		members := g.factors[i].members
		for j := range members {
			m := &members[j]
			at := m.at(rows[i])
			values[m.param] = m.axis.Value(at)
			if index != nil {
				index[m.param] = at
			}
		}
	}
	for i := range g.lookups {
		t := &g.lookups[i]
		at := t.at(rows)
		values[t.param] = t.axis.Value(at)
		if index != nil {
			index[t.param] = at
		}
	}
}
