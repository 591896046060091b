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
	every := make(map[string]int64)
	r.choose(n, choice{
		key: "record", kind: "trace", names: traceNames(m), unknown: "model " + m.Name + " has no trace",
		twice: "named twice", empty: "write {} to keep all of it, or {every: 10}", settings: "",
		example: "as in [overlap, energy] or {overlap: {every: 10}}", mapping: "traces to how much is kept",
	}, func(name string, settings *yaml.Node, path string) {
		every[name] = 1
		if settings != nil {
			every[name] = r.every(settings, path)
		}
	})
	var list []models.Kept
	for _, tr := range m.Traces {
		if n := every[tr.Name]; n > 0 {
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
			every = r.count(v, join(path, k.Value), 1, maxCount)
		default:
			r.fail(k, "unknown-key", join(path, k.Value), mistakef(suggest(k.Value, "keys", recordKeys), "a trace has no key %q", clip(k.Value)))
		}
	}
	return every
}

func traceNames(m *models.Model) []string {
	var names []string
	for _, tr := range m.Traces {
		names = append(names, tr.Name)
	}
	return names
}
