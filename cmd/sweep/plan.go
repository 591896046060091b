package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/neurosweep/sweep/pkg/experiment"
	"github.com/neurosweep/sweep/pkg/models"
	"github.com/neurosweep/sweep/pkg/store"
)

// planInfo is a plan in JSON.
type planInfo struct {
	Spec       string           `json:"spec"`
	Model      string           `json:"model"`
	Seed       uint64           `json:"seed"`
	Results    string           `json:"results"`
	Trials     int64            `json:"trials"`
	Done       int64            `json:"done"`
	Replicates int64            `json:"replicates"`
	Axes       []axisInfo       `json:"axes"`
	Constants  map[string]any   `json:"constants"`
	Streams    []streamInfo     `json:"streams"`
	Estimate   *estimate        `json:"estimate,omitempty"`
	Head       []map[string]any `json:"head,omitempty"`
	constants  []string         // in the model's order
}

type axisInfo struct {
	Param string `json:"param"`
	Len   int64  `json:"len"`
	First any    `json:"first"`
	Last  any    `json:"last"`
}

// plainValue is a value as JSON would have it.
func plainValue(v models.Value) any {
	switch v.Kind() {
	case models.FloatKind:
		return v.Float()
	case models.IntKind:
		return v.Int()
	case models.TextKind:
		return v.Text()
	case models.FlagKind:
		return v.Flag()
	}
	return nil
}

func (a *app) planCommand() *cobra.Command {
	var flags specFlags
	var head int64
	var pilot int
	cmd := a.verb(&cobra.Command{
		Use:   "plan SPEC",
		Short: "Show what a spec would run, without running it",
		Long: `plan lays a spec out and shows what it would run. From the records of the result
folder it estimates what the rest takes: CPU time, elapsed time and size.

With --pilot it runs some trials first, spread evenly over the plan. They are
trials like all others, and are not run again.`,
		Args: cobra.ExactArgs(1),
	}, true, func(cmd *cobra.Command, args []string) error {
		spec, err := flags.read(args[0])
		if err != nil {
			return err
		}
		if pilot < 0 {
			return fmt.Errorf("--pilot takes a number of trials, not %d", pilot)
		}
		if pilot > 0 {
			if err := a.run(cmd.Context(), spec, runOptions{pilot: pilot}); err != nil {
				return err
			}
		}
		p, err := a.planInfo(spec, head)
		if err != nil {
			return err
		}
		if a.json {
			return a.printJSON("sweep.plan/v1", "plan", p)
		}
		return a.printPlan(p)
	})
	flags.add(cmd)
	cmd.Flags().Int64Var(&head, "head", 5, "how many trials to show")
	cmd.Flags().IntVar(&pilot, "pilot", 0, "run `n` trials first, for the estimate")
	return cmd
}

func (a *app) planInfo(spec *experiment.Spec, head int64) (*planInfo, error) {
	plan := spec.Plan()
	m := spec.Model
	p := &planInfo{
		Spec: spec.File, Model: m.Name, Seed: spec.Setting.Seed, Results: filepath.Join(a.settings.Results, spec.Name),
		Trials: plan.Len(), Replicates: plan.Replicates(), Axes: []axisInfo{}, Constants: map[string]any{},
	}
	for i, v := range plan.Constants() {
		if v.IsSet() {
			name := m.Params[i].Decl().Name
			p.Constants[name] = plainValue(v)
			p.constants = append(p.constants, name+" "+v.String())
		}
	}
	for _, ax := range plan.Axes() {
		p.Axes = append(p.Axes, axisInfo{m.Params[ax.Param].Decl().Name, ax.Len, plainValue(ax.Value(0)), plainValue(ax.Value(ax.Len - 1))})
	}
	for i, on := range spec.Setting.Depends {
		s := streamInfo{Name: m.Streams[i].Name, Depends: []string{}}
		for _, at := range on {
			s.Depends = append(s.Depends, m.Params[at].Decl().Name)
		}
		p.Streams = append(p.Streams, s)
	}
	identity := spec.Setting.NewIdentity()
	var point models.Point
	for trial := int64(0); trial < min(head, plan.Len()); trial++ {
		plan.Point(trial, &point)
		row := map[string]any{"trial": trial, "id": identity.Of(&point).String(), "replicate": point.Replicate}
		for _, ax := range plan.Axes() {
			row[m.Params[ax.Param].Decl().Name] = plainValue(point.Values[ax.Param])
		}
		p.Head = append(p.Head, row)
	}
	if _, err := os.Stat(filepath.Join(p.Results, "trials")); err == nil {
		r, err := store.Status(p.Results, plan)
		if err != nil {
			return nil, err
		}
		p.Done = r.Done
		if p.Estimate, err = a.estimate(p.Results, plan, p.Trials-p.Done); err != nil {
			return nil, err
		}
	}
	return p, nil
}

func (a *app) printPlan(p *planInfo) error {
	fmt.Fprintf(a.stdout, "%s: %d trials of %s, seed %d\n", p.Spec, p.Trials, p.Model, p.Seed)
	w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	for _, ax := range p.Axes {
		fmt.Fprintf(w, "  %s\t%d values\t%v … %v\n", ax.Param, ax.Len, ax.First, ax.Last)
	}
	fmt.Fprintf(w, "  replicates\t%d\n", p.Replicates)
	if err := w.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(a.stdout, "constant: %s\n", strings.Join(p.constants, ", "))
	for _, s := range p.Streams {
		fmt.Fprintf(a.stdout, "stream %s: changes with the replicate%s\n", s.Name, and(s.Depends))
	}
	fmt.Fprintf(a.stdout, "results: %s, %d done, %d to do\n", p.Results, p.Done, p.Trials-p.Done)
	if p.Estimate != nil {
		a.printEstimate(p.Estimate)
	}
	if len(p.Head) == 0 {
		return nil
	}
	fmt.Fprintln(a.stdout)
	w = tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	columns := []string{"trial"}
	for _, ax := range p.Axes {
		columns = append(columns, ax.Param)
	}
	columns = append(columns, "replicate", "id")
	fmt.Fprintln(w, strings.Join(columns, "\t"))
	for _, row := range p.Head {
		for _, c := range columns {
			fmt.Fprintf(w, "%v\t", row[c])
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
			if !a.json {
				fmt.Fprintf(a.stdout, "%s: %d trials of %s\n", path, spec.Plan().Len(), spec.Model.Name)
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
	return cmd
}
