package experiment

import (
	"cmp"
	"fmt"
	"math"
	"math/big"
	"math/bits"
	"slices"
	"strings"

	"github.com/neurosweep/sweep/pkg/models"
	"go.yaml.in/yaml/v3"
)

// maxTable is how many rows are laid out one by one: of parameters that are
// tied to each other, of a design, of derived values. Axes that stand by
// themselves have no such limit.
const maxTable = 1 << 20

// maxWork is how much is laid out in all to read one spec with its variants, in
// rows of a condition on a number, of which a second has so many. The others are
// what else there is to do, measured in these.
const (
	maxWork     = 1 << 22
	tableWork   = 1   // a derived value that is kept
	drawnWork   = 3   // a coordinate of a design's point
	listedWork  = 8   // a number written out
	refinedWork = 30  // one put between two
	compileWork = 300 // an expression that is read
)

// factor is one or more parameters that change together. A grid is the product
// of its factors: what ties parameters to each other, a zip, a condition, a
// bound that depends on another axis, makes one factor of them.
type factor struct {
	len     int64
	members []member
	grades  []grade // nil: the row's number says how coarse a grid it still belongs to
	order   int     // where it stands among the factors
	merged  int64   // rows of a design that were there before
}

// grade is how coarse a grid each row of a factor still belongs to, as far as some of
// its parameters say: those of an axis or a zip that was tied to others, or of a
// design. A row belongs to the coarsest grid to which all of its grades admit it.
type grade struct {
	params []int
	levels []uint8 // by row
	len    int64   // number of places that the levels go by
	drawn  bool    // a design's
}

// member is one parameter of a factor.
type member struct {
	param  int
	axis   *Axis   // the distinct values
	places []int32 // by row the place on the axis; nil: the row's own number
}

func (m *member) at(row int64) int64 {
	if m.places == nil {
		return row
	}
	return int64(m.places[row])
}

// topLevel is the level of the place 0, which every coarse grid has.
const topLevel = 63

// level says how coarse a grid the place i of an axis still belongs to: it is
// in those of every second, fourth, … 2^level-th place.
func level(i int64) uint8 {
	if i == 0 {
		return topLevel
	}
	return uint8(bits.TrailingZeros64(uint64(i)))
}

// graded are the grades of a factor; the levels of one that goes by the row's number
// are nil.
func (f *factor) graded() []grade {
	if f.grades != nil {
		return f.grades
	}
	g := grade{len: f.len}
	for _, m := range f.members {
		g.params = append(g.params, m.param)
	}
	return []grade{g}
}

func (g *grade) level(row int64) uint8 {
	if g.levels == nil {
		return level(row)
	}
	return g.levels[row]
}

// tabulated is a derived value: a table over the factors that it depends on.
type tabulated struct {
	param   int // that it sets, or -1
	factors []int
	strides []int64
	axis    *Axis
	places  []int32
}

func (t *tabulated) at(rows []int64) int64 {
	var i int64
	for k, f := range t.factors {
		i += rows[f] * t.strides[k]
	}
	return int64(t.places[i])
}

// grid is the points of a spec, or of one of its blocks.
type grid struct {
	factors   []factor
	constants []models.Value // by parameter; not set where a factor or a lookup sets it
	lookups   []tabulated    // derived parameters
	columns   []tabulated    // derived columns, in the order of the plan's
	places    int64          // number of combinations of the factors' rows
	kept      []int32        // those that no earlier block has; nil: all
	shared    int64          // how many an earlier block has
	cuts      []cut
	block     int // its place in the list of blocks
}

// cut is what a condition removed.
type cut struct {
	condition string
	removed   int64 // places
}

func (g *grid) length() int64 {
	if g.kept != nil {
		return int64(len(g.kept))
	}
	return g.places
}

// dependent is an axis or a constant that other parameters or derived values
// decide about.
type dependent struct {
	node *yaml.Node
	path string
	when *expression // nil: always
	// What the parameter is given then: a sequence with some of its numbers
	// expressions, or what needs none.
	generator *generator
	numbers   []*big.Rat
	formulas  []*expression
	refine    int64
	fixed     *given
}

func (d *dependent) names() []string {
	var names []string
	for _, e := range append(slices.Clone(d.formulas), d.when) {
		if e != nil {
			names = append(names, e.names...)
		}
	}
	return names
}

// derivation is a derived value.
type derivation struct {
	name  string
	param int // that it sets, or -1
	expr  *expression
	doc   string
	wrong bool // at some point
}

// layout makes a grid of what a spec gives.
type layout struct {
	r        *reader
	model    *models.Model
	blocks   *yaml.Node     // the list that the grid is a block of, or nil
	block    int            // where in it
	given    []*given       // by parameter
	order    []int          // the parameters that are given, as the spec has them
	keys     []*yaml.Node   // by parameter the key that gives it
	derived  []*derivation  // as the spec has them
	defaults []models.Value // by parameter
	factors  []factor
	values   []models.Value // by parameter: the constants
	cuts     []cut
	env      *environment
	drawn    []int // the parameters of the design
}

func (l *layout) decl(param int) *models.ParamDecl { return l.model.Params[param].Decl() }

func (l *layout) derivation(name string) *derivation {
	for _, d := range l.derived {
		if d.name == name {
			return d
		}
	}
	return nil
}

// needs are the parameters that names rest on, and the derived values, each
// behind those that it needs itself. A derived value that could not be read is
// neither.
func (l *layout) needs(names []string) (params []int, derived []*derivation) {
	var visit func(names []string)
	visit = func(names []string) {
		for _, name := range names {
			if d := l.derivation(name); d != nil {
				if !slices.Contains(derived, d) {
					visit(d.expr.names)
					derived = append(derived, d)
				}
			} else if i := l.model.Param(name); i >= 0 && !slices.Contains(params, i) {
				params = append(params, i)
			}
		}
	}
	visit(names)
	return params, derived
}

// cycles reports definitions that need themselves.
func (l *layout) cycles() bool {
	const (
		open = iota + 1
		done
	)
	state := make(map[string]int)
	found := false
	var stack []string
	var visit func(name string)
	visit = func(name string) {
		var names []string
		var node *yaml.Node
		path := join("derive", name)
		if d := l.derivation(name); d != nil {
			names, node = d.expr.names, d.expr.node
		} else if i := l.model.Param(name); i >= 0 && l.given[i] != nil && l.given[i].rule != nil {
			names, node, path = l.given[i].rule.names(), l.given[i].rule.node, l.given[i].rule.path
		}
		switch {
		case node == nil || state[name] == done:
			return
		case state[name] == open:
			round := append(slices.Clone(stack[slices.Index(stack, name):]), name)
			l.r.fail(node, "cycle", path, mistakef("", "a cycle: %s", strings.Join(round, " needs ")))
			found = true
			return
		}
		state[name] = open
		stack = append(stack, name)
		for _, n := range names {
			visit(n)
		}
		stack = stack[:len(stack)-1]
		state[name] = done
	}
	for _, d := range l.derived {
		visit(d.name)
	}
	for _, i := range l.order {
		visit(l.decl(i).Name)
	}
	return found
}

// holder is the factor that a parameter is a member of, or -1.
func (l *layout) holder(param int) (f, m int) {
	for i := range l.factors {
		for j := range l.factors[i].members {
			if l.factors[i].members[j].param == param {
				return i, j
			}
		}
	}
	return -1, -1
}

// at names the values of parameters where a mistake was found.
func (l *layout) at(params []int) string {
	s := ""
	for _, p := range params {
		name := l.decl(p).Name
		v, ok := l.env.values[name]
		if !ok {
			continue
		}
		if x, isFloat := v.(float64); isFloat {
			v = models.FloatValue(x)
		}
		if s += ", "; s == ", " {
			s = " at "
		}
		s += fmt.Sprintf("%s = %v", name, v)
	}
	return s
}

// each calls visit for each combination of the values of what the names rest
// on, in the order of the plan: with the environment set and, for each of the
// factors fs that these are of, its row. It ends early if visit says so, and
// reports whether all went well.
func (l *layout) each(names []string, node *yaml.Node, path string, visit func(fs []int, rows []int64, params []int) bool) bool {
	params, derived := l.needs(names)
	var fs []int
	for _, p := range params {
		if f, _ := l.holder(p); f < 0 {
			l.env.set(l.decl(p).Name, l.values[p])
		} else if !slices.Contains(fs, f) {
			fs = append(fs, f)
		}
	}
	slices.SortFunc(fs, func(a, b int) int { return cmp.Compare(l.factors[a].order, l.factors[b].order) })
	n := big.NewInt(1)
	for _, f := range fs {
		n.Mul(n, big.NewInt(l.factors[f].len))
	}
	if n.Cmp(big.NewInt(maxTable)) > 0 {
		l.r.fail(node, "table", path, mistakef("make the axes that it names shorter", "the axes that it rests on have %s values together; at most %d can be laid out", show(new(big.Rat).SetInt(n)), maxTable))
		return false
	}
	cost := l.r.reading
	for _, d := range derived {
		cost += d.expr.cost
	}
	if !l.r.work(saturate(n.Int64(), max(cost, 1)), node, path) {
		return false
	}
	for _, f := range fs {
		for _, m := range l.factors[f].members {
			if slices.Contains(params, m.param) && !l.r.tabulate(m.axis, node, path) {
				return false
			}
		}
	}
	rows := make([]int64, len(fs))
	set := func(k int) {
		for _, m := range l.factors[fs[k]].members {
			if slices.Contains(params, m.param) {
				l.env.set(l.decl(m.param).Name, m.axis.Value(m.at(rows[k])))
			}
		}
	}
	for k := range fs {
		set(k)
	}
	for {
		for _, d := range derived {
			v, err := l.derive(d)
			if err != nil {
				l.r.fail(d.expr.node, "expression", d.expr.path, mistakef("", "%v%s", err, l.at(params)))
				d.wrong = true
				return false
			}
			l.env.set(d.name, v)
		}
		if !visit(fs, rows, params) {
			return false
		}
		k := len(fs) - 1
		for ; k >= 0; k-- {
			if rows[k]++; rows[k] < l.factors[fs[k]].len {
				set(k)
				break
			}
			rows[k] = 0
			set(k)
		}
		if k < 0 {
			return true
		}
	}
}

// tabulate computes the values of an axis that is gone through many times. It
// reports whether it could.
func (r *reader) tabulate(a *Axis, node *yaml.Node, path string) bool {
	if a.cost() == 1 || a.Len > maxTable {
		return true
	}
	if !r.work(a.Len*a.cost(), node, path) {
		return false
	}
	a.table = make([]float64, a.Len)
	for i := range a.table {
		a.table[i] = a.rule.float(int64(i))
	}
	return true
}

// work counts what is laid out for a spec. That it is too much is said once, for
// nothing that is read behind it can be laid out either.
func (r *reader) work(n int64, node *yaml.Node, path string) bool {
	if r.rows <= r.limit {
		if r.rows += min(n, r.limit+1); r.rows <= r.limit {
			return true
		}
		r.fail(node, "table", path, mistakef("make the axes that are tied to each other shorter, or join conditions with and", "the spec with its variants lays out more than %d rows one by one", r.limit))
		return false
	}
	r.fails++
	return false
}

// reads says that at each row these are evaluated, until what it returns is called.
func (r *reader) reads(list ...*expression) func() {
	before := r.reading
	r.reading = 0
	for _, e := range list {
		if e != nil {
			r.reading += e.cost
		}
	}
	return func() { r.reading = before }
}

// spent reports whether nothing more can be laid out.
func (r *reader) spent() bool { return r.rows > r.limit }

// derive evaluates a derived value in the environment.
func (l *layout) derive(d *derivation) (models.Value, error) {
	x, err := l.env.eval(d.expr)
	if err != nil {
		return models.Value{}, err
	}
	if d.param < 0 {
		return toValue(x, d.expr.kind)
	}
	v, err := toValue(x, l.decl(d.param).Kind)
	if err == nil {
		if wrong := l.decl(d.param).Check(v); wrong != nil {
			err = fmt.Errorf("gives %s, and %s %w", v, d.name, wrong)
		}
	}
	return v, err
}

// distinct are the different values among many, numbers in ascending order and
// others as they come, and by value its place among them.
func distinct(values []models.Value, param int, kind models.Kind) (*Axis, []int32) {
	var list []models.Value
	places := make([]int32, len(values))
	if kind == models.FloatKind || kind == models.IntKind {
		// Keys beside their places are sorted faster than the values.
		type keyed struct {
			key   uint64
			at    int32
			unset int32 // 1: comes last
		}
		order := make([]keyed, len(values))
		for i := range values {
			order[i] = keyed{key: sortKey(&values[i]), at: int32(i)}
			if !values[i].IsSet() {
				order[i].unset = 1
			}
		}
		byKey := func(a, b keyed) int {
			if a.unset != b.unset {
				return cmp.Compare(a.unset, b.unset)
			}
			return cmp.Compare(a.key, b.key)
		}
		if !slices.IsSortedFunc(order, byKey) {
			slices.SortFunc(order, byKey)
		}
		count := 0
		for k := range order {
			if k == 0 || byKey(order[k], order[k-1]) != 0 {
				count++
			}
		}
		list = make([]models.Value, 0, count)
		for k, o := range order {
			if k == 0 || byKey(o, order[k-1]) != 0 {
				list = append(list, values[o.at])
			}
			places[o.at] = int32(len(list) - 1)
		}
	} else {
		first := make(map[models.Value]int32)
		for i, v := range values {
			at, ok := first[v]
			if !ok {
				at = int32(len(list))
				first[v] = at
				list = append(list, v)
			}
			places[i] = at
		}
	}
	return &Axis{Param: param, Len: int64(len(list)), kind: kind, list: list}, places
}

// compareNumbers orders numbers of one kind; what is not set comes last.
func compareNumbers(a, b models.Value) int {
	if !a.IsSet() || !b.IsSet() {
		return cmp.Compare(b.Kind(), a.Kind())
	}
	return cmp.Compare(sortKey(&a), sortKey(&b))
}

// sortKey is a number whose order is that of the numbers of one kind.
func sortKey(v *models.Value) uint64 {
	const sign = 1 << 63
	switch v.Kind() {
	case models.IntKind:
		return uint64(v.Int()) ^ sign
	case models.FloatKind:
	default:
		return 0
	}
	bits := math.Float64bits(v.Float())
	if bits&sign != 0 {
		return ^bits
	}
	return bits | sign
}

// join makes one factor of several: rows are those of their product that it
// has, each as often as it is named.
func (l *layout) join(fs []int, rows []int32, more *member, moreLevels []uint8) {
	joint := factor{len: int64(len(rows)), order: math.MaxInt}
	stride := int64(1)
	for _, f := range slices.Backward(fs) {
		from := &l.factors[f]
		joint.order = min(joint.order, from.order)
		joint.merged += from.merged
		members := make([]member, len(from.members))
		for j, m := range from.members {
			members[j] = member{m.param, m.axis, make([]int32, len(rows))}
		}
		for i, row := range rows {
			at := int64(row) / stride % from.len
			for j := range from.members {
				members[j].places[i] = int32(from.members[j].at(at))
			}
		}
		for _, g := range from.graded() {
			levels := make([]uint8, len(rows))
			for i, row := range rows {
				levels[i] = g.level(int64(row) / stride % from.len)
			}
			g.levels = levels
			joint.grades = append(joint.grades, g)
		}
		joint.members = append(members, joint.members...)
		stride *= from.len
	}
	if more != nil {
		joint.members = append(joint.members, *more)
		joint.grades = append(joint.grades, grade{params: []int{more.param}, levels: moreLevels, len: more.axis.Len})
	}
	rest := l.factors[:0:0]
	for i := range l.factors {
		if !slices.Contains(fs, i) {
			rest = append(rest, l.factors[i])
		}
	}
	l.factors = append(rest, joint)
	l.sort()
}

func (l *layout) sort() {
	slices.SortStableFunc(l.factors, func(a, b factor) int { return cmp.Compare(a.order, b.order) })
}

// resolve lays out a parameter that others decide about.
func (l *layout) resolve(param, order int) bool {
	rule, d := l.given[param].rule, l.decl(param)
	var values []models.Value
	var rows []int32
	var levels []uint8
	var fs []int
	var only *Axis // the axis if nothing varies
	held, ok := rule.when == nil, true
	defer func() {
		if ok && held && rule.when != nil {
			l.r.holds[rule.when.node] = true
		}
	}()
	row := int32(0)
	defer l.r.reads(append(slices.Clone(rule.formulas), rule.when)...)()
	ok = l.each(rule.names(), rule.node, rule.path, func(factors []int, _ []int64, params []int) bool {
		fs = factors
		axis, value, holds, ok := l.giveNow(rule, param, params)
		if !ok {
			return false
		}
		held = held || holds
		count := int64(1)
		if axis != nil {
			count = axis.Len
		}
		only = axis
		if len(fs) == 0 {
			l.values[param] = value
			return true
		}
		if count > maxTable-int64(len(rows)) {
			l.r.fail(rule.node, "table", rule.path, mistakef("take fewer values", "%s and what it depends on have more than %d values together, which is the most that can be laid out", d.Name, maxTable))
			return false
		}
		cost := int64(1)
		if axis != nil {
			cost = axis.cost()
		}
		if !l.r.work(count*(cost+tableWork), rule.node, rule.path) {
			return false
		}
		for i := range count {
			if axis != nil {
				value = axis.Value(i)
			}
			values = append(values, value)
			rows = append(rows, row)
			levels = append(levels, level(i))
		}
		row++
		return true
	})
	switch {
	case !ok:
		return false
	case !held:
		// It may hold in another block.
		l.r.idles(rule.when, d.Name)
	case len(fs) > 0:
		axis, places := distinct(values, param, d.Kind)
		l.values[param] = models.Value{}
		l.join(fs, rows, &member{param, axis, places}, levels)
	case only != nil:
		l.values[param] = models.Value{}
		l.factors = append(l.factors, factor{len: only.Len, members: []member{{param, only, nil}}, order: order})
		l.sort()
	}
	return true
}

// giveNow is what a rule gives in the environment: an axis or a value.
func (l *layout) giveNow(rule *dependent, param int, params []int) (axis *Axis, value models.Value, holds, ok bool) {
	d := l.decl(param)
	if rule.when != nil {
		x, err := l.env.eval(rule.when)
		if err != nil {
			l.r.fail(rule.when.node, "expression", rule.when.path, mistakef("", "%v%s", err, l.at(params)))
			return nil, value, false, false
		}
		if !x.(bool) {
			return nil, l.defaults[param], false, true
		}
	}
	if rule.fixed != nil {
		return rule.fixed.axis, rule.fixed.constant, true, true
	}
	numbers := slices.Clone(rule.numbers)
	for i, e := range rule.formulas {
		if e == nil {
			continue
		}
		x, err := l.env.eval(e)
		if err == nil {
			switch x := x.(type) {
			case int:
				numbers[i] = big.NewRat(int64(x), 1)
			case float64:
				if numbers[i] = new(big.Rat).SetFloat64(x); numbers[i] == nil {
					err = fmt.Errorf("gives %v", x)
				}
			}
		}
		if err != nil {
			l.r.fail(e.node, "expression", e.path, mistakef("", "%v%s", err, l.at(params)))
			return nil, value, false, false
		}
	}
	text := fmt.Sprintf("[%s, %s, %s]", show(numbers[0]), show(numbers[1]), show(numbers[2]))
	axis, faults := rule.generator.axis(numbers, rule.refine, param, d, text)
	for _, f := range faults {
		at, path := rule.node, rule.path
		if f.at >= 0 {
			at, path = rule.node.Content[f.at], element(path, f.at)
		}
		var m *mistake
		code, err := uncoded(f.err)
		if m, _ = err.(*mistake); m == nil {
			m = mistakef("", "%v", err)
		}
		l.r.fail(at, code, path, mistakef(m.hint, "%s,%s", m.message, l.at(params)))
	}
	return axis, value, true, axis != nil
}

// condition removes the points at which the expression is false.
func (l *layout) condition(e *expression) bool {
	var rows []int32
	var fs []int
	row, removed := int32(0), int64(0)
	defer l.r.reads(e)()
	ok := l.each(e.names, e.node, e.path, func(factors []int, _ []int64, params []int) bool {
		fs = factors
		x, err := l.env.eval(e)
		if err != nil {
			l.r.fail(e.node, "expression", e.path, mistakef("", "%v%s", err, l.at(params)))
			return false
		}
		if x.(bool) {
			rows = append(rows, row)
		} else {
			removed++
		}
		row++
		return true
	})
	switch {
	case !ok:
		return false
	case len(rows) == 0 && l.blocks == nil:
		l.r.fail(e.node, "empty", e.path, mistakef("", "the condition removes every point"))
		return false
	case len(rows) == 0 && l.r.yielded[l.blocks.Content[l.block]]: // an override or a variant made it so
		l.r.surplus[l.blocks.Content[l.block]] = true
		return false
	case len(rows) == 0:
		l.r.fail(e.node, "empty", e.path, mistakef("leave the block out, or give it a condition of its own", "the condition removes every point of %s", element("blocks", l.block)))
		return false
	}
	// In places of the whole grid, as it is now.
	for i := range l.factors {
		if !slices.Contains(fs, i) {
			removed = saturate(removed, l.factors[i].len)
		}
	}
	l.cuts = append(l.cuts, cut{strings.TrimSpace(e.text), removed})
	if removed > 0 {
		l.join(fs, rows, nil, nil)
	}
	return true
}

// saturate is a product that stays at the largest int64.
func saturate(a, b int64) int64 {
	hi, lo := bits.Mul64(uint64(a), uint64(b))
	if hi != 0 || lo > math.MaxInt64 {
		return math.MaxInt64
	}
	return int64(lo)
}

// table lays out a derived value over the factors that it depends on.
func (l *layout) table(d *derivation) (tabulated, bool) {
	var values []models.Value
	t := tabulated{param: d.param}
	kind := d.expr.kind
	if d.param >= 0 {
		kind = l.decl(d.param).Kind
	}
	texts := make(map[string]models.Value)
	l.r.reading = tableWork
	defer func() { l.r.reading = 0 }()
	ok := l.each([]string{d.name}, d.expr.node, d.expr.path, func(fs []int, _ []int64, params []int) bool {
		t.factors = fs
		var v models.Value
		switch x := l.env.values[d.name].(type) {
		case string:
			// Equal texts are kept once, and many long ones cannot be.
			var known bool
			if v, known = texts[x]; !known {
				if !l.r.work(int64(len(x)), d.expr.node, d.expr.path) {
					return false
				}
				v = models.TextValue(x)
				texts[x] = v
			}
		case bool:
			v = models.FlagValue(x)
		default:
			v, _ = toValue(x, kind) // it came from a value
		}
		values = append(values, v)
		return true
	})
	if !ok {
		return t, false
	}
	t.axis, t.places = distinct(values, d.param, kind)
	t.strides = make([]int64, len(t.factors))
	stride := int64(1)
	for k, f := range slices.Backward(t.factors) {
		t.strides[k] = stride
		stride *= l.factors[f].len
	}
	return t, true
}

// resolveAll lays out the parameters that depend on others, each behind those.
// What depends on one that is wrong is left alone.
func (l *layout) resolveAll() (ok bool) {
	ok = true
	waiting := slices.DeleteFunc(slices.Clone(l.order), func(p int) bool { return l.given[p] == nil || l.given[p].rule == nil })
	for len(waiting) > 0 {
		ready := slices.IndexFunc(waiting, func(p int) bool {
			params, _ := l.needs(l.given[p].rule.names())
			return !slices.ContainsFunc(params, func(q int) bool { return slices.Contains(waiting, q) })
		})
		p := waiting[ready]
		waiting = slices.Delete(waiting, ready, ready+1)
		if l.sound(l.given[p].rule.names()) && l.resolve(p, slices.Index(l.order, p)) {
			continue
		}
		l.given[p], ok = nil, false
	}
	return ok
}

// sound reports whether nothing that the names rest on was found wrong.
func (l *layout) sound(names []string) bool {
	params, derived := l.needs(names)
	for _, p := range params {
		if l.given[p] == nil && l.keys[p] != nil && !slices.ContainsFunc(l.derived, func(d *derivation) bool { return d.param == p }) && !slices.Contains(l.drawn, p) {
			return false
		}
	}
	return !slices.ContainsFunc(derived, func(d *derivation) bool { return d.wrong })
}

// finish makes the grid of the factors and lays out the derived values.
func (l *layout) finish(s *Spec) *grid {
	g := &grid{factors: l.factors, constants: l.values, cuts: l.cuts, places: 1, block: l.block}
	for i := range g.factors {
		g.places = saturate(g.places, g.factors[i].len)
	}
	columns := slices.DeleteFunc(slices.Clone(l.derived), func(d *derivation) bool { return d.param >= 0 })
	if len(s.grids) == 0 {
		s.derived = columns
	}
	if !slices.EqualFunc(columns, s.derived, func(a, b *derivation) bool { return a.name == b.name && a.expr.kind == b.expr.kind }) {
		odd := append(columns, s.derived...)[0]
		l.r.fail(odd.expr.node, "kind", odd.expr.path, mistakef("derive them for all blocks", "all blocks have the same derived columns, in the same order and of the same kinds"))
		return nil
	}
	fine := true
	for _, d := range l.derived {
		if !l.sound([]string{d.name}) {
			fine = false
			continue
		}
		t, ok := l.table(d)
		switch {
		case !ok:
			fine = false
		case d.param < 0:
			g.columns = append(g.columns, t)
		case t.axis.Len == 1:
			g.constants[d.param] = t.axis.Value(0)
		default:
			g.lookups = append(g.lookups, t)
		}
	}
	if !fine {
		return nil
	}
	return g
}
