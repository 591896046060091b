// Package export hands a data set on in the formats of others: CSV with its
// CSVW metadata, netCDF, and a notebook that opens the Parquet files. It reads
// the store and nothing else.
//
// Arrow files need nothing but the store: see [store.Rows.WriteArrow].
package export

import (
	"github.com/neurosweep/sweep/pkg/experiment"
	"github.com/neurosweep/sweep/pkg/store"
)

// Source is what is exported.
type Source struct {
	Name string // of the result folder
	Spec *experiment.Spec
	Plan *experiment.Plan // of the spec
	Rows *store.Rows      // of the plan
	// Figures are what the notebook draws.
	Figures []experiment.Figure
}

// fields are the columns of the data set.
func (s *Source) fields() []store.Field { return store.Fields(s.Plan) }
