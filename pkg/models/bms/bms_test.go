package bms

import (
	"context"
	"math"
	"regexp"
	"testing"

	"github.com/neurosweep/sweep/pkg/models"
)

// at runs the model at its defaults but for the values given.
func at(t *testing.T, seed uint64, replicate int64, given map[models.Param]models.Value) *models.Trial {
	t.Helper()
	trial := models.NewSetting(Model, seed, nil).NewTrial()
	p := &models.Point{Replicate: replicate, Index: make([]int64, len(Model.Params))}
	for _, param := range Model.Params {
		v, ok := given[param]
		if !ok {
			v = param.Decl().Default
		}
		if err := param.Decl().Check(v); err != nil {
			t.Fatal(param.Decl().Name, err)
		}
		p.Values = append(p.Values, v)
	}
	trial.Start(p)
	if err := Model.Execute(context.Background(), trial); err != nil {
		t.Fatal(err)
	}
	return trial
}

func slot(t *testing.T, trial *models.Trial, o models.Output) *models.Slot {
	t.Helper()
	for i := range Model.Outputs {
		if Model.Outputs[i].Decl() == o.Decl() {
			return &trial.Slots[i]
		}
	}
	t.Fatal("no such output:", o.Decl().Name)
	return nil
}

func TestDeclaration(t *testing.T) {
	if err := Model.Validate(); err != nil {
		t.Fatal(err)
	}
}

// Each class has its own values and nulls.
func TestOutputs(t *testing.T) {
	hex := regexp.MustCompile(`^[0-9a-f]{16}$`)
	for _, row := range []struct {
		class  string
		given  map[models.Param]models.Value
		values []models.Output // of those that may be null
		nulls  []models.Output
	}{
		{
			death, map[models.Param]models.Value{sigma: models.FloatValue(1), current: models.FloatValue(0.1)},
			[]models.Output{deathStep, depth}, []models.Output{period, floor},
		},
		{
			periodic, map[models.Param]models.Value{n: models.IntValue(15)},
			[]models.Output{period, depth}, []models.Output{deathStep, floor},
		},
		{
			none, map[models.Param]models.Value{window: models.IntValue(3000)},
			[]models.Output{floor, depth}, []models.Output{period, deathStep},
		},
		{ // no potential comes near the threshold, so its density there is not known
			none, map[models.Param]models.Value{
				n: models.IntValue(1), gamma: models.FloatValue(0.999), current: models.FloatValue(0.0011), initial: models.FloatValue(0),
				sigma: models.FloatValue(0), transient: models.IntValue(0), window: models.IntValue(100),
			},
			[]models.Output{depth}, []models.Output{period, deathStep, floor},
		},
		{ // the potential is at the threshold, where nothing can be proved
			none, map[models.Param]models.Value{
				n: models.IntValue(1), current: models.FloatValue(1), sigma: models.FloatValue(0), transient: models.IntValue(10), window: models.IntValue(100),
			},
			[]models.Output{floor}, []models.Output{period, deathStep, depth},
		},
	} {
		trial := at(t, 1, 0, row.given)
		if got := slot(t, trial, class).Text; got != row.class {
			t.Errorf("%s, want %s", got, row.class)
			continue
		}
		for _, o := range row.values {
			if slot(t, trial, o).State != models.Set {
				t.Errorf("%s: %s has no value", row.class, o.Decl().Name)
			}
		}
		for _, o := range row.nulls {
			if slot(t, trial, o).State != models.Null {
				t.Errorf("%s: %s is not null", row.class, o.Decl().Name)
			}
		}
		if got := slot(t, trial, windowMin).Bits == 1; got != (row.class == none) {
			t.Errorf("%s: d_is_window_min is %v", row.class, got)
		}
		if h := slot(t, trial, raster).Text; !hex.MatchString(h) {
			t.Errorf("%s: raster_hash is %q", row.class, h)
		}
		if d := slot(t, trial, distance).Float(); row.class == death && math.Abs(d-0.8) > 1e-15 {
			t.Errorf("death at I/(1-gamma) = 0.2: d = %v, want 0.8", d)
		}
	}
}

// All potentials are measured in theta: multiplying all that has its unit by a
// power of two multiplies d by it, and changes no other number.
func TestUnits(t *testing.T) {
	small := map[models.Param]models.Value{n: models.IntValue(20), current: models.FloatValue(0.125)}
	for replicate := range int64(5) {
		a := at(t, 3, replicate, small)
		b := at(t, 3, replicate, map[models.Param]models.Value{
			n: models.IntValue(20), current: models.FloatValue(0.5), theta: models.FloatValue(4),
			sigma: models.FloatValue(20), tolerance: models.FloatValue(4e-9),
		})
		for i, o := range Model.Outputs {
			x, y := a.Slots[i], b.Slots[i]
			if o.Decl().Unit == "potential" && x.State == models.Set {
				if 4*x.Float() != y.Float() {
					t.Errorf("replicate %d: %s is %v and %v", replicate, o.Decl().Name, x.Float(), y.Float())
				}
			} else if x.State != y.State || x.Bits != y.Bits || x.Text != y.Text {
				t.Errorf("replicate %d: %s differs", replicate, o.Decl().Name)
			}
		}
	}
}

// One replicate has the same standard normals and uniforms at every sigma and
// gamma; per-sqrt-n and raw are the same network by other names.
func TestStreams(t *testing.T) {
	size := models.IntValue(16)
	a := at(t, 5, 2, map[models.Param]models.Value{n: size, sigma: models.FloatValue(6), mean: models.FloatValue(0.5)})
	b := at(t, 5, 2, map[models.Param]models.Value{
		n: size, sigma: models.FloatValue(1.5), mean: models.FloatValue(0.03125), scaling: models.TextValue("raw"),
	})
	c := at(t, 5, 3, map[models.Param]models.Value{n: size, sigma: models.FloatValue(6), mean: models.FloatValue(0.5)})
	if x, y := slot(t, a, raster).Text, slot(t, b, raster).Text; x != y {
		t.Errorf("raw weights of the same size: %s, want %s", y, x)
	}
	if x, y := slot(t, a, distance).Float(), slot(t, c, distance).Float(); x == y {
		t.Errorf("two replicates have d = %v", x)
	}
}
