package main

import (
	"context"
	"encoding/csv"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/neurosweep/sweep/internal/plain"
	"github.com/neurosweep/sweep/pkg/experiment"
	"github.com/neurosweep/sweep/pkg/models"
	"github.com/neurosweep/sweep/pkg/store"
)

// planInfo is a plan in JSON.
type planInfo struct {
	Spec    string `json:"spec"`
	Model   string `json:"model"`
	Seed    uint64 `json:"seed"`
	Results string `json:"results"`
	Trials  int64  `json:"trials"`
	// Done counts the records that there are, and those that the next run takes over.
	Done int64 `json:"done"`
	expected
	Replicates int64            `json:"replicates"`
	Order      string           `json:"order"`
	Coarse     []string         `json:"coarse,omitempty"` // the axes of which the grids before the last have less
	Axes       []axisInfo       `json:"axes"`
	Blocks     []blockInfo      `json:"blocks"`
	Constants  map[string]any   `json:"constants"`
	Derived    []derivedInfo    `json:"derived"`
	Carried    string           `json:"carried,omitempty"`
	ChainLen   int64            `json:"chain_len,omitempty"`
	Record     []keptInfo       `json:"record,omitempty"`
	Streams    []streamInfo     `json:"streams"`
	Estimate   *estimate        `json:"estimate,omitempty"`
	Head       []map[string]any `json:"head,omitempty"`
	constants  []string         // in the model's order
}

// axisInfo is what a parameter takes anywhere in the plan.
type axisInfo struct {
	Param string `json:"param"`
	Len   int64  `json:"len"`
	First any    `json:"first"`
	Last  any    `json:"last"`
}

// blockInfo is how the trials of one grid come about.
type blockInfo struct {
	Axes       []tiedInfo      `json:"axes"`
	Conditions []conditionInfo `json:"conditions"`
	Shared     int64           `json:"shared"`
	Trials     int64           `json:"trials"`
}

type tiedInfo struct {
	Params []string `json:"params"`
	Rows   int64    `json:"rows"`
	Merged int64    `json:"merged"`
}

type conditionInfo struct {
	Where   string `json:"where"`
	Removed int64  `json:"removed"`
}

type derivedInfo struct {
	Name string `json:"name"`
	Kind string `json:"kind"`
	Doc  string `json:"doc"`
}

// keptInfo is a trace that is kept.
type keptInfo struct {
	Trace string `json:"trace"`
	Every int64  `json:"every"`
}

func (a *app) planCommand() *cobra.Command {
	var flags specFlags
	var head int64
	var pilot int
	var streams, asCSV bool
	cmd := a.verb(&cobra.Command{
		Use:   "plan SPEC",
		Short: "Show what a spec would run, without running it",
		Long: `plan lays the spec out and says how many trials it has: per axis, how many points
were equal and merged, how many each condition removed, how many blocks share.
From the records of the result folder, and those of earlier specs that the next run
takes over, it estimates what the rest takes: CPU time, elapsed time and size.

It runs nothing, but for --pilot, which first runs some trials, spread evenly over
the plan. They are trials like all others, and are not run again.`,
		Args: cobra.ExactArgs(1),
	}, true, func(cmd *cobra.Command, args []string) error {
		spec, err := flags.read(args[0])
		if err != nil {
			return err
		}
		if pilot < 0 {
			return usagef("--pilot takes a number of trials, not %d", pilot)
		}
		if pilot > 0 {
			if err := a.run(cmd.Context(), spec, runOptions{pilot: pilot}); err != nil {
				return err
			}
		}
		p, err := a.planInfo(cmd.Context(), spec, head)
		if err != nil {
			return err
		}
		switch {
		case a.json:
			return a.printJSON("sweep.plan/v1", "plan", p)
		case asCSV:
			return a.printCSV(p)
		case streams:
			return a.printStreams(p)
		}
		return a.printPlan(p)
	})
	flags.add(cmd)
	cmd.Flags().Int64Var(&head, "head", 5, "how many trials to show")
	cmd.Flags().IntVar(&pilot, "pilot", 0, "run `n` trials first, for the estimate")
	cmd.Flags().BoolVar(&streams, "streams", false, "show with which axis each random stream changes")
	cmd.Flags().BoolVar(&asCSV, "csv", false, "print the trials of --head as CSV")
	cmd.MarkFlagsMutuallyExclusive("json", "csv", "streams")
	return cmd
}

func (a *app) planInfo(ctx context.Context, spec *experiment.Spec, head int64) (*planInfo, error) {
	plan := spec.Plan()
	m := spec.Model
	p := &planInfo{
		Spec: spec.File, Model: m.Name, Seed: spec.Setting.Seed, Results: filepath.Join(a.settings.Results, spec.Name),
		Trials: plan.Len(), Replicates: plan.Replicates(), Order: plan.Order().String(),
		Axes: []axisInfo{}, Constants: map[string]any{}, Derived: []derivedInfo{}, ChainLen: plan.ChainLen(),
	}
	name := func(param int) string { return m.Params[param].Decl().Name }
	for i, v := range plan.Constants() {
		if v.IsSet() {
			p.Constants[name(i)] = v.Plain()
			p.constants = append(p.constants, name(i)+" "+v.String())
		}
	}
	for _, ax := range plan.Axes() {
		p.Axes = append(p.Axes, axisInfo{name(ax.Param), ax.Len, ax.Value(0).Plain(), ax.Value(ax.Len - 1).Plain()})
	}
	for _, i := range plan.Coarse() {
		p.Coarse = append(p.Coarse, name(i))
	}
	for _, b := range plan.Blocks() {
		info := blockInfo{Axes: []tiedInfo{}, Conditions: []conditionInfo{}, Shared: b.Shared, Trials: b.Trials}
		for _, t := range b.Axes {
			tied := tiedInfo{Rows: t.Rows, Merged: t.Merged}
			for _, i := range t.Params {
				tied.Params = append(tied.Params, name(i))
			}
			info.Axes = append(info.Axes, tied)
		}
		for _, c := range b.Conditions {
			info.Conditions = append(info.Conditions, conditionInfo{c.Text, c.Removed})
		}
		p.Blocks = append(p.Blocks, info)
	}
	for _, c := range plan.Derived() {
		p.Derived = append(p.Derived, derivedInfo{c.Name, c.Kind.String(), c.Doc})
	}
	for _, k := range spec.Setting.Record {
		p.Record = append(p.Record, keptInfo{k.Trace.Name, k.Every})
	}
	if i := plan.Carried(); i >= 0 {
		p.Carried = name(i)
	}
	for i, on := range spec.Setting.Depends {
		s := streamInfo{Name: m.Streams[i].Name, Depends: []string{}}
		for _, at := range on {
			s.Depends = append(s.Depends, name(at))
		}
		p.Streams = append(p.Streams, s)
	}
	identity := spec.Setting.NewIdentity()
	var point models.Point
	for trial := int64(0); trial < min(head, plan.Len()); trial++ {
		plan.Point(trial, &point)
		row := map[string]any{"trial": trial, "id": identity.Of(&point).String(), "replicate": point.Replicate}
		for _, ax := range plan.Axes() {
			row[name(ax.Param)] = point.Values[ax.Param].Plain()
		}
		for i, v := range point.Derived {
			row[p.Derived[i].Name] = v.Plain()
		}
		p.Head = append(p.Head, row)
	}
	s, err := store.Survey(ctx, p.Results, plan)
	if err != nil {
		return nil, err
	}
	p.expected = expectedOf(s)
	p.Done = s.Done + s.FromEarlier
	p.Estimate, err = a.estimate(p.Results, plan, s)
	return p, err
}

func (a *app) printPlan(p *planInfo) error {
	along := ""
	if len(p.Coarse) > 0 && len(p.Coarse) < len(p.Axes) {
		along = ", coarse first along " + strings.Join(p.Coarse, ", ")
	}
	fmt.Fprintf(a.stdout, "%s: %d trials of %s, seed %d, in %s order%s\n", plain.Text(p.Spec), p.Trials, p.Model, p.Seed, p.Order, along)
	w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	for _, ax := range p.Axes {
		fmt.Fprintf(w, "  %s\t%d values\t%v … %v\n", ax.Param, ax.Len, shown(ax.First), shown(ax.Last))
	}
	fmt.Fprintf(w, "  replicates\t%d\n", p.Replicates)
	if p.Carried != "" {
		fmt.Fprintf(w, "  chains\t%d\tof %d trials each, along %s\n", p.Trials/p.ChainLen, p.ChainLen, p.Carried)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for i, b := range p.Blocks {
		a.printBlock(i, b, len(p.Blocks))
	}
	fmt.Fprintf(a.stdout, "constant: %s\n", plain.Text(strings.Join(p.constants, ", ")))
	for _, d := range p.Derived {
		fmt.Fprintf(a.stdout, "column %s: %s, %s\n", d.Name, d.Kind, plain.Text(d.Doc))
	}
	for _, k := range p.Record {
		much := "all of it"
		if k.Every > 1 {
			much = fmt.Sprintf("one number in %d", k.Every)
		}
		fmt.Fprintf(a.stdout, "trace %s: %s is kept in series/\n", k.Trace, much)
	}
	for _, s := range p.Streams {
		fmt.Fprintf(a.stdout, "stream %s: changes with the replicate%s\n", s.Name, and(s.Depends))
	}
	if p.FromEarlier > 0 {
		fmt.Fprintf(a.stdout, "results: %s, %d of %d done (%d from an earlier spec), %d to do\n", plain.Text(p.Results), p.Done, p.Trials, p.FromEarlier, p.Trials-p.Done)
	} else {
		fmt.Fprintf(a.stdout, "results: %s, %d done, %d to do\n", plain.Text(p.Results), p.Done, p.Trials-p.Done)
	}
	a.printExpected(p.expected)
	if p.Estimate != nil {
		a.printEstimate(p.Estimate)
	}
	if len(p.Head) == 0 {
		return nil
	}
	fmt.Fprintln(a.stdout)
	w = tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	columns := p.columns()
	fmt.Fprintln(w, strings.Join(columns, "\t"))
	for _, row := range p.Head {
		for _, c := range columns {
			fmt.Fprintf(w, "%v\t", shown(row[c]))
		}
		fmt.Fprintln(w)
	}
	return w.Flush()
}

// printBlock says of one grid what is not plain from the axes.
func (a *app) printBlock(i int, b blockInfo, blocks int) {
	if blocks > 1 {
		fmt.Fprintf(a.stdout, "block %d: %d trials", i, b.Trials)
		if b.Shared > 0 {
			fmt.Fprintf(a.stdout, ", and %d that earlier blocks have", b.Shared)
		}
		fmt.Fprintln(a.stdout)
	}
	for _, t := range b.Axes {
		if len(t.Params) > 1 {
			fmt.Fprintf(a.stdout, "tied: %s, %d combinations\n", strings.Join(t.Params, ", "), t.Rows)
		}
		if t.Merged > 0 {
			fmt.Fprintf(a.stdout, "merged: %d points of %s that were there before\n", t.Merged, strings.Join(t.Params, ", "))
		}
	}
	for _, c := range b.Conditions {
		fmt.Fprintf(a.stdout, "where %s: removed %d trials\n", c.Where, c.Removed)
	}
}

// shown is a value in a table; a parameter that is not given has a dash.
func shown(v any) any {
	if v == nil {
		return "-"
	}
	if text, ok := v.(string); ok {
		return plain.Text(text)
	}
	return v
}

// columns are the columns of the trials that are shown.
func (p *planInfo) columns() []string {
	columns := []string{"trial"}
	for _, ax := range p.Axes {
		columns = append(columns, ax.Param)
	}
	for _, d := range p.Derived {
		columns = append(columns, d.Name)
	}
	return append(columns, "replicate", "id")
}

func (a *app) printCSV(p *planInfo) error {
	w := csv.NewWriter(a.data())
	columns := p.columns()
	if err := w.Write(columns); err != nil {
		return err
	}
	for _, row := range p.Head {
		fields := make([]string, len(columns))
		for i, c := range columns {
			if row[c] != nil {
				fields[i] = fmt.Sprint(row[c])
			}
		}
		if err := w.Write(fields); err != nil {
			return err
		}
	}
	w.Flush()
	return w.Error()
}

// printStreams shows for each random stream and each axis whether other values
// on the axis give other random numbers.
func (a *app) printStreams(p *planInfo) error {
	w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprint(w, "stream\treplicate")
	for _, ax := range p.Axes {
		fmt.Fprintf(w, "\t%s", ax.Param)
	}
	fmt.Fprintln(w)
	for _, s := range p.Streams {
		fmt.Fprintf(w, "%s\tchanges", s.Name)
		for _, ax := range p.Axes {
			word := "same"
			if slices.Contains(s.Depends, ax.Param) {
				word = "changes"
			}
			fmt.Fprintf(w, "\t%s", word)
		}
		fmt.Fprintln(w)
	}
	return w.Flush()
}

func and(names []string) string {
	if len(names) == 0 {
		return " only"
	}
	return " and with " + strings.Join(names, ", ")
}

func (a *app) checkCommand() *cobra.Command {
	var flags specFlags
	var resolved bool
	cmd := a.verb(&cobra.Command{
		Use:   "check SPEC...",
		Short: "Find all mistakes of specs, without running them",
		Args:  cobra.MinimumNArgs(1),
	}, true, func(cmd *cobra.Command, args []string) error {
		var mistakes experiment.Errors
		for _, path := range args {
			spec, err := flags.read(path)
			if more, ok := err.(experiment.Errors); ok {
				mistakes = append(mistakes, more...)
				continue
			}
			if err != nil {
				return err
			}
			if resolved {
				if _, err := a.data().Write(spec.Origins()); err != nil {
					return err
				}
				continue
			}
			if !a.json {
				fmt.Fprintf(a.stdout, "%s: %d trials of %s\n", plain.Text(path), spec.Plan().Len(), spec.Model.Name)
			}
		}
		if len(mistakes) > 0 {
			return mistakes
		}
		if a.json {
			return a.printJSON("sweep.errors/v1", "errors", experiment.Errors{})
		}
		return nil
	})
	flags.add(cmd)
	cmd.Flags().BoolVar(&resolved, "resolved", false, "print the spec as run, with the origin of each value")
	cmd.MarkFlagsMutuallyExclusive("json", "resolved")
	return cmd
}
