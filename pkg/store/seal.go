package store

import (
	"cmp"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"time"

	"github.com/neurosweep/sweep/pkg/models"
)

// ConflictError says that a trial has two records that disagree in more than
// timing: the model is not deterministic, or a machine is at fault.
type ConflictError struct {
	Trial  int64
	Column string
}

func (e *ConflictError) Error() string {
	return fmt.Sprintf("trial %d has two records that differ in %s: the model is not deterministic, or a machine is at fault", e.Trial, e.Column)
}

// ref is one record of the journal in memory.
type ref struct {
	trial int64
	block *block
	row   int
}

// window holds the batches of the journal that a range of trials needs.
type window struct {
	table   *table
	entries []entry // by first trial; those not loaded yet
	loaded  []*loaded
	free    []*loaded
	scratch []byte
	refs    []ref
	slots   []ref // by trial of the range; no block where there is no record
}

// loaded is a batch in memory, its rows by trial.
type loaded struct {
	block *block
	last  int64
	order []int32 // of the rows, empty if they stand by trial
	next  int     // the first in order that is not handed out
}

func newWindow(t *table, entries []entry) *window {
	w := &window{table: t}
	w.begin(entries)
	return w
}

// begin makes the window one on other batches.
func (w *window) begin(entries []entry) {
	w.entries = slices.Clone(entries)
	slices.SortStableFunc(w.entries, func(a, b entry) int { return cmp.Compare(a.first, b.first) })
	w.free = append(w.free, w.loaded...)
	w.loaded = w.loaded[:0]
}

// load brings the batches in that hold trials of [from, to).
func (w *window) load(from, to int64) (err error) {
	for len(w.entries) > 0 && w.entries[0].first < to {
		e := w.entries[0]
		w.entries = w.entries[1:]
		if e.last < from {
			continue
		}
		l := w.take(e.rows)
		if w.scratch, err = e.load(w.table, l.block, w.scratch); err != nil {
			return err
		}
		l.last, l.next, l.order = e.last, 0, l.order[:0]
		if !slices.IsSorted(l.block.columns[journalTrial].bits) {
			l.order = rowsByTrial(l.block, l.order)
		}
		w.loaded = append(w.loaded, l)
	}
	return nil
}

// take returns an empty batch for so many rows, in memory of batches released if
// they were of about that size: else all would grow to the largest.
func (w *window) take(rows int) *loaded {
	i := slices.IndexFunc(w.free, func(l *loaded) bool {
		room := cap(l.block.columns[journalTrial].bits)
		return rows <= room && room <= 4*rows
	})
	if i < 0 {
		return &loaded{block: newBlock(w.table)}
	}
	l := w.free[i]
	w.free = slices.Delete(w.free, i, i+1)
	l.block.reset()
	return l
}

// rowsByTrial is the order of the block's rows by trial, those of one trial as
// they stand. It may use buf. It sorts by one byte of the trial after another,
// the lowest first.
func rowsByTrial(b *block, buf []int32) []int32 {
	trials := b.columns[journalTrial].bits
	order, sorted := slices.Grow(buf[:0], len(trials))[:len(trials)], make([]int32, len(trials))
	for i := range order {
		order[i] = int32(i)
	}
	first, last := trialRange(b)
	for shift := 0; len(trials) > 0 && (last-first)>>shift > 0; shift += 8 {
		var starts [256 + 1]int32
		digit := func(row int32) uint8 { return uint8((int64(trials[row]) - first) >> shift) }
		for _, row := range order {
			starts[int(digit(row))+1]++
		}
		for d := range 256 {
			starts[d+1] += starts[d]
		}
		for _, row := range order {
			d := digit(row)
			sorted[starts[d]] = row
			starts[d]++
		}
		order, sorted = sorted, order
	}
	return order
}

// next returns the records of trials in [from, to) by trial, one for each. It
// must be called with ranges in ascending order.
func (w *window) next(from, to int64) ([]ref, error) {
	if err := w.load(from, to); err != nil {
		return nil, err
	}
	w.slots = slices.Grow(w.slots[:0], int(to-from))[:to-from]
	clear(w.slots)
	for _, l := range w.loaded {
		trials := l.block.columns[journalTrial].bits
		for ; l.next < len(trials); l.next++ {
			row := l.next
			if len(l.order) > 0 {
				row = int(l.order[l.next])
			}
			trial := int64(trials[row])
			if trial >= to {
				break
			}
			if trial < from {
				continue
			}
			slot, r := &w.slots[trial-from], ref{trial, l.block, row}
			if slot.block == nil {
				*slot = r
			} else if err := w.choose(slot, r); err != nil {
				return nil, err
			}
		}
	}
	w.refs = w.refs[:0]
	for i := range w.slots {
		if w.slots[i].block != nil {
			w.refs = append(w.refs, w.slots[i])
		}
	}
	return w.refs, nil
}

// release gives back the memory of batches that hold nothing at or after to.
// The refs of the last call of next are then void.
func (w *window) release(to int64) {
	w.loaded = slices.DeleteFunc(w.loaded, func(l *loaded) bool {
		if l.last >= to {
			return false
		}
		w.free = append(w.free, l)
		return true
	})
}

// choose makes first the one of two records of a trial that stays. Of two that
// were measured, either may stay, because they must agree; a measurement
// replaces a failure; of two failures the one of the later run stays.
func (w *window) choose(first *ref, r ref) error {
	switch {
	case first.failed() && (!r.failed() || r.text(journalRun) >= first.text(journalRun)):
		*first = r
	case !first.failed() && !r.failed():
		if at := first.differs(r); at >= 0 {
			return &ConflictError{r.trial, w.table.fields[at].name}
		}
	}
	return nil
}

func (r ref) text(column int) string { return r.block.columns[column].text[r.row] }
func (r ref) failed() bool           { return r.text(journalStatus) == statusFailed }

// differs is the first column, of those that are a function of the plan, in
// which two measurements differ; -1 if there is none.
func (r ref) differs(o ref) int {
	for i := range r.block.columns {
		if (i == journalID || i >= journalOutputs) && !r.block.columns[i].sameRow(r.row, &o.block.columns[i], o.row) {
			return i
		}
	}
	return -1
}

// layout turns records of the journal into rows of the data set and of the
// timings.
type layout struct {
	plan    Plan
	swept   []bool
	series  []bool
	point   models.Point
	trials  *block
	timings *block
	states  *block // nil where there are no chains
	state   int    // place of the state in the journal
	failed  int64

	// How to gather the rows: from spans, or where these are short by picks.
	spans  []span
	blocks []*block
	picks  []pick
}

func newLayout(plan Plan) *layout {
	t := newTables(plan)
	l := &layout{plan: plan, swept: sweptParams(plan), trials: newBlock(t.trials), timings: newBlock(t.timings), state: t.journal.place(stateColumn)}
	if t.states != nil {
		l.states = newBlock(t.states)
	}
	for _, o := range plan.Setting().Model.Outputs {
		l.series = append(l.series, o.Decl().Kind == models.SeriesKind)
	}
	return l
}

// in is the block of a folder's files.
func (l *layout) in(dir string) *block {
	switch dir {
	case trialsDir:
		return l.trials
	case timingsDir:
		return l.timings
	}
	return l.states
}

// fill makes the blocks the rows of refs. The order of the columns is that of
// trialsTable, timingsTable and statesTable.
func (l *layout) fill(refs []ref) {
	l.trials.reset()
	l.timings.reset()
	out := l.trials.columns
	next := 0
	column := func() *column { next++; return &out[next-1] }
	l.gather(refs)
	copyOut := func(from int) {
		c := column()
		if len(l.picks) > 0 {
			c.addPicks(l.blocks, from, l.picks)
			return
		}
		for _, s := range l.spans {
			first := refs[s.from]
			c.addRange(&first.block.columns[from], first.row, first.row+s.to-s.from)
		}
	}
	copyOut(journalTrial)
	copyOut(journalID)
	first := next
	for _, r := range refs {
		l.plan.Point(r.trial, &l.point)
		next = first + addPlace(out[first:], &l.point, l.swept)
	}
	for i, series := range l.series {
		if !series {
			copyOut(journalOutputs + i)
		}
	}
	copyOut(journalStatus)
	copyOut(journalClass)
	copyOut(journalError)
	for i, series := range l.series {
		if series {
			copyOut(journalOutputs + i)
		}
	}
	for _, r := range refs {
		if r.failed() {
			l.failed++
		}
	}
	out, next = l.timings.columns, 0
	for _, from := range []int{journalTrial, journalID, journalWall, journalCPU, journalAttempt, journalRun, journalStack} {
		copyOut(from)
	}
	if l.states == nil {
		return
	}
	l.states.reset()
	out, next = l.states.columns, 0
	for _, from := range []int{journalTrial, journalID, l.state} {
		copyOut(from)
	}
}

// span is refs [from, to) that are rows of one block, one behind the other.
type span struct{ from, to int }

func (l *layout) gather(refs []ref) {
	spans := l.spans[:0]
	for i, r := range refs {
		if i > 0 && r.block == refs[i-1].block && r.row == refs[i-1].row+1 {
			spans[len(spans)-1].to++
			continue
		}
		spans = append(spans, span{i, i + 1})
	}
	l.spans, l.blocks, l.picks = spans, l.blocks[:0], l.picks[:0]
	if 4*len(spans) <= len(refs) {
		return
	}
	for _, r := range refs {
		b := r.block
		if b.at >= len(l.blocks) || l.blocks[b.at] != b {
			b.at = len(l.blocks)
			l.blocks = append(l.blocks, b)
		}
		l.picks = append(l.picks, pick{int32(b.at), int32(r.row)})
	}
}

// addPlace adds a point's replicate, parameters and derived values to the
// columns that trialsTable has for them, and says how many those are.
func addPlace(columns []column, p *models.Point, swept []bool) int {
	columns[0].addInt(p.Replicate)
	n := 1
	for i, v := range p.Values {
		addValue(&columns[n], v)
		n++
		if swept[i] {
			columns[n].addInt(p.Index[i])
			n++
		}
	}
	for _, v := range p.Derived {
		addValue(&columns[n], v)
		n++
	}
	return n
}

func addValue(c *column, v models.Value) {
	switch v.Kind() {
	case models.FloatKind:
		c.addFloat(v.Float())
	case models.IntKind:
		c.addInt(v.Int())
	case models.TextKind:
		c.addText(v.Text())
	case models.FlagKind:
		c.addBool(v.Flag())
	default:
		c.addNull()
	}
}

// startSeals seals parts beside what goes on, after the segments in spread have
// been regrouped, and those of all earlier calls: a part whose frames are spread
// over a segment takes the whole of it in memory. It is for one goroutine at a
// time.
func (s *Store) startSeals(parts []int, spread ...*segment) {
	if len(parts) == 0 && len(spread) == 0 {
		return
	}
	before, done := s.regrouped, make(chan struct{})
	s.regrouped = done
	s.wait.Add(1)
	go func() {
		defer s.wait.Done()
		defer close(done)
		if before != nil {
			<-before
		}
		for _, g := range spread {
			if err := s.regroup(g); err != nil {
				s.fail(fmt.Errorf("regroup %s: %w", g.path, err))
				return
			}
		}
		for _, k := range parts {
			s.wait.Add(1)
			go s.sealInTurn(k)
		}
	}()
}

// sealInTurn seals part k when a processor is free for it.
func (s *Store) sealInTurn(k int) {
	defer s.wait.Done()
	by := <-s.sealers
	defer func() { s.sealers <- by }()
	if s.Err() != nil {
		return // the journal has the records
	}
	if err := s.seal(k, by); err != nil {
		s.fail(fmt.Errorf("seal %s: %w", partName(k), err))
	}
}

// seal writes part k from the journal, reads it back, gives it its name and
// lets go of the journal's segments that only it needed.
func (s *Store) seal(k int, by *sealer) error {
	s.regrouping.RLock()
	defer s.regrouping.RUnlock()
	s.mu.Lock()
	p := s.parts.at(k)
	entries := p.entries
	s.mu.Unlock()
	var files []*partFile
	for _, dir := range s.tables.dirs() {
		f, err := s.createPart(by, dir, partName(k))
		if err != nil {
			return err
		}
		defer f.discard()
		files = append(files, f)
	}
	first, end := p.trials(s.plan)
	by.traces.begin()
	by.window.begin(entries)
	by.layout.failed = 0
	for from := first; from < end; from += blockRows {
		if err := by.writeRows(from, min(from+blockRows, end), files...); err != nil {
			return err
		}
	}
	trials := files[len(files)-1]
	trials.out.set("sweep.failed", fmt.Sprint(by.layout.failed))
	if s.tables.series != nil {
		if err := files[len(files)-2].endSeries(by.traces); err != nil {
			return err
		}
	}
	sums := make(map[string]string)
	for _, f := range files {
		if err := f.finish(); err != nil {
			return err
		}
		sums[f.dir+"/"+partName(k)] = hex.EncodeToString(f.sum.Sum(nil))
	}
	if trials.out.total != int64(partSize(s.plan, k)) {
		return fmt.Errorf("the journal has %d of %d records", trials.out.total, partSize(s.plan, k))
	}
	// The tail goes before the part comes, so that no reader sees a row twice; the
	// trials last: a sealed part of the data set always has its timings, states and
	// traces.
	if err := s.removeTail(); err != nil {
		return err
	}
	for _, f := range files {
		if err := f.publish(); err != nil {
			return err
		}
	}
	if err := s.noteSums(sums); err != nil {
		return err
	}
	if err := s.dropRetried(k); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sealed += int64(p.count)
	*p = part{k: k, sealed: true}
	return s.letGo(entries)
}

// dropRetried removes what part k was before its failures were run again: the part
// has all else of it.
func (s *Store) dropRetried(k int) error {
	to, ok := s.retried[k]
	if !ok {
		return nil
	}
	for _, dir := range slices.Backward(partDirs) {
		folder := s.path(historyDir, to, dir)
		if err := s.disk.remove(filepath.Join(folder, partName(k))); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		if left, err := list(folder); err == nil && len(left) == 0 && exists(folder) {
			if err := s.disk.remove(folder); err != nil {
				return err
			}
		}
	}
	if left, err := list(s.path(historyDir, to)); err == nil && len(left) == 0 && exists(s.path(historyDir, to)) {
		return s.disk.remove(s.path(historyDir, to))
	}
	return nil
}

// hold is what the parts [from, to) are made of now. Sealing and regrouping
// leave their segments where they are until release is called.
func (s *Store) hold(from, to int) (parts []*part, release func() error) {
	s.regrouping.RLock()
	s.mu.Lock()
	defer s.mu.Unlock()
	for p := range s.parts.between(from, to) {
		parts = append(parts, &part{k: p.k, sealed: p.sealed, entries: slices.Clone(p.entries)})
		for _, e := range p.entries {
			e.segment.pending++
		}
	}
	return parts, func() (err error) {
		defer s.regrouping.RUnlock()
		s.mu.Lock()
		defer s.mu.Unlock()
		for _, p := range parts {
			err = errors.Join(err, s.letGo(p.entries))
		}
		return err
	}
}

// letGo notes that the entries are not needed any more, and removes the segments
// of which nothing is. The caller holds mu.
func (s *Store) letGo(entries []entry) error {
	for _, e := range entries {
		e.segment.pending--
		if e.segment.pending == 0 && !e.segment.active {
			if err := e.segment.remove(s.disk); err != nil {
				return err
			}
		}
	}
	return nil
}

// partFile is a Parquet file being made.
type partFile struct {
	*newFile
	dir string
	out *partWriter
}

func (s *Store) createPart(by *sealer, dir, name string) (*partFile, error) {
	f, err := s.disk.newFile(s.temp(), s.path(dir, name))
	if err != nil {
		return nil, err
	}
	out := by.writers[dir]
	out.begin(f, s.metadata())
	return &partFile{f, dir, out}, nil
}

// endSeries completes the rows of a file of series/, and says in its footer what
// they are.
func (f *partFile) endSeries(traces *traceWriter) error {
	f.out.set(recordKey, recordText(traces.record))
	f.out.set(tracesKey, describeTraces(traces.record))
	f.out.set(recordedKey, mustJSON(traces.counts))
	return traces.flush(f.out.write)
}

// finish completes the file and compares it with what was written.
func (f *partFile) finish() error {
	if err := f.out.close(); err != nil {
		return err
	}
	if err := f.newFile.finish(); err != nil {
		return err
	}
	if err := f.out.check(f.file.Name()); err != nil {
		return fmt.Errorf("read back: %w", err)
	}
	return nil
}

// sealer is the memory that it takes to write parts, used for one after another.
type sealer struct {
	window  *window
	layout  *layout
	traces  *traceWriter
	writers map[string]*partWriter // by folder
}

func newSealer(plan Plan, t tables) *sealer {
	by := &sealer{newWindow(t.places, nil), newLayout(plan), newTraceWriter(plan), make(map[string]*partWriter)}
	for _, dir := range t.dirs() {
		by.writers[dir] = newPartWriter(t.in(dir))
	}
	return by
}

// writeRows writes the window's records of the trials [from, to), a block of them
// at most, to the files, to each what belongs there, and counts the failed ones.
// Traces are read one by one, where they lie.
func (by *sealer) writeRows(from, to int64, files ...*partFile) error {
	defer by.window.release(to)
	refs, err := by.window.next(from, to)
	if err != nil || len(refs) == 0 {
		return err
	}
	by.layout.fill(refs)
	for _, f := range files {
		if f.dir == seriesDir {
			err = by.traces.add(refs, f.out.write)
		} else {
			err = f.out.write(by.layout.in(f.dir))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// startTail brings trials/tail.parquet up to date if it is due. Where frames are
// spread over the plan they are regrouped before; else each part would take the
// whole segment in memory.
func (s *Store) startTail(now time.Time) error {
	s.mu.Lock()
	due := now.After(s.tailDue) && s.done > s.sealed && s.err == nil
	if due {
		s.tailDue = now.Add(24 * time.Hour) // until the one begun here is done
	}
	s.mu.Unlock()
	if !due {
		return nil
	}
	if old := s.active; old.spread() {
		if err := s.rotate(); err != nil {
			return err
		}
		s.startSeals(nil, old)
	}
	regrouped := s.regrouped
	s.wait.Add(1)
	go func() {
		defer s.wait.Done()
		if regrouped != nil {
			<-regrouped
		}
		if err := s.writeTail(trialsDir); err != nil {
			s.fail(fmt.Errorf("write %s: %w", tailName, err))
		}
		took := time.Since(now)
		s.mu.Lock()
		s.tailDue = time.Now().Add(max(tailEvery, 100*took))
		s.mu.Unlock()
	}()
	return nil
}

// writeTail writes the records that no sealed part has to the tails of folders,
// trials/ the last.
func (s *Store) writeTail(dirs ...string) error {
	by := <-s.sealers
	defer func() { s.sealers <- by }()
	s.regrouping.RLock()
	defer s.regrouping.RUnlock()
	s.tail.Lock()
	defer s.tail.Unlock()
	var files []*partFile
	for _, dir := range dirs {
		f, err := s.createPart(by, dir, tailName)
		if err != nil {
			return err
		}
		defer f.discard()
		files = append(files, f)
	}
	by.traces.begin()
	s.mu.Lock()
	var ranges [][2]int64
	var open []*part
	for p := range s.parts.all() {
		if p.sealed || p.sealing || p.count == 0 {
			continue
		}
		open = append(open, p)
		for from, to := range p.ranges(p.trials(s.plan)) {
			ranges = append(ranges, [2]int64{from, to})
		}
	}
	entries := slices.DeleteFunc(entriesOf(slices.Values(open)), func(e entry) bool {
		return e.segment.spread() // not regrouped yet; the next tail has them
	})
	s.mu.Unlock()
	by.window.begin(entries)
	for _, r := range ranges {
		if err := by.writeRows(r[0], r[1], files...); err != nil {
			return err
		}
	}
	for _, f := range files {
		if f.dir == seriesDir {
			if err := f.endSeries(by.traces); err != nil {
				return err
			}
		}
		if err := f.finish(); err != nil {
			return err
		}
	}
	for _, f := range files {
		if err := f.publish(); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) removeTail() error {
	s.tail.Lock()
	defer s.tail.Unlock()
	for _, dir := range []string{seriesDir, trialsDir} {
		if err := s.disk.remove(s.path(dir, tailName)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}
