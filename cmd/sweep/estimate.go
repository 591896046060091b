package main

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/neurosweep/sweep/pkg/experiment"
	"github.com/neurosweep/sweep/pkg/models"
	"github.com/neurosweep/sweep/pkg/models/all"
	"github.com/neurosweep/sweep/pkg/runner"
	"github.com/neurosweep/sweep/pkg/store"
)

// pilotTrials are n trials that stand for the plan. Where a state is carried, a
// link needs those before it: then they are the first links of chains, of all
// chains in turn before there are second links.
func pilotTrials(plan *experiment.Plan, n int) []int64 {
	links := plan.ChainLen()
	if links == 0 {
		return runner.Spread(n, plan.Len())
	}
	chains := runner.Spread(n, plan.Len()/links)
	each := min(links, int64((n+len(chains)-1)/len(chains)))
	var trials []int64
	for _, c := range chains {
		for link := range each {
			trials = append(trials, c*links+link)
		}
	}
	return trials
}

// costsOf are costs that know of trials that were run before.
func costsOf(plan *experiment.Plan, timed []store.Timed) *runner.Costs {
	costs := runner.NewCosts(plan.Setting().Model)
	var p models.Point
	// A fit looks at some thousands; to compute the points of more is waste.
	step := max(1, len(timed)/4096)
	for i := 0; i < len(timed); i += step {
		plan.Point(timed[i].Trial, &p)
		costs.Observe(&p, time.Duration(timed[i].Wall))
	}
	return costs
}

// forecast says how long a run will go on.
type forecast struct {
	plan    *experiment.Plan
	todo    func(trials []int64) []int64 // leaves those that have no record
	costs   *runner.Costs
	workers int
	began   time.Time
	before  int64 // records that there were then

	at   time.Time // when it was reckoned
	done int64     // records then
	ends time.Time
}

// forecastEvery bounds how often a forecast is made anew: to add up work takes
// some milliseconds.
const forecastEvery = 2 * time.Second

// left is the time that the trials left will take, 0 if there is no telling, as while
// trials of all but one size are to come: by their sizes where the time depends on those, else by the mean rate since the
// run began. The rate of the last moments tells of the corner that the sweep is
// in; a whole run has gone through coarser grids of all of them.
func (f *forecast) left(now time.Time, c store.Counts) time.Duration {
	if c.Done == c.Planned {
		return 0
	}
	// While no trial ends, what was said holds and time passes.
	if c.Done != f.done && now.Sub(f.at) >= forecastEvery {
		f.at, f.done, f.ends = now, c.Done, time.Time{}
		todo := c.Planned - c.Done
		// Of few trials the rate does not tell: those that run are not counted.
		fresh := c.Done - f.before
		cost := f.costs.Fit()
		work, known := 0., true
		if cost != nil {
			work, known = cost.Work(f.plan, c.Planned, f.todo, todo)
		}
		switch {
		case !known:
		case cost != nil && (cost.Depends() || fresh < 10*int64(f.workers)):
			f.ends = now.Add(seconds(work / float64(min(int64(f.workers), todo))))
		case fresh > 0:
			f.ends = now.Add(seconds(now.Sub(f.began).Seconds() * float64(todo) / float64(fresh)))
		}
	}
	if f.ends.IsZero() {
		return 0
	}
	return max(f.ends.Sub(now), time.Second)
}

func seconds(s float64) time.Duration {
	return time.Duration(min(s, math.MaxInt64/1e9) * float64(time.Second))
}

// estimate is what a plan's trials that have no record will take, each with a
// band that it lies in nine times of ten.
type estimate struct {
	Observed int  `json:"observed"` // trials whose times are known
	Workers  int  `json:"workers"`
	CPUHours band `json:"cpu_hours"`
	Seconds  band `json:"seconds"` // elapsed, on that many workers
	Bytes    band `json:"bytes"`   // of the whole data set
}

// band is a value between two others.
type band struct {
	Low  float64 `json:"low"`
	Mid  float64 `json:"mid"`
	High float64 `json:"high"`
}

func (b band) times(x float64) band { return band{b.Low * x, b.Mid * x, b.High * x} }

// engineSeconds is about what a trial costs beside the model's own time; see
// BenchmarkEngine.
const engineSeconds = 2.5e-6

// estimate is nil where nothing has been recorded, or nothing of the sizes that are
// left, or nothing is left. It goes by the records of the plan and by those that a run
// would take over.
func (a *app) estimate(dir string, plan *experiment.Plan, s *store.Surveyed) (*estimate, error) {
	left := s.Planned - s.Done - s.FromEarlier
	if left == 0 || s.Done+s.FromEarlier == 0 || s.Refused != nil {
		return nil, nil
	}
	timed := s.Timed
	if s.Done > 0 {
		own, err := store.Timings(dir, plan)
		if err != nil {
			return nil, err
		}
		timed = append(timed, own...)
	}
	if len(timed) == 0 {
		return nil, nil
	}
	costs, cut := costsOf(plan, timed), make(map[models.ID]time.Duration)
	if err := learnCut(dir, plan, s.Left, costs, cut); err != nil {
		return nil, err
	}
	// All points stand for those left: which have a record does not hang on
	// how long they take, or the order sees to it that they lie everywhere. Those of an
	// earlier spec may lie elsewhere than the rest, and the long ones are left where
	// runs have cut some off.
	todo := func(trials []int64) []int64 { return trials }
	if s.FromEarlier > 0 || len(cut) > 0 {
		todo = func(trials []int64) []int64 {
			if rest := s.Left(slices.Clone(trials)); len(rest) > 0 {
				return rest
			}
			return trials
		}
	}
	cost := costs.Fit()
	work, known := cost.Work(plan, plan.Len(), todo, left)
	if !known {
		fmt.Fprintln(a.stderr, "no estimate: of several sizes one alone has been run; --pilot 20 runs some of all")
		return nil, nil
	}
	factor := cost.SumFactor(left)
	wall := band{work / factor, work, work * factor}
	var measured, of float64
	for _, t := range timed {
		if t.CPU >= 0 {
			measured, of = measured+float64(t.CPU), of+float64(t.Wall)
		}
	}
	share := 1.0
	if of > 0 {
		share = measured / of
	}
	engine := engineSeconds * float64(left)
	e := &estimate{Observed: len(timed), Workers: a.workers()}
	add := func(b band, x float64) band { return band{b.Low + x, b.Mid + x, b.High + x} }
	e.CPUHours = add(wall.times(share), engine).times(1. / 3600)
	// Workers that wait for the last trial are not reckoned with.
	e.Seconds = add(wall, engine).times(1 / float64(min(int64(e.Workers), max(left, 1))))
	row, exact, err := a.rowBytes(dir, plan, s)
	if err != nil {
		return nil, err
	}
	bytes := row * float64(plan.Len())
	// Parts differ by a few hundredths; the columns of a few records compress
	// worse than those of a whole part, or, where they are all alike, better.
	e.Bytes = band{0.95 * bytes, bytes, 1.05 * bytes}
	if !exact {
		e.Bytes = band{0.4 * bytes, bytes, 1.5 * bytes}
	}
	return e, nil
}

// rowBytes is what a trial takes on the disk, and whether that is exact: where the plan has
// no record, by what those of the folder's own spec take, which may have other columns.
func (a *app) rowBytes(dir string, plan *experiment.Plan, s *store.Surveyed) (bytes float64, exact bool, err error) {
	if s.Done > 0 {
		return store.RowBytes(dir, plan)
	}
	kept, err := keptSpec(all.Models, dir)
	if err != nil || kept == nil {
		return 0, false, nil // of a spec that cannot be read any more there is nothing to say
	}
	bytes, _, err = store.RowBytes(dir, kept.Plan())
	return bytes, false, err
}

func (a *app) printEstimate(e *estimate) {
	fmt.Fprintf(a.stdout, "estimate, from %d trials:\n", e.Observed)
	cpu := e.CPUHours.times(3600)
	if cpu.Mid < 3600 {
		fmt.Fprintf(a.stdout, "  CPU   %v (%v to %v)\n", rounded(cpu.Mid), rounded(cpu.Low), rounded(cpu.High))
	} else {
		fmt.Fprintf(a.stdout, "  CPU   %.3g hours (%.3g to %.3g)\n", e.CPUHours.Mid, e.CPUHours.Low, e.CPUHours.High)
	}
	fmt.Fprintf(a.stdout, "  time  %v on %d workers (%v to %v): until %s if it begins now\n",
		rounded(e.Seconds.Mid), e.Workers, rounded(e.Seconds.Low), rounded(e.Seconds.High), time.Now().Add(seconds(e.Seconds.Mid)).Format("Mon 2 Jan 15:04"))
	if e.Bytes.High == 0 {
		return
	}
	fmt.Fprintf(a.stdout, "  disk  %s (%s to %s)\n", size(e.Bytes.Mid), size(e.Bytes.Low), size(e.Bytes.High))
}

// rounded is a time in s with no more digits than an estimate has.
func rounded(s float64) time.Duration {
	d := seconds(s)
	switch {
	case d > 10*time.Minute:
		return d.Round(time.Minute)
	case d > 10*time.Second:
		return d.Round(time.Second)
	}
	return d.Round(10 * time.Millisecond)
}

// size is a number of bytes for people.
func size(bytes float64) string {
	for _, unit := range []string{"B", "kB", "MB", "GB"} {
		if bytes < 1000 {
			return fmt.Sprintf("%.3g %s", bytes, unit)
		}
		bytes /= 1000
	}
	return fmt.Sprintf("%.3g TB", bytes)
}
