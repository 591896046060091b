package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/neurosweep/sweep/internal/plain"
	"github.com/neurosweep/sweep/pkg/experiment"
	"github.com/neurosweep/sweep/pkg/store"
)

// The exit statuses.
const (
	exitOK          = 0
	exitError       = 1
	exitUsage       = 2
	exitSpec        = 3
	exitFailed      = 4 // finished, with failed trials
	exitDifference  = 6 // verify, replay, audit or diff found one
	exitLocked      = 7
	exitWorkLeft    = 8   // stopped at the time given, with work left
	exitSignal      = 128 // and the signal's number: 129, 130, 143
	exitInterrupted = exitSignal + 2
	exitTerminated  = exitSignal + 15
)

// status ends the program with a code and without a message of its own.
type status int

func (s status) Error() string { return fmt.Sprintf("exit status %d", int(s)) }

// verbError is an error that a verb met; every other error that cobra returns is
// one of usage.
type verbError struct{ error }

func (e verbError) Unwrap() error { return e.error }

// usageError is one of usage that a verb met.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// app is what the verbs share.
type app struct {
	// What people read goes to stdout and stderr, without what a terminal would
	// obey: it may be of data. rawOut and rawErr are for what draws on a terminal,
	// and for what programs read.
	stdout, stderr *plain.Writer
	rawOut         *output
	rawErr         io.Writer
	settings       settings
	json           bool
	unread         int // problems of the data that a verb answers for
}

// data is where a verb writes what programs read: as it is, but on a terminal.
func (a *app) data() io.Writer {
	if a.rawOut.terminal() != nil {
		return a.stdout
	}
	return a.rawOut
}

// run is the whole program: it returns the exit status.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	a := &app{rawOut: &output{to: stdout}, rawErr: stderr}
	a.stdout, a.stderr = plain.NewWriter(a.rawOut), plain.NewWriter(stderr)
	root := a.root()
	root.SetArgs(args)
	root.SetOut(a.stdout)
	root.SetErr(a.stderr)
	cmd, err := root.ExecuteContextC(ctx)
	return a.flushed(a.exit(cmd, err), err)
}

func (a *app) exit(cmd *cobra.Command, err error) int {
	var code status
	var mistakes experiment.Errors
	var held *store.LockedError
	var verb verbError
	var usage usageError
	var other *otherSpecError
	var model *store.OtherModelError
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &code):
		return int(code)
	case errors.As(err, &mistakes):
		if a.json {
			a.printJSON("sweep.errors/v1", "errors", mistakes)
		} else {
			fmt.Fprintln(a.stderr, mistakes.Error())
		}
		return exitSpec
	case errors.As(err, &other):
		fmt.Fprintf(a.stderr, "sweep: %v\n", other)
		return exitSpec
	case errors.As(err, &model):
		fmt.Fprintf(a.stderr, "sweep: %s\n", refusedText(model))
		return exitSpec
	case errors.As(err, &held):
		fmt.Fprintf(a.stderr, "sweep: %s\n", indent(held.Error(), "  "))
		return exitLocked
	case errors.As(err, &verb) && !errors.As(err, &usage), a.rawOut.lost(err):
		// Only the first line begins where a line does: no text from data is one
		// of the program's own.
		fmt.Fprintf(a.stderr, "sweep: %s\n", indent(err.Error(), "  "))
		return exitError
	}
	fmt.Fprintf(a.stderr, "sweep: %s\nsee '%s --help'\n", indent(err.Error(), "  "), cmd.CommandPath())
	return exitUsage
}

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "sweep",
		Short: "Run parameter sweeps of neural networks seen as dynamical systems",
		Long: `sweep lays out a YAML spec as a list of points, runs a model at each of them on
all cores and leaves a Parquet data set that a notebook opens as it is.

Exit status: 0 done, 1 error, 2 usage, 3 invalid spec or settings, or a folder that
holds the data set of another spec, 4 done with failed trials, 6 verify, replay,
audit or diff found a difference, 7 locked by another run, 8 stopped in time with
work left, 129, 130 and 143 stopped by SIGHUP, SIGINT and SIGTERM.`,
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.PersistentFlags().StringVar(&a.settings.file, "config", "", "settings `file` (default ./configs/default.yaml if there is one)")
	a.settings.flags(root.PersistentFlags())
	root.AddCommand(
		a.runCommand(), a.planCommand(), a.checkCommand(), a.schemaCommand(), a.modelsCommand(), a.describeCommand(),
		a.statusCommand(), a.watchCommand(), a.verifyCommand(), a.whyCommand(), a.failuresCommand(), a.replayCommand(), a.auditCommand(), a.diffCommand(), a.gcCommand(),
		a.plotCommand(), a.reportCommand(), a.exportCommand(),
		a.configCommand(), a.versionCommand(),
	)
	return root
}

// verb makes a cobra command of a function; every error of the function's is a
// verb's, not one of usage.
func (a *app) verb(cmd *cobra.Command, withJSON bool, fn func(cmd *cobra.Command, args []string) error) *cobra.Command {
	if withJSON {
		cmd.Flags().BoolVar(&a.json, "json", false, "print JSON")
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if err := noneEmpty(cmd.Flags()); err != nil {
			return err
		}
		if err := a.settings.load(cmd.Flags()); err != nil {
			return verbError{err}
		}
		if err := fn(cmd, args); err != nil {
			return verbError{err}
		}
		return nil
	}
	return cmd
}

// noneEmpty is an error if a flag is given an empty text, as by a variable of a
// shell that is not set: it is no way to say that the flag is not given.
func noneEmpty(flags *pflag.FlagSet) (err error) {
	flags.Visit(func(f *pflag.Flag) {
		text := f.Value.String()
		if list, ok := f.Value.(pflag.SliceValue); ok {
			text = strings.Join(list.GetSlice(), "")
		}
		if text == "" && err == nil {
			err = fmt.Errorf("--%s is given and empty; leave the flag out, or give it a value", f.Name)
		}
	})
	return err
}

// printJSON prints an object with its schema's name and one more key.
func (a *app) printJSON(schema, key string, value any) error {
	text, err := json.MarshalIndent(map[string]any{"schema": schema, key: value}, "", "  ")
	if err != nil {
		return err
	}
	_, err = a.rawOut.Write(append(plain.JSON(text), '\n'))
	return err
}
