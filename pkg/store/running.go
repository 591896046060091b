package store

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/neurosweep/sweep/pkg/models"
)

// A model can end the process: by a stack overflow, a concurrent write to a map, a
// panic in a goroutine of its own, os.Exit. No record is left of that trial, and
// each further run would end at it. So workers note in a file which trials they
// run, the runtime leaves there what it says when it ends a process, and the next
// run finds both. What was running is suspected, and runs before all else, one
// trial at a time; a trial that has ended the process twice, the second time
// alone, is the record of a failure.
//
// A process that ends without a word may as well have been killed, which is no
// trial's fault. It counts only where nobody had told the run to stop, the machine
// still runs, and it was after the same time each time; and it takes three times
// alone, or four times of which the last two were.

const (
	runningDir   = "running"
	suspectsFile = "suspects.json"
	slotsExt     = ".trials"
	wordsExt     = ".txt"
)

// CrashClass is the class of the failures of trials that ended the process.
const CrashClass = "crash"

// The file of what runs: a head, and a slot for each worker.
const (
	runningMagic = "sweeprun"
	headBytes    = 1024
	maxStretches = 4096 // of trials that follow each other
	slotHead     = 32
	slotBytes    = slotHead + 16*maxStretches
	maxSlots     = 1 << 14
)

// runningHead says what process it was, as JSON behind the magic, the time of the
// last sign of life and whether the run was told to stop.
type runningHead struct {
	Plan string `json:"plan"`
	Host string `json:"host"`
	Boot string `json:"boot"` // another after each start of the machine; "" where it is not known
}

const (
	beatAt = int64(len(runningMagic))
	stopAt = beatAt + 8
	jsonAt = stopAt + 8
)

// noted is the file that a run notes in what runs.
type noted struct {
	mu    sync.Mutex
	tried bool
	file  *diskFile // nil while there is none
	words *diskFile // what the runtime says
	slots int
}

// Running is where a worker notes the trials that it runs. It belongs to one
// goroutine.
type Running struct {
	file      io.WriterAt
	at        int64
	single    bool
	goroutine uint64
	buf       []byte
}

// Running returns a place for a worker, whose goroutine calls it. With single, each
// trial is noted when it begins, and not the chunk that it is in. What cannot be
// noted is not, and no reason not to run.
func (s *Store) Running(single bool) *Running {
	n := &s.noted
	n.mu.Lock()
	defer n.mu.Unlock()
	if !n.tried {
		n.tried = true
		if err := s.openNoted(); err != nil {
			s.notice(fmt.Sprintf("which trials run cannot be noted, so that one that ends the process would not be found: %v", err))
		}
	}
	r := &Running{single: single, goroutine: thisGoroutine()}
	if n.file != nil && n.slots < maxSlots {
		r.file, r.at = n.file, int64(headBytes+n.slots*slotBytes)
		n.slots++
	}
	return r
}

// thisGoroutine is the number by which the runtime tells of the goroutine that
// calls it.
func thisGoroutine() (id uint64) {
	buf := make([]byte, 64)
	fmt.Sscanf(string(buf[:runtime.Stack(buf, false)]), "goroutine %d ", &id) // 0 is none's
	return id
}

func (s *Store) openNoted() (err error) {
	n := &s.noted
	if err := s.disk.mkdir(s.path(runningDir)); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			n.close(s.disk)
		}
	}()
	if n.file, err = s.disk.create(s.path(runningDir, s.header.Run+slotsExt), os.O_RDWR); err != nil {
		return err
	}
	if n.words, err = s.disk.create(s.path(runningDir, s.header.Run+wordsExt), os.O_RDWR|os.O_APPEND); err != nil {
		return err
	}
	about, err := json.Marshal(runningHead{s.header.Plan, s.run.Host, bootID()})
	if err != nil {
		return err
	}
	head := make([]byte, headBytes)
	copy(head, runningMagic)
	binary.LittleEndian.PutUint64(head[beatAt:], uint64(time.Now().UnixNano()))
	if len(about) > len(head)-int(jsonAt) {
		return errors.New("the host's name is too long")
	}
	copy(head[jsonAt:], about)
	if _, err := n.file.Write(head); err != nil {
		return err
	}
	return debug.SetCrashOutput(n.words.File, debug.CrashOptions{})
}

// bootID is another after each start of the machine, "" where the system does not
// say.
func bootID() string {
	id, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(id))
}

// closeNoted lets go of the files, which a run that ends by itself does not leave,
// and forgets suspects that have a record now. What is not removed here is by the
// next run.
func (s *Store) closeNoted() {
	n := &s.noted
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.file == nil {
		return
	}
	n.close(s.disk)
	if len(s.suspected) > 0 && !slices.ContainsFunc(s.suspected, func(c *suspect) bool { return !s.parts.has(c.Trial) }) {
		s.disk.remove(s.path(runningDir, suspectsFile))
	}
	s.disk.remove(s.path(runningDir)) // refused while there are suspects
}

// close removes the files. The caller holds mu.
func (n *noted) close(d *disk) {
	if n.words != nil {
		debug.SetCrashOutput(nil, debug.CrashOptions{}) // cannot fail without a file
	}
	for _, f := range []*diskFile{n.words, n.file} {
		if f != nil {
			f.Close()
			d.remove(f.Name())
		}
	}
	n.file, n.words = nil, nil
}

// beat gives a sign of life.
func (n *noted) beat(now time.Time) { n.put(beatAt, uint64(now.UnixNano())) }

// Stopping notes that the run was told to stop: if it is killed now, that is no
// trial's fault.
func (s *Store) Stopping() { s.noted.put(stopAt, 1) }

func (n *noted) put(at int64, value uint64) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.file != nil {
		n.file.WriteAt(binary.LittleEndian.AppendUint64(nil, value), at)
	}
}

// Chunk notes that the worker is about to run these trials, or nothing more.
func (r *Running) Chunk(trials []int64) {
	if r.single {
		trials = nil // each comes in its time
	}
	r.note(trials)
}

// Trial notes that the worker runs a trial, where single ones are noted.
func (r *Running) Trial(trial int64) {
	if r.single {
		r.note([]int64{trial})
	}
}

// note writes a slot: CRC-32C, count of stretches, when it was, the goroutine; and
// of each stretch its first trial and how many there are.
func (r *Running) note(trials []int64) {
	if r.file == nil {
		return
	}
	r.buf = append(r.buf[:0], make([]byte, slotHead)...)
	count := uint32(0)
	for from, to := 0, 0; from < len(trials) && count < maxStretches; from = to {
		for to = from + 1; to < len(trials) && trials[to] == trials[to-1]+1; to++ {
		}
		r.buf = binary.LittleEndian.AppendUint64(r.buf, uint64(trials[from]))
		r.buf = binary.LittleEndian.AppendUint64(r.buf, uint64(to-from))
		count++
	}
	binary.LittleEndian.PutUint32(r.buf[4:], count)
	binary.LittleEndian.PutUint64(r.buf[8:], uint64(time.Now().UnixNano()))
	binary.LittleEndian.PutUint64(r.buf[16:], r.goroutine)
	binary.LittleEndian.PutUint32(r.buf, crc32.Checksum(r.buf[4:], castagnoli))
	r.file.WriteAt(r.buf, r.at) // what cannot be noted is not
}

// death is what is known of a process that ended while it ran trials.
type death struct {
	head  runningHead
	stop  bool // it was told to
	beat  int64
	slots []slot
	words string
}

// slot is what one worker ran.
type slot struct {
	trials    []int64
	began     int64
	goroutine uint64
}

// maxSuspects bounds what is made of a damaged file.
const maxSuspects = 1 << 20

// readDeath reads the files of a run that has ended. What is not whole is left out.
func readDeath(dir, run string, plan Plan) (*death, error) {
	f, err := openRegular(filepath.Join(dir, run+slotsExt))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	d := &death{}
	head := make([]byte, headBytes)
	if _, err := f.ReadAt(head, 0); err != nil || string(head[:beatAt]) != runningMagic {
		return d, nil
	}
	number := func(b []byte, at int64) int64 { return int64(binary.LittleEndian.Uint64(b[at:])) }
	if about, _, _ := strings.Cut(string(head[jsonAt:]), "\x00"); json.Unmarshal([]byte(about), &d.head) != nil {
		return d, nil
	}
	d.beat, d.stop = number(head, beatAt), number(head, stopAt) != 0
	total := int64(0)
	buf := make([]byte, slotBytes)
	// Only as much is read as a slot says that it has: a file may have holes.
	for i := range int64(maxSlots) {
		at := headBytes + i*slotBytes
		if _, err := f.ReadAt(buf[:slotHead], at); err != nil {
			break
		}
		count := int64(binary.LittleEndian.Uint32(buf[4:]))
		if count == 0 || count > maxStretches {
			continue
		}
		text := buf[:slotHead+16*count]
		if _, err := f.ReadAt(text[slotHead:], at+slotHead); err != nil || crc32.Checksum(text[4:], castagnoli) != binary.LittleEndian.Uint32(text) {
			continue
		}
		one := slot{began: number(text, 8), goroutine: uint64(number(text, 16))}
		for p := int64(slotHead); p < int64(len(text)); p += 16 {
			first, n := number(text, p), number(text, p+8)
			if first < 0 || n < 0 || first > plan.Len()-n || total+n > maxSuspects {
				continue
			}
			total += n
			for trial := first; trial < first+n; trial++ {
				one.trials = append(one.trials, trial)
			}
		}
		d.slots = append(d.slots, one)
	}
	words, err := readSome(filepath.Join(dir, run+wordsExt), 1<<20)
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	d.words = string(words)
	return d, err
}

// readSome reads as much of a file.
func readSome(path string, most int64) ([]byte, error) {
	f, err := openRegular(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, most))
}

// suspect is a trial that ran when processes ended.
type suspect struct {
	Trial int64 `json:"trial"`
	// Deaths counts the ends of which the runtime said why; Alone says that it was
	// known to be this trial's doing the last time.
	Deaths  int    `json:"deaths,omitempty"`
	Alone   bool   `json:"alone,omitempty"`
	Message string `json:"message,omitempty"`
	Stack   string `json:"stack,omitempty"`
	// Quiet are the ns after which it ended without a word, as long as they are
	// alike, and QuietAlone how many of the last had no other trial running.
	Quiet      []int64 `json:"quiet,omitempty"`
	QuietAlone int     `json:"quiet_alone,omitempty"`
}

// guilty says that it is taken to be the trial's doing.
func (c *suspect) guilty() bool {
	return c.Deaths >= 2 && c.Alone || c.QuietAlone >= 3 || c.QuietAlone >= 2 && len(c.Quiet) >= 4
}

// isolated says that the trial is to run alone.
func (c *suspect) isolated() bool { return c.Deaths > 0 || len(c.Quiet) >= 2 }

// failure is the record of a trial that is guilty. It is the same each time.
func (c *suspect) failure() *models.Failure {
	if c.Deaths >= 2 {
		return &models.Failure{Class: CrashClass, Message: c.Message + ": it ended the process each time that the trial was run", Stack: c.Stack}
	}
	return &models.Failure{Class: CrashClass, Message: "the process ended without a word each time that the trial was run, as by os.Exit, or by the system for want of memory"}
}

// suspects are what is known of the deaths of earlier runs.
type suspects struct {
	Plan     string     `json:"plan"`
	Runs     []string   `json:"runs"` // that have been counted, and whose files may be there still
	Suspects []*suspect `json:"suspects"`
}

// alike reports whether two times after which a process ended are one: as near as
// a sign of life and a busy machine let them be.
func alike(a, b int64) bool {
	return max(a, b)-min(a, b) <= int64(time.Second)+max(a, b)/20
}

// add counts a death.
func (l *suspects) add(d *death, host, boot string) {
	if d.head.Plan != l.Plan {
		return // its numbers are of other trials
	}
	blamed, running := d.slots, 0
	for _, s := range d.slots {
		running += len(s.trials)
	}
	var message, stack string
	if d.words != "" {
		message, stack = headline(d.words)
		blamed = blame(d.words, d.slots)
	} else if d.stop || d.head.Host == host && d.head.Boot != boot {
		return
	}
	known := make(map[int64]*suspect)
	for _, c := range l.Suspects {
		known[c.Trial] = c
	}
	for _, s := range blamed {
		for _, trial := range s.trials {
			c := known[trial]
			if c == nil {
				c = &suspect{Trial: trial}
				known[trial] = c
				l.Suspects = append(l.Suspects, c)
			}
			if d.words != "" {
				c.Deaths++
				c.Alone = len(blamed) == 1 && len(s.trials) == 1
				c.Message, c.Stack = message, stack
				continue
			}
			after := max(d.beat-s.began, 0)
			if n := len(c.Quiet); n > 0 && !alike(c.Quiet[n-1], after) {
				c.Quiet, c.QuietAlone = nil, 0
			}
			c.Quiet = append(c.Quiet, after)
			if c.QuietAlone++; running > 1 {
				c.QuietAlone = 0
			}
		}
	}
}

// recoverRunning finds out what ran when earlier runs ended in the middle: records
// as failed what has ended the process too often, and suspects the rest.
func (s *Store) recoverRunning() error {
	dir := s.path(runningDir)
	names, err := list(dir)
	if err != nil || len(names) == 0 {
		return err
	}
	var l suspects
	if text, err := readSome(filepath.Join(dir, suspectsFile), 1<<28); err == nil {
		if json.Unmarshal(text, &l) != nil || l.Plan != s.header.Plan {
			l = suspects{Runs: l.Runs}
		}
	}
	l.Plan = s.header.Plan
	l.Suspects = slices.DeleteFunc(l.Suspects, func(c *suspect) bool { return c == nil || c.Trial < 0 || c.Trial >= s.plan.Len() })
	boot := bootID()
	var runs []string
	for _, name := range names {
		run, ok := strings.CutSuffix(name, slotsExt)
		if !ok {
			continue
		}
		runs = append(runs, run)
		if slices.Contains(l.Runs, run) {
			continue
		}
		d, err := readDeath(dir, run, s.plan)
		if err != nil {
			s.notice(fmt.Sprintf("%v; which trials ran then is not known", err))
			continue
		}
		l.add(d, s.run.Host, boot)
	}
	l.Runs = runs
	if err := s.judge(&l); err != nil {
		return err
	}
	if len(l.Suspects) > 0 {
		text, err := json.Marshal(l)
		if err != nil {
			return err
		}
		if err := s.disk.writeText(s.temp(), filepath.Join(dir, suspectsFile), text); err != nil {
			return err
		}
	}
	s.suspected = l.Suspects
	for _, name := range names {
		switch ext := filepath.Ext(name); {
		case ext == slotsExt, ext == wordsExt, name == suspectsFile && len(l.Suspects) == 0:
			if err := s.disk.remove(filepath.Join(dir, name)); err != nil {
				return err
			}
		}
	}
	return nil
}

// judge leaves of the suspects those of which nothing is known yet, and records the
// guilty ones as failed.
func (s *Store) judge(l *suspects) error {
	l.Suspects = slices.DeleteFunc(l.Suspects, func(c *suspect) bool { return s.parts.has(c.Trial) })
	b := s.NewBatch()
	defer s.batches.Put(b)
	trial := s.plan.Setting().NewTrial()
	var point models.Point
	left := l.Suspects[:0]
	deaths := 0
	for _, c := range l.Suspects {
		if !c.guilty() {
			left = append(left, c)
			if c.isolated() {
				s.isolated = append(s.isolated, c.Trial)
				deaths = max(deaths, c.Deaths+len(c.Quiet))
			}
			continue
		}
		s.plan.Point(c.Trial, &point)
		f := c.failure()
		b.Add(&point, trial, f, Timing{CPU: -1, Attempt: max(c.Deaths, len(c.Quiet))})
		s.notice(fmt.Sprintf("trial %d has ended the process %d times; it is recorded as failed: %s", c.Trial, max(c.Deaths, len(c.Quiet)), f.Message))
	}
	l.Suspects = left
	slices.Sort(s.isolated)
	if len(s.isolated) > 0 {
		s.notice(fmt.Sprintf("the process ended while trials ran: %d of them run first, one at a time, to find out which one ends it", len(s.isolated)))
	}
	if b.Len() == 0 {
		return nil
	}
	if err := s.writer.append(b.block); err != nil {
		return err
	}
	e := s.writer.frame
	e.segment = s.active
	s.complete = append(s.complete, s.enter(e, b.block)...)
	return s.writer.sync()
}

// Isolated are the trials that are to run before all others and one at a time, for
// one of them may have ended an earlier run's process.
func (s *Store) Isolated() []int64 { return slices.Clone(s.isolated) }
