package experiment

import (
	"slices"

	"go.yaml.in/yaml/v3"
)

// maxNodes is how many nodes a spec has when its aliases are written out: far
// more than a person writes, and few enough for any machine.
const maxNodes = 100_000

// expander writes aliases and merge keys out, so that nothing behind it meets
// one.
type expander struct {
	r     *reader
	nodes int
	stop  bool
}

// expand is the tree with every alias replaced by a copy of what it stands for
// and without defs. It returns nil if that is too large.
func (r *reader) expand(root *yaml.Node) *yaml.Node {
	if !r.aliased {
		return withoutKey(root, "defs")
	}
	x := &expander{r: r}
	tree := x.copy(withoutKey(root, "defs"), 0)
	if x.stop {
		return nil
	}
	return tree
}

func withoutKey(root *yaml.Node, key string) *yaml.Node {
	i := index(root, key)
	if root.Kind != yaml.MappingNode || i < 0 {
		return root
	}
	c := *root
	c.Content = slices.Delete(slices.Clone(root.Content), i-1, i+1)
	return &c
}

func (x *expander) copy(n *yaml.Node, depth int) *yaml.Node {
	if n.Kind == yaml.AliasNode {
		at := n
		n = n.Alias
		if depth > maxDepth {
			x.refuse(at, "depth", mistakef("", "aliases lead more than %d deep", maxDepth))
			return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!null", Line: at.Line, Column: at.Column}
		}
	}
	if x.nodes++; x.nodes > maxNodes {
		x.refuse(n, "alias", mistakef("", "with its aliases written out the spec has more than %d values", maxNodes))
	}
	c := *n
	c.Anchor, c.Alias, c.Content = "", nil, nil
	if x.stop {
		return &c
	}
	var merges []*yaml.Node
	for i := 0; i < len(n.Content); i++ {
		child := n.Content[i]
		if n.Kind == yaml.MappingNode && i%2 == 0 && child.Tag == "!!merge" && i+1 < len(n.Content) {
			merges = append(merges, x.copy(n.Content[i+1], depth+1))
			i++
			continue
		}
		c.Content = append(c.Content, x.copy(child, depth+1))
	}
	for _, m := range merges {
		x.merge(&c, m)
	}
	return &c
}

// merge adds the keys of a mapping, or of a list of them, that are not there.
func (x *expander) merge(into, from *yaml.Node) {
	if from.Kind == yaml.SequenceNode {
		for _, n := range from.Content {
			if n.Kind == yaml.MappingNode {
				x.merge(into, n)
			}
		}
		return
	}
	for k, v := range pairs(from) {
		if index(into, k.Value) < 0 {
			if len(into.Content) > 2*maxKeys {
				x.refuse(from, "bounds", mistakef("", "a mapping has at most %d keys", maxKeys))
				return
			}
			into.Content = append(into.Content, k, v)
		}
	}
}

// refuse stops the writing out.
func (x *expander) refuse(n *yaml.Node, code string, m *mistake) {
	if !x.stop {
		x.r.fail(n, code, "", m)
	}
	x.stop = true
}
