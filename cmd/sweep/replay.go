package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/neurosweep/sweep/internal/plain"
	"github.com/neurosweep/sweep/pkg/experiment"
	"github.com/neurosweep/sweep/pkg/models"
	"github.com/neurosweep/sweep/pkg/runner"
	"github.com/neurosweep/sweep/pkg/store"
)

func (a *app) replayCommand() *cobra.Command {
	var flags specFlags
	var record []string
	var out string
	cmd := a.verb(&cobra.Command{
		Use:   "replay RESULTS-FOLDER | SPEC POINT...",
		Short: "Run one trial again and compare it with its record",
		Long: `replay runs one trial of a result folder again. It prints the trial's parameters,
what it measured or how it failed, with the stack of a panic, and whether that is
what the record says, bit for bit. It exits with 6 if the record says something
else. It writes nothing, but with --record the traces named, or all, of those that
describe lists: to traces/TRIAL.parquet in the result folder, or where --out says. A
trial of a chain begins with the state that the link before it left in the folder.

` + pointHelp,
		Example: "  sweep replay results/hopfield-capacity 1234\n  sweep replay results/hopfield-capacity 5f0c97\n  sweep replay results/bms-regimes gamma=0.5,sigma=3\n  sweep replay results/hopfield-capacity 1234 --record overlap,energy",
		Args:    cobra.MinimumNArgs(2),
	}, true, func(cmd *cobra.Command, args []string) error {
		on, err := a.judged(args[0], flags)
		if err != nil {
			return err
		}
		dir, plan := on.dir, on.plan
		w, err := parsePoint(plan.Setting().Model, args[1:])
		if err != nil {
			return err
		}
		trial, miss, err := w.find(cmd.Context(), on)
		if err == nil && trial < 0 {
			err = usagef("%s is not in the plan of %s: %s", w.text, on.asked, miss)
		}
		if err != nil {
			return err
		}
		rows, err := a.openRows(dir, plan)
		if err != nil {
			return err
		}
		defer rows.Close()
		recording, err := tracesOf(plan.Setting().Model, record)
		if err != nil {
			return err
		}
		switch {
		case recording == nil && out != "":
			return errors.New("--out says where the traces go that --record names")
		case recording != nil && out == "":
			out = filepath.Join(dir, "traces", fmt.Sprintf("%d.parquet", trial))
		}
		if recording != nil {
			if err := unowned(out); err != nil {
				return err
			}
		}
		if _, err := os.Lstat(out); recording != nil && err == nil {
			return fmt.Errorf("%s is there already: remove it, or give another name with --out", out)
		}
		r, err := a.replay(cmd.Context(), plan, rows, trial, recording)
		if err != nil {
			return err
		}
		if recording != nil {
			if err := store.WriteTraces(out, plan.Setting().Model, &r.point, r.now.ID, recording); err != nil {
				return err
			}
			r.Traces = out
			i := slices.IndexFunc(plan.Setting().Model.Traces, func(tr *models.Trace) bool {
				return slices.Contains(record, "all") || slices.Contains(record, tr.Name)
			})
			r.trace = plan.Setting().Model.Traces[i].Name
		}
		if a.json {
			err = a.printJSON("sweep.replay/v1", "replay", r)
		} else {
			err = a.printReplay(dir, plan.Setting().Model, r)
		}
		if err == nil && r.Record != nil && !r.Record.Equal {
			err = status(exitDifference)
		}
		return err
	})
	cmd.Flags().StringSliceVar(&record, "record", nil, "write these traces, by `name`, or all")
	cmd.Flags().StringVar(&out, "out", "", "write them to this new `file`")
	flags.add(cmd)
	return cmd
}

// tracesOf makes a recording of the named traces of a model, nil if none is named.
func tracesOf(m *models.Model, names []string) (*models.Recording, error) {
	if len(names) == 0 {
		return nil, nil
	}
	var known []string
	for _, tr := range m.Traces {
		known = append(known, tr.Name)
	}
	if len(known) == 0 {
		return nil, fmt.Errorf("model %s has no traces to record", m.Name)
	}
	for _, name := range names {
		if name != "all" && !slices.Contains(known, name) {
			return nil, fmt.Errorf("model %s has no trace %q; it has %s, or all", m.Name, name, strings.Join(known, ", "))
		}
	}
	var traces []models.Kept
	for _, tr := range m.Traces {
		if slices.Contains(names, "all") || slices.Contains(names, tr.Name) {
			traces = append(traces, models.Kept{Trace: tr, Every: 1})
		}
	}
	return models.NewRecording(traces, 0), nil
}

// replayed is a trial that was run again.
type replayed struct {
	Trial     int64          `json:"trial"`
	ID        string         `json:"id"`
	Replicate int64          `json:"replicate"`
	Direction int            `json:"direction,omitempty"` // of a link: 1 up, -1 down
	Params    map[string]any `json:"params"`
	Outputs   map[string]any `json:"outputs,omitempty"` // null where there is no value
	Failure   *failure       `json:"failure,omitempty"`
	Seconds   float64        `json:"seconds"`
	Record    *recorded      `json:"record"`           // null if there is none to compare with
	Traces    string         `json:"traces,omitempty"` // the file they were written to
	trace     string         // the first of them

	point models.Point
	now   *store.Record
	then  *store.Record
}

// unkept reports whether the trial failed for nothing but the length of traces, which
// a replay that records may have.
func (r *replayed) unkept() bool {
	return r.Failure == nil && r.then != nil && r.then.Failure != nil && r.then.Failure.Class == models.TraceClass
}

// failure is a [models.Failure] in JSON.
type failure struct {
	Class   string `json:"class"`
	Message string `json:"message"`
	Stack   string `json:"stack,omitempty"`
}

func plainFailure(f *models.Failure) *failure {
	if f == nil {
		return nil
	}
	return &failure{f.Class, f.Message, f.Stack}
}

// recorded is how a record compares with the trial run again.
type recorded struct {
	Equal   bool         `json:"equal"` // bit for bit
	Run     string       `json:"run"`
	Seconds float64      `json:"seconds"`
	Failure *failure     `json:"failure,omitempty"`
	Columns []columnDiff `json:"columns"` // those that differ
}

func (a *app) replay(ctx context.Context, plan *experiment.Plan, rows *store.Rows, trial int64, recording *models.Recording) (*replayed, error) {
	setting := plan.Setting()
	r := &replayed{Trial: trial, Params: make(map[string]any)}
	plan.Point(trial, &r.point)
	id := setting.NewIdentity().Of(&r.point)
	r.ID, r.Replicate, r.Direction = id.String(), r.point.Replicate, r.point.Direction
	for i, p := range setting.Model.Params {
		r.Params[p.Decl().Name] = r.point.Values[i].Plain()
	}
	then, err := rows.At(trial)
	if err != nil {
		return nil, err
	}
	before, err := stateBefore(plan, rows, trial)
	if err != nil {
		return nil, err
	}
	t := setting.NewTrial()
	var record []models.Kept // what is compared
	if recording == nil && len(setting.Record) > 0 {
		record = setting.Record
		recording = models.NewRecording(record, store.MaxSamples) // it fails as in a run
	}
	t.Record(recording)
	wall, err := runner.Once(ctx, setting.Model, t, &r.point, before, a.settings.Timeout, a.settings.Memory)
	var failed *models.Failure
	if err != nil && !errors.As(err, &failed) {
		return nil, err // told to stop
	}
	r.Seconds = wall.Seconds()
	r.now, r.then = store.NewRecord(id, &r.point, t, err, store.Timing{Wall: int64(wall), CPU: -1, Attempt: 1}), then
	if r.Failure = plainFailure(r.now.Failure); r.Failure == nil {
		r.Outputs = make(map[string]any)
		for i, o := range setting.Model.Outputs {
			r.Outputs[o.Decl().Name] = plainSlot(o.Decl().Kind, &r.now.Outputs[i])
		}
	}
	if then == nil || r.unkept() {
		return r, nil
	}
	c := newComparison(setting.Model, record, plan.ChainLen() > 0)
	r.Record = &recorded{Equal: c.add(then, r.now), Run: then.Run, Seconds: time.Duration(then.Timing.Wall).Seconds(), Failure: plainFailure(then.Failure), Columns: []columnDiff{}}
	for _, d := range c.columns {
		if d.Different > 0 {
			r.Record.Columns = append(r.Record.Columns, d)
		}
	}
	return r, nil
}

// stateBefore is the state that the link before a trial left in its record, nil
// where a trial begins a chain or there are none.
func stateBefore(plan *experiment.Plan, rows *store.Rows, trial int64) ([]float64, error) {
	links := plan.ChainLen()
	if links == 0 || trial%links == 0 {
		return nil, nil
	}
	rec, err := rows.At(trial - 1)
	switch {
	case err != nil:
		return nil, err
	case rec == nil:
		return nil, fmt.Errorf("trial %d begins with the state that trial %d left, which has no record yet", trial, trial-1)
	case rec.Failure != nil:
		return nil, fmt.Errorf("trial %d begins with the state that trial %d left, which failed (%s: %s)", trial, trial-1, rec.Failure.Class, rec.Failure.Message)
	case rec.State == nil:
		return nil, fmt.Errorf("trial %d begins with the state that trial %d left, which is not in the folder", trial, trial-1)
	}
	return rec.State, nil
}

// plainSlot is what was put as JSON would have it. JSON has no NaN and no
// infinity: they are texts.
func plainSlot(kind models.OutputKind, s *models.Slot) any {
	if s.State != models.Set {
		return nil
	}
	switch kind {
	case models.ScalarKind:
		return plainFloat(s.Float())
	case models.IntegerKind:
		return int64(s.Bits)
	case models.BoolKind:
		return s.Bits != 0
	case models.SeriesKind:
		list := make([]any, len(s.Series))
		for i, x := range s.Series {
			list[i] = plainFloat(x)
		}
		return list
	}
	return s.Text
}

func plainFloat(x float64) any {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return strconv.FormatFloat(x, 'g', -1, 64)
	}
	return x
}

// shownValues is how many values of a series are printed for people.
const shownValues = 8

func showSlot(kind models.OutputKind, s *models.Slot) string {
	v := plainSlot(kind, s)
	list, ok := v.([]any)
	if !ok {
		return fmt.Sprint(shown(v))
	}
	var texts []string
	for i, x := range list {
		if i == shownValues {
			texts = append(texts, "…")
			break
		}
		texts = append(texts, fmt.Sprint(x))
	}
	return fmt.Sprintf("[%s], %d values", strings.Join(texts, " "), len(list))
}

func (a *app) printReplay(dir string, m *models.Model, r *replayed) error {
	fmt.Fprintf(a.stdout, "%s: trial %d, replicate %d, id %s\n", plain.Text(dir), r.Trial, r.Replicate, r.ID)
	if r.Direction != 0 {
		fmt.Fprintf(a.stdout, "  direction = %s\n", map[int]string{1: "up", -1: "down"}[r.Direction])
	}
	for i, p := range m.Params {
		if v := r.point.Values[i]; v.IsSet() {
			fmt.Fprintln(a.stdout, strings.TrimRight(fmt.Sprintf("  %s = %s %s", p.Decl().Name, plain.Text(v.String()), p.Decl().Unit), " "))
		}
	}
	took := time.Duration(r.Seconds * float64(time.Second))
	if f := r.Failure; f != nil {
		fmt.Fprintf(a.stdout, "failed after %v: %s: %s\n", took, f.Class, indent(f.Message, "  "))
		if f.Stack != "" {
			fmt.Fprintf(a.stdout, "  %s\n", indent(strings.TrimSpace(f.Stack), "  "))
		}
	} else {
		fmt.Fprintf(a.stdout, "ran in %v:\n", took)
		for i, o := range m.Outputs {
			d := o.Decl()
			fmt.Fprintln(a.stdout, strings.TrimRight(fmt.Sprintf("  %s = %s %s", d.Name, showSlot(d.Kind, &r.now.Outputs[i]), d.Unit), " "))
		}
	}
	if r.Traces != "" {
		fmt.Fprintf(a.stdout, "traces in %s; in Python, the first numbers of one: pandas.read_parquet(%q, filters=[(\"trace\", \"==\", %q), (\"i\", \"<\", 5)]).pivot(index=\"time\", columns=\"i\", values=\"value\").plot()\n",
			plain.Text(r.Traces), r.Traces, r.trace)
	}
	switch {
	case r.unkept():
		fmt.Fprintln(a.stdout, "the run ended this trial because its traces were too long to be kept: there are no outputs to compare")
		return nil
	case r.Record == nil:
		fmt.Fprintln(a.stdout, "there is no record to compare it with")
		return nil
	case r.Record.Equal && r.Failure != nil:
		fmt.Fprintln(a.stdout, "equal: the record has the same failure")
		return nil
	case r.Record.Equal:
		fmt.Fprintln(a.stdout, "equal: the record has the same outputs, bit for bit")
		return nil
	}
	fmt.Fprintf(a.stdout, "DIFFERENT: the record, by run %s, says\n", orDash(r.Record.Run))
	if f := r.Record.Failure; f != nil {
		fmt.Fprintf(a.stdout, "  failed: %s: %s\n", f.Class, indent(f.Message, "  "))
	} else {
		for i, o := range m.Outputs {
			d := o.Decl()
			distance, same, apart := slotDistance(d.Kind, &r.then.Outputs[i], &r.now.Outputs[i])
			switch {
			case same:
			case apart:
				fmt.Fprintf(a.stdout, "  %s = %s\n", d.Name, showSlot(d.Kind, &r.then.Outputs[i]))
			default:
				fmt.Fprintf(a.stdout, "  %s = %s, %d ulp away\n", d.Name, showSlot(d.Kind, &r.then.Outputs[i]), distance)
			}
		}
		for _, d := range r.Record.Columns {
			if strings.HasPrefix(d.Column, "trace ") {
				fmt.Fprintf(a.stdout, "  other numbers of %s\n", d.Column)
			}
		}
		if _, same, _ := seriesDistance(r.then.State, r.now.State); !same {
			fmt.Fprintln(a.stdout, "  another state at its end")
		}
	}
	return nil
}
