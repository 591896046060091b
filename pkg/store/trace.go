package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"github.com/neurosweep/sweep/pkg/models"
)

// tracesTable is the columns of a file of traces.
func tracesTable() *table {
	t := &table{}
	t.add(field{name: "trace", kind: textColumn, few: true, doc: "name of the trace"})
	t.add(field{name: "time", kind: floatColumn, doc: "time of the value, in the time_unit that the footer's sweep.traces has for the trace"})
	t.add(field{name: "i", kind: intColumn, few: true, doc: "which of the values that are traced side by side, from 0"})
	t.add(field{name: "value", kind: floatColumn, doc: "the value, in the unit that sweep.traces has for the trace"})
	return t
}

// WriteTraces writes what was recorded of a trial of m to a new Parquet file: a
// row for each number, trace by trace in the order of the model, in the order in
// which they were added. It makes the folder that the file is in. If there is
// a file of that name it is left as it is, and the error is [fs.ErrExist].
func WriteTraces(path string, m *models.Model, p *models.Point, id models.ID, r *models.Recording) error {
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		if err == nil {
			err = &fs.PathError{Op: "write", Path: path, Err: fs.ErrExist}
		}
		return err
	}
	dir := filepath.Dir(path)
	if err := checkOut(dir); err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	f, err := new(disk).newFile(dir, path)
	if err != nil {
		return err
	}
	defer f.discard()
	t := tracesTable()
	w := newPartWriter(t)
	var traces []models.Kept
	for _, tr := range m.Traces {
		if r.Records(tr) {
			traces = append(traces, models.Kept{Trace: tr, Every: 1})
		}
	}
	w.begin(f, map[string]string{
		tracesKey:     describeTraces(traces),
		"sweep.model": m.Name, "sweep.model.version": strconv.Itoa(m.Version), "sweep.trial": fmt.Sprint(p.Trial), "sweep.id": id.String(),
	})
	b := newBlock(t)
	for _, tr := range m.Traces {
		for _, s := range r.Samples(tr) {
			b.columns[0].addText(tr.Name)
			b.columns[1].addFloat(s.Time)
			b.columns[2].addInt(int64(s.I))
			b.columns[3].addFloat(s.Value)
			if b.rows() == blockRows {
				if err := w.write(b); err != nil {
					return err
				}
				b.reset()
			}
		}
	}
	if b.rows() > 0 {
		if err := w.write(b); err != nil {
			return err
		}
	}
	if err := w.close(); err != nil {
		return err
	}
	if err := f.finish(); err != nil {
		return err
	}
	// Not by renaming, which would replace a file that has come up meanwhile.
	if err := os.Link(f.file.Name(), path); err != nil {
		return err
	}
	return f.file.disk.syncDir(dir)
}
