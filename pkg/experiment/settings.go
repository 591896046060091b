package experiment

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// Text is a value of a settings file as it is written there, whatever readers of YAML
// would make of it: 007 is "007".
type Text struct {
	Value        string
	Line, Column int
	Source       string // the line of the file
}

// ParseSettings reads a file of settings, key: value, each of one text. Its error is an
// [Errors] with every mistake.
func ParseSettings(file string, text []byte, keys []string) (map[string]Text, error) {
	text = []byte(strings.TrimPrefix(string(text), "\ufeff"))
	src := newSource(file, string(text), 0)
	r := &reader{file: src}
	bad := func(n *yaml.Node, code, path, hint, format string, args ...any) {
		r.fail(n, code, path, mistakef(hint, format, args...))
	}
	if !r.readable(src, text, "the settings are") {
		return nil, r.err()
	}
	docs, err := documents(text)
	switch {
	case err != nil:
		r.syntax(src, err)
	case len(docs) > 1:
		bad(docs[1], "document", "", "", "settings are one YAML document, and here begins a second")
	case len(docs) == 1 && docs[0].Kind != yaml.MappingNode:
		bad(docs[0], "kind", "", "as in workers: 4", "settings are key: value")
	}
	texts := make(map[string]Text)
	if len(r.errs) > 0 || len(docs) == 0 {
		return texts, r.err()
	}
	known := make(map[string]bool)
	for _, key := range keys {
		known[key] = true
	}
	for k, v := range pairs(docs[0]) {
		if r.full() {
			break
		}
		key := clip(k.Value)
		switch {
		case k.Kind != yaml.ScalarNode || !known[k.Value]:
			bad(k, "unknown-key", key, "the settings are "+strings.Join(keys, ", "), "there is no such setting")
		case texts[k.Value].Line > 0:
			bad(k, "duplicate-key", key, "leave one of them out", "is given twice")
		case v.Kind != yaml.ScalarNode:
			bad(v, "kind", key, "", "takes one value, not %s", what(v))
		case v.Anchor != "" || v.Style&yaml.TaggedStyle != 0:
			bad(v, "tag", key, "leave it out", "settings have no anchors and no tags")
		case isNull(v) || strings.TrimSpace(v.Value) == "":
			bad(v, "missing", key, "leave the key out for the default", "has no value")
		default:
			texts[k.Value] = Text{v.Value, v.Line, v.Column, src.line(v.Line)}
		}
	}
	return texts, r.err()
}

// readable refuses what no reader of YAML should be given: a text that is too large,
// not UTF-8, or has characters that are not to be seen.
func (r *reader) readable(src *source, text []byte, are string) bool {
	if len(text) > maxSize {
		r.report(src, 0, 0, 1, "size", "", mistakef("", "%s larger than %d KiB", are, maxSize>>10))
		return false
	}
	if at := invalid(text); at < len(text) {
		line, column := position(text[:at])
		r.report(src, line, column, 1, "encoding", "", mistakef("save the file as UTF-8", "the text is not UTF-8"))
		return false
	}
	for at, c := range string(text) {
		if unprintable(c) {
			line, column := position(text[:at])
			r.report(src, line, column, 1, "encoding", "", mistakef(fmt.Sprintf("leave it out, or write %s in double quotes", strings.Trim(strconv.QuoteToASCII(string(c)), `"`)), "here is a control character, %U", c))
			return false
		}
	}
	return true
}

// unprintable reports whether YAML admits no such character.
func unprintable(c rune) bool {
	if c == '\t' || c == '\n' || c == '\r' || c == '\u0085' {
		return false
	}
	return c < ' ' || c >= 0x7f && c < 0xa0 || c == 0xfffe || c == 0xffff
}

// position is the line and the column, in characters, behind a text.
func position(before []byte) (line, column int) {
	lines := splitLines(string(before))
	return len(lines), utf8.RuneCountInString(lines[len(lines)-1]) + 1
}
