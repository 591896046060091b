package quadratic_test

import (
	"testing"

	"github.com/neurosweep/sweep/pkg/models/modeltest"
	"github.com/neurosweep/sweep/pkg/models/quadratic"
)

func TestModel(t *testing.T) { modeltest.Run(t, quadratic.Model, "example.yaml") }
