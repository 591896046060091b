package experiment

import (
	"errors"
	"os"
	"path/filepath"

	"github.com/neurosweep/sweep/internal/textfile"
	"go.yaml.in/yaml/v3"
)

// extend lays the spec over the one that it extends, if it does: a file in the
// spec's own folder or below it. It returns nil if there is a mistake.
func (r *reader) extend(root *yaml.Node, file string) *yaml.Node {
	_, n := lookup(root, "extends")
	if n == nil {
		return root
	}
	bad := func(n *yaml.Node, code, hint, format string, args ...any) *yaml.Node {
		r.fail(n, code, "extends", mistakef(hint, format, args...))
		return nil
	}
	if n.Kind != yaml.ScalarNode || isNull(n) || n.Value == "" {
		return bad(n, "kind", "as in extends: base.yaml", "takes the name of a file, not %s", what(n))
	}
	if !filepath.IsLocal(n.Value) {
		return bad(n, "extends", "put it into the spec's folder", "%s is outside the spec's folder", clip(n.Value))
	}
	// A folder opened as a root is not left, by no link either.
	folder, err := os.OpenRoot(filepath.Dir(file))
	if err != nil {
		return bad(n, "read", "", "the spec's folder cannot be opened")
	}
	defer folder.Close()
	text, err := textfile.ReadIn(folder, n.Value, maxSize)
	var odd *textfile.NotPlain
	if errors.As(err, &odd) {
		return bad(n, "read", "", "%s is no file: it is %s", clip(n.Value), odd.What)
	}
	if err != nil {
		return bad(n, "read", "", "%s: %v", clip(n.Value), err)
	}
	r.sources++
	src := newSource(filepath.Join(filepath.Dir(file), n.Value), string(text), r.sources)
	before := r.fails
	base := r.tree(src, text)
	if base == nil || base.Kind != yaml.MappingNode {
		if r.fails == before {
			return bad(n, "extends", "", "%s is no spec", clip(n.Value))
		}
		return nil
	}
	r.locate(base, place{src: src})
	if k, _ := lookup(base, "extends"); k != nil {
		r.fail(k, "extends", "extends", mistakef("write out what it takes from there", "a spec that is extended extends no other"))
		return nil
	}
	// The name of a folder is the file's own. The variants of both are there.
	merged := r.merge(withoutKey(base, "name"), withoutKey(root, "extends"))
	if i := index(base, "variants"); i >= 0 && base.Content[i].Kind == yaml.MappingNode {
		variants := base.Content[i]
		if _, own := lookup(root, "variants"); own != nil && own.Kind == yaml.MappingNode {
			variants = r.copy(variants)
			for k, v := range pairs(own) {
				r.put(variants, k, v)
			}
			merged.Content = withoutKey(merged, "variants").Content
		}
		merged.Content = append(merged.Content, base.Content[i-1], variants)
	}
	return merged
}
