package experiment

import (
	"cmp"
	"fmt"
	"math"
	"math/big"
	"path/filepath"
	"slices"
	"strings"

	"github.com/neurosweep/sweep/internal/textfile"
	"github.com/neurosweep/sweep/pkg/models"
	"go.yaml.in/yaml/v3"
)

// Options say how a spec is read.
type Options struct {
	// Models are the models that a spec may name.
	Models []*models.Model
	// Variant is the name of the variant to take, or "".
	Variant string
	// Set holds overrides "key=value", applied in order after the variant. A
	// key is about, model, seed or replicates, else a parameter's name, or a
	// path such as params.gamma, gamma.linspace or streams.weights; a value is
	// written as in the file, in YAML's flow style.
	Set []string
	// Name is the name of the result folder, in place of what the spec and its file
	// say; "" for that.
	Name string

	work int64 // rows laid out one by one, at most; 0 stands for maxWork
}

// Spec is a spec that has been read and found right.
type Spec struct {
	// Name names the folder of the results: as the spec says, else the file's name
	// without folder and extension, with "-" and the variant if there is one.
	Name string
	// File is the path of the spec.
	File string
	// About is the question that the experiment asks.
	About string
	// Model is the model that is run, asking for what the spec asks for.
	Model *models.Model
	// Replicates is how often each place of the grid is run.
	Replicates int64
	// Setting holds the model, the seed and what the streams depend on.
	Setting *models.Setting
	// Axes are the parameters that take more than a constant, in the order of
	// the spec, each with all its values.
	Axes []Axis
	// Order is the order in which trials are handed out. It changes no number
	// and enters no identity.
	Order Order
	// Coarse are the parameters, by their place in the model, along whose axes the
	// grids of the progressive order go from coarse to fine. Nil means that the
	// axes and figures say.
	Coarse []int
	// Figures are the pictures to be drawn of the results. They change no number
	// and enter no identity. Nil, unlike an empty list, means that the spec says
	// nothing of them.
	Figures []Figure
	// Variant is the variant that was taken, or "".
	Variant string
	// Set holds the overrides that were applied.
	Set []string

	assigned []assignment // to parameters of measures
	grids    []*grid
	carry    *carry
	columns  []models.Column // the derived ones
	derived  []*derivation   // what makes them
	root     *yaml.Node      // the spec as run
	places   map[*yaml.Node]place
	source   *source
}

// maxTrials is how many trials a plan may have: at a million a second those of a
// fortnight.
const maxTrials = 1 << 40

// maxCount is the largest number of values, replicates and the like that is read,
// before the trials are counted.
const maxCount = 1 << 62

// Read reads a spec file. Its error is an [Errors] with every mistake.
func Read(path string, o Options) (*Spec, error) {
	text, err := textfile.Read(path, maxSize)
	if err != nil {
		return nil, Errors{{Code: "read", File: path, Message: err.Error()}}
	}
	return Parse(path, text, o)
}

// Parse reads a spec from text; file names it in messages, and gives it its
// name. Its error is an [Errors] with every mistake.
func Parse(file string, text []byte, o Options) (*Spec, error) {
	text = []byte(strings.TrimPrefix(string(text), "\ufeff"))
	if len(text) > maxSize {
		return nil, Errors{{Code: "size", File: file, Message: fmt.Sprintf("the spec is larger than %d KiB", maxSize>>10)}}
	}
	r := &reader{models: o.Models, yielded: make(map[*yaml.Node]bool), surplus: make(map[*yaml.Node]bool), file: newSource(file, string(text), 0), limit: cmp.Or(o.work, maxWork)}
	name := strings.TrimSuffix(filepath.Base(file), filepath.Ext(file))
	if strings.Trim(name, ".") == "" {
		r.report(r.file, 0, 0, 0, "name", "", mistakef("name it as in experiments/bms.yaml", "the file's name names the folder of the results, and is empty"))
	}
	if m := folderName(o.Name); o.Name != "" && m != nil {
		r.report(newSource("--name "+clip(o.Name), "", 0), 0, 0, 0, "name", "", m)
	}
	root := r.tree(r.file, text)
	if root != nil {
		root = r.extend(root, file)
	}
	if root == nil {
		return nil, r.err()
	}

	// The file must be right by itself, with each of its variants, before
	// anything is laid over it.
	s := r.spec(root)
	variants := r.variants(root)
	var chosen *yaml.Node
	sound := len(r.errs) == 0
	for _, v := range variants {
		if r.full() || r.spent() {
			return nil, r.err()
		}
		merged := r.change(root, v.changes)
		if sound {
			r.variant = v.name
		}
		r.layer = variantLayer
		taken := r.spec(merged)
		r.layer = fileLayer
		r.variant = ""
		if v.name == o.Variant {
			s, chosen = taken, merged
		}
	}
	if o.Variant == "" {
		chosen = r.merge(root, nil)
	}
	if chosen == nil {
		r.unknownVariant(root, o.Variant, variants)
		return nil, r.err()
	}
	for i, text := range o.Set {
		if changes := r.override(text, r.sources+i+1); changes != nil {
			chosen = r.overridden(chosen, changes)
		}
	}
	if len(o.Set) > 0 {
		r.layer = overrideLayer
		r.idle = make(map[*yaml.Node]bool)
		s = r.spec(chosen)
		// What holds nowhere any more gives way, too.
		if idle := r.idle; len(idle) > 0 {
			r.idle = nil
			chosen = r.active(chosen, idle)
			s = r.spec(chosen)
		}
	}
	if len(r.errs) == 0 {
		chosen = r.keptOrder(r.used(chosen), s)
		r.called(s, name, root, chosen, o)
	}
	if err := r.err(); err != nil {
		return nil, err
	}
	s.root, s.places, s.source = chosen, r.places, r.file
	s.File = file
	s.Variant, s.Set = o.Variant, slices.Clone(o.Set)
	return s, nil
}

// keys are the keys of a spec, in the order in which they are written.
var keys = []string{"extends", "defs", "name", "about", "model", "seed", "replicates", "order", "measure", "record", "params", "sample", "derive", "zip", "where", "carry", "blocks", "streams", "figures", "variants"}

// spec reads a tree. What it returns is of use if there was no mistake.
func (r *reader) spec(root *yaml.Node) *Spec {
	if root.Kind != yaml.MappingNode {
		r.fail(root, "kind", "", mistakef("a spec begins with about: and model:", "a spec is a mapping of keys to values, not %s", what(root)))
		return nil
	}
	s := &Spec{Replicates: 1}
	var seed int64
	s.Model = r.model(root)
	seen := make(map[string]bool)
	for k, v := range pairs(root) {
		if !named(k) || seen[k.Value] {
			continue
		}
		seen[k.Value] = true
		switch k.Value {
		case "name":
			r.name(v)
		case "about":
			s.About = r.about(v)
		case "seed":
			seed = r.count(v, "seed", 0, math.MaxInt64)
		case "replicates":
			s.Replicates = r.count(v, "replicates", 1, maxCount)
		case "model", "order", "measure", "record", "params", "sample", "derive", "zip", "where", "carry", "blocks", "streams", "figures", "variants":
			// Read by functions of their own.
		default:
			r.unknownKey(k, s.Model)
		}
	}
	for _, key := range []string{"about", "model"} {
		if !seen[key] {
			hint := "say in a sentence which question the experiment asks"
			if key == "model" {
				hint = "models: " + strings.Join(r.modelNames(), ", ")
			}
			r.fail(root, "missing", key, mistakef(hint, "is missing"))
		}
	}
	_, order := lookup(root, "order")
	if s.Model == nil {
		if order != nil {
			r.orderKey(order, nil)
		}
		r.modelless(root)
		return nil
	}
	s.Model, s.assigned = r.measures(root, s.Model)
	depends := r.streams(root, s.Model)
	s.Setting = models.NewSetting(s.Model, uint64(seed), depends)
	s.Setting.Record = r.record(root, s.Model)
	before := r.fails
	r.points(root, s)
	r.unsure = nil
	if r.fails > before {
		r.unsure = perhaps(root, s.Model)
	}
	if order != nil {
		s.Order, s.Coarse = r.orderKey(order, s)
	}
	s.Figures = r.figures(root, s)
	return s
}

// laidOut is what a spec says of the points: variants that change nothing of it share
// it.
type laidOut struct {
	grids   []*grid
	carry   *carry
	columns []models.Column
	derived []*derivation
	axes    []Axis
}

// pointsKeys are the keys of a spec that say what its points are, but for the
// replicates.
var pointsKeys = []string{"model", "measure", "params", "sample", "derive", "zip", "where", "carry", "blocks"}

// pointsKey names the points of a spec: the values of these keys, and the seed if a
// design is drawn from it.
type pointsKey struct {
	values [9]*yaml.Node
	seed   uint64
}

func keyOf(root *yaml.Node, s *Spec) (k pointsKey) {
	for i, name := range pointsKeys {
		_, k.values[i] = lookup(root, name)
	}
	if k.values[slices.Index(pointsKeys, "sample")] != nil || k.values[slices.Index(pointsKeys, "blocks")] != nil {
		k.seed = s.Setting.Seed
	}
	return k
}

// points lays out the points of a spec: of each of its blocks, or of the whole.
func (r *reader) points(root *yaml.Node, s *Spec) {
	key := keyOf(root, s)
	laid := r.laid[key]
	if laid == nil {
		before := r.fails
		r.layOut(root, s)
		if r.fails > before {
			return
		}
		laid = &laidOut{s.grids, s.carry, s.columns, s.derived, s.Axes}
		if r.laid == nil {
			r.laid = make(map[pointsKey]*laidOut)
		}
		r.laid[key] = laid
	}
	s.grids, s.carry, s.columns, s.derived, s.Axes = laid.grids, laid.carry, laid.columns, laid.derived, slices.Clone(laid.axes)
	r.size(root, s)
}

func (r *reader) layOut(root *yaml.Node, s *Spec) {
	before := r.fails
	blocks := r.blocks(root)
	if blocks == nil && r.fails > before {
		return
	}
	_, list := lookup(root, "blocks")
	if blocks == nil {
		blocks, list = []*yaml.Node{root}, nil
	}
	s.derived = nil
	r.holds, r.idled = make(map[*yaml.Node]bool), nil
	laid := 0
	for i, b := range blocks {
		if b == nil {
			continue
		}
		g := r.grid(b, s, list, i)
		if g != nil {
			s.grids = append(s.grids, g)
		}
		if g != nil || list != nil && r.surplus[list.Content[i]] {
			laid++
		}
	}
	if len(blocks) == 1 || laid == len(blocks) {
		r.unheld()
	}
	if r.fails == before && len(s.grids) == 0 {
		_, where := lookup(root, "where")
		r.fail(cmp.Or(where, list, root), "empty", "where", mistakef("", "the conditions remove every point of every block"))
	}
	s.carry = r.carry(root, s)
	if r.fails == before {
		r.unite(root, s)
	}
}

func (r *reader) unknownKey(k *yaml.Node, m *models.Model) {
	hint := suggest(k.Value, "keys", keys)
	if m != nil && m.Param(k.Value) >= 0 {
		hint = fmt.Sprintf("%s is a parameter of %s: write it under params", k.Value, m.Name)
	}
	r.fail(k, "unknown-key", clip(k.Value), mistakef(hint, "a spec has no key %q", clip(k.Value)))
}

func (r *reader) about(n *yaml.Node) string {
	switch {
	case n.Kind == yaml.AliasNode:
	case n.Kind != yaml.ScalarNode:
		r.fail(n, "kind", "about", mistakef("", "takes a text, not %s", what(n)))
	case isNull(n) || strings.TrimSpace(n.Value) == "":
		r.fail(n, "missing", "about", mistakef("say in a sentence which question the experiment asks", "is empty"))
	default:
		return strings.TrimSpace(n.Value)
	}
	return ""
}

func (r *reader) model(root *yaml.Node) *models.Model {
	_, n := lookup(root, "model")
	switch {
	case n == nil || n.Kind == yaml.AliasNode:
	case n.Kind != yaml.ScalarNode:
		r.fail(n, "kind", "model", mistakef("", "takes the name of a model, not %s", what(n)))
	case isNull(n):
		r.fail(n, "missing", "model", mistakef("models: "+strings.Join(r.modelNames(), ", "), "has no value"))
	default:
		for _, m := range r.models {
			if m.Name == n.Value {
				return m
			}
		}
		r.fail(n, "unknown-model", "model", mistakef(suggest(n.Value, "models", r.modelNames()), "there is no model %q", clip(n.Value)))
	}
	return nil
}

func (r *reader) modelNames() []string {
	var names []string
	for _, m := range r.models {
		names = append(names, m.Name)
	}
	return names
}

// count reads an integer from low to high.
func (r *reader) count(n *yaml.Node, path string, low, high int64) int64 {
	q, err := number(n)
	var i int64
	if err == nil {
		i, err = toInt(q)
	}
	if err != nil {
		r.failValue(n, path, err)
		return low
	}
	if i < low || i > high {
		limit := fmt.Sprint(high)
		if high == maxCount {
			limit = "2^62"
		}
		r.fail(n, "bounds", path, mistakef("", "must lie in [%d, %s], not at %d", low, limit, i))
		return low
	}
	return i
}

// section is the mapping under the key, or nil if there is none.
func (r *reader) section(root *yaml.Node, key, of string) *yaml.Node {
	_, n := lookup(root, key)
	switch {
	case n == nil || n.Kind == yaml.AliasNode:
		return nil
	case isNull(n):
		r.fail(n, "missing", key, mistakef("leave the key out", "is empty"))
		return nil
	case n.Kind != yaml.MappingNode:
		r.fail(n, "kind", key, mistakef("", "takes a mapping of %s, not %s", of, what(n)))
		return nil
	}
	return n
}

// grid reads what a spec, or the block at a place of a list, says of the points. It
// returns nil if there is a mistake, or no point of a block that gave way.
func (r *reader) grid(root *yaml.Node, s *Spec, blocks *yaml.Node, at int) *grid {
	m := s.Model
	before := r.fails
	l := &layout{r: r, model: m, blocks: blocks, block: at, given: make([]*given, len(m.Params)), keys: make([]*yaml.Node, len(m.Params)), env: newEnvironment()}
	for _, p := range m.Params {
		l.defaults = append(l.defaults, p.Decl().Default)
	}
	l.values = slices.Clone(l.defaults)
	r.scope = newScope(m)
	r.derivedNames(root, m)
	ok := r.params(root, l)
	for _, x := range s.assigned {
		ok = r.param(l, x.key, x.value, x.path) && ok
	}
	ok = r.sampled(root, s, l) && ok
	ok = r.derive(root, l) && ok
	r.oneOfEach(root, l)
	zips, zipsOK := r.zips(root, l)
	conditions, whereOK := r.conditions(root, l)
	if l.cycles() || !r.compileAll(l, conditions) || !ok || !zipsOK || !whereOK || r.fails > before && r.full() {
		return nil
	}
	l.axes(zips)
	ok = l.resolveAll() && l.exclusive()
	for _, e := range conditions {
		ok = l.sound(e.names) && l.condition(e) && ok
	}
	g := l.finish(s)
	if !ok {
		return nil
	}
	return g
}

// params reads what the spec gives the parameters.
func (r *reader) params(root *yaml.Node, l *layout) (ok bool) {
	section := r.section(root, "params", "parameters to values")
	if section == nil {
		return true
	}
	ok = true
	for k, v := range pairs(section) {
		if r.full() {
			return false
		}
		if !named(k) {
			continue
		}
		if i := l.model.Param(k.Value); i >= 0 && l.keys[i] != nil {
			continue // given twice, which strict has reported
		}
		ok = r.param(l, k, v, join("params", k.Value)) && ok
	}
	return ok
}

// param reads what the spec gives one parameter.
func (r *reader) param(l *layout, k, v *yaml.Node, path string) (ok bool) {
	i := l.model.Param(k.Value)
	if i < 0 {
		hint := unasked(l.model, k.Value)
		if hint == "" {
			hint = suggestParam(l.model, k.Value)
		}
		r.fail(k, "unknown-parameter", path, mistakef(hint, "model %s has no parameter %q", l.model.Name, clip(k.Value)))
		return false
	}
	if at := l.keys[i]; at != nil {
		r.fail(k, "duplicate-key", path, mistakef("leave one of them out", "%s is given %s, too", clip(k.Value), r.there(at)))
		return false
	}
	l.keys[i] = k
	g := r.value(v, i, l.decl(i), path)
	if g == nil {
		return false
	}
	l.given[i] = g
	l.order = append(l.order, i)
	if g.axis == nil && g.rule == nil {
		l.values[i] = g.constant
	}
	return true
}

// axes makes factors of the axes that stand by themselves and of those that
// are zipped.
func (l *layout) axes(zips [][]int) {
	for order, p := range l.order {
		if g := l.given[p]; g == nil || g.axis == nil {
			continue
		}
		l.values[p] = models.Value{}
		if f, _ := l.holder(p); f >= 0 {
			continue
		}
		tied := []int{p}
		for _, z := range zips {
			if slices.Contains(z, p) {
				tied = z
			}
		}
		f := factor{len: l.given[p].axis.Len, order: order}
		for _, q := range tied {
			f.members = append(f.members, member{param: q, axis: l.given[q].axis})
		}
		l.factors = append(l.factors, f)
	}
	l.sort()
}

// oneOfEach checks each group of parameters of which one is given.
func (r *reader) oneOfEach(root *yaml.Node, l *layout) {
	for _, group := range l.model.OneOf {
		// Of several that all have a condition exclusive checks the points.
		conditional := 0
		for _, p := range group {
			if g := l.given[l.model.Param(p.Decl().Name)]; g != nil && g.rule != nil && g.rule.when != nil {
				conditional++
			}
		}
		if conditional < 2 {
			r.oneOf(root, l.model, group, l.keys)
		}
	}
}

// exclusive checks that of the parameters of which a point has one it has not
// several, where conditions decide which.
func (l *layout) exclusive() bool {
	for _, group := range l.model.OneOf {
		var names []string
		var rule *dependent
		for _, p := range group {
			names = append(names, p.Decl().Name)
			if g := l.given[l.model.Param(p.Decl().Name)]; g != nil && g.rule != nil && g.rule.when != nil {
				rule = g.rule
			}
		}
		if rule == nil {
			continue
		}
		all := append(slices.Clone(names), rule.when.names...)
		if !l.each(all, rule.when.node, rule.when.path, func(_ []int, _ []int64, params []int) bool {
			set := 0
			for _, name := range names {
				if _, ok := l.env.values[name]; ok {
					set++
				}
			}
			if set != 1 {
				l.r.fail(rule.when.node, "one-of", rule.when.path, mistakef("let the conditions exclude each other and cover all points", "model %s takes exactly one of %s, and has %d%s", l.model.Name, models.Either(names), set, l.at(params)))
			}
			return set == 1
		}) {
			return false
		}
	}
	return true
}

// oneOf sees to it that exactly one of a group of parameters is given.
func (r *reader) oneOf(root *yaml.Node, m *models.Model, group []models.Param, nodes []*yaml.Node) {
	var names []string
	var given []*yaml.Node
	for _, p := range group {
		name := p.Decl().Name
		names = append(names, name)
		if k := nodes[m.Param(name)]; k != nil {
			given = append(given, k)
		}
	}
	switch {
	case len(given) == 0:
		at, _ := lookup(root, "params")
		if at == nil {
			at = root
		}
		r.fail(at, "one-of", "params", mistakef("", "model %s needs one of %s", m.Name, models.Either(names)))
	case len(given) > 1:
		slices.SortFunc(given, r.order)
		first, last := given[0], given[len(given)-1]
		section, hint := "params", "leave one of them out"
		if _, derived := lookup(root, "derive"); derived != nil && slices.ContainsFunc(derived.Content, func(n *yaml.Node) bool { return n == last }) {
			section, hint = "derive", "give the derived value another name, to have it as a column"
		}
		r.fail(last, "one-of", join(section, last.Value), mistakef(hint,
			"model %s takes only one of %s, and %s is given %s", m.Name, models.Either(names), first.Value, r.there(first)))
	}
}

// there says where a node was written: at which line and column, if not by an override.
func (r *reader) there(n *yaml.Node) string {
	at, ok := r.places[n]
	switch {
	case ok && strings.HasPrefix(at.src.name, "-s "):
		return "by " + at.src.name
	case ok && at.src != r.file:
		return fmt.Sprintf("at %s:%d:%d", at.src.name, n.Line, n.Column)
	}
	return fmt.Sprintf("at %d:%d", n.Line, n.Column)
}

// order compares the places where two nodes were written.
func (r *reader) order(a, b *yaml.Node) int {
	of := func(n *yaml.Node) int {
		if p, ok := r.places[n]; ok {
			return p.src.order
		}
		return 0
	}
	return cmp.Or(cmp.Compare(of(a), of(b)), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
}

func paramNames(m *models.Model) []string { return namesOf(m.Params) }

func namesOf(params []models.Param) []string {
	var names []string
	for _, p := range params {
		names = append(names, p.Decl().Name)
	}
	return names
}

// streams reads what the spec lets the streams depend on.
func (r *reader) streams(root *yaml.Node, m *models.Model) map[string][]models.Param {
	depends := make(map[string][]models.Param)
	section := r.section(root, "streams", "streams to lists of parameters")
	if section == nil {
		return depends
	}
	var names []string
	for _, st := range m.Streams {
		names = append(names, st.Name)
	}
	for k, v := range pairs(section) {
		if !named(k) || v.Kind == yaml.AliasNode {
			continue
		}
		path := join("streams", k.Value)
		switch {
		case !slices.Contains(names, k.Value):
			r.fail(k, "unknown-stream", path, mistakef(suggest(k.Value, "streams", names), "model %s has no stream %q", m.Name, clip(k.Value)))
		case v.Kind == yaml.ScalarNode && v.Value == "all":
			depends[k.Value] = m.Params
		case v.Kind == yaml.SequenceNode:
			depends[k.Value] = r.dependence(v, m, path)
		case isNull(v):
			r.fail(v, "missing", path, mistakef("write [] if it depends on no parameter", "has no value"))
		default:
			r.fail(v, "kind", path, mistakef("as in [n], [] or all", "takes a list of parameters or all, not %s", what(v)))
		}
	}
	return depends
}

func (r *reader) dependence(n *yaml.Node, m *models.Model, path string) []models.Param {
	params := []models.Param{}
	for i, c := range n.Content {
		at := element(path, i)
		if c.Kind != yaml.ScalarNode {
			if c.Kind != yaml.AliasNode {
				r.fail(c, "kind", at, mistakef("", "takes the name of a parameter, not %s", what(c)))
			}
			continue
		}
		switch j := m.Param(c.Value); {
		case j < 0:
			r.fail(c, "unknown-parameter", at, mistakef(suggestParam(m, c.Value), "model %s has no parameter %q", m.Name, clip(c.Value)))
		case slices.Contains(params, m.Params[j]):
			r.fail(c, "repeated-value", at, mistakef("leave one of them out", "%s appears twice", c.Value))
		default:
			params = append(params, m.Params[j])
		}
	}
	return params
}

// size refuses a plan with more trials than can be numbered.
func (r *reader) size(root *yaml.Node, s *Spec) {
	n := new(big.Int)
	for _, g := range s.grids {
		part := big.NewInt(s.Replicates)
		if g.kept != nil {
			part.Mul(part, big.NewInt(int64(len(g.kept))))
		} else {
			for _, f := range g.factors {
				part.Mul(part, big.NewInt(f.len))
			}
		}
		n.Add(n, part)
	}
	if s.carry != nil && s.carry.both {
		n.Lsh(n, 1)
	}
	if n.Cmp(big.NewInt(maxTrials)) > 0 {
		at, _ := lookup(root, "params")
		if at == nil {
			at = root
		}
		r.fail(at, "trials", "params", mistakef("", "the plan has %s trials; at most 2^40 can be planned", show(new(big.Rat).SetInt(n))))
	}
}
