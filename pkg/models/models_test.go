package models_test

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/neurosweep/sweep/pkg/models"
)

// A model that is right in every way, for tests to break.
var (
	n       = models.Int("n", 10, "a size").AtLeast(1)
	g       = models.Float("g", 1.5, "a gain").Above(0).AtMost(9).In("mV")
	how     = models.Choice("how", "a way", "sync", "async")
	on      = models.Flag("on", true, "a switch")
	alpha   = models.OptionalFloat("alpha", "a load").AtLeast(0)
	count   = models.OptionalInt("count", "a number")
	mixture = models.Int("mixture", 3, "a number of patterns").AtLeast(-1).AtMost(9).Odd()
	weights = models.NewStream("weights", n)
	noise   = models.NewStream("noise", g, n)
	mean    = models.Scalar("mean", "mV", "a mean")
	class   = models.Label("class", "a class", "dead", "alive")
)

func good() *models.Model {
	return &models.Model{
		Name: "good", Doc: "// Package good is the model of these tests. It does little.\n//\n// It has an account.\npackage good\n", Version: 1,
		Params: []models.Param{n, g, how, on, alpha, count}, OneOf: [][]models.Param{{alpha, count}},
		Outputs: []models.Output{mean, class}, Streams: []*models.Stream{weights, noise},
		Run: func(ctx context.Context, t *models.Trial) error {
			mean.Put(t, g.Of(t))
			class.Put(t, "dead")
			return nil
		},
	}
}

func TestValidate(t *testing.T) {
	if err := good().Validate(); err != nil {
		t.Fatal(err)
	}
	if s := good().Summary(); s != "the model of these tests." {
		t.Errorf("the summary is %q", s)
	}
	other := models.Float("other", 1, "of another model")
	for name, c := range map[string]struct {
		change func(m *models.Model)
		want   string
	}{
		"name":               {func(m *models.Model) { m.Name = "Good" }, "name must match"},
		"doc":                {func(m *models.Model) { m.Doc = "" }, "doc needs"},
		"version":            {func(m *models.Model) { m.Version = 0 }, "version"},
		"run":                {func(m *models.Model) { m.Run = nil }, "no Run"},
		"no output":          {func(m *models.Model) { m.Outputs = nil }, "no output"},
		"name of the engine": {func(m *models.Model) { m.Outputs = append(m.Outputs, models.Scalar("status", "", "a word")) }, "engine's"},
		"twice":              {func(m *models.Model) { m.Params = append(m.Params, models.Int("mean", 1, "a mean")) }, "twice"},
		"index column":       {func(m *models.Model) { m.Outputs = append(m.Outputs, models.Scalar("g_i", "", "a number")) }, "twice"},
		"no sentence":        {func(m *models.Model) { m.Params = append(m.Params, models.Int("k", 1, "")) }, "sentence"},
		"full stop":          {func(m *models.Model) { m.Params = append(m.Params, models.Int("k", 1, "A k.")) }, "full stop"},
		"default":            {func(m *models.Model) { m.Params = append(m.Params, models.Int("k", 0, "a k").AtLeast(1)) }, "default of k"},
		"one of":             {func(m *models.Model) { m.OneOf = [][]models.Param{{n, alpha}} }, "not an optional"},
		"stream":             {func(m *models.Model) { m.Streams = append(m.Streams, models.NewStream("s", other)) }, "depends on other"},
		"length": {func(m *models.Model) {
			m.Outputs = append(m.Outputs, models.Series("xs", "", "a list").Long(models.AsManyAs(models.Int("k", 1, "a k"))))
		}, "the length of xs: it depends on k, which is not a parameter"},
		"length of more": {func(m *models.Model) {
			m.Outputs = append(m.Outputs, models.Series("xs", "", "a list").Long(models.Counted("n count", func(t *models.Trial) int {
				k, _ := count.Lookup(t)
				return k * n.Of(t)
			}, n)))
		}, "the length of xs: of the parameters that it depends on it cannot be computed: models: parameter count"},
		"length of a number": {func(m *models.Model) {
			number := models.Scalar("y", "", "a number")
			number.Length = models.Exactly(1)
			m.Outputs = append(m.Outputs, number)
		}, "y has a length and is no series"},
		"stream twice": {func(m *models.Model) { m.Streams = append(m.Streams, models.NewStream("noise")) }, `"noise"`},
	} {
		m := good()
		c.change(m)
		if err := m.Validate(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestCheck(t *testing.T) {
	for _, c := range []struct {
		param models.Param
		value models.Value
		want  string // "" if it is admitted
	}{
		{n, models.IntValue(1), ""},
		{n, models.IntValue(0), "must be at least 1, not 0"},
		{n, models.FloatValue(2), "takes an integer"},
		{n, models.Value{}, "needs a value"},
		{g, models.FloatValue(9), ""},
		{g, models.FloatValue(0), "must lie in (0, 9], not 0"},
		{g, models.FloatValue(math.Inf(1)), "finite"},
		{how, models.TextValue("async"), ""},
		{how, models.TextValue("Async"), `takes sync or async, not "Async"`},
		{on, models.FlagValue(false), ""},
		{alpha, models.Value{}, ""},
		{alpha, models.FloatValue(-1), "must be at least 0"},
		{mixture, models.IntValue(-3), "must lie in [-1, 9], not -3"},
		{mixture, models.IntValue(-1), ""},
		{mixture, models.IntValue(4), "must be odd, not 4"},
	} {
		err := c.param.Decl().Check(c.value)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s = %q: %v", c.param.Decl().Name, c.value, err)
		}
	}
	for p, want := range map[models.Param]string{n: "[1, +Inf)", g: "(0, 9]", how: "", mixture: "[-1, 9], odd", models.Int("k", 1, "a k").Odd(): "odd"} {
		if got := p.Decl().Range(); got != want {
			t.Errorf("%s takes %q, want %q", p.Decl().Name, got, want)
		}
	}
}

func point(replicate int64, values ...models.Value) *models.Point {
	return &models.Point{Replicate: replicate, Values: values, Index: make([]int64, len(values))}
}

func defaults() []models.Value {
	var v []models.Value
	for _, p := range good().Params {
		v = append(v, p.Decl().Default)
	}
	return v
}

// TestIdentity: everything that can change a number changes the identity, and
// nothing else does.
func TestIdentity(t *testing.T) {
	m := good()
	of := func(s *models.Setting, p *models.Point) models.ID { return s.NewIdentity().Of(p) }
	base := models.NewSetting(m, 1, nil)
	p := point(0, defaults()...)
	id := of(base, p)

	with := func(i int, v models.Value) *models.Point {
		q := point(0, defaults()...)
		q.Values[i] = v
		return q
	}
	other := good()
	other.Version = 2
	renamed := good()
	renamed.Name = "better"
	link := point(0, defaults()...)
	link.Direction = 1
	back := point(0, defaults()...)
	back.Direction = -1
	later := point(0, defaults()...)
	later.Direction, later.Chain = 1, [32]byte{1}
	ids := map[models.ID]string{id: "the point"}
	for what, got := range map[string]models.ID{
		"version":          of(models.NewSetting(other, 1, nil), p),
		"model":            of(models.NewSetting(renamed, 1, nil), p),
		"seed":             of(models.NewSetting(m, 2, nil), p),
		"replicate":        of(base, point(1, defaults()...)),
		"a value":          of(base, with(1, models.FloatValue(math.Nextafter(1.5, 2)))),
		"an integer":       of(base, with(0, models.IntValue(11))),
		"a choice":         of(base, with(2, models.TextValue("async"))),
		"a flag":           of(base, with(3, models.FlagValue(false))),
		"set at all":       of(base, with(4, models.FloatValue(0))),
		"a stream":         of(models.NewSetting(m, 1, map[string][]models.Param{"weights": {n, g}}), p),
		"a link":           of(base, link),
		"the way":          of(base, back),
		"the links before": of(base, later),
	} {
		if same, ok := ids[got]; ok {
			t.Errorf("%s and %s have the same identity", what, same)
		}
		ids[got] = what
	}
	again := point(0, defaults()...)
	again.Trial, again.Index[0] = 77, 5
	if of(base, again) != id {
		t.Error("the number of the trial changes the identity")
	}
	if of(models.NewSetting(m, 1, map[string][]models.Param{"noise": {n, g, n}}), p) != id {
		t.Error("the order in which a stream's parameters are listed changes the identity")
	}
	if of(base, with(1, models.FloatValue(1.5))) != id {
		t.Error("the default, given, changes the identity")
	}
	if models.FloatValue(math.Copysign(0, -1)) != models.FloatValue(0) {
		t.Error("-0 and 0 are two values")
	}
	// Kept, so that a change of identities is a decision.
	if got := id.String(); got != "3d810d759dbf6228dfe5e5ad97ca8e40" {
		t.Errorf("the identity is %s", got)
	}
}

// TestStreams: trials that agree in what a stream depends on draw the same
// numbers from it.
func TestStreams(t *testing.T) {
	m := good()
	draw := func(s *models.Setting, stream *models.Stream, p *models.Point) uint64 {
		trial := s.NewTrial()
		trial.Start(p)
		return stream.Of(trial).Uint64()
	}
	base := models.NewSetting(m, 1, nil)
	p := point(0, defaults()...)
	q := point(0, defaults()...)
	q.Values[1] = models.FloatValue(2)
	if draw(base, weights, p) != draw(base, weights, q) {
		t.Error("weights depend on n only, and change with g")
	}
	if draw(base, noise, p) == draw(base, noise, q) {
		t.Error("noise depends on g, and does not change with it")
	}
	if draw(base, weights, p) == draw(base, noise, p) {
		t.Error("two streams are one")
	}
	if draw(base, weights, p) == draw(base, weights, point(1, defaults()...)) {
		t.Error("the replicate changes nothing")
	}
	given := models.NewSetting(m, 1, map[string][]models.Param{"weights": {g}})
	if draw(given, weights, p) == draw(given, weights, q) {
		t.Error("the override of what weights depend on has no effect")
	}
	// A stream goes on within a trial and begins again in the next.
	trial := base.NewTrial()
	trial.Start(p)
	first, second := weights.Of(trial).Uint64(), weights.Of(trial).Uint64()
	trial.Start(p)
	if first == second || weights.Of(trial).Uint64() != first {
		t.Error("a stream does not go on in a trial, or not begin again in the next")
	}
}

func TestExecute(t *testing.T) {
	stopped := errors.New("stopped")
	for name, c := range map[string]struct {
		run     func(ctx context.Context, t *models.Trial) error
		cause   error  // why the context is done; nil if it is not
		class   string // of the failure; "" if there is none
		message string
	}{
		"all put": {run: good().Run},
		"nothing put": {func(context.Context, *models.Trial) error { return nil }, nil,
			"error", "put no mean"},
		"error": {func(context.Context, *models.Trial) error { return errors.New("no root") }, nil,
			"error", "no root"},
		"panic": {func(context.Context, *models.Trial) error { var a []int; _ = a[len(a)]; return nil }, nil,
			"panic", "index out of range"},
		"label not declared": {func(_ context.Context, t *models.Trial) error { class.Put(t, "asleep"); return nil }, nil,
			"panic", `no label "asleep"`},
		"output of another model": {func(_ context.Context, t *models.Trial) error { models.Scalar("x", "", "x").Put(t, 1); return nil }, nil,
			"panic", "not declared"},
		"timeout": {func(ctx context.Context, t *models.Trial) error { return ctx.Err() }, context.DeadlineExceeded,
			"timeout", "deadline"},
	} {
		m := good()
		m.Run = c.run
		trial := models.NewSetting(m, 1, nil).NewTrial()
		trial.Start(point(0, defaults()...))
		ctx, cancel := context.WithCancelCause(t.Context())
		if c.cause != nil {
			cancel(c.cause)
		}
		err := m.Execute(ctx, trial)
		cancel(nil)
		var f *models.Failure
		switch {
		case c.class == "":
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
		case !errors.As(err, &f) || f.Class != c.class || !strings.Contains(f.Message, c.message):
			t.Errorf("%s: %v", name, err)
		case (f.Stack != "") != (c.class == "panic") || strings.Contains(f.Stack, "0x") || strings.Contains(f.Stack, "/pkg/models/model.go"):
			t.Errorf("%s: the stack is\n%s", name, f.Stack)
		}
	}
	// A run that is stopped has no result.
	m := good()
	m.Run = func(ctx context.Context, t *models.Trial) error { return ctx.Err() }
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(stopped)
	trial := models.NewSetting(m, 1, nil).NewTrial()
	trial.Start(point(0, defaults()...))
	if err := m.Execute(ctx, trial); err != stopped {
		t.Errorf("stopped: %v", err)
	}
}

// TestNoAllocation: a trial in the steady state allocates nothing.
func TestNoAllocation(t *testing.T) {
	m := good()
	setting := models.NewSetting(m, 1, nil)
	trial, identity, p := setting.NewTrial(), setting.NewIdentity(), point(0, defaults()...)
	run := func() {
		trial.Start(p)
		weights.Of(trial).Uint64()
		if err := m.Execute(t.Context(), trial); err != nil {
			t.Fatal(err)
		}
		identity.Of(p)
	}
	run()
	if n := testing.AllocsPerRun(100, run); n > 0 {
		t.Errorf("a trial allocates %v times", n)
	}
}
