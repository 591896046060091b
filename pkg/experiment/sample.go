package experiment

import (
	"math/bits"
	"slices"

	"github.com/neurosweep/sweep/pkg/models"
	"go.yaml.in/yaml/v3"
)

var sampleKeys = []string{"design", "count", "more", "over"}

// sampled reads a design into a factor of the parameters that it is over.
func (r *reader) sampled(root *yaml.Node, s *Spec, l *layout) bool {
	section := r.section(root, "sample", "design, count and over")
	if section == nil {
		_, n := lookup(root, "sample")
		return n == nil
	}
	var how *design
	var over, moreKey *yaml.Node
	count, more, ok := int64(0), int64(0), true
	before := r.fails
	for k, v := range pairs(section) {
		path := join("sample", k.Value)
		switch {
		case !named(k):
			ok = false
		case k.Value == "design":
			i := slices.Index(designNames(), v.Value)
			if v.Kind != yaml.ScalarNode || i < 0 {
				r.fail(v, "choice", path, mistakef(suggest(v.Value, "designs", designNames()), "takes %s, not %s", models.Either(designNames()), what(v)))
				continue
			}
			how = designs[i]
		case k.Value == "count":
			count = r.count(v, path, 1, maxTable)
		case k.Value == "more":
			moreKey = k
			more = r.count(v, path, 0, maxTable)
		case k.Value == "over":
			over = v
		default:
			r.fail(k, "unknown-key", path, mistakef(suggest(k.Value, "keys", sampleKeys), "sample has no key %q", clip(k.Value)))
		}
	}
	for _, key := range []string{"design", "count", "over"} {
		if _, n := lookup(section, key); n == nil {
			r.fail(section, "missing", join("sample", key), mistakef("as in {design: sobol, count: 512, over: {gamma: {uniform: [0, 0.9]}}}", "is missing"))
		}
	}
	switch {
	case moreKey != nil && how != nil && !how.extendable:
		r.fail(moreKey, "sample", "sample.more", mistakef("take sobol, halton or random", "to extend a Latin hypercube moves its points"))
	case count+more > maxTable:
		r.fail(section, "table", "sample", mistakef("", "a design has at most %d points, not %d", maxTable, count+more))
	case over != nil && over.Kind == yaml.MappingNode && len(over.Content) == 0:
		r.fail(over, "missing", "sample.over", mistakef("as in {gamma: {uniform: [0, 0.9]}}", "is empty"))
	case over != nil && over.Kind != yaml.MappingNode:
		r.fail(over, "kind", "sample.over", mistakef("as in {gamma: {uniform: [0, 0.9]}}", "takes a mapping of parameters to distributions, not %s", what(over)))
	}
	if !ok || over == nil || over.Kind != yaml.MappingNode {
		return false
	}
	var params []int
	var laws []law
	for k, v := range pairs(over) {
		if !named(k) {
			continue
		}
		path := join("sample.over", k.Value)
		p := l.model.Param(k.Value)
		switch {
		case p < 0:
			r.fail(k, "unknown-parameter", path, mistakef(suggestParam(l.model, k.Value), "model %s has no parameter %q", l.model.Name, clip(k.Value)))
			continue
		case slices.Contains(params, p):
			continue // given twice, which strict has reported
		case l.keys[p] != nil:
			at := l.keys[p]
			r.fail(k, "duplicate-key", path, mistakef("leave one of them out", "%s is given under params too, %s", clip(k.Value), r.there(at)))
			continue
		}
		l.keys[p] = k
		params = append(params, p)
		laws = append(laws, r.law(v, l.decl(p), path))
	}
	if how != nil && how.dimensions > 0 && len(params) > how.dimensions {
		r.fail(over, "sample", "sample.over", mistakef("take lhs or random", "%s has at most %d dimensions, not %d", how.name, how.dimensions, len(params)))
	}
	if r.fails > before || slices.ContainsFunc(laws, func(f law) bool { return f == nil }) {
		return false
	}
	if !r.work((count+more)*int64(len(params))*drawnWork, section, "sample") {
		return false
	}
	f, p, err := l.draw(how, s.Setting.Seed, params, laws, int(count+more))
	if err != nil {
		r.fail(over, "bounds", join("sample.over", l.decl(p).Name), mistakef("a normal distribution has no bounds; uniform has", "draws a value that %v", err))
		return false
	}
	l.drawn = params
	for _, p := range params {
		l.values[p] = models.Value{}
	}
	l.factors = append(l.factors, f)
	return true
}

// draw makes a factor of the design's points. Points that are equal, as
// integers and choices give them, are one. The design is the outermost factor:
// to extend it adds trials at the end.
func (l *layout) draw(how *design, seed uint64, params []int, laws []law, count int) (factor, int, error) {
	f := factor{order: -1}
	u := make([]float64, count)
	values := make([]models.Value, count)
	for k, p := range params {
		d := l.decl(p)
		how.coordinates(seed, d.Name, k, u)
		for i := range u {
			values[i] = laws[k](u[i])
			if err := d.Check(values[i]); err != nil {
				return f, p, err
			}
		}
		axis, places := distinct(values, p, d.Kind)
		f.members = append(f.members, member{p, axis, places})
	}
	// Equal points have equal places on every axis.
	seen := make(map[string]bool)
	kept := 0
	unique := slices.ContainsFunc(f.members, func(m member) bool { return m.axis.Len == int64(count) })
	for i := range count {
		if !unique {
			var key []byte
			for _, m := range f.members {
				p := m.places[i]
				key = append(key, byte(p), byte(p>>8), byte(p>>16), byte(p>>24))
			}
			if seen[string(key)] {
				continue
			}
			seen[string(key)] = true
		}
		for _, m := range f.members {
			m.places[kept] = m.places[i]
		}
		kept++
	}
	f.len, f.merged = int64(kept), int64(count-kept)
	levels := make([]uint8, kept)
	for i := range levels {
		levels[i] = prefixLevel(i, kept)
	}
	f.grades = []grade{{params: params, levels: levels, len: int64(kept), drawn: true}}
	for k := range f.members {
		f.members[k].places = f.members[k].places[:kept]
	}
	return f, 0, nil
}

// prefixLevel: a coarser design is the first half, the first quarter, … of it.
func prefixLevel(row, n int) uint8 {
	if row == 0 {
		return topLevel
	}
	return uint8(bits.Len64(uint64((n-1)/row)) - 1)
}
