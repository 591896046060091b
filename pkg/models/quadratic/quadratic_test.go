package quadratic

import (
	"context"
	"math"
	"math/cmplx"
	"testing"
	"time"

	"github.com/neurosweep/sweep/internal/testkit"
	"github.com/neurosweep/sweep/pkg/dynamics"
	"github.com/neurosweep/sweep/pkg/measure"
)

var ctx = context.Background()

// Row 5b: counting cells at 1024 by 512 in the upper half plane and 1000 steps
// gives 1.5102 within 0.0005, 0.0036 above the area by slow escapes.
func TestMandelbrotArea(t *testing.T) {
	for _, shortcuts := range []bool{true, false} {
		p := Picture{Re: -0.75, Im: 0.65, Width: 2.9, Height: 1.3, Columns: 1024, Rows: 512, Limit: 1000, Shortcuts: shortcuts}
		if !shortcuts {
			if testing.Short() {
				continue
			}
			p.Columns, p.Rows = 512, 256 // tolerance for a quarter of the cells: 0.002
		}
		times := make([]float64, p.Columns*p.Rows)
		n, err := p.Escape(ctx, times)
		if err != nil {
			t.Fatal(err)
		}
		got := 2 * float64(n) * p.Width * p.Height / float64(p.Columns*p.Rows)
		tolerance := map[bool]float64{true: 0.0005, false: 0.002}[shortcuts]
		t.Logf("area %.5f", got)
		if math.Abs(got-1.5102) > tolerance {
			t.Errorf("area %v, want 1.5102 within %v", got, tolerance)
		}
	}
}

// The shortcuts are true: no cell that they leave out would have escaped. Cells
// on the very boundary of the cardioid take longer than any limit.
func TestShortcuts(t *testing.T) {
	p := Picture{Re: -0.75, Im: 0.65, Width: 2.9, Height: 1.3, Columns: 300, Rows: 130, Limit: 2000}
	a, b := make([]float64, 39000), make([]float64, 39000)
	p.Escape(ctx, a)
	p.Shortcuts = true
	p.Escape(ctx, b)
	for i := range a {
		if a[i] != b[i] {
			t.Fatalf("cell %d: %v without, %v with shortcuts", i, a[i], b[i])
		}
	}
}

// By hand: c = 1 is 0, 1, 2, 5; c = i is bound; -2 is bound, on the edge; 3 and -2.1 are beyond 2 at once.
func TestEscapeTimes(t *testing.T) {
	for _, c := range []struct {
		c    complex128
		want int
	}{{1, 3}, {1i, 100}, {-2, 100}, {3, 1}, {-2.1, 1}, {0, 100}} {
		if got := testkit.Must(escapeTime(context.Background(), 0, 0, real(c.c), imag(c.c), 100)); got != c.want {
			t.Errorf("c = %v: %d, want %d", c.c, got, c.want)
		}
	}
	// Julia set of 0: the unit disc, of area pi; counted with 400² cells to 0.01.
	p := Picture{Width: 4, Height: 4, Columns: 400, Rows: 400, Limit: 100, Julia: true}
	n, _ := p.Escape(ctx, make([]float64, 160000))
	if got := float64(n) / 1e4; math.Abs(got-math.Pi) > 0.01 {
		t.Errorf("the disc has area %v", got)
	}
}

// Periods at the centres of components: solutions of z_p(c) = 0, and the root of
// Douady's rabbit, c = -0.122561 + 0.744862 i.
func TestPeriods(t *testing.T) {
	for _, c := range []struct {
		c      complex128
		period int
	}{{0, 1}, {-1, 2}, {complex(-0.12256116687665, 0.74486176661974), 3}, {-1.3107026413368, 4}, {complex(-0.1, 0.1), 1}} {
		p, err := measure.Period(ctx, Map{real(c.c), imag(c.c)}, []float64{0, 0}, measure.PeriodSettings{Transient: 100})
		if err != nil || p.Ending != dynamics.Periodic || p.Period != c.period {
			t.Errorf("c = %v: %v, period %d, want %d", c.c, p.Ending, p.Period, c.period)
		}
	}
}

// A fixed point z has the multiplier 2z, and the exponent ln |2z|; the map agrees
// with complex arithmetic, and its tangent with 2zv.
func TestMap(t *testing.T) {
	c := complex(-0.1, 0.2)
	z := (1 - cmplx.Sqrt(1-4*c)) / 2
	s, err := measure.Lyapunov(ctx, Map{real(c), imag(c)}, []float64{0, 0}, measure.LyapunovSettings{Steps: 1000, Transient: 1000})
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range s.Exponents {
		if math.Abs(l-math.Log(cmplx.Abs(2*z))) > 1e-9 {
			t.Errorf("exponents %v, want %v twice", s.Exponents, math.Log(cmplx.Abs(2*z)))
		}
	}
	w, v := complex(0.3, -0.7), complex(1.5, 0.25)
	dst := make([]float64, 2)
	Map{real(c), imag(c)}.Step(dst, []float64{real(w), imag(w)})
	if cmplx.Abs(complex(dst[0], dst[1])-(w*w+c)) > 1e-15 {
		t.Error(dst)
	}
	Map{real(c), imag(c)}.Tangent(dst, []float64{real(w), imag(w)}, []float64{real(v), imag(v)})
	if cmplx.Abs(complex(dst[0], dst[1])-2*w*v) > 1e-15 {
		t.Error(dst)
	}
}

// BenchmarkMandelbrot is the whole set, 2048² cells at 1000 steps without
// shortcuts: bench/mandelbrot.sh compares it with C.
func BenchmarkMandelbrot(b *testing.B) {
	p := Picture{Re: -0.75, Width: 2.9, Height: 2.6, Columns: 2048, Rows: 2048, Limit: 1000}
	times := make([]float64, p.Columns*p.Rows)
	var n int
	best := time.Hour
	for b.Loop() {
		begin := time.Now()
		n, _ = p.Escape(ctx, times)
		best = min(best, time.Since(begin))
	}
	b.ReportMetric(float64(n), "inside")
	b.ReportMetric(best.Seconds(), "best-s")
}
