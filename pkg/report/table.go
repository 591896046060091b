package report

import (
	"fmt"
	"math"
	"slices"

	"github.com/neurosweep/sweep/pkg/experiment"
	"github.com/neurosweep/sweep/pkg/models"
	"github.com/neurosweep/sweep/pkg/store"
)

// table is some columns of a data set, without the rows of failed trials.
type table struct {
	columns map[string]*column
	rows    int
	failed  int
	planned int64
	others  int // parts of another plan, which were passed by
}

// column holds one column: numbers and flags in num, texts as places in words,
// series one behind the other in flat, row i up to end[i].
type column struct {
	experiment.Column
	null  []bool
	num   []float64
	code  []int32
	words []string
	end   []int
	flat  []float64
}

// load reads columns of a data set.
func load(dir string, spec *experiment.Spec, names []string) (*table, error) {
	plan := spec.Plan()
	t := &table{columns: make(map[string]*column), planned: plan.Len()}
	all := spec.Columns()
	asked := []string{"status"}
	var list []*column
	var codes []map[string]int32
	for _, name := range names {
		i := slices.IndexFunc(all, func(c experiment.Column) bool { return c.Name == name })
		if i < 0 {
			return nil, fmt.Errorf("%s has no column %q", dir, name)
		}
		if t.columns[name] != nil {
			continue
		}
		c := &column{Column: all[i]}
		t.columns[name] = c
		list, asked, codes = append(list, c), append(asked, name), append(codes, make(map[string]int32))
	}
	var err error
	t.others, err = store.Scan(dir, plan, asked, func(k *store.Chunk) error {
		for row := range k.Rows() {
			if k.Text(0, row) == "failed" {
				t.failed++
				continue
			}
			t.rows++
			for i, c := range list {
				null := k.Null(i+1, row)
				c.null = append(c.null, null)
				switch {
				case c.Series:
					if !null {
						c.flat = append(c.flat, k.Series(i+1, row)...)
					}
					c.end = append(c.end, len(c.flat))
				case c.Kind == models.TextKind:
					var at int32
					if !null {
						text := k.Text(i+1, row)
						var known bool
						if at, known = codes[i][text]; !known {
							at = int32(len(c.words))
							codes[i][text] = at
							c.words = append(c.words, text)
						}
					}
					c.code = append(c.code, at)
				case null:
					c.num = append(c.num, math.NaN())
				default:
					c.num = append(c.num, k.Float(i+1, row))
				}
			}
		}
		return nil
	})
	return t, err
}

// value is a row's, as formulas take it.
func (c *column) value(row int) any {
	switch c.Kind {
	case models.TextKind:
		return c.words[c.code[row]]
	case models.FlagKind:
		return c.num[row] != 0
	case models.IntKind:
		return int(c.num[row])
	}
	return c.num[row]
}

// series are a row's elements.
func (c *column) series(row int) []float64 {
	start := 0
	if row > 0 {
		start = c.end[row-1]
	}
	return c.flat[start:c.end[row]]
}

// values are those of a formula: one for each row, or, of series, end[row] says
// where a row's elements end.
type values struct {
	kind models.Kind
	num  []float64 // numbers, and flags as 0 and 1
	text []string
	ok   []bool // false where a column has no value, or the formula no finite one
	end  []int
}

// eval is the formula of each row that keep holds; nil keeps all.
func (t *table) eval(f *experiment.Formula, keep []bool) *values {
	v := &values{kind: f.Kind()}
	var list []*column
	for _, name := range f.Columns() {
		list = append(list, t.columns[name])
	}
	whole := func(row int) bool {
		if keep != nil && !keep[row] {
			return false
		}
		for _, c := range list {
			if c.null[row] {
				return false
			}
		}
		return true
	}
	add := func(x any, ok bool) {
		switch x := x.(type) {
		case float64:
			v.num, v.ok = append(v.num, x), append(v.ok, ok && !math.IsNaN(x) && !math.IsInf(x, 0))
		case int:
			v.num, v.ok = append(v.num, float64(x)), append(v.ok, ok)
		case bool:
			n := 0.0
			if x {
				n = 1
			}
			v.num, v.ok = append(v.num, n), append(v.ok, ok)
		case string:
			v.text, v.ok = append(v.text, x), append(v.ok, ok)
		default:
			if v.kind == models.TextKind {
				v.text = append(v.text, "")
			} else {
				v.num = append(v.num, math.NaN())
			}
			v.ok = append(v.ok, false)
		}
	}
	plain := f.Name() != ""
	if len(f.Series()) == 0 {
		if plain && v.kind != models.TextKind {
			v.num = list[0].num
			v.ok = make([]bool, t.rows)
			for row := range t.rows {
				v.ok[row] = whole(row) && !math.IsNaN(v.num[row]) && !math.IsInf(v.num[row], 0)
			}
			return v
		}
		e := f.Evaluator()
		for row := range t.rows {
			if !whole(row) {
				add(nil, false)
				continue
			}
			if plain {
				add(list[0].value(row), true)
				continue
			}
			for _, c := range list {
				e.Set(c.Name, c.value(row))
			}
			x, err := e.Eval()
			if err != nil {
				x = nil
			}
			add(x, true)
		}
		return v
	}
	e := f.Evaluator()
	for row := range t.rows {
		if whole(row) {
			if plain {
				for _, x := range list[0].series(row) {
					v.num, v.ok = append(v.num, x), append(v.ok, !math.IsNaN(x) && !math.IsInf(x, 0))
				}
			} else {
				t.evalSeries(e, list, row, add)
			}
		}
		v.end = append(v.end, len(v.num))
	}
	return v
}

// evalSeries is the formula of the first elements of the row's series, of the
// second, and so on, up to the end of the shortest.
func (t *table) evalSeries(e *experiment.Evaluator, list []*column, row int, add func(x any, ok bool)) {
	n := math.MaxInt
	for _, c := range list {
		if c.Series {
			n = min(n, len(c.series(row)))
		} else {
			e.Set(c.Name, c.value(row))
		}
	}
	for i := range n {
		for _, c := range list {
			if c.Series {
				e.Set(c.Name, c.series(row)[i])
			}
		}
		x, err := e.Eval()
		if err != nil {
			x = nil
		}
		add(x, true)
	}
}

// of are a row's elements: where they begin and end in num.
func (v *values) of(row int) (from, to int) {
	if v.end == nil {
		return row, row + 1
	}
	if row > 0 {
		from = v.end[row-1]
	}
	return from, v.end[row]
}

// level is one of the distinct values that a formula has.
type level struct {
	num  float64
	text string // of it, in words
}

// levels are the distinct values in order, and the place of each row's among
// them, -1 where it has none. Numbers are in ascending order, flags false first,
// texts in the order of choices, others by the alphabet.
func (v *values) levels(choices []string) (list []level, at []int32) {
	at = make([]int32, len(v.ok))
	if v.kind == models.TextKind {
		seen := make(map[string]int32)
		for i, ok := range v.ok {
			if ok {
				seen[v.text[i]] = 0
			}
		}
		var texts []string
		for text := range seen {
			texts = append(texts, text)
		}
		place := func(s string) int {
			if i := slices.Index(choices, s); i >= 0 {
				return i
			}
			return len(choices)
		}
		slices.SortFunc(texts, func(a, b string) int {
			if d := place(a) - place(b); d != 0 {
				return d
			}
			return compareText(a, b)
		})
		for i, text := range texts {
			seen[text] = int32(i)
			list = append(list, level{float64(i), text})
		}
		for i, ok := range v.ok {
			if at[i] = -1; ok {
				at[i] = seen[v.text[i]]
			}
		}
		return list, at
	}
	seen := make(map[float64]int32)
	for i, ok := range v.ok {
		if ok {
			seen[v.num[i]] = 0
		}
	}
	xs := make([]float64, 0, len(seen))
	for x := range seen {
		xs = append(xs, x)
	}
	slices.Sort(xs)
	for i, x := range xs {
		seen[x] = int32(i)
		text := plainNumber(x)
		if v.kind == models.FlagKind {
			text = fmt.Sprint(x != 0)
		}
		list = append(list, level{x, text})
	}
	for i, ok := range v.ok {
		if at[i] = -1; ok {
			at[i] = seen[v.num[i]]
		}
	}
	return list, at
}

func compareText(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}
