package associative_test

import (
	"testing"

	"github.com/neurosweep/sweep/pkg/models/associative"
	"github.com/neurosweep/sweep/pkg/models/modeltest"
)

func TestModel(t *testing.T) { modeltest.Run(t, associative.Model, "example.yaml") }
