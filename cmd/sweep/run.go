package main

import (
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/neurosweep/sweep/internal/plain"
	"github.com/neurosweep/sweep/pkg/experiment"
	"github.com/neurosweep/sweep/pkg/models"
	"github.com/neurosweep/sweep/pkg/report"
	"github.com/neurosweep/sweep/pkg/runner"
	"github.com/neurosweep/sweep/pkg/store"
)

func (a *app) runCommand() *cobra.Command {
	var flags specFlags
	var o runOptions
	var until string
	var limit duration
	cmd := a.verb(&cobra.Command{
		Use:   "run SPEC",
		Short: "Run the trials of a spec that have no record yet",
		Long: `run lays the spec out, subtracts the trials that the result folder has, and runs
the rest. It can be stopped or killed at any time and run again. A changed spec
reuses every point that it shares with the earlier one.

SIGINT (Ctrl-C), SIGTERM and SIGHUP end it in good order, whatever it does: trials
that run have the grace time to end, what was done is sealed, and the figures and
the report are drawn as far as the grace time goes. A second signal ends it at once
with all that was recorded. The exit status is then 130, 143 or 129, also where all
trials are done and figures were being drawn. A hang-up that is ignored, as under
nohup, stays ignored, and a reader of its messages may go away.

With --until or --for it begins no trial after that time, lets those that run
end within the grace time, and exits with 8 if work is left. --until is the next
moment at which this machine's clock shows the time, also where the clocks are
put forward or back; of a time that is skipped then, the first moment after it.
Before, a trial that would be cut off, by what trials of its size have taken so far,
is left out, and so is one that an earlier run cut off after nearly as long, unless
--begin-all is given. Time in which the machine sleeps or the run is suspended counts
to no trial's timeout.

The data set is in RESULTS/NAME/trials, where NAME is the spec's file name, with
the variant behind it if one is taken.`,
		Example: "  sweep run experiments/hopfield-capacity.yaml --variant quick\n  sweep run experiments/bms-regimes.yaml -s n=50 -s replicates=10\n  sweep run experiments/bms-regimes.yaml --until 07:30",
		Args:    cobra.ExactArgs(1),
	}, true, func(cmd *cobra.Command, args []string) error {
		o.halt = hear()
		defer o.halt.close()
		now := time.Now()
		switch {
		case until != "":
			var err error
			if o.until, err = nextTime(until, now); err != nil {
				return err
			}
		case cmd.Flags().Changed("for"):
			if limit <= 0 {
				return usagef("--for takes a duration above zero such as 90m or 8h, not %v", time.Duration(limit))
			}
			o.until = now.Add(time.Duration(limit)).Round(0) // by the clock on the wall
		}
		var spec *experiment.Spec
		err, ended := o.halt.work(cmd.Context(), 0, func(context.Context) (err error) {
			spec, err = flags.read(args[0])
			return err
		})
		if !ended || o.halt.came() {
			return o.halt.status()
		}
		if err != nil {
			return err
		}
		return a.run(cmd.Context(), spec, o)
	})
	flags.add(cmd)
	cmd.Flags().BoolVar(&o.retry, "retry-failed", false, "run failed trials again, and the links of chains behind them")
	cmd.Flags().StringVar(&until, "until", "", "begin no trial after the next `HH:MM` on this machine's clock")
	cmd.Flags().Var(&limit, "for", "begin no trial after this `duration`, as 90m or 8h")
	cmd.Flags().BoolVar(&o.beginAll, "begin-all", false, "with --until or --for, begin also trials that are expected to be cut off")
	cmd.MarkFlagsMutuallyExclusive("until", "for")
	return cmd
}

// runOptions say what of a spec is run, and how long.
type runOptions struct {
	retry bool
	until time.Time // begin nothing after; no limit if zero
	// pilot, if it is above 0, is how many trials to run that stand for all.
	pilot int
	// beginAll begins also what is expected to be cut off.
	beginAll bool
	halt     *halt // nil if nothing hears the signals yet
}

func (a *app) run(ctx context.Context, spec *experiment.Spec, o runOptions) error {
	h := o.halt
	if h == nil {
		h = hear()
		defer h.close()
	}
	tell := newTeller(a.rawErr)
	quiet := a.stderr
	a.stderr = plain.NewWriter(tell)
	defer func() {
		tell.flush()
		a.stderr = quiet
	}()
	record, err := store.NewRun(os.Args)
	if err != nil {
		return err
	}
	record.Experiment, record.About = spec.Name, spec.About
	record.Set, record.Settings = spec.Set, a.settings.values()
	dir := filepath.Join(a.settings.Results, spec.Name)
	plan := spec.Plan()
	notice := func(text string) { fmt.Fprintf(a.stderr, "sweep: %s\n", plain.Text(text)) }

	var st *store.Store
	costs := runner.NewCosts(plan.Setting().Model)
	cutBefore := make(map[models.ID]time.Duration)
	opening, cancelOpening := ctx, func() {}
	if !o.until.IsZero() {
		// Of a plan of which nothing can be begun in time there is a moment to see
		// what is there.
		opening, cancelOpening = context.WithTimeout(ctx, max(time.Until(o.until), 0)+2*time.Second)
	}
	defer cancelOpening()
	err, ended := h.work(opening, 0, func(ctx context.Context) error {
		opened, err := store.Open(ctx, dir, plan, spec.Resolved(), store.Options{Run: record, RetryFailed: o.retry, Notice: notice})
		if err != nil {
			return err
		}
		timed, err := opened.Timings()
		if err == nil {
			costs = costsOf(plan, timed)
			err = learnCut(dir, plan, opened.Left, costs, cutBefore)
		}
		if err != nil {
			return errors.Join(err, opened.Close())
		}
		st = opened
		return nil
	})
	switch {
	case h.came():
		if ended && err == nil {
			err = a.closeStore(h, st)
		}
		if err != nil && !errors.Is(err, context.Canceled) {
			return err
		}
		fmt.Fprintf(a.stderr, "sweep: %s: nothing was begun\n", h.name())
		return a.unopened(dir, plan, o, h.status())
	case !ended || errors.Is(err, context.DeadlineExceeded):
		fmt.Fprintf(a.stderr, "sweep: the time is over and the folder is not open yet; what was taken over by now stays, and the same command goes on\n")
		return a.unopened(dir, plan, o, status(exitWorkLeft))
	case err != nil:
		return err
	}
	begun := time.Now()
	before := st.Counts()
	a.sayStart(dir, spec, before, st.Moved(), o.until)

	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		select {
		case <-h.second:
			cancel()
		case <-ctx.Done():
		}
	}()
	h.saying(func(s syscall.Signal) {
		fmt.Fprintf(a.stderr, "sweep: %v: running trials have %v to end; once more to end them now\n", s, a.settings.Grace)
	})
	var order runner.Order = plan.Sequence()
	if o.pilot > 0 {
		order = runner.Listed(pilotTrials(plan, o.pilot))
	}
	progress := a.startProgress(tell, st, &forecast{plan: plan, todo: st.Left, costs: costs, workers: a.workers(), began: begun, before: before.Done})
	beside := new(runner.Beside)
	growing := a.growFigures(ctx, beside, dir, spec, func() int64 { return st.Counts().Done }, drawEvery)
	var outcome runner.Outcome
	runErr := runner.Run(ctx, h.first, plan, order, st, runner.Options{
		Workers: a.settings.Workers, Timeout: a.settings.Timeout, Retries: a.settings.Retries, FailFast: a.settings.FailFast, Grace: a.settings.Grace,
		Memory: a.settings.Memory, Notice: notice, Until: o.until, Costs: costs, Beside: beside, CutBefore: cutBefore, BeginAll: o.beginAll, Outcome: &outcome,
	})
	stopped := h.came() // while trials ran, or were to
	growing.stop()      // what it draws is of a moment ago
	h.saying(func(s syscall.Signal) {
		fmt.Fprintf(a.stderr, "sweep: %v: all that was run is recorded; once more to end at once\n", s)
	})
	noteCut(st, outcome.Cut)
	err = a.closeStore(h, st)
	growing.await(h)
	progress.stop()
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
		e := runEnd{dir: dir, spec: spec, before: before, after: after, took: time.Since(begun), outcome: &outcome, grace: a.settings.Grace}
		e.draws = after.Done == after.Planned || stopped || !o.until.IsZero()
		if err := a.sayEnd(ctx, h, tell, e); err != nil {
			return err
		}
	}
	switch {
	case h.came():
		return h.status()
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

// closeStore closes the store: it has the grace time to seal what is complete from a
// first signal on, and after a second what was appended is made durable and no more.
func (a *app) closeStore(h *halt, st *store.Store) error {
	closed := make(chan error, 1)
	go func() { closed <- st.Close() }()
	select {
	case err := <-closed:
		return err
	case <-h.first:
	}
	select {
	case err := <-closed:
		return err
	case <-time.After(max(a.settings.Grace-h.since(), 0)):
	case <-h.second:
	}
	st.Hurry()
	select {
	case err := <-closed:
		return err
	case <-time.After(patience):
		return nil // a disk that does not answer; who asks twice does not wait for it
	}
}

// learnCut takes note of what earlier runs of the folder cut off and is not done:
// by identity, and of the trials of this plan that are left in its costs.
func learnCut(dir string, plan *experiment.Plan, left func([]int64) []int64, costs *runner.Costs, before map[models.ID]time.Duration) error {
	cut, err := store.CutOff(dir)
	if err != nil {
		return err
	}
	identity := plan.Setting().NewIdentity()
	var p models.Point
	for _, c := range cut {
		var id models.ID
		if n, err := hex.Decode(id[:], []byte(c.ID)); err != nil || n != len(id) || !(c.Ran > 0) {
			continue
		}
		before[id] = max(before[id], c.Time())
		if c.Trial < 0 || c.Trial >= plan.Len() || len(left([]int64{c.Trial})) == 0 {
			continue
		}
		if plan.Point(c.Trial, &p); identity.Of(&p) == id {
			costs.Censor(&p, c.Time())
		}
	}
	return nil
}

// noteCut puts what a run cut off into its provenance.
func noteCut(st *store.Store, cut []runner.Cut) {
	var list []store.Cut
	for _, c := range cut {
		list = append(list, store.Cut{Trial: c.Trial, ID: c.ID.String(), Ran: c.Ran.Seconds()})
	}
	st.NoteCut(list)
}

// workers is how many trials are run at the same time.
func (a *app) workers() int {
	if n := a.settings.Workers; n > 0 {
		return n
	}
	return runtime.GOMAXPROCS(0)
}

// sayStart says what there is of the data set, what of another was moved away, and
// until when trials are begun.
func (a *app) sayStart(dir string, spec *experiment.Spec, c store.Counts, moved store.Moved, until time.Time) {
	fmt.Fprintf(a.stderr, "%s: %d trials of %s", plain.Text(dir), c.Planned, spec.Model.Name)
	if c.Reused > 0 {
		fmt.Fprintf(a.stderr, ", %d taken over from the earlier spec", c.Reused)
	}
	if earlier := c.Done - c.Reused; earlier > 0 {
		fmt.Fprintf(a.stderr, ", %d done before", earlier)
	}
	fmt.Fprintln(a.stderr)
	if n := moved.Records; n > 0 {
		back := fmt.Sprintf("%d of them are in this plan", moved.Back)
		switch {
		case n == 1 && moved.Back == 0:
			back = "it is not in this plan"
		case n == 1:
			back = "it is in this plan, too"
		case moved.Back == 0:
			back = "none of them is in this plan"
		case moved.Back == 1:
			back = "1 of them is in this plan"
		case moved.Back == n:
			back = "all of them are in this plan, too"
		}
		fmt.Fprintf(a.stderr, "%s of the spec that was run here before moved to %s; %s\n",
			count(n, "record", "records"), filepath.ToSlash(filepath.Join(dir, moved.To)), back)
	}
	if !until.IsZero() {
		fmt.Fprintf(a.stderr, "no trial is begun after %s\n", moment(until))
	}
}

// runEnd is what there is to say of a run that has ended.
type runEnd struct {
	dir           string
	spec          *experiment.Spec
	before, after store.Counts
	took, grace   time.Duration
	outcome       *runner.Outcome
	draws         bool // figures and report
}

// sayEnd says what the run did and where everything is, and draws the figures of
// a data set that is complete, or of one whose time is over or that was stopped:
// within the grace time then. A signal that comes while they are drawn ends that.
func (a *app) sayEnd(ctx context.Context, h *halt, tell *teller, e runEnd) error {
	dir, after, took := e.dir, e.after, e.took.Round(time.Millisecond)
	tell.flush() // before what follows, where both are one terminal
	if !a.json {
		fmt.Fprintf(a.stdout, "%s: %d of %d trials", plain.Text(dir), after.Done, after.Planned)
		if after.Failed > 0 {
			fmt.Fprintf(a.stdout, ", %d failed", after.Failed)
		}
		if after.Reused > 0 {
			fmt.Fprintf(a.stdout, ", %d taken over", after.Reused)
		}
		fmt.Fprintf(a.stdout, "; %d run in %v\n", after.Done-e.before.Done, took)
		fmt.Fprintf(a.stdout, "data      pandas.read_parquet(%q)\n", filepath.ToSlash(filepath.Join(dir, "trials")))
	}
	var drawn drawing
	large := !light(dir, after.Done)
	again := fmt.Sprintf("sweep plot %[1]s and sweep report %[1]s", report.QuoteArg(dir))
	if e.draws && a.settings.Figures != nil && !large && !h.hurried() {
		// A signal that came before has used up some of the grace time.
		stopped := h.came()
		var grace time.Duration
		if stopped {
			grace = max(e.grace, h.since()+min(e.grace, time.Second))
		}
		made := make(chan drawing, 1)
		err, ended := h.work(ctx, grace, func(ctx context.Context) error {
			d, err := a.drawAfter(ctx, dir, e.spec)
			made <- d
			return err
		})
		select {
		case drawn = <-made:
		default:
		}
		switch {
		case !ended || errors.Is(err, context.Canceled):
			why := fmt.Sprintf("the grace time of %v was not enough", e.grace)
			if !stopped || h.hurried() {
				why = h.name()
			}
			fmt.Fprintf(a.stderr, "sweep: %s: not all figures were drawn; %s draw them\n", why, again)
		case err != nil:
			fmt.Fprintf(a.stderr, "sweep: %s\n", indent(err.Error(), "  "))
		}
	}
	a.sayCut(e)
	if left := after.Planned - after.Done; left > 0 && left > e.outcome.LeftOut {
		fmt.Fprintf(a.stderr, "sweep: %d trials are left; the same command goes on with them\n", left)
	}
	tell.flush()
	if a.json {
		return a.printJSON("sweep.run/v1", "run", map[string]any{
			"results": dir, "planned": after.Planned, "done": after.Done, "failed": after.Failed,
			"reused": after.Reused, "computed": after.Done - e.before.Done, "seconds": took.Seconds(),
			"cut": len(e.outcome.Cut), "left_out": e.outcome.LeftOut,
			"figures": drawn.files, "report": drawn.page,
		})
	}
	if len(drawn.files) > 0 {
		fmt.Fprintf(a.stdout, "figures   %s\n", plain.Text(strings.Join(drawn.files, " ")))
	}
	if drawn.page != "" {
		fmt.Fprintf(a.stdout, "report    %s\n", plain.Text(drawn.page))
	}
	if large && a.settings.Figures != nil {
		fmt.Fprintf(a.stdout, "figures   %s draw so large a data set when asked\n", again)
	}
	if after.Failed > 0 {
		fmt.Fprintf(a.stdout, "failures  sweep failures %s\n", report.QuoteArg(dir))
		fmt.Fprintf(a.stdout, "retry     %s\n", retryCommand(os.Args))
	}
	return nil
}

// unopened ends a run whose folder was not open yet. What is done there is not known,
// and null in JSON.
func (a *app) unopened(dir string, plan *experiment.Plan, o runOptions, code error) error {
	if !a.json || o.pilot > 0 {
		return code
	}
	return errors.Join(code, a.printJSON("sweep.run/v1", "run", map[string]any{
		"results": dir, "planned": plan.Len(), "done": nil, "failed": nil, "reused": nil, "computed": 0, "seconds": 0,
		"cut": 0, "left_out": 0, "figures": nil, "report": "",
	}))
}

// sayCut says what the end of the run cut off, and what it did not begin for that
// reason.
func (a *app) sayCut(e runEnd) {
	if cut := e.outcome.Cut; len(cut) > 0 {
		longest := slices.MaxFunc(cut, func(a, b runner.Cut) int { return cmp.Compare(a.Ran, b.Ran) })
		fmt.Fprintf(a.stderr, "sweep: %s no record: trial %d after %v%s\n", count(int64(len(cut)), "trial was cut off and has", "trials were cut off and have"),
			longest.Trial, longest.Ran.Round(10*time.Millisecond), map[bool]string{true: ", the others after less"}[len(cut) > 1])
	}
	if n := e.outcome.LeftOut; n > 0 {
		window := max(e.outcome.Needs-e.grace, 0).Round(10 * time.Millisecond)
		fmt.Fprintf(a.stderr, "sweep: %s not begun, since the time left would have cut them off; a window longer than %v, or --begin-all, begins what needs the least\n",
			count(n, "trial was", "trials were"), window)
	}
}

// count is a number of things.
func count(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// retryCommand is the command, given as its words, with failed trials run again.
func retryCommand(args []string) string {
	words := []string{"sweep"}
	for _, arg := range args[min(1, len(args)):] {
		if arg != "--retry-failed" {
			words = append(words, report.QuoteArg(arg))
		}
	}
	return strings.Join(append(words, "--retry-failed"), " ")
}
