package store

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// Surveyed is what a run of a plan would find in a folder.
type Surveyed struct {
	// Counts are of the plan's own data set, Reused 0.
	Counts
	// FromEarlier is how many more records a run would take over, from what the
	// folder has of other plans and from history/; EarlierFailed is how many of
	// these are failures.
	FromEarlier   int64 `json:"from_earlier"`
	EarlierFailed int64 `json:"earlier_failed"`
	// Present is how many records of another plan, or without the traces that the
	// plan keeps, the folder's data set holds, which a run would move to history/;
	// Moves is how many of them are not taken over.
	Present int64 `json:"present"`
	Moves   int64 `json:"moves"`
	// OtherModel is the model of the folder's records if it is not the plan's: a
	// run refuses the folder then.
	OtherModel string `json:"other_model,omitempty"`
	// Refused is why a run refuses the folder, nil if it does not.
	Refused error `json:"-"`
	// Timed is how long trials took whose records would be taken over, a sample of
	// them if there are many, by their trials in the plan.
	Timed []Timed `json:"-"`

	own   *inspection
	taken trialSet
}

// maxTimed bounds Surveyed.Timed.
const maxTimed = 1 << 18

// Has reports whether the trial has a record, or would have one that a run has taken
// over.
func (s *Surveyed) Has(trial int64) bool {
	return s.own != nil && s.own.has(trial) || s.taken.has(trial)
}

// Left leaves of the trials those for which that is not so, in their order.
func (s *Surveyed) Left(trials []int64) []int64 {
	left := trials[:0]
	for _, trial := range trials {
		if !s.Has(trial) {
			left = append(left, trial)
		}
	}
	return left
}

// Survey finds what a run of the plan would find in a folder, which need not be
// there, without a lock and without writing: what there is of the plan, and what the
// run would take over from other plans.
func Survey(ctx context.Context, dir string, plan Plan) (*Surveyed, error) {
	s := &Surveyed{Counts: Counts{Planned: plan.Len()}, taken: make(trialSet)}
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	s.Refused = refusal(dir, plan)
	if other := new(OtherModelError); errors.As(s.Refused, &other) {
		s.OtherModel = other.There
	}
	var sources []*held
	if exists(filepath.Join(dir, trialsDir)) {
		n, err := glance(dir, plan)
		if err != nil {
			return nil, err
		}
		defer n.close()
		s.own, s.Counts = n, n.Counts
		if sources, err = n.others(); err != nil {
			return nil, err
		}
	}
	earlier, err := historySources(dir)
	if err != nil {
		return nil, err
	}
	present := len(sources)
	sources = append(sources, earlier...)
	fails := make(map[int64]bool)
	back := int64(0)
	t := &takeover{
		plan: plan, has: s.Has, table: newTables(plan).journal.head(journalCPU),
		notice: func(string) {}, // Verify tells of damage
		take: func(h *held, b *block, i int, trial int64) error {
			c := b.columns
			s.taken.add(trial)
			s.FromEarlier++
			if h.run == "" {
				back++
			}
			if c[journalStatus].text[i] == statusFailed {
				s.EarlierFailed++
				fails[trial] = true
			}
			if len(s.Timed) < maxTimed && !c[journalWall].null[i] && c[journalWall].bits[i] > 0 {
				one := Timed{trial, int64(c[journalWall].bits[i]), -1}
				if !c[journalCPU].null[i] {
					one.CPU = int64(c[journalCPU].bits[i])
				}
				s.Timed = append(s.Timed, one)
			}
			return nil
		},
		rest: func() error { return nil },
		failed: func(trial int64) (bool, error) {
			if s.taken.has(trial) {
				return fails[trial], nil
			}
			own, err := s.own.failedTrials()
			return own[trial], err
		},
	}
	if len(sources) > 0 && s.Done < s.Planned {
		if err := t.run(ctx, sources); err != nil {
			return nil, err
		}
	}
	for _, h := range sources[:present] {
		s.Present += int64(h.count())
	}
	s.Moves = s.Present - back
	return s, nil
}

// others are the files of the data set that are of another plan, or have other
// traces, with what has moved to history/ already of one whose move was stopped.
func (n *inspection) others() ([]*held, error) {
	sources, err := sourcesIn(n.dir, "")
	if err != nil {
		return nil, err
	}
	begun, err := begunMoves(n.dir)
	if err != nil {
		return nil, err
	}
	var others []*held
	for _, src := range sources {
		h := &held{source: src}
		if src.journal != "" {
			g, head, _, err := openSegment(src.journal)
			if err != nil {
				continue
			}
			g.file.Close()
			if head.Plan != n.hash || !g.table.sameTraces(n.tables.journal) {
				others = append(others, h)
			}
			continue
		}
		name := filepath.Base(src.part)
		if k, _ := partNumber(name); n.parts.sealed(k) {
			continue
		}
		plan := ""
		if r, err := openFooter(src.part); err == nil {
			plan = r.metadata("sweep.plan")
			r.close()
		}
		if run := begunMove(n.dir, name, plan, begun[name]); run != "" {
			there := filepath.Join(n.dir, historyDir, run)
			for _, c := range []struct {
				path *string
				dir  string
			}{{&h.timings, timingsDir}, {&h.source.states, statesDir}, {&h.series, seriesDir}} {
				if moved := filepath.Join(there, c.dir, name); exists(moved) {
					*c.path = moved
				}
			}
		}
		others = append(others, h)
	}
	return others, nil
}

// has reports whether the trial has a record of the plan.
func (n *inspection) has(trial int64) bool { return n.parts.has(trial) }

// trialSet is a set of trials, in memory that goes with their number, or less where
// they are near one another.
type trialSet map[int64]*[blockRows / 64]uint64

func (s trialSet) has(trial int64) bool {
	set := s[trial/blockRows]
	return set != nil && set[trial%blockRows/64]>>(trial%64)&1 != 0
}

func (s trialSet) add(trial int64) {
	set := s[trial/blockRows]
	if set == nil {
		set = new([blockRows / 64]uint64)
		s[trial/blockRows] = set
	}
	set[trial%blockRows/64] |= 1 << (trial % 64)
}
