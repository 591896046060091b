package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// OtherModelError says that the folder holds records of another model than the
// plan's, and none of the plan's: two specs of one name, most likely.
type OtherModelError struct {
	Dir   string
	There string // the model of the folder's records
	Here  string // the model of the plan
}

func (e *OtherModelError) Error() string {
	return fmt.Sprintf("%s holds records of the model %s, and this spec is of %s", e.Dir, e.There, e.Here)
}

// refusal is why this program does not write to a folder for the plan, nil if it
// may: its records are of another model, of another architecture, or of a format
// that is not known. It looks at footers and headers and changes nothing. What it
// cannot read is left to those that set damage aside.
func refusal(dir string, plan Plan) error {
	here := plan.Setting().Model.Name
	there, ours := "", false
	note := func(model string) {
		switch {
		case model == here:
			ours = true
		case model != "" && there == "":
			there = model
		}
	}
	names, err := list(filepath.Join(dir, trialsDir))
	if err != nil {
		return err
	}
	for _, name := range names {
		if _, ok := partNumber(name); !ok {
			continue
		}
		path := filepath.Join(dir, trialsDir, name)
		r, err := openFooter(path)
		if err != nil {
			if errors.Is(err, fs.ErrPermission) {
				return err
			}
			continue
		}
		format, arch, model := r.metadata("sweep.format"), r.metadata("sweep.arch"), r.metadata("sweep.model")
		r.close()
		if n, err := strconv.Atoi(format); err == nil && n > dataFormat {
			return fmt.Errorf("%s has format %d, which this version of sweep does not know", path, n)
		}
		if note(model); arch != Arch() && arch != "" {
			return otherArch(dir, arch)
		}
	}
	names, err = list(filepath.Join(dir, journalDir))
	if err != nil {
		return err
	}
	for _, name := range names {
		if filepath.Ext(name) != segmentExt {
			continue
		}
		g, h, _, err := openSegment(filepath.Join(dir, journalDir, name))
		switch {
		case errors.Is(err, errTorn):
			continue
		case err != nil:
			return err
		}
		g.file.Close()
		if note(h.Model); h.Arch != Arch() {
			return otherArch(dir, h.Arch)
		}
	}
	if there != "" && !ours {
		return &OtherModelError{dir, there, here}
	}
	return nil
}

func otherArch(dir, arch string) error {
	return fmt.Errorf("%s was computed on %s and this is %s, where the same trial can give other bits; use another results folder", dir, arch, Arch())
}

// Moved says what of a folder's data set another plan has moved to history/ when
// the folder was opened.
type Moved struct {
	// Records is how many records moved, and Back how many of them are in the plan's
	// data set again.
	Records int64 `json:"records"`
	Back    int64 `json:"back"`
	// To is the folder that they are in, below the result folder; "" if nothing
	// moved.
	To string `json:"to"`
}

// Moved says what moved to history/ when the store was opened.
func (s *Store) Moved() Moved { return s.moved }

// openFooter opens a file of any folder of the data set for what its footer says
// beside its columns: whose it is can be told whatever columns it has.
func openFooter(path string) (*partReader, error) {
	return openPart(path, &table{group: seriesGroupRows}, false)
}

// recoverParts takes note of the sealed parts. Those of another plan, and those
// whose lists an earlier version wrote without their length, move to history/,
// where reuse finds them; damaged ones move aside too, and what can be read of
// them is taken over as if they were of an earlier plan.
func (s *Store) recoverParts(ctx context.Context) error {
	names, err := list(s.path(trialsDir))
	if err != nil {
		return err
	}
	begun, err := begunMoves(s.dir)
	if err != nil {
		return err
	}
	if s.listed, err = readSums(s.dir); err != nil {
		return err
	}
	if s.found, err = s.hashParts(ctx); err != nil {
		return err
	}
	defer func() {
		if s.dated > 0 {
			s.notice(fmt.Sprintf("an earlier version of sweep wrote %d parts without saying how long their lists are: they move to %s, and their records are written anew", s.dated, historyDir))
		}
	}()
	for _, name := range names {
		k, ok := partNumber(name)
		switch {
		case name == tailName:
			// The journal has these records; a tail of this plan is kept for
			// readers until the next one replaces it.
			if r, err := openPart(s.path(trialsDir, name), s.tables.trials, true); err == nil {
				same := r.metadata("sweep.plan") == s.header.Plan && r.sameLists()
				r.close()
				if same {
					continue
				}
			}
			if err := s.disk.remove(s.path(trialsDir, name)); err != nil {
				return err
			}
		case ok:
			if err := s.recoverPart(k, name, begun[name]); err != nil {
				return err
			}
		}
	}
	return nil
}

func partNumber(name string) (int, bool) {
	digits, ok := strings.CutPrefix(name, "part-")
	digits, ok2 := strings.CutSuffix(digits, ".parquet")
	k, err := strconv.Atoi(digits)
	return k, ok && ok2 && err == nil && k >= 0 && partName(k) == name
}

// These say that a sealed part of the plan is sound, and yet not what the plan's
// data set has: its records are taken over into a part that is.
var (
	errDated  = errors.New("written by an earlier version")
	errTraces = errors.New("has other traces")
	errRetry  = errors.New("has failures to be run again")
)

// recoverPart takes note of a sealed part or moves it aside with all that goes
// with it; begun are the folders of history/ to which its move may have begun.
func (s *Store) recoverPart(k int, name string, begun []string) error {
	plan, rows := "", int64(0)
	r, err := openFooter(s.path(trialsDir, name))
	if err == nil {
		plan, rows = r.metadata("sweep.plan"), r.rows()
		r.close()
	}
	if to := begunMove(s.dir, name, plan, begun); to != "" {
		s.noteMoved(to, name, rows)
		return s.moveAside(to, name, partDirs)
	}
	// Whose part it is stands before what it should be like: one of another plan
	// has other columns and is not damaged.
	to := s.roomFor(name, partDirs)
	if err == nil && plan != s.header.Plan && plan != "" {
		s.noteMoved(to, name, rows)
		return s.moveAside(to, name, partDirs)
	}
	if err == nil {
		err = s.checkPart(k, name)
	}
	switch {
	case err == nil:
		s.parts.set(&part{k: k, sealed: true})
		s.done += rows
		s.sealed += rows
		return nil
	case errors.Is(err, fs.ErrPermission):
		return err
	case err == errDated:
		s.dated++
	case err == errTraces:
		s.noteMoved(to, name, rows)
	case err == errRetry:
		s.retried[k] = to
	default:
		s.notice(fmt.Sprintf("%v; the part moves to %s, what of it can be read is taken over, and the rest runs again", err, historyDir))
	}
	return s.moveAside(to, name, partDirs)
}

// noteMoved takes note of a part of another spec's data set that moves to a folder
// of history/.
func (s *Store) noteMoved(to, name string, rows int64) {
	s.moved.Records += rows
	s.earlier[s.path(historyDir, to, trialsDir, name)] = true
}

// checkPart says what is wrong with a sealed part of the plan and what goes with
// it; it counts the part's failures if nothing is.
func (s *Store) checkPart(k int, name string) error {
	r, err := openPart(s.path(trialsDir, name), s.tables.trials, false)
	if err != nil {
		return err
	}
	defer r.close()
	failed, bad := strconv.ParseInt(r.metadata("sweep.failed"), 10, 64)
	switch {
	case r.exact && !r.sameLists():
		return errDated
	case !r.exact || bad != nil || k >= s.parts.planned || r.rows() != int64(partSize(s.plan, k)):
		return fmt.Errorf("%s is %w", r.file.Name(), errShape)
	}
	if err := r.begins(); err != nil {
		return err
	}
	for _, dir := range s.tables.dirs() {
		if dir == timingsDir || dir == statesDir {
			if err := s.checkBeside(dir, k); err != nil {
				return err
			}
		}
	}
	same, err := sameSeries(s.path(seriesDir, name), s.plan, s.header.Plan)
	switch {
	case err != nil:
		return err
	case !same:
		return errTraces
	case failed > 0 && s.retry: // all of it goes over into the part that is made anew
		return errRetry
	}
	if err := s.proveSums(k); err != nil {
		return err
	}
	s.failed += failed
	return nil
}

// checkBeside says what is wrong with a file that has a row for each row of part k:
// without its states a chain cannot go on behind the part.
func (s *Store) checkBeside(dir string, k int) error {
	r, err := openPart(s.path(dir, partName(k)), s.tables.in(dir), true)
	if err != nil {
		return err
	}
	defer r.close()
	if r.metadata("sweep.plan") != s.header.Plan || r.rows() != int64(partSize(s.plan, k)) {
		return fmt.Errorf("%s holds the %s of other trials", r.file.Name(), dir)
	}
	return r.begins()
}

// begins reads the first rows of the file. What another version of this program may
// have written in a way that this one cannot read does not count as done.
func (r *partReader) begins() error {
	if err := r.next(newBlock(r.table)); err != nil && err != io.EOF {
		return fmt.Errorf("%s: %w", r.file.Name(), err)
	}
	return nil
}

// sameSeries reports whether a file of series/ has the traces that the plan keeps, or
// is not there if it keeps none. The error says what is wrong with a file that should
// have them.
func sameSeries(path string, plan Plan, hash string) (bool, error) {
	record := plan.Setting().Record
	if len(record) == 0 {
		_, err := os.Lstat(path)
		return errors.Is(err, fs.ErrNotExist), nil
	}
	r, err := openSeries(path)
	if err != nil {
		return false, err
	}
	defer r.close()
	if r.metadata("sweep.plan") != hash || r.metadata(recordKey) != recordText(record) {
		return false, nil
	}
	return true, r.begins()
}

// besideTrials are the folders that may have a file that goes with one of trials/,
// partDirs those and trials/.
var (
	besideTrials = []string{timingsDir, statesDir, seriesDir}
	partDirs     = []string{timingsDir, statesDir, seriesDir, trialsDir}
)

// moveAside moves the files of one name out of the data set into a folder of
// history/. The trials go last, for they say that the others are there.
func (s *Store) moveAside(to, name string, dirs []string) error {
	for _, dir := range dirs {
		if err := s.setAsideTo(to, dir, name); err != nil {
			return err
		}
	}
	return nil
}

// roomFor is a folder of history/ that has no file of the name: this run's, or one
// beside it.
func (s *Store) roomFor(name string, dirs []string) string {
	for n := 1; ; n++ {
		to := s.header.Run
		if n > 1 {
			to += fmt.Sprintf("-%d", n)
		}
		if !slices.ContainsFunc(dirs, func(dir string) bool { return exists(s.path(historyDir, to, dir, name)) }) {
			return to
		}
	}
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// begunMoves are, for names of parts, the folders of history/, the latest first,
// that have files that go with trials, and not the trials: a move that was stopped,
// maybe.
func begunMoves(dir string) (map[string][]string, error) {
	runs, err := list(filepath.Join(dir, historyDir))
	if err != nil {
		return nil, err
	}
	begun := make(map[string][]string)
	for _, run := range slices.Backward(runs) {
		seen := make(map[string]bool)
		for _, beside := range besideTrials {
			names, _ := list(filepath.Join(dir, historyDir, run, beside)) // none of a file
			for _, name := range names {
				if _, ok := partNumber(name); ok && !seen[name] && !exists(filepath.Join(dir, historyDir, run, trialsDir, name)) {
					seen[name] = true
					begun[name] = append(begun[name], run)
				}
			}
		}
	}
	return begun, nil
}

// begunMove is the folder of history/ to which the move of a part of the data set
// has begun, "" if none has: files of it are there and no more here. plan is the
// part's, "" if it cannot be read.
func begunMove(dir, name, plan string, begun []string) string {
	for _, run := range begun {
		moved := true
		for _, beside := range besideTrials {
			there := filepath.Join(dir, historyDir, run, beside, name)
			if !exists(there) {
				continue
			}
			moved = moved && !exists(filepath.Join(dir, beside, name))
			if r, err := openFooter(there); err == nil {
				moved = moved && (plan == "" || plan == r.metadata("sweep.plan"))
				r.close()
			}
		}
		if moved {
			return run
		}
	}
	return ""
}

// setAside moves a file out of the data set into this run's history.
func (s *Store) setAside(dir, name string) error {
	return s.setAsideTo(s.roomFor(name, []string{dir}), dir, name)
}

func (s *Store) setAsideTo(run, dir, name string) error {
	if !exists(s.path(dir, name)) && dir != trialsDir {
		return nil
	}
	folder := s.path(historyDir, run, dir)
	if err := s.disk.mkdir(folder); err != nil {
		return err
	}
	from, to := s.path(dir, name), filepath.Join(folder, name)
	move := s.disk.rename
	if link, err := os.Readlink(from); err == nil {
		move = s.disk.relink
		s.notice(fmt.Sprintf("%s is a link to %s: the link moves to %s", from, link, to))
	}
	if err := move(from, to); err != nil {
		return err
	}
	if err := s.disk.syncDir(folder); err != nil {
		return err
	}
	return s.disk.syncDir(s.path(dir))
}

// clearBeside leaves beside trials/ what goes with its sealed parts and nothing
// else: a reader that joins by the trial's number would take it for theirs. What a
// kill has left before the trials came goes, since the journal has all of it; what
// may be the only copy moves to history/.
func (s *Store) clearBeside() error {
	strays := make(map[string][]string) // by name, the folders
	for _, dir := range besideTrials {
		names, err := list(s.path(dir))
		if err != nil {
			return err
		}
		for _, name := range names {
			k, ok := partNumber(name)
			switch {
			case ok && s.parts.sealed(k) && slices.Contains(s.tables.dirs(), dir):
			case ok && s.isComplete(k) && slices.Contains(s.tables.dirs(), dir) && isOf(s.path(dir, name), s.header.Plan):
				if err := s.disk.remove(s.path(dir, name)); err != nil {
					return err
				}
			case ok:
				strays[name] = append(strays[name], dir)
			case name == tailName && dir == seriesDir:
				if same, err := sameSeries(s.path(dir, name), s.plan, s.header.Plan); err == nil && same {
					continue
				}
				if err := s.disk.remove(s.path(dir, name)); err != nil {
					return err
				}
			}
		}
	}
	for name, dirs := range strays {
		to := s.roomFor(name, partDirs)
		if err := s.moveAside(to, name, dirs); err != nil {
			return err
		}
	}
	return nil
}

// isComplete reports whether the journal has all of part k.
func (s *Store) isComplete(k int) bool {
	p := s.parts.at(k)
	return p != nil && p.sealing
}

// recoverJournal takes note of the records that are not sealed yet.
func (s *Store) recoverJournal() error {
	names, err := list(s.path(journalDir))
	if err != nil {
		return err
	}
	var segments []*segment
	for _, name := range names {
		if filepath.Ext(name) != segmentExt {
			continue
		}
		g, err := s.recoverSegment(name)
		if err != nil {
			return err
		}
		if g != nil {
			segments = append(segments, g)
		}
	}
	if err := s.mergeSegments(segments); err != nil {
		return err
	}
	for _, g := range segments {
		if g.pending > 0 && g.spread() {
			s.spread = append(s.spread, g)
		}
	}
	return nil
}

// recoverSegment takes note of the records of a segment, which is nil if it has
// none that are not sealed.
func (s *Store) recoverSegment(name string) (*segment, error) {
	g, h, r, err := openSegment(s.path(journalDir, name))
	if errors.Is(err, errTorn) {
		if empty, err := isEmpty(s.path(journalDir, name)); err != nil {
			return nil, err
		} else if empty {
			return nil, s.disk.remove(s.path(journalDir, name)) // killed before there was a header
		}
		s.notice(fmt.Sprintf("%v: no record of it can be read; it moves to %s", err, historyDir))
		return nil, s.setAside(journalDir, name)
	}
	if err != nil {
		return nil, err
	}
	g.files = &s.files
	defer s.files.drop(g) // there may be many; it is opened again when it is read
	if h.Arch != s.header.Arch {
		return nil, otherArch(s.dir, h.Arch)
	}
	if h.Plan != s.header.Plan || !g.table.sameTraces(s.tables.journal) {
		to := s.roomFor(name, []string{journalDir})
		s.earlier[s.path(historyDir, to, journalDir, name)] = true
		return nil, s.setAsideTo(to, journalDir, name)
	}
	var complete []int
	lost, err := g.scan(r, s.tables.seen(), func(e entry, b *block) error {
		if e.first < 0 || e.last >= s.plan.Len() {
			return fmt.Errorf("%s: batch at byte %d: trials %d to %d are not all in the plan", g.path, e.offset, e.first, e.last)
		}
		complete = append(complete, s.enter(e, b)...)
		return nil
	})
	if err != nil {
		return nil, err
	}
	if lost > 0 {
		s.notice(fmt.Sprintf("%s: the last %d bytes are not whole records; the trials they may have held run again", g.path, lost))
	}
	s.complete = append(s.complete, complete...)
	if g.pending == 0 {
		return nil, g.remove(s.disk)
	}
	return g, nil
}

// isEmpty reports whether a file has no byte but zeros, as one that a kill or a
// power cut left before anything was written to it.
func isEmpty(path string) (bool, error) {
	f, err := openRegular(path)
	if err != nil {
		return false, err
	}
	defer f.Close()
	buf := make([]byte, 1<<16)
	for {
		n, err := f.Read(buf)
		if len(bytes.Trim(buf[:n], "\x00")) > 0 {
			return false, nil
		}
		if err == io.EOF {
			return true, nil
		}
		if err != nil {
			return false, err
		}
	}
}
