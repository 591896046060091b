// Package all lists the models.
package all

import (
	"github.com/neurosweep/sweep/pkg/models"
	"github.com/neurosweep/sweep/pkg/models/associative"
	"github.com/neurosweep/sweep/pkg/models/bms"
	"github.com/neurosweep/sweep/pkg/models/boltzmann"
	"github.com/neurosweep/sweep/pkg/models/densememory"
	"github.com/neurosweep/sweep/pkg/models/gcm"
	"github.com/neurosweep/sweep/pkg/models/henon"
	"github.com/neurosweep/sweep/pkg/models/hopfield"
	"github.com/neurosweep/sweep/pkg/models/hopfieldtheory"
	"github.com/neurosweep/sweep/pkg/models/logistic"
	"github.com/neurosweep/sweep/pkg/models/lorenz"
	"github.com/neurosweep/sweep/pkg/models/neuron"
	"github.com/neurosweep/sweep/pkg/models/probe"
	"github.com/neurosweep/sweep/pkg/models/quadratic"
	"github.com/neurosweep/sweep/pkg/models/ricker"
	"github.com/neurosweep/sweep/pkg/models/sparsememory"
	"github.com/neurosweep/sweep/pkg/models/spinglass"
	"github.com/neurosweep/sweep/pkg/models/tworecurrent"
)

// Models are the models that a spec can name, by name.
var Models = []*models.Model{
	associative.Model,
	bms.Model,
	boltzmann.Model,
	densememory.Model,
	gcm.Model,
	henon.Model,
	hopfield.Model,
	hopfieldtheory.Model,
	logistic.Model,
	lorenz.Model,
	neuron.Model,
	probe.Model,
	quadratic.Model,
	ricker.Model,
	sparsememory.Model,
	spinglass.Model,
	tworecurrent.Model,
}

// Find is the model of that name, nil if there is none.
func Find(name string) *models.Model {
	for _, m := range Models {
		if m.Name == name {
			return m
		}
	}
	return nil
}
