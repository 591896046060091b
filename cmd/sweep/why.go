package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/neurosweep/sweep/pkg/experiment"
	"github.com/neurosweep/sweep/pkg/models"
	"github.com/neurosweep/sweep/pkg/models/all"
	"github.com/neurosweep/sweep/pkg/store"
)

func (a *app) whyCommand() *cobra.Command {
	var flags specFlags
	cmd := a.verb(&cobra.Command{
		Use:   "why SPEC POINT",
		Short: "Say which run computed a point, or why it will be run",
		Long: `why looks for the record of one point of a spec in the result folder. It says which
run computed it, or what differs between the point and the record nearest to it:
the model's version, the seed, the streams or values of parameters.

POINT is trial=NUMBER, or values of parameters and the replicate, as many as it
takes to leave one point: gamma=0.5,sigma=3,replicate=0. Without a replicate it
is 0.`,
		Example: "  sweep why experiments/bms-regimes.yaml trial=17\n  sweep why experiments/bms-regimes.yaml gamma=0.5,sigma=3",
		Args:    cobra.ExactArgs(2),
	}, true, func(cmd *cobra.Command, args []string) error {
		spec, err := flags.read(args[0])
		if err != nil {
			return err
		}
		answer, err := a.why(spec, args[1])
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

func (a *app) why(spec *experiment.Spec, which string) (*reason, error) {
	plan := spec.Plan()
	w, err := parseWanted(spec.Model, which)
	if err != nil {
		return nil, err
	}
	trial, err := w.find(plan)
	if err != nil {
		return nil, err
	}
	if trial < 0 {
		return &reason{Trial: -1, State: "not planned", Text: fmt.Sprintf("%s is not in the plan of %s: %s", which, spec.File, w.miss)}, nil
	}
	var p models.Point
	plan.Point(trial, &p)
	id := spec.Setting.NewIdentity().Of(&p)
	r := &reason{Trial: trial, ID: id.String()}
	place := fmt.Sprintf("trial %d (%s)", trial, describePoint(spec.Model, plan.Swept(), &p))
	dir := filepath.Join(a.settings.Results, spec.Name)
	if _, err := os.Stat(filepath.Join(dir, "trials")); errors.Is(err, fs.ErrNotExist) {
		r.State, r.Text = "missing", fmt.Sprintf("%s will be run: %s has no results yet", place, dir)
		return r, nil
	}
	if r.Record, err = store.Find(dir, plan, id); err != nil {
		return nil, err
	}
	if f := r.Record; f != nil {
		by := describeRun(dir, f)
		switch {
		case f.Status != "ok":
			r.State = "failed"
			r.Text = fmt.Sprintf("%s failed (%s: %s), %s\nit is run again with --retry-failed, or when the spec changes", place, f.Class, f.Error, by)
		case f.Earlier:
			r.State = "reusable"
			r.Text = fmt.Sprintf("%s was done for an earlier spec, %s\nthe next run takes it over", place, by)
		default:
			r.State = "done"
			r.Text = fmt.Sprintf("%s is done, %s", place, by)
		}
		return r, nil
	}
	r.State = "missing"
	if r.Near, err = store.Nearest(dir, plan, &p); err != nil {
		return nil, err
	}
	r.Text = place + " will be run: " + a.explain(dir, spec, plan, &p, r.Near)
	return r, nil
}

// explain says why a point has no record although near has one.
func (a *app) explain(dir string, spec *experiment.Spec, plan *experiment.Plan, p *models.Point, near *store.Near) string {
	if near == nil {
		return fmt.Sprintf("it has not been run, and no sealed part of %s is of the model %s", dir, spec.Model.Name)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "it has not been run\nthe record nearest to it is trial %d of %s", near.Trial, near.File)
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
		fmt.Fprintf(&b, "\n  %s is %s here and %s there", d.Name, d.Here, there)
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
	var run store.Run
	if file, err := os.ReadFile(filepath.Join(dir, "runs", filepath.Base(f.Run)+".json")); err == nil && json.Unmarshal(file, &run) == nil {
		text += fmt.Sprintf(" on %s, begun %s", run.Host, moment(run.Started))
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

// wanted is a point as a user names it.
type wanted struct {
	trial     int64 // -1 if it is not given
	replicate int64
	direction int
	values    map[int]models.Value // by place of the parameter
	model     *models.Model
	miss      string // why no point is it
}

func parseWanted(m *models.Model, text string) (*wanted, error) {
	w := &wanted{trial: -1, values: make(map[int]models.Value), model: m}
	for _, part := range strings.Split(text, ",") {
		key, value, ok := strings.Cut(strings.TrimSpace(part), "=")
		if !ok {
			return nil, fmt.Errorf("a point is trial=NUMBER or name=value,...; %q is neither", part)
		}
		var err error
		switch i := m.Param(key); {
		case key == "trial":
			w.trial, err = strconv.ParseInt(value, 10, 64)
		case key == "replicate":
			w.replicate, err = strconv.ParseInt(value, 10, 64)
		case key == "direction":
			directions := map[string]int{"up": 1, "down": -1}
			if w.direction, ok = directions[value]; !ok {
				err = errors.New("is up or down")
			}
		case i >= 0:
			w.values[i], err = parseValue(m.Params[i].Decl(), value)
		default:
			err = fmt.Errorf("is no parameter of model %s", m.Name)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", part, err)
		}
	}
	if w.trial >= 0 && strings.Contains(text, ",") {
		return nil, fmt.Errorf("trial=%d names a point without more", w.trial)
	}
	return w, nil
}

func parseValue(d *models.ParamDecl, text string) (v models.Value, err error) {
	switch d.Kind {
	case models.FloatKind:
		var x float64
		if x, err = strconv.ParseFloat(text, 64); err == nil && x != x {
			err = errors.New("is not a number")
		}
		if err == nil {
			v = models.FloatValue(x)
		}
	case models.IntKind:
		var n int64
		n, err = strconv.ParseInt(text, 10, 64)
		v = models.IntValue(n)
	case models.FlagKind:
		var b bool
		b, err = strconv.ParseBool(text)
		v = models.FlagValue(b)
	default:
		v = models.TextValue(text)
	}
	return v, err
}

// find is the trial that is wanted, -1 if the plan has none; then miss says what
// is amiss. It looks at every point, which needs no knowledge of how the plan is
// laid out and takes about a second for ten million.
func (w *wanted) find(plan *experiment.Plan) (int64, error) {
	if w.trial >= 0 {
		if w.trial >= plan.Len() {
			w.miss = fmt.Sprintf("it has trials 0 to %d", plan.Len()-1)
			return -1, nil
		}
		return w.trial, nil
	}
	found := int64(-1)
	var first, p models.Point
	had := make(map[int]bool) // parameters whose wanted value the plan has somewhere
	replicate := false
	for trial := range plan.Len() {
		plan.Point(trial, &p)
		match := w.direction == 0 || p.Direction == w.direction
		if p.Replicate == w.replicate {
			replicate = true
		} else {
			match = false
		}
		for i, v := range w.values {
			if p.Values[i] == v {
				had[i] = true
			} else {
				match = false
			}
		}
		if !match {
			continue
		}
		if found < 0 {
			found = trial
			plan.Point(trial, &first)
			continue
		}
		for _, i := range plan.Swept() {
			if p.Values[i] != first.Values[i] {
				return 0, fmt.Errorf("more than one point is meant: say which %s", w.model.Params[i].Decl().Name)
			}
		}
		return 0, errors.New("more than one point is meant: say which direction, up or down")
	}
	if found >= 0 {
		return found, nil
	}
	var misses []string
	for i, v := range w.values {
		if !had[i] {
			misses = append(misses, fmt.Sprintf("no point has %s = %s", w.model.Params[i].Decl().Name, v))
		}
	}
	slices.Sort(misses)
	if !replicate {
		misses = append(misses, fmt.Sprintf("there is no replicate %d", w.replicate))
	}
	if len(misses) == 0 {
		misses = []string{"no point has all of these values"}
	}
	w.miss = strings.Join(misses, ", ")
	return -1, nil
}
