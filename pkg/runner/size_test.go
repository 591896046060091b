package runner

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/neurosweep/sweep/pkg/models"
)

// TestLargeSeries: a trial that measures more than a record can hold has failed, and
// does not end the run.
func TestLargeSeries(t *testing.T) {
	long := models.Series("long", "", "many numbers")
	length := 0
	m := &models.Model{Name: "long", Version: 1, Outputs: []models.Output{long},
		Run: func(_ context.Context, tr *models.Trial) error {
			long.Put(tr, make([]float64, length))
			return nil
		}}
	setting := models.NewSetting(m, 1, nil)
	for n, class := range map[int]string{1 << 20: "", 31 << 20: models.SizeClass} {
		length = n
		_, err := Once(context.Background(), m, setting.NewTrial(), &models.Point{}, nil, 0, 0)
		var f *models.Failure
		if errors.As(err, &f) != (class != "") || f != nil && (f.Class != class || !strings.Contains(f.Message, "measured 248 MiB, most of it long")) {
			t.Errorf("%d numbers: %v", n, err)
		}
	}
}
