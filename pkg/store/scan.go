package store

import (
	"encoding/hex"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"strings"
)

// Chunk is some rows of a data set, column by column: at most 4096 trials. Its
// slices and strings hold until the visit that it was given to returns.
type Chunk struct {
	block *block
	at    []int // by column that was asked for, its place in the block
}

// Rows is how many rows the chunk has.
func (c *Chunk) Rows() int { return c.block.rows() }

// Null reports whether the row has no value in the column, which is counted from
// 0 in the order in which Scan was asked for columns.
func (c *Chunk) Null(column, row int) bool { return c.block.columns[c.at[column]].null[row] }

// Float is a number, an integer as one, or 1 for true and 0 for false.
func (c *Chunk) Float(column, row int) float64 {
	v := &c.block.columns[c.at[column]]
	if v.kind == floatColumn {
		return math.Float64frombits(v.bits[row])
	}
	return float64(int64(v.bits[row]))
}

// Int is an integer, or 1 for true and 0 for false.
func (c *Chunk) Int(column, row int) int64 { return int64(c.block.columns[c.at[column]].bits[row]) }

// Text is a text, or an identity in hexadecimal digits.
func (c *Chunk) Text(column, row int) string {
	v := &c.block.columns[c.at[column]]
	if v.kind == idColumn {
		return v.id[row].String()
	}
	return v.text[row]
}

// Series is a list of numbers.
func (c *Chunk) Series(column, row int) []float64 { return c.block.columns[c.at[column]].series(row) }

// Scan reads columns of a folder's data set, as it lies in trials/: row by row
// in sealed parts, then, while a run goes on, the rows that no part holds yet.
// It needs no journal, no lock and no other folder, and reads no column that it
// was not asked for. Parts of another plan than this one are passed by; others
// says how many. A folder without trials/ has no rows.
func Scan(dir string, plan Plan, columns []string, visit func(*Chunk) error) (others int, err error) {
	whole := trialsTable(plan)
	t := &table{}
	at := make([]int, len(columns)) // what is asked for twice is read once
	for k, name := range columns {
		i := whole.place(name)
		if i < 0 {
			return 0, fmt.Errorf("the data set has no column %q", name)
		}
		if at[k] = t.place(name); at[k] < 0 {
			at[k] = len(t.fields)
			t.add(whole.fields[i])
		}
	}
	names, err := list(filepath.Join(dir, trialsDir))
	if err != nil {
		return 0, err
	}
	hash := plan.Hash()
	want := hex.EncodeToString(hash[:])
	b := newBlock(t)
	for _, name := range names {
		if name != tailName && !(strings.HasPrefix(name, "part-") && strings.HasSuffix(name, ".parquet")) {
			continue
		}
		other, err := scanPart(dir, name, plan, t, want, &Chunk{b, at}, visit)
		if err != nil {
			return others, err
		}
		if other {
			others++
		}
	}
	return others, nil
}

// scanPart reads one part; other says that it is of another plan.
func scanPart(dir, name string, plan Plan, t *table, hash string, c *Chunk, visit func(*Chunk) error) (other bool, err error) {
	path := filepath.Join(dir, trialsDir, name)
	r, err := openPart(path, t, false)
	if err != nil {
		return false, err
	}
	defer r.close()
	if r.metadata("sweep.plan") != hash {
		return true, nil
	}
	if k, ok := partNumber(name); ok {
		if _, err := r.claims(plan, k); err != nil {
			return false, fmt.Errorf("%s: %w", path, err)
		}
	}
	for {
		switch err := r.next(c.block); {
		case err == io.EOF:
			return false, nil
		case err != nil:
			return false, err
		}
		if err := visit(c); err != nil {
			return false, err
		}
	}
}
