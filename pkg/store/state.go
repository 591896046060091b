package store

import (
	"errors"
	"fmt"
	"io"

	"github.com/neurosweep/sweep/pkg/models"
)

// State is the state that a link of a chain left, or, if the trial has failed,
// how. The record must have been in the store when it was opened, or have been
// written by a batch that is in the journal.
func (s *Store) State(trial int64) (state []float64, failure *models.Failure, err error) {
	k := int(trial / partRows)
	parts, release := s.hold(k, k+1)
	defer func() { err = errors.Join(err, release()) }()
	if len(parts) == 0 {
		return s.journalState(nil, trial)
	}
	if parts[0].sealed {
		return s.sealedState(k, trial)
	}
	return s.journalState(parts[0].entries, trial)
}

func (s *Store) journalState(entries []entry, trial int64) ([]float64, *models.Failure, error) {
	var holding []entry
	for _, e := range entries {
		if e.first <= trial && trial <= e.last {
			holding = append(holding, e)
		}
	}
	refs, err := newWindow(s.tables.records, holding).next(trial, trial+1)
	if err != nil {
		return nil, nil, err
	}
	if len(refs) == 0 {
		return nil, nil, fmt.Errorf("trial %d, whose state trial %d begins with, has no record", trial, trial+1)
	}
	r := refs[0]
	if r.failed() {
		return nil, &models.Failure{Class: r.text(journalClass), Message: r.text(journalError)}, nil
	}
	return r.block.columns[s.tables.journal.place(stateColumn)].series(r.row), nil, nil
}

func (s *Store) sealedState(k int, trial int64) ([]float64, *models.Failure, error) {
	b, row, err := s.sealedRow(statesDir, k, trial)
	if err != nil {
		return nil, nil, err
	}
	if c := &b.columns[2]; !c.null[row] {
		return c.series(row), nil, nil
	}
	if b, row, err = s.sealedRow(trialsDir, k, trial); err != nil {
		return nil, nil, err
	}
	text := func(name string) string { return b.columns[s.tables.trials.place(name)].text[row] }
	return nil, &models.Failure{Class: text("error_class"), Message: text("error")}, nil
}

// sealedRow reads the rows of part k until that of the trial, and says which it
// is.
func (s *Store) sealedRow(dir string, k int, trial int64) (*block, int, error) {
	path := s.path(dir, partName(k))
	r, err := openPart(path, s.tables.in(dir), true)
	if err != nil {
		return nil, 0, err
	}
	defer r.close()
	b := newBlock(s.tables.in(dir))
	for {
		err := r.next(b)
		if err == io.EOF {
			return nil, 0, fmt.Errorf("%s: trial %d has no row", path, trial)
		}
		if err != nil {
			return nil, 0, err
		}
		if row := trial - int64(b.columns[0].bits[0]); row < int64(b.rows()) {
			return b, int(row), nil
		}
	}
}
