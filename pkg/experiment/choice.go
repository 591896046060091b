package experiment

import (
	"slices"

	"go.yaml.in/yaml/v3"
)

// choice is a key under which a spec names some of what a model has, in a list or,
// with settings, in a mapping. Its texts are parts of messages.
type choice struct {
	key      string   // of the spec
	kind     string   // what is named: "measure"
	names    []string // that there are
	unknown  string   // "model x offers no measure"
	twice    string   // "asked for twice"
	empty    string   // the fix where settings are no mapping
	settings string   // what settings map, "" where that goes without saying
	example  string   // the fix where the whole is neither a list nor a mapping
	mapping  string   // "measures to parameters"
}

// choose visits each name that is known, once, with its settings, which are nil in a
// list. A name whose settings are no mapping is visited without them. It reports
// whether the node is a list or a mapping at all.
func (r *reader) choose(n *yaml.Node, c choice, visit func(name string, settings *yaml.Node, path string)) bool {
	seen := make(map[string]bool)
	ask := func(name, settings *yaml.Node, path string) {
		switch {
		case name.Kind != yaml.ScalarNode:
			r.fail(name, "kind", path, mistakef("", "takes the name of a %s, not %s", c.kind, what(name)))
			return
		case !slices.Contains(c.names, name.Value):
			r.fail(name, "unknown-"+c.kind, path, mistakef(suggest(name.Value, c.kind+"s", c.names), "%s %q", c.unknown, clip(name.Value)))
			return
		case seen[name.Value]:
			r.fail(name, "repeated-value", path, mistakef("leave one of them out", "%s is %s", name.Value, c.twice))
			return
		}
		seen[name.Value] = true
		if settings != nil && settings.Kind != yaml.MappingNode {
			takes := "a mapping"
			if c.settings != "" {
				takes += " of " + c.settings
			}
			r.fail(settings, "kind", path, mistakef(c.empty, "takes %s, not %s", takes, what(settings)))
			settings = nil
		}
		visit(name.Value, settings, path)
	}
	switch n.Kind {
	case yaml.SequenceNode:
		for i, name := range n.Content {
			if name.Kind != yaml.AliasNode {
				ask(name, nil, element(c.key, i))
			}
		}
	case yaml.MappingNode:
		for name, settings := range pairs(n) {
			if named(name) && settings.Kind != yaml.AliasNode && !seen[name.Value] { // else strict has reported it
				ask(name, settings, join(c.key, name.Value))
			}
		}
	default:
		r.fail(n, "kind", c.key, mistakef(c.example, "takes a list of %ss or a mapping of %s, not %s", c.kind, c.mapping, what(n)))
		return false
	}
	return true
}
