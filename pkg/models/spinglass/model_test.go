package spinglass_test

import (
	"testing"

	"github.com/neurosweep/sweep/pkg/models/modeltest"
	"github.com/neurosweep/sweep/pkg/models/spinglass"
)

func TestModel(t *testing.T) { modeltest.Run(t, spinglass.Model, "example.yaml") }
