// Package all lists the models.
package all

import (
	"github.com/neurosweep/sweep/pkg/models"
	"github.com/neurosweep/sweep/pkg/models/bms"
	"github.com/neurosweep/sweep/pkg/models/hopfield"
	"github.com/neurosweep/sweep/pkg/models/neuron"
	"github.com/neurosweep/sweep/pkg/models/probe"
)

// Models are the models that a spec can name, by name.
var Models = []*models.Model{
	bms.Model,
	hopfield.Model,
	neuron.Model,
	probe.Model,
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
