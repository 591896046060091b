package store

import (
	"fmt"
	"io"

	"github.com/parquet-go/parquet-go"
)

// chunkReader reads one column of one row group, page by page, straight from
// the pages' memory.
type chunkReader struct {
	pages parquet.Pages
	page  parquet.Page
	guard pageGuard

	repetition []byte // levels of the page's values; empty where all are 0
	definition []byte
	at         int // the next level
	next       int // the next value that is there

	// The page's values, or its dictionary's if indexes is not nil.
	indexes []int32
	numbers []int64
	floats  []float64
	bits    []byte
	bytes   []byte
	offsets []uint32

	dictionary parquet.Dictionary // the one that texts were made from
	texts      []string
}

// turn goes on with the next page; it returns io.EOF when there is none.
func (c *chunkReader) turn(f *field) error {
	if c.page != nil {
		parquet.Release(c.page)
		c.page = nil
	}
	if err := c.guard.next(); err != nil {
		return err
	}
	page, err := c.pages.ReadPage()
	if err != nil {
		return err
	}
	c.page, c.at, c.next = page, 0, 0
	c.repetition, c.definition = page.RepetitionLevels(), page.DefinitionLevels()
	data := page.Data()
	c.indexes = nil
	dictionary := page.Dictionary()
	if dictionary != nil {
		c.indexes = data.Int32()
		data = dictionary.Page().Data()
	}
	switch f.kind {
	case intColumn:
		c.numbers = data.Int64()
	case floatColumn, seriesColumn:
		c.floats = data.Double()
	case boolColumn:
		c.bits = data.Boolean()
	default:
		c.bytes, c.offsets = data.ByteArray()
		if dictionary != nil && dictionary != c.dictionary {
			c.texts = c.texts[:0]
			for i := range len(c.offsets) - 1 {
				c.texts = append(c.texts, string(c.bytes[c.offsets[i]:c.offsets[i+1]]))
			}
		}
	}
	c.dictionary = dictionary
	return nil
}

// more makes sure that there is a value left on the page, turning it if need be.
func (c *chunkReader) more(f *field) error {
	for c.page == nil || int64(c.at) == c.page.NumValues() {
		if err := c.turn(f); err != nil {
			return err
		}
	}
	return nil
}

// read appends rows rows to dst.
func (c *chunkReader) read(rows int, f *field, dst *column) error {
	defined := byte(0)
	if f.optional {
		defined = 1
	}
	for range rows {
		if err := c.more(f); err == io.EOF {
			return fmt.Errorf("%w: too few values", errShape)
		} else if err != nil {
			return err
		}
		if f.kind == seriesColumn {
			if err := c.readSeries(f, defined, dst); err != nil {
				return err
			}
			continue
		}
		present := len(c.definition) == 0 || c.definition[c.at] == defined
		c.at++
		if !present {
			dst.addNull()
			continue
		}
		i := c.next
		c.next++
		if c.indexes != nil {
			i = int(c.indexes[i])
		}
		switch f.kind {
		case intColumn:
			dst.addInt(c.numbers[i])
		case floatColumn:
			dst.addFloat(c.floats[i])
		case boolColumn:
			dst.addBool(c.bits[i/8]>>(i%8)&1 != 0)
		case textColumn:
			if c.indexes != nil {
				dst.addText(c.texts[i])
			} else {
				dst.addText(string(c.bytes[c.offsets[i]:c.offsets[i+1]]))
			}
		case idColumn:
			id, err := parseID(c.bytes[c.offsets[i]:c.offsets[i+1]])
			if err != nil {
				return err
			}
			dst.addID(id)
		}
	}
	return nil
}

// readSeries appends one list: null below the list's own level, empty at it, and
// an element at every level above, of which elements 0 to n-1 of a list but the
// first are repetitions.
func (c *chunkReader) readSeries(f *field, defined byte, dst *column) error {
	switch level := c.definition[c.at]; {
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
			if err == io.EOF || err == nil && c.repetition[c.at] == 0 {
				break
			}
			if err != nil {
				return err
			}
		}
		if c.definition[c.at] != defined+2 {
			return fmt.Errorf("%w: a null in a list", errShape)
		}
		i := c.next
		if c.indexes != nil {
			i = int(c.indexes[i])
		}
		dst.flat = append(dst.flat, c.floats[i])
		c.at++
		c.next++
	}
	dst.null = append(dst.null, false)
	dst.end = append(dst.end, len(dst.flat))
	return nil
}
