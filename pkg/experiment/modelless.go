package experiment

import (
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/neurosweep/sweep/pkg/models"
)

// modelless reads what can be told of a spec whose model is not known: the form of what
// parameters are given, numbers that are none, expressions, and the figures.
func (r *reader) modelless(root *yaml.Node) {
	r.unsure = []string{""}
	defer func() { r.unsure = nil }()
	r.scope = &scope{kinds: make(map[string]models.Kind), choices: make(map[string][]string), noun: "parameter or derived value", open: true}
	r.form(root, "")
	if _, n := lookup(root, "blocks"); n != nil && n.Kind == yaml.SequenceNode {
		for i, b := range n.Content {
			path := element("blocks", i)
			for k := range pairs(b) {
				if b.Kind == yaml.MappingNode && named(k) && !slices.Contains(blockKeys, k.Value) {
					r.fail(k, "unknown-key", join(path, k.Value), mistakef(suggest(k.Value, "keys", blockKeys), "a block has no key %q", clip(k.Value)))
				}
			}
			r.form(b, path)
		}
	}
	r.figures(root, &Spec{})
}

// form reads the parameters, derived values and conditions of a grid of an unknown model.
func (r *reader) form(root *yaml.Node, path string) {
	within := func(key string) string { return strings.TrimPrefix(path+"."+key, ".") }
	if _, n := lookup(root, "params"); n != nil && n.Kind == yaml.MappingNode {
		for k, v := range pairs(n) {
			if named(k) && !r.full() {
				r.formOf(v, join(within("params"), k.Value))
			}
		}
	}
	if _, n := lookup(root, "derive"); n != nil && n.Kind == yaml.MappingNode {
		for k, v := range pairs(n) {
			if named(k) && !r.full() {
				r.expression(v, join(within("derive"), k.Value))
			}
		}
	}
	if _, n := lookup(root, "where"); n != nil && n.Kind == yaml.SequenceNode {
		for i, c := range n.Content {
			r.expression(c, element(within("where"), i))
		}
	} else if n != nil {
		r.expression(n, within("where"))
	}
}

// formOf reads what a parameter of an unknown model is given.
func (r *reader) formOf(n *yaml.Node, path string) {
	switch n.Kind {
	case yaml.ScalarNode:
		// What begins as a number is meant as one, and a text may be a choice.
		if numeric := numberLike.MatchString(n.Value) || numpy.MatchString(n.Value); numeric && !quoted(n) {
			if _, err := number(n); err != nil {
				r.failValue(n, path, err)
			}
		}
	case yaml.SequenceNode:
		for i, c := range n.Content {
			if !r.full() {
				r.formOf(c, element(path, i))
			}
		}
	case yaml.MappingNode:
		for k, v := range pairs(n) {
			at := join(path, k.Value)
			switch {
			case !named(k):
			case k.Value == "refine":
				r.count(v, at, 1, maxCount)
			case k.Value == "when":
				r.expression(v, at)
			case k.Value == "list" || k.Value == "value":
				r.formOf(v, at)
			case slices.Contains(generatorNames(), k.Value):
				// A word may be the name of a parameter.
				for _, c := range v.Content {
					if !numberLike.MatchString(c.Value) && !numpy.MatchString(c.Value) {
						r.scope.names = append(r.scope.names, identifier.FindAllString(c.Value, -1)...)
					}
				}
				r.sequence(k, v, 1, 0, anyNumber, at)
			default:
				r.fail(k, "unknown-key", at, mistakef(suggest(k.Value, "an axis is a list or one of", append(forms(), "refine", "when")), "there is no %q", clip(k.Value)))
			}
		}
	}
}

// anyNumber is a parameter of which no more is known than that it takes numbers.
var anyNumber = models.Float("number", 0, "").Decl()

// numberLike is how a number begins.
var numberLike = regexp.MustCompile(`^[-+]?\.?[0-9]`)

// suggestParam is the hint for a name that is no parameter of the model: of a symbol or
// a word that tells of one parameter alone, that one.
func suggestParam(m *models.Model, name string) string {
	hint := suggest(name, "parameters", paramNames(m))
	if strings.HasPrefix(hint, "did you mean ") && (len(name) > 2 || strings.Contains(hint, "case")) {
		return hint
	}
	if p := symbol(m, name); p != nil {
		return "did you mean " + p.Name + ": " + p.Doc + "?"
	}
	return hint
}

// symbol is the parameter that a name stands for in the docs of a model, nil if none or
// several are.
func symbol(m *models.Model, name string) *models.ParamDecl {
	if !identifier.MatchString(name) || len(name) > 40 || slices.Contains([]string{"a", "in", "of", "is", "the", "to", "as", "or", "and"}, name) {
		return nil
	}
	word := regexp.MustCompile(`(^|[^\pL\pN_])` + regexp.QuoteMeta(name) + `($|[^\pL\pN_])`)
	var found *models.ParamDecl
	for _, p := range m.Params {
		d := p.Decl()
		if !word.MatchString(d.Doc) {
			continue
		}
		if found != nil {
			return nil
		}
		found = d
	}
	if found != nil {
		return found
	}
	// As in a table of symbols, or in a sentence: b is the bias.
	said := regexp.MustCompile(`(?m)(?:^[/\s]*|[\s(])` + regexp.QuoteMeta(name) + `(?:\s{2,}(?:the |a )?| = | (?:is |its |the |a )+)([a-z][a-z0-9_]*)\b`)
	for _, match := range said.FindAllStringSubmatch(m.Doc, -1) {
		i := m.Param(match[1])
		switch {
		case i < 0:
		case found != nil && found != m.Params[i].Decl():
			return nil
		default:
			found = m.Params[i].Decl()
		}
	}
	return found
}
