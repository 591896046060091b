package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/neurosweep/sweep/pkg/experiment"
	"github.com/neurosweep/sweep/pkg/models"
	"github.com/neurosweep/sweep/pkg/models/all"
)

const points = `about: How is a point named?
model: probe
replicates: 2
params:
  x: [0, 1/3, 0.475, 0.7125, 1e3]
  n: [1000, 2, 10]
  flag: [true, false]
`

// pointOf is the point of the nearest call, as the verb names its trial.
func pointOf(t *testing.T, verb string, args ...string) (code int, trial int64, text string) {
	t.Helper()
	code, out, err := call(t, append([]string{verb, "--json"}, args...)...)
	if code != exitOK {
		return code, -1, out + err
	}
	var answer map[string]json.RawMessage
	var point struct{ Trial int64 }
	if err := json.Unmarshal([]byte(out), &answer); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(answer[verb], &point); err != nil {
		t.Fatal(err)
	}
	return code, point.Trial, out
}

// TestPoints: why and replay, of a folder and of its spec, take a point by one grammar.
func TestPoints(t *testing.T) {
	t.Chdir(t.TempDir())
	writeSpec(t, ".", "p.yaml", points)
	if code, _, err := call(t, "run", "p.yaml", "--figures", "none"); code != 0 {
		t.Fatal(err)
	}
	spec, err := experiment.Read("p.yaml", experiment.Options{Models: all.Models})
	if err != nil {
		t.Fatal(err)
	}
	plan := spec.Plan()
	var p models.Point
	plan.Point(17, &p)
	id := spec.Setting.NewIdentity().Of(&p).String()
	prefix := id[:strings.IndexAny(id, "abcdef")+4]
	for _, c := range []struct {
		point string // in arguments
		trial int64
	}{
		{"17", 17},
		{"trial=17", 17},
		{"trial=1.7e1", 17},
		{id, 17},
		{strings.ToUpper(id), 17},
		{prefix, 17},
		{"id=" + id, 17},
		{"id=" + id[:12], 17},
		{"x=1/3 n=1000 flag=true", 12},
		{"x=1/3,n=1e3,flag=true", 12},
		{"x=1/3, n=1000.0, flag=true, replicate=1", 13},
		{"n=2,flag=false,x=0.475,replicate=0", 30},
		{"x = 0.475 , n = 2 flag = false", 30},
		{"x=1000 n=10 flag=false replicate=1", 59},
		{"x=1000 n=10 flag=false replicate=1 mode=ok work=0", 59}, // constants may be named
	} {
		for _, verb := range []string{"why", "replay"} {
			for _, of := range []string{"p.yaml", "results/p"} {
				args := append([]string{of}, strings.Fields(c.point)...)
				if code, trial, text := pointOf(t, verb, args...); trial != c.trial {
					t.Errorf("sweep %s %v: exit status %d, trial %d, not %d\n%s", verb, args, code, trial, c.trial, text)
				}
				if code, trial, text := pointOf(t, verb, of, c.point); trial != c.trial {
					t.Errorf("sweep %s %s %q: exit status %d, trial %d, not %d\n%s", verb, of, c.point, code, trial, c.trial, text)
				}
			}
		}
	}
	for _, c := range []struct{ point, want string }{
		{"60", "there is no trial 60: the plan of p.yaml has trials 0 to 59"},
		{"9223372036854775808", "trial=9223372036854775808"[6:]},
		{"99999999999999999999", "99999999999999999999"},
		{"trial=60", "trials 0 to 59"},
		{"trial=-1", "trials are counted from 0"},
		{"trial=0.5", "0.5"},
		{"trial=x", "trial=x"},
		{"017", "leading zero"},
		{"abc", "at least 4 digits of an id"},
		{"id=abc", "an id is 4 to 32 hexadecimal digits"},
		{"id=" + id + "0", "an id is 4 to 32 hexadecimal digits"},
		{"id=xyz1", "an id is 4 to 32 hexadecimal digits"},
		{"ffffffffffff", "no trial of the plan of p.yaml has an id that begins with ffffffffffff"},
		{"id=0123456789", "no trial of the plan of p.yaml has an id that begins with 0123456789"},
		{"x=0.5,x=0", "x is given twice"},
		{"17 17", "trial is given twice"},
		{"17 x=0", "names a point without more"},
		{"id=" + id + " replicate=0", "names a point without more"},
		{"x=0x1p-1", "0x1p-1"},
		{"x=1_0", "1_0"},
		{"x=010", "leading zero"},
		{"x=nan", "nan"},
		{"x=", "x="},
		{"x=[0]", "[0]"},
		{"n=2.5", "2.5"},
		{"flag=F", "true or false"},
		{"flag=1", "true or false"},
		{"mode=nil", "mode"},
		{"n=-1", "must"},
		{"y=1", "y is no parameter of model probe; those are x, n, "},
		{"replicate=x", "replicate=x"},
		{"direction=left", "a direction is up or down"},
		{"", "no point is named"},
		{" , ", "no point is named"},
		{"x=0", "more than one point is meant: say which n, flag, as in n=1000,flag=true"},
		{"x=0 n=2", "say which flag, as in flag=true"},
		{"results/p", "is no point"},
	} {
		for _, verb := range []string{"why", "replay"} {
			if code, out, err := call(t, verb, "p.yaml", c.point); code != exitUsage || out != "" || !strings.Contains(err, c.want) {
				t.Errorf("sweep %s p.yaml %q: exit status %d, no %q in\n%s%s", verb, c.point, code, c.want, out, err)
			}
		}
	}
	// Values that the plan has not: why answers, replay has nothing to run.
	for _, c := range []struct{ point, want string }{
		{"x=0.5 n=2 flag=true", "no point has x = 0.5: x = 0.475 and 0.7125 are nearest"},
		{"x=2000 n=2 flag=true", "no point has x = 2000: x = 1000 is nearest"},
		{"x=-1 n=3 flag=true", "no point has x = -1: x = 0 is nearest; no point has n = 3: n = 2 and 10 are nearest"},
		{"mode=panic", "no point has mode = panic: it is ok everywhere"},
		{"x=0 n=2 flag=true replicate=2", "there is no replicate 2: they are 0 to 1"},
		{"x=0 n=2 flag=true replicate=-1", "there is no replicate -1"},
		{"x=0 n=2 flag=true direction=up", "no state is carried along an axis: there is no direction"},
	} {
		code, out, _ := call(t, "why", "p.yaml", c.point)
		if code != exitOK || !strings.Contains(out, "is not in the plan of p.yaml: "+c.want) {
			t.Errorf("why %q: exit status %d\n%s", c.point, code, out)
		}
		if code, out, err := call(t, "replay", "p.yaml", c.point); code != exitUsage || out != "" || !strings.Contains(err, c.want) {
			t.Errorf("replay %q: exit status %d\n%s%s", c.point, code, out, err)
		}
	}
}

// TestPointNumbers: digits are a trial's number and never an id, whatever the ids.
func TestPointNumbers(t *testing.T) {
	t.Chdir(t.TempDir())
	writeSpec(t, ".", "ids.yaml", "about: Is a number one?\nmodel: probe\nreplicates: 2000\nparams: {x: 0}\n")
	if code, _, err := call(t, "run", "ids.yaml", "--figures", "none"); code != 0 {
		t.Fatal(err)
	}
	spec, err := experiment.Read("ids.yaml", experiment.Options{Models: all.Models})
	if err != nil {
		t.Fatal(err)
	}
	identity, plan := spec.Setting.NewIdentity(), spec.Plan()
	var p models.Point
	tried := 0
	for trial := range plan.Len() {
		plan.Point(trial, &p)
		digits := identity.Of(&p).String()[:4]
		if strings.Trim(digits, "0123456789") != "" || digits < "2000" || tried == 5 {
			continue
		}
		tried++
		for _, verb := range []string{"why", "replay"} {
			if code, out, err := call(t, verb, "results/ids", digits); code != exitUsage || out != "" || !strings.Contains(err, fmt.Sprintf("there is no trial %s: the plan of results/ids has trials 0 to 1999", digits)) {
				t.Errorf("%s %s: exit status %d\n%s%s", verb, digits, code, out, err)
			}
		}
		if code, got, text := pointOf(t, "why", "results/ids", "id="+identity.Of(&p).String()[:8]); code != 0 || got != trial {
			t.Errorf("why id=%s: trial %d, exit status %d\n%s", digits, got, code, text)
		}
	}
	if tried < 5 {
		t.Errorf("%d ids begin with four digits", tried)
	}
}

// TestPointsOfHugePlans: to name a point costs nothing with the plan's size.
func TestPointsOfHugePlans(t *testing.T) {
	t.Chdir(t.TempDir())
	writeSpec(t, ".", "h.yaml", "about: Is it found?\nmodel: probe\nreplicates: 1000000\nparams: {x: {linspace: [0, 1, 100001]}, n: [1, 2]}\n")
	begun := time.Now()
	for point, want := range map[string]string{
		"x=0.25 n=2 replicate=999999": "trial 50001999999 (x=0.25 n=2 replicate=999999) will be run",
		"199999999999":                "will be run",
		"x=1/3 n=1":                   "x = 0.33333 and 0.33334 are nearest",
		"x=1e300 n=1":                 "x = 1 is nearest",
	} {
		if code, out, err := call(t, "why", "h.yaml", point); code != 0 || !strings.Contains(out, want) {
			t.Errorf("why %s: exit status %d, no %q in\n%s%s", point, code, want, out, err)
		}
	}
	if took := time.Since(begun); took > 5*time.Second { // a hundred times what it takes
		t.Errorf("it took %v", took)
	}
}
