package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/neurosweep/sweep/pkg/experiment"
	"github.com/neurosweep/sweep/pkg/models"
	"github.com/neurosweep/sweep/pkg/models/all"
	"github.com/neurosweep/sweep/pkg/report"
)

// specFlags are the flags of the verbs that take a spec.
type specFlags struct {
	variant string
	set     []string
	name    string
}

func (f *specFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.variant, "variant", "", "take the `name`d variant of the spec")
	cmd.Flags().StringArrayVarP(&f.set, "set", "s", nil, "override `key=value` of the spec, as in -s gamma=0.5 or -s 'sigma={linspace: [1, 2, 11]}'; may be repeated")
	cmd.Flags().StringVar(&f.name, "name", "", "`name` of the result folder, in place of what the spec and its file say")
}

// read reads the spec at path with the flags' variant, overrides and name.
func (f *specFlags) read(path string) (*experiment.Spec, error) { return f.readOf(all.Models, path) }

func (f *specFlags) readOf(list []*models.Model, path string) (*experiment.Spec, error) {
	return experiment.Read(path, experiment.Options{Models: list, Variant: f.variant, Set: f.set, Name: f.name})
}

// shown is the spec with the flags as one writes them behind a verb.
func (f *specFlags) shown(path string) string {
	words := []string{report.QuoteArg(path)}
	if f.variant != "" {
		words = append(words, "--variant", report.QuoteArg(f.variant))
	}
	for _, text := range f.set {
		words = append(words, "-s", report.QuoteArg(text))
	}
	if f.name != "" {
		words = append(words, "--name", report.QuoteArg(f.name))
	}
	return strings.Join(words, " ")
}

// isFolder reports whether the argument names a folder rather than a spec.
func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// subject is a result folder and the plan that a verb judges it by: that of the
// spec where it was given a spec, that of the folder's own spec.yaml where it was
// given the folder.
type subject struct {
	dir  string
	spec *experiment.Spec
	plan *experiment.Plan
	// kept is the folder's own spec: nil if there is none, spec itself if the
	// folder was given.
	kept *experiment.Spec
	// asked is how the user named it, with flags.
	asked string
}

// subject finds what the argument names: a result folder, itself or by its spec.
func (a *app) subject(arg string, f specFlags) (*subject, error) {
	return a.subjectOf(all.Models, arg, f)
}

func (a *app) subjectOf(list []*models.Model, arg string, f specFlags) (*subject, error) {
	if isFolder(arg) {
		if f.variant != "" || f.name != "" || len(f.set) > 0 {
			return nil, usagef("%s is a result folder, which has its spec as it was run: --variant, -s and --name go with a spec", arg)
		}
		dir := filepath.Clean(arg)
		kept, err := keptSpec(list, dir)
		if err == nil && kept == nil {
			err = fmt.Errorf("%s is not a result folder: it has no spec.yaml", dir)
		}
		if err != nil {
			return nil, err
		}
		return &subject{dir: dir, spec: kept, plan: kept.Plan(), kept: kept, asked: report.QuoteArg(dir)}, nil
	}
	spec, err := f.readOf(list, arg)
	if err != nil {
		return nil, err
	}
	s := &subject{dir: filepath.Join(a.settings.Results, spec.Name), spec: spec, plan: spec.Plan(), asked: f.shown(arg)}
	s.kept, err = keptSpec(list, s.dir)
	return s, err
}

// keptSpec is the spec that a result folder has, nil if it has none.
func keptSpec(list []*models.Model, dir string) (*experiment.Spec, error) {
	path := filepath.Join(dir, "spec.yaml")
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return experiment.Read(path, experiment.Options{Models: list})
}

// judged is the subject of a verb that answers for the records of a folder: they
// must be of the plan that is asked about.
func (a *app) judged(arg string, f specFlags) (*subject, error) {
	return a.judgedOf(all.Models, arg, f)
}

func (a *app) judgedOf(list []*models.Model, arg string, f specFlags) (*subject, error) {
	s, err := a.subjectOf(list, arg, f)
	switch {
	case err != nil:
		return nil, err
	case s.kept == nil:
		return nil, s.noFolder()
	case s.other():
		return nil, &otherSpecError{s}
	}
	return s, nil
}

// noFolder says that the spec has no results yet.
func (s *subject) noFolder() error {
	return fmt.Errorf("%s is not a result folder: it has no spec.yaml; 'sweep run %s' makes it one", s.dir, s.asked)
}

// other reports whether the folder's records are of another plan than that of the
// spec that was given.
func (s *subject) other() bool {
	if s.kept == s.spec {
		return false
	}
	same := func(a, b models.Kept) bool { return a.Trace.Name == b.Trace.Name && a.Every == b.Every }
	kept := s.kept.Plan()
	// A plan's hash does not tell an axis of one value from a constant; columns do.
	return s.plan.Hash() != kept.Hash() || !slices.Equal(s.plan.Swept(), kept.Swept()) || !slices.EqualFunc(s.spec.Setting.Record, s.kept.Setting.Record, same)
}

// otherSpecError says that a folder holds the data set of another spec than the one
// that a verb was given.
type otherSpecError struct{ *subject }

func (e *otherSpecError) Error() string {
	run := fmt.Sprintf("'sweep run %s' makes it that of this one and keeps what the two share", e.asked)
	if there := e.kept.Model.Name; there != e.spec.Model.Name {
		run = fmt.Sprintf("'sweep run %s' refuses records of %s: give this spec's results a name of their own, by name: in the spec or by --name", e.asked, there)
	}
	return fmt.Sprintf("%s holds the data set of another spec than %s: %s\n%s; given %s itself, the verb judges what is there",
		e.dir, e.asked, e.differs(), run, report.QuoteArg(e.dir))
}

// mostKeys is how many keys in which two specs differ are named.
const mostKeys = 3

// differs names some keys in which the specs differ.
func (s *subject) differs() string {
	list, err := diffSpecs(s.kept, s.spec)
	if err != nil {
		return "the plans differ"
	}
	// The others have no part in a plan.
	list = slices.DeleteFunc(list, func(k keyDiff) bool {
		root, _, _ := strings.Cut(strings.ReplaceAll(k.Key, "[", "."), ".")
		return slices.Contains([]string{"about", "name", "order", "figures", "extends", "defs", "variants"}, root)
	})
	var words []string
	for i, k := range list {
		if i == mostKeys {
			words = append(words, fmt.Sprintf("and %d keys more", len(list)-i))
			break
		}
		words = append(words, fmt.Sprintf("%s is %s there and %s here", k.Key, orNot(k.A), orNot(k.B)))
	}
	if words == nil {
		return "the plans differ"
	}
	return strings.Join(words, ", ")
}

// orNot is the value of a key, or that it is not given.
func orNot(text string) string {
	if text == "" {
		return "not given"
	}
	return oneLine(text)
}

// folder is the result folder that the argument names, and the plan that it is
// judged by.
func (a *app) folder(arg string, f specFlags) (string, *experiment.Plan, error) {
	s, err := a.judged(arg, f)
	if err != nil {
		return "", nil, err
	}
	return s.dir, s.plan, nil
}
