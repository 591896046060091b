package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"
	"github.com/spf13/viper"
	"go.yaml.in/yaml/v3"

	"github.com/neurosweep/sweep/pkg/experiment"
	"github.com/neurosweep/sweep/pkg/report"
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
		if t == "" {
			return errors.New("must name a folder")
		}
		s.Results = t
		return nil
	}},
	{"workers", "0", "n", "trials run at the same time; 0 for one a core", func(s *settings, t string) error {
		return parseCount(&s.Workers, t, 4096)
	}},
	{"timeout", "0s", "duration", "time after which a trial has failed, as 90s or 2h; 0 for none", func(s *settings, t string) error {
		return parseDuration(&s.Timeout, t)
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

func parseCount(dst *int, text string, most int) error {
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 || n > most {
		return fmt.Errorf("must be an integer from 0 to %d, not %q", most, text)
	}
	*dst = n
	return nil
}

func parseDuration(dst *time.Duration, text string) error {
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 {
		return fmt.Errorf("must be a duration such as 90s, 5m or 2h30m, not %q", text)
	}
	*dst = d
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
		origin, place := "built-in", (*yaml.Node)(nil)
		_, env := os.LookupEnv(envName(d.key))
		switch {
		case f.Changed(flagName(d.key)):
			origin = "flag --" + flagName(d.key)
		case env && os.Getenv(envName(d.key)) != "":
			origin = "environment " + envName(d.key)
		case places[d.key] != nil:
			origin, place = s.file, places[d.key]
		}
		s.origins[d.key] = origin
		if err := d.parse(s, s.viper.GetString(d.key)); err != nil {
			e := &experiment.Error{Code: "setting", File: origin, Path: d.key, Message: err.Error()}
			if place != nil {
				e.Line, e.Column = place.Line, place.Column
			}
			mistakes = append(mistakes, e)
		}
	}
	if len(mistakes) > 0 {
		return mistakes
	}
	return nil
}

// readFile gives the settings file to viper and returns where each key's value
// stands. viper itself ignores keys it does not know.
func (s *settings) readFile() (map[string]*yaml.Node, error) {
	if s.file == "" {
		if _, err := os.Stat(defaultConfig); err != nil {
			return nil, nil
		}
		s.file = defaultConfig
	}
	text, err := os.ReadFile(s.file)
	if err != nil {
		return nil, err
	}
	mistake := func(n *yaml.Node, path, message, hint string) error {
		e := &experiment.Error{Code: "setting", File: s.file, Path: path, Message: message, Hint: hint}
		if n != nil {
			e.Line, e.Column = n.Line, n.Column
		}
		return experiment.Errors{e}
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(text, &doc); err != nil {
		return nil, mistake(nil, "", strings.TrimPrefix(err.Error(), "yaml: "), "")
	}
	places := make(map[string]*yaml.Node)
	if doc.Kind == 0 {
		return places, nil // an empty file sets nothing
	}
	m := doc.Content[0]
	if m.Kind != yaml.MappingNode {
		return nil, mistake(m, "", "settings are key: value", "")
	}
	var keys []string
	for _, d := range settingsList {
		keys = append(keys, d.key)
	}
	var mistakes experiment.Errors
	for i := 0; i+1 < len(m.Content); i += 2 {
		key, value := m.Content[i], m.Content[i+1]
		var err error
		switch {
		case !slices.Contains(keys, key.Value):
			err = mistake(key, key.Value, "there is no such setting", "the settings are "+strings.Join(keys, ", "))
		case places[key.Value] != nil:
			err = mistake(key, key.Value, "is given twice", "")
		case value.Kind != yaml.ScalarNode:
			err = mistake(value, key.Value, "takes one value", "")
		default:
			places[key.Value] = value
			s.viper.SetConfigType("yaml")
		}
		if err != nil {
			mistakes = append(mistakes, err.(experiment.Errors)...)
		}
	}
	if len(mistakes) > 0 {
		return nil, mistakes
	}
	return places, s.viper.ReadConfig(strings.NewReader(string(text)))
}

// values are the settings as text, for provenance.
func (s *settings) values() map[string]string {
	v := make(map[string]string)
	for _, d := range settingsList {
		v[d.key] = s.viper.GetString(d.key)
	}
	return v
}
