package experiment

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/neurosweep/sweep/pkg/models"
	"go.yaml.in/yaml/v3"
)

const (
	maxSize   = 1 << 20 // of a spec, in bytes
	maxDepth  = 24      // of the nesting of lists and mappings
	maxErrors = 100     // that are reported
	maxKeys   = 1000    // of a mapping
)

// place says where a node was written, and as part of what.
type place struct {
	src    *source
	prefix string // of the path, "variants.quick"
}

// reader collects the mistakes of one spec: of its file and its overrides.
type reader struct {
	models  []*models.Model
	file    *source
	places  map[*yaml.Node]place    // of nodes that stand in a variant or an override
	read    map[valueKey]*given     // values already read
	scope   *scope                  // what names stand for in the expressions being read
	rows    int64                   // laid out one by one so far
	limit   int64                   // of these
	reading int64                   // what the expressions cost that are evaluated at each row
	laid    map[pointsKey]*laidOut  // points already laid out
	drawn   map[figuresKey][]Figure // figures already read

	unsure  []string // columns that figures may name although mistakes hide them
	variant string   // being read, if the spec without it is right
	layer   layer    // that is being read

	yielded map[*yaml.Node]bool // blocks that gave something up
	surplus map[*yaml.Node]bool // those of them that have no point of their own any more
	idle    map[*yaml.Node]bool // if not nil: conditions that hold nowhere, which may be
	holds   map[*yaml.Node]bool // conditions of axes that hold somewhere in the spec that is laid out
	idled   []idled             // those that do not in one of its grids

	aliased bool // the tree being read has aliases
	sources int  // files and overrides read
	fails   int  // mistakes found, also those that are in errs already
	errs    Errors
	seen    map[Error]bool
}

// fail records a mistake at the node.
func (r *reader) fail(n *yaml.Node, code, path string, m *mistake) {
	if r.full() {
		r.fails++
		return
	}
	at, ok := r.places[n]
	if !ok {
		at.src = r.file
	}
	if at.prefix != "" {
		path = strings.TrimSuffix(at.prefix+"."+path, ".")
	}
	r.report(at.src, n.Line, n.Column, width(n), code, path, m)
}

func (r *reader) report(src *source, line, column, width int, code, path string, m *mistake) {
	r.fails++
	if r.full() {
		return
	}
	if r.variant != "" && !strings.HasPrefix(path, "variants.") {
		m = mistakef(m.hint, "in variant %s: %s", r.variant, m.message)
	}
	e := Error{
		Code: code, File: src.name, Line: line, Column: column, Path: path,
		Message: m.message, Hint: m.hint, Source: strings.ToValidUTF8(src.line(line), "\ufffd"),
		width: width, order: src.order,
	}
	// What several variants share is read with each of them.
	if r.seen[e] {
		return
	}
	if r.seen == nil {
		r.seen = make(map[Error]bool)
	}
	r.seen[e] = true
	r.errs = append(r.errs, &e)
}

// full reports whether there are so many mistakes that reading on is no help.
func (r *reader) full() bool { return len(r.errs) >= maxErrors }

// err is what has been collected, in order.
func (r *reader) err() error {
	if len(r.errs) == 0 {
		return nil
	}
	r.errs.sort()
	if r.full() {
		r.errs = append(r.errs, &Error{Code: "too-many", File: r.file.name,
			Message: fmt.Sprintf("there may be more mistakes than the %d above", maxErrors)})
	}
	return r.errs
}

// width is the number of characters to underline for the node.
func width(n *yaml.Node) int {
	if n.Kind != yaml.ScalarNode || strings.Contains(n.Value, "\n") || n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
		return 1
	}
	w := utf8.RuneCountInString(n.Value)
	if quoted(n) {
		w += 2
	}
	return w
}

// named reports whether the key is a name; if not, strict has reported it.
func named(k *yaml.Node) bool { return k.Kind == yaml.ScalarNode && k.Tag != "!!merge" }

func quoted(n *yaml.Node) bool {
	return n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) != 0
}

// tree parses one YAML document and refuses what YAML admits and a spec does
// not: aliases, tags, repeated keys, a second document. It returns nil if
// nothing could be read.
func (r *reader) tree(src *source, text []byte) *yaml.Node {
	at := func(line, column int, code string, m *mistake) { r.report(src, line, column, 1, code, "", m) }
	if !r.readable(src, text, "the spec is") {
		return nil
	}
	docs, err := documents(text)
	switch {
	case err != nil:
		r.syntax(src, err)
	case len(docs) == 0:
		at(1, 1, "missing", mistakef("a spec begins with about: and model:", "the spec is empty"))
	case len(docs) > 1:
		at(docs[1].Line, docs[1].Column, "document", mistakef("", "a spec is one YAML document, and here begins a second"))
	}
	if len(docs) == 0 {
		return nil
	}
	// Mistakes point into this text until what they are part of is known.
	before := r.file
	r.file, r.aliased = src, false
	defer func() { r.file = before }()
	glue(docs[0])
	if !r.strict(docs[0], "", 0, false) {
		return nil
	}
	return r.expand(docs[0])
}

// documents are the first two documents of a text, and what stopped the
// parser.
func documents(text []byte) (docs []*yaml.Node, err error) {
	// The parser panics on a few malformed texts.
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%v", p)
		}
	}()
	// The parser loses comments at lines that end with two characters.
	text = bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n"))
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	for len(docs) < 2 {
		var doc yaml.Node
		if err := decoder.Decode(&doc); err != nil {
			if errors.Is(err, io.EOF) {
				err = nil
			}
			return docs, err
		}
		if len(doc.Content) > 0 {
			// A comment above a blank line belongs to the document.
			if root := doc.Content[0]; doc.HeadComment != "" && root.HeadComment == "" {
				root.HeadComment = doc.HeadComment
			}
			docs = append(docs, doc.Content[0])
		}
	}
	return docs, nil
}

// invalid is the place of the first byte that is not UTF-8.
func invalid(text []byte) int {
	for i := 0; i < len(text); {
		c, size := utf8.DecodeRune(text[i:])
		if c == utf8.RuneError && size == 1 {
			return i
		}
		i += size
	}
	return len(text)
}

var yamlLine = regexp.MustCompile(`^yaml: (?:line (\d+): )?((?s).*)$`)

// syntax records a mistake that the YAML parser found. The parser names a line
// only.
func (r *reader) syntax(src *source, err error) {
	line, message := 1, err.Error()
	if m := yamlLine.FindStringSubmatch(message); m != nil {
		message = m[2]
		if n, err := strconv.Atoi(m[1]); err == nil {
			// The grammar, unlike the scanner, counts lines from 0.
			if strings.HasPrefix(message, "did not find expected") {
				n++
			}
			line = min(n, len(src.lines))
		}
	}
	if strings.Contains(message, "incompatible YAML document") {
		i := max(0, slices.IndexFunc(src.lines, func(l string) bool { return strings.HasPrefix(l, "%YAML") }))
		r.report(src, i+1, 1, utf8.RuneCountInString(src.line(i+1)), "syntax", "", mistakef("leave the line out", "the reader knows YAML 1.1 and no other that is asked for by %%YAML"))
		return
	}
	text := src.line(line)
	// A tab that indents is what the parser has most trouble to name. It may
	// stand in the line after the one that the parser names.
	if strings.Contains(message, "tab character") || strings.Contains(message, "cannot start any token") {
		for n := line; n <= line+1; n++ {
			text := src.line(n)
			blank := text[:len(text)-len(strings.TrimLeft(text, " \t"))]
			if i := strings.IndexByte(blank, '\t'); i >= 0 {
				r.report(src, n, i+1, 1, "syntax", "", mistakef("indent with spaces", "YAML admits no tab here"))
				return
			}
		}
	}
	column := utf8.RuneCountInString(text[:len(text)-len(strings.TrimLeft(text, " \t"))]) + 1
	r.report(src, line, column, utf8.RuneCountInString(strings.TrimSpace(text)), "syntax", "", mistakef(syntaxHint(message), "not YAML: %s", message))
}

// syntaxHint says what most often lies behind a message of the parser's.
func syntaxHint(message string) string {
	switch {
	case strings.HasPrefix(message, "did not find expected ','"):
		return "a comma is missing, or a bracket is not closed"
	case strings.HasPrefix(message, "mapping values are not allowed"):
		return "indent keys alike, and write a text that holds a colon below about: |"
	}
	return ""
}

// strict checks the node and all below it; defs says that it stands under that
// key, where anchors may. It reports whether the tree can be read further,
// which only a too deep one cannot.
func (r *reader) strict(n *yaml.Node, path string, depth int, defs bool) bool {
	if depth > maxDepth {
		r.fail(n, "depth", path, mistakef("", "lists and mappings are nested more than %d deep", maxDepth))
		return false
	}
	if n.Anchor != "" && !defs {
		r.fail(n, "alias", path, mistakef("define it there and use it here", "a spec has anchors under defs only: &%s", clip(n.Anchor)))
	}
	if n.Style&yaml.TaggedStyle != 0 {
		r.fail(n, "tag", path, mistakef("leave it out", "a spec has no tags: %s", clip(n.Tag)))
	}
	ok := true
	switch n.Kind {
	case yaml.AliasNode:
		r.aliased = true
	case yaml.SequenceNode:
		for i, c := range n.Content {
			ok = r.strict(c, element(path, i), depth+1, defs) && ok
		}
	case yaml.MappingNode:
		if len(n.Content)/2 > maxKeys {
			r.fail(n, "bounds", path, mistakef("", "a mapping has at most %d keys, this has %d", maxKeys, len(n.Content)/2))
			return false
		}
		first := make(map[string]*yaml.Node, len(n.Content)/2)
		for k, v := range pairs(n) {
			below := join(path, k.Value)
			f := first[k.Value]
			switch {
			case k.Kind != yaml.ScalarNode:
				r.fail(k, "syntax", path, mistakef("", "a key is a name, not a list or a mapping"))
				continue
			case k.Tag == "!!merge" && !defs:
				r.fail(k, "alias", path, mistakef("write the keys where they are used", "a spec has merge keys under defs only"))
			case f != nil:
				r.fail(k, "duplicate-key", below, mistakef("leave one of them out",
					"%q is given twice, first at %d:%d", clip(k.Value), f.Line, f.Column))
			default:
				first[k.Value] = k
			}
			if k.Tag == "!!merge" {
				r.aliased = true
			}
			ok = r.strict(k, below, depth+1, defs) && ok
			ok = r.strict(v, below, depth+1, defs || depth == 0 && k.Value == "defs") && ok
		}
	}
	return ok
}

// pairs are the keys and values of a mapping, in order.
func pairs(n *yaml.Node) func(yield func(k, v *yaml.Node) bool) {
	return func(yield func(k, v *yaml.Node) bool) {
		for i := 0; i+1 < len(n.Content); i += 2 {
			if !yield(n.Content[i], n.Content[i+1]) {
				return
			}
		}
	}
}

// lookup is the key and the value of that name in a mapping, or nil.
func lookup(n *yaml.Node, name string) (k, v *yaml.Node) {
	if n != nil && n.Kind == yaml.MappingNode {
		for k, v := range pairs(n) {
			if k.Value == name {
				return k, v
			}
		}
	}
	return nil, nil
}

func element(path string, i int) string { return fmt.Sprintf("%s[%d]", path, i) }

func join(path, name string) string {
	if path == "" {
		return clip(name)
	}
	return path + "." + clip(name)
}
