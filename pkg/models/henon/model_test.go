package henon_test

import (
	"testing"

	"github.com/neurosweep/sweep/pkg/models/henon"
	"github.com/neurosweep/sweep/pkg/models/modeltest"
)

func TestModel(t *testing.T) { modeltest.Run(t, henon.Model, "example.yaml") }
