package tworecurrent_test

import (
	"testing"

	"github.com/neurosweep/sweep/pkg/models/modeltest"
	"github.com/neurosweep/sweep/pkg/models/tworecurrent"
)

func TestModel(t *testing.T) { modeltest.Run(t, tworecurrent.Model, "example.yaml") }
