package store

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"math"
	"slices"

	"github.com/parquet-go/parquet-go/encoding/delta"
	"github.com/parquet-go/parquet-go/encoding/rle"
	"github.com/parquet-go/parquet-go/format"

	"github.com/neurosweep/sweep/pkg/models"
)

// chunkReader reads one column of one row group, page by page.
type chunkReader struct {
	guard pageGuard
	page  dataPage

	repetitions []byte // levels of the page's values; nil where all are 0
	definitions []byte // nil where all are the highest
	buffers     [2][]byte
	at          int // the next level

	// The page's values that are not yet read: their encoding, or where indexes
	// has them their places in the dictionary, or numbers.
	plain   []byte
	bit     int // of plain, where the values are flags
	indexes []int32
	numbers []int64
	space   struct {
		indexes []int32
		numbers []int64
		digits  []byte
		ends    []uint32
	}

	// The dictionary's values, made when a page needs them.
	words []uint64
	texts []string
}

// begin goes on with the pages of another chunk of the column.
func (c *chunkReader) begin(g pageGuard) {
	g.buf, g.page = c.guard.buf, c.guard.page
	c.guard = g
	c.page, c.at = dataPage{}, 0
	c.words, c.texts = c.words[:0], c.texts[:0]
}

// turn goes on with the next page; it returns io.EOF when there is none.
func (c *chunkReader) turn(f *field) (err error) {
	c.page, err = c.guard.next()
	if err != nil {
		return err
	}
	c.at, c.plain, c.bit, c.indexes, c.numbers = 0, nil, 0, nil, nil
	n := c.page.count
	if c.repetitions, err = c.levels(&c.buffers[0], c.page.repetitions, c.guard.repeated, n); err != nil {
		return err
	}
	if c.definitions, err = c.levels(&c.buffers[1], c.page.definitions, c.guard.defined, n); err != nil {
		return err
	}
	present := n
	if c.definitions != nil {
		present = bytes.Count(c.definitions, []byte{c.guard.defined})
		if present == n && c.guard.repeated == 0 {
			c.definitions = nil
		}
	}
	switch c.page.encoding {
	case format.RLEDictionary:
		return c.indexed(f, present)
	case format.DeltaBinaryPacked:
		if f.kind != intColumn {
			return fmt.Errorf("%w: values that are no integers as differences", errShape)
		}
		c.space.numbers, err = new(delta.BinaryPackedEncoding).DecodeInt64(c.space.numbers[:0], c.page.values)
		if err == nil && len(c.space.numbers) < present {
			err = errFew
		}
		c.numbers = c.space.numbers
		return err
	case format.DeltaLengthByteArray:
		if f.kind != idColumn {
			return fmt.Errorf("%w: texts behind their lengths", errShape)
		}
		c.space.digits, c.space.ends, err = new(delta.LengthByteArrayEncoding).DecodeByteArray(c.space.digits[:0], c.page.values, c.space.ends[:0])
		if err == nil && len(c.space.ends) <= present {
			err = errFew
		}
		for i := 0; err == nil && i <= present; i++ {
			if int(c.space.ends[i]) != i*idDigits {
				err = errID
			}
		}
		c.plain = c.space.digits
		return err
	}
	if f.kind == idColumn && present > 0 {
		return fmt.Errorf("%w: identities without their lengths", errShape)
	}
	c.plain = c.page.values
	size := 8 * present
	switch f.kind {
	case boolColumn:
		size = (present + 7) / 8
	case textColumn:
		size = 4 * present
	}
	if len(c.plain) < size {
		return errFew
	}
	return nil
}

var errID = fmt.Errorf("%w: an id that is not %d hexadecimal digits", errShape, idDigits)

var errFew = fmt.Errorf("%w: too few values", errShape)

// levels are n levels, none of them above the highest; nil where that is 0.
func (c *chunkReader) levels(buf *[]byte, text []byte, highest byte, n int) (levels []byte, err error) {
	if highest == 0 {
		return nil, nil
	}
	width := 1
	if highest > 1 {
		width = 2
	}
	*buf, err = (&rle.Encoding{BitWidth: width}).DecodeLevels((*buf)[:0], text)
	if err != nil {
		return nil, err
	}
	if len(*buf) < n {
		return nil, errFew
	}
	levels = (*buf)[:n]
	if highest != 1<<width-1 && n > 0 && slices.Max(levels) > highest {
		return nil, fmt.Errorf("%w: levels", errShape)
	}
	return levels, nil
}

// indexed makes ready a page of places in the dictionary.
func (c *chunkReader) indexed(f *field, present int) (err error) {
	if c.guard.words > 0 && len(c.words) == 0 && len(c.texts) == 0 {
		if err := c.readWords(f); err != nil {
			return err
		}
	}
	c.space.indexes, err = new(rle.DictionaryEncoding).DecodeInt32(c.space.indexes[:0], c.page.values)
	if err != nil {
		return err
	}
	if len(c.space.indexes) < present {
		return errFew
	}
	c.indexes = c.space.indexes[:present]
	words := uint32(max(len(c.words), len(c.texts)))
	for _, i := range c.indexes {
		if uint32(i) >= words {
			return fmt.Errorf("%w: place %d in a dictionary of %d values", errShape, i, words)
		}
	}
	return nil
}

func (c *chunkReader) readWords(f *field) error {
	text := c.guard.dictionary
	for range c.guard.words {
		switch f.kind {
		case intColumn, floatColumn:
			if len(text) < 8 {
				return errFew
			}
			c.words = append(c.words, binary.LittleEndian.Uint64(text))
			text = text[8:]
		case textColumn:
			word, rest, ok := cutText(text)
			if !ok {
				return errFew
			}
			c.texts = append(c.texts, string(word))
			text = rest
		default:
			return fmt.Errorf("%w: a dictionary", errShape)
		}
	}
	return nil
}

// cutText takes a text behind its length off.
func cutText(text []byte) (word, rest []byte, ok bool) {
	if len(text) < 4 {
		return nil, nil, false
	}
	n := uint64(binary.LittleEndian.Uint32(text))
	if n > uint64(len(text)-4) {
		return nil, nil, false
	}
	return text[4 : 4+n], text[4+n:], true
}

// more makes sure that there is a value left on the page, turning it if need be.
func (c *chunkReader) more(f *field) error {
	for c.at == c.page.count {
		if err := c.turn(f); err != nil {
			return err
		}
	}
	return nil
}

// read appends rows rows to dst.
func (c *chunkReader) read(rows int, f *field, dst *column) error {
	for rows > 0 {
		if err := c.more(f); err == io.EOF {
			return errFew
		} else if err != nil {
			return err
		}
		if f.kind == seriesColumn {
			if err := c.readSeries(f, dst); err != nil {
				return err
			}
			rows--
			continue
		}
		n := min(rows, c.page.count-c.at)
		rows -= n
		if c.definitions == nil {
			c.at += n
			if err := c.take(n, dst); err != nil {
				return err
			}
			continue
		}
		// Runs of rows that are all null or all not.
		levels := c.definitions[c.at : c.at+n]
		c.at += n
		for len(levels) > 0 {
			run := 1
			for run < len(levels) && levels[run] == levels[0] {
				run++
			}
			if levels[0] == 0 {
				dst.addNulls(run)
			} else if err := c.take(run, dst); err != nil {
				return err
			}
			levels = levels[run:]
		}
	}
	return nil
}

// take appends n values that are there to dst.
func (c *chunkReader) take(n int, dst *column) error {
	dst.null = append(dst.null, make([]bool, n)...)
	indexes := c.indexes
	if indexes != nil {
		indexes, c.indexes = indexes[:n], c.indexes[n:]
	}
	switch dst.kind {
	case intColumn, floatColumn:
		switch {
		case indexes != nil:
			dst.bits = slices.Grow(dst.bits, n)
			for _, i := range indexes {
				dst.bits = append(dst.bits, c.words[i])
			}
		case c.numbers != nil:
			dst.bits = appendNumbers(dst.bits, bytesOf(c.numbers[:n]))
			c.numbers = c.numbers[n:]
		default:
			dst.bits = appendNumbers(dst.bits, c.plain[:8*n])
			c.plain = c.plain[8*n:]
		}
	case boolColumn:
		for range n {
			dst.bits = append(dst.bits, uint64(c.plain[c.bit/8]>>(c.bit%8)&1))
			c.bit++
		}
	case textColumn:
		if indexes != nil {
			for _, i := range indexes {
				dst.text = append(dst.text, c.texts[i])
			}
			break
		}
		for range n {
			word, rest, ok := cutText(c.plain)
			if !ok {
				return errFew
			}
			dst.text = append(dst.text, again(dst.text, word))
			c.plain = rest
		}
	case idColumn:
		for range n {
			var id models.ID
			if len(c.plain) < idDigits {
				return errID
			}
			if _, err := hex.Decode(id[:], c.plain[:idDigits]); err != nil {
				return errID
			}
			dst.id = append(dst.id, id)
			c.plain = c.plain[idDigits:]
		}
	}
	return nil
}

// readSeries appends one row, which may go on over pages.
func (c *chunkReader) readSeries(f *field, dst *column) error {
	defined := byte(0)
	if f.optional {
		defined = 1
	}
	if c.repetitions[c.at] != 0 {
		return fmt.Errorf("%w: a list that does not begin", errShape)
	}
	switch level := c.definitions[c.at]; {
	case level < defined:
		c.at++
		dst.addNull()
		return nil
	case level == defined:
		c.at++
		dst.addSeries(nil)
		return nil
	}
	for first := true; ; first = false {
		if !first {
			err := c.more(f)
			if err == io.EOF || err == nil && c.repetitions[c.at] == 0 {
				break
			}
			if err != nil {
				return err
			}
		}
		if c.definitions[c.at] != defined+2 {
			return fmt.Errorf("%w: a null in a list", errShape)
		}
		c.at++
		if c.indexes != nil {
			return fmt.Errorf("%w: a dictionary", errShape)
		}
		dst.flat = append(dst.flat, math.Float64frombits(binary.LittleEndian.Uint64(c.plain)))
		c.plain = c.plain[8:]
	}
	dst.null = append(dst.null, false)
	dst.end = append(dst.end, len(dst.flat))
	return nil
}
