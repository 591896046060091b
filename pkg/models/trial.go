package models

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/neurosweep/sweep/internal/stream"
)

// Point is one place of a plan: a value. The engine fills the same Point again
// for the next place; what must last is copied.
type Point struct {
	Trial     int64   // the point's number in its plan, from 0
	Replicate int64   // from 0
	Values    []Value // of the model's parameters, in their order
	Index     []int64 // of each value on its axis, from 0; 0 where there is no axis

	// Direction is 1 or -1 where the point is a link of a chain, along which
	// each trial begins with the state that the one before it left; else 0.
	Direction int
	// Chain is a hash of the links before this one: what they were is part of
	// the point's identity. It is zero for the first.
	Chain [32]byte

	// Derived are the values of the plan's derived columns. They follow from the
	// rest and are no part of the point's identity.
	Derived []Value
}

// Column is a column of the data set that a plan derives: pure functions of a
// point.
type Column struct {
	Name string
	Kind Kind
	Unit string
	Doc  string // one sentence, without its full stop
}

// ID is the identity of a point: what its record is kept under. It is a
// function of the model, its version, the measures asked for, the seed, the
// streams' dependences, the replicate and the exact values of all parameters, and
// of nothing else.
type ID [16]byte

func (id ID) String() string { return hex.EncodeToString(id[:]) }

// Setting is all that the trials of an experiment share: the model, the seed
// and what each stream depends on. It makes trials and identities.
type Setting struct {
	Model   *Model
	Seed    uint64
	Depends [][]int // for each of the model's streams the places of the parameters it depends on
	// Record lists the traces that a run keeps, in the model's order. What is kept
	// changes no number and is no part of any identity.
	Record []Kept

	prefix [32]byte
}

// NewSetting fixes a model, a seed and, for each of the model's streams, the
// parameters that the stream depends on; depends nil stands for what the model
// declares.
func NewSetting(m *Model, seed uint64, depends map[string][]Param) *Setting {
	s := &Setting{Model: m, Seed: seed}
	h := sha256.New()
	text := func(t string) {
		h.Write(binary.LittleEndian.AppendUint64(nil, uint64(len(t))))
		h.Write([]byte(t))
	}
	number := func(n uint64) { h.Write(binary.LittleEndian.AppendUint64(nil, n)) }
	text("sweep/id/v1")
	text(m.Name)
	number(uint64(m.Version))
	number(seed)
	number(uint64(len(m.Params)))
	for _, p := range m.Params {
		text(p.Decl().Name)
	}
	number(uint64(len(m.Streams)))
	for _, st := range m.Streams {
		params, given := depends[st.Name]
		if !given {
			params = st.Depends
		}
		var on []int
		for _, p := range params {
			on = append(on, m.param(p.Decl()))
		}
		// By name, so that the order in which they are listed says nothing.
		slices.SortFunc(on, func(a, b int) int {
			return cmp.Compare(m.Params[a].Decl().Name, m.Params[b].Decl().Name)
		})
		on = slices.Compact(on)
		text(st.Name)
		number(uint64(len(on)))
		for _, i := range on {
			text(m.Params[i].Decl().Name)
		}
		s.Depends = append(s.Depends, on)
	}
	// A record holds what was asked for, so asking for more is another point.
	if len(m.Measures) > 0 {
		text("measure")
		number(uint64(len(m.asked)))
		for _, x := range m.asked {
			text(x.Name)
		}
	}
	h.Sum(s.prefix[:0])
	return s
}

// Identity computes identities; one per goroutine.
type Identity struct {
	setting *Setting
	buf     []byte
}

// Fingerprint is the SHA-256 of all that the setting adds to every identity.
func (s *Setting) Fingerprint() [32]byte { return s.prefix }

// NewIdentity returns a computer of the setting's identities.
func (s *Setting) NewIdentity() *Identity { return &Identity{setting: s} }

// Of is the identity of the point.
func (d *Identity) Of(p *Point) ID {
	d.buf = append(d.buf[:0], d.setting.prefix[:]...)
	d.buf = binary.LittleEndian.AppendUint64(d.buf, uint64(p.Replicate))
	for _, v := range p.Values {
		d.buf = v.append(d.buf)
	}
	if p.Direction != 0 {
		d.buf = append(d.buf, byte(p.Direction))
		d.buf = append(d.buf, p.Chain[:]...)
	}
	sum := sha256.Sum256(d.buf)
	return ID(sum[:16])
}

// Trial is the act of running a model at a point. The engine uses one Trial for
// many points, one after another.
type Trial struct {
	// Slots hold what was put, one for each of the model's outputs in order.
	Slots []Slot

	// Before is the state that the link before this one of a chain left, nil in
	// the first link and where there is no chain. After is the state that this
	// trial leaves; a model that Carries sets it.
	Before, After []float64

	recording *Recording // nil unless traces are recorded

	setting *Setting
	point   *Point
	sources []source
	key     stream.Key
	buf     []byte
}

type source struct {
	stream.Source
	rand *rand.Rand // nil until the trial asks for it
}

// NewTrial returns a trial to be used again and again by one goroutine.
func (s *Setting) NewTrial() *Trial {
	return &Trial{
		setting: s,
		Slots:   make([]Slot, len(s.Model.Outputs)),
		sources: make([]source, len(s.Model.Streams)),
	}
}

// Start begins the trial of p, which must stay as it is until the next Start.
func (t *Trial) Start(p *Point) {
	t.point = p
	t.Before, t.After = nil, t.After[:0]
	for i := range t.Slots {
		t.Slots[i].State = Missing
	}
	for i := range t.sources {
		t.sources[i].rand = nil
	}
	if t.recording != nil {
		t.recording.reset()
	}
}

// Of is the stream's generator in the trial: at its beginning when first asked
// for, where it was left afterwards. It is derived only if asked for.
func (s *Stream) Of(t *Trial) *rand.Rand {
	for i, st := range t.setting.Model.Streams {
		if st != s {
			continue
		}
		src := &t.sources[i]
		if src.rand == nil {
			t.key.Reset(t.setting.Seed, s.Name, t.point.Replicate)
			for _, p := range t.setting.Depends[i] {
				t.buf = t.point.Values[p].append(t.buf[:0])
				t.key.Depend(t.setting.Model.Params[p].Decl().Name, t.buf)
			}
			src.rand = src.Start(t.key.Sum())
		}
		return src.rand
	}
	panic("models: stream " + s.Name + " is not declared by model " + t.setting.Model.Name)
}

// Asked are the measures that are asked for, in the model's order.
func (t *Trial) Asked() []*Measure { return t.setting.Model.asked }

// Asks reports whether the measure is asked for.
func (t *Trial) Asks(x *Measure) bool { return t.setting.Model.Asks(x) }

func (t *Trial) value(d *ParamDecl) Value {
	if i := t.setting.Model.param(d); i >= 0 {
		return t.point.Values[i]
	}
	panic("models: parameter " + d.Name + " is not declared by model " + t.setting.Model.Name)
}

func (t *Trial) slot(d *OutputDecl) *Slot {
	for i, o := range t.setting.Model.Outputs {
		if o.Decl() == d {
			return &t.Slots[i]
		}
	}
	panic("models: output " + d.Name + " is not declared by model " + t.setting.Model.Name)
}

// maxRecord is how many bytes a record may have: a frame of the journal has 256 MiB,
// and room for some others.
const maxRecord = 240 << 20

// SizeClass is the class of the failure of a trial that measured more than a record
// can hold.
const SizeClass = "size"

// oversized is how the trial failed if it has measured more than a record can hold,
// traces included.
func (t *Trial) oversized() *Failure {
	total := 8 * len(t.After)
	largest := 0
	size := func(s *Slot) int {
		if s.State != Set {
			return 0
		}
		return 8*len(s.Series) + len(s.Text)
	}
	for i := range t.Slots {
		total += size(&t.Slots[i])
		if size(&t.Slots[i]) > size(&t.Slots[largest]) {
			largest = i
		}
	}
	if t.recording != nil {
		total += t.recording.held * SampleBytes
	}
	if total <= maxRecord {
		return nil
	}
	most := "its state"
	if len(t.Slots) > 0 && size(&t.Slots[largest]) >= 8*len(t.After) {
		most = t.setting.Model.Outputs[largest].Decl().Name
	}
	return &Failure{Class: SizeClass, Message: fmt.Sprintf("the trial measured %d MiB, most of it %s, and a record can hold %d MiB: keep fewer numbers", total>>20, most, maxRecord>>20)}
}
