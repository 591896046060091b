package main

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/neurosweep/sweep/pkg/experiment"
	"github.com/neurosweep/sweep/pkg/models/all"
	"github.com/neurosweep/sweep/pkg/store"
)

func (a *app) statusCommand() *cobra.Command {
	var flags specFlags
	cmd := a.verb(&cobra.Command{
		Use:   "status RESULTS-FOLDER | SPEC",
		Short: "Say how far a result folder is",
		Args:  cobra.ExactArgs(1),
	}, true, func(cmd *cobra.Command, args []string) error {
		dir, plan, err := a.folder(args[0], flags)
		if err != nil {
			return err
		}
		r, err := store.Status(dir, plan)
		if err != nil {
			return err
		}
		if a.json {
			return a.printJSON("sweep.status/v1", "status", r)
		}
		a.printReport(dir, r)
		return nil
	})
	cmd.Flags().StringVar(&flags.variant, "variant", "", "take the `name`d variant of the spec")
	return cmd
}

func (a *app) verifyCommand() *cobra.Command {
	var flags specFlags
	cmd := a.verb(&cobra.Command{
		Use:   "verify RESULTS-FOLDER | SPEC",
		Short: "Prove that every planned trial has exactly one record",
		Long: `verify reads every record of a result folder. It checks that each trial of the
plan in spec.yaml has exactly one, with the plan's identity and parameters, and
that no checksum is broken. It exits with 6 if anything differs.`,
		Args: cobra.ExactArgs(1),
	}, true, func(cmd *cobra.Command, args []string) error {
		dir, plan, err := a.folder(args[0], flags)
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
	cmd.Flags().StringVar(&flags.variant, "variant", "", "take the `name`d variant of the spec")
	return cmd
}

// folder finds the result folder that the argument names, itself or by its
// spec, and the plan in it.
func (a *app) folder(arg string, flags specFlags) (string, *experiment.Plan, error) {
	dir := filepath.Clean(arg)
	if !isFolder(arg) {
		spec, err := flags.read(arg)
		if err != nil {
			return "", nil, err
		}
		dir = filepath.Join(a.settings.Results, spec.Name)
	}
	path := filepath.Join(dir, "spec.yaml")
	if _, err := os.Stat(path); err != nil {
		return "", nil, fmt.Errorf("%s is not a result folder: %w", dir, err)
	}
	spec, err := experiment.Read(path, experiment.Options{Models: all.Models})
	if err != nil {
		return "", nil, err
	}
	return dir, spec.Plan(), nil
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
