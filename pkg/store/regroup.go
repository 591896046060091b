package store

import (
	"cmp"
	"errors"
	"path/filepath"
	"slices"
)

// A part is sealed from the frames that hold its trials. Where trials are
// handed out in the order of the plan a frame belongs to one part, or two. In an
// order that refines a grid every frame holds trials of every part: each part
// would be sealed by reading the whole journal, in memory at once. So the frames
// of a segment that is full, or that is needed for sealing, are regrouped first:
// its records move to a new segment, in which a frame holds trials near one
// another. That reads and writes each record once more, however many parts
// there are.

const (
	// nearRows is the range of trials that a regrouped frame lies in. A part of
	// eight of them is sealed with one in memory.
	nearRows = partRows / 8
	// regroupBytes of frames that are spread are worth it.
	regroupBytes = 16 * partRows
	// frameBytes ends a regrouped frame whose series are long.
	frameBytes = 1 << 20
)

// regroupLoad is how many bytes of frames are in memory while a segment is
// regrouped: more of them make fewer and longer frames.
const regroupLoad = 8 << 20

// fewRows are too few for a frame, which takes some kilobytes whatever it holds.
const fewRows = 64

// regrouper is the memory that it takes to regroup segments, used for one after
// another.
type regrouper struct {
	rows, frame *block
	order       []int32
	scratch     []byte
}

func newRegrouper(t *table) *regrouper {
	return &regrouper{rows: newBlock(t), frame: newBlock(t)}
}

func (r *regrouper) reset() {
	r.rows.reset()
	r.frame.reset()
}

// next is where the frame ends that begins with row from of the order. Unless it
// has few rows, a frame ends with a range of nearRows.
func (r *regrouper) next(from int) (to int) {
	first, size := r.trial(from), 0
	for to = from; to < len(r.order) && to-from < blockRows && size < frameBytes; to++ {
		if r.trial(to)/nearRows != first/nearRows && to-from >= fewRows {
			break
		}
		size += r.rows.rowSize(int(r.order[to]))
	}
	return to
}

// trial is that of row i of the order.
func (r *regrouper) trial(i int) int64 { return int64(r.rows.columns[journalTrial].bits[r.order[i]]) }

// leaveOut makes the run null in the rows of that run, which the segment names.
func (b *block) leaveOut(run string) {
	c := &b.columns[journalRun]
	for i, text := range c.text {
		if text == run {
			c.null[i], c.text[i] = true, ""
		}
	}
}

// note counts a frame of the segment. The caller holds mu.
func (g *segment) note(e entry) {
	if !g.ordered && e.last-e.first > nearRows && e.last-e.first > 16*int64(e.rows) {
		g.wide += int64(e.size)
	}
}

// spread reports whether the segment's frames are better regrouped.
func (g *segment) spread() bool { return g.wide >= regroupBytes }

// regroup moves the records of segments, which are not written to any more, to a
// new one. A kill in between leaves both: a record that is there twice counts
// once.
func (s *Store) regroup(olds ...*segment) error {
	s.regrouping.Lock()
	defer s.regrouping.Unlock()
	sealed := make(map[int]bool)
	s.mu.Lock()
	for p := range s.parts.all() {
		sealed[p.k] = p.sealed
	}
	frames := slices.DeleteFunc(entriesOf(s.parts.all()), func(e entry) bool { return !slices.Contains(olds, e.segment) })
	err := s.err
	s.mu.Unlock()
	if err != nil || len(frames) == 0 {
		return err
	}
	olds = slices.DeleteFunc(slices.Clone(olds), func(g *segment) bool {
		return !slices.ContainsFunc(frames, func(e entry) bool { return e.segment == g })
	})
	slices.SortFunc(frames, func(a, b entry) int {
		return cmp.Or(cmp.Compare(slices.Index(olds, a.segment), slices.Index(olds, b.segment)), cmp.Compare(a.offset, b.offset))
	})

	header := s.header
	header.Regrouped = true
	w, moved, err := createSegment(s.disk, s.temp(), header, s.tables.journal)
	if err != nil {
		return err
	}
	moved.active, moved.files = false, &s.files
	defer func() {
		w.file.Close() // synced before, if anything was written
		if err != nil {
			s.disk.drop(moved.path)
		}
	}()
	entries := make(map[int][]entry)
	r := s.regrouper
	defer r.reset()
	for len(frames) > 0 {
		r.reset()
		for load := 0; len(frames) > 0 && load < regroupLoad; frames = frames[1:] {
			if r.scratch, err = frames[0].load(s.tables.journal, r.rows, r.scratch); err != nil {
				return err
			}
			load += frames[0].size
		}
		r.order = slices.DeleteFunc(rowsByTrial(r.rows, r.order), func(row int32) bool {
			return sealed[int(int64(r.rows.columns[journalTrial].bits[row])/partRows)]
		})
		for from, to := 0, 0; from < len(r.order); from = to {
			to = r.next(from)
			r.frame.reset()
			r.frame.addRows(r.rows, r.order[from:to])
			r.frame.leaveOut(s.header.Run)
			if err = w.append(r.frame); err != nil {
				return err
			}
			e := w.frame
			e.segment = moved
			for i, last := from, -1; i < to; i++ {
				if k := int(r.trial(i) / partRows); k != last {
					last = k
					entries[k] = append(entries[k], e)
				}
			}
		}
	}
	if err = w.sync(); err != nil {
		return err
	}
	path := filepath.Join(s.path(journalDir), filepath.Base(moved.path))
	if err = s.disk.rename(moved.path, path); err != nil {
		return err
	}
	moved.path = path
	if err = s.disk.syncDir(s.path(journalDir)); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for p := range s.parts.all() {
		if p.sealed {
			continue
		}
		p.entries = slices.DeleteFunc(p.entries, func(e entry) bool {
			moves := slices.Contains(olds, e.segment)
			if moves {
				e.segment.pending--
			}
			return moves
		})
		p.entries = append(p.entries, entries[p.k]...)
		moved.pending += len(entries[p.k])
	}
	for _, g := range olds {
		err = errors.Join(err, g.remove(s.disk))
	}
	return err
}
