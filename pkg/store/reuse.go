package store

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
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
	series  string // and of the traces it kept
	journal string // path of a segment
}

// reuse appends to the journal every record of history that the plan wants and
// does not have. Failed records are not taken over.
func (s *Store) reuse(ctx context.Context) error {
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
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			for j, id := range b.columns[journalID].id {
				rows = append(rows, old{binary.LittleEndian.Uint64(id[:]), i, row + j})
			}
			return nil
		})
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
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
	// What a record must have: without its state the chain could not go on, and
	// traces are not there if they were not kept.
	var needed, lists []int
	for i, f := range s.tables.journal.fields {
		if f.name == stateColumn || strings.HasPrefix(f.name, tracePrefix) {
			needed = append(needed, i)
		}
		if f.length > 0 {
			lists = append(lists, i)
		}
	}
	var hits []hit
	identity := s.plan.Setting().NewIdentity()
	var point models.Point
	for trial := int64(0); trial < s.plan.Len(); trial++ {
		if trial%blockRows == 0 && ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if s.parts.has(trial) {
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
				if b.columns[journalID].id[i] != h.id || b.columns[journalStatus].text[i] != statusOK || s.parts.has(h.trial) {
					continue
				}
				if slices.ContainsFunc(lists, func(c int) bool { return b.columns[c].misfit(s.tables.journal.fields[c].length, i, i+1) >= 0 }) {
					continue // no such record can stand in the data set
				}
				if slices.ContainsFunc(needed, func(c int) bool { return b.columns[c].null[i] }) {
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
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			return flush()
		})
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
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
			sources = append(sources, source{part: path(trialsDir, name), timings: path(timingsDir, name), states: path(statesDir, name), series: path(seriesDir, name)})
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
		if idsOnly {
			t = &table{fields: t.fields[:journalID+1]}
		}
		_, err = g.scan(r, t, func(_ entry, b *block) error {
			defer func() { row += b.rows() }()
			return visit(row, b)
		})
		return err
	}
	// The columns of each file in the journal's order; the data set's outputs
	// have no prefix.
	var traces traceSource
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
		case strings.HasPrefix(f.name, tracePrefix):
			traces.add(f, i)
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
		defer traces.open(src.series, data.file.metadata("sweep.plan"))()
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
		if len(traces.at) == 0 {
			err = visit(at, out)
		} else {
			err = traces.visit(at, out, visit)
		}
		if err != nil {
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

// traceSource gives records of a sealed part the traces that it has.
type traceSource struct {
	names []string // of the traces that are wanted, and how they are kept
	at    []int    // their places in the journal
	file  *seriesReader
	some  *block
}

func (s *traceSource) add(f field, at int) {
	s.names, s.at = append(s.names, strings.TrimPrefix(f.name, tracePrefix)), append(s.at, at)
}

// open opens the file of the traces if they are wanted. There are none without it, or
// if it is another plan's.
func (s *traceSource) open(path, plan string) (end func()) {
	if len(s.at) == 0 {
		return func() {}
	}
	file, err := openSeries(path)
	if err != nil {
		return func() {}
	}
	if file.metadata("sweep.plan") == plan {
		s.file = file
	}
	return file.close
}

// takeBytes of traces are taken over at once, or those of one record.
const takeBytes = 8 << 20

// visit visits the records of b, the first of which has the number at, with their
// traces: some at a time, since those may be long.
func (s *traceSource) visit(at int, b *block, visit func(row int, b *block) error) error {
	if s.some == nil {
		s.some = &block{columns: make([]column, len(b.columns))}
		for i := range b.columns {
			s.some.columns[i].kind = b.columns[i].kind
		}
	}
	for from, to := 0, 0; from < b.rows(); from = to {
		s.some.reset()
		for size := 0; to < b.rows() && size < takeBytes; to++ {
			size += s.take(int64(b.columns[journalTrial].bits[to]))
		}
		for i := range b.columns {
			if !slices.Contains(s.at, i) {
				s.some.columns[i].addRange(&b.columns[i], from, to)
			}
		}
		if err := visit(at+from, s.some); err != nil {
			return err
		}
	}
	return nil
}

// take appends the traces of a trial, null where it has none, and says how many
// bytes they take.
func (s *traceSource) take(trial int64) (size int) {
	has := make([]bool, len(s.at))
	if s.file != nil {
		kept := strings.Split(s.file.metadata(recordKey), ", ")
		for i, name := range s.names {
			has[i] = slices.Contains(kept, name)
		}
		err := s.file.read(trial, func(trace string, b *block, from, to int) error {
			for i, name := range s.names {
				if !has[i] || !strings.HasPrefix(name, trace+" ") {
					continue
				}
				dst, c := &s.some.columns[s.at[i]], b.columns
				for row := from; row < to; row++ {
					dst.flat = append(dst.flat, math.Float64frombits(c[seriesTime].bits[row]), float64(int64(c[seriesI].bits[row])), math.Float64frombits(c[seriesValue].bits[row]))
				}
				size += (to - from) * tripleBytes
			}
			return nil
		})
		if err != nil {
			s.file, has = nil, make([]bool, len(s.at))
		}
	}
	for i, at := range s.at {
		dst := &s.some.columns[at]
		if !has[i] {
			dst.flat = dst.flat[:lastEnd(dst)]
		}
		dst.null, dst.end = append(dst.null, !has[i]), append(dst.end, len(dst.flat))
	}
	return size
}

// lastEnd is where the last row of a series ends.
func lastEnd(c *column) int {
	if len(c.end) == 0 {
		return 0
	}
	return c.end[len(c.end)-1]
}
