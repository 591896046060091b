package experiment

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// variant is a named change of a spec.
type variant struct {
	name    string
	changes *yaml.Node
}

// changeable are the keys that a variant may change.
var changeable = []string{"name", "about", "seed", "replicates", "order", "measure", "record", "params", "sample", "derive", "zip", "where", "carry", "blocks", "streams", "figures"}

// merged are the keys whose entries are changed one by one.
var merged = []string{"measure", "record", "params", "sample", "derive", "carry", "streams"}

// maxVariants is how many variants a spec has.
const maxVariants = 256

// A variant's name ends the name of a folder.
var variantName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]*$`)

// variants reads the variants of a spec, without the values in them: these are
// read as part of the spec that each makes.
func (r *reader) variants(root *yaml.Node) []variant {
	section := r.section(root, "variants", "names to changes")
	if section == nil {
		return nil
	}
	if n := len(section.Content) / 2; n > maxVariants {
		r.fail(section, "bounds", "variants", mistakef("write several specs that extend one", "a spec has at most %d variants, this has %d", maxVariants, n))
		return nil
	}
	var list []variant
	for k, v := range pairs(section) {
		if !named(k) || v.Kind == yaml.AliasNode || r.full() {
			continue
		}
		path := join("variants", k.Value)
		if !variantName.MatchString(k.Value) {
			r.fail(k, "name", path, mistakef("use letters, digits, - and _", "a variant's name is part of a folder's name"))
		}
		if v.Kind != yaml.MappingNode {
			r.fail(v, "kind", path, mistakef("as in {replicates: 2}", "takes a mapping of changes, not %s", what(v)))
			continue
		}
		// Changes that no variant can make are reported here and left out.
		changes := *v
		changes.Content = nil
		for k, v := range pairs(v) {
			switch {
			case !named(k):
				continue
			case !slices.Contains(changeable, k.Value):
				r.fail(k, "unknown-key", join(path, k.Value), mistakef(suggest(k.Value, "keys", changeable), "a variant has no key %q", clip(k.Value)))
				continue
			}
			changes.Content = append(changes.Content, k, v)
		}
		r.locate(&changes, place{r.file, path})
		list = append(list, variant{k.Value, &changes})
	}
	return list
}

// locate remembers where the node and all below it stand.
func (r *reader) locate(n *yaml.Node, at place) {
	if r.places == nil {
		r.places = make(map[*yaml.Node]place)
	}
	r.places[n] = at
	for _, c := range n.Content {
		r.locate(c, at)
	}
}

// merge is the tree with the changes laid over it and its variants left out.
// Neither tree is changed; the result shares their nodes.
func (r *reader) merge(root, changes *yaml.Node) *yaml.Node {
	if root.Kind != yaml.MappingNode {
		return root
	}
	m := r.copy(root)
	m.Content = nil
	for k, v := range pairs(root) {
		if k.Value != "variants" || k.Kind != yaml.ScalarNode {
			m.Content = append(m.Content, k, v)
		}
	}
	if changes == nil {
		return m
	}
	for k, v := range pairs(changes) {
		if v.Kind == yaml.MappingNode {
			switch k.Value {
			case "measure":
				r.withdraw(m, "params", v.Content)
			case "params":
				r.withdraw(m, "measure", []*yaml.Node{k, v})
			}
		}
		i := index(m, k.Value)
		if i >= 0 && (k.Value == "measure" || k.Value == "record") && v.Kind == yaml.MappingNode {
			m.Content[i] = r.asking(m.Content[i], v)
			continue
		}
		if i >= 0 && slices.Contains(merged, k.Value) && m.Content[i].Kind == yaml.MappingNode && v.Kind == yaml.MappingNode {
			section := r.copy(m.Content[i])
			if key := k.Value; key == "params" || key == "derive" {
				r.giveUp(m, section, v)
			}
			for k, v := range pairs(v) {
				r.put(section, k, r.adjusted(section, k, v))
			}
			m.Content[i] = section
			continue
		}
		r.put(m, k, v)
	}
	return m
}

// giveUp leaves out of the parameters given so far those that exclude one of
// the changes: of a group of which a model takes one, the change gives another.
func (r *reader) giveUp(root, section, changes *yaml.Node) {
	_, name := lookup(root, "model")
	for _, m := range r.models {
		if name == nil || m.Name != name.Value {
			continue
		}
		for _, group := range m.OneOf {
			var given []string
			for _, p := range group {
				if index(changes, p.Decl().Name) >= 0 {
					given = append(given, p.Decl().Name)
				}
			}
			for _, p := range group {
				if i := index(section, p.Decl().Name); i >= 0 && given != nil && !slices.Contains(given, p.Decl().Name) {
					section.Content = slices.Delete(section.Content, i-1, i+1)
				}
			}
		}
	}
}

// asking is what a change makes of the measures asked for, or of the traces kept:
// their keys are changed one by one, and new ones are added. A list of names stands
// for a mapping of them.
func (r *reader) asking(asked, changes *yaml.Node) *yaml.Node {
	section := r.copy(asked)
	switch asked.Kind {
	case yaml.SequenceNode:
		section.Kind, section.Tag, section.Content = yaml.MappingNode, "!!map", nil
		for _, name := range asked.Content {
			none := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Style: yaml.FlowStyle, Line: name.Line, Column: name.Column}
			if at, ok := r.places[name]; ok {
				r.places[none] = at
			}
			section.Content = append(section.Content, name, none)
		}
	case yaml.MappingNode:
	default:
		return changes
	}
	for k, v := range pairs(changes) {
		i := index(section, k.Value)
		if i >= 0 && section.Content[i].Kind == yaml.MappingNode && v.Kind == yaml.MappingNode {
			given := r.copy(section.Content[i])
			for k, v := range pairs(v) {
				r.put(given, k, r.adjusted(given, k, v))
			}
			v = given
		}
		r.put(section, k, v)
	}
	return section
}

// withdraw leaves out of a section of root, params or measure, what a change
// gives in the other: a parameter of a measure may be given in either. changes are
// names and mappings in turn, whose keys are what is given.
func (r *reader) withdraw(root *yaml.Node, from string, changes []*yaml.Node) {
	at := index(root, from)
	if at < 0 || root.Content[at].Kind != yaml.MappingNode {
		return
	}
	without := func(n *yaml.Node, name string) *yaml.Node {
		i := index(n, name)
		if n.Kind != yaml.MappingNode || i < 0 {
			return n
		}
		n = r.copy(n)
		n.Content = slices.Delete(n.Content, i-1, i+1)
		return n
	}
	section := r.copy(root.Content[at])
	for i := 1; i < len(changes); i += 2 {
		if changes[i].Kind != yaml.MappingNode {
			continue
		}
		for k := range pairs(changes[i]) {
			if from == "params" {
				section = without(section, k.Value)
				continue
			}
			for j := 1; j < len(section.Content); j += 2 {
				section.Content[j] = without(section.Content[j], k.Value)
			}
		}
	}
	if from == "params" && len(section.Content) == 0 {
		root.Content = slices.Delete(root.Content, at-1, at+1)
		return
	}
	root.Content[at] = section
}

// adjusted is what a change makes of an axis: one that only says how to refine
// it, or when it is taken, leaves its values.
func (r *reader) adjusted(section, k, v *yaml.Node) *yaml.Node {
	i := index(section, k.Value)
	if i < 0 || v.Kind != yaml.MappingNode {
		return v
	}
	if len(v.Content) > 0 && !onlyAdjusts(v) {
		return v
	}
	axis := r.copy(section.Content[i])
	if axis.Kind != yaml.MappingNode {
		form := "value"
		if axis.Kind == yaml.SequenceNode {
			form = "list"
		}
		key := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: form, Line: axis.Line, Column: axis.Column}
		old := axis
		axis = &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Style: yaml.FlowStyle, Content: []*yaml.Node{key, axis}, Line: axis.Line, Column: axis.Column}
		if at, ok := r.places[old]; ok {
			r.places[key], r.places[axis] = at, at
		}
	}
	for k, v := range pairs(v) {
		r.put(axis, k, v)
	}
	return axis
}

// copy is a copy of a node that stands where the node stands.
func (r *reader) copy(n *yaml.Node) *yaml.Node {
	c := *n
	c.Content = slices.Clone(n.Content)
	if at, ok := r.places[n]; ok {
		r.places[&c] = at
	}
	return &c
}

// put gives a key of a mapping the value v, in the place that the key has or
// at the end. The new key's node goes along, so that mistakes point to it; the
// comment above the old one stays.
func (r *reader) put(m, k, v *yaml.Node) {
	i := index(m, k.Value)
	if i < 0 {
		m.Content = append(m.Content, k, v)
		return
	}
	if old := m.Content[i-1]; k.HeadComment == "" && old.HeadComment != "" {
		k = r.copy(k)
		k.HeadComment = old.HeadComment
	}
	m.Content[i-1], m.Content[i] = k, v
}

// index is the place in m.Content of the value of a key, or -1.
func index(m *yaml.Node, key string) int {
	for i := 0; i+1 < len(m.Content); i += 2 {
		if m.Content[i].Kind == yaml.ScalarNode && m.Content[i].Value == key {
			return i + 1
		}
	}
	return -1
}

func (r *reader) unknownVariant(root *yaml.Node, name string, list []variant) {
	var names []string
	for _, v := range list {
		names = append(names, v.name)
	}
	at, _ := lookup(root, "variants")
	if at == nil {
		at = root
	}
	hint := suggest(name, "variants", names)
	if len(names) == 0 {
		hint = "the spec has no variants"
	}
	r.fail(at, "unknown-variant", "variants", mistakef(hint, "there is no variant %q", clip(name)))
}

// override reads one override "key=value" into a tree of changes. It returns
// nil if there is a mistake.
func (r *reader) override(text string, order int) *yaml.Node {
	src := newSource("-s "+clip(text), text, order)
	key, value, ok := strings.Cut(text, "=")
	bad := func(column, width int, code string, m *mistake) *yaml.Node {
		r.report(src, 1, column, width, code, "", m)
		return nil
	}
	if !utf8.ValidString(text) {
		return bad(1, 1, "encoding", mistakef("", "the override is not UTF-8"))
	}
	if !ok {
		return bad(1, utf8.RuneCountInString(text), "override", mistakef("as in gamma=0.5", "an override is key=value"))
	}
	path := strings.Split(key, ".")
	for _, part := range path {
		if part == "" || strings.TrimSpace(part) != part {
			return bad(1, utf8.RuneCountInString(key), "override", mistakef("as in gamma=0.5 or streams.weights=[n]", "%q is not a key", clip(key)))
		}
	}
	if !slices.Contains(keys, path[0]) {
		path = append([]string{"params"}, path...)
	}
	switch path[0] {
	case "variants":
		return bad(1, utf8.RuneCountInString(key), "override", mistakef("override what the variant changes", "variants cannot be overridden"))
	case "extends", "defs":
		return bad(1, utf8.RuneCountInString(key), "override", mistakef("override what comes of it", "%s cannot be overridden", path[0]))
	}
	deep := slices.Contains([]string{"params", "measure", "record"}, path[0])
	if path[0] == "sample" && len(path) > 1 && path[1] == "over" {
		deep = true
	}
	most := 3
	if path[0] == "sample" {
		most = 4
	}
	if len(path) > most || len(path) > 1 && !slices.Contains(merged, path[0]) || len(path) > 2 && !deep {
		return bad(1, utf8.RuneCountInString(key), "override", mistakef("", "a spec has no place %s", clip(key)))
	}
	if strings.TrimSpace(value) == "" {
		return bad(utf8.RuneCountInString(key)+1, 1, "missing", mistakef("", "%s has no value", clip(key)))
	}
	// Blanks for the key keep the columns right.
	blank := strings.Repeat(" ", utf8.RuneCountInString(key)+1)
	node := r.tree(src, []byte(blank+value))
	if node == nil {
		return nil
	}
	// The key's last part stands under its carets.
	for i := len(path) - 1; i >= 0; i-- {
		k := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: path[i], Line: 1, Column: 1 + keyColumn(key, len(path)-1-i)}
		node = &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Content: []*yaml.Node{k, node}, Line: 1, Column: 1}
	}
	r.locate(node, place{src: src})
	return node
}

// keyColumn is how many characters stand before a part of a dotted key, which
// is counted from the last.
func keyColumn(key string, fromLast int) int {
	for range fromLast {
		i := strings.LastIndexByte(key, '.')
		if i < 0 {
			return 0
		}
		key = key[:i]
	}
	return utf8.RuneCountInString(key[:strings.LastIndexByte(key, '.')+1])
}
