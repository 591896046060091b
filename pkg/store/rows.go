package store

import (
	"fmt"
	"path/filepath"
	"slices"

	"github.com/neurosweep/sweep/pkg/models"
)

// Record is one record of a data set. Its slices and slots are the reader's: they
// hold until the visit that it was given to returns, or for good in a Clone.
type Record struct {
	Trial   int64
	ID      models.ID
	Failure *models.Failure // nil if the trial did not fail
	// Outputs has a slot for each of the model's outputs, in their order: Null or
	// Set, all Null if the trial failed.
	Outputs []models.Slot
	// State is what a link of a chain left, nil if there is none.
	State []float64
	// Traces has a sum for each trace that is kept, in the order of the plan's
	// Record, nil if the trial failed. They are there if [TraceColumns] were read.
	Traces []TraceSum
	Run    string // that computed it, a file of runs/; "" if not known
	Timing Timing // Wall is 0 where it is not known
}

// Columns says how much of each record is read: what is not read is zero.
type Columns int

// The columns to read.
const (
	StatusColumns  Columns = iota // trial, identity, and that it failed
	FailureColumns                // and how it failed, stack included, run and timing
	AllColumns                    // and outputs and state
	TraceColumns                  // and the sums of traces
)

// table is the head of the journal's columns that is to be read.
func (c Columns) table(t *table) *table {
	switch c {
	case StatusColumns:
		return &table{fields: t.fields[:journalStatus+1]}
	case FailureColumns:
		return &table{fields: t.fields[:journalOutputs]}
	}
	return t
}

// Rows reads the records that a folder has of a plan, in sealed parts and in the
// journal, each once. It sees the folder as it was when it was opened, writes
// nothing and needs no lock.
type Rows struct{ look *inspection }

// OpenRows opens a folder to read the records of the plan.
func OpenRows(dir string, plan Plan) (*Rows, error) {
	n, err := glance(dir, plan)
	if err != nil {
		return nil, err
	}
	return &Rows{n}, nil
}

// Report is what [Status] tells of the folder, but for what is missing.
func (r *Rows) Report() *Report { return &r.look.Report }

// Left leaves of the trials those that have no record, in their order.
func (r *Rows) Left(trials []int64) []int64 { return r.look.parts.left(trials) }

// Recorded is how many of the trials [first, end) have a record.
func (r *Rows) Recorded(first, end int64) (n int64) {
	if first >= end {
		return 0
	}
	for p := range r.look.parts.between(int(first/partRows), int((end-1)/partRows)+1) {
		from, to := p.trials(r.look.plan)
		from, to = max(from, first), min(to, end)
		switch {
		case p.sealed:
			n += to - from
		case from == int64(p.k)*partRows && to-from == int64(partSize(r.look.plan, p.k)):
			n += int64(p.count)
		default:
			for trial := p.after(from, to); trial < to; trial = p.after(trial+1, to) {
				n++
			}
		}
	}
	return n
}

// Timings is the function of that name for what the folder held when it was
// opened.
func (r *Rows) Timings() ([]Timed, error) {
	return readTimings(r.look.dir, r.look.tables, r.look.parts.all())
}

// Close gives back the files.
func (r *Rows) Close() { r.look.close() }

// Each visits all records, by trial.
func (r *Rows) Each(c Columns, visit func(*Record) error) error {
	return r.Range(c, 0, r.look.plan.Len(), visit)
}

// Range visits the records of the trials in [from, to), by trial. If some are there
// that cannot be read, it visits the others and the error is an [*UnreadError], or
// that of the file that proved damaged while it was read.
func (r *Rows) Range(c Columns, from, to int64, visit func(*Record) error) error {
	var rec Record
	traced := c == TraceColumns && len(r.look.plan.Setting().Record) > 0
	if from >= to {
		return nil
	}
	among := r.look.parts.between(int(from/partRows), int((to-1)/partRows)+1)
	// journal reads whole records, whichever columns are asked for: two of one trial
	// are told apart by them.
	t := r.look.tables.records
	if traced {
		t = r.look.tables.places
	}
	journal := newWindow(t, entriesOf(among))
	for p := range among {
		first, end := p.trials(r.look.plan)
		first, end = max(from, first), min(to, end)
		read := func(visit func(b *block, row int) error) error { return journal.visit(p, first, end, visit) }
		if p.sealed {
			read = func(visit func(b *block, row int) error) error { return r.sealedRange(p.k, c, first, end, visit) }
		}
		var series *seriesReader
		if traced && p.sealed {
			var err error
			if series, err = r.openTraces(p.k, first); err != nil {
				return err
			}
		}
		err := read(func(b *block, row int) (err error) {
			rec.fill(b, row, r.look.tables)
			switch {
			case !traced || rec.Failure != nil:
			case series != nil:
				rec.Traces, err = series.sums(rec.Trial, r.look.plan.Setting().Record)
			default:
				for _, c := range b.columns[len(r.look.tables.records.fields):] {
					rec.Traces = append(rec.Traces, TraceSum{c.places[row].len / 3, c.places[row].sum})
				}
			}
			if err != nil {
				return err
			}
			return visit(&rec)
		})
		if series != nil {
			series.close()
		}
		if err != nil {
			return err
		}
	}
	return r.look.whole(int(from/partRows), int((to-1)/partRows)+1)
}

// openTraces opens the traces of part k at a trial.
func (r *Rows) openTraces(k int, trial int64) (*seriesReader, error) {
	series, err := openSeries(filepath.Join(r.look.dir, seriesDir, partName(k)))
	if err != nil {
		return nil, err
	}
	if err := series.seek(trial); err != nil {
		series.close()
		return nil, err
	}
	return series, nil
}

func (r *Rows) sealedRange(k int, c Columns, from, to int64, visit func(b *block, row int) error) error {
	path := func(dir string) string { return filepath.Join(r.look.dir, dir, partName(k)) }
	src := source{part: path(trialsDir), timings: path(timingsDir), states: path(statesDir), strict: true}
	err := src.read(c.table(r.look.tables.records), false, func(row int, b *block) error {
		for i, bits := range b.columns[journalTrial].bits {
			switch trial := int64(bits); {
			case trial != int64(k)*partRows+int64(row+i):
				return fmt.Errorf("%s: %w: trial %d in row %d", src.part, errShape, trial, row+i)
			case trial >= to:
				return errFound
			case trial >= from:
				if err := visit(b, i); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err == errFound {
		return nil
	}
	return err
}

// visit visits the records of the part's trials in [from, to). It must be called
// with ranges in ascending order.
func (w *window) visit(p *part, from, to int64, visit func(b *block, row int) error) error {
	for from, end := range p.ranges(from, to) {
		refs, err := w.next(from, end)
		if err != nil {
			return err
		}
		for _, f := range refs {
			if err := visit(f.block, f.row); err != nil {
				return err
			}
		}
		w.release(end)
	}
	return nil
}

// Pick visits the records of the trials, which are in ascending order. It reads
// only the parts that they are in.
func (r *Rows) Pick(c Columns, trials []int64, visit func(*Record) error) error {
	for len(trials) > 0 {
		end := (trials[0]/partRows + 1) * partRows
		n, _ := slices.BinarySearch(trials, end)
		err := r.Range(c, trials[0], trials[n-1]+1, func(rec *Record) error {
			if _, ok := slices.BinarySearch(trials[:n], rec.Trial); !ok {
				return nil
			}
			return visit(rec)
		})
		if err != nil {
			return err
		}
		trials = trials[n:]
	}
	return nil
}

// At is the record of a trial, nil if it has none.
func (r *Rows) At(trial int64) (*Record, error) {
	var found *Record
	err := r.Range(TraceColumns, trial, trial+1, func(rec *Record) error {
		found = rec.Clone()
		return nil
	})
	return found, err
}

// fill makes rec what row i of the journal's first columns says, without traces.
func (rec *Record) fill(b *block, i int, t tables) {
	c := b.columns[:min(len(b.columns), len(t.records.fields))]
	*rec = Record{Trial: int64(c[journalTrial].bits[i]), ID: c[journalID].id[i], Outputs: rec.Outputs[:0]}
	if c[journalStatus].text[i] == statusFailed {
		rec.Failure = &models.Failure{}
	}
	if len(c) <= journalStack {
		return
	}
	if f := rec.Failure; f != nil {
		*f = models.Failure{Class: c[journalClass].text[i], Message: c[journalError].text[i], Stack: c[journalStack].text[i]}
	}
	rec.Run = c[journalRun].text[i]
	rec.Timing = Timing{Wall: int64(c[journalWall].bits[i]), CPU: -1, Attempt: int(c[journalAttempt].bits[i])}
	if !c[journalCPU].null[i] {
		rec.Timing.CPU = int64(c[journalCPU].bits[i])
	}
	outputs := c[journalOutputs:]
	if last := len(outputs) - 1; last >= 0 && t.states != nil {
		if !outputs[last].null[i] {
			rec.State = outputs[last].series(i)
		}
		outputs = outputs[:last]
	}
	for j := range outputs {
		rec.Outputs = append(rec.Outputs, outputs[j].slot(i))
	}
}

// slot is row i of an output's column.
func (c *column) slot(i int) models.Slot {
	switch {
	case c.null[i]:
		return models.Slot{State: models.Null}
	case c.kind == textColumn:
		return models.Slot{State: models.Set, Text: c.text[i]}
	case c.kind == seriesColumn:
		return models.Slot{State: models.Set, Series: c.series(i)}
	}
	return models.Slot{State: models.Set, Bits: c.bits[i]}
}

// Clone is a copy that shares nothing with rec.
func (rec *Record) Clone() *Record {
	c := *rec
	if rec.Failure != nil {
		f := *rec.Failure
		c.Failure = &f
	}
	c.State = slices.Clone(rec.State)
	c.Traces = slices.Clone(rec.Traces)
	c.Outputs = slices.Clone(rec.Outputs)
	for i := range c.Outputs {
		c.Outputs[i].Series = slices.Clone(c.Outputs[i].Series)
	}
	return &c
}

// NewRecord is the record that a batch would take of a trial that ended with
// err: nil, or a [*models.Failure].
func NewRecord(id models.ID, p *models.Point, t *models.Trial, err error, timing Timing) *Record {
	rec := &Record{Trial: p.Trial, ID: id, Timing: timing, Outputs: make([]models.Slot, len(t.Slots))}
	for i := range rec.Outputs {
		rec.Outputs[i].State = models.Null
	}
	if err != nil {
		f := failureOf(err)
		rec.Failure = &f
		return rec
	}
	copy(rec.Outputs, t.Slots)
	rec.State = t.After
	for _, samples := range t.Recording().All() {
		rec.Traces = append(rec.Traces, sumSamples(samples))
	}
	return rec.Clone()
}

// ModelVersion is the version of the model that the records of a folder were
// computed with, 0 if it has none. Rows of another version than the plan's are
// not in its Rows.
func ModelVersion(dir string) (int, error) {
	sources, err := sourcesIn(dir, "")
	if err != nil {
		return 0, err
	}
	for _, src := range sources {
		version := 0
		if src.journal != "" {
			g, h, _, err := openSegment(src.journal)
			if err != nil {
				continue // Verify tells of damage
			}
			g.file.Close()
			version = h.Version
		} else {
			r, err := openPart(src.part, &table{}, false)
			if err != nil {
				continue
			}
			fmt.Sscan(r.metadata("sweep.model.version"), &version) // 0 if it is not there
			r.close()
		}
		if version > 0 {
			return version, nil
		}
	}
	return 0, nil
}
