package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/neurosweep/sweep/internal/plain"
	"github.com/neurosweep/sweep/pkg/experiment"
	"github.com/neurosweep/sweep/pkg/report"
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
		groups, err := report.GroupFailures(cmd.Context(), dir, rows, plan)
		if err != nil {
			return err
		}
		if a.json {
			return a.printJSON("sweep.failures/v1", "failures", map[string]any{"results": dir, "done": rows.Report().Done, "failed": rows.Report().Failed, "groups": groups})
		}
		a.printFailures(dir, rows.Report(), groups)
		return nil
	})
	flags.add(cmd)
	return cmd
}

// openRows opens the records of a folder and tells what of it cannot be read.
func (a *app) openRows(dir string, plan *experiment.Plan) (*store.Rows, error) {
	rows, err := store.OpenRows(dir, plan)
	if err != nil {
		return nil, err
	}
	a.note(dir, rows.Report())
	return rows, nil
}

func (a *app) printFailures(dir string, r *store.Report, groups []*report.FailureGroup) {
	fmt.Fprintf(a.stdout, "%s: %d of %d trials failed\n", plain.Text(dir), r.Failed, r.Done)
	for _, g := range groups {
		fmt.Fprintf(a.stdout, "\n%d × %s: %s\n", g.Count, plain.Text(g.Class), plain.Text(g.Pattern))
		fmt.Fprintf(a.stdout, "  %s\n", plain.Text(g.Where()))
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
