package store

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
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
	states  string // and of the states it handed on
	journal string // path of a segment
}

// reuse appends to the journal every record of history that the plan wants and
// does not have. Failed records are not taken over.
func (s *Store) reuse() error {
	if s.done == s.plan.Len() {
		return nil
	}
	sources, err := historySources(s.dir)
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
	state := s.tables.journal.place(stateColumn)
	var lists []int
	for c, f := range s.tables.journal.fields {
		if f.length > 0 {
			lists = append(lists, c)
		}
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
	var unwritten error // of the journal, as opposed to one of a source
	flush := func() error {
		if out.rows() == 0 {
			return nil
		}
		defer out.reset()
		if unwritten = s.writer.append(out); unwritten != nil {
			return unwritten
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
				if slices.ContainsFunc(lists, func(c int) bool { return b.columns[c].misfit(s.tables.journal.fields[c].length, i, i+1) >= 0 }) {
					continue // no such record can stand in the data set
				}
				if state >= 0 && b.columns[state].null[i] {
					continue // the chain could not go on from it
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
			if unwritten != nil {
				return unwritten
			}
			s.notice(fmt.Sprintf("%v; what else it holds is not reused", err))
		}
		for len(hits) > 0 && hits[0].source == from {
			hits = hits[1:]
		}
	}
	return s.writer.sync()
}

// historySources lists what earlier data sets of the folder left, the latest
// first.
func historySources(dir string) ([]source, error) {
	runs, err := list(filepath.Join(dir, historyDir))
	if err != nil {
		return nil, err
	}
	slices.Reverse(runs)
	var all []source
	for _, run := range runs {
		sources, err := sourcesIn(dir, filepath.Join(historyDir, run))
		if err != nil {
			return nil, err
		}
		all = append(all, sources...)
	}
	return all, nil
}

// sourcesIn lists the sealed parts and the segments in a folder below dir that
// is laid out as dir is.
func sourcesIn(dir, below string) ([]source, error) {
	path := func(names ...string) string {
		return filepath.Join(append([]string{dir, below}, names...)...)
	}
	names, err := list(path(trialsDir))
	if err != nil && !errors.Is(err, fs.ErrInvalid) {
		return nil, nil // a file, not a run's folder
	}
	var sources []source
	for _, name := range names {
		if _, ok := partNumber(name); ok {
			sources = append(sources, source{part: path(trialsDir, name), timings: path(timingsDir, name), states: path(statesDir, name)})
		}
	}
	names, err = list(path(journalDir))
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		if strings.HasSuffix(name, segmentExt) {
			sources = append(sources, source{journal: path(journalDir, name)})
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
	// The columns of each file in the journal's order; the data set's outputs
	// have no prefix.
	data, times, states := &fileColumns{path: src.part}, &fileColumns{path: src.timings}, &fileColumns{path: src.states}
	for i, f := range t.fields {
		f.name = strings.TrimPrefix(f.name, outputPrefix)
		f.length = 0 // the records may be of another plan
		switch {
		case i == journalTrial || i == journalID:
			data.add(f, i)
		case i == journalRun:
			f.optional = false // only a segment has a run that goes without saying
			times.add(f, i)
		case i == journalWall || i == journalCPU || i == journalAttempt || i == journalStack:
			times.add(f, i)
		case idsOnly:
		case t.fields[i].name == stateColumn:
			states.add(f, i)
		default:
			data.add(f, i)
		}
	}
	if err := data.open(); err != nil {
		return err
	}
	defer data.close()
	if !idsOnly {
		// A record is worth keeping without its timing; whether it is without
		// its state, the caller decides.
		for _, c := range []*fileColumns{times, states} {
			if len(c.at) > 0 && c.open() == nil {
				defer c.close()
				if c.reader.rows() != data.reader.rows() {
					c.reader = nil
				}
			}
		}
	}
	out := newBlock(t)
	at := 0
	for {
		err := data.next(out)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s: %w", src.part, err)
		}
		rows := out.columns[journalTrial].null
		for _, c := range []*fileColumns{times, states} {
			if c.reader != nil && (c.next(out) != nil || c.block.rows() != len(rows)) {
				c.reader = nil
			}
			if c.reader != nil {
				continue
			}
			for _, to := range c.at {
				out.columns[to] = column{kind: t.fields[to].kind}
				for range rows {
					switch to {
					case journalAttempt:
						out.columns[to].addInt(1)
					case journalRun:
						out.columns[to].addText("")
					default:
						out.columns[to].addNull()
					}
				}
			}
		}
		if err := visit(at, out); err != nil {
			return err
		}
		at += len(rows)
	}
}

// fileColumns are the columns of the journal that one file of a sealed part
// holds.
type fileColumns struct {
	path   string
	table  table
	at     []int // their places in the journal
	file   *partReader
	reader *partReader // file while it gives rows, nil if there is none
	block  *block
}

func (c *fileColumns) add(f field, at int) {
	c.table.add(f)
	c.at = append(c.at, at)
}

func (c *fileColumns) open() (err error) {
	c.file, err = openPart(c.path, &c.table, false)
	c.reader, c.block = c.file, newBlock(&c.table)
	return err
}

func (c *fileColumns) close() { c.file.close() }

// next makes the file's next rows the columns of out.
func (c *fileColumns) next(out *block) error {
	if err := c.reader.next(c.block); err != nil {
		return err
	}
	for i, to := range c.at {
		out.columns[to] = c.block.columns[i]
	}
	return nil
}
