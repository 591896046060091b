package main

import (
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/neurosweep/sweep/pkg/report"
	"github.com/neurosweep/sweep/pkg/store"
)

func (a *app) gcCommand() *cobra.Command {
	var flags specFlags
	var yes bool
	cmd := a.verb(&cobra.Command{
		Use:   "gc RESULTS-FOLDER | SPEC",
		Short: "Say what of a result folder is not needed, and remove it with --yes",
		Long: `gc lists what a result folder holds and its data set does not need: what earlier
specs left under history/, if the data set has each record there that is of the
present spec; files that were set aside as damaged, once the data set is complete;
and what a killed run left half written. Records of points of the present spec
that the data set lacks are never among it. The specs under history/ stay.

With --yes it removes that, as the only writer of the folder, after it has checked
every record of the data set. What goes for good are records of points that the
present spec does not have: another spec that asks for them would compute them
again.`,
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
			l, err = store.RemoveGarbage(dir, plan, store.LockedError{Host: me.Host, PID: me.PID, Started: me.Started})
			if err != nil {
				return err
			}
		} else if l, err = store.Garbage(dir, plan); err != nil {
			return err
		}
		if a.json {
			return a.printJSON("sweep.gc/v1", "gc", l)
		}
		return a.printLitter(dir, l)
	})
	flags.add(cmd)
	cmd.Flags().BoolVar(&yes, "yes", false, "remove it")
	return cmd
}

func (a *app) printLitter(dir string, l *store.Litter) error {
	w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	for _, f := range l.Remove {
		why := f.Why
		if f.Other > 0 {
			why += fmt.Sprintf("; %d of its %d records are of no point of it", f.Other, f.Records)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\n", f.File, size(float64(f.Bytes)), why)
	}
	for _, f := range l.Keep {
		fmt.Fprintf(w, "%s\t%s\tSTAYS: %s\n", f.File, size(float64(f.Bytes)), f.Why)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	switch {
	case len(l.Remove) == 0:
		fmt.Fprintf(a.stdout, "%s: there is nothing to remove\n", dir)
	case l.Removed:
		fmt.Fprintf(a.stdout, "%s: %s removed\n", dir, size(float64(l.Bytes)))
	default:
		fmt.Fprintf(a.stdout, "%s: %s could be removed; 'sweep gc %s --yes' does so\n", dir, size(float64(l.Bytes)), report.QuoteArg(dir))
	}
	return nil
}
