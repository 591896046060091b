package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/neurosweep/sweep/pkg/models"
)

// A changed spec moves the old data set to history/ and takes over from there
// every record whose point the new plan has too.

// source is a file of an earlier data set that holds records.
type source struct {
	part    string // path of a sealed part, or
	timings string // and of its timings
	states  string // and of the states it handed on
	series  string // and of the traces it kept
	journal string // path of a segment
	// strict makes it an error that timings or states cannot be read. Else a record is
	// worth having without.
	strict bool
}

// held is a source with what it says of itself.
type held struct {
	source
	run    string // its folder of history/, "" if it is in the data set
	arch   string
	plan   string
	states bool   // it has the states that its trials handed on
	record string // the traces that it has, as recordText says it

	rows   int   // as many as can be read
	failed bool  // it has records of failures
	err    error // why no more can be read
}

// look reads what the source says of itself.
func (h *held) look() error {
	if h.journal != "" {
		g, head, _, err := openSegment(h.journal)
		if err != nil {
			return err
		}
		g.file.Close()
		var kept []string
		for _, f := range g.table.fields {
			if name, ok := strings.CutPrefix(f.name, tracePrefix); ok {
				kept = append(kept, name)
			}
		}
		h.arch, h.plan, h.states, h.record = head.Arch, head.Plan, g.table.place(stateColumn) >= 0, strings.Join(kept, recordJoint)
		return nil
	}
	r, err := openFooter(h.part)
	if err != nil {
		return err
	}
	h.arch, h.plan = r.metadata("sweep.arch"), r.metadata("sweep.plan")
	r.close()
	if r, err := openFooter(h.source.states); err == nil {
		h.states = r.metadata("sweep.plan") == h.plan
		r.close()
	}
	if r, err := openFooter(h.series); err == nil {
		if r.metadata("sweep.plan") == h.plan {
			h.record = r.metadata(recordKey)
		}
		r.close()
	}
	return nil
}

// keeps reports whether the source has the traces that a plan keeps.
func (h *held) keeps(record []models.Kept) bool {
	has := strings.Split(h.record, recordJoint)
	return !slices.ContainsFunc(record, func(k models.Kept) bool { return !slices.Contains(has, keptAs(k)) })
}

// takeover hands out the records of earlier data sets that a plan has a use for. A
// measurement goes before a failure, and the latest source before others. It has
// in memory the identities of some records at a time, however many there are.
type takeover struct {
	plan  Plan
	has   func(trial int64) bool // there is a record of the trial
	table *table                 // what is read of the records
	retry bool                   // no failures
	// take is given a row of a block, and the trial of the plan that it is a record
	// of; rest is called when the rows of a block have been.
	take func(h *held, b *block, row int, trial int64) error
	rest func() error
	// failed reports whether the plan's record of a trial is that of a failure.
	failed func(trial int64) (bool, error)
	notice func(string)
}

// What is taken over, one after another.
const (
	measured = iota
	failures
	links // of chains, behind one that failed
	passes
)

func (t *takeover) run(ctx context.Context, sources []*held) error {
	useful := slices.DeleteFunc(slices.Clone(sources), func(h *held) bool {
		err := h.look()
		if err != nil {
			h.err = err
			t.notice(fmt.Sprintf("%v; nothing of it is reused", err))
			return true
		}
		if h.arch != Arch() {
			t.notice(fmt.Sprintf("%s was computed on %s and this is %s, where the same trial can give other bits: no record of it is reused", h.part+h.journal, h.arch, Arch()))
			return true
		}
		return false
	})
	for pass := measured; pass < passes; pass++ {
		if pass == failures {
			if t.retry {
				return nil
			}
			useful = slices.DeleteFunc(useful, func(h *held) bool { return !h.failed })
		}
		if pass == links && t.plan.ChainLen() == 0 {
			return nil
		}
		for rest := useful; len(rest) > 0; {
			l := new(lot)
			n, err := l.fill(ctx, rest, lotRecords)
			if err != nil {
				return err
			}
			rest = rest[n:]
			if err := l.find(ctx, t.plan, t.has); err != nil {
				return err
			}
			if err := t.takeLot(ctx, l, pass); err != nil {
				return err
			}
		}
	}
	return nil
}

func (t *takeover) takeLot(ctx context.Context, l *lot, pass int) error {
	for _, s := range l.spans {
		h, trials := s.held, l.trials[s.first:][:s.rows]
		if !slices.ContainsFunc(trials, func(trial int64) bool { return trial >= 0 }) {
			continue
		}
		var stop error // of the one who takes, as opposed to one of the source
		err := h.read(t.table, false, func(row int, b *block) error {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			for i := range min(b.rows(), len(trials)-row) {
				trial := trials[row+i]
				if trial < 0 || t.has(trial) {
					continue
				}
				var fit bool
				if fit, stop = t.fits(h, b, i, trial, pass); stop == nil && fit {
					stop = t.take(h, b, i, trial)
				}
				if stop != nil {
					return stop
				}
			}
			stop = t.rest()
			return stop
		})
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case stop != nil:
			return stop
		case err != nil && h.err == nil:
			h.err = err
		default:
			continue
		}
		t.notice(fmt.Sprintf("%v; what else it holds is not reused", err))
	}
	return nil
}

// fits reports whether a record can stand in the plan's data set, of those that a
// pass is for.
func (t *takeover) fits(h *held, b *block, i int, trial int64, pass int) (bool, error) {
	c := b.columns
	record := t.plan.Setting().Record
	if c[journalStatus].text[i] != statusFailed {
		// Without its state the chain could not go on, and traces are not there if
		// they were not kept.
		return pass == measured && h.keeps(record) && (h.states || t.plan.ChainLen() == 0), nil
	}
	switch class := c[journalClass].text[i]; {
	case class == CarryClass:
		root, named := brokenBy(c[journalError].text[i])
		root += trial - int64(c[journalTrial].bits[i])
		n := t.plan.ChainLen()
		if pass != links || !named || root < trial/n*n || root >= trial || !t.has(root) {
			return false, nil
		}
		return t.failed(root)
	case class == traceClass && h.record != recordText(record):
		return false, nil // that was for the traces that were kept then
	}
	return pass == failures, nil
}

// traceClass is the class of the failures of trials whose traces are too long.
const traceClass = "trace"

// reuse appends to the journal every record of history that the plan wants and
// does not have.
func (s *Store) reuse(ctx context.Context) error {
	sources, err := historySources(s.dir)
	if err != nil {
		return err
	}
	defer s.countMoved(sources)
	if len(sources) == 0 || s.done == s.plan.Len() {
		return nil
	}
	var needed, lists []int
	for i, f := range s.tables.journal.fields {
		if f.name == stateColumn || strings.HasPrefix(f.name, tracePrefix) {
			needed = append(needed, i)
		}
		if f.length > 0 {
			lists = append(lists, i)
		}
	}
	failed := make(map[int64]bool)
	out := newBlock(s.tables.journal)
	var from *held // whose the rows of out are
	t := &takeover{
		plan: s.plan, table: s.tables.journal, retry: s.retry, notice: s.notice,
		has: func(trial int64) bool { return s.parts.has(trial) },
		take: func(h *held, b *block, i int, trial int64) error {
			if slices.ContainsFunc(lists, func(c int) bool { return b.columns[c].misfit(s.tables.journal.fields[c].length, i, i+1) >= 0 }) {
				return nil // no such record can stand in the data set
			}
			ok := b.columns[journalStatus].text[i] != statusFailed
			// A damaged file may lack what it says it has.
			if ok && slices.ContainsFunc(needed, func(c int) bool { return b.columns[c].null[i] }) {
				return nil
			}
			for c := range b.columns {
				switch text := &b.columns[c].text; {
				case c == journalTrial:
					out.columns[c].addInt(trial)
				case c == journalError && !ok && b.columns[journalClass].text[i] == CarryClass:
					root, _ := brokenBy((*text)[i])
					out.columns[c].addText(Broken(root + trial - int64(b.columns[journalTrial].bits[i])).Message)
				default:
					out.columns[c].addFrom(&b.columns[c], i)
				}
			}
			from = h
			return nil
		},
		rest: func() error {
			if out.rows() == 0 {
				return nil
			}
			defer out.reset()
			return s.takeOver(out, from)
		},
		failed: func(trial int64) (is bool, err error) {
			is, known := failed[trial]
			if !known {
				var failure *models.Failure
				if _, failure, err = s.State(trial); err != nil {
					return false, err
				}
				is = failure != nil
				failed[trial] = is
			}
			return is, nil
		},
	}
	if err := t.run(ctx, sources); err != nil {
		return err
	}
	if s.active.spread() {
		if err := s.rotateSpread(); err != nil {
			return err
		}
	}
	return s.writer.sync()
}

// takeOver appends records of a source.
func (s *Store) takeOver(b *block, from *held) error {
	if s.writer.size >= segmentBytes {
		if err := s.rotateSpread(); err != nil {
			return err
		}
	}
	if err := s.writer.append(b); errors.Is(err, errLarge) && b.rows() > 1 {
		for _, half := range halves(s.tables.journal, b) {
			if err := s.takeOver(half, from); err != nil {
				return err
			}
		}
		return nil
	} else if err != nil {
		return err
	}
	e := s.writer.frame
	e.segment = s.active
	before := s.done
	s.complete = append(s.complete, s.enter(e, b)...)
	s.reused += s.done - before
	if s.earlier[from.part+from.journal] {
		s.moved.Back += s.done - before
	}
	return nil
}

// rotateSpread goes on in a new segment, and has the old one regrouped before parts
// are sealed from it, if it is worth it.
func (s *Store) rotateSpread() error {
	old := s.active
	if err := s.rotate(); err != nil {
		return err
	}
	if old.spread() {
		s.spread = append(s.spread, old)
	}
	return nil
}

// countMoved completes the account of what opening has moved. Sealed parts have
// been counted by their footers.
func (s *Store) countMoved(sources []*held) {
	for _, h := range sources {
		if h.journal != "" && s.earlier[h.journal] {
			s.moved.Records += int64(h.count())
		}
		if h.err != nil && s.isRetried(h) {
			k, _ := partNumber(filepath.Base(h.part))
			delete(s.retried, k) // it may have what could not be read
		}
	}
	if s.moved.Records > 0 {
		s.moved.To = filepath.ToSlash(filepath.Join(historyDir, s.header.Run))
	}
}

// isRetried reports whether the source is a part that has moved since its failures
// are run again.
func (s *Store) isRetried(h *held) bool {
	k, ok := partNumber(filepath.Base(h.part))
	return ok && h.run != "" && s.retried[k] == h.run
}

// count is how many records can be read.
func (h *held) count() int {
	if h.rows == 0 && h.err == nil {
		h.err = h.read(seenTable().head(journalID), true, func(_ int, b *block) error {
			h.rows += b.rows()
			return nil
		})
	}
	return h.rows
}

// historySources lists what earlier data sets of the folder left, the latest
// first.
func historySources(dir string) ([]*held, error) {
	runs, err := list(filepath.Join(dir, historyDir))
	if err != nil {
		return nil, err
	}
	slices.Reverse(runs)
	var all []*held
	for _, run := range runs {
		sources, err := sourcesIn(dir, filepath.Join(historyDir, run))
		if err != nil {
			return nil, err
		}
		for _, src := range sources {
			all = append(all, &held{source: src, run: run})
		}
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
	if err != nil {
		if info, bad := os.Stat(path()); bad == nil && !info.IsDir() && below != "" {
			return nil, nil // a file, not a run's folder
		}
		return nil, err // what is there and cannot be looked at is not nothing
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
		// its state, the caller decides. What is of another plan does not go with it.
		plan := data.file.metadata("sweep.plan")
		for _, c := range []*fileColumns{times, states} {
			if len(c.at) == 0 {
				continue
			}
			err := c.open()
			if err == nil {
				defer c.close()
				if c.reader.rows() != data.reader.rows() || c.file.metadata("sweep.plan") != plan {
					c.reader = nil
					err = fmt.Errorf("%s is %w: it does not go with %s", c.path, errShape, src.part)
				}
			}
			if err != nil && src.strict && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		}
		defer traces.open(src.series, plan)()
	}
	out := newBlock(t)
	at := 0
	for {
		err := data.next(out)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		rows := out.columns[journalTrial].null
		for _, c := range []*fileColumns{times, states} {
			if c.reader != nil {
				err := c.next(out)
				if err == nil && c.block.rows() != len(rows) {
					err = &fileError{c.path, errFew}
				}
				if err != nil {
					c.reader = nil
				}
				if err != nil && src.strict {
					return err
				}
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
			size += s.take(int64(b.columns[journalTrial].bits[to]), b.columns[journalStatus].text[to] == statusFailed)
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
func (s *traceSource) take(trial int64, failed bool) (size int) {
	has := make([]bool, len(s.at))
	if s.file != nil && !failed {
		kept := strings.Split(s.file.metadata(recordKey), recordJoint)
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
