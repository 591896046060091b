package experiment

// ChainLen is 0: no spec carries a state along an axis yet.
func (p *Plan) ChainLen() int64 { return 0 }

// Sequence is the order in which trials are handed out: ascending.
type Sequence struct{ next, end int64 }

// Sequence returns the order from its beginning.
func (p *Plan) Sequence() *Sequence { return &Sequence{end: p.length} }

// Next appends the trials that follow to dst, up to its capacity; none at the
// end.
func (s *Sequence) Next(dst []int64) []int64 {
	for ; len(dst) < cap(dst) && s.next < s.end; s.next++ {
		dst = append(dst, s.next)
	}
	return dst
}
