package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Litter is what a folder holds and its data set does not need.
type Litter struct {
	// Remove are the files that can go, Keep those of history/ that cannot.
	Remove []LitterFile `json:"remove"`
	Keep   []LitterFile `json:"keep"`
	Bytes  int64        `json:"bytes"` // of Remove
	// Removed says that they are gone.
	Removed bool `json:"removed"`
}

// LitterFile is a file, or a sealed part with the files beside it.
type LitterFile struct {
	File  string `json:"file"` // below the folder
	Bytes int64  `json:"bytes"`
	Why   string `json:"why"`
	// Records counts its records, Other those of an earlier spec, that the data set
	// does not have, or not with the traces that they have.
	Records int64 `json:"records"`
	Other   int64 `json:"other"`

	paths []string // in the order in which they are removed
}

// Garbage finds what is not needed: what a killed run left in .tmp/, the files of
// history/ whose every record the data set has, and, once the data set is complete,
// files there that cannot be read. With earlier, files go too that have records of
// an earlier spec: those would be computed again if it were run again. The specs in
// history/ stay.
func Garbage(dir string, plan Plan, earlier bool) (*Litter, error) {
	n, err := inspect(dir, plan)
	if err != nil {
		return nil, err
	}
	defer n.close()
	return n.garbage(false, earlier)
}

// RemoveGarbage removes what Garbage finds, as the folder's only writer; me says
// who that is. It removes nothing if anything is amiss with the data set: it reads
// every record first, as [Verify] does. The error is a [*LockedError] when
// another process writes to dir.
func RemoveGarbage(dir string, plan Plan, earlier bool, me LockedError) (*Litter, error) {
	if _, err := os.Stat(filepath.Join(dir, trialsDir)); err != nil {
		return nil, fmt.Errorf("%s is not a result folder: %w", dir, err)
	}
	d := &disk{}
	if err := d.open(dir); err != nil {
		return nil, err
	}
	defer d.close()
	if err := checkFolders(dir); err != nil {
		return nil, err
	}
	if err := d.take(me); err != nil {
		return nil, err
	}
	n, err := inspect(dir, plan)
	if err != nil {
		return nil, err
	}
	defer n.close()
	n.Writer = nil // it is this process
	l, err := n.garbage(true, earlier)
	if err != nil {
		return nil, err
	}
	for _, f := range l.Remove {
		for _, path := range f.paths {
			if err := d.remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return nil, err
			}
			// A folder that is empty now goes too, and the one that it was in;
			// others refuse.
			for parent := filepath.Dir(path); parent != dir && filepath.Base(parent) != tempDir; parent = filepath.Dir(parent) {
				if d.remove(parent) != nil {
					break
				}
			}
		}
	}
	l.Removed = true
	return l, nil
}

// garbage sorts the files; strict looks at every record of the data set before.
func (n *inspection) garbage(strict, earlier bool) (*Litter, error) {
	if err := n.readParts(strict); err != nil {
		return nil, err
	}
	if strict {
		if err := n.verifySums(); err != nil {
			return nil, err
		}
	}
	if err := n.readJournal(); err != nil {
		return nil, err
	}
	if strict {
		n.verifyJournal()
		if len(n.Problems) > 0 {
			return nil, fmt.Errorf("%s is not sound, and nothing is removed: %s", n.dir, n.Problems[0])
		}
	}
	if n.Earlier > 0 {
		return nil, fmt.Errorf("%d files of %s are of another plan than spec.yaml gives, such as that of another version of the model: run it first", n.Earlier, n.dir)
	}
	l := &Litter{Remove: []LitterFile{}, Keep: []LitterFile{}}
	if n.Writer == nil { // else they are being written
		if err := n.tempFiles(l); err != nil {
			return nil, err
		}
	}
	if err := n.historyFiles(l, earlier); err != nil {
		return nil, err
	}
	for _, f := range l.Remove {
		l.Bytes += f.Bytes
	}
	return l, nil
}

func (n *inspection) tempFiles(l *Litter) error {
	names, err := list(filepath.Join(n.dir, tempDir))
	if err != nil {
		return err
	}
	for _, name := range names {
		f := LitterFile{File: tempDir + "/" + name, Why: "half written by a run that was killed", paths: []string{filepath.Join(n.dir, tempDir, name)}}
		if f.Bytes, err = fileSize(f.paths[0]); err != nil {
			continue // no plain file: it is not ours
		}
		l.Remove = append(l.Remove, f)
	}
	return nil
}

// historyFiles sorts the files of history/. A record is needed if its point is in
// the plan and the data set has none of it, or that of a failure where this one
// is not. Records of other points, and traces that the data set does not have, are
// those of an earlier spec: they go only with all.
func (n *inspection) historyFiles(l *Litter, all bool) error {
	sources, err := historySources(n.dir)
	if err != nil {
		return err
	}
	failed, err := n.failedTrials()
	if err != nil {
		return err
	}
	type use struct{ planned, needed int64 }
	uses := make(map[*held]*use)
	for rest := sources; len(rest) > 0; {
		l := new(lot)
		m, err := l.fill(context.Background(), rest, lotRecords)
		if err != nil {
			return err
		}
		rest = rest[m:]
		if err := l.find(context.Background(), n.plan, func(int64) bool { return false }); err != nil {
			return err
		}
		for _, s := range l.spans {
			u := new(use)
			uses[s.held] = u
			for i := s.first; i < s.first+s.rows; i++ {
				trial := l.trials[i]
				if trial < 0 {
					continue
				}
				u.planned++
				if !n.has(trial) || failed[trial] && !l.failed[i] {
					u.needed++
				}
			}
		}
	}
	if err := n.strays(l); err != nil {
		return err
	}
	for _, h := range sources {
		u := uses[h]
		damage := h.err
		if lost, err := h.torn(n.tables.seen()); damage == nil && (err != nil || lost > 0) {
			damage = cmp.Or(err, error(errTorn))
		}
		f := LitterFile{Records: int64(h.rows), Other: int64(h.rows) - u.planned}
		if h.look() == nil && h.arch != Arch() { // no record of it is taken over
			u.needed, f.Other = 0, f.Records
		}
		if f.Other == 0 && !n.keepsAll(h) {
			f.Other = f.Records // with traces that the data set does not have
		}
		f.File, _ = h.name(n.dir)
		for _, path := range []string{h.timings, h.source.states, h.series, h.part, h.journal} {
			if size, err := fileSize(path); path != "" && err == nil {
				f.Bytes += size
				f.paths = append(f.paths, path)
			}
		}
		keep := true
		switch {
		case u.needed > 0:
			f.Why = fmt.Sprintf("has %d records that the data set lacks; the next run takes over those that it can", u.needed)
		case damage != nil && n.Done < n.Planned:
			f.Why = "is damaged, and might hold records that the data set lacks"
		case f.Other > 0:
			f.Why = fmt.Sprintf("has %d records of an earlier spec of this file", f.Other)
			keep = !all
		case damage != nil:
			f.Why = "is damaged; the data set is complete without it"
			keep = false
		default:
			f.Why = "the data set has each of its records"
			keep = false
		}
		if keep {
			l.Keep = append(l.Keep, f)
		} else {
			l.Remove = append(l.Remove, f)
		}
	}
	return nil
}

// strays sorts files of history/ that go with trials which are not there.
func (n *inspection) strays(l *Litter) error {
	begun, err := begunMoves(n.dir)
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(begun)) {
		for _, run := range begun[name] {
			for _, dir := range besideTrials {
				path := filepath.Join(n.dir, historyDir, run, dir, name)
				size, err := fileSize(path)
				if err != nil {
					continue // none, or no plain file
				}
				f := LitterFile{File: strings.Join([]string{historyDir, run, dir, name}, "/"), Bytes: size, Why: "goes with trials that are not there; the data set is complete without it", paths: []string{path}}
				if n.Done < n.Planned {
					f.Why = "goes with trials that are not there, and the data set is not complete"
					l.Keep = append(l.Keep, f)
				} else {
					l.Remove = append(l.Remove, f)
				}
			}
		}
	}
	return nil
}

// keepsAll reports whether the data set keeps all traces that a source has.
func (n *inspection) keepsAll(h *held) bool {
	if h.record == "" {
		return true
	}
	kept := strings.Split(recordText(n.plan.Setting().Record), recordJoint)
	return !slices.ContainsFunc(strings.Split(h.record, recordJoint), func(name string) bool { return !slices.Contains(kept, name) })
}

// failedTrials are the trials whose record is that of a failure.
func (n *inspection) failedTrials() (map[int64]bool, error) {
	failed := make(map[int64]bool)
	if n.Failed == 0 {
		return failed, nil
	}
	rows := &Rows{n}
	err := rows.Each(StatusColumns, func(r *Record) error {
		if r.Failure != nil {
			failed[r.Trial] = true
		}
		return nil
	})
	return failed, err
}

// torn is how many bytes at the end of a segment are not whole records.
func (src source) torn(t *table) (int64, error) {
	if src.journal == "" {
		return 0, nil
	}
	g, _, r, err := openSegment(src.journal)
	if err != nil {
		return 0, err
	}
	defer g.file.Close()
	return g.scan(r, t, func(entry, *block) error { return nil })
}
