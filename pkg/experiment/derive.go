package experiment

import (
	"regexp"
	"strings"

	"github.com/neurosweep/sweep/pkg/models"
	"go.yaml.in/yaml/v3"
)

// A derived value's name is a column's.
var columnName = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

// maxDerived is how many values are derived, and how many conditions there are, in
// one grid.
const maxDerived = 256

// derivedNames makes the names of derived values known to expressions.
func (r *reader) derivedNames(root *yaml.Node, m *models.Model) {
	if _, n := lookup(root, "derive"); n != nil && n.Kind == yaml.MappingNode {
		for k := range pairs(n) {
			if k.Kind == yaml.ScalarNode && m.Param(k.Value) < 0 {
				r.scope.names = append(r.scope.names, k.Value)
			}
		}
	}
}

// derive reads the derived values. One that has a parameter's name sets it,
// every other is a column of the data set.
func (r *reader) derive(root *yaml.Node, l *layout) (ok bool) {
	section := r.section(root, "derive", "names to expressions")
	if section == nil {
		return true
	}
	if n := len(section.Content) / 2; n > maxDerived {
		r.fail(section, "bounds", "derive", mistakef("", "a spec has at most %d derived values, this has %d", maxDerived, n))
		return false
	}
	ok = true
	for k, v := range pairs(section) {
		if !named(k) || l.derivation(k.Value) != nil {
			continue
		}
		path := join("derive", k.Value)
		d := &derivation{name: k.Value, param: l.model.Param(k.Value)}
		switch {
		case d.param >= 0 && l.keys[d.param] != nil:
			at := l.keys[d.param]
			r.fail(k, "duplicate-key", path, mistakef("leave one of them out", "%s is given as a parameter too, %s", clip(k.Value), r.there(at)))
			ok = false
			continue
		case d.param < 0 && !columnName.MatchString(k.Value):
			r.fail(k, "name", path, mistakef("use lower-case letters, digits and _", "%q is no name for a column", clip(k.Value)))
			ok = false
		case d.param < 0 && l.model.HasColumn(k.Value):
			r.fail(k, "name", path, mistakef("take another name", "the data set has another column %s", k.Value))
			ok = false
		}
		if d.param >= 0 {
			l.keys[d.param] = k
		}
		if d.expr = r.expression(v, path); d.expr == nil {
			ok = false
			continue
		}
		d.doc = "derived: " + strings.Join(strings.Fields(d.expr.text), " ")
		l.derived = append(l.derived, d)
	}
	return ok
}

// compileAll compiles every expression, those of derived values first, each
// behind those that it needs.
func (r *reader) compileAll(l *layout, conditions []*expression) (ok bool) {
	ok = true
	var names []string
	for _, d := range l.derived {
		names = append(names, d.name)
	}
	_, ordered := l.needs(names)
	for _, d := range ordered {
		var wanted []models.Kind
		if d.param >= 0 {
			switch k := l.decl(d.param).Kind; k {
			case models.FloatKind, models.IntKind:
				wanted = []models.Kind{k, models.IntKind, models.FloatKind}
			default:
				wanted = []models.Kind{k}
			}
		}
		if !r.compile(d.expr, wanted...) {
			ok = false
		} else if d.param < 0 {
			r.scope.add(d.name, d.expr.kind)
		}
	}
	for _, p := range l.order {
		g := l.given[p]
		if g == nil || g.rule == nil {
			continue
		}
		for _, e := range g.rule.formulas {
			ok = (e == nil || r.compile(e, models.FloatKind, models.IntKind)) && ok
		}
		if g.rule.when != nil {
			ok = r.compile(g.rule.when, models.FlagKind) && ok
		}
	}
	for _, e := range conditions {
		ok = e != nil && r.compile(e, models.FlagKind) && ok
	}
	return ok
}

// conditions reads where: one expression or a list of them.
func (r *reader) conditions(root *yaml.Node, l *layout) (list []*expression, ok bool) {
	_, n := lookup(root, "where")
	if n == nil {
		return nil, true
	}
	if n.Kind != yaml.SequenceNode {
		e := r.expression(n, "where")
		return []*expression{e}, e != nil
	}
	if len(n.Content) > maxDerived {
		r.fail(n, "bounds", "where", mistakef("join them with and", "a spec has at most %d conditions, this has %d", maxDerived, len(n.Content)))
		return nil, false
	}
	ok = true
	for i, c := range n.Content {
		e := r.expression(c, element("where", i))
		ok = ok && e != nil
		list = append(list, e)
	}
	return list, ok
}
