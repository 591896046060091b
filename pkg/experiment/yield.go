package experiment

import (
	"slices"
	"strings"

	"github.com/neurosweep/sweep/pkg/models"
	"go.yaml.in/yaml/v3"
)

// change lays the changes of a variant or an override over a tree: what they give
// goes before what blocks give, and takes its place.
func (r *reader) change(root, changes *yaml.Node) *yaml.Node {
	m := r.merge(root, changes)
	if changes == nil || m.Kind != yaml.MappingNode || index(changes, "blocks") >= 0 {
		return m
	}
	at := index(m, "blocks")
	if at < 0 || m.Content[at].Kind != yaml.SequenceNode {
		return m
	}
	blocks := r.copy(m.Content[at])
	// What blocks alone give is changed there: a design of theirs, or how an axis of
	// theirs is refined.
	elsewhere := make(map[string]bool)
	_, sample := lookup(root, "sample")
	elsewhere["sample"] = sample == nil && slices.ContainsFunc(blocks.Content, func(b *yaml.Node) bool { k, _ := lookup(b, "sample"); return k != nil })
	for i, b := range blocks.Content {
		if b.Kind == yaml.MappingNode {
			blocks.Content[i] = r.yield(m, b, changes, elsewhere)
		}
	}
	m.Content[at] = blocks
	if elsewhere["sample"] {
		drop(m, "sample")
	}
	_, before := lookup(root, "params")
	if in := r.inside(m, "params"); in != nil {
		for name, there := range elsewhere {
			if k, _ := lookup(before, name); there && k == nil {
				drop(in, name)
			}
		}
		r.tidy(m)
	}
	return m
}

// yield is a block without what changes give of it, or as they change it.
func (r *reader) yield(root, block, changes *yaml.Node, elsewhere map[string]bool) *yaml.Node {
	b := r.copy(block)
	for _, key := range []string{"where", "zip"} {
		if index(changes, key) >= 0 {
			drop(b, key)
		}
	}
	if _, sample := lookup(changes, "sample"); sample != nil && sample.Kind == yaml.MappingNode {
		if in := r.inside(b, "sample"); in != nil && elsewhere["sample"] {
			b.Content[index(b, "sample")] = r.redrawn(in, sample)
			for k := range pairs(r.gives(changes, "sample")) {
				r.leave(b, k.Value, true, "params", "derive")
			}
		} else if in != nil {
			for k := range pairs(sample) {
				drop(in, k.Value)
			}
		}
	}
	sections := []string{"params", "measure", "derive", "sample"}
	if elsewhere["sample"] {
		sections = sections[:3]
	}
	given := r.gives(changes, sections...)
	for k, v := range pairs(given) {
		in := r.inside(b, "params")
		if in != nil && onlyAdjusts(v) {
			if index(in, k.Value) >= 0 {
				r.put(in, k, r.adjusted(in, k, v))
				elsewhere[k.Value] = true
			}
			continue
		}
		r.leave(b, k.Value, constant(v), "params", "derive", "sample")
	}
	for _, name := range r.excluded(root, given) {
		r.leave(b, name, true, "params", "derive", "sample")
	}
	r.tidy(b)
	r.yielded[b] = true
	return b
}

// gives are the parameters and derived values that changes give in some of their
// sections, with their values.
func (r *reader) gives(changes *yaml.Node, sections ...string) *yaml.Node {
	all := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
	add := func(n *yaml.Node) {
		if n != nil && n.Kind == yaml.MappingNode {
			for k, v := range pairs(n) {
				if k.Kind == yaml.ScalarNode {
					all.Content = append(all.Content, k, v)
				}
			}
		}
	}
	for _, key := range sections {
		_, n := lookup(changes, key)
		switch {
		case n == nil || n.Kind != yaml.MappingNode:
		case key == "measure":
			for _, v := range pairs(n) {
				add(v)
			}
		case key == "sample":
			_, over := lookup(n, "over")
			add(over)
		default:
			add(n)
		}
	}
	return all
}

// giveWay takes out of a tree what an override excludes: a parameter has one value,
// one distribution or one formula, and one that is constant stands in no zip. m is
// changed.
func (r *reader) giveWay(m, changes *yaml.Node) {
	for k, v := range pairs(r.gives(changes, "params", "measure")) {
		if !onlyAdjusts(v) {
			r.leave(m, k.Value, constant(v), "derive", "sample")
		}
	}
	for k := range pairs(r.gives(changes, "derive")) {
		r.leave(m, k.Value, true, "params", "sample")
	}
	for k := range pairs(r.gives(changes, "sample")) {
		r.leave(m, k.Value, true, "params", "derive")
	}
	for _, name := range r.excluded(m, r.gives(changes, "params", "measure", "derive", "sample")) {
		r.leave(m, name, true, "params", "derive", "sample")
	}
	r.tidy(m)
}

// excluded are the parameters that the model takes none of beside those given: of a
// group of which it takes one.
func (r *reader) excluded(root, given *yaml.Node) (names []string) {
	_, name := lookup(root, "model")
	for _, m := range r.models {
		if name == nil || m.Name != name.Value {
			continue
		}
		for _, group := range m.OneOf {
			has := func(p models.Param) bool {
				_, v := lookup(given, p.Decl().Name)
				return v != nil && !onlyAdjusts(v)
			}
			for _, p := range group {
				if slices.ContainsFunc(group, has) && !has(p) {
					names = append(names, p.Decl().Name)
				}
			}
		}
	}
	return names
}

// leave takes a parameter out of sections of a tree, and out of zip.
func (r *reader) leave(m *yaml.Node, name string, zip bool, sections ...string) {
	for _, key := range sections {
		in := r.inside(m, key)
		if in != nil && key == "sample" {
			in = r.inside(in, "over")
		}
		if in != nil {
			drop(in, name)
		}
	}
	if at := index(m, "zip"); zip && at >= 0 && m.Content[at].Kind == yaml.SequenceNode {
		m.Content[at] = r.unzip(m.Content[at], name)
	}
}

// unzip is a zip, or a list of them, without a parameter. One of which a single
// parameter is left is none.
func (r *reader) unzip(n *yaml.Node, name string) *yaml.Node {
	z := r.copy(n)
	found := false
	z.Content = slices.DeleteFunc(z.Content, func(c *yaml.Node) bool {
		gone := c.Kind == yaml.ScalarNode && c.Value == name
		found = found || gone
		return gone
	})
	for i, c := range z.Content {
		if c.Kind == yaml.SequenceNode {
			z.Content[i] = r.unzip(c, name)
		}
	}
	z.Content = slices.DeleteFunc(z.Content, func(c *yaml.Node) bool {
		return c.Kind == yaml.SequenceNode && len(c.Content) == 0 && !slices.Contains(n.Content, c)
	})
	if found && len(z.Content) == 1 {
		z.Content = nil
	}
	return z
}

// tidy takes away sections that giving way left empty.
func (r *reader) tidy(m *yaml.Node) {
	if _, sample := lookup(m, "sample"); sample != nil && sample.Kind == yaml.MappingNode {
		if _, over := lookup(sample, "over"); over != nil && len(over.Content) == 0 || len(sample.Content) == 0 {
			drop(m, "sample")
		}
	}
	for _, key := range []string{"params", "derive", "zip"} {
		if _, n := lookup(m, key); n != nil && n.Kind != yaml.ScalarNode && len(n.Content) == 0 {
			drop(m, key)
		}
	}
}

// inside is a copy of the mapping under a key, put in its place, so that it can be
// changed; nil if there is none.
func (r *reader) inside(m *yaml.Node, key string) *yaml.Node {
	at := index(m, key)
	if at < 0 || m.Content[at].Kind != yaml.MappingNode {
		return nil
	}
	m.Content[at] = r.copy(m.Content[at])
	return m.Content[at]
}

// drop takes a key out of a mapping.
func drop(m *yaml.Node, key string) {
	if at := index(m, key); at >= 0 {
		m.Content = slices.Delete(m.Content, at-1, at+1)
	}
}

// constant reports whether a parameter is given one value.
func constant(v *yaml.Node) bool {
	if k, _ := lookup(v, "value"); k != nil {
		return true
	}
	return v.Kind == yaml.ScalarNode
}

// onlyAdjusts reports whether a change leaves the values of an axis, and says how to
// refine it, or when it is taken.
func onlyAdjusts(v *yaml.Node) bool {
	if v.Kind != yaml.MappingNode || len(v.Content) == 0 {
		return false
	}
	for k := range pairs(v) {
		if k.Value != "refine" && k.Value != "when" {
			return false
		}
	}
	return true
}

// removable are the keys that an override takes away by an empty list or mapping.
var removable = []string{"zip", "where", "sample", "derive", "carry", "blocks"}

// overridden is a tree with an override laid over it: what it excludes gives way, and
// an empty list or mapping takes a key away.
func (r *reader) overridden(root, changes *yaml.Node) *yaml.Node {
	if root.Kind != yaml.MappingNode {
		return root
	}
	m := r.copy(root)
	r.giveWay(m, changes)
	key, value := changes.Content[0].Value, changes.Content[1]
	if _, sample := lookup(m, "sample"); key == "sample" && sample != nil && sample.Kind == yaml.MappingNode && value.Kind == yaml.MappingNode {
		changes = r.copy(changes)
		changes.Content[1] = r.redrawn(sample, value)
	}
	m = r.change(m, changes)
	if value.Kind == yaml.ScalarNode || len(value.Content) > 0 || !slices.Contains(removable, key) {
		return m
	}
	drop(m, key)
	if at := index(m, "blocks"); at >= 0 && m.Content[at].Kind == yaml.SequenceNode {
		blocks := r.copy(m.Content[at])
		for i, b := range blocks.Content {
			if b.Kind == yaml.MappingNode && index(b, key) >= 0 {
				b = r.copy(b)
				drop(b, key)
				blocks.Content[i] = b
				r.yielded[b] = true
			}
		}
		m.Content[at] = blocks
	}
	return m
}

// redrawn is a design with changes laid over it, key by key and distribution by
// distribution.
func (r *reader) redrawn(sample, changes *yaml.Node) *yaml.Node {
	all := r.copy(sample)
	for k, v := range pairs(changes) {
		_, drawn := lookup(all, k.Value)
		if k.Value == "over" && drawn != nil && drawn.Kind == yaml.MappingNode && v.Kind == yaml.MappingNode {
			over := r.copy(drawn)
			for k, v := range pairs(v) {
				r.put(over, k, v)
			}
			v = over
		}
		r.put(all, k, v)
	}
	return all
}

// idled is the condition of an axis that holds nowhere in a grid.
type idled struct {
	when  *expression
	param string
}

// idles takes note of a condition that holds nowhere in a grid.
func (r *reader) idles(when *expression, param string) {
	r.idled = append(r.idled, idled{when, param})
}

// unheld refuses conditions that hold in no grid; while overrides are read one that the
// file has gives way.
func (r *reader) unheld() {
	for _, i := range r.idled {
		node := i.when.node
		if r.holds[node] {
			continue
		}
		if at, ok := r.places[node]; r.idle != nil && !(ok && strings.HasPrefix(at.src.name, "-s ")) {
			r.idle[node] = true
			continue
		}
		r.fail(node, "unused", i.when.path, mistakef("", "the condition holds nowhere: the values of %s are used by nothing", i.param))
	}
}

// active is a tree without the parameters whose condition is idle.
func (r *reader) active(root *yaml.Node, idle map[*yaml.Node]bool) *yaml.Node {
	m := r.without(root, idle)
	if at := index(m, "blocks"); at >= 0 && m.Content[at].Kind == yaml.SequenceNode {
		blocks := r.copy(m.Content[at])
		for i, b := range blocks.Content {
			if b.Kind == yaml.MappingNode {
				blocks.Content[i] = r.without(b, idle)
				r.yielded[blocks.Content[i]] = true
			}
		}
		m.Content[at] = blocks
	}
	return m
}

// without is a spec or a block without the parameters whose condition is idle.
func (r *reader) without(root *yaml.Node, idle map[*yaml.Node]bool) *yaml.Node {
	m := r.copy(root)
	leave := func(in *yaml.Node) {
		for i := len(in.Content) - 2; i >= 0; i -= 2 {
			if _, when := lookup(in.Content[i+1], "when"); when != nil && idle[when] {
				in.Content = slices.Delete(in.Content, i, i+2)
			}
		}
	}
	if in := r.inside(m, "params"); in != nil {
		leave(in)
	}
	if in := r.inside(m, "measure"); in != nil {
		for i := 1; i < len(in.Content); i += 2 {
			if in.Content[i].Kind == yaml.MappingNode {
				in.Content[i] = r.copy(in.Content[i])
				leave(in.Content[i])
			}
		}
	}
	r.tidy(m)
	return m
}

// used is a tree without the blocks that giving way left without a point of their own,
// and without what those that stay give anew.
func (r *reader) used(root *yaml.Node) *yaml.Node {
	at := index(root, "blocks")
	if at < 0 || len(r.surplus) == 0 {
		return root
	}
	m, blocks := r.copy(root), r.copy(root.Content[at])
	blocks.Content = slices.DeleteFunc(blocks.Content, func(b *yaml.Node) bool { return r.surplus[b] })
	m.Content[at] = blocks
	eachCovered(root, blocks, func(section string, k *yaml.Node) {
		in := m
		if section != "" {
			in = r.inside(m, section)
		}
		drop(in, k.Value)
	})
	r.tidy(m)
	return m
}
