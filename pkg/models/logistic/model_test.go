package logistic_test

import (
	"testing"

	"github.com/neurosweep/sweep/pkg/models/logistic"
	"github.com/neurosweep/sweep/pkg/models/modeltest"
)

func TestModel(t *testing.T) { modeltest.Run(t, logistic.Model, "example.yaml") }
