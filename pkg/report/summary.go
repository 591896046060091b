package report

import (
	"cmp"
	"math"
	"slices"

	"github.com/neurosweep/sweep/pkg/models"
	"github.com/neurosweep/sweep/pkg/store"
)

// summary is what a column of a data set holds, failed trials included.
type summary struct {
	store.Field
	Rows  int64
	Nulls int64 // rows without a value
	NaNs  int64 // values that are no number
	// Count is how many numbers there are, those of all series together; the
	// rest is of them. Of an even number the median is the mean of the middle two.
	Count            int64
	Min, Median, Max float64
	Words            []word // of texts and flags, the most frequent first
	More             bool   // there are more words than maxWords
}

// word is a text with how often it is there.
type word struct {
	Text  string
	Count int64
}

// maxWords is how many different texts of a column are counted.
const maxWords = 12

// Series reports whether a row holds a list of numbers.
func (s *summary) Series() bool { return s.Kind == models.SeriesKind }

func (s *summary) number() bool {
	return s.Kind == models.ScalarKind || s.Kind == models.IntegerKind || s.Series()
}

// digitBits is how much of a number each look at the data set tells for its
// medians: four looks find them all, in memory that does not grow with the data.
const digitBits = 16

// middle finds the number of a rank.
type middle struct {
	rank   int64
	prefix uint64 // of its key, as far as it is known
	counts []int64
}

// look counts a key if it begins as the one that is looked for.
func (m *middle) look(key uint64, shift int) {
	if key>>(shift+digitBits) == m.prefix {
		m.counts[key>>shift&(1<<digitBits-1)]++
	}
}

// settle finds the next digit; it reports whether there is one.
func (m *middle) settle() bool {
	for digit, n := range m.counts {
		if m.rank < n {
			m.prefix = m.prefix<<digitBits | uint64(digit)
			clear(m.counts)
			return true
		}
		m.rank -= n
	}
	return false
}

// keyOf is a number's bits in an order that is the numbers'.
func keyOf(x float64) uint64 {
	if x == 0 {
		x = 0 // not -0
	}
	bits := math.Float64bits(x)
	if bits>>63 != 0 {
		return ^bits
	}
	return bits | 1<<63
}

func ofKey(key uint64) float64 {
	if key>>63 != 0 {
		return math.Float64frombits(key &^ (1 << 63))
	}
	return math.Float64frombits(^key)
}

// summarize reads the data set of the folder and sums up each of its columns but
// for identities and messages.
func summarize(beat *beat, dir string, plan store.Plan) ([]*summary, error) {
	var list []*summary
	var names []string
	for _, c := range store.Fields(plan) {
		list, names = append(list, &summary{Field: c, Min: math.Inf(1), Max: math.Inf(-1), Median: math.NaN()}), append(names, c.Name)
	}
	words := make([]map[string]int64, len(list))
	middles := make([][2]*middle, len(list))
	var asked []string // columns that are looked at
	var of []int       // and which of list they are
	for i, s := range list {
		switch {
		case s.Name == "id" || s.Name == "error":
			continue // told elsewhere, or all different
		case s.number():
			for j := range middles[i] {
				middles[i][j] = &middle{counts: make([]int64, 1<<digitBits)}
			}
		default:
			words[i] = make(map[string]int64)
		}
		asked, of = append(asked, names[i]), append(of, i)
	}
	_, err := store.Scan(dir, plan, asked, func(k *store.Chunk) error {
		beat.look()
		for c, i := range of {
			list[i].add(k, c, words[i])
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	asked, of = nil, nil
	for i, s := range list {
		for text, n := range words[i] {
			s.Words = append(s.Words, word{text, n})
		}
		slices.SortFunc(s.Words, func(a, b word) int { return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Text, b.Text)) })
		if s.Count > 0 {
			middles[i][0].rank, middles[i][1].rank = (s.Count-1)/2, s.Count/2
			asked, of = append(asked, names[i]), append(of, i)
		}
	}
	for shift := 64 - digitBits; shift >= 0 && len(asked) > 0; shift -= digitBits {
		_, err := store.Scan(dir, plan, asked, func(k *store.Chunk) error {
			beat.look()
			for c, i := range of {
				eachNumber(k, c, list[i].Series(), func(x float64) {
					if math.IsNaN(x) {
						return
					}
					key := keyOf(x)
					middles[i][0].look(key, shift)
					middles[i][1].look(key, shift)
				})
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
		for _, i := range of {
			found := middles[i][0].settle() && middles[i][1].settle()
			// Rows may have been added since the first look: then the rank is
			// that of a moment ago, or there is none.
			if found && shift == 0 {
				low, high := ofKey(middles[i][0].prefix), ofKey(middles[i][1].prefix)
				list[i].Median = low/2 + high/2
				if low == high {
					list[i].Median = low
				}
			}
		}
	}
	return list, nil
}

// add takes in what a chunk has in the column.
func (s *summary) add(k *store.Chunk, c int, words map[string]int64) {
	s.Rows += int64(k.Rows())
	for row := range k.Rows() {
		if k.Null(c, row) {
			s.Nulls++
			continue
		}
		if words == nil {
			continue
		}
		text := "true"
		if s.Kind == models.BoolKind {
			if k.Int(c, row) == 0 {
				text = "false"
			}
		} else {
			text = k.Text(c, row)
		}
		if _, known := words[text]; known || len(words) < maxWords {
			words[text]++
		} else {
			s.More = true
		}
	}
	if words != nil {
		return
	}
	eachNumber(k, c, s.Series(), func(x float64) {
		if math.IsNaN(x) {
			s.NaNs++
			return
		}
		s.Count++
		s.Min, s.Max = min(s.Min, x), max(s.Max, x)
	})
}

// eachNumber visits the numbers that a chunk has in the column.
func eachNumber(k *store.Chunk, c int, series bool, visit func(x float64)) {
	for row := range k.Rows() {
		switch {
		case k.Null(c, row):
		case series:
			for _, x := range k.Series(c, row) {
				visit(x)
			}
		default:
			visit(k.Float(c, row))
		}
	}
}
