package experiment

import (
	"github.com/neurosweep/sweep/pkg/models"
	"go.yaml.in/yaml/v3"
)

// recordKeys are the keys that a trace may have.
var recordKeys = []string{"every"}

// record reads which traces a run keeps; it returns them in the model's order.
func (r *reader) record(root *yaml.Node, m *models.Model) []models.Kept {
	_, n := lookup(root, "record")
	if n == nil || n.Kind == yaml.AliasNode {
		return nil
	}
	if len(m.Traces) == 0 {
		r.fail(n, "record", "record", mistakef("leave the key out", "model %s has no traces to keep", m.Name))
		return nil
	}
	every := make(map[*models.Trace]int64)
	ask := func(name *yaml.Node, path string) *models.Trace {
		tr := traceOf(m, name.Value)
		switch {
		case name.Kind != yaml.ScalarNode:
			r.fail(name, "kind", path, mistakef("", "takes the name of a trace, not %s", what(name)))
			return nil
		case tr == nil:
			r.fail(name, "unknown-trace", path, mistakef(suggest(name.Value, "traces", traceNames(m)), "model %s has no trace %q", m.Name, clip(name.Value)))
			return nil
		case every[tr] > 0:
			r.fail(name, "repeated-value", path, mistakef("leave one of them out", "%s is named twice", tr.Name))
			return nil
		}
		every[tr] = 1
		return tr
	}
	switch n.Kind {
	case yaml.SequenceNode:
		for i, c := range n.Content {
			if c.Kind != yaml.AliasNode {
				ask(c, element("record", i))
			}
		}
	case yaml.MappingNode:
		for k, v := range pairs(n) {
			if !named(k) || v.Kind == yaml.AliasNode || every[traceOf(m, k.Value)] > 0 {
				continue // which strict has reported
			}
			path := join("record", k.Value)
			switch tr := ask(k, path); {
			case tr == nil:
			case v.Kind != yaml.MappingNode:
				r.fail(v, "kind", path, mistakef("write {} to keep all of it, or {every: 10}", "takes a mapping, not %s", what(v)))
			default:
				every[tr] = r.every(v, path)
			}
		}
	default:
		r.fail(n, "kind", "record", mistakef("as in [overlap, energy] or {overlap: {every: 10}}", "takes a list of traces or a mapping of traces to how much is kept, not %s", what(n)))
	}
	var list []models.Kept
	for _, tr := range m.Traces {
		if n := every[tr]; n > 0 {
			list = append(list, models.Kept{Trace: tr, Every: n})
		}
	}
	return list
}

// every reads how much of a trace is kept.
func (r *reader) every(n *yaml.Node, path string) int64 {
	every := int64(1)
	for k, v := range pairs(n) {
		switch {
		case !named(k):
		case k.Value == "every":
			every = r.count(v, join(path, k.Value), 1, maxTrials)
		default:
			r.fail(k, "unknown-key", join(path, k.Value), mistakef(suggest(k.Value, "keys", recordKeys), "a trace has no key %q", clip(k.Value)))
		}
	}
	return every
}

func traceOf(m *models.Model, name string) *models.Trace {
	for _, tr := range m.Traces {
		if tr.Name == name {
			return tr
		}
	}
	return nil
}

func traceNames(m *models.Model) []string {
	var names []string
	for _, tr := range m.Traces {
		names = append(names, tr.Name)
	}
	return names
}
