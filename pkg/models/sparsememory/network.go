package sparsememory

import (
	"context"
	"math"
	"math/rand/v2"

	"github.com/neurosweep/sweep/internal/draw"
	"github.com/neurosweep/sweep/internal/patience"
	"github.com/neurosweep/sweep/pkg/dynamics"
)

// network is p patterns of n neurons as lists of their ones, and a state.
type network struct {
	n, p      int
	f         float64
	threshold float64
	order     *rand.Rand

	// Neuron i is 1 in the patterns member[first[i]:first[i+1]], pattern μ in the
	// neurons ones[start[μ]:start[μ+1]].
	first, start []int
	member, ones []int32

	active []bool
	count  []int32 // of the pattern's ones that are active
	total  int     // Σ_μ count
	size   int     // number of active neurons
	sites  []int32
}

// newNetwork stores p patterns, drawn one after another: component i is 1 where
// the next number is below f.
func newNetwork(ctx context.Context, n, p int, f, threshold float64, r *rand.Rand) (*network, error) {
	net := &network{
		n: n, p: p, f: f, threshold: threshold,
		first: make([]int, n+1), start: make([]int, p+1),
		active: make([]bool, n), count: make([]int32, p), sites: draw.Identity(n),
	}
	for mu := range p {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		for i := range n {
			if r.Float64() < f {
				net.ones = append(net.ones, int32(i))
				net.first[i+1]++
			}
		}
		net.start[mu+1] = len(net.ones)
	}
	for i := range n {
		net.first[i+1] += net.first[i]
	}
	net.member = make([]int32, len(net.ones))
	next := append([]int(nil), net.first[:n]...)
	work := patience.New(ctx)
	for mu := range p {
		if err := work.Spend(1 + 4*len(net.pattern(mu))); err != nil { // far apart in memory
			return nil, err
		}
		for _, i := range net.pattern(mu) {
			net.member[next[i]] = int32(mu)
			next[i]++
		}
	}
	return net, nil
}

// pattern is the neurons in which pattern mu is 1, in ascending order.
func (net *network) pattern(mu int) []int32 { return net.ones[net.start[mu]:net.start[mu+1]] }

// patterns are those in which neuron i is 1.
func (net *network) patterns(i int) []int32 { return net.member[net.first[i]:net.first[i+1]] }

// clear makes all neurons silent.
func (net *network) clear() {
	clear(net.active)
	clear(net.count)
	net.total, net.size = 0, 0
}

// flip turns neuron i over.
func (net *network) flip(i int) {
	step := int32(1)
	if net.active[i] {
		step = -1
	}
	net.active[i] = !net.active[i]
	list := net.patterns(i)
	for _, mu := range list {
		net.count[mu] += step
	}
	net.total += int(step) * len(list)
	net.size += int(step)
}

// field is h_i. With A^μ active ones of pattern μ, and S active neurons,
//
//	N f(1-f) h_i = Σ_μ (η_i^μ - f)(A^μ - f S) - s_i Σ_μ (η_i^μ - f)²
//
// where the sums are over the patterns that hold i and over all, in integers.
func (net *network) field(i int) float64 {
	list := net.patterns(i)
	sum := 0
	for _, mu := range list {
		sum += int(net.count[mu])
	}
	f, k, p, s := net.f, float64(len(list)), float64(net.p), float64(net.size)
	h := float64(sum) - float64(f*float64(net.total)) - float64(float64(f*s)*(k-float64(f*p)))
	if net.active[i] {
		h -= k - float64(2*f*k) + float64(f*f*p)
	}
	return h / (float64(net.n) * f * (1 - f))
}

// next is what neuron i becomes.
func (net *network) next(i int) bool {
	h := net.field(i)
	return h > net.threshold || h == net.threshold && net.active[i]
}

// overlap is m with pattern mu, 0 if that has no ones.
func (net *network) overlap(mu int) float64 {
	ones := len(net.pattern(mu))
	if ones == 0 {
		return 0
	}
	return (float64(net.count[mu]) - float64(net.f*float64(net.size))) / (float64(ones) * (1 - net.f))
}

// numbers is what an update of neuron i counts as work.
func (net *network) numbers(i int) int { return patience.Func + 2*len(net.patterns(i)) }

// sweep updates every neuron once, in random order, and says whether none changed.
func (net *network) sweep(ctx context.Context) (bool, error) {
	fixed := true
	draw.Choose(net.sites, len(net.sites), net.order)
	work := patience.New(ctx)
	for _, i := range net.sites {
		if err := work.Spend(net.numbers(int(i))); err != nil {
			return false, err
		}
		if net.next(int(i)) != net.active[i] {
			net.flip(int(i))
			fixed = false
		}
	}
	return fixed, nil
}

// disturb silences a fraction (1-m0)(1-f) of the active neurons inside and activates
// as many outside, so that an overlap of 1 becomes m0. It shuffles both lists.
func (net *network) disturb(inside, outside []int32, m0 float64, r *rand.Rand) {
	moved := min(len(outside), int(math.Round((1-m0)*(1-net.f)*float64(len(inside)))))
	draw.Choose(inside, moved, r)
	draw.Choose(outside, moved, r)
	for k := range moved {
		net.flip(int(inside[k]))
		net.flip(int(outside[k]))
	}
}

// results are of all tries; see the outputs of the same names.
type results struct {
	overlap, success, activity, sweeps float64

	limited  bool
	overlaps []float64

	ones, zeros                                int // of the patterns tried
	hits, falseAlarms, firstMisses, firstFalse int
}

// retrieve starts from each of the first patterns.
func (net *network) retrieve(ctx context.Context, tries int, m0 float64, maxSweeps int, r *rand.Rand) (results, error) {
	res := results{overlaps: make([]float64, tries)}
	var inside, outside []int32
	sweeps, active, successes := 0, 0, 0
	work := patience.New(ctx)
	for mu := range tries {
		if err := work.Spend(net.n + net.p); err != nil {
			return results{}, err
		}
		net.clear()
		inside = append(inside[:0], net.pattern(mu)...)
		for _, i := range inside {
			if err := work.Spend(net.numbers(int(i))); err != nil {
				return results{}, err
			}
			net.flip(int(i))
		}
		res.ones += len(inside)
		res.zeros += net.n - len(inside)
		outside = outside[:0]
		for i, on := range net.active {
			if err := work.Spend(net.numbers(i)); err != nil {
				return results{}, err
			}
			if !on {
				outside = append(outside, int32(i))
			}
			switch next := net.next(i); {
			case on && !next:
				res.firstMisses++
			case !on && next:
				res.firstFalse++
			}
		}
		net.disturb(inside, outside, m0, r)
		count, settled, err := dynamics.Settle(ctx, maxSweeps, net.sweep)
		if err != nil {
			return results{}, err
		}
		res.limited = res.limited || !settled
		sweeps += count
		active += net.size
		res.hits += int(net.count[mu])
		res.falseAlarms += net.size - int(net.count[mu])
		res.overlaps[mu] = net.overlap(mu)
		res.overlap += res.overlaps[mu] / float64(tries)
		if res.overlaps[mu] > 0.8 {
			successes++
		}
	}
	res.success = float64(successes) / float64(tries)
	res.activity = float64(active) / float64(tries*net.n)
	res.sweeps = float64(sweeps) / float64(tries)
	return res, nil
}
