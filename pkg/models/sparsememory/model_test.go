package sparsememory_test

import (
	"testing"

	"github.com/neurosweep/sweep/pkg/models/modeltest"
	"github.com/neurosweep/sweep/pkg/models/sparsememory"
)

func TestModel(t *testing.T) { modeltest.Run(t, sparsememory.Model, "example.yaml") }
