package main

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/neurosweep/sweep/pkg/experiment"
	"github.com/neurosweep/sweep/pkg/models"
	"github.com/neurosweep/sweep/pkg/store"
)

func (a *app) failuresCommand() *cobra.Command {
	var flags specFlags
	cmd := a.verb(&cobra.Command{
		Use:   "failures RESULTS-FOLDER | SPEC",
		Short: "Group the failed trials by what they have in common",
		Long: `failures lists the failed trials of a result folder in groups of one class and one
message, in which numbers count as equal. Of each group it says how many there
are, which values of parameters they share, and shows one with its stack, if it
panicked, and the command that runs it again.`,
		Example: "  sweep failures results/hopfield-capacity",
		Args:    cobra.ExactArgs(1),
	}, true, func(cmd *cobra.Command, args []string) error {
		dir, plan, err := a.folder(args[0], flags)
		if err != nil {
			return err
		}
		rows, err := a.openRows(dir, plan)
		if err != nil {
			return err
		}
		defer rows.Close()
		groups, err := groupFailures(rows, plan)
		if err != nil {
			return err
		}
		for _, g := range groups {
			g.Replay = "sweep replay " + quoteArg(dir) + " " + fmt.Sprint(g.Example)
		}
		if a.json {
			return a.printJSON("sweep.failures/v1", "failures", map[string]any{"results": dir, "done": rows.Report().Done, "failed": rows.Report().Failed, "groups": groups})
		}
		a.printFailures(dir, rows.Report(), groups)
		return nil
	})
	cmd.Flags().StringVar(&flags.variant, "variant", "", "take the `name`d variant of the spec")
	return cmd
}

// openRows opens the records of a folder and tells what of it cannot be read.
func (a *app) openRows(dir string, plan *experiment.Plan) (*store.Rows, error) {
	rows, err := store.OpenRows(dir, plan)
	if err != nil {
		return nil, err
	}
	r := rows.Report()
	for _, p := range r.Problems {
		fmt.Fprintf(a.stderr, "sweep: %s: %s\n", dir, p)
	}
	if r.Earlier > 0 {
		fmt.Fprintf(a.stderr, "sweep: %s: %d files are of another plan than spec.yaml gives and are not looked at\n", dir, r.Earlier)
	}
	return rows, nil
}

// quoteArg is text as a shell reads it back.
func quoteArg(text string) string {
	if plainArg.MatchString(text) {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}

var plainArg = regexp.MustCompile(`^[A-Za-z0-9_./:=@%+,-]+$`)

// failureGroup is the failures of one class and one pattern of messages.
type failureGroup struct {
	Class   string        `json:"class"`
	Pattern string        `json:"pattern"` // the message, with # for each number
	Count   int64         `json:"count"`
	Shared  []sharedValue `json:"shared"` // that all of them have and not all of the plan
	// Of is how many trials of the plan have the shared values.
	Of      int64  `json:"of"`
	Example int64  `json:"example"` // the first of them
	ID      string `json:"example_id"`
	Message string `json:"example_message"`
	Stack   string `json:"example_stack,omitempty"`
	Replay  string `json:"replay"`

	has []fewValues // by column
}

// sharedValue is a parameter that takes few values in a group.
type sharedValue struct {
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

// pattern is a message without what differs between trials of one cause.
func pattern(message string) string { return numbers.ReplaceAllString(message, "#") }

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

func groupFailures(rows *store.Rows, plan *experiment.Plan) ([]*failureGroup, error) {
	type key struct{ class, pattern string }
	groups := make(map[key]*failureGroup)
	columns := newPlaceColumns(plan)
	err := rows.Each(store.FailureColumns, func(r *store.Record) error {
		f := r.Failure
		if f == nil {
			return nil
		}
		k := key{f.Class, pattern(f.Message)}
		g := groups[k]
		if g == nil {
			if len(groups) >= maxGroups {
				k.pattern = "(messages of more kinds)"
				g = groups[k]
			}
			if g == nil {
				g = &failureGroup{Class: k.class, Pattern: k.pattern, Example: r.Trial, ID: r.ID.String(), Message: f.Message, Stack: f.Stack, has: make([]fewValues, len(columns.names))}
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
	list := make([]*failureGroup, 0, len(groups))
	for _, g := range groups {
		list = append(list, g)
	}
	slices.SortFunc(list, func(a, b *failureGroup) int {
		return cmp.Or(-cmp.Compare(a.Count, b.Count), cmp.Compare(a.Example, b.Example), cmp.Compare(a.Class, b.Class))
	})
	share(list, columns)
	return list, nil
}

// share finds what the trials of each group share and others of the plan do not,
// and counts the trials of the plan that have it.
func share(groups []*failureGroup, columns *placeColumns) {
	if len(groups) == 0 {
		return
	}
	whole := make([]fewValues, len(columns.names))
	for trial := range columns.plan.Len() {
		for i, v := range columns.of(trial) {
			whole[i].add(v)
		}
	}
	for _, g := range groups {
		g.Shared = []sharedValue{}
		for i, has := range g.has {
			// Of n failures, n values are no news.
			if len(has) > maxShared || len(has) >= len(whole[i]) || len(has) > 1 && int64(len(has)) >= g.Count {
				continue
			}
			s := sharedValue{Name: columns.names[i], column: i, values: has}
			for _, v := range has {
				s.Values = append(s.Values, plainValue(v))
			}
			g.Shared = append(g.Shared, s)
		}
	}
	for trial := range columns.plan.Len() {
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

func (a *app) printFailures(dir string, r *store.Report, groups []*failureGroup) {
	fmt.Fprintf(a.stdout, "%s: %d of %d trials failed\n", dir, r.Failed, r.Done)
	for _, g := range groups {
		fmt.Fprintf(a.stdout, "\n%d × %s: %s\n", g.Count, g.Class, g.Pattern)
		var shared []string
		for _, s := range g.Shared {
			if len(s.Values) == 1 {
				shared = append(shared, fmt.Sprintf("%s = %v", s.Name, shown(s.Values[0])))
				continue
			}
			var values []string
			for _, v := range s.Values {
				values = append(values, fmt.Sprint(shown(v)))
			}
			shared = append(shared, fmt.Sprintf("%s in {%s}", s.Name, strings.Join(values, ", ")))
		}
		switch {
		case g.Count == 1:
			fmt.Fprintf(a.stdout, "  at %s\n", strings.Join(shared, ", "))
		case len(shared) > 0:
			fmt.Fprintf(a.stdout, "  all at %s, where the plan has %d trials\n", strings.Join(shared, ", "), g.Of)
		default:
			fmt.Fprintln(a.stdout, "  at no values in common")
		}
		fmt.Fprintf(a.stdout, "  trial %d: %s\n", g.Example, indent(g.Message, "    "))
		if g.Stack != "" {
			fmt.Fprintf(a.stdout, "    %s\n", indent(strings.TrimSpace(g.Stack), "    "))
		}
		fmt.Fprintf(a.stdout, "  %s\n", g.Replay)
	}
}

// indent puts space before all lines but the first.
func indent(text, space string) string {
	return strings.ReplaceAll(text, "\n", "\n"+space)
}
