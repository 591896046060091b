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
	var given []assignment
	ok := r.choose(n, choice{
		key: "measure", kind: "measure", names: measureNames(m), unknown: "model " + m.Name + " offers no measure",
		twice: "asked for twice", empty: "write {} for the defaults", settings: "parameters to values",
		example: "as in [lyapunov, period] or {lyapunov: {}, period: {}}", mapping: "measures to parameters",
	}, func(name string, settings *yaml.Node, path string) {
		x := m.Offered(name)
		asked = append(asked, x)
		if settings != nil {
			given = append(given, r.assignments(settings, x, path)...)
		}
	})
	if !ok {
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
