package main

import (
	"context"
	"encoding/hex"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/neurosweep/sweep/pkg/experiment"
	"github.com/neurosweep/sweep/pkg/models"
	"github.com/neurosweep/sweep/pkg/store"
)

// pointHelp says how verbs take a point.
const pointHelp = `POINT is the number of a trial, as 17 or trial=17; or values of parameters, written as
in a spec, as many as it takes to leave one point: gamma=0.5,sigma=3,replicate=1, where
the replicate is 0 if it is not given and direction=up or down tells the ways of a chain
apart; or an id, whole or its first digits, as id=5f0c97 or 5f0c97. Digits alone are
always a trial's number. Values may be separated by commas or spaces.`

// minPrefix is how many digits of an id say which is meant, rather than that a
// number was misspelt.
const minPrefix = 4

// wanted is a point as a user names it: by one of the trial's number, the beginning of
// its id, and values.
type wanted struct {
	text  string
	trial int64 // -1 if it is not given
	id    string
	experiment.Query
}

// The numbers that are not parameters are read as these would be.
var (
	trialNumber     = models.Int("trial", 0, "number").Decl()
	replicateNumber = models.Int("replicate", 0, "number").Decl()
)

// parsePoint reads a point of one argument or several. Its errors are of usage.
func parsePoint(m *models.Model, args []string) (*wanted, error) {
	w := &wanted{text: strings.Join(args, " "), trial: -1, Query: experiment.Query{Values: make(map[int]models.Value)}}
	given := make(map[string]bool)
	for _, term := range pointTerms(w.text) {
		key, value, named := strings.Cut(term, "=")
		if !named {
			switch {
			case strings.Trim(term, "0123456789") == "":
				key, value = "trial", term
			case isHex(term) && len(term) >= minPrefix:
				key, value = "id", term
			default:
				return nil, usagef("%q is no point: give a trial's number, name=value, or at least %d digits of an id", term, minPrefix)
			}
		}
		if given[key] {
			return nil, usagef("%s is given twice", key)
		}
		given[key] = true
		if err := w.take(m, key, value); err != nil {
			return nil, usagef("%s: %w", term, err)
		}
	}
	switch {
	case len(given) == 0:
		return nil, usagef("no point is named: give a trial's number, name=value, or an id")
	case given["trial"] && len(given) > 1, given["id"] && len(given) > 1:
		return nil, usagef("%q: a trial's number or an id names a point without more", w.text)
	}
	return w, nil
}

// pointTerms are the parts of a point: what commas and spaces separate, where a space
// beside = does not.
func pointTerms(text string) []string {
	for _, space := range []string{" =", "= "} {
		for strings.Contains(text, space) {
			text = strings.ReplaceAll(text, space, "=")
		}
	}
	return strings.FieldsFunc(text, func(c rune) bool { return c == ',' || c == ' ' || c == '\t' || c == '\n' })
}

func isHex(text string) bool {
	_, err := hex.DecodeString(text + strings.Repeat("0", len(text)%2))
	return err == nil
}

// take takes one term of a point.
func (w *wanted) take(m *models.Model, key, value string) error {
	integer := func(d *models.ParamDecl) (int64, error) {
		v, err := experiment.ParseValue(d, value)
		return v.Int(), err
	}
	var err error
	switch i := m.Param(key); {
	case i >= 0:
		w.Values[i], err = experiment.ParseValue(m.Params[i].Decl(), value)
	case key == "trial":
		if w.trial, err = integer(trialNumber); err == nil && w.trial < 0 {
			return fmt.Errorf("trials are counted from 0")
		}
	case key == "replicate":
		w.Replicate, err = integer(replicateNumber)
	case key == "direction":
		directions := map[string]int{"up": 1, "down": -1}
		if w.Direction = directions[value]; w.Direction == 0 {
			return fmt.Errorf("a direction is up or down")
		}
	case key == "id":
		w.id = strings.ToLower(value)
		if most := 2 * len(models.ID{}); !isHex(value) || len(value) < minPrefix || len(value) > most {
			return fmt.Errorf("an id is %d to %d hexadecimal digits", minPrefix, most)
		}
	default:
		return fmt.Errorf("%s is no parameter of model %s; those are %s", key, m.Name, strings.Join(paramNames(m.Params), ", "))
	}
	return err
}

// find is the trial that is meant. miss says why the plan has no such point, where
// values were given; a number or an id that no trial has, and values that several have,
// are an error of usage.
func (w *wanted) find(ctx context.Context, on *subject) (trial int64, miss string, err error) {
	plan := on.plan
	switch {
	case w.id != "":
		trial, err = w.findID(ctx, on)
		return trial, "", err
	case w.trial >= plan.Len():
		return -1, "", usagef("there is no trial %d: the plan of %s has trials 0 to %d", w.trial, on.asked, plan.Len()-1)
	case w.trial >= 0:
		return w.trial, "", nil
	}
	m := plan.Setting().Model
	found := plan.Find(w.Query, 2)
	switch len(found) {
	case 0:
		return -1, w.misses(plan), nil
	case 1:
		return found[0], "", nil
	}
	var p models.Point
	plan.Point(found[0], &p)
	var names, example []string
	for _, ax := range plan.Axes() {
		if w.leavesOpen(plan, &ax, p.Values[ax.Param]) {
			name := m.Params[ax.Param].Decl().Name
			names, example = append(names, name), append(example, name+"="+p.Values[ax.Param].String())
		}
	}
	if names == nil {
		return -1, "", usagef("%q: more than one point is meant: say which direction, up or down", w.text)
	}
	return -1, "", usagef("%q: more than one point is meant: say which %s, as in %s", w.text, strings.Join(names, ", "), strings.Join(example, ","))
}

// leavesOpen reports whether, of the points that are meant, some have another value on the
// axis than one has.
func (w *wanted) leavesOpen(plan *experiment.Plan, ax *experiment.Axis, has models.Value) bool {
	if _, given := w.Values[ax.Param]; given {
		return false
	}
	q := w.Query
	for i := range min(ax.Len, mostTried) {
		if v := ax.Value(i); v != has && v.IsSet() {
			q.Values = maps.Clone(w.Values)
			q.Values[ax.Param] = v
			if len(plan.Find(q, 1)) > 0 {
				return true
			}
		}
	}
	return false
}

// mostTried is how many values of an axis are tried.
const mostTried = 64

// misses says which of the values no point has, and which are nearest to them.
func (w *wanted) misses(plan *experiment.Plan) string {
	m := plan.Setting().Model
	var misses []string
	for i := range m.Params {
		v, ok := w.Values[i]
		if !ok || len(plan.Find(experiment.Query{Values: map[int]models.Value{i: v}}, 1)) > 0 {
			continue
		}
		name := m.Params[i].Decl().Name
		text := fmt.Sprintf("no point has %s = %s", name, v)
		switch near := plan.Near(i, v); {
		case len(near) == 1 && near[0] == v:
			text += ", which a condition leaves out"
		case slices.Contains(plan.Swept(), i):
			text += ": " + nearest(name, near)
		case near[0].IsSet():
			text += fmt.Sprintf(": it is %s everywhere", near[0])
		default:
			text += ": it is not given"
		}
		misses = append(misses, text)
	}
	switch ways := plan.Directions(); {
	case w.Direction != 0 && ways == nil:
		misses = append(misses, "no state is carried along an axis: there is no direction")
	case w.Direction != 0 && len(ways) == 1 && (ways[0] == "up") != (w.Direction > 0):
		misses = append(misses, "all chains go "+ways[0])
	}
	if n := plan.Replicates(); w.Replicate < 0 || w.Replicate >= n {
		misses = append(misses, fmt.Sprintf("there is no replicate %d: they are 0 to %d", w.Replicate, n-1))
	}
	if misses == nil {
		return "no point has all of these values"
	}
	return strings.Join(misses, "; ")
}

// nearest says in words which values are nearest.
func nearest(name string, values []models.Value) string {
	var texts []string
	for _, v := range values {
		if v.IsSet() {
			texts = append(texts, v.String())
		}
	}
	if len(texts) == 1 {
		return fmt.Sprintf("%s = %s is nearest", name, texts[0])
	}
	verb := "are nearest"
	if k := values[0].Kind(); k == models.TextKind || k == models.FlagKind {
		verb = "are there"
	}
	last := len(texts) - 1
	return fmt.Sprintf("%s = %s and %s %s", name, strings.Join(texts[:last], ", "), texts[last], verb)
}

// maxSearched is how many points are looked at for an id: some seconds' work. In a
// larger plan it is looked for among the records.
const maxSearched = 10_000_000

// findID is the trial whose id begins so.
func (w *wanted) findID(ctx context.Context, on *subject) (int64, error) {
	found, err := []int64(nil), error(nil)
	where := "no trial of the plan of " + on.asked
	if on.plan.Len() <= maxSearched {
		found, err = planIDs(ctx, on.plan, w.id)
	} else {
		where = fmt.Sprintf("no record in %s, among which ids of a plan of %d trials are looked for,", on.dir, on.plan.Len())
		found, err = recordIDs(ctx, on, w.id)
	}
	switch {
	case err != nil:
		return -1, err
	case len(found) == 0:
		return -1, usagef("%s has an id that begins with %s", where, w.id)
	case len(found) > 1:
		return -1, usagef("the ids of trials %d and %d begin with %s: give more digits", found[0], found[1], w.id)
	}
	return found[0], nil
}

// planIDs are the first two trials whose ids begin so.
func planIDs(ctx context.Context, plan *experiment.Plan, prefix string) ([]int64, error) {
	var found []int64
	var mu sync.Mutex
	var wait sync.WaitGroup
	const stretch = 1 << 12
	workers := int64(runtime.GOMAXPROCS(0))
	for worker := range workers {
		wait.Go(func() {
			identity := plan.Setting().NewIdentity()
			var p models.Point
			for first := worker * stretch; first < plan.Len() && ctx.Err() == nil; first += workers * stretch {
				for trial := first; trial < min(first+stretch, plan.Len()); trial++ {
					plan.Point(trial, &p)
					if id := identity.Of(&p); strings.HasPrefix(id.String(), prefix) {
						mu.Lock()
						found = append(found, trial)
						mu.Unlock()
					}
				}
			}
		})
	}
	wait.Wait()
	slices.Sort(found)
	return found[:min(len(found), 2)], context.Cause(ctx)
}

// recordIDs are the first two trials that have a record whose ids begin so.
func recordIDs(ctx context.Context, on *subject, prefix string) ([]int64, error) {
	rows, err := store.OpenRows(on.dir, on.plan)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var found []int64
	err = rows.Each(store.StatusColumns, func(rec *store.Record) error {
		if strings.HasPrefix(rec.ID.String(), prefix) && len(found) < 2 {
			found = append(found, rec.Trial)
		}
		return context.Cause(ctx)
	})
	return found, err
}
