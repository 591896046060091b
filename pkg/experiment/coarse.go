package experiment

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/neurosweep/sweep/pkg/models"
)

// shortAxis is how many values an axis has at most that every coarser grid has whole:
// of so few none is between two others as it is on a long one.
const shortAxis = 4

// layer says what was laid over the file that is being read.
type layer uint8

const (
	fileLayer layer = iota
	variantLayer
	overrideLayer
)

// orderKey reads order: a name, or which axes the coarser grids are coarse along.
func (r *reader) orderKey(n *yaml.Node, s *Spec) (o Order, coarse []int) {
	if n.Kind != yaml.MappingNode {
		i := slices.Index(orderNames, n.Value)
		if n.Kind != yaml.ScalarNode || i < 0 {
			r.fail(n, "choice", "order", mistakef(suggest(n.Value, "orders", orderNames), "takes %s, or {coarse: [axes]}, not %s", models.Either(orderNames), what(n)))
			return Progressive, nil
		}
		return Order(i), nil
	}
	var list *yaml.Node
	for k, v := range pairs(n) {
		switch {
		case !named(k) || v.Kind == yaml.AliasNode:
			return Progressive, nil
		case k.Value != "coarse":
			r.fail(k, "unknown-key", join("order", k.Value), mistakef(suggest(k.Value, "keys", []string{"coarse"}), "order has no key %q", clip(k.Value)))
		default:
			list = v
		}
	}
	const path = "order.coarse"
	switch {
	case list == nil:
		r.fail(n, "missing", path, mistakef("as in {coarse: [gamma]}", "is missing"))
	case list.Kind != yaml.SequenceNode:
		r.fail(list, "kind", path, mistakef("as in [gamma]", "takes a list of axes, not %s", what(list)))
	case len(list.Content) == 0:
		r.fail(list, "missing", path, mistakef("order: row goes by the number of the trial", "the list is empty"))
	case s != nil:
		coarse = r.coarse(list, s, path)
	}
	return Progressive, coarse
}

// coarse reads the axes that coarser grids are coarse along.
func (r *reader) coarse(list *yaml.Node, s *Spec, path string) []int {
	var params []int
	for i, c := range list.Content {
		at := element(path, i)
		if c.Kind != yaml.ScalarNode {
			if c.Kind != yaml.AliasNode {
				r.fail(c, "kind", at, mistakef("", "takes the name of an axis, not %s", what(c)))
			}
			continue
		}
		p := s.Model.Param(c.Value)
		switch {
		case p < 0:
			r.fail(c, "unknown-parameter", at, mistakef(suggestParam(s.Model, c.Value), "model %s has no parameter %q", s.Model.Name, clip(c.Value)))
		case slices.Contains(params, p):
			r.fail(c, "repeated-value", at, mistakef("leave one of them out", "%s appears twice", c.Value))
		case s.thinnable(p):
			params = append(params, p)
		case r.unsure != nil || r.givesWay(c): // mistakes in the points are said; or what was laid over it has no such axis
		case s.carry != nil && s.carry.param == p:
			r.fail(c, "axis", at, mistakef("leave it out", "%s is carried: a chain has all its values", c.Value))
		default:
			r.fail(c, "axis", at, mistakef("leave it out, or give it a list or a sequence under params", "%s is no axis", c.Value))
		}
	}
	return params
}

// givesWay reports whether a name was written below the variant or override that is read.
func (r *reader) givesWay(n *yaml.Node) bool {
	at, ok := r.places[n]
	switch r.layer {
	case variantLayer:
		return !ok || at.prefix == ""
	case overrideLayer:
		return !ok || !strings.HasPrefix(at.src.name, "-s ")
	}
	return false
}

// thinnable reports whether coarser grids can have less of a parameter's values.
func (s *Spec) thinnable(param int) bool {
	return slices.ContainsFunc(s.grids, func(g *grid) bool {
		return slices.ContainsFunc(s.grades(g), func(x grade) bool { return x.len > 1 && slices.Contains(x.params, param) })
	})
}

// grades are those of a grid but for a carried axis, which is whole.
func (s *Spec) grades(g *grid) (list []grade) {
	for i := range s.free(g) {
		list = append(list, g.factors[i].graded()...)
	}
	return list
}

// free are a grid's factors but for that of a carried axis.
func (s *Spec) free(g *grid) []factor {
	if s.carry != nil {
		return g.factors[:len(g.factors)-1]
	}
	return g.factors
}

// keptOrder is a spec as run: its order names no axis that it has not any more.
func (r *reader) keptOrder(root *yaml.Node, s *Spec) *yaml.Node {
	at := index(root, "order")
	if at < 0 || root.Content[at].Kind != yaml.MappingNode {
		return root
	}
	_, list := lookup(root.Content[at], "coarse")
	if list == nil || len(list.Content) == len(s.Coarse) {
		return root
	}
	m, order := r.copy(root), r.copy(root.Content[at])
	if len(s.Coarse) == 0 {
		order = &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: Progressive.String(), Line: order.Line, Column: order.Column}
	} else {
		left := r.copy(list)
		left.Content = slices.DeleteFunc(left.Content, func(c *yaml.Node) bool { return !slices.Contains(s.Coarse, s.Model.Param(c.Value)) })
		order.Content[index(order, "coarse")] = left
	}
	m.Content[at] = order
	return m
}

// thinned says by parameter which axes of a grid the coarser ones have less of: those
// that the spec names; else the long axes of numbers for whose values no figure has
// curves or panels. Where there is no such axis it is the short ones, and where
// there is none of these either, all axes of numbers.
func (s *Spec) thinned(g *grid) []bool {
	thin := make([]bool, len(g.constants))
	for _, p := range s.Coarse {
		thin[p] = true
	}
	if s.Coarse != nil || s.Order != Progressive {
		return thin
	}
	grades := s.grades(g)
	split, along := s.shown(g)
	for spare := 2; spare >= 0; spare-- {
		found := false
		for i := range grades {
			x := &grades[i]
			has := func(list []bool) bool {
				return slices.ContainsFunc(x.params, func(p int) bool { return list[p] })
			}
			switch {
			case x.len == 1:
			case x.drawn: // each part of a design spreads over all
			case g.choices(x), spare > 0 && has(split) && !has(along), spare > 1 && x.len <= shortAxis:
				continue
			}
			for _, p := range x.params {
				thin[p] = true
			}
			found = found || x.len > 1
		}
		if found {
			break
		}
	}
	return thin
}

// choices reports whether a parameter of a grade takes texts or flags, which have no
// coarser list of which the rest were between.
func (g *grid) choices(x *grade) bool {
	return slices.ContainsFunc(x.params, func(p int) bool {
		a, _ := g.axisOf(p)
		return a != nil && (a.kind == models.TextKind || a.kind == models.FlagKind)
	})
}

// shown says by parameter whether a figure has a curve or a panel for each of its
// values, and whether one shows it along x or y.
func (s *Spec) shown(g *grid) (split, along []bool) {
	split, along = make([]bool, len(g.constants)), make([]bool, len(g.constants))
	for i := range s.Figures {
		f := &s.Figures[i]
		s.mark(split, g, f.By)
		s.mark(split, g, f.Panels)
		for channel, formulas := range map[string][]*Formula{"x": f.X, "y": f.Y} {
			if roles[f.Kind][channel] == placeRole {
				for _, formula := range formulas {
					s.mark(along, g, formula)
				}
			}
		}
	}
	return split, along
}

// mark marks the parameters that a formula's columns rest on.
func (s *Spec) mark(list []bool, g *grid, f *Formula) {
	if f == nil {
		return
	}
	derived := func(t tabulated) {
		for _, i := range t.factors {
			for _, m := range g.factors[i].members {
				list[m.param] = true
			}
		}
	}
	for _, name := range f.Columns() {
		p := s.Model.Param(name)
		if p < 0 {
			p = s.Model.Param(strings.TrimSuffix(name, "_i"))
		}
		if i := slices.IndexFunc(g.lookups, func(t tabulated) bool { return p >= 0 && t.param == p }); i >= 0 {
			derived(g.lookups[i])
		} else if p >= 0 {
			list[p] = true
		}
		if i := slices.IndexFunc(s.columns, func(c models.Column) bool { return c.Name == name }); i >= 0 && i < len(g.columns) {
			derived(g.columns[i])
		}
	}
}
