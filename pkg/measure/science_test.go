//go:build science

package measure_test

import "testing"

// The full grid, 400 by 400, half a minute: go test -tags science.
func TestScienceMonotoneResponses(t *testing.T) { monotone(t, 400) }
