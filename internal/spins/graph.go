package spins

import (
	"context"
	"iter"
	"math/bits"
)

// MaxBonds is how many bonds a random graph should have at most: they take six bytes
// each with their couplings, ten while they are made. A neuron that has its share of
// them has a field of at most half an int32.
const MaxBonds = 1 << 28

// Graph says which neurons are inputs of which: a bond j → i makes j an input of i.
// It does not change and may be shared.
type Graph struct {
	n     int
	first []int   // the receivers of neuron j are to[first[j]:first[j+1]]
	to    []int32 // those of one neuron in ascending order
}

// Directed is the graph of n neurons with c inputs each, from[i*c:][:c] those of
// neuron i: all others, and none twice. It heeds ctx, whose error is the only one.
func Directed(ctx context.Context, n, c int, from []int32) (*Graph, error) {
	g := &Graph{n: n, first: make([]int, n+1)}
	for _, j := range from {
		g.first[j+1]++
	}
	next := g.places()
	for i := range n {
		if i%(bondsPerCheck/c+1) == 0 {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
		}
		for _, j := range from[i*c:][:c] {
			g.to[next[j]] = int32(i)
			next[j]++
		}
	}
	return g, nil
}

// Undirected is the graph of n neurons in which the two of each pair are inputs of
// each other. Pairs {i, j} have i > j and stand by i and then by j, none twice. It heeds
// ctx, whose error is the only one.
func Undirected(ctx context.Context, n int, pairs [][2]int32) (*Graph, error) {
	g := &Graph{n: n, first: make([]int, n+1)}
	for _, pair := range pairs {
		g.first[pair[0]+1]++
		g.first[pair[1]+1]++
	}
	next := g.places()
	for at, pair := range pairs {
		if at%bondsPerCheck == 0 {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
		}
		for k, j := range pair {
			g.to[next[j]] = pair[1-k]
			next[j]++
		}
	}
	return g, nil
}

// places makes places of the numbers of receivers in first, and room for them. It
// returns the place of the first receiver of each neuron.
func (g *Graph) places() []int {
	for j := range g.n {
		g.first[j+1] += g.first[j]
	}
	g.to = make([]int32, g.first[g.n])
	return append([]int(nil), g.first[:g.n]...)
}

// Receivers are the neurons that j is an input of, in ascending order. They must not
// be written to.
func (g *Graph) Receivers(j int) []int32 { return g.to[g.first[j]:g.first[j+1]] }

// Bonds are the couplings Σ_μ ξ_i^μ ξ_j^μ of the bonds of a graph. They do not change
// and may be shared.
//
// A diluted field does not factor through overlaps, and the bits of a row are looked
// up at random for each bond, so couplings are formed once: two bytes a bond, beside
// the four of the graph.
type Bonds struct {
	*Graph
	x      *Patterns
	differ []uint16 // the patterns in which the two neurons of a bond differ
}

// bondsPerCheck is how many couplings are formed between two looks at a context: some
// milliseconds.
const bondsPerCheck = 1 << 18

// Couple forms the couplings of a graph.
func Couple(ctx context.Context, x *Patterns, g *Graph) (*Bonds, error) {
	if g.n != x.n {
		panic("spins: a graph of another number of neurons")
	}
	b := &Bonds{Graph: g, x: x, differ: make([]uint16, len(g.to))}
	formed := bondsPerCheck
	for j := range g.n {
		if formed >= bondsPerCheck {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			formed = 0
		}
		formed += g.first[j+1] - g.first[j]
		x.differ(b.differ[g.first[j]:g.first[j+1]], j, g.Receivers(j))
	}
	return b, nil
}

// From is the receivers of neuron j and the couplings to them.
func (b *Bonds) From(j int) iter.Seq2[int, int] {
	return func(yield func(i, coupling int) bool) {
		for k := b.first[j]; k < b.first[j+1]; k++ {
			if !yield(int(b.to[k]), b.x.p-2*int(b.differ[k])) {
				return
			}
		}
	}
}

// Add adds d times the couplings from neuron j to the fields of its receivers.
func Add[T int32 | float64](b *Bonds, field []T, j int, d T) {
	p, differ := T(b.x.p), b.differ[b.first[j]:b.first[j+1]]
	for k, i := range b.to[b.first[j]:b.first[j+1]] {
		field[i] += d * (p - 2*T(differ[k]))
	}
}

// differ overwrites dst with the numbers of patterns in which neuron j differs from
// each of the others.
func (x *Patterns) differ(dst []uint16, j int, others []int32) {
	a := x.Row(j)
	if len(a) == 1 {
		for k, i := range others {
			dst[k] = uint16(bits.OnesCount64(a[0] ^ x.rows[i]))
		}
		return
	}
	for k, i := range others {
		count := 0
		for w, word := range x.Row(int(i)) {
			count += bits.OnesCount64(a[w] ^ word)
		}
		dst[k] = uint16(count)
	}
}
