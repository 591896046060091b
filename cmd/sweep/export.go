package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/neurosweep/sweep/pkg/export"
	"github.com/neurosweep/sweep/pkg/models/all"
	"github.com/neurosweep/sweep/pkg/report"
)

func (a *app) exportCommand() *cobra.Command {
	var flags specFlags
	var o exportOptions
	cmd := a.verb(&cobra.Command{
		Use:   "export RESULTS-FOLDER | SPEC",
		Short: "Hand the data set on as CSV, Arrow, netCDF, or a notebook that opens it",
		Long: `export writes what a result folder has recorded as one file in another format.
The Parquet files of trials/ stay what they are.

--csv       RFC 4180, with the columns' names. A null is empty, a series a JSON
            list. Beside --out FILE stands FILE-metadata.json, in CSVW, with the
            columns' units.
--arrow     an Arrow IPC file, with units and docs as metadata of its fields.
--netcdf    a netCDF file for xarray, R or Julia: the swept parameters and replicate
            are its dimensions. A zip is one dimension. Of a plan that is not a
            product of axes (sample, where, blocks, an axis that depends on another)
            trial is the only dimension.
--notebook  a Jupyter notebook that loads the data and draws the spec's figures.

A file is there whole or not at all. One that is there already is replaced with
--force only, and only if it is one that export writes.`,
		Example: `  sweep export results/bms-regimes --netcdf --out bms-regimes.nc
  sweep export results/bms-regimes --csv | head
  sweep export results/bms-regimes --notebook --out bms-regimes.ipynb`,
		Args: cobra.ExactArgs(1),
	}, false, func(cmd *cobra.Command, args []string) error {
		return a.export(cmd.Context(), args[0], flags, o)
	})
	flags.add(cmd)
	cmd.Flags().BoolVar(&o.csv, "csv", false, "write CSV")
	cmd.Flags().BoolVar(&o.arrow, "arrow", false, "write an Arrow IPC file")
	cmd.Flags().BoolVar(&o.netCDF, "netcdf", false, "write netCDF; needs --out")
	cmd.Flags().BoolVar(&o.notebook, "notebook", false, "write a Jupyter notebook")
	cmd.Flags().StringVar(&o.out, "out", "", "write to this `file` in place of stdout")
	cmd.Flags().BoolVar(&o.force, "force", false, "replace a file that is there")
	cmd.MarkFlagsOneRequired("csv", "arrow", "netcdf", "notebook")
	cmd.MarkFlagsMutuallyExclusive("csv", "arrow", "netcdf", "notebook")
	return cmd
}

type exportOptions struct {
	csv, arrow, netCDF, notebook bool
	out                          string
	force                        bool
}

func (a *app) export(ctx context.Context, arg string, flags specFlags, o exportOptions) error {
	if o.out == "" && o.netCDF {
		return errors.New("a netCDF file is not written from its beginning to its end: name it with --out")
	}
	if o.out == "" && o.arrow && a.rawOut.terminal() != nil {
		return errors.New("an Arrow file is not for a terminal: name a file with --out")
	}
	// From here on a signal ends it in good order, and leaves no half file.
	h := hear()
	defer h.close()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go func() {
		select {
		case <-h.first:
			cancel(h.status())
		case <-ctx.Done():
		}
	}()
	side, err := a.openSide(arg, flags)
	if err != nil {
		return err
	}
	defer side.rows.Close()
	dir := side.dir
	source := &export.Source{Name: resultName(dir), Spec: side.spec, Plan: side.plan, Rows: side.rows}
	if r := side.rows.Report(); r.Done < r.Planned && !o.notebook {
		fmt.Fprintf(a.stderr, "sweep: %s has %d of %d trials so far; these are exported\n", dir, r.Done, r.Planned)
	}

	write := func(w io.Writer) error { return source.CSV(ctx, w) }
	switch {
	case o.arrow:
		write = func(w io.Writer) error { return side.rows.WriteArrow(ctx, w) }
	case o.notebook:
		figures, err := report.New(dir, side.spec, all.Models).Figures()
		if err != nil {
			return err
		}
		for _, f := range figures {
			source.Figures = append(source.Figures, f.Spec())
		}
		write = func(w io.Writer) error { return source.Notebook(w, notebookPath(dir, o.out)) }
	}
	if o.out == "" {
		return write(a.data())
	}
	files := []wholeFile{{o.out, madeExport, func(f *os.File) error {
		if o.netCDF {
			return source.NetCDF(ctx, f)
		}
		w := bufio.NewWriterSize(f, 1<<18)
		if err := write(w); err != nil {
			return err
		}
		return w.Flush()
	}}}
	if o.csv {
		files = append(files, wholeFile{o.out + "-metadata.json", madeMetadata, func(f *os.File) error { return source.CSVMetadata(f, filepath.Base(o.out)) }})
	}
	for _, f := range files {
		if err := f.free(o.force); err != nil {
			return err
		}
	}
	for _, f := range files {
		if err := f.create(o.force); err != nil {
			return err
		}
	}
	return nil
}

// resultName is the name of a result folder.
func resultName(dir string) string {
	if path, err := filepath.Abs(dir); err == nil {
		dir = path
	}
	return filepath.Base(dir)
}

// notebookPath is how a notebook at out, or in the present folder if it goes to
// stdout, names the result folder.
func notebookPath(dir, out string) string {
	from, err := filepath.Abs(filepath.Dir(out))
	if err != nil {
		return dir
	}
	to, err := filepath.Abs(dir)
	if err != nil {
		return dir
	}
	if path, err := filepath.Rel(from, to); err == nil {
		return filepath.ToSlash(path)
	}
	return dir
}

// wholeFile is a file that appears under its name whole or not at all.
type wholeFile struct {
	path  string
	kind  made
	write func(*os.File) error
}

// free checks that the file can be made without loss.
func (w wholeFile) free(force bool) error {
	_, err := os.Lstat(w.path)
	switch {
	case errors.Is(err, fs.ErrNotExist) || force:
		return placed(w.path, w.kind)
	case err != nil:
		return err
	}
	if err := unowned(w.path); err != nil {
		return err
	}
	return fmt.Errorf("%s is there already; --force replaces it if it is %s", w.path, w.kind.what)
}

// create writes the file under another name and then gives it its own.
func (w wholeFile) create(force bool) error {
	f, err := os.OpenFile(filepath.Join(filepath.Dir(w.path), "."+filepath.Base(w.path)+"."+rand.Text()), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o666)
	if err != nil {
		return err
	}
	defer func() {
		f.Close()
		os.Remove(f.Name())
	}()
	if err := w.write(f); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	// A link, unlike a rename, never replaces what has come meanwhile; but not
	// every file system has links.
	if !force {
		if err = os.Link(f.Name(), w.path); errors.Is(err, fs.ErrExist) {
			return fmt.Errorf("%s is there already; --force replaces it", w.path)
		}
	}
	if force || err != nil {
		if err := os.Rename(f.Name(), w.path); err != nil {
			return err
		}
	}
	dir, err := os.Open(filepath.Dir(w.path))
	if err != nil {
		return err
	}
	defer dir.Close()
	return dir.Sync()
}
