package probe_test

import (
	"testing"

	"github.com/neurosweep/sweep/pkg/models/modeltest"
	"github.com/neurosweep/sweep/pkg/models/probe"
)

func TestModel(t *testing.T) { modeltest.Run(t, probe.Model, "example.yaml") }
