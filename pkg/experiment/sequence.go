package experiment

import (
	"crypto/sha256"
	"encoding/binary"
	"math/bits"
	"slices"
	"sort"
)

// Order is an order in which the trials of a plan are handed out.
type Order int

// The orders.
const (
	// Progressive goes from coarse grids to finer ones: at any moment what is
	// finished is a complete grid and a part of the next finer one.
	Progressive Order = iota
	// Row goes through the trials by their number.
	Row
	// Shuffle goes through them in an order that the seed draws.
	Shuffle
)

var orderNames = []string{"progressive", "row", "shuffle"}

func (o Order) String() string { return orderNames[o] }

// Sequence says in which order the trials of a plan are handed out. It is for
// one goroutine.
type Sequence struct {
	plan *Plan
	// Trials are handed out in runs of consecutive ones: all of a place, or the
	// links of a chain.
	next, end int64
	runs      func() (stretch, bool)
}

// stretch is consecutive trials that are handed out together.
type stretch struct {
	first, length int64
	level         int // from 0, the coarsest grid
}

// Sequence is the plan's order from its beginning.
func (p *Plan) Sequence() *Sequence {
	return &Sequence{plan: p, runs: p.stretches()}
}

func (p *Plan) stretches() func() (stretch, bool) {
	switch {
	case p.order == Shuffle:
		return p.shuffled()
	case p.order == Progressive && p.coarsest() > 0:
		return p.levels()
	}
	done := false
	return func() (stretch, bool) {
		defer func() { done = true }()
		return stretch{length: p.Len()}, !done
	}
}

// Levels is how many grids the order goes through, each finer than the one
// before: 1 if it does not go from coarse to fine.
func (p *Plan) Levels() int {
	if p.order != Progressive {
		return 1
	}
	return p.coarsest() + 1
}

// Coarse lists the parameters along whose axes the grids before the last are coarse,
// in the order of the spec; none if the order does not go from coarse to fine.
func (p *Plan) Coarse() (params []int) {
	for _, a := range p.axes {
		if p.Levels() > 1 && slices.ContainsFunc(p.thinned, func(thin []bool) bool { return thin[a.Param] }) {
			params = append(params, a.Param)
		}
	}
	return params
}

// EachLevel visits all trials in the order in which they are handed out, in
// stretches [first, end), each with its level from 0, the coarsest grid.
func (p *Plan) EachLevel(visit func(level int, first, end int64)) {
	next := p.stretches()
	for s, ok := next(); ok; s, ok = next() {
		visit(s.level, s.first, s.first+s.length)
	}
}

// Next appends the numbers of the next trials to dst, as many as it has room
// for. It appends none when all have been handed out.
func (s *Sequence) Next(dst []int64) []int64 {
	for len(dst) < cap(dst) {
		if s.next == s.end {
			run, ok := s.runs()
			if !ok {
				break
			}
			s.next, s.end = run.first, run.first+run.length
		}
		n := min(int64(cap(dst)-len(dst)), s.end-s.next)
		for range n {
			dst = append(dst, s.next)
			s.next++
		}
	}
	return dst
}

// coarsest is the level of the coarsest grid: its stride is the largest power
// of two below the length of the longest axis.
func (p *Plan) coarsest() int {
	longest := int64(1)
	for b := range p.grids {
		fs := p.free(b)
		for i := range fs {
			for _, x := range fs[i].graded() {
				if p.thins(b, &x) {
					longest = max(longest, x.len)
				}
			}
		}
	}
	return max(bits.Len64(uint64(longest-1))-1, 0)
}

// free are the factors of a grid but for that of a carried axis.
func (p *Plan) free(b int) []factor {
	fs := p.grids[b].factors
	if p.carry != nil {
		fs = fs[:len(fs)-1]
	}
	return fs
}

// thins reports whether coarser grids have less of the rows by the grade's levels.
func (p *Plan) thins(b int, x *grade) bool {
	return slices.ContainsFunc(x.params, func(param int) bool { return p.thinned[b][param] })
}

// stratum is a factor by level: which of its rows each coarser grid has.
type stratum struct {
	len   int64
	whole bool // each grid has all rows
	// The rows of a tied factor from coarse to fine, and how many have at least
	// each level. nil where rows and levels go by the row's number.
	rows  []int32
	count []int64
}

func (p *Plan) stratum(b int, f *factor, levels int) stratum {
	s := stratum{len: f.len}
	thin := slices.DeleteFunc(f.graded(), func(x grade) bool { return !p.thins(b, &x) })
	if s.whole = len(thin) == 0; s.whole || f.grades == nil {
		return s
	}
	s.count = make([]int64, levels+2)
	of := func(row int32) int {
		level := levels
		for i := range thin {
			level = min(level, int(thin[i].levels[row]))
		}
		return level
	}
	s.rows = make([]int32, f.len)
	for i := range s.rows {
		s.rows[i] = int32(i)
		for l := range of(int32(i)) + 1 {
			s.count[l]++
		}
	}
	slices.SortStableFunc(s.rows, func(a, b int32) int { return of(b) - of(a) })
	return s
}

// upTo is how many rows have at least the level.
func (s *stratum) upTo(level int) int64 {
	switch {
	case s.whole:
		return s.len
	case s.rows != nil:
		return s.count[level]
	}
	return (s.len-1)>>level + 1
}

// row is row i of those with at least the level; of only those with just the
// level if fresh.
func (s *stratum) row(i int64, level int, fresh bool) int64 {
	switch {
	case s.whole:
		return i // none is fresh
	case s.rows != nil && fresh:
		return int64(s.rows[s.count[level+1]+i])
	case s.rows != nil:
		return int64(s.rows[i])
	case fresh:
		return (2*i + 1) << level
	}
	return i << level
}

// levels hands out places from the coarsest grid to the finest: first those
// whose rows are multiples of the largest stride, then at each level those that
// the level before has not. All replicates and links of a place go together.
//
// Which places are new at a level is said without looking at the old: for each
// factor k in turn, those whose row is old in the factors before k, new in k,
// and any in those behind.
func (p *Plan) levels() func() (stretch, bool) {
	top := p.coarsest()
	strata := make([][]stratum, len(p.grids))
	for b := range p.grids {
		fs := p.free(b)
		for i := range fs {
			strata[b] = append(strata[b], p.stratum(b, &fs[i], top))
		}
	}
	links := int64(1)
	if p.carry != nil {
		links = p.carry.links
	}
	at, b, k := top, 0, -1 // the level, the grid and the factor that is new; all at the top
	var counts, digits, rows []int64
	left := int64(0)

	// begin counts the places of the level, the grid and the factor.
	begin := func() {
		s := strata[b]
		counts = make([]int64, len(s))
		digits = make([]int64, len(s))
		rows = make([]int64, len(s))
		left = 1
		for i := range s {
			switch {
			case at == top:
				counts[i] = s[i].upTo(top)
			case i < k:
				counts[i] = s[i].upTo(at + 1)
			case i == k:
				counts[i] = s[i].upTo(at) - s[i].upTo(at+1)
			default:
				counts[i] = s[i].upTo(at)
			}
			left *= counts[i]
		}
		for i := range s {
			if left > 0 {
				rows[i] = rowAt(&s[i], i, k, at, top, 0)
			}
		}
	}
	advance := func() bool {
		switch {
		case at < top && k+1 < len(strata[b]):
			k++
		case b+1 < len(p.grids):
			b, k = b+1, 0
		case at > 0:
			at, b, k = at-1, 0, 0
		default:
			return false
		}
		if at == top {
			k = -1
		}
		if at < top && len(strata[b]) == 0 {
			left = 0 // a single place, which the top level has
			return true
		}
		begin()
		return true
	}
	begin()
	return func() (stretch, bool) {
		for {
			for left == 0 {
				if !advance() {
					return stretch{}, false
				}
			}
			g := p.grids[b]
			place := int64(0)
			for i, row := range rows {
				place = place*strata[b][i].len + row
			}
			left--
			for i := len(digits) - 1; i >= 0 && left > 0; i-- {
				if digits[i]++; digits[i] == counts[i] {
					digits[i] = 0
				}
				rows[i] = rowAt(&strata[b][i], i, k, at, top, digits[i])
				if digits[i] > 0 {
					break
				}
			}
			if g.kept != nil {
				n := sort.Search(len(g.kept), func(i int) bool { return int64(g.kept[i]) >= place })
				if n == len(g.kept) || int64(g.kept[n]) != place {
					continue // an earlier block has it
				}
				place = int64(n)
			}
			run := p.inner * links
			return stretch{p.first[b] + place*run, run, top - at}, true
		}
	}
}

// rowAt is row n of factor i while factor k is the new one at the level.
func rowAt(s *stratum, i, k, level, top int, n int64) int64 {
	switch {
	case level == top:
		return s.row(n, top, false)
	case i < k:
		return s.row(n, level+1, false)
	case i == k:
		return s.row(n, level, true)
	}
	return s.row(n, level, false)
}

// shuffled hands out chains, or trials where there are none, in an order that
// the seed draws: a Feistel network over the numbers below the next power of
// two, walked on where it leads beyond the last trial.
func (p *Plan) shuffled() func() (stretch, bool) {
	run := max(p.ChainLen(), 1)
	n := uint64(p.Len() / run)
	f := newFeistel(p.setting.Seed, n)
	next := uint64(0)
	return func() (stretch, bool) {
		if next == n {
			return stretch{}, false
		}
		x := f.permute(next)
		for x >= n {
			x = f.permute(x)
		}
		next++
		return stretch{first: int64(x) * run, length: run}, true
	}
}

// feistel is a permutation of the numbers of some bits.
type feistel struct {
	low, high uint // bits of the halves
	keys      [6]uint64
}

func newFeistel(seed, n uint64) *feistel {
	width := uint(max(bits.Len64(n-1), 2))
	f := &feistel{low: width / 2, high: width - width/2}
	for i := range f.keys {
		text := append([]byte("sweep/order/v1"), byte(i))
		sum := sha256.Sum256(binary.LittleEndian.AppendUint64(text, seed))
		f.keys[i] = binary.LittleEndian.Uint64(sum[:])
	}
	return f
}

// permute changes each half in turn by a hash of the other.
func (f *feistel) permute(x uint64) uint64 {
	low, high := x&(1<<f.low-1), x>>f.low
	for i := 0; i < len(f.keys); i += 2 {
		low ^= mix(high^f.keys[i]) & (1<<f.low - 1)
		high ^= mix(low^f.keys[i+1]) & (1<<f.high - 1)
	}
	return high<<f.low | low
}

// mix is the finisher of SplitMix64.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
