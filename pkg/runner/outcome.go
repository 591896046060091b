package runner

import (
	"cmp"
	"slices"
	"time"

	"github.com/neurosweep/sweep/pkg/models"
)

// Outcome is what a run did not end.
type Outcome struct {
	Cut     []Cut // in the order of trials
	LeftOut int64 // trials that were not begun because they would have been cut off
	// Needs is the least time that one of those left out is taken to need.
	Needs time.Duration
}

// Cut is a trial that was cut off by the end of a run and has no record.
type Cut struct {
	Trial int64
	ID    models.ID
	Ran   time.Duration // until then: it takes longer
}

// afterCut is how long a trial is taken to need that was cut off after so long.
// A quarter more is a chance to end; with less, each window that is a minute longer
// than the last would be spent on it anew.
func afterCut(ran time.Duration) time.Duration { return ran + ran/4 }

// noteCut takes note of a trial that was cut off.
func (p *pool) noteCut(trial int64, ran time.Duration) {
	var point models.Point
	p.plan.Point(trial, &point)
	cut := Cut{trial, p.plan.Setting().NewIdentity().Of(&point), ran}
	p.mu.Lock()
	defer p.mu.Unlock()
	at, _ := slices.BinarySearchFunc(p.outcome.Cut, trial, func(c Cut, trial int64) int { return cmp.Compare(c.Trial, trial) })
	p.outcome.Cut = slices.Insert(p.outcome.Cut, at, cut)
}

// leaveOut takes note of so many trials that are not begun: one that is taken to
// need that long, and the links behind it.
func (p *pool) leaveOut(trials int64, needs time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.outcome.LeftOut == 0 || needs < p.outcome.Needs {
		p.outcome.Needs = needs
	}
	p.outcome.LeftOut += trials
}
