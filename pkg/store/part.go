package store

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"os"
	"slices"

	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

const (
	// groupRows is how many rows a row group has, or fewer where their series
	// are long: see groupBytes.
	groupRows = 1 << 16
	// seriesGroupRows is how many rows of series/ are a row group: the footer has
	// a line for each group.
	seriesGroupRows = 1 << 20
	// groupBytes ends a row group at the next multiple of blockRows once its
	// series take so many bytes, to bound what a reader must hold.
	groupBytes = 64 << 20
	// blockRows is how many rows are handled at once.
	blockRows = 1 << 12
	// pageBytes is the size of a page before it is compressed.
	pageBytes = 256 << 10
)

// Each frame of zstd carries its checksum: damage is then found by readers that
// ignore Parquet's page checksums, as several do. The window is longer than
// almost any page; the library's own would take 8 MB.
var (
	encoder, _ = zstd.NewWriter(nil, zstd.WithWindowSize(4*pageBytes), zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderCRC(true), zstd.WithEncoderConcurrency(1), zstd.WithZeroFrames(true))
	// decoder decodes no more than the memory given to it holds.
	decoder, _ = zstd.NewReader(nil, zstd.WithDecoderConcurrency(0), zstd.WithDecodeAllCapLimit(true))
)

// orderedGroup is a Parquet group whose fields stand in the order given; the
// library's own sorts them by name.
type orderedGroup struct {
	parquet.Group
	fields []parquet.Field
}

func (g orderedGroup) Fields() []parquet.Field { return g.fields }

func (t *table) parquetSchema() *parquet.Schema {
	group := parquet.Group{}
	for _, f := range t.fields {
		var node parquet.Node
		switch f.kind {
		case intColumn:
			node = parquet.Leaf(parquet.Int64Type)
		case floatColumn:
			node = parquet.Leaf(parquet.DoubleType)
		case boolColumn:
			node = parquet.Leaf(parquet.BooleanType)
		case textColumn, idColumn:
			node = parquet.String()
		case seriesColumn:
			node = parquet.List(parquet.Optional(parquet.Leaf(parquet.DoubleType)))
		}
		if f.optional {
			node = parquet.Optional(node)
		}
		group[f.name] = node
	}
	fields := group.Fields()
	slices.SortFunc(fields, func(a, b parquet.Field) int { return cmp.Compare(t.place(a.Name()), t.place(b.Name())) })
	return parquet.NewSchema("sweep", orderedGroup{group, fields})
}

// partWriter writes blocks of rows as one Parquet file, whose bytes are a
// function of the rows and the metadata alone.
type partWriter struct {
	table    *table
	out      io.Writer
	offset   int64 // in the file
	metadata map[string]string
	columns  []*chunkWriter
	rows     int // in the row group
	bytes    int // of series in the row group
	groups   []format.RowGroup
	prints   []print // of the columns
	total    int64

	back   *block // what is read back
	read   []print
	chunks []*chunkReader
}

const magic = "PAR1"

// columnsKey is where the footer says what the columns are; see [table.describe].
const columnsKey = "sweep.columns"

// newPartWriter returns a writer of files of the table, one after another.
func newPartWriter(t *table) *partWriter {
	w := &partWriter{table: t, prints: make([]print, len(t.fields)), read: make([]print, len(t.fields)), back: newBlock(t)}
	for _, f := range t.fields {
		w.columns = append(w.columns, newChunkWriter(f))
	}
	return w
}

// begin begins a file.
func (w *partWriter) begin(out io.Writer, metadata map[string]string) {
	w.out, w.offset, w.rows, w.bytes, w.total, w.groups = out, 0, 0, 0, 0, nil
	for i := range w.prints {
		w.prints[i].reset()
	}
	w.metadata = make(map[string]string)
	maps.Copy(w.metadata, metadata)
	w.metadata["ARROW:schema"] = w.table.arrowSchemaText()
	w.metadata[columnsKey] = w.table.describe()
	for _, c := range w.columns {
		c.discard()
	}
}

// set gives a key of the footer its value.
func (w *partWriter) set(key, value string) { w.metadata[key] = value }

func (w *partWriter) put(text []byte) error {
	n, err := w.out.Write(text)
	w.offset += int64(n)
	return err
}

// write adds the block's rows. All blocks but the last of a file have blockRows
// rows, so that pages and row groups end at the same rows every time.
func (w *partWriter) write(b *block) error {
	for i := range b.columns {
		c := &b.columns[i]
		w.prints[i].add(c)
		w.columns[i].add(c)
		w.bytes += 8 * len(c.flat)
	}
	w.rows += b.rows()
	w.total += int64(b.rows())
	if w.rows >= w.table.groupRows() || w.bytes >= groupBytes {
		return w.flush()
	}
	return nil
}

// groupRows is how many rows a row group has.
func (t *table) groupRows() int { return cmp.Or(t.group, groupRows) }

// flush ends the row group.
func (w *partWriter) flush() error {
	if w.offset == 0 {
		if err := w.put([]byte(magic)); err != nil {
			return err
		}
	}
	if w.rows == 0 {
		return nil
	}
	if len(w.groups) > math.MaxInt16 {
		return fmt.Errorf("more than %d numbers in a file: keep fewer of the traces", len(w.groups)*w.table.groupRows())
	}
	g := format.RowGroup{NumRows: int64(w.rows), FileOffset: w.offset, Ordinal: int16(len(w.groups))}
	for _, c := range w.columns {
		chunk := c.end(w.offset)
		g.Columns = append(g.Columns, chunk)
		g.TotalByteSize += chunk.MetaData.TotalUncompressedSize
		g.TotalCompressedSize += chunk.MetaData.TotalCompressedSize
		if err := errors.Join(w.put(c.dictionary), w.put(c.pages)); err != nil {
			return err
		}
		c.pages = c.pages[:0]
	}
	w.groups = append(w.groups, g)
	w.rows, w.bytes = 0, 0
	return nil
}

// close ends the file, and leaves the fingerprints of its columns in w.prints.
func (w *partWriter) close() error {
	if err := w.flush(); err != nil {
		return err
	}
	m := format.FileMetaData{
		Version: 1, NumRows: w.total, RowGroups: w.groups, CreatedBy: "sweep version 1",
		Schema: []format.SchemaElement{{Name: "sweep", NumChildren: thrift.New(int32(len(w.columns)))}},
	}
	for i := range w.table.fields {
		m.Schema = append(m.Schema, w.table.fields[i].elements()...)
		m.ColumnOrders = append(m.ColumnOrders, format.ColumnOrder{Value: &format.TypeDefinedOrder{}})
	}
	for _, key := range slices.Sorted(maps.Keys(w.metadata)) {
		m.KeyValueMetadata = append(m.KeyValueMetadata, format.KeyValue{Key: key, Value: w.metadata[key]})
	}
	footer := marshal(m)
	footer = binary.LittleEndian.AppendUint32(footer, uint32(len(footer)))
	return w.put(append(footer, magic...))
}

// partReader reads a part back, a block at a time, checking what it reads.
type partReader struct {
	table   *table
	file    *os.File
	exact   bool // the file has the table's columns, in order, and no other
	parquet *parquet.File
	columns []int     // of each field the column in the file, -1 if it has none
	levels  [][2]byte // and the highest repetition and definition level
	group   int
	chunks  []*chunkReader // nil where columns has -1
	left    int64          // rows left in the row group
}

// errShape is what a file gives that no part of this table can be.
var errShape = errors.New("not a part of this data set")

// openPart opens a part to read the table's columns from it by name; those that
// the file lacks are read as null if they are optional. An exact file has these
// columns, in this order, and no other.
func openPart(path string, t *table, exact bool) (*partReader, error) {
	file, err := openRegular(path)
	if err != nil {
		return nil, err
	}
	r := &partReader{table: t, file: file}
	if err := r.open(exact); err != nil {
		file.Close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return r, nil
}

func (r *partReader) open(exact bool) (err error) {
	defer recovered(&err)
	info, err := r.file.Stat()
	if err != nil {
		return err
	}
	if err := checkFooter(r.file, info.Size(), r.table.groupRows()+blockRows); err != nil {
		return err
	}
	r.parquet, err = parquet.OpenFile(r.file, info.Size(), parquet.SkipBloomFilters(true), parquet.SkipPageIndex(true))
	if err != nil {
		return err
	}
	want, got := r.table.parquetSchema(), r.parquet.Schema()
	r.exact = parquet.SameNodes(want, got)
	if exact && !r.exact {
		return fmt.Errorf("%w: the columns are not those expected", errShape)
	}
	r.levels = make([][2]byte, len(want.Columns()))
	for i, path := range want.Columns() {
		has, ok := got.Lookup(path...)
		if !ok {
			if !r.table.fields[i].optional {
				return fmt.Errorf("%w: there is no column %s", errShape, path[0])
			}
			r.columns = append(r.columns, -1)
			continue
		}
		need, _ := want.Lookup(path...)
		if has.Node.Type().Kind() != need.Node.Type().Kind() || has.MaxDefinitionLevel != need.MaxDefinitionLevel || has.MaxRepetitionLevel != need.MaxRepetitionLevel {
			return fmt.Errorf("%w: column %s has another type", errShape, path[0])
		}
		r.columns = append(r.columns, has.ColumnIndex)
		r.levels[i] = [2]byte{byte(has.MaxRepetitionLevel), byte(has.MaxDefinitionLevel)}
	}
	return nil
}

// recovered turns a panic of the Parquet library, which a file made by somebody
// else can provoke, into an error.
func recovered(err *error) {
	if r := recover(); r != nil {
		*err = fmt.Errorf("damaged: %v", r)
	}
}

func (r *partReader) rows() int64 { return r.parquet.NumRows() }

func (r *partReader) metadata(key string) string {
	value, _ := r.parquet.Lookup(key)
	return value
}

// sameLists reports whether the file, which has the table's columns, says of its
// lists what a file written now would say. Readers take the type of a column from
// one file of a folder, so files that differ in it must not stand side by side.
func (r *partReader) sameLists() bool { return r.table.describedBy(r.metadata(columnsKey)) }

func (r *partReader) close() { r.file.Close() }

// next makes b the next rows, at most blockRows; it returns io.EOF when there
// are none left.
func (r *partReader) next(b *block) error {
	err := r.read(b)
	if err != nil && err != io.EOF {
		return &fileError{r.file.Name(), err}
	}
	return err
}

// fileError is an error of the file that was read.
type fileError struct {
	path string
	err  error
}

func (e *fileError) Error() string { return e.path + ": " + e.err.Error() }
func (e *fileError) Unwrap() error { return e.err }

func (r *partReader) read(b *block) (err error) {
	defer recovered(&err)
	b.reset()
	for r.left == 0 {
		groups := r.parquet.RowGroups()
		if r.group == len(groups) {
			return io.EOF
		}
		g := groups[r.group]
		r.group++
		r.left = g.NumRows()
		meta := r.parquet.Metadata().RowGroups[r.group-1].Columns
		if r.chunks == nil {
			r.chunks = make([]*chunkReader, len(r.columns))
		}
		for j, i := range r.columns {
			if i < 0 {
				continue
			}
			if r.chunks[j] == nil {
				r.chunks[j] = new(chunkReader)
			}
			start := chunkStart(&meta[i].MetaData)
			guard := pageGuard{
				file: r.file, at: start, end: start + meta[i].MetaData.TotalCompressedSize, rows: r.left,
				repeated: r.levels[j][0], defined: r.levels[j][1], kind: meta[i].MetaData.Type,
			}
			if err := guard.claim(&meta[i].MetaData); err != nil {
				return fmt.Errorf("column %s: %w", r.table.fields[j].name, err)
			}
			r.chunks[j].begin(guard)
		}
	}
	rows := int(min(r.left, blockRows))
	r.left -= int64(rows)
	for i := range b.columns {
		if r.chunks[i] == nil {
			for range rows {
				b.columns[i].addNull()
			}
			continue
		}
		if err := r.chunks[i].read(rows, &r.table.fields[i], &b.columns[i]); err != nil {
			return fmt.Errorf("column %s: %w", r.table.fields[i].name, err)
		}
	}
	return r.table.misfit(b)
}

// check reads the file, which is closed, back from path and compares it with the
// fingerprints and the number of rows of what was written.
func (w *partWriter) check(path string) error {
	r, err := openPart(path, w.table, true)
	if err != nil {
		return err
	}
	defer r.close()
	r.chunks = w.chunks
	for i := range w.read {
		w.read[i].reset()
	}
	var n int64
	for {
		err := r.next(w.back)
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		n += int64(w.back.rows())
		for i := range w.back.columns {
			w.read[i].add(&w.back.columns[i])
		}
	}
	if n != w.total {
		return fmt.Errorf("%d rows were written and %d are there", w.total, n)
	}
	for i := range w.read {
		if w.read[i].sum() != w.prints[i].sum() {
			return fmt.Errorf("column %s is not what was written", w.table.fields[i].name)
		}
	}
	w.chunks = r.chunks
	return nil
}
