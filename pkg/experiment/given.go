package experiment

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"slices"

	"github.com/neurosweep/sweep/pkg/models"
	"go.yaml.in/yaml/v3"
)

// given is what a spec gives a parameter: a constant, an axis, or what makes
// either of these at each value of others.
type given struct {
	constant models.Value
	axis     *Axis
	rule     *dependent
}

// valueKey names a value of the spec read for a parameter, so that what
// several variants share is read once. place is the parameter's in the model,
// which depends on what a variant asks for.
type valueKey struct {
	node  *yaml.Node
	param *models.ParamDecl
	place int
}

// value reads what the node gives the parameter at that place. It returns nil
// if there is a mistake.
func (r *reader) value(n *yaml.Node, param int, d *models.ParamDecl, path string) *given {
	key := valueKey{n, d, param}
	if g, ok := r.read[key]; ok {
		return g
	}
	g := r.valueOnce(n, param, d, path)
	// What an expression means depends on what else the spec has.
	if n.Kind == yaml.MappingNode && (g == nil || g.rule != nil) {
		return g
	}
	if r.read == nil {
		r.read = make(map[valueKey]*given)
	}
	r.read[key] = g
	return g
}

func (r *reader) valueOnce(n *yaml.Node, param int, d *models.ParamDecl, path string) *given {
	switch n.Kind {
	case yaml.ScalarNode:
		v, err := r.scalar(n, d)
		if err != nil {
			r.failValue(n, path, err)
			return nil
		}
		return &given{constant: v}
	case yaml.SequenceNode:
		return r.list(n, param, d, path)
	case yaml.MappingNode:
		return r.mapping(n, param, d, path)
	}
	return nil
}

// failValue records what is wrong with a value that was written out.
func (r *reader) failValue(n *yaml.Node, path string, err error) {
	code, err := uncoded(err)
	var m *mistake
	if !errors.As(err, &m) {
		m = mistakef("", "%v", err)
	}
	r.fail(n, code, path, m)
}

// coded is an error with the code to report it under.
type coded struct {
	code string
	err  error
}

func (c *coded) Error() string { return c.err.Error() }

// uncoded is the code of an error and the error without it.
func uncoded(err error) (string, error) {
	var c *coded
	if errors.As(err, &c) {
		return c.code, c.err
	}
	return "number", err
}

// scalar reads a single value for the parameter.
func (r *reader) scalar(n *yaml.Node, d *models.ParamDecl) (models.Value, error) {
	switch {
	case n.Kind != yaml.ScalarNode:
		return models.Value{}, &coded{"kind", mistakef("", "takes %s here, not %s", want(d), what(n))}
	case isNull(n):
		return models.Value{}, &coded{"missing", mistakef("leave the key out for the default", "has no value")}
	}
	switch d.Kind {
	case models.TextKind:
		v := models.TextValue(n.Value)
		if err := d.Check(v); err != nil {
			return v, &coded{"choice", mistakef(suggest(n.Value, "choices", d.Choices), "takes %s, not %q", models.Either(d.Choices), clip(n.Value))}
		}
		return v, nil
	case models.FlagKind:
		return trueOrFalse(n)
	}
	q, err := number(n)
	if err != nil {
		return models.Value{}, err
	}
	return exactly(q, d)
}

// ParseValue reads the text of one value of a parameter as it stands in a spec:
// 1/3 and 1e3 are numbers, 1.0 is an integer, and a flag is true or false. Its
// error is a sentence about the value.
func ParseValue(d *models.ParamDecl, text string) (models.Value, error) {
	r := &reader{file: newSource(d.Name, text, 0)}
	var v models.Value
	n := r.tree(r.file, []byte(text))
	if n == nil || len(r.errs) > 0 {
		return v, mistakef("", "%q is no value: takes %s", clip(text), want(d))
	}
	v, err := r.scalar(n, d)
	if err == nil {
		return v, nil
	}
	_, err = uncoded(err)
	var m *mistake
	if errors.As(err, &m) && m.hint != "" {
		return models.Value{}, fmt.Errorf("%w: %s", err, m.hint)
	}
	return models.Value{}, err
}

// number reads the exact number that a node holds.
func number(n *yaml.Node) (*big.Rat, error) {
	switch {
	case n.Kind != yaml.ScalarNode:
		return nil, &coded{"kind", mistakef("", "takes a number, not %s", what(n))}
	case isNull(n):
		return nil, &coded{"missing", mistakef("", "a number is missing")}
	case n.Style&^yaml.FlowStyle&^yaml.TaggedStyle != 0:
		return nil, &coded{"kind", mistakef("write numbers without quotes", "%q is a text, not a number", clip(n.Value))}
	}
	return parseNumber(n.Value)
}

// exactly is the exact number q as a value of the parameter.
func exactly(q *big.Rat, d *models.ParamDecl) (models.Value, error) {
	var v models.Value
	if d.Kind == models.IntKind {
		i, err := toInt(q)
		if err != nil {
			return v, err
		}
		v = models.IntValue(i)
	} else {
		x, err := toFloat(q)
		if err != nil {
			return v, err
		}
		v = models.FloatValue(x)
	}
	return v, inBounds(d, v)
}

func inBounds(d *models.ParamDecl, v models.Value) error {
	if err := d.Check(v); err != nil {
		return &coded{"bounds", err}
	}
	return nil
}

func trueOrFalse(n *yaml.Node) (models.Value, error) {
	if quoted(n) {
		return models.Value{}, &coded{"kind", mistakef("write it without quotes", "%q is a text, not true or false", clip(n.Value))}
	}
	switch n.Value {
	case "true":
		return models.FlagValue(true), nil
	case "false":
		return models.FlagValue(false), nil
	}
	return models.Value{}, &coded{"kind", mistakef("write true or false", "takes true or false, not %s", clip(n.Value))}
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Tag == "!!null" }

// what names what a node holds.
func what(n *yaml.Node) string {
	switch {
	case n.Kind == yaml.SequenceNode:
		return "a list"
	case n.Kind == yaml.MappingNode:
		return "a mapping"
	case isNull(n):
		return "nothing"
	}
	return fmt.Sprintf("%q", clip(n.Value))
}

// want names what a parameter takes.
func want(d *models.ParamDecl) string {
	switch d.Kind {
	case models.TextKind:
		return models.Either(d.Choices)
	case models.FlagKind:
		return "true or false"
	case models.IntKind:
		return "an integer"
	}
	return "a number"
}

// list reads the values of an axis written one by one.
func (r *reader) list(n *yaml.Node, param int, d *models.ParamDecl, path string) *given {
	if len(n.Content) == 0 {
		r.fail(n, "axis", path, mistakef("leave the key out for the default", "the list is empty"))
		return nil
	}
	if !r.work(int64(len(n.Content))*listedWork, n, path) {
		return nil
	}
	values := make([]models.Value, len(n.Content))
	first := make(map[models.Value]int, len(n.Content))
	ok := true
	for i, c := range n.Content {
		v, err := r.scalar(c, d)
		if isNull(c) {
			err = &coded{"missing", mistakef("", "a value is missing")}
		}
		if err != nil {
			r.failValue(c, element(path, i), err)
			if ok = false; r.full() {
				return nil
			}
			continue
		}
		if j, twice := first[v]; twice {
			m := mistakef("leave one of them out", "the value %s appears twice, first at index %d", v, j)
			if n.Content[j].Value != c.Value && d.Kind == models.FloatKind {
				m.message = fmt.Sprintf("the value appears twice: %s at index %d and %s are the same float64", clip(n.Content[j].Value), j, clip(c.Value))
			}
			r.fail(c, "repeated-value", element(path, i), m)
			ok = false
			continue
		}
		first[v], values[i] = i, v
	}
	if !ok {
		return nil
	}
	return &given{axis: &Axis{Param: param, Len: int64(len(values)), kind: d.Kind, list: values}}
}

// generator is a way to write a sequence of numbers: what it takes, and how its
// numbers become a rule and a count. Between any two neighbours refine-1 more
// are put.
type generator struct {
	name, takes string
	build       func(numbers []*big.Rat, refine int64) (rule func() sequence, count *big.Int, wrong int, m *mistake)
}

var generators = []*generator{
	{"linspace", "[from, to, count]", spaced(func(l *line) sequence { return l })},
	{"range", "[from, to, step]", stepped},
	{"logspace", "[from, to, count]", spaced(func(l *line) sequence { return powers{l} })},
	{"geomspace", "[from, to, count]", curved(func(from, to *big.Rat, gaps int64) sequence { return newGeometric(from, to, gaps) })},
	{"chebyshev", "[from, to, count]", curved(func(from, to *big.Rat, gaps int64) sequence { return &chebyshev{from, to, gaps} })},
}

func generatorNames() []string {
	var names []string
	for _, g := range generators {
		names = append(names, g.name)
	}
	return names
}

// counted checks from, to and count, both ends included. A count of 1 needs
// ends that are one.
func counted(q []*big.Rat) (count *big.Int, wrong int, m *mistake) {
	switch count = q[2].Num(); {
	case !q[2].IsInt() || count.Sign() <= 0:
		return nil, 2, mistakef("", "the count is an integer of at least 1, not %s", show(q[2]))
	case count.Cmp(big.NewInt(1)) == 0 && q[0].Cmp(q[1]) != 0:
		return nil, 2, mistakef("", "one value cannot include both ends, %s and %s", show(q[0]), show(q[1]))
	}
	return count, 0, nil
}

// refined is the count of a sequence refined k times.
func refined(count *big.Int, k int64) *big.Int {
	one := big.NewInt(1)
	gaps := new(big.Int).Sub(count, one)
	return gaps.Add(gaps.Mul(gaps, big.NewInt(k)), one)
}

// spaced is count numbers in equal steps, both ends included.
func spaced(of func(*line) sequence) func([]*big.Rat, int64) (func() sequence, *big.Int, int, *mistake) {
	return func(q []*big.Rat, refine int64) (func() sequence, *big.Int, int, *mistake) {
		count, wrong, m := counted(q)
		if m != nil {
			return nil, nil, wrong, m
		}
		count = refined(count, refine)
		return func() sequence {
			step := new(big.Rat)
			if n := count.Int64(); n > 1 {
				step.Sub(q[1], q[0])
				step.Quo(step, big.NewRat(n-1, 1))
			}
			return of(newLine(q[0], step, count.Int64()))
		}, count, 0, nil
	}
}

// stepped is the numbers from the first in steps that do not pass the second.
func stepped(q []*big.Rat, refine int64) (func() sequence, *big.Int, int, *mistake) {
	way := new(big.Rat).Sub(q[1], q[0])
	switch {
	case q[2].Sign() == 0:
		return nil, nil, 2, mistakef("", "the step is 0")
	case way.Sign()*q[2].Sign() < 0:
		return nil, nil, 2, mistakef("change the sign of the step", "steps of %s from %s never reach %s", show(q[2]), show(q[0]), show(q[1]))
	}
	way.Quo(way, q[2])
	count := new(big.Int).Div(way.Num(), way.Denom())
	count = refined(count.Add(count, big.NewInt(1)), refine)
	return func() sequence {
		return newLine(q[0], new(big.Rat).Quo(q[2], big.NewRat(refine, 1)), count.Int64())
	}, count, 0, nil
}

// curved is count numbers of a rule that knows its ends, both included.
func curved(of func(from, to *big.Rat, gaps int64) sequence) func([]*big.Rat, int64) (func() sequence, *big.Int, int, *mistake) {
	return func(q []*big.Rat, refine int64) (func() sequence, *big.Int, int, *mistake) {
		count, wrong, m := counted(q)
		if m != nil {
			return nil, nil, wrong, m
		}
		count = refined(count, refine)
		return func() sequence {
			if n := count.Int64(); n > 1 && q[0].Cmp(q[1]) != 0 {
				return of(q[0], q[1], n-1)
			}
			return newLine(q[0], new(big.Rat), count.Int64())
		}, count, 0, nil
	}
}

// fault is what is wrong with a sequence: at one of its arguments, or with the
// whole if at is -1.
type fault struct {
	at  int
	err error
}

// build makes the axis of a sequence and checks its values: that they fit the
// parameter and that no two are the same. Sequences are monotone, so the ends
// tell. text is how the arguments are written.
func (g *generator) axis(q []*big.Rat, refine int64, param int, d *models.ParamDecl, text string) (*Axis, []fault) {
	one := func(at int, code string, m *mistake) []fault { return []fault{{at, &coded{code, m}}} }
	if g.name == "geomspace" {
		for i := range 2 {
			if q[i].Sign() == 0 {
				return nil, one(i, "axis", mistakef("begin at a small number, or take linspace", "no ratio leads from or to 0"))
			}
		}
		if q[0].Sign() != q[1].Sign() {
			return nil, one(1, "axis", mistakef("take linspace", "no ratio leads from %s to %s", show(q[0]), show(q[1])))
		}
	}
	rule, count, wrong, m := g.build(q, refine)
	switch {
	case m != nil:
		return nil, one(wrong, "axis", m)
	case count.Cmp(big.NewInt(maxCount)) > 0:
		return nil, one(2, "trials", mistakef("", "the axis has %s values, more than a plan can number", show(new(big.Rat).SetInt(count))))
	case g.name == "logspace":
		for i := range 2 {
			// Beyond these float64 is surely left; nearer, the value tells.
			if e := new(big.Rat).Abs(q[i]); e.Cmp(big.NewRat(maxExponent, 1)) > 0 {
				return nil, one(i, "number", mistakef("", "10 to the power of %s is out of the range of float64", show(q[i])))
			}
		}
	}
	a := &Axis{Param: param, Len: count.Int64(), kind: d.Kind, rule: rule()}
	if a.kind == models.IntKind {
		if i := a.rule.notInteger(a.Len); i >= 0 {
			return nil, one(-1, "number", mistakef("", "%s %s gives %s at index %d; %s takes integers", g.name, text, a.shown(i), i, d.Name))
		}
	}
	var faults []fault
	for end, i := range []int64{0, a.Len - 1} {
		if err := a.rule.check(i, d); err != nil {
			faults = append(faults, fault{end, err})
		}
	}
	switch {
	case faults != nil:
		return nil, faults
	case a.Len > 1 && a.Value(0) == a.Value(a.Len-1):
		return nil, one(-1, "repeated-value", mistakef("give one value", "all %d values are %s", a.Len, a.Value(0)))
	case a.kind == models.FloatKind && !a.rule.distinct(a.Len):
		finer := mistakef("take fewer values", "the %d values are finer than float64 resolves: one appears twice", a.Len)
		if l, ok := a.rule.(interface{ step() *big.Rat }); ok {
			finer = mistakef("take fewer values", "steps of %s are finer than float64 resolves: a value appears twice", show(l.step()))
		}
		return nil, one(-1, "repeated-value", finer)
	}
	return a, nil
}

// shown is the number at place i of an axis for a message.
func (a *Axis) shown(i int64) string {
	switch s := a.rule.(type) {
	case *line:
		return show(s.at(i))
	case *geometric:
		if q := s.at(i); q != nil {
			return show(q)
		}
	}
	return fmt.Sprintf("%.4g", a.rule.float(i))
}

// forms are the keys of which an axis that is written as a mapping has one.
func forms() []string { return append([]string{"list", "value"}, generatorNames()...) }

// mapping reads an axis written as a mapping: the values or the rule that makes
// them, how to refine it, and when the parameter is given at all.
func (r *reader) mapping(n *yaml.Node, param int, d *models.ParamDecl, path string) *given {
	var key, args, when *yaml.Node
	refine, ok := int64(1), true
	refineKey, refineNode := lookup(n, "refine")
	for k, v := range pairs(n) {
		at := join(path, k.Value)
		switch {
		case !named(k):
			ok = false
		case k.Value == "refine":
			refine = r.count(v, at, 1, maxCount)
		case k.Value == "when":
			when = v
		case !slices.Contains(forms(), k.Value):
			r.fail(k, "unknown-key", at, mistakef(suggest(k.Value, "an axis is a list or one of", append(forms(), "refine", "when")), "there is no %q", clip(k.Value)))
			ok = false
		case key != nil && key.Value != k.Value:
			r.fail(k, "axis", at, mistakef("leave one of them out", "an axis has one rule, and %s is given %s", key.Value, r.there(key)))
			ok = false
		default:
			key, args = k, v
		}
	}
	switch {
	case !ok:
		return nil
	case key == nil:
		r.fail(n, "axis", path, mistakef("as in {linspace: [0, 1, 11]}", "an axis is a list or one of %s", models.Either(generatorNames())))
		return nil
	}
	at := join(path, key.Value)
	var g *given
	switch key.Value {
	case "value":
		if refineNode != nil {
			r.fail(refineKey, "axis", join(path, "refine"), mistakef("leave it out", "one value cannot be refined"))
			return nil
		}
		if args.Kind != yaml.ScalarNode {
			r.fail(args, "kind", at, mistakef("", "takes %s here, not %s", want(d), what(args)))
			return nil
		}
		g = r.value(args, param, d, at)
	case "list":
		if args.Kind != yaml.SequenceNode {
			r.fail(args, "kind", at, mistakef("as in {list: [0, 0.5, 1]}", "takes a list, not %s", what(args)))
			return nil
		}
		g = r.value(args, param, d, at)
		if g != nil && refine > 1 {
			g = r.refineList(args, g, refine, param, d, at)
		}
	default:
		g = r.sequence(key, args, refine, param, d, at)
	}
	if g == nil {
		return nil
	}
	if when != nil {
		e := r.expression(when, join(path, "when"))
		if e == nil {
			return nil
		}
		g = &given{rule: &dependent{node: n, path: path, when: e, fixed: g}}
		if g.rule.fixed.rule != nil {
			inner := g.rule.fixed.rule
			inner.when, g.rule = e, inner
		}
	}
	return g
}

// refineList puts k-1 numbers in equal steps between any two neighbours.
func (r *reader) refineList(n *yaml.Node, g *given, k int64, param int, d *models.ParamDecl, path string) *given {
	if d.Kind != models.FloatKind && d.Kind != models.IntKind {
		r.fail(n, "kind", path, mistakef("", "only numbers can be refined, and %s takes %s", d.Name, want(d)))
		return nil
	}
	gaps := int64(len(n.Content) - 1)
	if gaps > 0 && k > maxTable/gaps {
		r.fail(n, "table", path, mistakef("take a sequence, such as linspace", "a list is refined to at most %d values", maxTable))
		return nil
	}
	if !r.work(refinedWork*gaps*k, n, path) {
		return nil
	}
	var values []models.Value
	seen := make(map[models.Value]bool)
	for i, c := range n.Content {
		q, err := number(c)
		if err != nil {
			return nil // read before
		}
		step, count := new(big.Rat), int64(1)
		if int64(i) < gaps {
			next, err := number(n.Content[i+1])
			if err != nil {
				return nil
			}
			step.Sub(next, q)
			step.Quo(step, big.NewRat(k, 1))
			count = k
		}
		for j := range count {
			between := new(big.Rat).Mul(step, big.NewRat(j, 1))
			v, err := exactly(between.Add(between, q), d)
			if err == nil && seen[v] {
				err = &coded{"repeated-value", mistakef("", "refined by %d, the list has the value %s twice", k, v)}
			}
			if err != nil {
				r.failValue(c, element(path, i), err)
				return nil
			}
			seen[v] = true
			values = append(values, v)
		}
	}
	return &given{axis: &Axis{Param: param, Len: int64(len(values)), kind: d.Kind, list: values}}
}

// sequence reads an axis written as the rule that makes its numbers.
func (r *reader) sequence(key, args *yaml.Node, refine int64, param int, d *models.ParamDecl, path string) *given {
	i := slices.IndexFunc(generators, func(g *generator) bool { return g.name == key.Value })
	g := generators[i]
	if d.Kind != models.FloatKind && d.Kind != models.IntKind {
		r.fail(key, "kind", path, mistakef("write a list", "%s makes numbers, and %s takes %s", g.name, d.Name, want(d)))
		return nil
	}
	if args.Kind != yaml.SequenceNode || len(args.Content) != 3 {
		r.fail(args, "axis", path, mistakef("", "%s takes a list %s", g.name, g.takes))
		return nil
	}
	numbers := make([]*big.Rat, 3)
	formulas := make([]*expression, 3)
	ok, depends := true, false
	for i, c := range args.Content {
		if r.isExpression(c) {
			formulas[i] = r.expression(c, element(path, i))
			ok = ok && formulas[i] != nil
			depends = true
			continue
		}
		q, err := number(c)
		if err != nil {
			r.failValue(c, element(path, i), err)
			ok = false
			continue
		}
		numbers[i] = q
	}
	if !ok {
		return nil
	}
	if depends {
		return &given{rule: &dependent{node: args, path: path, generator: g, numbers: numbers, formulas: formulas, refine: refine}}
	}
	a, faults := g.axis(numbers, refine, param, d, written(args))
	for _, f := range faults {
		at, below := args, path
		if f.at >= 0 {
			at, below = args.Content[f.at], element(path, f.at)
		}
		r.failValue(at, below, f.err)
	}
	if a == nil {
		return nil
	}
	return &given{axis: a}
}

// checkPower says whether ten to the power of q fits the parameter.
func checkPower(q *big.Rat, d *models.ParamDecl) error {
	if d.Kind == models.IntKind {
		n := int(q.Num().Int64())
		if n < 0 {
			return mistakef("", "10 to the power of %d is not an integer", n)
		}
		_, err := exactly(new(big.Rat).SetInt(tenTo(n)), d)
		return err
	}
	x := powerOfTen(q)
	if math.IsInf(x, 0) || x == 0 {
		return mistakef("", "10 to the power of %s is out of the range of float64", show(q))
	}
	return inBounds(d, models.FloatValue(x))
}

// written is a list of scalars as the spec writes it.
func written(n *yaml.Node) string {
	s := "["
	for i, c := range n.Content {
		if i > 0 {
			s += ", "
		}
		s += clip(c.Value)
	}
	return s + "]"
}
