package store

// The only file of the project that knows the Arrow library. It writes; the
// journal is read back by message.go.

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"io"
	"slices"
	"unsafe"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/bitutil"
	"github.com/apache/arrow/go/v15/arrow/ipc"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/neurosweep/sweep/pkg/models"
)

// arrowSchema is the table as Arrow sees it. data asks for what the data set
// holds: identities as text, and lists of one length as such. The journal has the
// bytes of identities, and lists of any length.
func (t *table) arrowSchema(data bool) *arrow.Schema {
	fields := make([]arrow.Field, len(t.fields))
	for i, f := range t.fields {
		fields[i] = arrow.Field{Name: f.name, Nullable: f.optional}
		switch f.kind {
		case intColumn:
			fields[i].Type = arrow.PrimitiveTypes.Int64
		case floatColumn:
			fields[i].Type = arrow.PrimitiveTypes.Float64
		case boolColumn:
			fields[i].Type = arrow.FixedWidthTypes.Boolean
		case textColumn:
			fields[i].Type = arrow.BinaryTypes.String
		case idColumn:
			fields[i].Type = &arrow.FixedSizeBinaryType{ByteWidth: len(models.ID{})}
			if data {
				fields[i].Type = arrow.BinaryTypes.String
			}
		case seriesColumn:
			element := arrow.Field{Name: "element", Type: arrow.PrimitiveTypes.Float64}
			fields[i].Type = arrow.ListOfField(element)
			if data && f.length > 0 {
				fields[i].Type = arrow.FixedSizeListOfField(int32(f.length), element)
			}
		}
		if f.unit != "" || f.doc != "" {
			fields[i].Metadata = arrow.NewMetadata([]string{"unit", "doc"}, []string{f.unit, f.doc})
		}
	}
	return arrow.NewSchema(fields, nil)
}

// arrowSchemaText is the value of the Parquet key ARROW:schema, from which
// readers built on Arrow restore what Parquet cannot say: units and docs of
// columns, and that all lists of one have the same length.
func (t *table) arrowSchemaText() string {
	var buf bytes.Buffer
	w := ipc.NewWriter(&buf, ipc.WithSchema(t.arrowSchema(true)))
	if err := w.Close(); err != nil {
		panic(err) // a buffer takes every write
	}
	text := buf.Bytes()
	return base64.StdEncoding.EncodeToString(text[:len(text)-endOfStream])
}

// endOfStream is the length of the marker that ends an Arrow IPC stream.
const endOfStream = 8

// batchWriter encodes blocks as messages of one Arrow IPC stream.
type batchWriter struct {
	*arrowRecords
	ipc *ipc.Writer
	buf bytes.Buffer
}

func newBatchWriter(t *table) *batchWriter {
	w := &batchWriter{arrowRecords: newArrowRecords(t, false)}
	w.ipc = ipc.NewWriter(&w.buf, ipc.WithSchema(w.schema))
	return w
}

// encode returns the message of b, valid until the next call. The first call's
// message is preceded by the schema.
func (w *batchWriter) encode(b *block) ([]byte, error) {
	w.buf.Reset()
	err := w.ipc.Write(w.of(b))
	return w.buf.Bytes(), err
}

// WriteArrow writes the data set as an Arrow IPC file, with units and docs as
// metadata of the fields.
func (r *Rows) WriteArrow(ctx context.Context, out io.Writer) error {
	maker := newArrowRecords(r.look.tables.trials, true)
	w, err := ipc.NewFileWriter(&onward{Writer: out}, ipc.WithSchema(maker.schema))
	if err != nil {
		return err
	}
	if err := r.blocks(ctx, func(b *block) error { return w.Write(maker.of(b)) }); err != nil {
		return err
	}
	return w.Close()
}

// onward is a writer that is asked for its place and never moved.
type onward struct {
	io.Writer
	at int64
}

func (w *onward) Write(p []byte) (int, error) {
	n, err := w.Writer.Write(p)
	w.at += int64(n)
	return n, err
}

func (w *onward) Seek(offset int64, whence int) (int64, error) {
	if offset != 0 || whence != io.SeekCurrent {
		return 0, errors.ErrUnsupported
	}
	return w.at, nil
}

// arrowRecords makes Arrow records of blocks.
type arrowRecords struct {
	schema *arrow.Schema
	valid  [][]byte // validity bitmaps, by column
	data   [][]byte // bits of flags, bytes of texts
	ends   [][]int32
}

func newArrowRecords(t *table, data bool) *arrowRecords {
	n := len(t.fields)
	return &arrowRecords{t.arrowSchema(data), make([][]byte, n), make([][]byte, n), make([][]int32, n)}
}

// of is b as a record, over memory of both, until the next call.
func (w *arrowRecords) of(b *block) arrow.Record {
	columns := make([]arrow.Array, len(b.columns))
	for i := range b.columns {
		columns[i] = w.array(i, &b.columns[i])
	}
	return array.NewRecord(w.schema, columns, int64(b.rows()))
}

// array is column i as an Arrow array over the column's own memory.
func (w *arrowRecords) array(i int, c *column) arrow.Array {
	rows := len(c.null)
	nulls := countNulls(c.null)
	var validity *memory.Buffer
	if nulls > 0 {
		w.valid[i] = grow(w.valid[i], int(bitutil.BytesForBits(int64(rows))))
		if nulls < rows {
			for r, null := range c.null {
				if !null {
					bitutil.SetBit(w.valid[i], r)
				}
			}
		}
		validity = memory.NewBufferBytes(w.valid[i])
	}
	dtype := w.schema.Field(i).Type
	make := func(buffers []*memory.Buffer, children []arrow.ArrayData) arrow.Array {
		return array.MakeFromData(array.NewData(dtype, rows, append([]*memory.Buffer{validity}, buffers...), children, nulls, 0))
	}
	switch c.kind {
	case boolColumn:
		w.data[i] = grow(w.data[i], int(bitutil.BytesForBits(int64(rows))))
		for r, b := range c.bits {
			if b != 0 {
				bitutil.SetBit(w.data[i], r)
			}
		}
		return make([]*memory.Buffer{memory.NewBufferBytes(w.data[i])}, nil)
	case textColumn:
		w.data[i] = w.data[i][:0]
		w.ends[i] = append(w.ends[i][:0], 0)
		for _, s := range c.text {
			w.data[i] = append(w.data[i], s...)
			w.ends[i] = append(w.ends[i], int32(len(w.data[i])))
		}
		return make([]*memory.Buffer{memory.NewBufferBytes(bytesOf(w.ends[i])), memory.NewBufferBytes(w.data[i])}, nil)
	case idColumn:
		if dtype.ID() != arrow.STRING {
			return make([]*memory.Buffer{memory.NewBufferBytes(bytesOf(c.id))}, nil)
		}
		w.data[i] = w.data[i][:0]
		w.ends[i] = append(w.ends[i][:0], 0)
		for r := range c.id {
			w.data[i] = hex.AppendEncode(w.data[i], c.id[r][:])
			w.ends[i] = append(w.ends[i], int32(len(w.data[i])))
		}
		return make([]*memory.Buffer{memory.NewBufferBytes(bytesOf(w.ends[i])), memory.NewBufferBytes(w.data[i])}, nil)
	case seriesColumn:
		numbers := bytesOf(c.flat)
		var ends []*memory.Buffer
		if list, ok := dtype.(*arrow.FixedSizeListType); !ok {
			w.ends[i] = append(w.ends[i][:0], 0)
			for _, e := range c.end {
				w.ends[i] = append(w.ends[i], int32(e))
			}
			ends = []*memory.Buffer{memory.NewBufferBytes(bytesOf(w.ends[i]))}
		} else if nulls > 0 {
			// Here a row without a list takes as much place as the others.
			width := 8 * int(list.Len())
			w.data[i] = grow(w.data[i], rows*width)
			for r, null := range c.null {
				if !null {
					copy(w.data[i][r*width:(r+1)*width], bytesOf(c.series(r)))
				}
			}
			numbers = w.data[i]
		}
		flat := array.NewData(arrow.PrimitiveTypes.Float64, len(numbers)/8, []*memory.Buffer{nil, memory.NewBufferBytes(numbers)}, nil, 0, 0)
		return make(ends, []arrow.ArrayData{flat})
	}
	return make([]*memory.Buffer{memory.NewBufferBytes(bytesOf(c.bits))}, nil)
}

// grow returns n zero bytes, in the memory of b where it suffices.
func grow(b []byte, n int) []byte {
	if cap(b) < n {
		return make([]byte, n)
	}
	b = b[:n]
	clear(b)
	return b
}

// bytesOf is the memory of xs. Arrow's buffers and every architecture that Go's
// port of it supports here are little-endian.
func bytesOf[T any](xs []T) []byte {
	var x T
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(xs))), len(xs)*int(unsafe.Sizeof(x)))
}

// appendNumbers adds the numbers whose memory text is.
func appendNumbers[T int64 | uint64](dst []T, text []byte) []T {
	n := len(dst)
	dst = slices.Grow(dst, len(text)/8)[:n+len(text)/8]
	copy(bytesOf(dst[n:]), text)
	return dst
}
