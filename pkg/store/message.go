package store

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/maphash"
	"math"
	"slices"

	flatbuffers "github.com/google/flatbuffers/go"

	"github.com/neurosweep/sweep/pkg/models"
)

// A batch of the journal is read by hand. A frame with a valid checksum may
// still have been made by somebody: Arrow's reader believes the lengths in it,
// and takes the memory of the machine for a message of some bytes. Here each
// length is checked against the frame before anything is made of it.

var errMessage = errors.New("not a batch of records")

// Fields of the flatbuffers tables Message and RecordBatch, as places in their
// vtables; format/Message.fbs and docs of Arrow's IPC format have them.
const (
	messageHeaderType = 6
	messageHeader     = 8
	messageBodyLength = 10

	batchLength      = 4
	batchNodes       = 6
	batchBuffers     = 8
	batchCompression = 10

	recordBatchHeader = 3
	pairSize          = 16 // of a FieldNode (length, nulls) and of a Buffer (offset, length)
	continuation      = 0xffffffff
)

// message is a record batch message, opened: nodes and buffers are handed out
// in the order of the schema.
type message struct {
	rows    int
	nodes   []byte
	buffers []byte
	start   int64 // of the body in the text
	body    []byte
	end     int64 // of the last buffer
}

func openMessage(text []byte) (m message, err error) {
	if len(text) < 8 || binary.LittleEndian.Uint32(text) != continuation {
		return m, errMessage
	}
	size := int64(int32(binary.LittleEndian.Uint32(text[4:])))
	if size < 8 || size > int64(len(text)-8) {
		return m, errMessage
	}
	meta, body := text[8:8+size], text[8+size:]
	root := flatbuffers.Table{Bytes: meta, Pos: flatbuffers.GetUOffsetT(meta)}
	if root.GetByteSlot(messageHeaderType, 0) != recordBatchHeader || root.GetInt64Slot(messageBodyLength, 0) != int64(len(body)) {
		return m, errMessage
	}
	at := root.Offset(messageHeader)
	if at == 0 {
		return m, errMessage
	}
	batch := flatbuffers.Table{Bytes: meta}
	root.Union(&batch, flatbuffers.UOffsetT(at))
	if batch.Offset(batchCompression) != 0 {
		return m, errMessage
	}
	rows := batch.GetInt64Slot(batchLength, 0)
	// A row takes a bit at the least.
	if rows < 0 || rows > 8*int64(len(body)) {
		return m, fmt.Errorf("%w: %d rows in %d bytes", errMessage, rows, len(body))
	}
	pairs := func(slot flatbuffers.VOffsetT) []byte {
		o := flatbuffers.UOffsetT(batch.Offset(slot))
		if o == 0 {
			return nil
		}
		start := batch.Vector(o)
		return meta[start:][:batch.VectorLen(o)*pairSize]
	}
	return message{rows: int(rows), nodes: pairs(batchNodes), buffers: pairs(batchBuffers), start: 8 + size, body: body}, nil
}

// node is the next column's length and whether it has nulls.
func (m *message) node() (length int64, nulls bool, err error) {
	if len(m.nodes) < pairSize {
		return 0, false, errMessage
	}
	length, n := int64(binary.LittleEndian.Uint64(m.nodes)), int64(binary.LittleEndian.Uint64(m.nodes[8:]))
	m.nodes = m.nodes[pairSize:]
	if n < 0 || n > length {
		return 0, false, errMessage
	}
	return length, n > 0, nil
}

// buffer is the next buffer, of size bytes at least. Buffers do not overlap.
func (m *message) buffer(size int64) ([]byte, error) {
	if len(m.buffers) < pairSize {
		return nil, errMessage
	}
	offset, length := int64(binary.LittleEndian.Uint64(m.buffers)), int64(binary.LittleEndian.Uint64(m.buffers[8:]))
	m.buffers = m.buffers[pairSize:]
	if length == 0 && size == 0 {
		return nil, nil
	}
	if offset < m.end || length < size || offset > int64(len(m.body)) || length > int64(len(m.body))-offset {
		return nil, errMessage
	}
	m.end = offset + length
	return m.body[offset:m.end], nil
}

// decodeBatch appends to dst, which has the columns of t, the rows of a message
// that holds the columns of from. Columns are found by name; those that from
// lacks become null: they were not measured then.
func decodeBatch(from *table, text []byte, t *table, dst *block) (err error) {
	defer func() {
		if r := recover(); r != nil { // of flatbuffers, at an offset beyond its bytes
			err = fmt.Errorf("%w: %v", errMessage, r)
		}
	}()
	m, err := openMessage(text)
	if err != nil {
		return err
	}
	filled := make([]bool, len(t.fields))
	for at, f := range from.fields {
		var c *column
		i := at
		if at >= len(t.fields) || t.fields[at].name != f.name {
			i = t.place(f.name)
		}
		if i >= 0 {
			if k := t.fields[i].kind; k != f.kind && !(k == placeColumn && f.kind == seriesColumn) {
				return fmt.Errorf("column %s: the kind is %s", f.name, columnKinds[f.kind])
			}
			c, filled[i] = &dst.columns[i], true
			f.optional = f.optional && t.fields[i].optional
		}
		if err := m.column(f, c); err != nil {
			return fmt.Errorf("column %s: %w", f.name, err)
		}
	}
	if len(m.nodes) > 0 || len(m.buffers) > 0 {
		return errMessage
	}
	for i, f := range t.fields {
		if filled[i] {
			continue
		}
		if !f.optional {
			return fmt.Errorf("no column %s", f.name)
		}
		dst.columns[i].addNulls(m.rows)
	}
	return nil
}

// column reads the next column of the message, and appends it to c unless that
// is nil.
func (m *message) column(f field, c *column) error {
	rows := int64(m.rows)
	length, nulls, err := m.node()
	if err != nil {
		return err
	}
	if length != rows {
		return fmt.Errorf("%w: %d values in %d rows", errMessage, length, rows)
	}
	if nulls && !f.optional && c != nil {
		return fmt.Errorf("%w: nulls", errMessage)
	}
	bitmap := (rows + 7) / 8
	var valid []byte
	if nulls {
		valid, err = m.buffer(bitmap)
	} else {
		_, err = m.buffer(0)
	}
	if err != nil {
		return err
	}
	present := func(i int) bool { return valid == nil || valid[i/8]>>(i%8)&1 != 0 }
	all := valid == nil // rows are there, and are taken at once

	switch f.kind {
	case intColumn, floatColumn:
		data, err := m.buffer(8 * rows)
		if err != nil || c == nil {
			return err
		}
		if all {
			c.null = append(c.null, make([]bool, rows)...)
			c.bits = appendNumbers(c.bits, data[:8*rows])
			return nil
		}
		for i := range m.rows {
			if present(i) {
				c.addBits(binary.LittleEndian.Uint64(data[8*i:]))
			} else {
				c.addNull()
			}
		}
	case boolColumn:
		data, err := m.buffer(bitmap)
		if err != nil || c == nil {
			return err
		}
		for i := range m.rows {
			if present(i) {
				c.addBits(uint64(data[i/8] >> (i % 8) & 1))
			} else {
				c.addNull()
			}
		}
	case idColumn:
		const size = len(models.ID{})
		data, err := m.buffer(int64(size) * rows)
		if err != nil || c == nil {
			return err
		}
		if all {
			c.null = append(c.null, make([]bool, rows)...)
			at := len(c.id)
			c.id = slices.Grow(c.id, m.rows)[:at+m.rows]
			copy(bytesOf(c.id[at:]), data)
			return nil
		}
		for i := range m.rows {
			if present(i) {
				c.addID(models.ID(data[size*i:]))
			} else {
				c.addNull()
			}
		}
	case textColumn:
		ends, err := m.ends()
		if err != nil {
			return err
		}
		data, err := m.buffer(ends.last())
		if err != nil || c == nil {
			return err
		}
		if !all && ends.last() == 0 && bytes.Count(valid[:bitmap], []byte{0}) == len(valid[:bitmap]) {
			c.addNulls(m.rows)
			return nil
		}
		for i := range m.rows {
			if from, to := ends.of(i); present(i) {
				c.addText(again(c.text, data[from:to]))
			} else {
				c.addNull()
			}
		}
	case seriesColumn:
		ends, err := m.ends()
		if err != nil {
			return err
		}
		length, nulls, err := m.node()
		if err != nil {
			return err
		}
		if nulls || length != ends.last() {
			return fmt.Errorf("%w: %d values in lists of %d", errMessage, length, ends.last())
		}
		if _, err := m.buffer(0); err != nil {
			return err
		}
		data, err := m.buffer(8 * length)
		if err != nil || c == nil {
			return err
		}
		for i := range m.rows {
			if !present(i) {
				c.addNull()
				continue
			}
			from, to := ends.of(i)
			if c.kind == placeColumn {
				c.null = append(c.null, false)
				at := m.start + m.end - int64(len(data)) + 8*from
				c.places = append(c.places, place{at: at, len: to - from, sum: maphash.Bytes(printSeed, data[8*from:8*to])})
				continue
			}
			for k := from; k < to; k++ {
				c.flat = append(c.flat, math.Float64frombits(binary.LittleEndian.Uint64(data[8*k:])))
			}
			c.null, c.end = append(c.null, false), append(c.end, len(c.flat))
		}
	}
	return nil
}

// ends says where each row ends in what the column's rows hold together.
type ends []byte

func (e ends) at(i int) int64 { return int64(int32(binary.LittleEndian.Uint32(e[4*i:]))) }

func (e ends) of(i int) (from, to int64) { return e.at(i), e.at(i + 1) }

func (e ends) last() int64 {
	if len(e) == 0 {
		return 0
	}
	return e.at(len(e)/4 - 1)
}

// ends is the next buffer as the ends of rows, which begin at 0 and ascend.
func (m *message) ends() (ends, error) {
	if m.rows == 0 {
		_, err := m.buffer(0)
		return nil, err
	}
	data, err := m.buffer(4 * int64(m.rows+1))
	if err != nil {
		return nil, err
	}
	e := ends(data[:4*(m.rows+1)])
	if e.at(0) != 0 {
		return nil, errMessage
	}
	for i := range m.rows {
		if from, to := e.of(i); to < from {
			return nil, errMessage
		}
	}
	return e, nil
}

// again is text as a string, the last of those before it where it is the same:
// most labels repeat from row to row.
func again(before []string, text []byte) string {
	if n := len(before); n > 0 && before[n-1] == string(text) {
		return before[n-1]
	}
	return string(text)
}
