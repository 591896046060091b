package store

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/neurosweep/sweep/pkg/models"
)

// MaxSamples is how many numbers the traces of a trial may have together: 64 MiB of
// them, of the 256 MiB that a frame of the journal may have.
const MaxSamples = 64 << 20 / models.SampleBytes

// tracePrefix begins the names of the journal's columns of traces.
const tracePrefix = "trace_"

// traceColumn is the journal's column of a trace: a list of three numbers for each
// sample, time, i and value. Kept otherwise it is another column, which a record of
// an earlier spec does not have.
func traceColumn(k models.Kept) string { return tracePrefix + keptAs(k) }

func keptAs(k models.Kept) string { return fmt.Sprintf("%s every %d", k.Trace.Name, k.Every) }

// recordJoint stands between what recordText says of traces.
const recordJoint = ", "

// recordText says which traces are kept, and how.
func recordText(record []models.Kept) string {
	var list []string
	for _, k := range record {
		list = append(list, keptAs(k))
	}
	return strings.Join(list, recordJoint)
}

// sameTraces reports whether batches of the tables have the same traces.
func (t *table) sameTraces(o *table) bool {
	traces := func(t *table) (names string) {
		for _, f := range t.fields {
			if strings.HasPrefix(f.name, tracePrefix) {
				names += f.name + "\n"
			}
		}
		return names
	}
	return traces(t) == traces(o)
}

// seriesTable is the columns of series/: those of a file of traces, behind the
// trial's number.
func seriesTable() *table {
	t := &table{group: seriesGroupRows}
	t.add(field{name: "trial", kind: intColumn, doc: "number of the trial in the plan, from 0"})
	t.fields = append(t.fields, tracesTable().fields...)
	return t
}

// Columns of series/.
const (
	seriesTrial = iota
	seriesTrace
	seriesTime
	seriesI
	seriesValue
)

// describeTraces is the traces as JSON: units and sentences, and how much is kept.
func describeTraces(record []models.Kept) string {
	type trace struct {
		Name  string `json:"name"`
		Unit  string `json:"unit,omitempty"`
		Time  string `json:"time_unit"`
		Every int64  `json:"every"`
		Doc   string `json:"doc"`
	}
	var list []trace
	for _, k := range record {
		list = append(list, trace{k.Trace.Name, k.Trace.Unit, k.Trace.Time, k.Every, k.Trace.Doc})
	}
	return mustJSON(list)
}

func mustJSON(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // texts and integers only
	}
	return string(text)
}

// addTrace appends a row of samples.
func (c *column) addTrace(samples []models.Sample) {
	c.null, c.flat = append(c.null, false), slices.Grow(c.flat, 3*len(samples))
	for _, s := range samples {
		c.flat = append(c.flat, s.Time, float64(s.I), s.Value)
	}
	c.end = append(c.end, len(c.flat))
}

// place is where the numbers of a series lie in the journal.
type place struct {
	segment *segment
	at      int64
	len     int64
	sum     uint64 // maphash of their bytes
}

// traceCount is how much there is of a trace in a part.
type traceCount struct {
	Trials  int64 `json:"trials"` // that have added to it
	Numbers int64 `json:"numbers"`
}

// traceCounts is by the traces' names.
type traceCounts map[string]traceCount

// add counts numbers, of a trial that has some.
func (c traceCounts) add(trace string, numbers int64) {
	n := c[trace]
	n.Trials++
	n.Numbers += numbers
	c[trace] = n
}

// traceWriter makes rows of series/ of records of the journal. It has in memory some
// rows, never a whole trace.
type traceWriter struct {
	record []models.Kept
	first  int // place of the first trace among the journal's columns
	rows   *block
	text   []byte
	counts traceCounts
}

func newTraceWriter(plan Plan) *traceWriter {
	t := newTables(plan)
	return &traceWriter{record: plan.Setting().Record, first: len(t.records.fields), rows: newBlock(seriesTable())}
}

// begin begins a file.
func (w *traceWriter) begin() {
	w.rows.reset()
	w.counts = make(traceCounts)
}

const tripleBytes = 3 * 8

var errTrace = errors.New("not a trace")

// add makes rows of the traces of refs, and has full blocks of them written.
func (w *traceWriter) add(refs []ref, write func(*block) error) error {
	for _, r := range refs {
		for i, k := range w.record {
			c := &r.block.columns[w.first+i]
			if c.null[r.row] != r.failed() {
				return fmt.Errorf("trial %d is %s and its trace %s does not say so", r.trial, r.text(journalStatus), k.Trace.Name)
			}
			if c.null[r.row] {
				continue
			}
			if err := w.addTrace(r.trial, k.Trace.Name, &c.places[r.row], write); err != nil {
				return fmt.Errorf("trial %d: trace %s: %w", r.trial, k.Trace.Name, err)
			}
		}
	}
	return nil
}

func (w *traceWriter) addTrace(trial int64, name string, p *place, write func(*block) error) error {
	if p.len%3 != 0 {
		return errTrace
	}
	if p.len > 0 {
		w.counts.add(name, p.len/3)
	}
	var sum maphash.Hash
	sum.SetSeed(printSeed)
	c := w.rows.columns
	for at, left := p.at, p.len/3; left > 0; {
		n := min(left, int64(blockRows-w.rows.rows()))
		w.text = sized(w.text, int(n)*tripleBytes)
		if err := p.segment.readAt(w.text, at); err != nil {
			return err
		}
		sum.Write(w.text)
		for text := w.text; len(text) > 0; text = text[tripleBytes:] {
			i := math.Float64frombits(binary.LittleEndian.Uint64(text[8:]))
			if !(i >= 0 && i < 1<<53 && i == math.Trunc(i)) {
				return errTrace
			}
			c[seriesTrial].addInt(trial)
			c[seriesTrace].addText(name)
			c[seriesTime].addBits(binary.LittleEndian.Uint64(text))
			c[seriesI].addInt(int64(i))
			c[seriesValue].addBits(binary.LittleEndian.Uint64(text[16:]))
		}
		at, left = at+int64(len(w.text)), left-n
		if w.rows.rows() == blockRows {
			if err := w.flush(write); err != nil {
				return err
			}
		}
	}
	if sum.Sum64() != p.sum {
		return errors.New("it is not what it was when its checksum was right")
	}
	return nil
}

// flush has the rows written that do not fill a block.
func (w *traceWriter) flush(write func(*block) error) error {
	if w.rows.rows() == 0 {
		return nil
	}
	defer w.rows.reset()
	return write(w.rows)
}

// The keys of a footer of series/.
const (
	recordKey   = "sweep.record"   // what is kept, as recordText has it
	tracesKey   = "sweep.traces"   // units and sentences of the traces
	recordedKey = "sweep.recorded" // how much there is of each
)

// seriesReader reads a part of series/ from trial to trial.
type seriesReader struct {
	*partReader
	block  *block
	row    int
	counts traceCounts // of what has been read
}

// openSeries opens a part of series/ and says if its footer cannot be right.
func openSeries(path string) (*seriesReader, error) {
	t := seriesTable()
	p, err := openPart(path, t, true)
	if err != nil {
		return nil, err
	}
	r := &seriesReader{partReader: p, block: newBlock(t), counts: make(traceCounts)}
	claimed, err := r.claimed()
	var numbers int64
	for _, c := range claimed {
		numbers += c.Numbers
	}
	if err == nil && numbers != p.rows() {
		err = fmt.Errorf("%w: the footer counts %d numbers and there are %d", errShape, numbers, p.rows())
	}
	if err != nil {
		p.close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return r, nil
}

// claimed is what the footer counts.
func (r *seriesReader) claimed() (c traceCounts, err error) {
	if json.Unmarshal([]byte(r.metadata(recordedKey)), &c) != nil {
		err = fmt.Errorf("%w: the footer does not count the numbers of traces", errShape)
	}
	return c, err
}

// peek is the number of the trial that the next row is of; it returns io.EOF when
// there is none.
func (r *seriesReader) peek() (int64, error) {
	if r.row == r.block.rows() {
		r.row = 0
		if err := r.next(r.block); err != nil {
			r.block.reset()
			return 0, err
		}
	}
	return int64(r.block.columns[seriesTrial].bits[r.row]), nil
}

// seek goes on with the first row of the trial or behind. It is for a reader that has
// read nothing.
func (r *seriesReader) seek(trial int64) error {
	groups := r.parquet.Metadata().RowGroups
	for r.group < len(groups) {
		last := groups[r.group].Columns[seriesTrial].MetaData.Statistics.MaxValue
		if len(last) != 8 || int64(binary.LittleEndian.Uint64(last)) >= trial {
			break
		}
		r.group++
	}
	for {
		at, err := r.peek()
		if err == io.EOF || err == nil && at >= trial {
			return nil
		}
		if err != nil {
			return err
		}
		r.row++
	}
}

// TraceSum is a hash of the numbers of a trace, by which two can be compared in one
// process.
type TraceSum struct {
	Numbers int64
	sum     uint64
}

// sumSamples is the hash of samples, which is that of their bytes in the journal.
func sumSamples(samples []models.Sample) TraceSum {
	var h maphash.Hash
	h.SetSeed(printSeed)
	var text [tripleBytes]byte
	for _, s := range samples {
		h.Write(appendTriple(text[:0], math.Float64bits(s.Time), int64(s.I), math.Float64bits(s.Value)))
	}
	return TraceSum{int64(len(samples)), h.Sum64()}
}

func appendTriple(text []byte, time uint64, i int64, value uint64) []byte {
	text = binary.LittleEndian.AppendUint64(text, time)
	text = binary.LittleEndian.AppendUint64(text, math.Float64bits(float64(i)))
	return binary.LittleEndian.AppendUint64(text, value)
}

// sums are the hashes of the traces of a trial.
func (r *seriesReader) sums(trial int64, record []models.Kept) ([]TraceSum, error) {
	hashes := make([]maphash.Hash, len(record))
	sums := make([]TraceSum, len(record))
	for i := range hashes {
		hashes[i].SetSeed(printSeed)
	}
	var text [tripleBytes]byte
	err := r.read(trial, func(trace string, b *block, from, to int) error {
		for k := range record {
			if record[k].Trace.Name != trace {
				continue
			}
			c := b.columns
			for row := from; row < to; row++ {
				hashes[k].Write(appendTriple(text[:0], c[seriesTime].bits[row], int64(c[seriesI].bits[row]), c[seriesValue].bits[row]))
			}
			sums[k].Numbers += int64(to - from)
		}
		return nil
	})
	for i := range hashes {
		sums[i].sum = hashes[i].Sum64()
	}
	return sums, err
}

// read visits the rows of a trial, run by run of rows of one trace: rows [from, to)
// of the block. It must be called with trials in ascending order, with all that have
// rows.
func (r *seriesReader) read(trial int64, visit func(trace string, b *block, from, to int) error) error {
	last := ""
	for {
		at, err := r.peek()
		if err == io.EOF || err == nil && at > trial {
			return nil
		}
		if err == nil && at < trial {
			err = fmt.Errorf("%w: rows of trial %d, which has none or stands before", errShape, at)
		}
		if err != nil {
			return err
		}
		c := r.block.columns
		trace, to := c[seriesTrace].text[r.row], r.row+1
		for to < r.block.rows() && int64(c[seriesTrial].bits[to]) == trial && c[seriesTrace].text[to] == trace {
			to++
		}
		n := r.counts[trace]
		if trace != last {
			n.Trials++
		}
		n.Numbers += int64(to - r.row)
		r.counts[trace], last = n, trace
		if err := visit(trace, r.block, r.row, to); err != nil {
			return err
		}
		r.row = to
	}
}

// end checks that nothing is left, and that there was what the footer counts.
func (r *seriesReader) end() error {
	switch trial, err := r.peek(); {
	case err == nil:
		return fmt.Errorf("%w: rows of trial %d at the end", errShape, trial)
	case err != io.EOF:
		return err
	}
	claimed, err := r.claimed()
	for trace, n := range claimed {
		if err == nil && r.counts[trace] != n {
			err = fmt.Errorf("%w: the footer counts %d numbers of trace %s, of %d trials, and there are %d, of %d", errShape, n.Numbers, trace, n.Trials, r.counts[trace].Numbers, r.counts[trace].Trials)
		}
	}
	return err
}

// verify checks the rows of a trial: its traces in order, and none if it failed.
func (r *seriesReader) verify(trial int64, failed bool, record []models.Kept) error {
	next := 0
	return r.read(trial, func(trace string, b *block, from, to int) error {
		if failed {
			return fmt.Errorf("trial %d failed and has traces", trial)
		}
		for next < len(record) && record[next].Trace.Name != trace {
			next++
		}
		if next == len(record) {
			return fmt.Errorf("trial %d: trace %q is not kept, or stands behind one that follows it", trial, trace)
		}
		for _, i := range b.columns[seriesI].bits[from:to] {
			if int64(i) < 0 {
				return fmt.Errorf("trial %d: trace %s has a number %d of a time", trial, trace, int64(i))
			}
		}
		return nil
	})
}
