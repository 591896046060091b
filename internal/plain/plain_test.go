package plain

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestText(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"", ""},
		{"γ = 0.5 µm, 漢字, é", "γ = 0.5 µm, 漢字, é"},
		{"a\x1b[2Jb", `a\x1b[2Jb`},
		{"a\r\n\tb\a\x00\x7f", `a\r\n\tb\x07\x00\x7f`},
		{"a\u009b2Jb\u0085", `a\u009b2Jb\u0085`},
		{"a\xff\xc3b\xe2\x80", `a\xff\xc3b\xe2\x80`},
		{"\ufffd", "\ufffd"}, // in the text, and no mistake of ours
		{"a\u202eb\u2066c\u200fd", `a\u202eb\u2066c\u200fd`},
		{"a\u200b\u200d\ufeff\u00ad\u3164\u2028\u2029b", `a\u200b\u200d\ufeff\u00ad\u3164\u2028\u2029b`},
		{"a\U000e0041\U000e0101b", `a\U000e0041\U000e0101b`},
		{"a\u00a0b\u2009c", "a\u00a0b\u2009c"},
		{`C:\new`, `C:\new`},
		{"⚠\ufe0f", "⚠\ufe0f"},
	} {
		if got := Text(c.text); got != c.want {
			t.Errorf("Text(%q) = %q, want %q", c.text, got, c.want)
		}
	}
	if got := Text(strings.Repeat("ä", 1e6)); got != strings.Repeat("ä", maxText)+"…" {
		t.Errorf("a long text has %d bytes", len(got))
	}
	if got := Text(strings.Repeat("\n", 1e6)); got != strings.Repeat(`\n`, maxText)+"…" {
		t.Errorf("a long text has %d bytes", len(got))
	}
	if got, want := Lines("a\n\tb\x1b\r\n"), "a\n    b\\x1b\\r\n"; got != want {
		t.Errorf("Lines = %q, want %q", got, want)
	}
}

// TestWriter writes text in parts of all sizes.
func TestWriter(t *testing.T) {
	const text = "γ\x1b[31m\ttab\r\nline \xe2\x82 \U0001f600\u202e end\xff\n\xc3"
	want := Lines(text)
	for size := 1; size <= len(text); size++ {
		var b bytes.Buffer
		w := NewWriter(&b)
		for rest := text; rest != ""; {
			n := min(size, len(rest))
			if m, err := w.Write([]byte(rest[:n])); m != n || err != nil {
				t.Fatalf("wrote %d of %d bytes: %v", m, n, err)
			}
			rest = rest[n:]
		}
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
		if got := b.String(); got != want {
			t.Errorf("in parts of %d: %q, want %q", size, got, want)
		}
	}
}

func TestJSONStaysTheSame(t *testing.T) {
	for _, text := range []string{"", "plain", "a\u009b\x7f\u202e\U000e0041\U0001f600é\"\\\u2028\x1b\n", "\xff"} {
		made, err := json.Marshal(map[string]string{text: text})
		if err != nil {
			t.Fatal(err)
		}
		shown := JSON(made)
		for _, c := range string(shown) {
			if !Shown(c) {
				t.Errorf("%q has %U", shown, c)
			}
		}
		var before, after map[string]string
		if err := json.Unmarshal(made, &before); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(shown, &after); err != nil {
			t.Fatalf("%q: %v", shown, err)
		}
		for key, value := range before {
			if after[key] != value {
				t.Errorf("%q became %q", before, after)
			}
		}
	}
}

func FuzzText(f *testing.F) {
	f.Add("a\x1b\xff\u202e", 3)
	f.Fuzz(func(t *testing.T, text string, at int) {
		for _, s := range []string{Text(text), Lines(text)} {
			if !utf8.ValidString(s) {
				t.Fatalf("%q is no UTF-8", s)
			}
			for _, c := range s {
				if !Shown(c) && c != '\n' {
					t.Fatalf("%q has %U", s, c)
				}
			}
			if Lines(s) != s {
				t.Fatalf("%q is changed again", s)
			}
		}
		if strings.Contains(Text(text), "\n") {
			t.Fatalf("%q has two lines", Text(text))
		}
		var b bytes.Buffer
		w := NewWriter(&b)
		if at = max(0, min(at, len(text))); at >= 0 {
			w.Write([]byte(text[:at]))
			w.Write([]byte(text[at:]))
			w.Flush()
		}
		if b.String() != Lines(text) {
			t.Fatalf("written in two: %q, want %q", b.String(), Lines(text))
		}
	})
}
