package store

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"os"
	"path/filepath"
)

// A segment of the journal is a file of frames, added to by one process only:
//
//	u32 length | u32 CRC-32C of length and payload | payload
//
// little-endian. The first frame is a JSON header, the second an Arrow IPC
// schema with an empty batch, each further one a batch. docs/format.md has the
// details.

const (
	segmentFormat = 1
	segmentExt    = ".journal"
	frameHead     = 8
	// maxFrame bounds what a damaged length can ask for.
	maxFrame = 256 << 20
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// segmentHeader says where a segment's records come from.
type segmentHeader struct {
	Format  int    `json:"format"`
	Run     string `json:"run"`
	Model   string `json:"model"`
	Version int    `json:"version"`
	Plan    string `json:"plan"` // hash of the plan that the trial numbers belong to
	Arch    string `json:"arch"`
	// Regrouped says that its records have been brought together by trial: where
	// those of a batch are still far apart, there are no others between them.
	Regrouped bool `json:"regrouped,omitempty"`
	// Columns are those of the batches: the schema's frame must be what they
	// give, so that nothing of a schema is believed.
	Columns []segmentColumn `json:"columns"`
}

type segmentColumn struct {
	Name     string `json:"name"`
	Kind     string `json:"kind"`
	Optional bool   `json:"optional,omitempty"`
}

var columnKinds = map[kind]string{
	intColumn: "int", floatColumn: "float", boolColumn: "bool", textColumn: "text", idColumn: "id", seriesColumn: "series",
}

func (t *table) segmentColumns() []segmentColumn {
	columns := make([]segmentColumn, len(t.fields))
	for i, f := range t.fields {
		columns[i] = segmentColumn{f.name, columnKinds[f.kind], f.optional}
	}
	return columns
}

// maxColumns is far beyond what a model has outputs.
const maxColumns = 1 << 16

// table is what the header says that the batches are.
func (h *segmentHeader) table() (*table, error) {
	if len(h.Columns) == 0 || len(h.Columns) > maxColumns {
		return nil, fmt.Errorf("header: %d columns", len(h.Columns))
	}
	t := &table{}
	seen := make(map[string]bool)
	for _, c := range h.Columns {
		f := field{name: c.Name, optional: c.Optional}
		for k, word := range columnKinds {
			if word == c.Kind {
				f.kind = k
			}
		}
		if f.kind == 0 || seen[c.Name] {
			return nil, fmt.Errorf("header: column %q of kind %q", c.Name, c.Kind)
		}
		seen[c.Name] = true
		t.add(f)
	}
	return t, nil
}

// appendFrame adds payload's frame to dst.
func appendFrame(dst, payload []byte) []byte {
	start := len(dst)
	dst = binary.LittleEndian.AppendUint32(dst, uint32(len(payload)))
	sum := crc32.Update(crc32.Checksum(dst[start:], castagnoli), castagnoli, payload)
	dst = binary.LittleEndian.AppendUint32(dst, sum)
	return append(dst, payload...)
}

// errTorn is the end of what can be trusted in a segment.
var errTorn = errors.New("torn frame")

// errHead is an errTorn of a file that begins with a whole frame which is no header, as
// one that was cut at its beginning.
var errHead = fmt.Errorf("%w: it does not begin with the header of a segment", errTorn)

// readFrame reads the frame at r into buf, which it may grow. The error is
// io.EOF at a clean end and errTorn at anything that is not a whole frame.
func readFrame(r io.Reader, buf []byte) ([]byte, error) {
	var head [frameHead]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		if err == io.EOF {
			return buf, err
		}
		return buf, torn(err)
	}
	n := binary.LittleEndian.Uint32(head[:4])
	if n == 0 || n > maxFrame {
		return buf, errTorn
	}
	// Grown as the bytes come, so that a wrong length cannot ask for more
	// memory than the file has.
	b := bytes.NewBuffer(buf[:0])
	if _, err := io.CopyN(b, r, int64(n)); err != nil {
		return b.Bytes(), torn(err)
	}
	sum := crc32.Update(crc32.Checksum(head[:4], castagnoli), castagnoli, b.Bytes())
	if sum != binary.LittleEndian.Uint32(head[4:]) {
		return b.Bytes(), errTorn
	}
	return b.Bytes(), nil
}

// torn keeps an error of the disk apart from a file that ends too early.
func torn(err error) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return errTorn
	}
	return err
}

// segmentWriter adds batches to a new segment.
type segmentWriter struct {
	file  *diskFile
	batch *batchWriter
	buf   []byte
	most  int // bytes of a frame
	size  int64
	frame entry // of the last batch
	dirty bool  // written since the last sync
	err   error // the first; nothing can be read behind a frame that is not whole
}

// entry is where a batch lies in the journal.
type entry struct {
	segment     *segment
	offset      int64
	size        int
	first, last int64 // smallest and largest trial in it
	rows        int
}

// segment is a file of the journal that holds records not yet sealed.
type segment struct {
	path    string
	run     string // of the records that name no other
	table   *table // of its batches
	start   int64  // where the first batch lies
	size    int64  // of the file, when it was opened for reading
	pending int    // pairs of a frame and a part that is not sealed and needs it
	wide    int64  // bytes of frames whose trials lie far apart
	ordered bool   // regrouped
	active  bool

	files   *openFiles
	file    *os.File // nil while it is not open
	readers int      // who read from file just now
}

func createSegment(d *disk, dir string, h segmentHeader, t *table) (*segmentWriter, *segment, error) {
	name, err := randomName()
	if err != nil {
		return nil, nil, err
	}
	path := filepath.Join(dir, name+segmentExt)
	file, err := d.create(path, os.O_RDWR|os.O_APPEND)
	if err != nil {
		return nil, nil, err
	}
	w := &segmentWriter{file: file, batch: newBatchWriter(t), most: maxFrame}
	h.Columns = t.segmentColumns()
	header, err := json.Marshal(h)
	if err != nil {
		panic(err) // plain fields only
	}
	empty, err := w.batch.encode(newBlock(t))
	if err == nil {
		w.buf = appendFrame(appendFrame(w.buf[:0], header), empty)
		err = w.write()
	}
	if err == nil {
		err = w.sync()
	}
	if err == nil {
		err = d.syncDir(dir)
	}
	if err != nil {
		file.Close()
		d.drop(path)
		return nil, nil, err
	}
	return w, &segment{path: path, run: h.Run, table: t, ordered: h.Regrouped, active: true}, nil
}

// errLarge says that a batch is too large for a frame. Nothing of it is written.
var errLarge = errors.New("a batch is too large")

// append writes the batch's frame; where it lies is in w.frame.
func (w *segmentWriter) append(b *block) error {
	message, err := w.batch.encode(b)
	if err != nil {
		return err
	}
	if len(message) > w.most {
		return fmt.Errorf("%w: %d bytes, where the limit is %d", errLarge, len(message), w.most)
	}
	w.buf = appendFrame(w.buf[:0], message)
	first, last := trialRange(b)
	w.frame = entry{offset: w.size, size: len(w.buf), first: first, last: last, rows: b.rows()}
	return w.write()
}

func (w *segmentWriter) write() error {
	if w.err != nil {
		return w.err
	}
	var n int
	n, w.err = w.file.Write(w.buf)
	w.size += int64(n)
	w.dirty = true
	return w.err
}

func (w *segmentWriter) sync() error {
	if !w.dirty || w.err != nil {
		return w.err
	}
	// What a failed sync has lost, the next one does not find.
	w.err = w.file.Sync()
	w.dirty = w.err != nil
	return w.err
}

func trialRange(b *block) (first, last int64) {
	first, last = math.MaxInt64, -1
	for _, bits := range b.columns[journalTrial].bits {
		first, last = min(first, int64(bits)), max(last, int64(bits))
	}
	return first, last
}

// load appends the batch's rows to dst. scratch is reused memory.
func (e *entry) load(t *table, dst *block, scratch []byte) ([]byte, error) {
	scratch = sized(scratch, e.size)
	first := dst.rows()
	err := e.segment.readAt(scratch, e.offset)
	var payload []byte
	if err == nil {
		payload, err = openFrame(scratch)
	}
	if err == nil {
		err = e.segment.decode(payload, t, dst)
	}
	if err != nil {
		return scratch, fmt.Errorf("%s: batch at byte %d: %w", e.segment.path, e.offset, torn(err))
	}
	for i := range dst.columns {
		if c := &dst.columns[i]; c.kind == placeColumn {
			for row := first; row < len(c.places); row++ {
				c.places[row].segment = e.segment
				c.places[row].at += e.offset + frameHead
			}
		}
	}
	return scratch, nil
}

// decode appends the rows of a batch of the segment to dst.
func (g *segment) decode(payload []byte, t *table, dst *block) error {
	at := dst.rows()
	if err := decodeBatch(g.table, payload, t, dst); err != nil || len(t.fields) <= journalRun {
		return err
	}
	runs := &dst.columns[journalRun]
	for i := at; i < len(runs.null); i++ {
		if runs.null[i] {
			runs.null[i], runs.text[i] = false, g.run
		}
	}
	return nil
}

// openFrame is the payload of a frame that is whole.
func openFrame(frame []byte) ([]byte, error) {
	head, payload := frame[:frameHead], frame[frameHead:]
	sum := crc32.Update(crc32.Checksum(head[:4], castagnoli), castagnoli, payload)
	if int64(binary.LittleEndian.Uint32(head)) != int64(len(payload)) || sum != binary.LittleEndian.Uint32(head[4:]) {
		return nil, errTorn
	}
	return payload, nil
}

// openSegment reads a segment's header; what follows is read with scan. An
// error that is errTorn says that there is no whole header.
func openSegment(path string) (_ *segment, h segmentHeader, _ *bufio.Reader, err error) {
	file, err := openRegular(path)
	if err != nil {
		return nil, h, nil, err
	}
	defer func() {
		if err != nil {
			file.Close()
			err = fmt.Errorf("%s: %w", path, err)
		}
	}()
	r := bufio.NewReaderSize(file, 1<<20)
	g := &segment{path: path, file: file}
	info, err := file.Stat()
	if err != nil {
		return nil, h, nil, err
	}
	g.size = info.Size()
	var head []byte
	header, err := readFrame(r, nil)
	if err == nil {
		head, err = readFrame(r, nil)
	}
	if err == io.EOF {
		err = errTorn
	}
	if err != nil {
		return nil, h, nil, err
	}
	if err := json.Unmarshal(header, &h); err != nil {
		return nil, h, nil, fmt.Errorf("%w: %v", errHead, err)
	}
	if h.Format < 1 {
		return nil, h, nil, errHead
	}
	if h.Format != segmentFormat {
		return nil, h, nil, fmt.Errorf("format %d is not known to this version of sweep", h.Format)
	}
	g.run, g.ordered = h.Run, h.Regrouped
	if g.table, err = h.table(); err != nil {
		return nil, h, nil, fmt.Errorf("%w: %v", errHead, err)
	}
	want, err := newBatchWriter(g.table).encode(newBlock(g.table))
	if err != nil {
		return nil, h, nil, err
	}
	if !bytes.Equal(head, want) {
		return nil, h, nil, fmt.Errorf("%w: the schema is not that of the header's columns", errHead)
	}
	g.start = int64(2*frameHead + len(header) + len(head))
	return g, h, r, nil
}

// scan calls visit for each whole batch behind the header, in order; b is
// reused. It returns how many bytes at the end are not a whole batch.
func (g *segment) scan(r *bufio.Reader, t *table, visit func(e entry, b *block) error) (lost int64, err error) {
	b := newBlock(t)
	offset := g.start
	var buf []byte
	for {
		buf, err = readFrame(r, buf)
		if err == io.EOF {
			return 0, nil
		}
		if err == nil {
			b.reset()
			if g.decode(buf, t, b) != nil {
				// Whole, and not of this segment: a file that another was added to.
				err = errTorn
			}
		}
		if err == errTorn {
			info, err := g.file.Stat()
			if err != nil {
				return 0, err
			}
			return info.Size() - offset, nil
		}
		if err != nil {
			return 0, err
		}
		e := entry{segment: g, offset: offset, size: frameHead + len(buf), rows: b.rows()}
		e.first, e.last = trialRange(b)
		if b.rows() > 0 {
			if err := visit(e, b); err != nil {
				return 0, err
			}
		}
		offset += int64(e.size)
	}
}
