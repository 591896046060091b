package experiment

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash"
	"slices"

	"github.com/neurosweep/sweep/pkg/models"
)

// Plan is the list of an experiment's points, which it computes one by one. It
// may be used by many goroutines at once.
type Plan struct {
	setting    *models.Setting
	axes       []Axis
	constants  []models.Value
	replicates int64
	length     int64
}

// Plan lays the spec out.
func (s *Spec) Plan() *Plan {
	p := &Plan{
		setting:    s.Setting,
		axes:       make([]Axis, len(s.Axes)),
		constants:  slices.Clone(s.constants),
		replicates: s.Replicates,
		length:     s.Replicates,
	}
	for i, a := range s.Axes {
		p.axes[i] = a.tabulated()
		p.length *= a.Len
	}
	return p
}

// Setting is what all trials share.
func (p *Plan) Setting() *models.Setting { return p.setting }

// Len is the number of trials: the product of the axes' lengths and the
// replicates.
func (p *Plan) Len() int64 { return p.length }

// Axes are the axes, in the order of the spec.
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

// Replicates is how often each place of the grid is run.
func (p *Plan) Replicates() int64 { return p.replicates }

// Constants are the values, by parameter, that are the same in all trials. The
// parameters that have an axis are not set.
func (p *Plan) Constants() []models.Value { return p.constants }

// Point makes dst the point of the trial, from 0. The last axis changes
// fastest, and the replicate fastest of all. The slices of dst are used again.
// It panics if the plan has no such trial.
func (p *Plan) Point(trial int64, dst *models.Point) {
	if uint64(trial) >= uint64(p.length) {
		panic(fmt.Sprintf("experiment: trial %d of a plan of %d", trial, p.length))
	}
	dst.Trial = trial
	dst.Values = append(dst.Values[:0], p.constants...)
	if cap(dst.Index) < len(p.constants) {
		dst.Index = make([]int64, len(p.constants))
	}
	dst.Index = dst.Index[:len(p.constants)]
	clear(dst.Index)
	rest := trial / p.replicates
	dst.Replicate = trial - rest*p.replicates
	for i := len(p.axes) - 1; i >= 0; i-- {
		a := &p.axes[i]
		next := rest / a.Len
		at := rest - next*a.Len
		rest = next
		dst.Index[a.Param] = at
		dst.Values[a.Param] = a.Value(at)
	}
}

// Hash is the SHA-256 of all that fixes the IDs of the plan's points and their
// order: the setting, the constants, the values on each axis and the
// replicates. Plans with the same points in the same order have the same hash,
// however their specs are written: an axis of one value counts as a constant.
//
// The one exception: of a sequence of more than 65 536 numbers it takes the
// rule (first value, step and count, exactly) in place of the values, so the
// same numbers written one by one, or as a linspace and as a logspace, give
// another hash.
func (p *Plan) Hash() [32]byte {
	h := hasher{Hash: sha256.New()}
	h.text("sweep/plan/v1")

	setting := p.setting.Fingerprint()
	h.Write(setting[:])

	constants := slices.Clone(p.constants)
	var axes []*Axis
	for i := range p.axes {
		if a := &p.axes[i]; a.Len == 1 {
			constants[a.Param] = a.Value(0)
		} else {
			axes = append(axes, a)
		}
	}
	for _, v := range constants {
		h.value(v)
	}
	h.number(uint64(len(axes)))
	for _, a := range axes {
		h.axis(a)
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

func (h *hasher) axis(a *Axis) {
	h.number(uint64(a.Param))
	h.number(uint64(a.Len))
	if a.list == nil && a.Len > longTable {
		rule := "line"
		if a.log {
			rule = "power"
		}
		h.text(rule)
		h.number(uint64(a.kind))
		h.text(a.line.at(0).RatString())
		h.text(a.line.step().RatString())
		return
	}
	h.text("values")
	for i := range a.Len {
		h.value(a.Value(i))
	}
}
