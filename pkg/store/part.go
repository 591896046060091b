package store

import (
	"cmp"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"unsafe"

	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress"
	"github.com/parquet-go/parquet-go/format"

	"github.com/neurosweep/sweep/pkg/models"
)

const (
	// groupRows is how many rows a row group has, or fewer where their series
	// are long: see groupBytes.
	groupRows = 1 << 16
	// groupBytes ends a row group at the next multiple of blockRows once its
	// series take so many bytes, to bound what a reader must hold.
	groupBytes = 64 << 20
	// blockRows is how many rows are handled at once.
	blockRows = 1 << 12
	// pageBytes is the size of a page before it is compressed.
	pageBytes = 256 << 10
)

// codec compresses pages with zstd and, unlike the library's own, has each
// frame carry its checksum: damage is then found by readers that ignore
// Parquet's page checksums, as several do.
type codec struct{}

var (
	encoder, _ = zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderCRC(true), zstd.WithEncoderConcurrency(1), zstd.WithZeroFrames(true))
	decoder, _ = zstd.NewReader(nil, zstd.WithDecoderConcurrency(0), zstd.WithDecoderMaxMemory(1<<30))
)

func (codec) String() string                            { return "ZSTD" }
func (codec) CompressionCodec() format.CompressionCodec { return format.Zstd }
func (codec) Encode(dst, src []byte) ([]byte, error)    { return encoder.EncodeAll(src, dst[:0]), nil }
func (codec) Decode(dst, src []byte) ([]byte, error)    { return decoder.DecodeAll(src, dst[:0]) }

var _ compress.Codec = codec{}

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
		switch {
		case f.few && f.kind != boolColumn:
			node = parquet.Encoded(node, &parquet.RLEDictionary)
		case f.name == "trial":
			node = parquet.Encoded(node, &parquet.DeltaBinaryPacked)
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
	table   *table
	file    *parquet.GenericWriter[any]
	columns []*parquet.ColumnWriter
	values  []parquet.Value
	hex     []byte
	rows    int // in the row group
	bytes   int // of series in the row group
	prints  []uint64
	total   int64
}

func newPartWriter(out io.Writer, t *table, metadata map[string]string) *partWriter {
	options := []parquet.WriterOption{
		t.parquetSchema(),
		parquet.Compression(codec{}),
		parquet.DataPageVersion(1), // levels inside what zstd's checksum covers
		parquet.DataPageStatistics(false),
		parquet.PageBufferSize(pageBytes),
		parquet.CreatedBy("sweep", "1", "parquet-go"), // not the library's own: it names the build
		parquet.KeyValueMetadata("ARROW:schema", t.arrowSchemaText()),
		parquet.KeyValueMetadata("sweep.columns", t.describe()),
	}
	for key, value := range metadata {
		options = append(options, parquet.KeyValueMetadata(key, value))
	}
	for _, f := range t.fields {
		switch f.kind {
		case floatColumn:
			// Bounds leave out NaN, and DuckDB skips pages by them: it would
			// not find NaN, nor count it as greater than every number.
			options = append(options, parquet.SkipPageBounds(f.name))
		case seriesColumn:
			options = append(options, parquet.SkipPageBounds(f.name, "list", "element"))
		case idColumn:
			options = append(options, parquet.SkipPageBounds(f.name))
		}
	}
	w := &partWriter{table: t, file: parquet.NewGenericWriter[any](out, options...), prints: make([]uint64, len(t.fields))}
	w.columns = w.file.ColumnWriters()
	return w
}

// write adds the block's rows. All blocks but the last of a file have blockRows
// rows, so that pages and row groups end at the same rows every time.
func (w *partWriter) write(b *block) error {
	for i := range b.columns {
		c := &b.columns[i]
		w.prints[i] = c.fingerprint(w.prints[i])
		w.values = w.appendValues(w.values[:0], i, c)
		if _, err := w.columns[i].WriteRowValues(w.values); err != nil {
			return err
		}
		w.bytes += 8 * len(c.flat)
	}
	w.rows += b.rows()
	w.total += int64(b.rows())
	if w.rows >= groupRows || w.bytes >= groupBytes {
		return w.flush()
	}
	return nil
}

// appendValues adds column i's values to v as Parquet has them: with the levels
// at which they are defined and, in lists, repeated.
func (w *partWriter) appendValues(v []parquet.Value, i int, c *column) []parquet.Value {
	optional := w.table.fields[i].optional
	switch c.kind {
	case intColumn:
		for _, bits := range c.bits {
			v = append(v, parquet.Int64Value(int64(bits)))
		}
	case floatColumn:
		for _, bits := range c.bits {
			v = append(v, parquet.DoubleValue(math.Float64frombits(bits)))
		}
	case boolColumn:
		for _, bits := range c.bits {
			v = append(v, parquet.BooleanValue(bits != 0))
		}
	case textColumn:
		for _, s := range c.text {
			v = append(v, parquet.ByteArrayValue(textBytes(s)))
		}
	case idColumn:
		const digits = 2 * len(models.ID{})
		w.hex = slices.Grow(w.hex[:0], digits*len(c.id))[:digits*len(c.id)]
		for r := range c.id {
			text := w.hex[digits*r : digits*(r+1)]
			hex.Encode(text, c.id[r][:])
			v = append(v, parquet.ByteArrayValue(text))
		}
	case seriesColumn:
		defined := 0
		if optional {
			defined = 1
		}
		for r, null := range c.null {
			xs := c.series(r)
			switch {
			case null:
				v = append(v, parquet.Value{}.Level(0, 0, i))
			case len(xs) == 0:
				v = append(v, parquet.Value{}.Level(0, defined, i))
			}
			for k, x := range xs {
				v = append(v, parquet.DoubleValue(x).Level(min(k, 1), defined+2, i))
			}
		}
		return v
	}
	if optional {
		for r, null := range c.null {
			if null {
				v[r] = parquet.Value{}.Level(0, 0, i)
			} else {
				v[r] = v[r].Level(0, 1, i)
			}
		}
	}
	return v
}

func (w *partWriter) flush() error {
	w.rows, w.bytes = 0, 0
	return w.file.Flush()
}

// close ends the file, and leaves the fingerprints of its columns in w.prints.
func (w *partWriter) close() error {
	if w.rows > 0 {
		if err := w.flush(); err != nil {
			return err
		}
	}
	return w.file.Close()
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
	if err := checkFooter(r.file, info.Size()); err != nil {
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

func (r *partReader) close() {
	r.closeGroup()
	r.file.Close()
}

func (r *partReader) closeGroup() {
	for _, c := range r.chunks {
		if c != nil {
			c.pages.Close()
		}
	}
	r.chunks = nil
}

// next makes b the next rows, at most blockRows; it returns io.EOF when there
// are none left.
func (r *partReader) next(b *block) (err error) {
	defer recovered(&err)
	b.reset()
	for r.left == 0 {
		groups := r.parquet.RowGroups()
		r.closeGroup()
		if r.group == len(groups) {
			return io.EOF
		}
		g := groups[r.group]
		r.group++
		r.left = g.NumRows()
		chunks := g.ColumnChunks()
		meta := r.parquet.Metadata().RowGroups[r.group-1].Columns
		for j, i := range r.columns {
			var c *chunkReader
			if i >= 0 {
				start := chunkStart(&meta[i].MetaData)
				c = &chunkReader{pages: chunks[i].Pages(), guard: pageGuard{
					file: r.file, at: start, end: start + meta[i].MetaData.TotalCompressedSize, rows: r.left,
					repeated: r.levels[j][0], defined: r.levels[j][1], kind: meta[i].MetaData.Type,
				}}
			}
			r.chunks = append(r.chunks, c)
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
	return nil
}

// checkPart reads a whole part and compares it with the fingerprints and the
// number of rows that its writer had.
func checkPart(path string, t *table, prints []uint64, rows int64) error {
	r, err := openPart(path, t, true)
	if err != nil {
		return err
	}
	defer r.close()
	b := newBlock(t)
	got := make([]uint64, len(t.fields))
	var n int64
	for {
		err := r.next(b)
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		n += int64(b.rows())
		for i := range b.columns {
			got[i] = b.columns[i].fingerprint(got[i])
		}
	}
	if n != rows {
		return fmt.Errorf("%d rows were written and %d are there", rows, n)
	}
	for i := range got {
		if got[i] != prints[i] {
			return fmt.Errorf("column %s is not what was written", t.fields[i].name)
		}
	}
	return nil
}

// textBytes is the memory of s, which nobody writes to.
func textBytes(s string) []byte { return unsafe.Slice(unsafe.StringData(s), len(s)) }

func parseID(text []byte) (id models.ID, err error) {
	if len(text) != 2*len(id) {
		return id, fmt.Errorf("%w: an id of %d characters", errShape, len(text))
	}
	if _, err := hex.Decode(id[:], text); err != nil {
		return id, fmt.Errorf("%w: an id that is not hexadecimal", errShape)
	}
	return id, nil
}
