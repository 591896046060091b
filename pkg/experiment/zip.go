package experiment

import (
	"fmt"
	"slices"

	"go.yaml.in/yaml/v3"
)

// zips reads which axes change together: one list of parameters, or a list of
// such lists.
func (r *reader) zips(root *yaml.Node, l *layout) (groups [][]int, ok bool) {
	_, n := lookup(root, "zip")
	switch {
	case n == nil:
		return nil, true
	case n.Kind == yaml.SequenceNode && len(n.Content) == 0:
		r.fail(n, "missing", "zip", mistakef("leave the key out", "is empty"))
		return nil, false
	case n.Kind != yaml.SequenceNode:
		r.fail(n, "kind", "zip", mistakef("as in [gamma, sigma], or [[gamma, sigma], [n, theta]]", "takes a list of parameters, not %s", what(n)))
		return nil, false
	}
	lists, paths := []*yaml.Node{n}, []string{"zip"}
	if n.Content[0].Kind == yaml.SequenceNode {
		lists, paths = n.Content, nil
		for i := range lists {
			paths = append(paths, element("zip", i))
		}
	}
	ok = true
	used := make(map[int]bool)
	for i, list := range lists {
		group, fine := r.zip(list, l, paths[i], used)
		groups = append(groups, group)
		ok = ok && fine
	}
	return groups, ok
}

func (r *reader) zip(n *yaml.Node, l *layout, path string, used map[int]bool) (group []int, ok bool) {
	if n.Kind != yaml.SequenceNode || len(n.Content) < 2 {
		r.fail(n, "kind", path, mistakef("as in [gamma, sigma]", "a zip takes at least two parameters"))
		return nil, false
	}
	ok = true
	bad := func(i int, code string, m *mistake) {
		r.fail(n.Content[i], code, element(path, i), m)
		ok = false
	}
	for i, c := range n.Content {
		if c.Kind != yaml.ScalarNode {
			bad(i, "kind", mistakef("", "takes the name of a parameter, not %s", what(c)))
			continue
		}
		p := l.model.Param(c.Value)
		switch {
		case p < 0:
			bad(i, "unknown-parameter", mistakef(suggestParam(l.model, c.Value), "model %s has no parameter %q", l.model.Name, clip(c.Value)))
		case used[p]:
			bad(i, "repeated-value", mistakef("leave one of them out", "%s appears twice", c.Value))
		case slices.Contains(l.drawn, p):
			bad(i, "axis", mistakef("leave it out of zip, or give it a list under params", "%s is drawn by sample, and no axis", c.Value))
		case l.derivation(c.Value) != nil:
			bad(i, "axis", mistakef("leave it out of zip: it goes with what it is made of", "%s is derived, and no axis", c.Value))
		case l.given[p] == nil && l.keys[p] != nil:
			ok = false // wrong itself, and reported
		case l.given[p] == nil || l.given[p].axis == nil:
			hint := "give it a list or a sequence under params"
			if l.given[p] != nil && l.given[p].rule != nil {
				hint = "only axes that depend on nothing can be zipped"
			}
			bad(i, "axis", mistakef(hint, "%s is no axis by itself", c.Value))
		default:
			used[p] = true
			group = append(group, p)
		}
	}
	if !ok {
		return nil, false
	}
	lengths := ""
	for i, p := range group {
		if i > 0 {
			lengths += ", "
		}
		lengths += fmt.Sprintf("%s has %d", l.decl(p).Name, l.given[p].axis.Len)
	}
	if slices.ContainsFunc(group, func(p int) bool { return l.given[p].axis.Len != l.given[group[0]].axis.Len }) {
		r.fail(n, "zip", path, mistakef("a zip takes the first values of all, then the second, and so on", "the axes differ in length: %s values", lengths))
		return nil, false
	}
	return group, true
}
