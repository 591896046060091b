package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/neurosweep/sweep/internal/plain"
	"github.com/neurosweep/sweep/pkg/store"
)

func (a *app) statusCommand() *cobra.Command {
	var flags specFlags
	cmd := a.verb(&cobra.Command{
		Use:   "status RESULTS-FOLDER | SPEC",
		Short: "Say how far a result folder is",
		Long: `status says how much of a plan has a record: of the spec it is given, or, of a folder,
of its spec.yaml. It counts what the next run would take over from an earlier spec,
whether that lies in the data set, in the journal or in history/, and says what that
run would move. It reads what it needs to count, and verify reads all.`,
		Args: cobra.ExactArgs(1),
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
		answer := &statusInfo{Report: r}
		// Else a run has taken over what it could, or there is nothing to take over.
		if r.Writer == nil && (r.Done < r.Planned || r.Earlier > 0) || on.other() {
			if err := answer.add(cmd.Context(), on); err != nil {
				return err
			}
		}
		if a.json {
			return a.printJSON("sweep.status/v1", "status", answer)
		}
		a.printStatus(on, answer)
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

// statusInfo is a report in JSON, of which Done and Failed count what the next run
// takes over, too.
type statusInfo struct {
	*store.Report
	expected
}

// expected is what the next run of a plan finds of other plans.
type expected struct {
	// FromEarlier is how many records it takes over, of those that count as done.
	FromEarlier int64 `json:"from_earlier"`
	// Moves is how many records of the data set that is there now it moves to history/
	// and does not take over.
	Moves int64 `json:"moves"`
	// OtherModel is the model of the folder's records if the run refuses the folder for
	// it.
	OtherModel string `json:"other_model,omitempty"`

	present int64 // records of the data set that it moves
	refused error
}

func expectedOf(s *store.Surveyed) expected {
	return expected{FromEarlier: s.FromEarlier, Moves: s.Moves, OtherModel: s.OtherModel, present: s.Present, refused: s.Refused}
}

// add adds what the next run takes over.
func (i *statusInfo) add(ctx context.Context, on *subject) error {
	s, err := store.Survey(ctx, on.dir, on.plan)
	if err != nil {
		return err
	}
	i.expected = expectedOf(s)
	i.Done += s.FromEarlier
	i.Failed += s.EarlierFailed
	// Of ranges that are taken over in part it says the trials that are left.
	var missing []store.Range
	for _, m := range i.Missing {
		missing = append(missing, rangesLeft(m, s, mostMissing-len(missing))...)
	}
	i.Missing = missing
	return nil
}

// mostMissing bounds the ranges of trials that status names, and mostLooked the trials
// that it looks at one by one to say so little.
const (
	mostMissing = 20
	mostLooked  = 1 << 22
)

// rangesLeft are the first ranges, at most so many, of the trials of a range that have no
// record and are not taken over.
func rangesLeft(m store.Range, s *store.Surveyed, most int) (ranges []store.Range) {
	if s.FromEarlier == 0 {
		return []store.Range{m}[:min(most, 1)]
	}
	first, last := int64(-1), min(m.Last, m.First+mostLooked)
	for trial := m.First; trial <= last && len(ranges) < most; trial++ {
		switch left := !s.Has(trial); {
		case left && first < 0:
			first = trial
		case !left && first >= 0:
			ranges = append(ranges, store.Range{First: first, Last: trial - 1})
			first = -1
		}
	}
	if first >= 0 && len(ranges) < most {
		ranges = append(ranges, store.Range{First: first, Last: last})
	}
	return ranges
}

// printStatus prints a report and what the next run does.
func (a *app) printStatus(on *subject, i *statusInfo) {
	a.printReportWith(on.dir, i.Report, i.FromEarlier)
	if on.other() {
		fmt.Fprintf(a.stdout, "the folder holds the data set of another spec: %s\n", plain.Text(on.differs()))
	}
	a.printExpected(i.expected)
}

// printExpected says what the next run does with what is there.
func (a *app) printExpected(e expected) {
	switch {
	case e.refused != nil:
		fmt.Fprintf(a.stdout, "the next run refuses the folder: %v\n", plain.Text(refusedText(e.refused)))
	case e.present > 0:
		fmt.Fprintf(a.stdout, "the next run moves %d records to history/, where they stay, and takes over %d of them\n", e.present, e.present-e.Moves)
	}
}

// refusedText says why a run refuses a folder, and what to do.
func refusedText(err error) string {
	if other := new(store.OtherModelError); errors.As(err, &other) {
		return other.Error() + "; give this spec's results a name of their own, by name: in the spec or by --name"
	}
	return err.Error()
}

func (a *app) printReport(dir string, r *store.Report) { a.printReportWith(dir, r, 0) }

func (a *app) printReportWith(dir string, r *store.Report, earlier int64) {
	dir = plain.Text(dir)
	if earlier > 0 {
		fmt.Fprintf(a.stdout, "%s: %d of %d done (%d from an earlier spec), %d failed, %d in sealed parts\n", dir, r.Done, r.Planned, earlier, r.Failed, r.Sealed)
	} else {
		fmt.Fprintf(a.stdout, "%s: %d of %d trials (%.1f %%), %d failed, %d in sealed parts\n",
			dir, r.Done, r.Planned, 100*float64(r.Done)/float64(r.Planned), r.Failed, r.Sealed)
	}
	if r.Writer != nil {
		fmt.Fprintf(a.stdout, "running: process %d on %s, started %s\n", r.Writer.PID, plain.Text(r.Writer.Host), moment(r.Writer.Started))
	}
	if l := r.LastRun; l != nil {
		fmt.Fprintf(a.stdout, "last run: %s on %s", moment(l.Started), plain.Text(l.Host))
		switch {
		case l.Error != "":
			fmt.Fprintf(a.stdout, ", ended with: %s", plain.Text(l.Error))
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
	if r.Earlier > 0 && earlier == 0 {
		fmt.Fprintf(a.stdout, "%s of an earlier plan; the next run takes over what the plans share\n", count(int64(r.Earlier), "file is", "files are"))
	}
	for _, p := range r.Problems {
		fmt.Fprintf(a.stdout, "problem: %s\n", plain.Text(p.String()))
	}
}
