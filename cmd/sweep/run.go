package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/neurosweep/sweep/pkg/experiment"
	"github.com/neurosweep/sweep/pkg/models/all"
	"github.com/neurosweep/sweep/pkg/runner"
	"github.com/neurosweep/sweep/pkg/store"
)

func (a *app) runCommand() *cobra.Command {
	var flags specFlags
	var retry bool
	cmd := a.verb(&cobra.Command{
		Use:   "run SPEC",
		Short: "Run the trials of a spec that have no record yet",
		Long: `run lays the spec out, subtracts the trials that the result folder has, and runs
the rest. It can be stopped or killed at any time and run again. A changed spec
reuses every point that it shares with the earlier one.

The data set is in RESULTS/NAME/trials, where NAME is the spec's file name, with
the variant behind it if one is taken.`,
		Example: "  sweep run experiments/hopfield-capacity.yaml --variant quick\n  sweep run experiments/bms-regimes.yaml -s n=50 -s replicates=10",
		Args:    cobra.ExactArgs(1),
	}, true, func(cmd *cobra.Command, args []string) error {
		return a.run(cmd.Context(), args[0], flags, retry)
	})
	flags.add(cmd)
	cmd.Flags().BoolVar(&retry, "retry-failed", false, "run failed trials again")
	return cmd
}

func (a *app) run(ctx context.Context, path string, flags specFlags, retry bool) error {
	spec, err := flags.read(path)
	if err != nil {
		return err
	}
	record, err := store.NewRun(os.Args)
	if err != nil {
		return err
	}
	record.Experiment, record.About = spec.Name, spec.About
	record.Set, record.Settings = spec.Set, a.settings.values()

	// From here on a signal ends the run in good order: the first stops the
	// handing out of trials, the second ends those that run.
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	defer signal.Stop(signals)

	dir := filepath.Join(a.settings.Results, spec.Name)
	plan := spec.Plan()
	st, err := store.Open(dir, plan, spec.Resolved(), store.Options{
		Run: record, RetryFailed: retry,
		Notice: func(text string) { fmt.Fprintf(a.stderr, "sweep: %s\n", text) },
	})
	if err != nil {
		return err
	}
	begun := time.Now()
	before := st.Counts()
	a.sayStart(dir, spec, before)

	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stop := make(chan struct{})
	over := make(chan struct{})
	caught := make(chan os.Signal, 1)
	go func() {
		select {
		case s := <-signals:
			caught <- s
			fmt.Fprintf(a.stderr, "\nsweep: %v: running trials have %v to end; once more to end them now\n", s, a.settings.Grace)
			close(stop)
		case <-over:
			return
		}
		select {
		case <-signals:
			cancel()
		case <-over:
		}
	}()
	progress := a.startProgress(st)
	runErr := runner.Run(ctx, stop, plan, plan.Sequence(), st, runner.Options{
		Workers: a.settings.Workers, Timeout: a.settings.Timeout, Retries: a.settings.Retries, Grace: a.settings.Grace,
	})
	progress.stop()
	close(over)
	err = st.Close()
	if err == nil {
		err = runErr
	}
	if err != nil {
		if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) || errors.Is(err, syscall.EFBIG) {
			return fmt.Errorf("%w; what was recorded before is safe: make room and run it again", err)
		}
		return err
	}
	after := st.Counts()
	if err := a.sayEnd(dir, path, before, after, time.Since(begun)); err != nil {
		return err
	}
	select {
	case s := <-caught:
		if after.Done < after.Planned {
			if s == syscall.SIGTERM {
				return status(exitTerminated)
			}
			return status(exitInterrupted)
		}
	default:
	}
	switch {
	case after.Done < after.Planned:
		return fmt.Errorf("%d trials were not run", after.Planned-after.Done)
	case after.Failed > 0:
		return status(exitFailed)
	}
	return nil
}

// read reads the spec at path with the flags' variant and overrides.
func (f *specFlags) read(path string) (*experiment.Spec, error) {
	return experiment.Read(path, experiment.Options{Models: all.Models, Variant: f.variant, Set: f.set})
}

func (a *app) sayStart(dir string, spec *experiment.Spec, c store.Counts) {
	fmt.Fprintf(a.stderr, "%s: %d trials of %s", dir, c.Planned, spec.Model.Name)
	if c.Reused > 0 {
		fmt.Fprintf(a.stderr, ", %d taken over from the earlier spec", c.Reused)
	}
	if earlier := c.Done - c.Reused; earlier > 0 {
		fmt.Fprintf(a.stderr, ", %d done before", earlier)
	}
	fmt.Fprintln(a.stderr)
}

func (a *app) sayEnd(dir, path string, before, after store.Counts, took time.Duration) error {
	took = took.Round(time.Millisecond)
	if a.json {
		return a.printJSON("sweep.run/v1", "run", map[string]any{
			"results": dir, "planned": after.Planned, "done": after.Done, "failed": after.Failed,
			"reused": after.Reused, "computed": after.Done - before.Done, "seconds": took.Seconds(),
		})
	}
	fmt.Fprintf(a.stdout, "%s: %d of %d trials", dir, after.Done, after.Planned)
	if after.Failed > 0 {
		fmt.Fprintf(a.stdout, ", %d failed", after.Failed)
	}
	fmt.Fprintf(a.stdout, "; %d run in %v\n", after.Done-before.Done, took)
	if left := after.Planned - after.Done; left > 0 {
		fmt.Fprintf(a.stderr, "sweep: %d trials are left; the same command goes on with them\n", left)
	}
	return nil
}
