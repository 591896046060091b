// Package plain makes text from data fit to be read on a terminal. Names of
// files, messages of models, labels and hosts are written by others: what a
// terminal would obey, what hides or turns text about, and what is no text at
// all is shown as it would stand in a string of Go's: \n, \x1b, \u202e, and \xff
// for a byte that is no UTF-8. It is for reading; data go to files as they are.
//
// [Text] is for one line, [Lines] for several, [Writer] for all that a program
// says, and [JSON] for JSON, which stays the same data.
package plain

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// maxText is how many characters of a text stand in a line: as many as a path
// can have.
const maxText = 4096

// Text is s in one line, of a bounded length.
func Text(s string) string {
	count := 0
	for i := range s {
		if count++; count > maxText {
			return string(appendText(nil, s[:i], false)) + "…"
		}
	}
	if clean(s, false) {
		return s
	}
	return string(appendText(nil, s, false))
}

// Lines is s in as many lines as it has. A tab is four spaces.
func Lines(s string) string {
	if clean(s, true) {
		return s
	}
	return string(appendText(nil, s, true))
}

// Shown reports whether a character is shown as itself.
func Shown(c rune) bool {
	switch {
	case c < utf8.RuneSelf:
		return c >= ' ' && c != 0x7f
	case c == '\ufe0e' || c == '\ufe0f': // how an emoji is drawn
		return true
	case unicode.In(c, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector):
		return false // letters and marks that are not seen
	}
	return unicode.IsPrint(c) || unicode.Is(unicode.Zs, c)
}

func clean(s string, lines bool) bool {
	for i, c := range s {
		if !Shown(c) && !(lines && c == '\n') {
			return false
		}
		if c == utf8.RuneError && !strings.HasPrefix(s[i:], "\ufffd") {
			return false
		}
	}
	return true
}

func appendText(to []byte, s string, lines bool) []byte {
	for len(s) > 0 {
		c, n := utf8.DecodeRuneInString(s)
		switch {
		case c == utf8.RuneError && n == 1:
			to = fmt.Appendf(to, `\x%02x`, s[0])
		case Shown(c) || lines && c == '\n':
			to = append(to, s[:n]...)
		case lines && c == '\t':
			to = append(to, "    "...)
		case c == '\n':
			to = append(to, `\n`...)
		case c == '\r':
			to = append(to, `\r`...)
		case c == '\t':
			to = append(to, `\t`...)
		case c < utf8.RuneSelf:
			to = fmt.Appendf(to, `\x%02x`, c)
		case c <= 0xffff:
			to = fmt.Appendf(to, `\u%04x`, c)
		default:
			to = fmt.Appendf(to, `\U%08x`, c)
		}
		s = s[n:]
	}
	return to
}

// Writer writes [Lines] of what is written to it. It may be used from many
// goroutines.
type Writer struct {
	mu   sync.Mutex
	to   io.Writer
	rest []byte // the beginning of a character that the next write may end
}

// NewWriter writes to another writer.
func NewWriter(to io.Writer) *Writer { return &Writer{to: to} }

// Write writes text. A character may be written in parts.
func (w *Writer) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	all := p
	if len(w.rest) > 0 {
		all = append(w.rest, p...)
	}
	whole := len(all) - unfinished(all)
	text := all[:whole]
	if !clean(string(text), true) {
		text = appendText(nil, string(text), true)
	}
	if len(text) > 0 {
		if n, err := w.to.Write(text); err != nil {
			return min(n, len(p)), err
		}
	}
	w.rest = append([]byte(nil), all[whole:]...)
	return len(p), nil
}

// Flush writes what is left of a character that was not ended.
func (w *Writer) Flush() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.rest) == 0 {
		return nil
	}
	text := appendText(nil, string(w.rest), true)
	w.rest = nil
	_, err := w.to.Write(text)
	return err
}

// unfinished is how many bytes at the end begin a character and do not end it.
func unfinished(p []byte) int {
	for n := 1; n < utf8.UTFMax && n <= len(p); n++ {
		if c := p[len(p)-n]; utf8.RuneStart(c) {
			if c >= utf8.RuneSelf && !utf8.FullRune(p[len(p)-n:]) {
				return n
			}
			return 0
		}
	}
	return 0
}

// JSON is the same JSON with \u in place of what is not shown as itself, which
// outside ASCII stands in strings alone.
func JSON(text []byte) []byte {
	var out []byte
	done := 0
	for i, c := range string(text) {
		if c < 0x7f || Shown(c) {
			continue
		}
		out = append(out, text[done:i]...)
		if c > 0xffff {
			c -= 0x10000
			out = fmt.Appendf(out, `\u%04x\u%04x`, 0xd800+c>>10, 0xdc00+c&0x3ff)
			done = i + 4
			continue
		}
		out = fmt.Appendf(out, `\u%04x`, c)
		done = i + utf8.RuneLen(c)
	}
	if out == nil {
		return text
	}
	return append(out, text[done:]...)
}
