package main

import (
	"bytes"
	"container/heap"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/spf13/cobra"

	"github.com/neurosweep/sweep/internal/plain"
	"github.com/neurosweep/sweep/pkg/experiment"
	"github.com/neurosweep/sweep/pkg/models"
	"github.com/neurosweep/sweep/pkg/report"
	"github.com/neurosweep/sweep/pkg/runner"
	"github.com/neurosweep/sweep/pkg/store"
)

func (a *app) auditCommand() *cobra.Command {
	var flags specFlags
	var share string
	var count int64
	var seed uint64
	cmd := a.verb(&cobra.Command{
		Use:   "audit RESULTS-FOLDER | SPEC --sample SHARE | --count N",
		Short: "Run a random sample of the trials again and compare the bits",
		Long: `audit runs a random sample of the trials that have not failed again, on all
workers, and compares what they measure with their records, bit for bit. It says
of each output how many differ and by how much, and exits with 6 if any does. It
writes nothing and may be used while a run goes on. Traces that the spec keeps are
compared too.

Which trials are taken is a function of the seed and of the trials' ids: the same
seed takes the same, and a larger sample holds the smaller one.`,
		Example: "  sweep audit results/hopfield-capacity --sample 1%\n  sweep audit results/hopfield-capacity --count 50 --seed 2",
		Args:    cobra.ExactArgs(1),
	}, true, func(cmd *cobra.Command, args []string) error {
		size, err := sampleSize(share, count, cmd.Flags().Changed("count"))
		if err != nil {
			return err
		}
		dir, plan, err := a.folder(args[0], flags)
		if err != nil {
			return err
		}
		rows, err := a.openRows(dir, plan)
		if err != nil {
			return err
		}
		defer rows.Close()
		r, err := a.audit(cmd.Context(), plan, rows, size, seed)
		if err != nil {
			return err
		}
		if a.json {
			err = a.printJSON("sweep.audit/v1", "audit", r)
		} else {
			err = a.printAudit(dir, r)
		}
		if err == nil && r.Different > 0 {
			err = status(exitDifference)
		}
		return err
	})
	flags.add(cmd)
	cmd.Flags().StringVar(&share, "sample", "", "run this `share` of the trials again, as 1% or 0.01")
	cmd.Flags().Int64Var(&count, "count", 0, "run `N` trials again, or all if there are fewer")
	cmd.Flags().Uint64Var(&seed, "seed", 1, "which sample, a `number`")
	cmd.MarkFlagsMutuallyExclusive("sample", "count")
	cmd.MarkFlagsOneRequired("sample", "count")
	return cmd
}

// sampleSize says how many of n trials a sample has.
func sampleSize(share string, count int64, counted bool) (func(n int64) int64, error) {
	if counted {
		if count < 1 {
			return nil, fmt.Errorf("--count takes a number of trials above zero, not %d", count)
		}
		return func(n int64) int64 { return min(count, n) }, nil
	}
	digits, percent := strings.CutSuffix(share, "%")
	x, err := strconv.ParseFloat(digits, 64)
	if percent {
		x /= 100
	}
	if err != nil || !(x > 0 && x <= 1) {
		return nil, fmt.Errorf("--sample takes a share above zero such as 1%% or 0.01, not %q", share)
	}
	// At least one: a sample of none proves nothing.
	return func(n int64) int64 { return min(n, int64(math.Ceil(x*float64(n)))) }, nil
}

// audited is what an audit found.
type audited struct {
	Done      int64        `json:"done"` // trials that have not failed
	Sampled   int64        `json:"sampled"`
	Skipped   int64        `json:"skipped"` // links whose state before is not there
	Different int64        `json:"different"`
	Seed      uint64       `json:"seed"`
	Columns   []columnDiff `json:"columns"`
	Failed    []failedNow  `json:"failed_now,omitempty"` // the first trials that fail now
}

// failedNow is a trial that has not failed and does now.
type failedNow struct {
	Trial int64 `json:"trial"`
	failure
}

// maxFailedNow bounds audited.Failed.
const maxFailedNow = 5

func (a *app) audit(ctx context.Context, plan *experiment.Plan, rows *store.Rows, size func(int64) int64, seed uint64) (*audited, error) {
	r := &audited{Seed: seed}
	counts := rows.Report().Counts
	r.Done = counts.Done - counts.Failed
	if r.Done == 0 {
		return nil, errors.New("no trial has a record that is not of a failure: there is nothing to run again")
	}
	sample, err := drawSample(rows, size(r.Done), seed)
	if err != nil {
		return nil, err
	}
	// A link of a chain begins with the state in the record before its own.
	links := plan.ChainLen()
	needed := slices.Clone(sample)
	for _, trial := range sample {
		if links > 0 && trial%links != 0 {
			needed = append(needed, trial-1)
		}
	}
	slices.Sort(needed)
	needed = slices.Compact(needed)

	type job struct {
		record *store.Record
		before []float64
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	jobs := make(chan job)
	var wait sync.WaitGroup
	var mu sync.Mutex
	var stopped error
	record := plan.Setting().Record
	whole := newComparison(plan.Setting().Model, record, links > 0)
	for range a.workers() {
		wait.Go(func() {
			setting := plan.Setting()
			own := newComparison(setting.Model, record, links > 0)
			t := setting.NewTrial()
			if len(record) > 0 {
				t.Record(models.NewRecording(record, store.MaxSamples))
			}
			var p models.Point
			var failed []failedNow
			for j := range jobs {
				plan.Point(j.record.Trial, &p)
				_, err := runner.Once(ctx, setting.Model, t, &p, j.before, a.settings.Timeout, 0)
				var f *models.Failure
				if err != nil && !errors.As(err, &f) {
					mu.Lock()
					stopped = err
					mu.Unlock()
					cancel()
					continue
				}
				now := store.NewRecord(j.record.ID, &p, t, err, store.Timing{})
				own.add(j.record, now)
				if now.Failure != nil && len(failed) < maxFailedNow {
					failed = append(failed, failedNow{p.Trial, *plainFailure(now.Failure)})
				}
			}
			mu.Lock()
			defer mu.Unlock()
			whole.join(own)
			r.Failed = append(r.Failed, failed...)
		})
	}
	var before *store.Record
	err = rows.Pick(store.TraceColumns, needed, func(rec *store.Record) error {
		last := before
		before = nil
		if links > 0 {
			before = rec.Clone()
		}
		if _, ok := slices.BinarySearch(sample, rec.Trial); !ok {
			return nil
		}
		j := job{record: rec.Clone()}
		if links > 0 && rec.Trial%links != 0 {
			if last == nil || last.Trial != rec.Trial-1 || last.State == nil {
				r.Skipped++
				return nil
			}
			j.before = last.State
		}
		select {
		case jobs <- j:
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	})
	close(jobs)
	wait.Wait()
	if err := errors.Join(stopped, err); err != nil {
		return nil, err
	}
	r.Sampled, r.Different, r.Columns = whole.points, whole.differ, whole.columns
	// By trial: workers end in any order.
	slices.SortFunc(r.Failed, func(a, b failedNow) int { return int(a.Trial - b.Trial) })
	r.Failed = r.Failed[:min(len(r.Failed), maxFailedNow)]
	return r, nil
}

// drawSample is a random sample of n trials that have not failed, in ascending
// order: those of the smallest hashes.
func drawSample(rows *store.Rows, n int64, seed uint64) ([]int64, error) {
	var smallest hashHeap
	key := fmt.Appendf(nil, "sweep/audit/v1 %d ", seed)
	err := rows.Each(store.StatusColumns, func(rec *store.Record) error {
		if rec.Failure != nil {
			return nil
		}
		h := hashed{sha256.Sum256(append(key, rec.ID[:]...)), rec.Trial}
		switch {
		case int64(len(smallest)) < n:
			heap.Push(&smallest, h)
		case bytes.Compare(h.hash[:], smallest[0].hash[:]) < 0:
			smallest[0] = h
			heap.Fix(&smallest, 0)
		}
		return nil
	})
	trials := make([]int64, len(smallest))
	for i, h := range smallest {
		trials[i] = h.trial
	}
	slices.Sort(trials)
	return trials, err
}

type hashed struct {
	hash  [sha256.Size]byte
	trial int64
}

// hashHeap has the largest hash on top.
type hashHeap []hashed

func (h hashHeap) Len() int           { return len(h) }
func (h hashHeap) Less(i, j int) bool { return bytes.Compare(h[i].hash[:], h[j].hash[:]) > 0 }
func (h hashHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *hashHeap) Push(x any)        { *h = append(*h, x.(hashed)) }
func (h *hashHeap) Pop() any {
	last := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return last
}

func (a *app) printAudit(dir string, r *audited) error {
	fmt.Fprintf(a.stdout, "%s: %d of %d trials run again with seed %d", plain.Text(dir), r.Sampled, r.Done, r.Seed)
	if r.Skipped > 0 {
		fmt.Fprintf(a.stdout, ", %d left out because the state before them is not there", r.Skipped)
	}
	fmt.Fprintln(a.stdout)
	if r.Different == 0 {
		fmt.Fprintln(a.stdout, "all equal, bit for bit")
		return nil
	}
	fmt.Fprintf(a.stdout, "DIFFERENT: %d trials\n", r.Different)
	if err := a.printColumns(r.Columns); err != nil {
		return err
	}
	for _, f := range r.Failed {
		fmt.Fprintf(a.stdout, "trial %d fails now: %s: %s\n", f.Trial, f.Class, indent(f.Message, "  "))
	}
	first := int64(math.MaxInt64)
	for _, d := range r.Columns {
		if d.First >= 0 {
			first = min(first, d.First)
		}
	}
	fmt.Fprintf(a.stdout, "sweep replay %s %d\n", report.QuoteArg(dir), first)
	return nil
}
