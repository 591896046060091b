package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/neurosweep/sweep/pkg/experiment"
	"github.com/neurosweep/sweep/pkg/report"
	"github.com/neurosweep/sweep/pkg/runner"
	"github.com/neurosweep/sweep/pkg/store"
)

func (a *app) runCommand() *cobra.Command {
	var flags specFlags
	var o runOptions
	var until string
	var limit time.Duration
	cmd := a.verb(&cobra.Command{
		Use:   "run SPEC",
		Short: "Run the trials of a spec that have no record yet",
		Long: `run lays the spec out, subtracts the trials that the result folder has, and runs
the rest. It can be stopped or killed at any time and run again. A changed spec
reuses every point that it shares with the earlier one.

With --until or --for it begins no trial after that time, lets those that run
end within the grace time, and exits with 8 if work is left. --until is the next
moment at which this machine's clock shows the time, also where the clocks are
put forward or back; of a time that is skipped then, the first moment after it. Before, a trial that
would be cut off, by what trials of its size have taken so far, is left out.

The data set is in RESULTS/NAME/trials, where NAME is the spec's file name, with
the variant behind it if one is taken.`,
		Example: "  sweep run experiments/hopfield-capacity.yaml --variant quick\n  sweep run experiments/bms-regimes.yaml -s n=50 -s replicates=10\n  sweep run experiments/bms-regimes.yaml --until 07:30",
		Args:    cobra.ExactArgs(1),
	}, true, func(cmd *cobra.Command, args []string) error {
		now := time.Now()
		switch {
		case until != "":
			var err error
			if o.until, err = nextTime(until, now); err != nil {
				return err
			}
		case cmd.Flags().Changed("for"):
			if limit <= 0 {
				return fmt.Errorf("--for takes a duration above zero such as 90m or 8h, not %v", limit)
			}
			o.until = now.Add(limit)
		}
		spec, err := flags.read(args[0])
		if err != nil {
			return err
		}
		return a.run(cmd.Context(), spec, o)
	})
	flags.add(cmd)
	cmd.Flags().BoolVar(&o.retry, "retry-failed", false, "run failed trials again, and the links of chains behind them")
	cmd.Flags().StringVar(&until, "until", "", "begin no trial after the next `HH:MM` on this machine's clock")
	cmd.Flags().DurationVar(&limit, "for", 0, "begin no trial after this `duration`, as 90m or 8h")
	cmd.MarkFlagsMutuallyExclusive("until", "for")
	return cmd
}

// runOptions say what of a spec is run, and how long.
type runOptions struct {
	retry bool
	until time.Time // begin nothing after; no limit if zero
	// pilot, if it is above 0, is how many trials to run that stand for all.
	pilot int
}

func (a *app) run(ctx context.Context, spec *experiment.Spec, o runOptions) error {
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
	notice := func(text string) { fmt.Fprintf(a.stderr, "sweep: %s\n", text) }
	st, err := store.Open(ctx, dir, plan, spec.Resolved(), store.Options{Run: record, RetryFailed: o.retry, Notice: notice})
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
	timed, err := st.Timings()
	if err != nil {
		return errors.Join(err, st.Close())
	}
	costs := costsOf(plan, timed)
	var order runner.Order = plan.Sequence()
	if o.pilot > 0 {
		order = runner.Listed(pilotTrials(plan, o.pilot))
	}
	progress := a.startProgress(st, &forecast{plan: plan, todo: st.Left, costs: costs, workers: a.workers(), began: begun, before: before.Done})
	grown := a.growFigures(dir, spec, func() int64 { return st.Counts().Done }, drawEvery)
	runErr := runner.Run(ctx, stop, plan, order, st, runner.Options{
		Workers: a.settings.Workers, Timeout: a.settings.Timeout, Retries: a.settings.Retries, FailFast: a.settings.FailFast, Grace: a.settings.Grace,
		Memory: a.settings.Memory, Notice: notice, Until: o.until, Costs: costs,
	})
	err = st.Close()
	grown()
	progress.stop()
	close(over)
	if err == nil {
		err = runErr
	}
	if err != nil {
		if noRoom(err) {
			return fmt.Errorf("%w; what was recorded before is safe: make room and run it again", err)
		}
		if memory := new(runner.MemoryError); errors.As(err, &memory) {
			return fmt.Errorf("%w; what was recorded before is safe", err)
		}
		return err
	}
	after := st.Counts()
	if o.pilot == 0 {
		timely := !o.until.IsZero() && len(caught) == 0 // nobody waits for it, as who interrupts does
		if err := a.sayEnd(dir, spec, before, after, time.Since(begun), timely); err != nil {
			return err
		}
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
	case o.pilot > 0:
		return nil
	case after.Done < after.Planned && !o.until.IsZero():
		return status(exitWorkLeft)
	case after.Done < after.Planned:
		return fmt.Errorf("%d trials were not run", after.Planned-after.Done)
	case after.Failed > 0:
		return status(exitFailed)
	}
	return nil
}

// workers is how many trials are run at the same time.
func (a *app) workers() int {
	if n := a.settings.Workers; n > 0 {
		return n
	}
	return runtime.GOMAXPROCS(0)
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

// sayEnd says what the run did and where everything is, and draws the figures of
// a data set that is complete, or of one whose time is over.
func (a *app) sayEnd(dir string, spec *experiment.Spec, before, after store.Counts, took time.Duration, timely bool) error {
	took = took.Round(time.Millisecond)
	if !a.json {
		fmt.Fprintf(a.stdout, "%s: %d of %d trials", dir, after.Done, after.Planned)
		if after.Failed > 0 {
			fmt.Fprintf(a.stdout, ", %d failed", after.Failed)
		}
		if after.Reused > 0 {
			fmt.Fprintf(a.stdout, ", %d taken over", after.Reused)
		}
		fmt.Fprintf(a.stdout, "; %d run in %v\n", after.Done-before.Done, took)
	}
	var figures []string
	var page string
	large := !light(dir, after.Done)
	if (after.Done == after.Planned || timely) && a.settings.Figures != nil && !large {
		figures, page = a.drawAfter(dir, spec)
	}
	if a.json {
		return a.printJSON("sweep.run/v1", "run", map[string]any{
			"results": dir, "planned": after.Planned, "done": after.Done, "failed": after.Failed,
			"reused": after.Reused, "computed": after.Done - before.Done, "seconds": took.Seconds(),
			"figures": figures, "report": page,
		})
	}
	fmt.Fprintf(a.stdout, "data      pandas.read_parquet(%q)\n", filepath.ToSlash(filepath.Join(dir, "trials")))
	if len(figures) > 0 {
		fmt.Fprintf(a.stdout, "figures   %s\n", strings.Join(figures, " "))
	}
	if page != "" {
		fmt.Fprintf(a.stdout, "report    %s\n", page)
	}
	if large && a.settings.Figures != nil {
		fmt.Fprintf(a.stdout, "figures   sweep plot %[1]s and sweep report %[1]s draw so large a data set when asked\n", report.QuoteArg(dir))
	}
	if after.Failed > 0 {
		fmt.Fprintf(a.stdout, "failures  sweep failures %s\n", report.QuoteArg(dir))
	}
	if left := after.Planned - after.Done; left > 0 {
		fmt.Fprintf(a.stderr, "sweep: %d trials are left; the same command goes on with them\n", left)
	}
	return nil
}
