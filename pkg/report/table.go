package report

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/neurosweep/sweep/pkg/experiment"
	"github.com/neurosweep/sweep/pkg/models"
	"github.com/neurosweep/sweep/pkg/store"
)

// table is some columns of a data set, without the rows of failed trials and
// those that a condition leaves out.
type table struct {
	beat    *beat
	columns map[string]*column
	trial   []int64 // of each row, in the plan
	rows    int
	failed  int
	left    int // rows that the condition left out
	planned int64
	others  int   // parts of another plan, which were passed by
	bytes   int64 // that its rows take, with what is computed of them, about
}

// column holds one column: numbers and flags in num, texts as places in words,
// series one behind the other in flat, row i up to end[i].
type column struct {
	experiment.Column
	null  []bool // nil if no row has
	num   []float64
	code  []int32
	words []string
	end   []int
	flat  []float64

	codes map[string]int32
}

// rowBytes is what is held for each row beside its columns: its trial, and its
// places on some scales.
const rowBytes = 40

// newTable is a table of those columns without rows.
func newTable(beat *beat, spec *experiment.Spec, names []string) (*table, error) {
	t := &table{beat: beat, columns: make(map[string]*column), planned: spec.Plan().Len()}
	all := spec.Columns()
	for _, name := range names {
		i := slices.IndexFunc(all, func(c experiment.Column) bool { return c.Name == name })
		if i < 0 {
			return nil, fmt.Errorf("there is no column %q", name)
		}
		if t.columns[name] == nil {
			t.columns[name] = &column{Column: all[i], codes: make(map[string]int32)}
		}
	}
	return t, nil
}

// load reads columns of a data set, of the trials where a condition holds; nil
// keeps all.
func load(beat *beat, dir string, spec *experiment.Spec, names []string, where *experiment.Formula, limit int64) (*table, error) {
	plan := spec.Plan()
	t, err := newTable(beat, spec, names)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	asked := []string{"status", "trial"}
	var list []*column
	var places []int
	for name, c := range t.columns { // in no order: each goes its own way
		place := slices.Index(asked, name)
		if place < 0 {
			place, asked = len(asked), append(asked, name)
		}
		list, places = append(list, c), append(places, place)
	}
	read := func(t *table, k *store.Chunk, row int, list []*column) {
		t.rows++
		for i, c := range list {
			t.bytes += c.add(k, places[i], row)
		}
	}
	t.others, err = store.Scan(dir, plan, asked, func(k *store.Chunk) error {
		beat.look()
		kept, err := holds(beat, spec, where, list, k, read)
		if err != nil {
			return err
		}
		for row := range k.Rows() {
			trial := k.Int(1, row)
			switch {
			case k.Text(0, row) == "failed":
				t.failed++
			case kept != nil && !kept[row]:
				t.left++
			case trial < 0 || trial >= t.planned:
				return fmt.Errorf("%s: a record is of trial %d of %d", dir, trial, t.planned)
			default:
				read(t, k, row, list)
				t.trial = append(t.trial, trial)
				if t.bytes += rowBytes; t.bytes > limit {
					return &SizeError{t.rows, limit, t.planned}
				}
			}
		}
		return nil
	})
	return t, err
}

// holds are the rows of a chunk where a condition does; nil is all.
func holds(beat *beat, spec *experiment.Spec, where *experiment.Formula, list []*column, k *store.Chunk, read func(*table, *store.Chunk, int, []*column)) ([]bool, error) {
	if where == nil {
		return nil, nil
	}
	var names []string
	for _, c := range list {
		names = append(names, c.Name)
	}
	t, err := newTable(beat, spec, names)
	if err != nil {
		return nil, err
	}
	columns := make([]*column, len(list))
	for i, c := range list {
		if slices.Contains(where.Columns(), c.Name) {
			columns[i] = t.columns[c.Name]
		}
	}
	for row := range k.Rows() {
		read(t, k, row, columns)
	}
	w := t.eval(where, nil)
	kept := make([]bool, k.Rows())
	for i := range kept {
		kept[i] = w.ok[i] && w.num[i] != 0
	}
	return kept, nil
}

// add takes a row of a chunk in, and returns how many bytes it takes.
func (c *column) add(k *store.Chunk, column, row int) int64 {
	if c == nil {
		return 0
	}
	null := k.Null(column, row)
	switch {
	case c.Series && null:
		c.addSeries(nil, true)
		return 8
	case c.Series:
		xs := k.Series(column, row)
		c.addSeries(xs, false)
		return int64(8 + 9*len(xs)) // with whether each is finite
	case c.Kind == models.TextKind && null:
		c.addText("", true)
	case c.Kind == models.TextKind:
		c.addText(k.Text(column, row), false)
	case null:
		c.addNumber(0, true)
	default:
		c.addNumber(k.Float(column, row), false)
	}
	return 10
}

func (c *column) addNull(null bool, rows int) {
	if null && c.null == nil {
		c.null = make([]bool, rows)
	}
	if c.null != nil {
		c.null = append(c.null, null)
	}
}

func (c *column) addSeries(xs []float64, null bool) {
	c.addNull(null, len(c.end))
	c.flat = append(c.flat, xs...)
	c.end = append(c.end, len(c.flat))
}

func (c *column) addNumber(x float64, null bool) {
	c.addNull(null, len(c.num))
	if null {
		x = math.NaN()
	}
	c.num = append(c.num, x)
}

func (c *column) addText(text string, null bool) {
	c.addNull(null, len(c.code))
	at := int32(0)
	if !null {
		var known bool
		if at, known = c.codes[text]; !known {
			at = int32(len(c.words))
			text = strings.Clone(text) // not a part of the chunk's
			c.codes[text] = at
			c.words = append(c.words, text)
		}
	}
	c.code = append(c.code, at)
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
			if c.null != nil && c.null[row] {
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
				t.beat.tick()
				v.ok[row] = whole(row) && !math.IsNaN(v.num[row]) && !math.IsInf(v.num[row], 0)
			}
			return v
		}
		e := f.Evaluator()
		for row := range t.rows {
			t.beat.tick()
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
		t.beat.tick()
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
		t.beat.tick()
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
	xs := distinct(v)
	list = make([]level, len(xs))
	for i, x := range xs {
		list[i].num = x
		if len(xs) > maxNamed {
			continue // nobody reads them
		}
		list[i].text = plainNumber(x)
		if v.kind == models.FlagKind {
			list[i].text = fmt.Sprint(x != 0)
		}
	}
	// Of few a map knows the place; of many it would be larger than the data.
	var places map[float64]int32
	if len(xs) <= maxNamed {
		places = make(map[float64]int32, len(xs))
		for i, x := range xs {
			places[x] = int32(i)
		}
	}
	for i, ok := range v.ok {
		switch {
		case !ok:
			at[i] = -1
		case places != nil:
			at[i] = places[v.num[i]]
		default:
			place, _ := slices.BinarySearch(xs, v.num[i]) // it is there
			at[i] = int32(place)
		}
	}
	return list, at
}

// maxNamed is how many numbers of a scale have a text: more than a legend has.
const maxNamed = 1000

// distinct are the different numbers in ascending order.
func distinct(v *values) []float64 {
	seen := make(map[float64]bool)
	var xs []float64
	for i, ok := range v.ok {
		if !ok {
			continue
		}
		x := v.num[i]
		if len(seen) > maxNamed {
			xs = append(xs, x)
			continue
		}
		if !seen[x] {
			seen[x] = true
			xs = append(xs, x)
		}
	}
	slices.Sort(xs)
	return slices.Compact(xs)
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
