package report

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/neurosweep/sweep/internal/plain"
	"github.com/neurosweep/sweep/pkg/experiment"
	"github.com/neurosweep/sweep/pkg/models"
	"github.com/neurosweep/sweep/pkg/store"
)

// QuoteArg is text as a shell reads it back, in one line.
func QuoteArg(text string) string {
	if plainArg.MatchString(text) {
		return text
	}
	if plain.Text(text) != text {
		// What is not shown as itself is given by its bytes, which shells take
		// between $' and '.
		var b strings.Builder
		for i := 0; i < len(text); {
			c, n := utf8.DecodeRuneInString(text[i:])
			switch {
			case c == '\\' || c == '\'':
				b.WriteString(`\` + string(c))
			case plain.Shown(c) && !(c == utf8.RuneError && n == 1):
				b.WriteString(text[i : i+n])
			default:
				for _, one := range []byte(text[i : i+n]) {
					fmt.Fprintf(&b, `\%03o`, one)
				}
			}
			i += n
		}
		return "$'" + b.String() + "'"
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}

var plainArg = regexp.MustCompile(`^[A-Za-z0-9_./:=@%+,-]+$`)

// FailureGroup is the failures of one class and one pattern of messages.
type FailureGroup struct {
	Class   string        `json:"class"`
	Pattern string        `json:"pattern"` // the message, with # for each number
	Count   int64         `json:"count"`
	Shared  []SharedValue `json:"shared"` // that all of them have and not all of the plan
	// Of is how many trials of the plan have the shared values, -1 of a plan that
	// is too large to be looked through.
	Of      int64  `json:"of"`
	Example int64  `json:"example"` // the first of them
	ID      string `json:"example_id"`
	Message string `json:"example_message"`
	Stack   string `json:"example_stack,omitempty"`
	Replay  string `json:"replay"` // the command that runs it again

	has []fewValues // by column
}

// Where says in words what the failures of the group share.
func (g *FailureGroup) Where() string {
	var shared []string
	for _, s := range g.Shared {
		var values []string
		for _, v := range s.Values {
			if v == nil {
				v = "-"
			}
			values = append(values, fmt.Sprint(v))
		}
		if len(values) == 1 {
			shared = append(shared, s.Name+" = "+values[0])
		} else {
			shared = append(shared, s.Name+" in {"+strings.Join(values, ", ")+"}")
		}
	}
	text := strings.Join(shared, ", ")
	switch {
	case g.Count == 1:
		return "at " + text
	case text != "" && g.Of < 0:
		return "all at " + text
	case text != "":
		return fmt.Sprintf("all at %s, where the plan has %d trials", text, g.Of)
	}
	return "at no values in common"
}

// SharedValue is a parameter that takes few values in a group.
type SharedValue struct {
	Name   string `json:"name"`
	Values []any  `json:"values"`

	column int
	values []models.Value
}

// fewValues is a set of values that stops growing beyond maxShared.
type fewValues []models.Value

// maxShared is how many values still count as shared.
const maxShared = 3

func (f *fewValues) add(v models.Value) {
	if len(*f) <= maxShared && !slices.Contains(*f, v) {
		*f = append(*f, v)
	}
}

// maxGroups bounds what messages that are all different can take; failures in
// more groups are counted in one of their class.
const maxGroups = 100

// numbers are what differs in messages of one cause: numbers in the usual ways of
// writing them.
var numbers = regexp.MustCompile(`[-+]?\b(?:0[xX][0-9a-fA-F]+|\d+(?:\.\d+)?(?:[eE][-+]?\d+)?|NaN|Inf)\b`)

// Pattern is a message without what differs between trials of one cause.
func Pattern(message string) string { return numbers.ReplaceAllString(message, "#") }

// placeColumns are what can be shared: the swept parameters, the plan's derived
// columns, direction included, and the replicate.
type placeColumns struct {
	names []string
	swept []int
	plan  *experiment.Plan
	point models.Point
	row   []models.Value
}

func newPlaceColumns(plan *experiment.Plan) *placeColumns {
	c := &placeColumns{plan: plan, swept: plan.Swept()}
	for _, i := range c.swept {
		c.names = append(c.names, plan.Setting().Model.Params[i].Decl().Name)
	}
	for _, d := range plan.Derived() {
		c.names = append(c.names, d.Name)
	}
	c.names = append(c.names, "replicate")
	return c
}

// of is the trial's values, until the next call.
func (c *placeColumns) of(trial int64) []models.Value {
	c.plan.Point(trial, &c.point)
	c.row = c.row[:0]
	for _, i := range c.swept {
		c.row = append(c.row, c.point.Values[i])
	}
	c.row = append(c.row, c.point.Derived...)
	c.row = append(c.row, models.IntValue(c.point.Replicate))
	return c.row
}

// GroupFailures groups the failed trials of a result folder, the largest groups
// first.
func GroupFailures(ctx context.Context, dir string, rows *store.Rows, plan *experiment.Plan) (list []*FailureGroup, err error) {
	err = guard(ctx, func(b *beat) error {
		list, err = groupFailures(b, dir, rows, plan)
		return err
	})
	return list, err
}

func groupFailures(beat *beat, dir string, rows *store.Rows, plan *experiment.Plan) ([]*FailureGroup, error) {
	type key struct{ class, pattern string }
	groups := make(map[key]*FailureGroup)
	columns := newPlaceColumns(plan)
	err := rows.Each(store.FailureColumns, func(r *store.Record) error {
		beat.tick()
		f := r.Failure
		if f == nil {
			return nil
		}
		k := key{f.Class, Pattern(f.Message)}
		g := groups[k]
		if g == nil {
			if len(groups) >= maxGroups {
				k.pattern = "(messages of more kinds)"
				g = groups[k]
			}
			if g == nil {
				g = &FailureGroup{Class: k.class, Pattern: k.pattern, Example: r.Trial, ID: r.ID.String(), Message: f.Message, Stack: f.Stack, has: make([]fewValues, len(columns.names))}
				groups[k] = g
			}
		}
		g.Count++
		for i, v := range columns.of(r.Trial) {
			g.has[i].add(v)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	list := make([]*FailureGroup, 0, len(groups))
	for _, g := range groups {
		g.Replay = "sweep replay " + QuoteArg(dir) + " " + fmt.Sprint(g.Example)
		list = append(list, g)
	}
	slices.SortFunc(list, func(a, b *FailureGroup) int {
		return cmp.Or(-cmp.Compare(a.Count, b.Count), cmp.Compare(a.Example, b.Example), cmp.Compare(a.Class, b.Class))
	})
	share(beat, list, columns)
	return list, nil
}

// maxLooked is how many trials a plan can have to be looked through.
const maxLooked = 1 << 24

// share finds what the trials of each group share and others of the plan do not,
// and counts the trials of the plan that have it.
func share(beat *beat, groups []*FailureGroup, columns *placeColumns) {
	if len(groups) == 0 {
		return
	}
	// Of a plan that is too large to be looked through, the first trials and those
	// behind them in leaps tell what varies.
	large := columns.plan.Len() > maxLooked
	whole := make([]fewValues, len(columns.names))
	look := func(trial int64) {
		beat.tick()
		for i, v := range columns.of(trial) {
			whole[i].add(v)
		}
	}
	first := columns.plan.Len()
	if large {
		first = maxLooked / 16
		for i := range first {
			look(i * (columns.plan.Len() / first))
		}
	}
	for trial := range first {
		look(trial)
	}
	for _, g := range groups {
		g.Shared = []SharedValue{}
		for i, has := range g.has {
			// Of n failures, n values are no news.
			if len(has) > maxShared || len(has) >= len(whole[i]) || len(has) > 1 && int64(len(has)) >= g.Count {
				continue
			}
			s := SharedValue{Name: columns.names[i], column: i, values: has}
			for _, v := range has {
				s.Values = append(s.Values, v.Plain())
			}
			g.Shared = append(g.Shared, s)
		}
	}
	if large {
		for _, g := range groups {
			g.Of = -1
		}
		return
	}
	for trial := range columns.plan.Len() {
		beat.tick()
		row := columns.of(trial)
		for _, g := range groups {
			in := true
			for _, s := range g.Shared {
				in = in && slices.Contains(s.values, row[s.column])
			}
			if in {
				g.Of++
			}
		}
	}
}
