package main

import (
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/neurosweep/sweep/internal/plain"
	"github.com/neurosweep/sweep/pkg/report"
	"github.com/neurosweep/sweep/pkg/store"
)

func (a *app) gcCommand() *cobra.Command {
	var flags specFlags
	var yes, earlier bool
	cmd := a.verb(&cobra.Command{
		Use:   "gc RESULTS-FOLDER | SPEC",
		Short: "Say what of a result folder is not needed, and remove it with --yes",
		Long: `gc lists what a result folder holds and its data set does not need: files under
history/ of which the data set has each record, with its traces; files that were
set aside as damaged, once the data set is complete; and what a killed run left
half written. The specs under history/ stay, and so do records of an earlier spec
of this file: to go back to it computes nothing again.

With --earlier these records are listed too. Records of points of the present spec
that the data set lacks are never among them.

With --yes it removes what it lists, as the only writer of the folder, after it has
checked every record of the data set.`,
		Example: "  sweep gc results/hopfield-capacity\n  sweep gc results/hopfield-capacity --yes",
		Args:    cobra.ExactArgs(1),
	}, true, func(cmd *cobra.Command, args []string) error {
		dir, plan, err := a.folder(args[0], flags)
		if err != nil {
			return err
		}
		var l *store.Litter
		if yes {
			me, err := store.NewRun(nil)
			if err != nil {
				return err
			}
			l, err = store.RemoveGarbage(dir, plan, earlier, store.LockedError{Host: me.Host, PID: me.PID, Started: me.Started})
			if err != nil {
				return err
			}
		} else if l, err = store.Garbage(dir, plan, earlier); err != nil {
			return err
		}
		if a.json {
			return a.printJSON("sweep.gc/v1", "gc", l)
		}
		return a.printLitter(dir, l)
	})
	flags.add(cmd)
	cmd.Flags().BoolVar(&yes, "yes", false, "remove it")
	cmd.Flags().BoolVar(&earlier, "earlier", false, "list, or remove, records of earlier specs of this file too")
	return cmd
}

func (a *app) printLitter(dir string, l *store.Litter) error {
	named := plain.Text(dir)
	w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	for _, f := range l.Remove {
		fmt.Fprintf(w, "%s\t%s\t%s\n", plain.Text(f.File), size(float64(f.Bytes)), plain.Text(f.Why))
	}
	for _, f := range l.Keep {
		fmt.Fprintf(w, "%s\t%s\tSTAYS: %s\n", plain.Text(f.File), size(float64(f.Bytes)), plain.Text(f.Why))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	switch {
	case len(l.Remove) == 0:
		fmt.Fprintf(a.stdout, "%s: there is nothing to remove\n", named)
	case l.Removed:
		fmt.Fprintf(a.stdout, "%s: %s removed\n", named, size(float64(l.Bytes)))
	default:
		fmt.Fprintf(a.stdout, "%s: %s could be removed; 'sweep gc %s --yes' does so\n", named, size(float64(l.Bytes)), report.QuoteArg(dir))
	}
	return nil
}
