package store

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"hash/crc32"
	"math/bits"

	"github.com/parquet-go/parquet-go/deprecated"
	"github.com/parquet-go/parquet-go/encoding/delta"
	"github.com/parquet-go/parquet-go/encoding/rle"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"

	"github.com/neurosweep/sweep/pkg/models"
)

// The columns of a part are encoded here, a block at a time: the library's own
// writer takes each value by itself, which costs more than all else that is
// done for a row. Levels, dictionaries and deltas are encoded by the library.

const (
	// maxWords and maxWordBytes bound the dictionary of a row group. Pages behind
	// the one that fills it hold the values themselves.
	maxWords     = 1 << 15
	maxWordBytes = 1 << 20
	// maxBound is the length of the longest text that is given as a bound.
	maxBound = 64
)

// Levels of the elements of a list: its row is null, or empty, or has this one.
const (
	levelNull = iota
	levelEmpty
	_ // a null in a list, which is never written
	levelElement
)

// chunkWriter encodes the values of one column, page by page, and keeps the
// pages of a row group until it ends.
type chunkWriter struct {
	field field
	path  []string

	// The page.
	count       int      // values, with nulls and empty lists
	definitions []uint8  // levels, where the field is optional or a list
	repetitions []uint8  // levels, where it is a list
	present     int      // values that are there
	plain       []byte   // their encoding
	numbers     []int64  // or they, where differences are encoded
	ends        []uint32 // of identities in plain
	indexes     []int32  // or their places in the dictionary
	body, whole []byte

	// The chunk.
	words      *dictionary // nil where the field has none, or more values than fit
	spare      *dictionary
	pages      []byte // with their headers, compressed
	dictionary []byte // page, with its header
	values     int64
	nulls      int64
	size       int64                          // of the pages before compression, and of their headers
	encodings  [format.RLEDictionary + 1]bool // that its pages have
	low, high  int64                          // bounds of integers
	bounded    bool
}

func newChunkWriter(f field) *chunkWriter {
	w := &chunkWriter{field: f, path: []string{f.name}}
	if f.kind == seriesColumn {
		w.path = []string{f.name, "list", "element"}
	}
	if f.few && f.kind != boolColumn {
		w.spare = &dictionary{texts: make(map[string]int32)}
		w.words = w.spare
	}
	return w
}

// elements are the field's in the schema.
func (f *field) elements() []format.SchemaElement {
	repetition := format.Required
	if f.optional {
		repetition = format.Optional
	}
	e := format.SchemaElement{Name: f.name, RepetitionType: thrift.New(repetition), Type: thrift.New(f.kind.parquet())}
	switch f.kind {
	case textColumn, idColumn:
		e.ConvertedType = thrift.New(deprecated.UTF8)
		e.LogicalType = format.LogicalType{Value: &format.StringType{}}
	case seriesColumn:
		element := format.SchemaElement{Name: "element", RepetitionType: thrift.New(format.Optional), Type: e.Type}
		list := format.SchemaElement{Name: "list", RepetitionType: thrift.New(format.Repeated), NumChildren: thrift.New(int32(1))}
		e.Type = thrift.Null[format.Type]{}
		e.NumChildren = thrift.New(int32(1))
		e.ConvertedType = thrift.New(deprecated.List)
		e.LogicalType = format.LogicalType{Value: &format.ListType{}}
		return []format.SchemaElement{e, list, element}
	}
	return []format.SchemaElement{e}
}

// parquet is the type of the column's values.
func (k kind) parquet() format.Type {
	switch k {
	case intColumn:
		return format.Int64
	case boolColumn:
		return format.Boolean
	case textColumn, idColumn:
		return format.ByteArray
	}
	return format.Double
}

// add appends the column's rows.
func (w *chunkWriter) add(c *column) {
	rows := len(c.null)
	w.values += int64(rows)
	if c.kind == seriesColumn {
		w.addSeries(c)
		return
	}
	if c.kind == textColumn {
		w.addTexts(c)
		return
	}
	w.count += rows
	nulls := 0
	if w.field.optional {
		nulls = countNulls(c.null)
		w.nulls += int64(nulls)
		at := len(w.definitions)
		w.definitions = append(w.definitions, bytesOf(c.null)...)
		for i := range w.definitions[at:] {
			w.definitions[at+i] ^= 1
		}
	}
	w.present += rows - nulls
	switch {
	case nulls == rows:
	case c.kind == boolColumn:
		bit := w.present - (rows - nulls)
		for i, b := range c.bits {
			if c.null[i] {
				continue
			}
			if bit%8 == 0 {
				w.plain = append(w.plain, 0)
			}
			w.plain[bit/8] |= byte(b) << (bit % 8)
			bit++
		}
	case c.kind == idColumn:
		for i := range c.id {
			if !c.null[i] {
				w.plain = hex.AppendEncode(w.plain, c.id[i][:])
			}
		}
	default:
		values := c.bits
		if nulls > 0 {
			values = nil
			for i, b := range c.bits {
				if !c.null[i] {
					values = append(values, b)
				}
			}
		}
		w.addNumbers(values)
	}
	w.turn()
}

func (w *chunkWriter) addNumbers(values []uint64) {
	if w.field.kind == intColumn {
		if !w.bounded {
			w.low, w.high, w.bounded = int64(values[0]), int64(values[0]), true
		}
		for _, v := range values {
			w.low, w.high = min(w.low, int64(v)), max(w.high, int64(v))
		}
	}
	switch {
	case w.words != nil:
		w.indexes = w.words.ofNumbers(w.indexes, values)
	case w.field.kind == intColumn:
		w.numbers = appendNumbers(w.numbers, bytesOf(values))
	default:
		w.plain = append(w.plain, bytesOf(values)...)
	}
}

func (w *chunkWriter) addTexts(c *column) {
	for i, s := range c.text {
		w.count++
		if w.field.optional {
			w.definitions = append(w.definitions, 1)
		}
		if c.null[i] {
			w.definitions[len(w.definitions)-1] = 0
			w.nulls++
			continue
		}
		w.present++
		if w.words != nil {
			w.indexes = append(w.indexes, w.words.ofText(s))
		} else {
			w.plain = binary.LittleEndian.AppendUint32(w.plain, uint32(len(s)))
			w.plain = append(w.plain, s...)
		}
		w.turn()
	}
	w.turn()
}

func (w *chunkWriter) addSeries(c *column) {
	start := 0
	for i, end := range c.end {
		xs := c.flat[start:end]
		start = end
		level := uint8(levelNull)
		switch {
		case c.null[i]:
		case len(xs) == 0:
			level = levelEmpty
		default:
			level = levelElement
			w.plain = append(w.plain, bytesOf(xs)...)
			w.present += len(xs)
		}
		n := max(len(xs), 1)
		if level != levelElement {
			n = 1
			w.nulls++
		} else {
			w.values += int64(n - 1)
		}
		if !w.field.optional && level > 0 {
			level-- // there is no level for null rows
		}
		w.count += n
		w.repetitions = append(w.repetitions, 0)
		w.definitions = append(w.definitions, level)
		for range n - 1 {
			w.repetitions = append(w.repetitions, 1)
			w.definitions = append(w.definitions, level)
		}
		w.turn()
	}
}

// turn ends the page if it is full, and leaves the dictionary if that is.
func (w *chunkWriter) turn() {
	full := w.words != nil && w.words.full()
	if full || len(w.plain) >= pageBytes || 4*max(len(w.indexes), w.count) >= pageBytes || 8*len(w.numbers) >= pageBytes {
		w.flush()
	}
	if full {
		w.words = nil
	}
}

// flush ends the page.
func (w *chunkWriter) flush() {
	if w.count == 0 {
		return
	}
	body := w.body[:0]
	body = w.appendLevels(body, w.repetitions, 1)
	highest := 1
	if w.field.kind == seriesColumn {
		highest = 3
	}
	body = w.appendLevels(body, w.definitions, bits.Len(uint(highest)))
	encoding := format.Plain
	switch {
	case w.present == 0:
	case w.field.kind == idColumn:
		// Lengths apart from the digits: zstd finds nothing in those, sooner.
		encoding = format.DeltaLengthByteArray
		w.ends = w.ends[:0]
		for i := range w.present + 1 {
			w.ends = append(w.ends, uint32(i*idDigits))
		}
		w.whole, _ = new(delta.LengthByteArrayEncoding).EncodeByteArray(w.whole[:0], w.plain, w.ends)
		body = append(body, w.whole...)
	case len(w.numbers) > 0:
		encoding = format.DeltaBinaryPacked
		w.whole, _ = new(delta.BinaryPackedEncoding).EncodeInt64(w.whole[:0], w.numbers)
		body = append(body, w.whole...)
	case w.words != nil:
		encoding = format.RLEDictionary
		w.whole, _ = new(rle.DictionaryEncoding).EncodeInt32(w.whole[:0], w.indexes)
		body = append(body, w.whole...)
	default:
		body = append(body, w.plain...)
	}
	w.encodings[encoding] = true
	w.body = body
	h := format.PageHeader{Type: format.DataPage, DataPageHeader: thrift.New(format.DataPageHeader{
		NumValues: int32(w.count), Encoding: encoding, DefinitionLevelEncoding: format.RLE, RepetitionLevelEncoding: format.RLE,
	})}
	w.pages = w.appendPage(w.pages, h, body)
	w.empty()
}

func (w *chunkWriter) appendLevels(dst []byte, levels []uint8, width int) []byte {
	if len(levels) == 0 {
		return dst
	}
	w.whole, _ = (&rle.Encoding{BitWidth: width}).EncodeLevels(w.whole[:0], levels)
	dst = binary.LittleEndian.AppendUint32(dst, uint32(len(w.whole)))
	return append(dst, w.whole...)
}

// appendPage adds a page with its header to dst.
func (w *chunkWriter) appendPage(dst []byte, h format.PageHeader, body []byte) []byte {
	w.whole = encoder.EncodeAll(body, w.whole[:0])
	h.UncompressedPageSize, h.CompressedPageSize = int32(len(body)), int32(len(w.whole))
	h.CRC = int32(crc32.ChecksumIEEE(w.whole))
	head := marshal(h)
	w.size += int64(len(head) + len(body))
	return append(append(dst, head...), w.whole...)
}

func marshal(v any) []byte {
	text, err := thrift.Marshal(new(thrift.CompactProtocol), v)
	if err != nil {
		panic(err) // a buffer takes every write
	}
	return text
}

// end ends the chunk, which begins at the offset of the file, and makes ready
// for the next. The chunk is w.dictionary and w.pages, until the next add.
func (w *chunkWriter) end(offset int64) format.ColumnChunk {
	w.flush()
	m := format.ColumnMetaData{
		Type: w.field.kind.parquet(), PathInSchema: w.path, Codec: format.Zstd, NumValues: w.values, DataPageOffset: offset,
		Statistics: format.Statistics{NullCount: w.nulls},
	}
	w.dictionary = w.dictionary[:0]
	if w.spare != nil && w.spare.len() > 0 {
		h := format.PageHeader{Type: format.DictionaryPage, DictionaryPageHeader: thrift.New(format.DictionaryPageHeader{
			NumValues: int32(w.spare.len()), Encoding: format.Plain,
		})}
		w.dictionary = w.appendPage(w.dictionary, h, w.spare.plain)
		m.DictionaryPageOffset = offset
		m.DataPageOffset += int64(len(w.dictionary))
		w.encodings[format.Plain] = true
	}
	m.TotalCompressedSize, m.TotalUncompressedSize = int64(len(w.dictionary)+len(w.pages)), w.size
	w.encodings[format.RLE] = true // levels
	for e, has := range w.encodings {
		if has {
			m.Encoding = append(m.Encoding, format.Encoding(e))
		}
	}
	switch {
	case w.bounded:
		m.Statistics.MinValue = binary.LittleEndian.AppendUint64(nil, uint64(w.low))
		m.Statistics.MaxValue = binary.LittleEndian.AppendUint64(nil, uint64(w.high))
	case w.field.kind == textColumn && w.words != nil && w.words.len() > 0:
		m.Statistics.MinValue, m.Statistics.MaxValue = w.words.textBounds()
	}
	w.reset()
	return format.ColumnChunk{MetaData: m}
}

// reset makes ready for another chunk.
func (w *chunkWriter) reset() {
	w.values, w.nulls, w.size, w.bounded = 0, 0, 0, false
	clear(w.encodings[:])
	if w.spare != nil {
		w.spare.reset()
		w.words = w.spare
	}
}

// discard forgets all that was added and not ended.
func (w *chunkWriter) discard() {
	w.empty()
	w.pages = w.pages[:0]
	w.reset()
}

// empty makes ready for another page.
func (w *chunkWriter) empty() {
	w.count, w.present = 0, 0
	w.definitions, w.repetitions = w.definitions[:0], w.repetitions[:0]
	w.plain, w.numbers, w.indexes = w.plain[:0], w.numbers[:0], w.indexes[:0]
}

// dictionary numbers the different values of a column in the order in which they
// come.
type dictionary struct {
	plain []byte // encoding of the values in their order
	// Of numbers: an open hash table of their places, from 1; 0 where it is free.
	// It has a power of two of slots, at least twice as many as numbers.
	numbers []uint64
	slots   []int32
	texts   map[string]int32
	last    string // the text before, and its place
	at      int32
}

func (d *dictionary) len() int { return max(len(d.numbers), len(d.texts)) }

// full is true before a block could fill the table.
func (d *dictionary) full() bool { return d.len() >= maxWords || len(d.plain) >= maxWordBytes }

func (d *dictionary) reset() {
	d.plain, d.numbers, d.last, d.at = d.plain[:0], d.numbers[:0], "", 0
	clear(d.slots)
	clear(d.texts)
}

// ofNumbers appends the places of the values to dst.
func (d *dictionary) ofNumbers(dst []int32, values []uint64) []int32 {
	for i, v := range values {
		if i > 0 && v == values[i-1] {
			dst = append(dst, dst[len(dst)-1])
			continue
		}
		if 2*len(d.numbers) >= len(d.slots) {
			d.slots = make([]int32, max(2*len(d.slots), 256))
			for at, n := range d.numbers {
				d.slots[d.slot(n)] = int32(at + 1)
			}
		}
		slot := d.slot(v)
		if d.slots[slot] == 0 {
			d.numbers = append(d.numbers, v)
			d.plain = binary.LittleEndian.AppendUint64(d.plain, v)
			d.slots[slot] = int32(len(d.numbers))
		}
		dst = append(dst, d.slots[slot]-1)
	}
	return dst
}

// slot is where the number is, or would be put.
func (d *dictionary) slot(v uint64) uint64 {
	mask := uint64(len(d.slots) - 1)
	// The golden ratio spreads neighbours over the upper bits.
	slot := v * 0x9e3779b97f4a7c15 >> 32 & mask
	for d.slots[slot] != 0 && d.numbers[d.slots[slot]-1] != v {
		slot = (slot + 1) & mask
	}
	return slot
}

func (d *dictionary) ofText(s string) int32 {
	if len(d.texts) > 0 && s == d.last {
		return d.at
	}
	at, ok := d.texts[s]
	if !ok {
		at = int32(len(d.texts))
		d.texts[s] = at
		d.plain = binary.LittleEndian.AppendUint32(d.plain, uint32(len(s)))
		d.plain = append(d.plain, s...)
	}
	d.last, d.at = s, at
	return at
}

// textBounds are the least and the greatest text; nil if they are long.
func (d *dictionary) textBounds() (low, high []byte) {
	first := true
	for text := d.plain; len(text) > 0; {
		n := int(binary.LittleEndian.Uint32(text))
		word := text[4 : 4+n]
		text = text[4+n:]
		if first || bytes.Compare(word, low) < 0 {
			low = word
		}
		if first || bytes.Compare(word, high) > 0 {
			high = word
		}
		first = false
	}
	if len(low) > maxBound || len(high) > maxBound {
		return nil, nil
	}
	return bytes.Clone(low), bytes.Clone(high)
}

// countNulls is how many rows are null.
func countNulls(null []bool) int { return bytes.Count(bytesOf(null), []byte{1}) }

const idDigits = 2 * len(models.ID{})
