package store

import (
	"cmp"
	"os"
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
	regroupBytes = 4 << 20
	// frameBytes ends a regrouped frame whose series are long.
	frameBytes = 1 << 20
)

// regroupRows is how many rows are in memory while a segment is regrouped.
const regroupRows = 1 << 17

// regrouper is the memory that it takes to regroup segments, used for one after
// another.
type regrouper struct {
	table        *table
	rows, sorted *block
	buckets      map[int64]*block
	free         []*block
	order        []int32
	scratch      []byte
}

func newRegrouper(t *table) *regrouper {
	return &regrouper{table: t, rows: newBlock(t), sorted: newBlock(t), buckets: make(map[int64]*block)}
}

func (r *regrouper) bucket(at int64) *block {
	b := r.buckets[at]
	if b == nil {
		if n := len(r.free); n > 0 {
			b, r.free = r.free[n-1], r.free[:n-1]
		} else {
			b = newBlock(r.table)
		}
		r.buckets[at] = b
	}
	return b
}

func (r *regrouper) reset() {
	for _, b := range r.buckets {
		b.reset()
		r.free = append(r.free, b)
	}
	clear(r.buckets)
}

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
	if e.last-e.first > nearRows && e.last-e.first > 16*int64(e.rows) {
		g.wide += int64(e.size)
	}
}

// spread reports whether the segment's frames are better regrouped.
func (g *segment) spread() bool { return g.wide >= regroupBytes }

// regroup moves the records of g, which is not written to any more, to a new
// segment. A kill in between leaves both: a record that is there twice counts
// once.
func (s *Store) regroup(g *segment) error {
	s.regrouping.Lock()
	defer s.regrouping.Unlock()
	frames := make(map[int64]entry)
	sealed := make([]bool, len(s.parts))
	s.mu.Lock()
	for k := range s.parts {
		sealed[k] = s.parts[k].sealed
		for _, e := range s.parts[k].entries {
			if e.segment == g {
				frames[e.offset] = e
			}
		}
	}
	err := s.err
	s.mu.Unlock()
	if err != nil || len(frames) == 0 {
		return err
	}
	var ordered []entry
	for _, e := range frames {
		ordered = append(ordered, e)
	}
	slices.SortFunc(ordered, func(a, b entry) int { return cmp.Compare(a.offset, b.offset) })

	w, to, err := createSegment(s.disk, s.temp(), s.header, s.tables.journal)
	if err != nil {
		return err
	}
	to.active = false
	defer func() {
		if err != nil {
			to.file.Close()
			os.Remove(to.path)
		}
	}()
	entries := make([][]entry, len(s.parts))
	r := s.regrouper
	defer r.reset()
	flush := func(bucket int64, b *block) error {
		out := b
		if r.order = rowsByTrial(b, r.order); r.order != nil {
			out = r.sorted
			out.reset()
			out.addRows(b, r.order)
		}
		out.leaveOut(s.header.Run)
		if err := w.append(out); err != nil {
			return err
		}
		e := w.frame
		e.segment = to
		to.note(e)
		k := bucket * nearRows / partRows
		entries[k] = append(entries[k], e)
		b.reset()
		return nil
	}
	most := min(max(regroupRows/len(s.parts)/(partRows/nearRows), 64), blockRows)
	rows := r.rows
	for _, e := range ordered {
		rows.reset()
		if r.scratch, err = e.load(s.tables.journal, rows, r.scratch); err != nil {
			return err
		}
		trials := rows.columns[journalTrial].bits
		for i, end := 0, 0; i < len(trials); i = end {
			bucket := int64(trials[i]) / nearRows
			for end = i + 1; end < len(trials) && int64(trials[end])/nearRows == bucket; end++ {
			}
			if sealed[bucket*nearRows/partRows] {
				continue
			}
			b := r.bucket(bucket)
			for c := range rows.columns {
				b.columns[c].addRange(&rows.columns[c], i, end)
			}
			if b.rows() >= most || b.size() >= frameBytes {
				if err = flush(bucket, b); err != nil {
					return err
				}
			}
		}
	}
	for bucket, b := range r.buckets {
		if b.rows() > 0 {
			if err = flush(bucket, b); err != nil {
				return err
			}
		}
	}
	if err = w.sync(); err != nil {
		return err
	}
	path := filepath.Join(s.path(journalDir), filepath.Base(to.path))
	if err = s.disk.rename(to.path, path); err != nil {
		return err
	}
	to.path = path
	if err = s.disk.syncDir(s.path(journalDir)); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for k := range s.parts {
		p := &s.parts[k]
		if p.sealed {
			continue
		}
		before := len(p.entries)
		p.entries = slices.DeleteFunc(p.entries, func(e entry) bool { return e.segment == g })
		g.pending -= before - len(p.entries)
		p.entries = append(p.entries, entries[k]...)
		to.pending += len(entries[k])
	}
	return g.remove(s.disk)
}
