package densememory_test

import (
	"testing"

	"github.com/neurosweep/sweep/pkg/models/densememory"
	"github.com/neurosweep/sweep/pkg/models/modeltest"
)

func TestModel(t *testing.T) { modeltest.Run(t, densememory.Model, "example.yaml") }
