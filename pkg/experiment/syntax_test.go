package experiment

import (
	"strings"
	"testing"
)

// What the reader of YAML says badly is said at its place.
func TestYAMLPlaces(t *testing.T) {
	for text, want := range map[string]string{
		"%YAML 1.2\n---\nabout: a\nmodel: bms\n":                                      "x.yaml:1:1: the reader knows YAML 1.1",
		"about: a\nmodel: bms\nparams: {n: 5\x000}\n":                                 "x.yaml:3:14: here is a control character, U+0000",
		"about: \u00e9\u00e9\x1b[31m\nmodel: bms\n":                                   "x.yaml:1:10: here is a control character, U+001B",
		"about: a\nmodel: b\x7fms\n":                                                  "x.yaml:2:9: here is a control character, U+007F",
		"about: a\r\nmodel: bms\r\n# \x02\r\n":                                        "x.yaml:3:3: here is a control character",
		"about: a\nblocks: []\nmodel: bms\n":                                          "x.yaml:2:9: blocks: the list has no grid",
		"about: a\nblocks: {}\nmodel: bms\n":                                          "x.yaml:2:9: blocks: takes a list of grids, not a mapping",
		"about: a\nblocks: 3\nmodel: bms\n":                                           "x.yaml:2:9: blocks: takes a list of grids, not \"3\"",
		"about: a\nblocks:\nmodel: bms\n":                                             "x.yaml:2:8: blocks: takes a list of grids, not nothing",
		"about: a\nblocks: [3, []]\nmodel: bms\n":                                     "x.yaml:2:10: blocks[0]: takes a mapping",
		"about: a\nmodel: bms\nparams: {sigma: [1, 2]}\nblocks: []\n":                 "x.yaml:4:9: blocks: the list has no grid",
		"about: a\nmodel: bms\nparams: {sigma: [1, 2]}\nblocks: [{params: {}}, {}]\n": "x.yaml:4:24: blocks[1]: the block has no point",
	} {
		_, err := Parse("x.yaml", []byte(text), Options{Models: twins})
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: %v", text, err)
		}
	}
	// An interval of one integer has it, and a tab inside a line is a blank.
	s := parse(t, "about: a\nmodel:\tbms\t# b\nsample: {design: lhs, count: 3, over: {n: {integer: [70, 70]}}}\n")
	if s.Plan().Len() != 1 || s.Model.Name != "bms" {
		t.Errorf("%d trials of %s", s.Plan().Len(), s.Model.Name)
	}
	for _, from := range []string{"[71, 70]", "[70, 69.0]"} {
		if _, err := Parse("x.yaml", []byte("about: a\nmodel: bms\nsample: {design: lhs, count: 3, over: {n: {integer: "+from+"}}}\n"), Options{Models: twins}); err == nil || !strings.Contains(err.Error(), "is empty") {
			t.Error(err)
		}
	}
}

// What is kept of a spec has its comments and its question, however its lines end.
func TestResolvedKeepsWords(t *testing.T) {
	const lines = "# why\n# and how\n\nabout: >\n  x\n   a\n  b\nmodel: bms # which\n# of what\nparams:\n  # the size\n  n: 50\n"
	for name, text := range map[string]string{"LF": lines, "CRLF": strings.ReplaceAll(lines, "\n", "\r\n")} {
		s := parse(t, text)
		kept := string(s.Resolved())
		for _, comment := range []string{"# why", "# and how", "# which", "# of what", "# the size"} {
			if !strings.Contains(kept, comment) {
				t.Errorf("%s: no %q in\n%s", name, comment, kept)
			}
		}
		again := parse(t, kept)
		if s.About != "x\n a\nb" || again.About != s.About || string(again.Resolved()) != kept {
			t.Errorf("%s: %q, and as kept %q:\n%s", name, s.About, again.About, kept)
		}
	}
}
