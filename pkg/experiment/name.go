package experiment

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// maxName is the length of a folder's name in bytes: file systems have 255, and
// what stands beside the folder may add some to it.
const maxName = 200

// devices are names that Windows keeps for devices, with any extension.
var devices = []string{"con", "prn", "aux", "nul",
	"com1", "com2", "com3", "com4", "com5", "com6", "com7", "com8", "com9",
	"lpt1", "lpt2", "lpt3", "lpt4", "lpt5", "lpt6", "lpt7", "lpt8", "lpt9"}

// folderName says what is wrong with the name of a result folder; nil if it is one
// folder's on every system.
func folderName(name string) *mistake {
	const hint = "use letters, digits, - and _"
	stem, _, _ := strings.Cut(name, ".")
	strange := strings.IndexFunc(name, func(c rune) bool {
		return !unicode.IsGraphic(c) || unicode.IsSpace(c) && c != ' ' || strings.ContainsRune(`/\<>:"|?*`, c)
	})
	switch {
	case strings.TrimSpace(name) == "":
		return mistakef(hint, "is empty")
	case !utf8.ValidString(name):
		return mistakef(hint, "is not UTF-8")
	case len(name) > maxName:
		return mistakef("take a shorter one", "the name of a folder has at most %d bytes, this has %d", maxName, len(name))
	case strange >= 0:
		c, _ := utf8.DecodeRuneInString(name[strange:])
		return mistakef(hint, "the name of a folder cannot have the character %q", c)
	case strings.ContainsRune(".- ", rune(name[0])):
		return mistakef("begin with a letter or a digit", "the name of a folder does not begin with %q", name[0])
	case strings.ContainsRune(". ", rune(name[len(name)-1])):
		return mistakef("end with a letter or a digit", "the name of a folder does not end with %q", name[len(name)-1])
	case slices.Contains(devices, strings.ToLower(strings.TrimSpace(stem))):
		return mistakef("take another name", "%q is the name of a device on Windows", clip(name))
	}
	return nil
}

// name reads the name of the result folder.
func (r *reader) name(n *yaml.Node) {
	switch {
	case n.Kind == yaml.AliasNode:
	case n.Kind != yaml.ScalarNode:
		r.fail(n, "kind", "name", mistakef("", "takes the name of a folder, not %s", what(n)))
	case isNull(n):
		r.fail(n, "missing", "name", mistakef("leave the key out for the file's name", "is empty"))
	default:
		if m := folderName(n.Value); m != nil {
			r.fail(n, "name", "name", m)
		}
	}
}

// called gives the spec its name, and writes it into the spec as run if it is not
// the file's: that given with the options, by an override or a variant; else that
// of the spec, or of its file, with the variant's behind it.
func (r *reader) called(s *Spec, file string, root, chosen *yaml.Node, o Options) {
	_, own := lookup(root, "name")
	_, last := lookup(chosen, "name")
	s.Name = file
	if own != nil {
		s.Name = own.Value
	}
	if o.Variant != "" {
		s.Name += "-" + o.Variant
	}
	if last != nil && last != own {
		s.Name = last.Value
	}
	if o.Name != "" {
		s.Name = o.Name
	}
	if last == nil && o.Name == "" || last != nil && last.Value == s.Name {
		return
	}
	if m := folderName(s.Name); m != nil && o.Name == "" {
		r.fail(last, "name", "name", mistakef(m.hint, "with the variant's name, %q: %s", clip(s.Name), m.message))
	}
	k := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: "name"}
	v := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: s.Name}
	at := last
	if at == nil {
		at = chosen
	}
	v.Line, v.Column = at.Line, at.Column
	if p, ok := r.places[at]; ok {
		r.places[v] = p
	}
	if o.Name != "" {
		r.locate(v, place{src: &source{name: "--name " + o.Name}})
	}
	r.put(chosen, k, v)
}
