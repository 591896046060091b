package store

import (
	"iter"
	"maps"
	"math/bits"
	"slices"
)

// part is the state of the trials [k*partRows, (k+1)*partRows).
type part struct {
	k       int
	sealed  bool
	sealing bool
	// Which trials have a record: few of them in a list, more as one bit a trial.
	// Trials that are spread over a large plan would else take a part's bits each.
	few     []int32
	done    []uint64
	count   int
	entries []entry
}

// manyTrials of a part are no longer kept in a list, where adding one moves others.
const manyTrials = partRows / 256

// has reports whether a trial of the part has a record. There is none in a part
// that is nil.
func (p *part) has(trial int64) bool {
	switch i := int32(trial % partRows); {
	case p == nil:
		return false
	case p.sealed:
		return true
	case p.done != nil:
		return p.done[i/64]>>(i%64)&1 != 0
	default:
		_, found := slices.BinarySearch(p.few, i)
		return found
	}
}

// mark notes that trial has a record, and whether it is the first.
func (p *part) mark(trial int64) bool {
	i := int32(trial % partRows)
	if p.done == nil {
		at, found := slices.BinarySearch(p.few, i)
		if found || p.sealed {
			return false
		}
		p.count++
		if len(p.few) < manyTrials {
			p.few = slices.Insert(p.few, at, i)
			return true
		}
		p.done = make([]uint64, (partRows+63)/64)
		for _, j := range p.few {
			p.done[j/64] |= 1 << (j % 64)
		}
		p.few = nil
	} else if p.has(trial) {
		return false
	} else {
		p.count++
	}
	p.done[i/64] |= 1 << (i % 64)
	return true
}

// after is the first trial from trial on, which is one of the part, that has a
// record, and end if there is none before.
func (p *part) after(trial, end int64) int64 {
	first := int64(p.k) * partRows
	i := int32(trial - first)
	switch {
	case p.sealed:
		return min(trial, end)
	case p.done == nil:
		if at, _ := slices.BinarySearch(p.few, i); at < len(p.few) {
			return min(first+int64(p.few[at]), end)
		}
		return end
	}
	word := p.done[i/64] >> (i % 64) << (i % 64)
	for at := i / 64; ; word = p.done[at] {
		if word != 0 {
			return min(first+int64(at)*64+int64(bits.TrailingZeros64(word)), end)
		}
		if at++; int(at) == len(p.done) {
			return end
		}
	}
}

// ranges are those of the part's trials in [from, to) in which there are records:
// each lies within the blocks that a part is written in.
func (p *part) ranges(from, to int64) iter.Seq2[int64, int64] {
	return func(yield func(from, to int64) bool) {
		for at := p.after(from, to); at < to; at = p.after(at, to) {
			first := max(at-at%partRows%blockRows, from)
			at = min(at-at%partRows%blockRows+blockRows, to)
			if !yield(first, at) || at >= to {
				return
			}
		}
	}
}

// trials are the first of the part's trials and the one behind its last.
func (p *part) trials(plan Plan) (first, end int64) {
	first = int64(p.k) * partRows
	return first, first + int64(partSize(plan, p.k))
}

// parts are the parts of a plan of which there is something to say. A plan may
// have more parts than fit into memory.
type parts struct {
	planned int     // how many parts the plan has
	near    []*part // the first of them, nil where there is nothing to say
	far     map[int]*part
}

// nearParts is how many parts are kept in a list, which is found in faster.
const nearParts = 1 << 14

func newParts(plan Plan) parts {
	n := partCount(plan)
	return parts{planned: n, near: make([]*part, min(n, nearParts)), far: make(map[int]*part)}
}

// at is part k, nil if there is nothing to say of it.
func (ps *parts) at(k int) *part {
	if k < len(ps.near) {
		return ps.near[k]
	}
	return ps.far[k]
}

// make is part k, which it adds if it is not there.
func (ps *parts) make(k int) *part {
	p := ps.at(k)
	if p == nil {
		p = &part{k: k}
		ps.set(p)
	}
	return p
}

func (ps *parts) set(p *part) {
	if p.k < len(ps.near) {
		ps.near[p.k] = p
	} else {
		ps.far[p.k] = p
	}
}

// of is the part that a trial belongs to, nil if there is nothing to say of it.
func (ps *parts) of(trial int64) *part { return ps.at(int(trial / partRows)) }

// has reports whether a trial has a record.
func (ps *parts) has(trial int64) bool { return ps.of(trial).has(trial) }

// sealed reports whether part k is sealed.
func (ps *parts) sealed(k int) bool {
	p := ps.at(k)
	return p != nil && p.sealed
}

// all are the parts of which there is something to say, in their order.
func (ps *parts) all() iter.Seq[*part] { return ps.between(0, ps.planned) }

// between are those from part from on and before part to.
func (ps *parts) between(from, to int) iter.Seq[*part] {
	return func(yield func(*part) bool) {
		for _, p := range ps.near[min(from, len(ps.near)):min(to, len(ps.near))] {
			if p != nil && !yield(p) {
				return
			}
		}
		if to <= len(ps.near) || len(ps.far) == 0 {
			return
		}
		if to-from == 1 {
			if p := ps.far[from]; p != nil {
				yield(p)
			}
			return
		}
		for _, k := range slices.Sorted(maps.Keys(ps.far)) {
			if k >= from && k < to && !yield(ps.far[k]) {
				return
			}
		}
	}
}

// left leaves of the trials those that have no record, in their order.
func (ps *parts) left(trials []int64) []int64 {
	left := trials[:0]
	for _, trial := range trials {
		if !ps.has(trial) {
			left = append(left, trial)
		}
	}
	return left
}

// entriesOf are the batches of the journal that the parts need, each once.
func entriesOf(all iter.Seq[*part]) (entries []entry) {
	seen := make(map[entry]bool)
	for p := range all {
		for _, e := range p.entries {
			if !seen[e] {
				seen[e] = true
				entries = append(entries, e)
			}
		}
	}
	return entries
}
