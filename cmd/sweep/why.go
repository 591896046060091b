package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/neurosweep/sweep/internal/plain"
	"github.com/neurosweep/sweep/pkg/experiment"
	"github.com/neurosweep/sweep/pkg/models"
	"github.com/neurosweep/sweep/pkg/models/all"
	"github.com/neurosweep/sweep/pkg/store"
)

func (a *app) whyCommand() *cobra.Command {
	var flags specFlags
	cmd := a.verb(&cobra.Command{
		Use:   "why RESULTS-FOLDER | SPEC POINT...",
		Short: "Say which run computed a point, or why it will be run",
		Long: `why looks for the record of one point of a spec, or of the spec that a result folder
has, in the folder. It says which run computed it, or what differs between the point
and the record nearest to it: the model's version, the seed, the streams or values of
parameters.

` + pointHelp,
		Example: "  sweep why experiments/bms-regimes.yaml 17\n  sweep why results/bms-regimes gamma=0.5,sigma=3",
		Args:    cobra.MinimumNArgs(2),
	}, true, func(cmd *cobra.Command, args []string) error {
		on, err := a.subject(args[0], flags)
		if err != nil {
			return err
		}
		answer, err := a.why(cmd.Context(), on, args[1:])
		if err != nil {
			return err
		}
		if a.json {
			return a.printJSON("sweep.why/v1", "why", answer)
		}
		fmt.Fprintln(a.stdout, answer.Text)
		return nil
	})
	flags.add(cmd)
	return cmd
}

// reason says what is known of a point.
type reason struct {
	Trial  int64        `json:"trial"` // -1 if the plan has no such point
	ID     string       `json:"id,omitempty"`
	State  string       `json:"state"` // done, failed, reusable, missing or not planned
	Record *store.Found `json:"record,omitempty"`
	Near   *store.Near  `json:"nearest,omitempty"`
	Text   string       `json:"text"`
}

func (a *app) why(ctx context.Context, on *subject, point []string) (*reason, error) {
	spec, plan, dir := on.spec, on.plan, on.dir
	w, err := parsePoint(spec.Model, point)
	if err != nil {
		return nil, err
	}
	trial, miss, err := w.find(ctx, on)
	if err != nil {
		return nil, err
	}
	if trial < 0 {
		return &reason{Trial: -1, State: "not planned", Text: fmt.Sprintf("%s is not in the plan of %s: %s", w.text, on.asked, miss)}, nil
	}
	var p models.Point
	plan.Point(trial, &p)
	id := spec.Setting.NewIdentity().Of(&p)
	r := &reason{Trial: trial, ID: id.String()}
	place := fmt.Sprintf("trial %d (%s)", trial, describePoint(spec.Model, plan.Swept(), &p))
	if _, err := os.Stat(filepath.Join(dir, "trials")); errors.Is(err, fs.ErrNotExist) {
		r.State, r.Text = "missing", fmt.Sprintf("%s will be run: %s has no results yet", place, dir)
		return r, nil
	}
	if r.Record, err = store.Find(dir, plan, id); err != nil {
		return nil, err
	}
	if f := r.Record; f != nil {
		by := describeRun(dir, f)
		again, err := a.again(ctx, on, f, trial)
		if err != nil {
			return nil, err
		}
		switch {
		case again != "":
			r.State = "missing"
			r.Text = fmt.Sprintf("%s will be run: it was done for an earlier spec, %s\n%s", place, by, again)
		case f.Status != "ok":
			r.State = "failed"
			r.Text = fmt.Sprintf("%s failed (%s: %s), %s\nit is run again with --retry-failed", place, f.Class, plain.Text(f.Error), by)
		case f.Earlier || on.other():
			r.State = "reusable"
			r.Text = fmt.Sprintf("%s was done for an earlier spec, %s\nthe next run takes it over", place, by)
		default:
			r.State = "done"
			r.Text = fmt.Sprintf("%s is done, %s", place, by)
		}
		return r, nil
	}
	r.State = "missing"
	if !on.other() { // it may be where nothing can be read
		found, err := store.Status(dir, plan)
		if err != nil {
			return nil, err
		}
		a.note(dir, found)
	}
	if r.Near, err = store.Nearest(dir, plan, &p); err != nil {
		return nil, err
	}
	r.Text = place + " will be run: " + a.explain(dir, spec, plan, &p, r.Near)
	return r, nil
}

// again says why the next run does not take over a record of an earlier spec; "" if it
// does, or if the record is of this one.
func (a *app) again(ctx context.Context, on *subject, f *store.Found, trial int64) (string, error) {
	if !f.Earlier && !on.other() {
		return "", nil
	}
	s, err := store.Survey(ctx, on.dir, on.plan)
	switch {
	case err != nil:
		return "", err
	case s.Refused != nil:
		return "the next run refuses the folder: " + refusedText(s.Refused), nil
	case !s.Has(trial):
		return "that record is not taken over: it lacks traces or the state that this spec needs, or was computed where the same trial can give other bits", nil
	}
	return "", nil
}

// explain says why a point has no record although near has one.
func (a *app) explain(dir string, spec *experiment.Spec, plan *experiment.Plan, p *models.Point, near *store.Near) string {
	if near == nil {
		return fmt.Sprintf("it has not been run, and no sealed part of %s is of the model %s", dir, spec.Model.Name)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "it has not been run\nthe record nearest to it is trial %d of %s", near.Trial, plain.Text(near.File))
	if len(near.Differs) == 0 {
		b.WriteString(", of the same model, version, seed, replicate and parameters")
		if p.Direction != 0 {
			b.WriteString("; it is another link: what comes before it in its chain, or the direction, differs")
			return b.String()
		}
		if streams := a.streamsThen(dir, spec); streams != "" {
			return b.String() + "; but " + streams
		}
		b.WriteString("; the streams, or the names of the model's parameters, differ")
		return b.String()
	}
	for _, d := range near.Differs {
		there := d.There
		if there == "" {
			there = "not set or not known"
		}
		fmt.Fprintf(&b, "\n  %s is %s here and %s there", plain.Text(d.Name), plain.Text(d.Here), plain.Text(there))
		if i := spec.Model.Param(d.Name); i >= 0 && plan.Constants()[i] == spec.Model.Params[i].Decl().Default {
			b.WriteString("; what is here is the default")
		}
	}
	return b.String()
}

// streamsThen says how the streams of an earlier spec of the folder differ from
// those of this one, "" if they do not.
func (a *app) streamsThen(dir string, spec *experiment.Spec) string {
	paths, _ := filepath.Glob(filepath.Join(dir, "history", "*", "spec.yaml")) // the pattern is good
	slices.Reverse(paths)
	for _, path := range append([]string{filepath.Join(dir, "spec.yaml")}, paths...) {
		old, err := experiment.Read(path, experiment.Options{Models: all.Models})
		if err != nil || old.Model != spec.Model {
			continue // of a spec that cannot be read any more there is nothing to say
		}
		for i, on := range old.Setting.Depends {
			if !slices.Equal(on, spec.Setting.Depends[i]) {
				return fmt.Sprintf("the stream %s depended on %s and depends on %s", spec.Model.Streams[i].Name,
					paramList(spec.Model, on), paramList(spec.Model, spec.Setting.Depends[i]))
			}
		}
	}
	return ""
}

func paramList(m *models.Model, places []int) string {
	if len(places) == 0 {
		return "no parameter"
	}
	var names []string
	for _, i := range places {
		names = append(names, m.Params[i].Decl().Name)
	}
	return strings.Join(names, ", ")
}

// describeRun says when, where and in what time a record was computed.
func describeRun(dir string, f *store.Found) string {
	text := "by run " + f.Run
	if f.Run == "" {
		text = "by a run that is not known any more"
	}
	if run := store.FindRun(dir, f.Run); run != nil {
		text += fmt.Sprintf(" on %s, begun %s", plain.Text(run.Host), moment(run.Started))
	}
	if f.Wall > 0 {
		text += fmt.Sprintf(", in %v", time.Duration(f.Wall))
	}
	if f.Attempt > 1 {
		text += fmt.Sprintf(" at attempt %d", f.Attempt)
	}
	return text + ": " + f.File
}

func describePoint(m *models.Model, swept []int, p *models.Point) string {
	var parts []string
	for _, i := range swept {
		parts = append(parts, m.Params[i].Decl().Name+"="+p.Values[i].String())
	}
	switch p.Direction {
	case 1:
		parts = append(parts, "up")
	case -1:
		parts = append(parts, "down")
	}
	return strings.Join(append(parts, fmt.Sprint("replicate=", p.Replicate)), " ")
}
