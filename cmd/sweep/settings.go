package main

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/spf13/pflag"
	"github.com/spf13/viper"

	"github.com/neurosweep/sweep/internal/textfile"
	"github.com/neurosweep/sweep/pkg/experiment"
	"github.com/neurosweep/sweep/pkg/models"
	"github.com/neurosweep/sweep/pkg/report"
	"github.com/neurosweep/sweep/pkg/runner"
)

// settings say where and how a spec is run, never what: none can change a
// number. A flag goes before the environment, that before the file, that before
// the built-in value.
type settings struct {
	file string // --config; after load the file that was read, "" if none

	Results  string
	Workers  int
	Timeout  time.Duration
	Retries  int
	FailFast int
	Grace    time.Duration
	Memory   int64 // bytes; 0 for no limit
	Progress string
	Figures  []string // formats in which a run's figures are drawn; nil for none

	viper   *viper.Viper
	origins map[string]string
}

// setting is one of them.
type setting struct {
	key, def, arg, doc string
	parse              func(s *settings, text string) error
}

var settingsList = []setting{
	{"results", "results", "dir", "folder that the result folders are in", func(s *settings, t string) error {
		return parseFolder(&s.Results, t)
	}},
	{"workers", "0", "n", "trials run at the same time; 0 for one a core", func(s *settings, t string) error {
		return parseCount(&s.Workers, t, 4096)
	}},
	{"timeout", "0s", "duration", "time after which a trial has failed, as 90s or 2h; 0 for none", func(s *settings, t string) error {
		return parseDuration(&s.Timeout, t)
	}},
	{"memory", "80%", "size", "memory that the run may take, as 20GiB or as a share of the machine's; 0 for no limit", func(s *settings, t string) error {
		return parseMemory(&s.Memory, t)
	}},
	{"retries", "0", "n", "how often a failed trial is tried again", func(s *settings, t string) error {
		return parseCount(&s.Retries, t, 1000)
	}},
	{"fail_fast", "0", "n", "end the run when so many trials in a row have failed in the same way; 0 for never", func(s *settings, t string) error {
		return parseCount(&s.FailFast, t, 1_000_000)
	}},
	{"grace", "10s", "duration", "time that running trials get to end when the run is stopped", func(s *settings, t string) error {
		return parseDuration(&s.Grace, t)
	}},
	{"progress", "auto", "how", "auto, bar, plain or none; auto is a bar on a terminal, else a line every 30 s", func(s *settings, t string) error {
		if !slices.Contains([]string{"auto", "bar", "plain", "none"}, t) {
			return fmt.Errorf("must be auto, bar, plain or none, not %q", t)
		}
		s.Progress = t
		return nil
	}},
	{"figures", "png,svg", "formats", "formats in which figures are drawn while a run goes on and when it ends, beside a report, among png, svg and pdf, or none", func(s *settings, t string) error {
		s.Figures = nil
		if t == "none" {
			return nil
		}
		for f := range strings.SplitSeq(t, ",") {
			if f = strings.TrimSpace(f); !slices.Contains(report.Formats, f) {
				return fmt.Errorf("must be none, or some of %s, not %q", strings.Join(report.Formats, ", "), t)
			}
			s.Figures = append(s.Figures, f)
		}
		return nil
	}},
}

// parseFolder reads the name of a folder. What a shell makes of a name no shell has made
// here: of that only ~/ at its beginning is known, the home folder.
func parseFolder(dst *string, text string) error {
	plainly := strings.HasPrefix(text, "./") || strings.HasPrefix(text, "../")
	switch {
	case strings.TrimSpace(text) == "":
		return errors.New("must name a folder")
	case strings.ContainsFunc(text, unicode.IsControl):
		return fmt.Errorf("%q has a control character", text)
	case text == "~" || strings.HasPrefix(text, "~/"):
		home, err := os.UserHomeDir()
		if err != nil {
			return fmt.Errorf("%s: the home folder is not known: %w; write the whole path", text, err)
		}
		*dst = filepath.Join(home, text[1:])
		return nil
	case text[0] == '~':
		return fmt.Errorf("%s: of the names that begin with ~ only ~/ is known: write the whole path, or ./%[1]s for a folder of that name", text)
	case variable.MatchString(text) && !plainly:
		fix := "write the path out"
		for _, home := range []string{"$HOME/", "${HOME}/"} {
			if rest, ok := strings.CutPrefix(text, home); ok {
				fix = "write ~/" + rest
			}
		}
		return fmt.Errorf("%s: settings know no variables: %s; a folder of that name is written with ./ before it", text, fix)
	}
	*dst = text
	return nil
}

// variable is what a shell would take for one.
var variable = regexp.MustCompile(`\$[A-Za-z_({]`)

// parseCount reads an integer as specs do.
func parseCount(dst *int, text string, most int) error {
	v, err := experiment.ParseValue(models.Int("count", 0, "").Decl(), text)
	if err == nil && v.Int() >= 0 && v.Int() <= int64(most) {
		*dst = int(v.Int())
		return nil
	}
	if err != nil && text != "" && text[0] >= '0' && text[0] <= '9' {
		return fmt.Errorf("must be an integer from 0 to %d, not %q: %w", most, text, err)
	}
	return fmt.Errorf("must be an integer from 0 to %d, not %q", most, text)
}

func parseDuration(dst *time.Duration, text string) error {
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 {
		return fmt.Errorf("must be a duration such as 90s, 5m or 2h30m, not %q", text)
	}
	for _, number := range numbers.FindAllString(text, -1) {
		if _, err := experiment.ParseValue(models.Float("duration", 0, "").Decl(), number); err != nil {
			return fmt.Errorf("must be a duration such as 90s, 5m or 2h30m, not %q: %w", text, err)
		}
	}
	*dst = d
	return nil
}

// numbers are those of a duration.
var numbers = regexp.MustCompile(`[0-9.]+`)

// duration is one that a flag gives.
type duration time.Duration

func (d *duration) String() string { return time.Duration(*d).String() }
func (d *duration) Type() string   { return "duration" }

func (d *duration) Set(text string) error { return parseDuration((*time.Duration)(d), text) }

// memoryUnits are the units of memory, in bytes.
var memoryUnits = []struct {
	name  string
	bytes float64
}{{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"TiB", 1 << 40}, {"kB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"TB", 1e12}}

// leastMemory is what the engine needs to run small trials.
const leastMemory = 64 << 20

func parseMemory(dst *int64, text string) error {
	if text == "0" {
		*dst = 0
		return nil
	}
	number, unit, share := text, 0.0, false
	for _, u := range memoryUnits {
		if digits, ok := strings.CutSuffix(text, u.name); ok {
			number, unit = digits, u.bytes
		}
	}
	if digits, ok := strings.CutSuffix(text, "%"); ok {
		number, unit, share = digits, float64(runner.MachineMemory())/100, true
	}
	x := 0.0
	v, err := experiment.ParseValue(models.Float("memory", 0, "").Decl(), strings.TrimSpace(number))
	if err == nil {
		x = v.Float()
	}
	switch bytes := x * unit; {
	case err != nil || !(x > 0) || unit == 0 && !share || share && x > 100:
		return fmt.Errorf("must be an amount of memory such as 20GiB or 500MiB, a share such as 80%%, or 0, not %q", text)
	case share && unit == 0:
		*dst = 0 // of a machine whose memory is not known
	case share:
		*dst = max(int64(bytes), leastMemory)
	case bytes < leastMemory || bytes > math.MaxInt64/2:
		return fmt.Errorf("must be at least %s, not %s", runner.Bytes(leastMemory), text)
	default:
		*dst = int64(bytes)
	}
	return nil
}

const defaultConfig = "configs/default.yaml"

// flagName is the key as a flag.
func flagName(key string) string { return strings.ReplaceAll(key, "_", "-") }

func envName(key string) string { return "SWEEP_" + strings.ToUpper(key) }

func (s *settings) flags(f *pflag.FlagSet) {
	for _, d := range settingsList {
		f.String(flagName(d.key), d.def, fmt.Sprintf("%s (`%s`; $%s)", d.doc, d.arg, envName(d.key)))
	}
}

// load reads the settings; mistakes in the file are Errors with their places.
func (s *settings) load(f *pflag.FlagSet) error {
	s.viper = viper.New()
	s.viper.SetEnvPrefix("sweep")
	s.viper.AutomaticEnv()
	for _, d := range settingsList {
		s.viper.SetDefault(d.key, d.def)
		if err := s.viper.BindPFlag(d.key, f.Lookup(flagName(d.key))); err != nil {
			return err
		}
	}
	places, err := s.readFile()
	if err != nil {
		return err
	}
	s.origins = make(map[string]string)
	var mistakes experiment.Errors
	for _, d := range settingsList {
		origin, place := "built-in", experiment.Text{}
		_, env := os.LookupEnv(envName(d.key))
		switch {
		case f.Changed(flagName(d.key)):
			origin = "flag --" + flagName(d.key)
		case env && os.Getenv(envName(d.key)) != "":
			origin = "environment " + envName(d.key)
		case places[d.key].Line > 0:
			origin, place = s.file, places[d.key]
		}
		s.origins[d.key] = origin
		if err := d.parse(s, s.viper.GetString(d.key)); err != nil {
			e := &experiment.Error{Code: "setting", File: origin, Path: d.key, Message: err.Error()}
			e.Line, e.Column, e.Source = place.Line, place.Column, place.Source
			mistakes = append(mistakes, e)
		}
	}
	if len(mistakes) > 0 {
		return mistakes
	}
	return nil
}

// maxSettings is how long a settings file may be.
const maxSettings = 1 << 20

// readFile gives the settings file to viper and returns where each key's value
// stands. viper is given the texts that stand there, and makes nothing of them.
func (s *settings) readFile() (map[string]experiment.Text, error) {
	if s.file == "" {
		if _, err := os.Stat(defaultConfig); err != nil {
			return nil, nil
		}
		s.file = defaultConfig
	}
	text, err := textfile.Read(s.file, maxSettings)
	if err != nil {
		return nil, experiment.Errors{{Code: "read", File: s.file, Message: err.Error(), Hint: "settings are a plain file of lines key: value"}}
	}
	var keys []string
	for _, d := range settingsList {
		keys = append(keys, d.key)
	}
	places, err := experiment.ParseSettings(s.file, text, keys)
	if err != nil {
		return nil, err
	}
	given := make(map[string]any)
	for key, t := range places {
		given[key] = t.Value
	}
	return places, s.viper.MergeConfigMap(given)
}

// values are the settings as text, for provenance.
func (s *settings) values() map[string]string {
	v := make(map[string]string)
	for _, d := range settingsList {
		v[d.key] = s.viper.GetString(d.key)
	}
	return v
}
