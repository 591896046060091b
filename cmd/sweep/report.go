package main

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/neurosweep/sweep/internal/plain"
	"github.com/neurosweep/sweep/pkg/report"
	"github.com/neurosweep/sweep/pkg/store"
)

// reportFile is the page that a result folder has.
const reportFile = "report.html"

func (a *app) reportCommand() *cobra.Command {
	var flags specFlags
	var out string
	cmd := a.verb(&cobra.Command{
		Use:   "report RESULTS-FOLDER | SPEC",
		Short: "Write a page that shows the results",
		Long: `report writes one HTML page that needs no other file and no network: the question,
the figures with their captions, what failed, what each column holds, the spec,
what ran it, and how to do it again. Of a spec file the figures are those that the
file has now. The same data give the same bytes. A file that is there already is
replaced only if it is such a page.`,
		Example: "  sweep report results/hopfield-capacity\n  sweep report results/hopfield-capacity --out capacity.html",
		Args:    cobra.ExactArgs(1),
	}, true, func(cmd *cobra.Command, args []string) error {
		r, dir, err := a.report(args[0], flags)
		if err != nil {
			return err
		}
		figures, err := r.Figures()
		if err != nil {
			return err
		}
		path, err := writeReport(cmd.Context(), r, figures, dir, out)
		if err != nil {
			return err
		}
		if a.json {
			return a.printJSON("sweep.report/v1", "report", path)
		}
		fmt.Fprintln(a.stdout, plain.Text(path))
		return nil
	})
	flags.add(cmd)
	cmd.Flags().StringVar(&out, "out", "", "`file` to write (default report.html in the result folder)")
	return cmd
}

// writeReport writes the page of a result folder to a file, by default in the
// folder, and returns its path.
func writeReport(ctx context.Context, r *report.Report, figures []*report.Figure, dir, path string) (string, error) {
	if path == "" {
		path = filepath.Join(dir, reportFile)
	}
	if err := placed(path, madePage); err != nil {
		return "", err
	}
	text, err := r.HTML(ctx, figures)
	if err != nil {
		return "", fmt.Errorf("the report: %w", err)
	}
	return path, store.WriteFile(path, text)
}
