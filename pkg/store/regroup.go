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
	// 16 of them is sealed with one in memory.
	nearRows = partRows / 16
	// regroupBytes is the size below which a segment is not worth it.
	regroupBytes = 16 * partRows
	// frameBytes ends a regrouped frame whose series are long.
	frameBytes = 1 << 20
)

// note counts a frame of the segment. The caller holds mu.
func (g *segment) note(e entry) {
	g.frames++
	g.bytes += int64(e.size)
	if e.last-e.first > nearRows && e.last-e.first > 16*int64(e.rows) {
		g.wide++
	}
}

// spread reports whether the segment's frames are better regrouped.
func (g *segment) spread() bool { return g.bytes >= regroupBytes && 2*g.wide > g.frames }

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
	buckets := make(map[int64]*Batch)
	flush := func(bucket int64, b *Batch) error {
		if err := w.append(b.block); err != nil {
			return err
		}
		e := w.frame
		e.segment = to
		to.note(e)
		k := bucket * nearRows / partRows
		entries[k] = append(entries[k], e)
		b.block.reset()
		return nil
	}
	// All buckets together hold about what one segment does.
	most := min(max(1<<18/len(s.parts)/(partRows/nearRows), 64), blockRows)
	rows := newBlock(s.tables.journal)
	var scratch []byte
	for _, e := range ordered {
		rows.reset()
		if scratch, err = e.load(s.tables.journal, rows, scratch); err != nil {
			return err
		}
		for i, bits := range rows.columns[journalTrial].bits {
			if sealed[int64(bits)/partRows] {
				continue
			}
			bucket := int64(bits) / nearRows
			b := buckets[bucket]
			if b == nil {
				b = &Batch{block: newBlock(s.tables.journal)}
				buckets[bucket] = b
			}
			for c := range rows.columns {
				b.block.columns[c].addFrom(&rows.columns[c], i)
			}
			if b.Len() >= most || b.Size() >= frameBytes {
				if err = flush(bucket, b); err != nil {
					return err
				}
			}
		}
	}
	for bucket, b := range buckets {
		if b.Len() > 0 {
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
