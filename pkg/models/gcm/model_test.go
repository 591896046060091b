package gcm_test

import (
	"testing"

	"github.com/neurosweep/sweep/pkg/models/gcm"
	"github.com/neurosweep/sweep/pkg/models/modeltest"
)

func TestModel(t *testing.T) { modeltest.Run(t, gcm.Model, "example.yaml") }
