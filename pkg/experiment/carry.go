package experiment

import (
	"crypto/sha256"
	"slices"

	"github.com/neurosweep/sweep/pkg/models"
	"go.yaml.in/yaml/v3"
)

// carry is the axis along which the state is handed on from trial to trial,
// innermost of all: each of its values is a link of a chain.
type carry struct {
	param int
	down  bool // a chain goes down the axis
	both  bool // two chains: one up, then one down
	links int64
	// The hash of the links before each, by direction (up, down) and link.
	before [2][][32]byte
}

// maxLinks is the length of a chain.
const maxLinks = 1 << 20

// directions is how many chains there are for each place and replicate.
func (c *carry) directions() int64 {
	if c.both {
		return 2
	}
	return 1
}

// carry reads the key and puts the carried axis last in the grid.
func (r *reader) carry(root *yaml.Node, s *Spec) *carry {
	section := r.section(root, "carry", "axis and direction")
	if section == nil {
		return nil
	}
	c := &carry{param: -1}
	var axis *yaml.Node
	ok := true
	bad := func(n *yaml.Node, code, path string, m *mistake) {
		r.fail(n, code, path, m)
		ok = false
	}
	for k, v := range pairs(section) {
		path := join("carry", k.Value)
		switch {
		case !named(k):
			ok = false
		case k.Value == "axis":
			axis = v
			if v.Kind == yaml.ScalarNode {
				c.param = s.Model.Param(v.Value)
			}
			if c.param < 0 {
				bad(v, "unknown-parameter", path, mistakef(suggestParam(s.Model, v.Value), "takes the name of a parameter, not %s", what(v)))
			}
		case k.Value == "direction":
			switch {
			case v.Kind == yaml.ScalarNode && v.Value == "up":
			case v.Kind == yaml.ScalarNode && v.Value == "down":
				c.down = true
			case v.Kind == yaml.ScalarNode && v.Value == "both":
				c.both = true
			default:
				bad(v, "kind", path, mistakef("", "takes up, down or both, not %s", what(v)))
			}
		default:
			bad(k, "unknown-key", path, mistakef(suggest(k.Value, "keys", []string{"axis", "direction"}), "carry has no key %q", clip(k.Value)))
		}
	}
	if axis == nil {
		bad(section, "missing", "carry.axis", mistakef("as in {axis: current, direction: both}", "is missing"))
	}
	if !s.Model.Carries {
		bad(section, "carry", "carry", mistakef("", "model %s hands no state on from trial to trial", s.Model.Name))
	}
	if s.Model.HasColumn("direction") {
		bad(section, "carry", "carry", mistakef("", "model %s has a column direction of its own", s.Model.Name))
	}
	if _, blocks := lookup(root, "blocks"); blocks != nil {
		bad(section, "carry", "carry", mistakef("write one spec for each block", "a spec with blocks carries nothing: blocks leave out points, and chains need all"))
	}
	if !ok || len(s.grids) != 1 {
		return nil
	}
	g := s.grids[0]
	// The file is right by itself, so that an override is at fault if there is one.
	way := func(hint string) string {
		if r.layer == overrideLayer {
			hint += "; -s carry={} takes the chain away"
		}
		return hint
	}
	i := slices.IndexFunc(g.factors, func(f factor) bool {
		return slices.ContainsFunc(f.members, func(m member) bool { return m.param == c.param })
	})
	switch {
	case i < 0:
		r.fail(axis, "axis", "carry.axis", mistakef(way("give it a list or a sequence under params"), "%s is no axis", axis.Value))
		return nil
	case len(g.factors[i].members) > 1 || g.factors[i].grades != nil:
		r.fail(axis, "axis", "carry.axis", mistakef(way("leave it out of zip, where, sample and bounds"), "%s is tied to other parameters, and a chain needs all its values everywhere", axis.Value))
		return nil
	}
	a := g.factors[i].members[0].axis
	if !ascending(a) {
		r.fail(axis, "axis", "carry.axis", mistakef(way("write its values in ascending order"), "%s goes not up from value to value", axis.Value))
		return nil
	}
	if c.links = a.Len; c.links > maxLinks {
		r.fail(axis, "axis", "carry.axis", mistakef("", "%s has %d values; a chain has at most %d links", axis.Value, c.links, maxLinks))
		return nil
	}
	if !r.tabulate(a, axis, "carry.axis") {
		return nil
	}
	g.last(i)
	for d := range c.before {
		c.before[d] = chain(a, d == 1)
	}
	return c
}

// ascending reports whether the values of an axis are numbers that go up.
func ascending(a *Axis) bool {
	if a.kind != models.FloatKind && a.kind != models.IntKind {
		return false
	}
	if a.list == nil {
		return a.Len == 1 || a.rule.float(0) < a.rule.float(a.Len-1)
	}
	return slices.IsSortedFunc(a.list, compareNumbers)
}

// last makes factor i the last one.
func (g *grid) last(i int) {
	f := g.factors[i]
	g.factors = append(slices.Delete(slices.Clone(g.factors), i, i+1), f)
	moved := func(tables []tabulated) {
		for t := range tables {
			fs := slices.Clone(tables[t].factors)
			for k, at := range fs {
				switch {
				case at == i:
					fs[k] = len(g.factors) - 1
				case at > i:
					fs[k]--
				}
			}
			tables[t].factors = fs
		}
	}
	moved(g.lookups)
	moved(g.columns)
}

// chain is for each link the hash of those before it: SHA-256 of the hash
// before the one before it, and of that one's exact value. The first has none.
func chain(a *Axis, down bool) [][32]byte {
	before := make([][32]byte, a.Len)
	h := hasher{Hash: sha256.New()}
	for i := range a.Len - 1 {
		h.Reset()
		h.text("sweep/chain/v1")
		h.Write(before[i][:])
		at := i
		if down {
			at = a.Len - 1 - i
		}
		h.value(a.Value(at))
		h.Sum(before[i+1][:0])
	}
	return before
}
