package experiment

import (
	"fmt"

	"github.com/neurosweep/sweep/pkg/models"
	"go.yaml.in/yaml/v3"
)

// assignment is what a spec gives a parameter of a measure that it asks for.
type assignment struct {
	key, value *yaml.Node
	path       string
}

// measures reads what the spec asks of the model: it returns the model that has
// what was asked for, and what the parameters of measures were given. Without the key the
// model asks for what it does by itself.
func (r *reader) measures(root *yaml.Node, m *models.Model) (*models.Model, []assignment) {
	_, n := lookup(root, "measure")
	if n == nil || n.Kind == yaml.AliasNode {
		return m, nil
	}
	if len(m.Measures) == 0 {
		r.fail(n, "measure", "measure", mistakef("leave the key out", "model %s measures all its outputs always", m.Name))
		return m, nil
	}
	var asked []*models.Measure
	seen := make(map[*models.Measure]*yaml.Node)
	ask := func(name *yaml.Node, path string) *models.Measure {
		x := m.Offered(name.Value)
		switch {
		case name.Kind != yaml.ScalarNode:
			r.fail(name, "kind", path, mistakef("", "takes the name of a measure, not %s", what(name)))
			return nil
		case x == nil:
			r.fail(name, "unknown-measure", path, mistakef(suggest(name.Value, "measures", measureNames(m)), "model %s offers no measure %q", m.Name, clip(name.Value)))
			return nil
		case seen[x] != nil:
			r.fail(name, "repeated-value", path, mistakef("leave one of them out", "%s is asked for twice", x.Name))
			return nil
		}
		seen[x] = name
		asked = append(asked, x)
		return x
	}
	var given []assignment
	switch n.Kind {
	case yaml.SequenceNode:
		for i, c := range n.Content {
			if c.Kind != yaml.AliasNode {
				ask(c, element("measure", i))
			}
		}
	case yaml.MappingNode:
		for k, v := range pairs(n) {
			if !named(k) || v.Kind == yaml.AliasNode || m.Offered(k.Value) != nil && seen[m.Offered(k.Value)] != nil {
				continue // which strict has reported
			}
			path := join("measure", k.Value)
			x := ask(k, path)
			switch {
			case x == nil:
			case v.Kind != yaml.MappingNode:
				r.fail(v, "kind", path, mistakef("write {} for the defaults", "takes a mapping of parameters to values, not %s", what(v)))
			default:
				given = append(given, r.assignments(v, x, path)...)
			}
		}
	default:
		r.fail(n, "kind", "measure", mistakef("as in [lyapunov, period] or {lyapunov: {}, period: {}}", "takes a list of measures or a mapping of measures to parameters, not %s", what(n)))
		return m, nil
	}
	return m.Asking(asked...), given
}

// assignments are the parameters that the spec gives a measure.
func (r *reader) assignments(n *yaml.Node, x *models.Measure, path string) (list []assignment) {
	for k, v := range pairs(n) {
		if !named(k) {
			continue
		}
		if x.Param(k.Value) == nil {
			names := namesOf(x.Params)
			hint := suggest(k.Value, "parameters", names)
			if len(names) == 0 {
				hint = fmt.Sprintf("write %s: {}", x.Name)
			}
			r.fail(k, "unknown-parameter", join(path, k.Value), mistakef(hint, "measure %s has no parameter %q", x.Name, clip(k.Value)))
			continue
		}
		list = append(list, assignment{k, v, join(path, k.Value)})
	}
	return list
}

// unasked is the hint for a parameter that only measures have that are not asked
// for, or "".
func unasked(m *models.Model, name string) string {
	var owners []string
	for _, x := range m.Measures {
		if x.Param(name) != nil {
			owners = append(owners, x.Name)
		}
	}
	if owners == nil {
		return ""
	}
	return fmt.Sprintf("%s is a parameter of %s: ask for that under measure", name, models.Either(owners))
}

func measureNames(m *models.Model) []string {
	var names []string
	for _, x := range m.Measures {
		names = append(names, x.Name)
	}
	return names
}
