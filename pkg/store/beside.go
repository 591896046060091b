package store

import (
	"path/filepath"
	"slices"
)

// verifyBeside checks that what lies beside trials/ goes with it: a reader that joins
// by the trial's number would take files of another plan for those of these trials.
func (n *inspection) verifyBeside() error {
	for _, dir := range besideTrials {
		names, err := list(filepath.Join(n.dir, dir))
		if err != nil {
			return err
		}
		for _, name := range names {
			path := filepath.Join(n.dir, dir, name)
			k, ok := partNumber(name)
			switch {
			case !ok && dir != seriesDir: // verifySeries looks at those of series/
				n.problem(path, "is not a file of the data set, and a notebook that reads the folder would read it too")
			case !ok, n.parts.sealed(k) && slices.Contains(n.tables.dirs(), dir):
			case n.Writer == nil && !isOf(path, n.hash):
				n.problem(path, "goes with no sealed part of this plan; the next run moves it to %s", historyDir)
			}
		}
	}
	return nil
}

// isOf reports whether a file of the data set is of the plan of that hash.
func isOf(path, plan string) bool {
	r, err := openFooter(path)
	if err != nil {
		return false
	}
	defer r.close()
	return r.metadata("sweep.plan") == plan
}
