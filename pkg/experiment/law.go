package experiment

import (
	"math"
	"math/big"

	"github.com/neurosweep/sweep/pkg/models"
	"go.yaml.in/yaml/v3"
)

// law turns a uniform number in (0, 1) into a value of a parameter. Products
// are rounded before they are added, so that no processor fuses the two.
type law func(u float64) models.Value

// lawNames are the distributions of a sampled parameter.
var lawNames = []string{"uniform", "log-uniform", "normal", "integer", "choice"}

// law reads the distribution of a parameter. It returns nil if there is a
// mistake.
func (r *reader) law(n *yaml.Node, d *models.ParamDecl, path string) law {
	if n.Kind != yaml.MappingNode || len(n.Content) != 2 || !named(n.Content[0]) {
		r.fail(n, "kind", path, mistakef("as in {uniform: [0, 1]}", "takes a distribution, one of %s", models.Either(lawNames)))
		return nil
	}
	key, args := n.Content[0], n.Content[1]
	path = join(path, key.Value)
	number := d.Kind == models.FloatKind
	switch key.Value {
	case "choice":
		g := r.value(args, 0, d, path)
		if g == nil {
			return nil
		}
		if args.Kind != yaml.SequenceNode {
			r.fail(args, "kind", path, mistakef("as in [raw, per-sqrt-n]", "takes a list of values, not %s", what(args)))
			return nil
		}
		list := g.axis.list
		return func(u float64) models.Value { return list[min(int(u*float64(len(list))), len(list)-1)] }
	case "integer":
		if d.Kind != models.IntKind {
			r.fail(key, "kind", path, mistakef("", "integer makes integers, and %s takes %s", d.Name, want(d)))
			return nil
		}
	case "uniform", "log-uniform", "normal":
		if !number {
			hint := "take choice"
			if d.Kind == models.IntKind {
				hint = "take integer"
			}
			r.fail(key, "kind", path, mistakef(hint, "%s makes numbers, and %s takes %s", key.Value, d.Name, want(d)))
			return nil
		}
	default:
		r.fail(key, "unknown-key", path, mistakef(suggest(key.Value, "distributions", lawNames), "there is no distribution %q", clip(key.Value)))
		return nil
	}
	takes := "[from, to]"
	if key.Value == "normal" {
		takes = "[mean, deviation]"
	}
	if args.Kind != yaml.SequenceNode || len(args.Content) != 2 {
		r.fail(args, "kind", path, mistakef("", "%s takes a list %s", key.Value, takes))
		return nil
	}
	var q [2]*big.Rat
	var x [2]float64
	for i, c := range args.Content {
		v, err := numberOf(c, d, key.Value != "normal")
		if err != nil {
			r.failValue(c, element(path, i), err)
			return nil
		}
		q[i] = v
		if x[i], err = toFloat(v); err != nil {
			r.failValue(c, element(path, i), err)
			return nil
		}
	}
	wrong := func(i int, hint, format string, a ...any) law {
		r.fail(args.Content[i], "bounds", element(path, i), mistakef(hint, format, a...))
		return nil
	}
	switch {
	case key.Value == "normal" && q[1].Sign() <= 0:
		return wrong(1, "", "the deviation is above 0, not %s", show(q[1]))
	case key.Value != "normal" && (q[0].Cmp(q[1]) > 0 || q[0].Cmp(q[1]) == 0 && key.Value != "integer"):
		return wrong(1, "", "the interval from %s to %s is empty", show(q[0]), show(q[1]))
	case key.Value == "log-uniform" && q[0].Sign() <= 0:
		return wrong(0, "", "the logarithm needs a number above 0, not %s", show(q[0]))
	}
	from, to := x[0], x[1]
	inside := func(y float64) models.Value { return models.FloatValue(min(max(y, from), to)) }
	switch key.Value {
	case "integer":
		low, high := q[0].Num().Int64(), q[1].Num().Int64()
		if high-low < 0 || high-low >= 1<<52 {
			return wrong(1, "", "the interval has more than 2^52 integers")
		}
		return func(u float64) models.Value {
			return models.IntValue(min(low+int64(u*float64(high-low+1)), high))
		}
	case "uniform":
		return func(u float64) models.Value { return inside(from + float64(u*(to-from))) }
	case "log-uniform":
		a, b := ln(from), ln(to)
		return func(u float64) models.Value { return inside(exp(a + float64(u*(b-a)))) }
	}
	return func(u float64) models.Value { return models.FloatValue(from + float64(to*normalQuantile(u))) }
}

// numberOf reads a number, which must itself be a value of the parameter if
// it bounds it.
func numberOf(n *yaml.Node, d *models.ParamDecl, bound bool) (*big.Rat, error) {
	q, err := number(n)
	if err == nil && bound {
		_, err = exactly(q, d)
	}
	return q, err
}

// normalQuantile is where the standard normal distribution reaches u.
func normalQuantile(u float64) float64 { return math.Sqrt2 * math.Erfinv(2*u-1) }
