package ricker_test

import (
	"testing"

	"github.com/neurosweep/sweep/pkg/models/modeltest"
	"github.com/neurosweep/sweep/pkg/models/ricker"
)

func TestModel(t *testing.T) { modeltest.Run(t, ricker.Model, "example.yaml") }
