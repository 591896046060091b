package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// recoverParts takes note of the sealed parts. Those of another plan, and those
// whose lists an earlier version wrote without their length, move to history/,
// where reuse finds them; damaged ones move aside and are computed again.
func (s *Store) recoverParts() error {
	names, err := list(s.path(trialsDir))
	if err != nil {
		return err
	}
	defer func() {
		if s.dated > 0 {
			s.notice(fmt.Sprintf("an earlier version of sweep wrote %d parts without saying how long their lists are: they move to %s, their records are written anew, and trials that failed run again", s.dated, historyDir))
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
			if err := s.recoverPart(k, name); err != nil {
				return err
			}
		}
	}
	return s.clearSeries()
}

// clearSeries removes the traces of parts that are not sealed, since a kill came
// before the trials and the journal has them, and a tail of another plan.
func (s *Store) clearSeries() error {
	names, err := list(s.path(seriesDir))
	if err != nil {
		return err
	}
	for _, name := range names {
		k, ok := partNumber(name)
		lone := ok && (k >= s.parts.planned || !s.parts.sealed(k))
		if name == tailName {
			same, err := sameSeries(s.path(seriesDir, name), s.plan, s.header.Plan)
			lone = err != nil || !same
		}
		if lone {
			if err := s.disk.remove(s.path(seriesDir, name)); err != nil {
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

func (s *Store) recoverPart(k int, name string) error {
	switch run, err := s.asideOf(name); {
	case err != nil:
		return err
	case run != s.header.Run:
		return s.setPartAside(name, run)
	}
	r, err := openPart(s.path(trialsDir, name), s.tables.trials, false)
	if err != nil {
		if errors.Is(err, fs.ErrPermission) {
			return err
		}
		s.notice(fmt.Sprintf("%v; it moves to %s and its trials run again", err, historyDir))
		return s.setAside(trialsDir, name)
	}
	defer r.close()
	if arch := r.metadata("sweep.arch"); arch != s.header.Arch {
		return s.otherArch(arch)
	}
	failed, bad := strconv.ParseInt(r.metadata("sweep.failed"), 10, 64)
	if r.exact && !r.sameLists() && r.metadata("sweep.plan") == s.header.Plan {
		s.dated++
		return s.setPartAside(name, s.header.Run)
	}
	if !r.exact || bad != nil || r.metadata("sweep.plan") != s.header.Plan || k >= s.parts.planned || r.rows() != int64(partSize(s.plan, k)) || failed > 0 && s.retry {
		return s.setPartAside(name, s.header.Run)
	}
	err = s.checkStates(k)
	if err == nil {
		var same bool
		if same, err = sameSeries(s.path(seriesDir, name), s.plan, s.header.Plan); err == nil && !same {
			return s.setPartAside(name, s.header.Run)
		}
	}
	if err != nil {
		s.notice(fmt.Sprintf("%v; the part moves to %s and its trials run again", err, historyDir))
		return s.setPartAside(name, s.header.Run)
	}
	s.parts.set(&part{k: k, sealed: true})
	s.done += r.rows()
	s.sealed += r.rows()
	s.failed += failed
	return nil
}

// checkStates says what is wrong with the states of part k, which a chain that
// goes on behind the part needs.
func (s *Store) checkStates(k int) error {
	if s.tables.states == nil {
		return nil
	}
	r, err := openPart(s.path(statesDir, partName(k)), s.tables.states, true)
	if err != nil {
		return err
	}
	defer r.close()
	if r.metadata("sweep.plan") != s.header.Plan || r.rows() != int64(partSize(s.plan, k)) {
		return fmt.Errorf("%s holds the states of other trials", r.file.Name())
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
	return r.metadata("sweep.plan") == hash && r.metadata(recordKey) == recordText(record), nil
}

// besideTrials are the folders that may have a file that goes with one of trials/.
var besideTrials = []string{timingsDir, statesDir, seriesDir}

// setPartAside moves a sealed part and all that goes with it out of the data set,
// into a run's folder of history/; its trials go last, for they say that the others
// are there.
func (s *Store) setPartAside(name, run string) error {
	for _, dir := range append(besideTrials, trialsDir) {
		if err := s.setAsideTo(run, dir, name); err != nil {
			return err
		}
	}
	return nil
}

// asideOf is the run in whose folder of history/ a part belongs: this one, or one
// that was stopped when it had moved a file that goes with the trials, and not them.
func (s *Store) asideOf(name string) (string, error) {
	runs, err := list(s.path(historyDir))
	if err != nil {
		return "", err
	}
	has := func(run, dir string) bool {
		_, err := os.Lstat(s.path(historyDir, run, dir, name))
		return err == nil
	}
	for _, run := range slices.Backward(runs) {
		if !has(run, trialsDir) && slices.ContainsFunc(besideTrials, func(dir string) bool { return has(run, dir) }) {
			return run, nil
		}
	}
	return s.header.Run, nil
}

func (s *Store) otherArch(arch string) error {
	return fmt.Errorf("%s was computed on %s and this is %s, where the same trial can give other bits; use another results folder", s.dir, arch, s.header.Arch)
}

// setAside moves a file out of the data set into this run's history.
func (s *Store) setAside(dir, name string) error { return s.setAsideTo(s.header.Run, dir, name) }

func (s *Store) setAsideTo(run, dir, name string) error {
	if _, err := os.Lstat(s.path(dir, name)); errors.Is(err, fs.ErrNotExist) && dir != trialsDir {
		return nil
	}
	to := s.path(historyDir, run, dir)
	if err := s.disk.mkdir(to); err != nil {
		return err
	}
	if err := s.disk.rename(s.path(dir, name), filepath.Join(to, name)); err != nil {
		return err
	}
	if err := s.disk.syncDir(to); err != nil {
		return err
	}
	return s.disk.syncDir(s.path(dir))
}

// recoverJournal takes note of the records that are not sealed yet.
func (s *Store) recoverJournal() error {
	names, err := list(s.path(journalDir))
	if err != nil {
		return err
	}
	for _, name := range names {
		if filepath.Ext(name) != segmentExt {
			continue
		}
		if err := s.recoverSegment(name); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) recoverSegment(name string) error {
	g, h, r, err := openSegment(s.path(journalDir, name))
	if errors.Is(err, errTorn) {
		s.notice(fmt.Sprintf("%v: no record of it can be read; it moves to %s", err, historyDir))
		return s.setAside(journalDir, name)
	}
	if err != nil {
		return err
	}
	if h.Arch != s.header.Arch {
		g.file.Close()
		return s.otherArch(h.Arch)
	}
	if h.Plan != s.header.Plan || !g.table.sameTraces(s.tables.journal) {
		g.file.Close()
		return s.setAside(journalDir, name)
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
		g.file.Close()
		return err
	}
	if lost > 0 {
		s.notice(fmt.Sprintf("%s: the last %d bytes are not whole records; the trials they may have held run again", g.path, lost))
	}
	s.complete = append(s.complete, complete...)
	if g.pending == 0 {
		return g.remove(s.disk)
	}
	if g.spread() {
		s.spread = append(s.spread, g)
	}
	return nil
}
