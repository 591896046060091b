package store

import (
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"math"
	"path/filepath"

	"github.com/neurosweep/sweep/pkg/models"
)

// Field says what a column of the data set is.
type Field struct {
	Name     string
	Kind     models.OutputKind // an id is a label
	Optional bool              // it may hold null
	Length   int               // of every list of a series, 0 if they may differ
	Unit     string            // "" for a pure number
	Doc      string            // one sentence, without its full stop
}

// Fields are the columns of the plan's data set, in their order.
func Fields(plan Plan) []Field {
	kinds := map[kind]models.OutputKind{idColumn: models.LabelKind}
	for k, c := range outputKinds {
		kinds[c] = k
	}
	t := trialsTable(plan)
	fields := make([]Field, len(t.fields))
	for i, f := range t.fields {
		fields[i] = Field{f.name, kinds[f.kind], f.optional, f.length, f.unit, f.doc}
	}
	return fields
}

// Frame is some rows of the data set. Columns are numbered as in [Fields], rows
// from 0.
type Frame struct{ block *block }

// Len is the number of rows.
func (f *Frame) Len() int { return f.block.rows() }

// Null reports whether there is no value.
func (f *Frame) Null(column, row int) bool { return f.block.columns[column].null[row] }

// Int is the value of an integer.
func (f *Frame) Int(column, row int) int64 { return int64(f.block.columns[column].bits[row]) }

// Float is the value of a scalar.
func (f *Frame) Float(column, row int) float64 {
	return math.Float64frombits(f.block.columns[column].bits[row])
}

// Flag is the value of a flag.
func (f *Frame) Flag(column, row int) bool { return f.block.columns[column].bits[row] != 0 }

// Text is the value of a label; of an id it is 32 hexadecimal digits.
func (f *Frame) Text(column, row int) string {
	c := &f.block.columns[column]
	if c.kind == idColumn {
		return hex.EncodeToString(c.id[row][:])
	}
	return c.text[row]
}

// Series is the value of a series.
func (f *Frame) Series(column, row int) []float64 { return f.block.columns[column].series(row) }

// Frames visits the data set by trial, some thousand rows at a time. A frame
// holds until the visit returns.
func (r *Rows) Frames(ctx context.Context, visit func(*Frame) error) error {
	return r.blocks(ctx, func(b *block) error { return visit(&Frame{b}) })
}

func (r *Rows) blocks(ctx context.Context, take func(*block) error) error {
	visit := func(b *block) error {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		return take(b)
	}
	b := newBlock(r.look.tables.trials)
	l := newLayout(r.look.plan)
	w := newWindow(r.look.tables.records, entriesOf(r.look.parts.all()))
	for p := range r.look.parts.all() {
		if p.sealed {
			if err := r.sealedBlocks(p.k, b, visit); err != nil {
				return err
			}
			continue
		}
		for from, end := range p.ranges(p.trials(r.look.plan)) {
			refs, err := w.next(from, end)
			if err != nil {
				return err
			}
			if len(refs) > 0 {
				l.fill(refs)
				if err := r.look.tables.trials.misfit(l.trials); err != nil {
					return err
				}
				if err := visit(l.trials); err != nil {
					return err
				}
			}
			w.release(end)
		}
	}
	return r.look.whole(0, r.look.parts.planned)
}

func (r *Rows) sealedBlocks(k int, b *block, visit func(*block) error) error {
	part, err := openPart(filepath.Join(r.look.dir, trialsDir, partName(k)), r.look.tables.trials, false)
	if err != nil {
		return err
	}
	defer part.close()
	for {
		err := part.next(b)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s: %w", part.file.Name(), err)
		}
		if err := visit(b); err != nil {
			return err
		}
	}
}
