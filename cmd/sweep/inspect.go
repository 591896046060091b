package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/neurosweep/sweep/pkg/store"
)

func (a *app) statusCommand() *cobra.Command {
	var flags specFlags
	cmd := a.verb(&cobra.Command{
		Use:   "status RESULTS-FOLDER | SPEC",
		Short: "Say how far a result folder is",
		Args:  cobra.ExactArgs(1),
	}, true, func(cmd *cobra.Command, args []string) error {
		on, err := a.subject(args[0], flags)
		if err != nil {
			return err
		}
		if on.kept == nil {
			return on.noFolder()
		}
		r, err := store.Status(on.dir, on.plan)
		if err != nil {
			return err
		}
		if a.json {
			return a.printJSON("sweep.status/v1", "status", r)
		}
		a.printReport(on.dir, r)
		if on.other() {
			fmt.Fprintf(a.stdout, "the folder holds the data set of another spec: %s\n", on.differs())
		}
		return nil
	})
	flags.add(cmd)
	return cmd
}

func (a *app) verifyCommand() *cobra.Command {
	var flags specFlags
	cmd := a.verb(&cobra.Command{
		Use:   "verify RESULTS-FOLDER | SPEC",
		Short: "Prove that every planned trial has exactly one record",
		Long: `verify reads every record of a result folder. It checks that each trial of the
plan has exactly one, with the plan's identity and parameters, and that no checksum
is broken. The plan is that of the spec it is given, or, of a folder, that of its
spec.yaml. It exits with 6 if anything differs, or if the folder holds the data set
of another spec than the one given.`,
		Args: cobra.ExactArgs(1),
	}, true, func(cmd *cobra.Command, args []string) error {
		dir, plan, err := a.folder(args[0], flags)
		if other := new(otherSpecError); errors.As(err, &other) {
			fmt.Fprintf(a.stderr, "sweep: %v\n", other)
			return status(exitDifference)
		}
		if err != nil {
			return err
		}
		r, err := store.Verify(dir, plan)
		if err != nil {
			return err
		}
		if a.json {
			err = a.printJSON("sweep.verify/v1", "verify", r)
		} else {
			a.printReport(dir, r)
			if r.Complete() {
				fmt.Fprintf(a.stdout, "verified: each of the %d trials has exactly one record\n", r.Planned)
			}
		}
		if err == nil && !r.Complete() {
			err = status(exitDifference)
		}
		return err
	})
	flags.add(cmd)
	return cmd
}

func (a *app) printReport(dir string, r *store.Report) {
	fmt.Fprintf(a.stdout, "%s: %d of %d trials (%.1f %%), %d failed, %d in sealed parts\n",
		dir, r.Done, r.Planned, 100*float64(r.Done)/float64(r.Planned), r.Failed, r.Sealed)
	if r.Writer != nil {
		fmt.Fprintf(a.stdout, "running: process %d on %s, started %s\n", r.Writer.PID, r.Writer.Host, moment(r.Writer.Started))
	}
	if l := r.LastRun; l != nil {
		fmt.Fprintf(a.stdout, "last run: %s on %s", moment(l.Started), l.Host)
		switch {
		case l.Error != "":
			fmt.Fprintf(a.stdout, ", ended with: %s", l.Error)
		case !l.Ended.IsZero():
			fmt.Fprintf(a.stdout, ", %v", l.Ended.Sub(l.Started).Round(time.Second))
		case r.Writer == nil:
			fmt.Fprint(a.stdout, ", killed")
		}
		fmt.Fprintln(a.stdout)
	}
	for i, m := range r.Missing {
		if i == 5 {
			fmt.Fprintln(a.stdout, "missing: more")
			break
		}
		if m.First == m.Last {
			fmt.Fprintf(a.stdout, "missing: trial %d\n", m.First)
		} else {
			fmt.Fprintf(a.stdout, "missing: trials %d to %d\n", m.First, m.Last)
		}
	}
	if r.Earlier > 0 {
		fmt.Fprintf(a.stdout, "%d files are of an earlier plan; the next run takes over what the plans share\n", r.Earlier)
	}
	for _, p := range r.Problems {
		fmt.Fprintf(a.stdout, "problem: %s\n", p)
	}
}
