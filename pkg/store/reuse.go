package store

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"

	"github.com/neurosweep/sweep/pkg/models"
)

// A changed spec moves the old data set to history/ and takes over from there
// every record whose point the new plan has too.

// old is a row of an earlier data set.
type old struct {
	key    uint64 // the first bytes of the identity
	source int    // in reuse.sources
	row    int
}

// source is a file of history that holds records.
type source struct {
	part    string // path of a sealed part, or
	timings string // and of its timings
	journal string // path of a segment
}

// reuse appends to the journal every record of history that the plan wants and
// does not have. Failed records are not taken over.
func (s *Store) reuse() error {
	if s.done == s.plan.Len() {
		return nil
	}
	sources, err := s.historySources()
	if err != nil || len(sources) == 0 {
		return err
	}
	var rows []old
	for i, src := range sources {
		err := src.read(s.tables.journal, true, func(row int, b *block) error {
			for j, id := range b.columns[journalID].id {
				rows = append(rows, old{binary.LittleEndian.Uint64(id[:]), i, row + j})
			}
			return nil
		})
		if err != nil {
			s.notice(fmt.Sprintf("%v; what else it holds is not reused", err))
		}
	}
	slices.SortFunc(rows, func(a, b old) int { return cmp.Compare(a.key, b.key) })

	type hit struct {
		source, row int
		trial       int64
		id          models.ID
	}
	var hits []hit
	identity := s.plan.Setting().NewIdentity()
	var point models.Point
	for trial := int64(0); trial < s.plan.Len(); trial++ {
		if s.partOf(trial).has(trial) {
			continue
		}
		s.plan.Point(trial, &point)
		id := identity.Of(&point)
		key := binary.LittleEndian.Uint64(id[:])
		at, _ := slices.BinarySearchFunc(rows, key, func(o old, key uint64) int { return cmp.Compare(o.key, key) })
		for ; at < len(rows) && rows[at].key == key; at++ {
			hits = append(hits, hit{rows[at].source, rows[at].row, trial, id})
		}
	}
	slices.SortFunc(hits, func(a, b hit) int {
		return cmp.Or(cmp.Compare(a.source, b.source), cmp.Compare(a.row, b.row), cmp.Compare(a.trial, b.trial))
	})

	out := newBlock(s.tables.journal)
	flush := func() error {
		if out.rows() == 0 {
			return nil
		}
		defer out.reset()
		if err := s.writer.append(out); err != nil {
			return err
		}
		e := s.writer.frame
		e.segment = s.active
		before := s.done
		s.complete = append(s.complete, s.enter(e, out)...)
		s.reused += s.done - before
		return nil
	}
	for len(hits) > 0 {
		from := hits[0].source
		err := sources[from].read(s.tables.journal, false, func(row int, b *block) error {
			for len(hits) > 0 && hits[0].source == from && hits[0].row < row+b.rows() {
				h := hits[0]
				hits = hits[1:]
				i := h.row - row
				if b.columns[journalID].id[i] != h.id || b.columns[journalStatus].text[i] != statusOK || s.partOf(h.trial).has(h.trial) {
					continue
				}
				for c := range b.columns {
					if c == journalTrial {
						out.columns[c].addInt(h.trial)
					} else {
						out.columns[c].addFrom(&b.columns[c], i)
					}
				}
			}
			return flush()
		})
		if err != nil {
			if s.err != nil {
				return err
			}
			s.notice(fmt.Sprintf("%v; what else it holds is not reused", err))
		}
		for len(hits) > 0 && hits[0].source == from {
			hits = hits[1:]
		}
	}
	return s.writer.sync()
}

// historySources lists what earlier data sets left, the latest first.
func (s *Store) historySources() ([]source, error) {
	runs, err := list(s.path(historyDir))
	if err != nil {
		return nil, err
	}
	slices.Reverse(runs)
	var sources []source
	for _, run := range runs {
		names, err := list(s.path(historyDir, run, trialsDir))
		if err != nil && !errors.Is(err, fs.ErrInvalid) {
			continue // a file, not a run's folder
		}
		for _, name := range names {
			if _, ok := partNumber(name); ok {
				sources = append(sources, source{part: s.path(historyDir, run, trialsDir, name), timings: s.path(historyDir, run, timingsDir, name)})
			}
		}
		names, err = list(s.path(historyDir, run, journalDir))
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			if strings.HasSuffix(name, segmentExt) {
				sources = append(sources, source{journal: s.path(historyDir, run, journalDir, name)})
			}
		}
	}
	return sources, nil
}

// read calls visit with the source's records in the journal's columns, and the
// number of the first of them in the source. With idsOnly, only the identities
// of a part are read.
func (src source) read(t *table, idsOnly bool, visit func(row int, b *block) error) error {
	if src.journal != "" {
		g, _, r, err := openSegment(src.journal)
		if err != nil {
			return err
		}
		defer g.file.Close()
		row := 0
		_, err = g.scan(r, t, func(_ entry, b *block) error {
			defer func() { row += b.rows() }()
			return visit(row, b)
		})
		return err
	}
	// The data set's columns in the journal's order; its outputs have no prefix.
	data, times := &table{}, &table{}
	var dataAt, timesAt []int
	for i, f := range t.fields {
		f.name = strings.TrimPrefix(f.name, outputPrefix)
		switch i {
		case journalTrial, journalID:
		case journalWall, journalCPU, journalAttempt, journalRun, journalStack:
			times.add(f)
			timesAt = append(timesAt, i)
			continue
		default:
			if idsOnly {
				continue
			}
		}
		data.add(f)
		dataAt = append(dataAt, i)
	}
	r, err := openPart(src.part, data, false)
	if err != nil {
		return err
	}
	defer r.close()
	rows, out := newBlock(data), newBlock(t)
	var tr *partReader
	timed := newBlock(times)
	if !idsOnly {
		if tr, err = openPart(src.timings, times, false); err == nil {
			defer tr.close()
			if tr.rows() != r.rows() {
				tr = nil
			}
		} else {
			tr = nil // a record is worth keeping without its timing
		}
	}
	at := 0
	for {
		err := r.next(rows)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s: %w", src.part, err)
		}
		for i, c := range dataAt {
			out.columns[c] = rows.columns[i]
		}
		if tr != nil {
			if err := tr.next(timed); err != nil || timed.rows() != rows.rows() {
				tr = nil
			}
		}
		for i, c := range timesAt {
			if tr != nil {
				out.columns[c] = timed.columns[i]
				continue
			}
			out.columns[c].reset()
			for range rows.rows() {
				switch c {
				case journalAttempt:
					out.columns[c].addInt(1)
				case journalRun:
					out.columns[c].addText("")
				default:
					out.columns[c].addNull()
				}
			}
		}
		if err := visit(at, out); err != nil {
			return err
		}
		at += rows.rows()
	}
}
