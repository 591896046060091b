package bms_test

import (
	"testing"

	"github.com/neurosweep/sweep/pkg/models/bms"
	"github.com/neurosweep/sweep/pkg/models/modeltest"
)

func TestModel(t *testing.T) { modeltest.Run(t, bms.Model, "example.yaml") }
