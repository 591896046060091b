package experiment

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Resolved is the spec as run: with what it extends, its definitions, the
// variant and the overrides applied and the variants left out. Read without
// options it gives the same plan. Comments are kept, but for those of values
// that were changed.
func (s *Spec) Resolved() []byte { return encode(s.root) }

// Origins is Resolved with a comment behind each value that says where it was
// given: line and file, variant, or override.
func (s *Spec) Origins() []byte {
	root := *s.root
	root.HeadComment = ""
	root.Content = s.annotated(s.root)
	return encode(&root)
}

func encode(root *yaml.Node) []byte {
	var b bytes.Buffer
	e := yaml.NewEncoder(&b)
	e.SetIndent(2)
	// The tree was read from YAML, so it can be written.
	if err := e.Encode(faithful(root)); err != nil {
		panic("experiment: a spec cannot be written: " + err.Error())
	}
	return b.Bytes()
}

// faithful is a tree that is written as it reads: a folded text with a line that begins
// with a blank would gain lines, and one that itself begins with a blank loses it.
func faithful(n *yaml.Node) *yaml.Node {
	c := *n
	c.Content = make([]*yaml.Node, len(n.Content))
	for i, child := range n.Content {
		c.Content[i] = faithful(child)
	}
	if c.Kind == yaml.ScalarNode && c.Style&(yaml.FoldedStyle|yaml.LiteralStyle) != 0 {
		switch {
		case c.Value != "" && strings.ContainsRune(" \t\n", rune(c.Value[0])):
			c.Style = yaml.DoubleQuotedStyle
		case strings.Contains(c.Value, "\n ") || strings.Contains(c.Value, "\n\t"):
			c.Style = c.Style&^yaml.FoldedStyle | yaml.LiteralStyle
		}
	}
	return &c
}

// annotated is the keys and values of a mapping with their origins.
func (s *Spec) annotated(n *yaml.Node) []*yaml.Node {
	var content []*yaml.Node
	for k, v := range pairs(n) {
		key, value := *k, *v
		key.HeadComment, key.LineComment, key.FootComment = "", "", ""
		value.HeadComment, value.LineComment, value.FootComment = "", "", ""
		switch {
		case v.Kind == yaml.MappingNode && n == s.root && slices.Contains(merged, k.Value):
			value.Style &^= yaml.FlowStyle
			value.Content = s.annotated(v)
		case v.Kind == yaml.ScalarNode && v.Style&(yaml.LiteralStyle|yaml.FoldedStyle) == 0 || v.Style&yaml.FlowStyle != 0:
			value.LineComment = "# " + s.origin(v)
		default:
			key.HeadComment = "# " + s.origin(v)
		}
		content = append(content, &key, &value)
	}
	return content
}

// origin says where a value was given.
func (s *Spec) origin(n *yaml.Node) string {
	at, ok := s.places[n]
	if !ok {
		at.src = s.source
	}
	if at.src != s.source && (strings.HasPrefix(at.src.name, "-s ") || strings.HasPrefix(at.src.name, "--name ")) {
		return at.src.name
	}
	text := fmt.Sprintf("%s:%d", at.src.name, n.Line)
	if name, ok := strings.CutPrefix(at.prefix, "variants."); ok {
		text += ", variant " + name
	}
	return text
}
