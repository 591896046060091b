package experiment

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash"
	"slices"
	"sort"

	"github.com/neurosweep/sweep/pkg/models"
)

// Plan is the list of an experiment's points, which it computes one by one. It
// may be used by many goroutines at once.
type Plan struct {
	setting    *models.Setting
	grids      []*grid
	first      []int64 // the number of the first trial of each grid, and the length
	axes       []Axis
	constants  []models.Value
	replicates int64
	carry      *carry
	inner      int64           // trials of one place: of its replicates and links
	renumber   [][]renumbering // for each grid, by parameter: from its axis to the plan's
	columns    []models.Column
	order      Order
	thinned    [][]bool // for each grid, by parameter: whether the coarser ones have less of its axis
	lengths    []int    // of series, by output; 0 where it is not the same in all trials
}

// renumbering says where on the plan's axis the values of a grid's axis stand.
type renumbering struct {
	swept bool
	at    []int32 // nil: where they stand on the grid's
}

// Plan lays the spec out.
func (s *Spec) Plan() *Plan {
	p := &Plan{
		setting: s.Setting, axes: slices.Clone(s.Axes), replicates: s.Replicates, carry: s.carry,
		inner: s.Replicates, columns: slices.Clone(s.columns), order: s.Order, first: []int64{0},
	}
	if s.carry != nil {
		p.inner *= s.carry.directions()
		p.columns = append(p.columns, models.Column{Name: "direction", Kind: models.TextKind, Doc: "whether the carried axis is gone up or down"})
	}
	p.constants = slices.Clone(s.grids[0].constants)
	for i := range p.axes {
		p.axes[i] = p.axes[i].tabulated()
		p.constants[p.axes[i].Param] = models.Value{}
	}
	tabled := make(map[*Axis]*Axis)
	for _, from := range s.grids {
		g := *from
		g.factors = slices.Clone(g.factors)
		for i := range g.factors {
			f := &g.factors[i]
			f.members = slices.Clone(f.members)
			for j := range f.members {
				a := f.members[j].axis
				if tabled[a] == nil {
					t := a.tabulated()
					tabled[a] = &t
				}
				f.members[j].axis = tabled[a]
			}
		}
		p.grids = append(p.grids, &g)
		p.first = append(p.first, p.first[len(p.first)-1]+g.length()*p.inner)
		p.renumber = append(p.renumber, p.renumbered(&g))
		p.thinned = append(p.thinned, s.thinned(&g))
	}
	for _, o := range p.setting.Model.Outputs {
		length := 0
		if l := o.Decl().Length; l != nil {
			length = p.sameLength(l)
		}
		p.lengths = append(p.lengths, length)
	}
	return p
}

// renumbered finds the grid's values on the plan's axes.
func (p *Plan) renumbered(g *grid) []renumbering {
	list := make([]renumbering, len(g.constants))
	for i := range p.axes {
		whole := &p.axes[i]
		param := whole.Param
		list[param].swept = true
		a, v := g.axisOf(param)
		if a != nil && a.same(whole) {
			continue
		}
		places := make(map[models.Value]int32, whole.Len)
		for at := range whole.Len {
			places[whole.Value(at)] = int32(at)
		}
		if a == nil {
			list[param].at = []int32{places[v]}
			continue
		}
		list[param].at = make([]int32, a.Len)
		for at := range a.Len {
			list[param].at[at] = places[a.Value(at)]
		}
	}
	return list
}

// Setting is what all trials share.
func (p *Plan) Setting() *models.Setting { return p.setting }

// Len is the number of trials.
func (p *Plan) Len() int64 { return p.first[len(p.grids)] }

// Axes are the parameters that take more than a constant, each with all values
// that it takes anywhere: Point.Index is the place of a value on its axis.
func (p *Plan) Axes() []Axis { return p.axes }

// Swept lists the places of the parameters that have an axis, in the order of
// the spec.
func (p *Plan) Swept() []int {
	swept := make([]int, len(p.axes))
	for i := range p.axes {
		swept[i] = p.axes[i].Param
	}
	return swept
}

// Derived lists the columns that the spec derives; Point.Derived has their
// values.
func (p *Plan) Derived() []models.Column { return p.columns }

// Replicates is how often each place of the grid is run.
func (p *Plan) Replicates() int64 { return p.replicates }

// ChainLen is the number of links of a chain, 0 if the spec carries no state.
// Trials t with the same t/ChainLen are one chain, in order.
func (p *Plan) ChainLen() int64 {
	if p.carry == nil {
		return 0
	}
	return p.carry.links
}

// Constants are the values, by parameter, that are the same in all trials. The
// parameters that have an axis are not set.
func (p *Plan) Constants() []models.Value { return p.constants }

// fewFactors is how many factors a grid has as a rule; more cost an allocation.
const fewFactors = 24

// Point makes dst the point of the trial, from 0. The last axis changes
// fastest, and the replicate fastest of all; where there is a carry, its axis
// and direction change faster still. The slices of dst are used again. It
// panics if the plan has no such trial.
func (p *Plan) Point(trial int64, dst *models.Point) {
	if uint64(trial) >= uint64(p.Len()) {
		panic(fmt.Sprintf("experiment: trial %d of a plan of %d", trial, p.Len()))
	}
	b := 0
	if len(p.grids) > 1 {
		b = sort.Search(len(p.grids), func(i int) bool { return p.first[i+1] > trial })
	}
	g := p.grids[b]
	n := len(g.constants)
	dst.Trial = trial
	dst.Values = slices.Grow(dst.Values[:0], n)[:n]
	dst.Index = slices.Grow(dst.Index[:0], n)[:n]
	clear(dst.Index)
	dst.Direction, dst.Chain = 0, [32]byte{}

	var few [fewFactors]int64
	rows := few[:]
	if len(g.factors) > fewFactors {
		rows = make([]int64, len(g.factors))
	}
	place, rest := divide(trial-p.first[b], p.inner)
	if p.carry != nil {
		place, rest = p.link(trial, dst)
	}
	dst.Replicate = rest
	if g.kept != nil {
		place = int64(g.kept[place])
	}
	g.rows(place, rows)
	g.fill(rows, dst.Values, dst.Index)
	for i := range p.axes {
		param := p.axes[i].Param
		if at := p.renumber[b][param].at; at != nil {
			dst.Index[param] = int64(at[dst.Index[param]])
		}
	}
	dst.Derived = dst.Derived[:0]
	for i := range g.columns {
		t := &g.columns[i]
		dst.Derived = append(dst.Derived, t.axis.list[t.at(rows)])
	}
	if p.carry != nil {
		label := "up"
		if dst.Direction < 0 {
			label = "down"
		}
		dst.Derived = append(dst.Derived, models.TextValue(label))
	}
}

func divide(a, b int64) (quotient, rest int64) {
	q := a / b
	return q, a - q*b
}

// link finds a trial of a carrying plan: its place in the grid and its
// replicate, and sets its direction and chain.
//
//	trial = (outer·replicates + replicate)·D·L + direction·L + link
//
// with L links and D directions, the first up if there are two.
func (p *Plan) link(trial int64, dst *models.Point) (place, replicate int64) {
	c := p.carry
	chain, link := divide(trial, c.links)
	of, direction := divide(chain, c.directions())
	outer, replicate := divide(of, p.replicates)
	if c.down || direction == 1 {
		dst.Direction, dst.Chain = -1, c.before[1][link]
		link = c.links - 1 - link
	} else {
		dst.Direction, dst.Chain = 1, c.before[0][link]
	}
	return outer*c.links + link, replicate
}

// Hash is the SHA-256 of all that fixes what is stored of the plan's points, and
// their order: the setting, the values and places on the axes, the derived
// columns and the replicates. Plans with the same points in the same order have
// the same hash, however their specs are written: an axis of one value counts
// as a constant. The order in which trials are run is no part of it.
//
// The exceptions: of a sequence of more than 65 536 numbers it takes the rule in
// place of the values, so the same numbers written in another way give another
// hash; and parameters that are tied to each other give another hash than the
// same points as a plain grid.
func (p *Plan) Hash() [32]byte {
	h := hasher{Hash: sha256.New()}
	h.text("sweep/plan/v1")

	setting := p.setting.Fingerprint()
	h.Write(setting[:])
	if len(p.grids) > 1 {
		h.text("blocks")
		h.number(uint64(len(p.grids)))
	}
	for _, g := range p.grids {
		h.grid(g)
	}
	for i := range p.columns {
		h.text("column")
		h.text(p.columns[i].Name)
		h.number(uint64(p.columns[i].Kind))
	}
	if c := p.carry; c != nil {
		h.text("carry")
		h.number(uint64(c.param))
		h.text(fmt.Sprint(c.down, c.both))
	}
	h.number(uint64(p.replicates))
	return [32]byte(h.Sum(nil))
}

type hasher struct {
	hash.Hash
	buf []byte
}

func (h *hasher) number(n uint64) {
	h.buf = binary.LittleEndian.AppendUint64(h.buf[:0], n)
	h.Write(h.buf)
}

func (h *hasher) text(s string) {
	h.number(uint64(len(s)))
	h.Write([]byte(s))
}

// value adds the kind and the exact value.
func (h *hasher) value(v models.Value) {
	h.number(uint64(v.Kind()))
	if v.Kind() == models.TextKind {
		h.text(v.Text())
	} else {
		h.number(uint64(v.Int()))
	}
}

func (h *hasher) grid(g *grid) {
	constants := slices.Clone(g.constants)
	var factors []*factor
	for i := range g.factors {
		f := &g.factors[i]
		if f.len == 1 && !slices.ContainsFunc(f.members, func(m member) bool { return m.axis.Len > 1 }) {
			for _, m := range f.members {
				constants[m.param] = m.axis.Value(m.at(0))
			}
		} else {
			factors = append(factors, f)
		}
	}
	for _, v := range constants {
		h.value(v)
	}
	h.number(uint64(len(factors)))
	for _, f := range factors {
		if len(f.members) > 1 || f.members[0].places != nil {
			h.text("tied")
			h.number(uint64(f.len))
			h.number(uint64(len(f.members)))
		}
		for _, m := range f.members {
			h.axis(m.axis, m.param)
			h.places(m.places)
		}
	}
	for _, tables := range [][]tabulated{g.lookups, g.columns} {
		for _, t := range tables {
			h.text("derived")
			h.number(uint64(len(t.factors)))
			for _, f := range t.factors {
				h.number(uint64(g.factors[f].members[0].param))
			}
			h.axis(t.axis, t.param)
			h.places(t.places)
		}
	}
}

func (h *hasher) places(places []int32) {
	for _, at := range places {
		h.number(uint64(at))
	}
}

func (h *hasher) axis(a *Axis, param int) {
	h.number(uint64(param))
	h.number(uint64(a.Len))
	if a.list == nil && a.Len > longTable {
		h.number(uint64(a.kind))
		h.text(a.rule.name())
		return
	}
	h.text("values")
	for i := range a.Len {
		h.value(a.Value(i))
	}
}
