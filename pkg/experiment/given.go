package experiment

import (
	"errors"
	"fmt"
	"math"
	"math/big"

	"github.com/neurosweep/sweep/pkg/models"
	"go.yaml.in/yaml/v3"
)

// given is what a spec gives a parameter: a constant or an axis.
type given struct {
	constant models.Value
	axis     *Axis
}

// valueKey names a value of the spec read for a parameter, so that what
// several variants share is read once.
type valueKey struct {
	node  *yaml.Node
	param *models.ParamDecl
}

// value reads what the node gives the parameter at that place. It returns nil
// if there is a mistake.
func (r *reader) value(n *yaml.Node, param int, d *models.ParamDecl, path string) *given {
	key := valueKey{n, d}
	if g, ok := r.read[key]; ok {
		return g
	}
	g := r.valueOnce(n, param, d, path)
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
		return r.sequence(n, param, d, path)
	}
	return nil // an alias, which strict has reported
}

// failValue records what is wrong with a value that was written out.
func (r *reader) failValue(n *yaml.Node, path string, err error) {
	code := "number"
	var c *coded
	if errors.As(err, &c) {
		code, err = c.code, c.err
	}
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

// scalar reads a single value for the parameter.
func (r *reader) scalar(n *yaml.Node, d *models.ParamDecl) (models.Value, error) {
	switch {
	case n.Kind == yaml.AliasNode:
		return models.Value{}, &coded{"alias", mistakef("write the value where it is used", "a spec has no aliases: *%s", clip(n.Value))}
	case n.Kind != yaml.ScalarNode:
		return models.Value{}, &coded{"kind", mistakef("", "takes %s here, not %s", want(d), what(n))}
	case isNull(n):
		return models.Value{}, &coded{"missing", mistakef("leave the key out for the default", "has no value")}
	}
	switch d.Kind {
	case models.TextKind:
		v := models.TextValue(n.Value)
		if err := d.Check(v); err != nil {
			return v, &coded{"choice", mistakef(suggest(n.Value, "choices", d.Choices), "takes %s, not %q", oneOf(d.Choices), clip(n.Value))}
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

// number reads the exact number that a node holds.
func number(n *yaml.Node) (*big.Rat, error) {
	switch {
	case n.Kind == yaml.AliasNode:
		return nil, &coded{"alias", mistakef("write the value where it is used", "a spec has no aliases: *%s", clip(n.Value))}
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
		return oneOf(d.Choices)
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

// generators are the ways to write a sequence of numbers: what each takes, and
// how its numbers become the first value, the step and the count of a line.
var generators = []struct {
	name, takes string
	log         bool
	line        func(numbers []*big.Rat) (first, step *big.Rat, count *big.Int, wrong int, m *mistake)
}{
	{"linspace", "[from, to, count]", false, spaced},
	{"range", "[from, to, step]", false, stepped},
	{"logspace", "[from, to, count]", true, spaced},
}

func generatorNames() []string {
	var names []string
	for _, g := range generators {
		names = append(names, g.name)
	}
	return names
}

// spaced is count numbers in equal steps, both ends included.
func spaced(q []*big.Rat) (first, step *big.Rat, count *big.Int, wrong int, m *mistake) {
	switch count = q[2].Num(); {
	case !q[2].IsInt() || count.Sign() <= 0:
		return nil, nil, nil, 2, mistakef("", "the count is an integer of at least 1, not %s", show(q[2]))
	case count.Cmp(big.NewInt(1)) > 0:
		gaps := new(big.Rat).SetInt(new(big.Int).Sub(count, big.NewInt(1)))
		step = new(big.Rat).Sub(q[1], q[0])
		return q[0], step.Quo(step, gaps), count, 0, nil
	case q[0].Cmp(q[1]) != 0:
		return nil, nil, nil, 2, mistakef("", "one value cannot include both ends, %s and %s", show(q[0]), show(q[1]))
	}
	return q[0], new(big.Rat), count, 0, nil
}

// stepped is the numbers from the first in steps that do not pass the second.
func stepped(q []*big.Rat) (first, step *big.Rat, count *big.Int, wrong int, m *mistake) {
	way := new(big.Rat).Sub(q[1], q[0])
	switch {
	case q[2].Sign() == 0:
		return nil, nil, nil, 2, mistakef("", "the step is 0")
	case way.Sign()*q[2].Sign() < 0:
		return nil, nil, nil, 2, mistakef("change the sign of the step", "steps of %s from %s never reach %s", show(q[2]), show(q[0]), show(q[1]))
	}
	way.Quo(way, q[2])
	count = new(big.Int).Div(way.Num(), way.Denom())
	return q[0], q[2], count.Add(count, big.NewInt(1)), 0, nil
}

// sequence reads an axis written as the rule that makes its numbers.
func (r *reader) sequence(n *yaml.Node, param int, d *models.ParamDecl, path string) *given {
	if len(n.Content) != 2 {
		r.fail(n, "axis", path, mistakef("as in {linspace: [0, 1, 11]}", "an axis is a list or one of %s", oneOf(generatorNames())))
		return nil
	}
	key, args := n.Content[0], n.Content[1]
	if key.Kind != yaml.ScalarNode {
		return nil
	}
	for _, g := range generators {
		if g.name != key.Value {
			continue
		}
		path := join(path, g.name)
		if d.Kind != models.FloatKind && d.Kind != models.IntKind {
			r.fail(key, "kind", path, mistakef("write a list", "%s makes numbers, and %s takes %s", g.name, d.Name, want(d)))
			return nil
		}
		if args.Kind != yaml.SequenceNode || len(args.Content) != 3 {
			if args.Kind != yaml.AliasNode {
				r.fail(args, "axis", path, mistakef("", "%s takes a list %s", g.name, g.takes))
			}
			return nil
		}
		numbers := make([]*big.Rat, 3)
		for i, c := range args.Content {
			q, err := number(c)
			if err != nil {
				r.failValue(c, element(path, i), err)
				continue
			}
			numbers[i] = q
		}
		if numbers[0] == nil || numbers[1] == nil || numbers[2] == nil {
			return nil
		}
		first, step, count, wrong, m := g.line(numbers)
		if m != nil {
			r.fail(args.Content[wrong], "axis", element(path, wrong), m)
			return nil
		}
		if count.Cmp(big.NewInt(maxTrials)) > 0 {
			r.fail(args.Content[2], "trials", element(path, 2), mistakef("", "the axis has %s values, more than a plan can number", show(new(big.Rat).SetInt(count))))
			return nil
		}
		a := &Axis{Param: param, Len: count.Int64(), kind: d.Kind, line: newLine(first, step, count.Int64()), log: g.log}
		if !r.sound(key, args, a, d, path, numbers) {
			return nil
		}
		return &given{axis: a}
	}
	r.fail(key, "unknown-key", join(path, key.Value), mistakef(suggest(key.Value, "an axis is a list or one of", generatorNames()),
		"there is no %q", clip(key.Value)))
	return nil
}

// sound checks the values of a sequence: that they fit the parameter and that
// no two are the same. Sequences are monotone, so the ends tell.
func (r *reader) sound(key, args *yaml.Node, a *Axis, d *models.ParamDecl, path string, numbers []*big.Rat) bool {
	from, to := args.Content[0], args.Content[1]
	last := a.Len - 1
	if a.log {
		for i, n := range []*yaml.Node{from, to} {
			// Beyond these float64 is surely left; nearer, the value tells.
			if q := new(big.Rat).Abs(numbers[i]); q.Cmp(big.NewRat(maxExponent, 1)) > 0 {
				r.fail(n, "number", element(path, i), mistakef("", "10 to the power of %s is out of the range of float64", show(numbers[i])))
				return false
			}
		}
	}
	if a.kind == models.IntKind {
		if i := a.line.notInteger(a.Len); i >= 0 {
			gives := show(a.line.at(i))
			if a.log {
				gives = fmt.Sprintf("%.4g", powerOfTen(a.line.at(i)))
			}
			r.fail(args, "number", path, mistakef("", "%s %s gives %s at index %d; %s takes integers", key.Value, written(args), gives, i, d.Name))
			return false
		}
	}
	ok := true
	for i, at := range []struct {
		node  *yaml.Node
		index int64
	}{{from, 0}, {to, last}} {
		q := a.line.at(at.index)
		var err error
		if a.log {
			err = checkPower(q, d)
		} else {
			_, err = exactly(q, d)
		}
		if err != nil {
			r.failValue(at.node, element(path, i), err)
			ok = false
		}
	}
	switch {
	case !ok:
		return false
	case a.Len > 1 && a.line.b.Sign() == 0:
		r.fail(args, "repeated-value", path, mistakef("give one value", "all %d values are %s", a.Len, a.Value(0)))
		return false
	case a.kind == models.IntKind, !a.log && a.line.distinct(a.Len), a.log && a.line.distinctPowers(a.Len):
		return true
	}
	r.fail(args, "repeated-value", path, mistakef("take fewer values",
		"steps of %s are finer than float64 resolves: a value appears twice", show(a.line.step())))
	return false
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

func oneOf(choices []string) string {
	s := ""
	for i, c := range choices {
		switch {
		case i == 0:
		case i == len(choices)-1:
			s += " or "
		default:
			s += ", "
		}
		s += c
	}
	return s
}
