package store

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/neurosweep/sweep/pkg/models"
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
	// Records counts its records, Other those of points that the present plan
	// does not have: a spec that asks for them again would compute them again.
	Records int64 `json:"records"`
	Other   int64 `json:"other"`

	paths []string // in the order in which they are removed
}

// Garbage finds what is not needed: what a killed run left in .tmp/, the files of
// history/ of whose records the data set has all that are of the present plan,
// and, once the data set is complete, files there that cannot be read. The specs
// in history/ stay.
func Garbage(dir string, plan Plan) (*Litter, error) {
	n, err := inspect(dir, plan)
	if err != nil {
		return nil, err
	}
	defer n.close()
	return n.garbage(false)
}

// RemoveGarbage removes what Garbage finds, as the folder's only writer; me says
// who that is. It removes nothing if anything is amiss with the data set: it reads
// every record first, as [Verify] does. The error is a [*LockedError] when
// another process writes to dir.
func RemoveGarbage(dir string, plan Plan, me LockedError) (*Litter, error) {
	if _, err := os.Stat(filepath.Join(dir, trialsDir)); err != nil {
		return nil, fmt.Errorf("%s is not a result folder: %w", dir, err)
	}
	d := &disk{}
	held, err := lock(d, dir, me)
	if err != nil {
		return nil, err
	}
	defer held.Close()
	n, err := inspect(dir, plan)
	if err != nil {
		return nil, err
	}
	defer n.close()
	n.Writer = nil // it is this process
	l, err := n.garbage(true)
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
func (n *inspection) garbage(strict bool) (*Litter, error) {
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
	if err := n.historyFiles(l); err != nil {
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
// is not.
func (n *inspection) historyFiles(l *Litter) error {
	sources, err := historySources(n.dir)
	if err != nil || len(sources) == 0 {
		return err
	}
	type use struct {
		records, planned, needed int64
		damage                   error
	}
	uses := make([]use, len(sources))
	var rows []old
	ok := make([][]bool, len(sources)) // by row: it has not failed
	seen := n.tables.seen()
	for i, src := range sources {
		uses[i].damage = src.read(seen, false, func(row int, b *block) error {
			for j, id := range b.columns[journalID].id {
				rows = append(rows, old{binary.LittleEndian.Uint64(id[:]), i, row + j})
				ok[i] = append(ok[i], b.columns[journalStatus].text[j] != statusFailed)
			}
			return nil
		})
		if lost, err := src.torn(seen); uses[i].damage == nil && (err != nil || lost > 0) {
			uses[i].damage = cmp.Or(err, error(errTorn))
		}
		uses[i].records = int64(len(ok[i]))
	}
	slices.SortFunc(rows, func(a, b old) int { return cmp.Compare(a.key, b.key) })
	failed, err := n.failedTrials()
	if err != nil {
		return err
	}
	identity := n.plan.Setting().NewIdentity()
	var p models.Point
	for trial := range n.plan.Len() {
		n.plan.Point(trial, &p)
		id := identity.Of(&p)
		key := binary.LittleEndian.Uint64(id[:])
		at, _ := slices.BinarySearchFunc(rows, key, func(o old, key uint64) int { return cmp.Compare(o.key, key) })
		// Half of the identity suffices: where two points have the same half, a
		// file is kept that might go.
		for ; at < len(rows) && rows[at].key == key; at++ {
			o := rows[at]
			uses[o.source].planned++
			if !n.parts.has(trial) || failed[trial] && ok[o.source][o.row] {
				uses[o.source].needed++
			}
		}
	}
	for i, src := range sources {
		u := uses[i]
		f := LitterFile{Records: u.records, Other: u.records - u.planned}
		f.File, _ = src.name(n.dir)
		for _, path := range []string{src.timings, src.states, src.series, src.part, src.journal} {
			if size, err := fileSize(path); path != "" && err == nil {
				f.Bytes += size
				f.paths = append(f.paths, path)
			}
		}
		switch {
		case u.needed > 0:
			f.Why = fmt.Sprintf("has %d records that the data set lacks; the next run takes over those that it can", u.needed)
		case u.damage != nil && n.Done < n.Planned:
			f.Why = "is damaged, and might hold records that the data set lacks"
		case u.damage != nil:
			f.Why = "is damaged; the data set is complete without it"
			l.Remove = append(l.Remove, f)
			continue
		case u.planned == 0:
			f.Why = "has no record of the present plan"
			l.Remove = append(l.Remove, f)
			continue
		default:
			f.Why = "the data set has each of its records that is of the present plan"
			l.Remove = append(l.Remove, f)
			continue
		}
		l.Keep = append(l.Keep, f)
	}
	return nil
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
