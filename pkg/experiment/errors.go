package experiment

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/neurosweep/sweep/internal/plain"
)

// Error is one mistake in a spec.
type Error struct {
	// Code names the kind of mistake: read, encoding, syntax, size, document,
	// depth, alias, tag, duplicate-key, unknown-key, unknown-model,
	// unknown-parameter, unknown-stream, unknown-variant, missing, kind, number,
	// bounds, choice, repeated-value, axis, one-of, trials, override, name,
	// expression, cycle, unused, empty, table, zip, sample, carry, figure, extends or
	// too-many.
	Code string `json:"code"`
	// File is the spec's path, or "-s key=value" for an override.
	File string `json:"file"`
	// Line and Column count from 1, columns in characters. Both are 0 if the
	// file as a whole is meant. In an override columns count from the key.
	Line   int `json:"line"`
	Column int `json:"column"`
	// Path is the place in the spec, params.gamma.linspace[2]; "" for the spec
	// as a whole.
	Path    string `json:"path"`
	Message string `json:"message"`
	// Hint says how to put it right; it may be "".
	Hint string `json:"hint"`
	// Source is the line of text that Line names.
	Source string `json:"-"`

	width int // of the text meant, in characters
	order int // of the file among those read
}

// Error formats the mistake as a compiler would: place and message, the source
// line with carets below, the hint.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(plain.Text(e.File))
	if e.Line > 0 {
		fmt.Fprintf(&b, ":%d:%d", e.Line, e.Column)
	}
	b.WriteString(": ")
	if e.Path != "" {
		b.WriteString(plain.Text(e.Path) + ": ")
	}
	b.WriteString(plain.Text(e.Message))
	if e.Line > 0 && strings.TrimSpace(e.Source) != "" {
		text, pad, width := e.excerpt()
		number := fmt.Sprintf("  %d | ", e.Line)
		gutter := strings.Repeat(" ", len(number)-2) + "| "
		fmt.Fprintf(&b, "\n%s%s\n%s%s%s", number, text, gutter, pad, strings.Repeat("^", width))
	}
	if e.Hint != "" {
		b.WriteString("\n  " + strings.ReplaceAll(e.Hint, "\n", "\n  "))
	}
	return b.String()
}

// longest is how much of a source line is shown, in characters.
const longest = 120

// excerpt is the part of the source line to show, what stands before the
// carets, and the number of carets.
func (e *Error) excerpt() (text, pad string, width int) {
	line := []rune(e.Source)
	at := min(max(e.Column-1, 0), len(line))
	from, to := 0, len(line)
	if len(line) > longest {
		from = max(0, at-longest/3)
		to = min(len(line), from+longest)
	}
	shown, before := slices.Clone(line[from:to]), slices.Clone(line[from:at])
	for i, r := range shown { // of one width, for the carets
		if r != '\t' && !plain.Shown(r) {
			shown[i] = '\ufffd'
		}
	}
	for i, r := range before {
		if r != '\t' {
			before[i] = ' '
		}
	}
	text, pad = string(shown), string(before)
	if from > 0 {
		text, pad = "…"+text, " "+pad
	}
	if to < len(line) {
		text += "…"
	}
	return strings.TrimRight(text, " \t"), pad, max(1, min(e.width, to-at))
}

// Errors are all mistakes of a spec, by file, line and column.
type Errors []*Error

// Error formats all of them, one after another.
func (es Errors) Error() string {
	texts := make([]string, len(es))
	for i, e := range es {
		texts[i] = e.Error()
	}
	return strings.Join(texts, "\n")
}

func (es Errors) sort() {
	slices.SortStableFunc(es, func(a, b *Error) int {
		return cmp.Or(
			cmp.Compare(a.order, b.order),
			cmp.Compare(a.Line, b.Line),
			cmp.Compare(a.Column, b.Column),
			strings.Compare(a.Message, b.Message))
	})
}

// source is a text that errors point into: the file, or one override.
type source struct {
	name  string
	lines []string
	order int
}

func newSource(name, text string, order int) *source {
	return &source{name: name, lines: splitLines(text), order: order}
}

func (s *source) line(n int) string {
	if n < 1 || n > len(s.lines) {
		return ""
	}
	return s.lines[n-1]
}

// splitLines breaks a text where YAML does, so that line numbers agree.
func splitLines(text string) []string {
	var lines []string
	start := 0
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		switch r {
		case '\r':
			if i+1 < len(text) && text[i+1] == '\n' {
				size = 2
			}
			fallthrough
		case '\n', '\u0085', '\u2028', '\u2029':
			lines = append(lines, text[start:i])
			start = i + size
		}
		i += size
	}
	return append(lines, text[start:])
}
