package store

import (
	"path/filepath"
	"time"
)

// Cut is a trial that the end of a run cut off: it has no record, and takes longer
// than it ran.
type Cut struct {
	Trial int64   `json:"trial"` // in the plan of that run
	ID    string  `json:"id"`    // of its point
	Ran   float64 `json:"ran"`   // s
}

// Time is how long the trial had run.
func (c Cut) Time() time.Duration { return time.Duration(min(c.Ran, 1e9) * float64(time.Second)) }

// NoteCut puts what the run cut off into its provenance. It is called before Close.
func (s *Store) NoteCut(cut []Cut) { s.run.Cut = cut }

// cutRuns is how many runs are asked what they cut off: a year of nights.
const cutRuns = 400

// CutOff are the trials that the latest runs of a folder cut off, some of which may
// have been done since. They are known by their points, in whatever plan those are.
func CutOff(dir string) ([]Cut, error) {
	names, err := list(filepath.Join(dir, runsDir))
	var cut []Cut
	for _, name := range names[max(len(names)-cutRuns, 0):] {
		if r := readRun(filepath.Join(dir, runsDir, name)); r != nil {
			cut = append(cut, r.Cut...)
		}
	}
	return cut, err
}
