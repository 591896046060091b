package experiment

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

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
		return bad(n, "read", "", "%v", plain(err))
	}
	defer folder.Close()
	f, err := folder.Open(n.Value)
	if err != nil {
		return bad(n, "read", "", "%s: %v", clip(n.Value), plain(err))
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return bad(n, "read", "", "%s is no file", clip(n.Value))
	}
	text, err := io.ReadAll(io.LimitReader(f, maxSize+1))
	if err != nil {
		return bad(n, "read", "", "%s: %v", clip(n.Value), plain(err))
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

// plain is an error without the path that it repeats.
func plain(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}
