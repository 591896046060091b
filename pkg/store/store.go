// Package store keeps the records of an experiment and hands them to notebooks
// as a Parquet data set.
//
// A result folder has one writer, a [Store]. Records come to it in a [Batch]
// and go to the journal: segments of checksummed frames, synced at least once a
// second. When all trials of a part of the plan are there, the part is sealed:
// written as a Parquet file sorted by trial, read back and compared, and given
// its name; only then do its journal segments go. The bytes of a sealed part
// are a function of the plan and the records. [Status] and [Verify] read a
// folder that may have a writer. docs/format.md describes every byte.
package store

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/cpu"
)

const (
	// syncEvery bounds how long a record that was appended waits for its sync.
	syncEvery = 400 * time.Millisecond
	// segmentBytes is the size at which the journal goes on in a new segment,
	// so that sealed records' space comes back while a run goes on.
	segmentBytes = 64 << 20
	// tailEvery is how often the records that no part holds yet are written
	// where a notebook finds them; rarer if that takes more than 1 % of the time.
	tailEvery = 10 * time.Second
)

// Options are what a run brings along beside the plan.
type Options struct {
	// Run is what is written of this run under runs/.
	Run Run
	// RetryFailed runs failed trials again; their records give way to new ones.
	RetryFailed bool
	// Notice is told what the user should know: damage found, records reused.
	Notice func(string)

	disk *disk // set by tests
}

// Store is the writer of one result folder.
type Store struct {
	dir     string
	plan    Plan
	run     Run
	notice  func(string)
	retry   bool
	disk    *disk
	tables  tables
	sums    sums
	listed  map[string]string // the checksums as they were found while opening
	found   map[string]hashed // and those of the files
	header  segmentHeader
	queue   chan *Batch
	batches sync.Pool
	wait    sync.WaitGroup // committer and sealers
	sealers chan *sealer   // those that are idle

	mu     sync.Mutex
	parts  parts
	done   int64
	failed int64
	sealed int64
	reused int64
	err    error         // the first failure; the store then takes nothing more
	broken chan struct{} // closed with err
	leaving
	writer  *segmentWriter
	active  *segment
	files   openFiles // of segments that are read
	tailDue time.Time

	dated    int             // parts of an earlier version found while opening
	earlier  map[string]bool // files that opening has moved, since they are of another spec
	moved    Moved
	retried  map[int]string // parts whose failures run again, and where they moved to
	complete []int          // parts found complete while opening
	spread   []*segment     // segments found then whose frames are better regrouped

	noted     noted // what runs
	suspected []*suspect
	isolated  []int64 // of them those that are to run alone

	regrouper *regrouper
	regrouped chan struct{} // closed when what startSeals was told last is regrouped

	// regrouping is held for writing while records move from segment to
	// segment, and for reading by whoever reads the journal.
	regrouping sync.RWMutex

	tail sync.Mutex // held while tails are written or removed
}

// partSize is the number of trials of part k.
func partSize(plan Plan, k int) int {
	return int(min(plan.Len()-int64(k)*partRows, partRows))
}

func partCount(plan Plan) int { return int((plan.Len() + partRows - 1) / partRows) }

func partName(k int) string { return fmt.Sprintf("part-%06d.parquet", k) }

// tailName holds the records that no sealed part holds, while a run goes on.
const tailName = "tail.parquet"

// Arch is what the bits of a result depend on beside spec and models.
func Arch() string {
	arch := runtime.GOARCH
	if level := buildSetting("GO" + strings.ToUpper(arch)); level != "" {
		arch += "-" + level
	}
	if cpu.X86.HasFMA {
		arch += "-fma" // math.Exp uses it where it is there
	}
	return arch
}

// Open makes this process the writer of dir and takes up what is there. Records
// of points that plan shares with an earlier plan of the folder are reused; the
// rest of the earlier plan's data set moves to history/. spec is the spec as
// run. The error is a [*LockedError] when another process writes to dir, an
// [*OtherModelError] when all that dir holds is of another model, and that of ctx when it is done before the folder is open; what has been taken over by then
// stays.
func Open(ctx context.Context, dir string, plan Plan, spec []byte, o Options) (_ *Store, err error) {
	if o.Notice == nil {
		o.Notice = func(string) {}
	}
	d := disk{}
	if o.disk != nil {
		d = *o.disk
	}
	d.notice = o.Notice
	m := plan.Setting().Model
	hash := plan.Hash()
	queued := 2 * runtime.GOMAXPROCS(0)
	if len(plan.Setting().Record) > 0 {
		queued = 1 // a batch may have the traces of one trial, which may be long
	}
	s := &Store{
		dir: dir, plan: plan, run: o.Run, notice: o.Notice, retry: o.RetryFailed, disk: &d,
		tables:  newTables(plan),
		header:  segmentHeader{Format: segmentFormat, Run: o.Run.ID, Model: m.Name, Version: m.Version, Plan: hex.EncodeToString(hash[:]), Arch: Arch()},
		queue:   make(chan *Batch, queued),
		sealers: make(chan *sealer, runtime.GOMAXPROCS(0)),
		parts:   newParts(plan),
		broken:  make(chan struct{}),
		leaving: leaving{hurry: make(chan struct{}), committed: make(chan struct{})},
		tailDue: time.Now().Add(tailEvery),
		earlier: make(map[string]bool),
		retried: make(map[int]string),
	}
	s.regrouper = newRegrouper(s.tables.journal)
	for range cap(s.sealers) {
		s.sealers <- newSealer(plan, s.tables)
	}
	s.batches.New = func() any {
		return newBatch(plan, s.tables.journal)
	}
	if err := checkFolders(dir); err != nil {
		return nil, err
	}
	if err := refusal(dir, plan); err != nil {
		return nil, err
	}
	if err := s.disk.mkdir(dir); err != nil {
		return nil, err
	}
	if err := d.open(dir); err != nil {
		return nil, err
	}
	begun := false
	defer func() {
		if err == nil {
			return
		}
		if begun {
			s.run.Ended = time.Now().UTC()
			if ctx.Err() == nil { // else it was told to end, which is no mistake
				s.run.Error = err.Error()
			}
			s.writeRun() // may fail for the same reason; the first error is the one to tell
		}
		s.closeFiles()
	}()
	if err := d.take(LockedError{Host: o.Run.Host, PID: o.Run.PID, Started: o.Run.Started}); err != nil {
		return nil, err
	}
	if err := refusal(dir, plan); err != nil { // who had the lock may have changed it
		return nil, err
	}
	for _, name := range append(s.tables.dirs(), journalDir, runsDir, tempDir) {
		if err := s.disk.mkdir(filepath.Join(dir, name)); err != nil {
			return nil, err
		}
	}
	if err := s.clearTemp(); err != nil {
		return nil, err
	}
	if err := s.keepEarlierSpec(spec); err != nil {
		return nil, err
	}
	if err := s.recoverParts(ctx); err != nil {
		return nil, err
	}
	if err := s.recoverSums(); err != nil {
		return nil, err
	}
	if err := s.recoverJournal(); err != nil {
		return nil, err
	}
	if err := s.clearBeside(); err != nil {
		return nil, err
	}
	if err := s.keepSpec(spec); err != nil {
		return nil, err
	}
	begun = true
	if err := s.writeRun(); err != nil {
		return nil, err
	}
	if err := s.rotate(); err != nil {
		return nil, err
	}
	if err := s.reuse(ctx); err != nil {
		return nil, err
	}
	s.retry = false // what fails from here on has been retried
	if err := s.recoverRunning(); err != nil {
		return nil, err
	}
	before := s.Counts()
	s.run.Before = &before
	if err := s.writeRun(); err != nil {
		return nil, err
	}
	if err := s.writeReadme(); err != nil {
		return nil, err
	}
	s.startSeals(s.complete, s.spread...)
	s.wait.Add(1)
	go s.commit()
	return s, nil
}

func (s *Store) temp() string { return filepath.Join(s.dir, tempDir) }
func (s *Store) path(names ...string) string {
	return filepath.Join(append([]string{s.dir}, names...)...)
}

// clearTemp removes what a killed run left half written; it is nobody's, since
// the folder is locked.
func (s *Store) clearTemp() error {
	names, err := list(s.temp())
	if err != nil {
		return err
	}
	for _, name := range names {
		if err := s.disk.remove(filepath.Join(s.temp(), name)); err != nil {
			return err
		}
	}
	return nil
}

// Counts says how far the data set is.
type Counts struct {
	Planned int64 `json:"planned"`
	Done    int64 `json:"done"`   // failed ones included
	Failed  int64 `json:"failed"` // records of failures
	Sealed  int64 `json:"sealed"` // records in sealed parts
	Reused  int64 `json:"reused"` // records taken over from earlier plans by this run
}

// Counts returns the present counts.
func (s *Store) Counts() Counts {
	s.mu.Lock()
	defer s.mu.Unlock()
	return Counts{s.plan.Len(), s.done, s.failed, s.sealed, s.reused}
}

// Left leaves of the trials those that have no record, in their order. It takes
// some nanoseconds a trial.
func (s *Store) Left(trials []int64) []int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.parts.left(trials)
}

// NewBatch returns an empty batch.
func (s *Store) NewBatch() *Batch {
	b := s.batches.Get().(*Batch)
	b.block.reset()
	return b
}

// Append hands the batch to the journal; it is not the caller's any more. The
// error is that of an earlier batch: the store takes nothing more.
func (s *Store) Append(b *Batch) error {
	if b.Len() == 0 {
		s.batches.Put(b)
		return nil
	}
	select {
	case <-s.broken:
		return s.Err()
	default:
	}
	select {
	case s.queue <- b:
		return nil
	case <-s.broken:
		return s.Err()
	}
}

// Err is why the store takes nothing more, nil while it does.
func (s *Store) Err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

// Broken is closed when the store takes nothing more.
func (s *Store) Broken() <-chan struct{} { return s.broken }

func (s *Store) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err == nil {
		s.err = err
		close(s.broken)
	}
}

// commit writes batches to the journal as they come and syncs it in time.
func (s *Store) commit() {
	defer s.wait.Done()
	defer close(s.committed)
	tick := time.NewTicker(syncEvery / 2)
	defer tick.Stop()
	var synced time.Time
	for {
		select {
		case b, ok := <-s.queue:
			if !ok {
				if err := s.writer.sync(); err != nil {
					s.fail(err)
				}
				return
			}
			if s.Err() == nil {
				if err := s.commitBatch(b.block); err != nil {
					s.fail(err)
				}
			}
			s.batches.Put(b)
		case <-tick.C:
		}
		if now := time.Now(); now.Sub(synced) >= syncEvery {
			s.noted.beat(now)
			synced = now
			err := s.disk.mine()
			if err == nil {
				err = s.writer.sync()
			}
			if err != nil {
				s.fail(err)
			}
			if s.Err() == nil {
				if err := s.startTail(now); err != nil {
					s.fail(err)
				}
			}
		}
	}
}

func (s *Store) commitBatch(b *block) error {
	if s.writer.size >= segmentBytes {
		old := s.active
		if err := s.rotate(); err != nil {
			return err
		}
		if old.spread() {
			s.startSeals(nil, old)
		}
	}
	if err := s.writer.append(b); errors.Is(err, errLarge) && b.rows() > 1 {
		for _, half := range halves(s.tables.journal, b) {
			if err := s.commitBatch(half); err != nil {
				return err
			}
		}
		return nil
	} else if err != nil {
		return err
	}
	e := s.writer.frame
	e.segment = s.active
	complete := s.enter(e, b)
	if len(complete) == 0 || !s.active.spread() {
		s.startSeals(complete)
		return nil
	}
	old := s.active
	if err := s.rotate(); err != nil {
		return err
	}
	s.startSeals(complete, old)
	return nil
}

// halves divides a batch that is too large for a frame.
func halves(t *table, b *block) (two [2]*block) {
	order := make([]int32, b.rows())
	for i := range order {
		order[i] = int32(i)
	}
	half := len(order) / 2
	for i, rows := range [][]int32{order[:half], order[half:]} {
		two[i] = newBlock(t)
		two[i].addRows(b, rows)
	}
	return two
}

// enter takes note of a batch that is in the journal, and returns the parts
// that it completes.
func (s *Store) enter(e entry, b *block) (complete []int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e.segment.note(e)
	last := int64(-1)
	for i, bits := range b.columns[journalTrial].bits {
		trial := int64(bits)
		p := s.parts.make(int(trial / partRows))
		if p.sealed {
			continue
		}
		if k := trial / partRows; k != last {
			last = k
			if n := len(p.entries); n == 0 || p.entries[n-1] != e {
				p.entries = append(p.entries, e)
				e.segment.pending++
			}
		}
		failed := b.columns[journalStatus].text[i] == statusFailed
		if failed && s.retry {
			continue
		}
		if p.mark(trial) {
			s.done++
			if failed {
				s.failed++
			}
			if p.count == partSize(s.plan, int(trial/partRows)) && !p.sealing {
				p.sealing = true
				complete = append(complete, int(trial/partRows))
			}
		}
	}
	return complete
}

// rotate goes on in a new segment.
func (s *Store) rotate() error {
	if s.writer != nil {
		if err := s.writer.sync(); err != nil {
			return err
		}
	}
	w, seg, err := createSegment(s.disk, s.path(journalDir), s.header, s.tables.journal)
	if err != nil {
		return err
	}
	seg.files = &s.files
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.writer != nil {
		err = s.writer.file.Close()
	}
	if old := s.active; old != nil {
		old.active = false
		if old.pending == 0 {
			err = errors.Join(err, old.remove(s.disk))
		}
	}
	s.writer, s.active = w, seg
	return err
}

// remove deletes a segment whose records are all sealed.
func (g *segment) remove(d *disk) error {
	g.files.drop(g)
	return d.remove(g.path)
}

// Close ends the writing: everything appended is made durable and every
// complete part sealed. If trials are left, what is there stays readable in
// trials/tail.parquet. The error is the first that the store met.
func (s *Store) Close() error {
	close(s.queue)
	whole := make(chan error, 1)
	go func() {
		s.wait.Wait()
		err := s.Err()
		if err == nil {
			err = s.closeData()
		}
		whole <- err
	}()
	var err error
	select {
	case err = <-whole:
	case <-s.hurry:
		return s.leave()
	}
	s.run.Ended = time.Now().UTC()
	counts := s.Counts()
	s.run.Counts = &counts
	if err != nil {
		s.run.Error = err.Error()
		s.writeRun() // may fail for the same reason; the first error is the one to tell
	} else {
		err = errors.Join(s.writeRun(), s.writeReadme())
	}
	return errors.Join(err, s.closeFiles())
}

// closeData leaves no journal when the data set is complete, and a fresh tail
// when it is not.
func (s *Store) closeData() error {
	s.mu.Lock()
	active := s.active
	empty := active.pending == 0
	s.mu.Unlock()
	if empty {
		written := s.writer.file
		s.active, s.writer = nil, nil
		if err := errors.Join(written.Close(), active.remove(s.disk)); err != nil {
			return err
		}
	}
	if s.sealed == s.plan.Len() {
		return s.removeTail()
	}
	if !empty && active.spread() {
		if err := s.rotate(); err != nil {
			return err
		}
		if err := s.regroup(active); err != nil {
			return err
		}
	}
	if s.tables.series == nil {
		return s.writeTail(trialsDir)
	}
	// Traces may take long to write: they are not there while a run goes on.
	return s.writeTail(seriesDir, trialsDir)
}

func (s *Store) closeFiles() error {
	s.closeNoted()
	var err error
	if s.writer != nil {
		err = s.writer.file.Close()
	}
	s.files.closeAll()
	return errors.Join(err, s.disk.close())
}

// metadata is what the footer of a file of the data set says beside its rows.
func (s *Store) metadata() map[string]string {
	return footerText(s.plan, s.header.Plan, s.header.Arch)
}

// dataFormat is the version of the data set's files.
const dataFormat = 1
