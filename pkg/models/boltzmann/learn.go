package boltzmann

import (
	"context"
	"math"
	"math/rand/v2"

	"github.com/neurosweep/sweep/internal/patience"
)

// school teaches a machine patterns.
type school struct {
	machine   *layers
	patterns  [][]float64
	algorithm string // exact, cd, pcd
	steps     int    // of a chain in an epoch
	rate      float64
	decay     float64
	noise     *rand.Rand

	chains [][]float64 // visible states, the same number for each pattern

	data, model    *layers
	fields, hidden []float64 // scratch: visible and hidden
}

func newSchool(ctx context.Context, machine *layers, patterns [][]float64, chainsPerPattern int) (*school, error) {
	work := patience.New(ctx)
	s := &school{
		machine: machine, patterns: patterns,
		data: newLayers(machine.n, machine.m), model: newLayers(machine.n, machine.m),
		fields: make([]float64, machine.n), hidden: make([]float64, machine.m),
	}
	for _, v := range patterns {
		for range chainsPerPattern {
			if err := work.Spend(len(v)); err != nil {
				return nil, err
			}
			s.chains = append(s.chains, append([]float64(nil), v...))
		}
	}
	return s, nil
}

// numbers is what a step v → h → v counts as work.
func (l *layers) numbers() int { return 2*l.n*l.m + patience.Func*(l.n+l.m) }

// gibbs makes one step v → h → v in place.
func (l *layers) gibbs(v, hidden []float64, r *rand.Rand) {
	l.hiddenFields(hidden, v)
	toss(hidden, r)
	l.visibleFields(v, hidden)
	toss(v, r)
}

// step overwrites s.data with the direction in which the algorithm moves the
// parameters, without decay.
func (s *school) step(ctx context.Context) error {
	if err := s.positive(ctx); err != nil {
		return err
	}
	if s.algorithm == "exact" {
		if _, err := s.machine.partition(ctx, s.model); err != nil {
			return err
		}
	} else {
		s.model.clear()
		work, numbers := patience.New(ctx), s.machine.numbers()
		for k, v := range s.chains {
			if err := work.Spend(numbers); err != nil {
				return err
			}
			if s.algorithm == "cd" {
				copy(v, s.patterns[k/(len(s.chains)/len(s.patterns))])
			}
			for range s.steps {
				if err := work.Spend(numbers); err != nil {
					return err
				}
				s.machine.gibbs(v, s.hidden, s.noise)
			}
			s.machine.hiddenFields(s.hidden, v)
			means(s.hidden)
			s.model.count(1/float64(len(s.chains)), v, s.hidden)
		}
	}
	s.data.add(-1, s.model)
	return nil
}

// positive overwrites s.data with the means over the patterns.
func (s *school) positive(ctx context.Context) error {
	s.data.clear()
	work, numbers := patience.New(ctx), s.machine.numbers()
	for _, v := range s.patterns {
		if err := work.Spend(numbers); err != nil {
			return err
		}
		s.machine.hiddenFields(s.hidden, v)
		means(s.hidden)
		s.data.count(1/float64(len(s.patterns)), v, s.hidden)
	}
	return nil
}

// epoch makes one step of learning.
func (s *school) epoch(ctx context.Context) error {
	if err := s.step(ctx); err != nil {
		return err
	}
	for k, w := range s.machine.w {
		s.data.w[k] -= float64(s.decay * w)
	}
	s.machine.add(s.rate, s.data)
	return nil
}

// likelihood is the mean of ln P over the patterns. If gradient is not nil it is
// overwritten with its gradient.
func (s *school) likelihood(ctx context.Context, gradient *layers) (float64, error) {
	lnZ, err := s.machine.partition(ctx, gradient)
	if err != nil {
		return 0, err
	}
	if gradient != nil {
		if err := s.positive(ctx); err != nil {
			return 0, err
		}
		gradient.add(-2, gradient) // the opposite
		gradient.add(1, s.data)
	}
	sum := 0.0
	work, numbers := patience.New(ctx), s.machine.numbers()
	for _, v := range s.patterns {
		if err := work.Spend(numbers); err != nil {
			return 0, err
		}
		sum += s.machine.unnormalised(v, s.hidden)
	}
	return sum/float64(len(s.patterns)) - lnZ, nil
}

// cosine is that of the angle between the algorithm's step and the gradient; 0 if
// one of them is 0. It moves the chains.
func (s *school) cosine(ctx context.Context, gradient *layers) (float64, error) {
	if err := s.step(ctx); err != nil {
		return 0, err
	}
	product := s.data.dot(gradient)
	if product == 0 {
		return 0, nil
	}
	return product / math.Sqrt(s.data.dot(s.data)*gradient.dot(gradient)), nil
}

// reconstruction is the fraction of visible units that a step v → h → v to the
// likelier state each takes away from the patterns.
func (s *school) reconstruction(ctx context.Context) (float64, error) {
	wrong := 0
	work, numbers := patience.New(ctx), s.machine.numbers()
	for _, v := range s.patterns {
		if err := work.Spend(numbers); err != nil {
			return 0, err
		}
		s.machine.hiddenFields(s.hidden, v)
		for j, x := range s.hidden {
			s.hidden[j] = math.Copysign(1, x)
		}
		s.machine.visibleFields(s.fields, s.hidden)
		for i, x := range s.fields {
			if x*v[i] <= 0 {
				wrong++
			}
		}
	}
	return float64(wrong) / float64(len(s.patterns)*s.machine.n), nil
}
