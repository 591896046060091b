package experiment

import (
	"math"
	"slices"

	"github.com/neurosweep/sweep/pkg/models"
)

// maxLengths is how many combinations of values are tried to find that a series
// has one length: some milliseconds of work.
const maxLengths = 1 << 16

// Lengths are, for each of the model's outputs, how many numbers it has in every
// trial that has it. It is 0 where the model does not say, where values that the
// length depends on give several, and where they have more than 65 536
// combinations; of axes that are tied to each other all combinations count. So it
// is known before any trial is run, and the same for all of them.
func (p *Plan) Lengths() []int { return p.lengths }

// sameLength is the length that l has at all combinations of the plan's values, 0
// if there are several or too many to try.
func (p *Plan) sameLength(l *models.Length) int {
	values := make([]models.Value, len(l.Params))
	axes := make([]*Axis, len(l.Params)) // nil of a constant
	at := make([]int64, len(l.Params))
	combinations := int64(1)
	for i, param := range l.Params {
		place := p.setting.Model.Param(param.Decl().Name)
		values[i] = p.constants[place]
		if k := slices.IndexFunc(p.axes, func(a Axis) bool { return a.Param == place }); k >= 0 {
			axes[i] = &p.axes[k]
			values[i] = axes[i].Value(0)
			if combinations = saturate(combinations, axes[i].Len); combinations > maxLengths {
				return 0
			}
		}
	}
	length := l.At(values)
	if length < 1 || length > math.MaxInt32 {
		return 0
	}
	for range combinations - 1 {
		for i := len(at) - 1; i >= 0; i-- {
			if axes[i] == nil {
				continue
			}
			if at[i]++; at[i] == axes[i].Len {
				at[i] = 0
			}
			values[i] = axes[i].Value(at[i])
			if at[i] > 0 {
				break
			}
		}
		if l.At(values) != length {
			return 0
		}
	}
	return length
}
