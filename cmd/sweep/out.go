package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/neurosweep/sweep/pkg/report"
	"github.com/neurosweep/sweep/pkg/store"
)

// made is a kind of file that a verb writes. A file that is there already is replaced
// only if it is one of the same kind: a name that was mistyped costs nothing then.
type made struct {
	what string
	is   func(text []byte) bool // of the file's beginning, maxHead bytes or all of it
}

// maxHead is how much of a file is read to tell what it is.
const maxHead = 1 << 20

var (
	madePage     = made{"a report", begins("<!DOCTYPE html>", `<meta http-equiv="Content-Security-Policy"`, "Skip to the report")}
	madePNG      = made{"a figure", begins("\x89PNG\r\n", "iTXtDescription\x00")}
	madeSVG      = made{"a figure", begins(`<svg xmlns="http://www.w3.org/2000/svg"`, "\n<desc>")}
	madePDF      = made{"a figure", begins("%PDF-1.", "D:19700101000000")}
	madeMetadata = made{"an exported CSV file's metadata", begins("{", `"http://www.w3.org/ns/csvw"`)}
	madeExport   = made{"an export", func(text []byte) bool {
		return begins("trial,id,")(text) || begins("ARROW1")(text) || begins("CDF")(text) || begins("{", `"nbformat"`)(text)
	}}
)

// madeFigure are the kinds of figures' files.
func madeFigure(format string) made {
	switch format {
	case "png":
		return madePNG
	case "pdf":
		return madePDF
	}
	return madeSVG
}

// begins recognises files that begin so and hold these texts near their beginning.
func begins(first string, texts ...string) func([]byte) bool {
	return func(text []byte) bool {
		for _, t := range texts {
			if !bytes.Contains(text, []byte(t)) {
				return false
			}
		}
		return bytes.HasPrefix(text, []byte(first))
	}
}

// placed checks that a file may be written at a path: not among a result folder's own
// files, nor in place of one that is no plain file or of another kind.
func placed(path string, kind made) error {
	if err := unowned(path); err != nil {
		return err
	}
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return fmt.Errorf("%s is there and is not a plain file", path)
	case info.Size() == 0:
		return nil // nothing is lost
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	head, err := io.ReadAll(io.LimitReader(f, maxHead))
	if err != nil {
		return err
	}
	if !kind.is(head) {
		return fmt.Errorf("%s is there and is not %s that sweep wrote: remove it, or choose another place", path, kind.what)
	}
	return nil
}

// unowned checks that a path, of which not even the folder need be there, lies outside of
// what a result folder keeps for itself.
func unowned(path string) error {
	for at := path; ; {
		dir := filepath.Dir(at)
		if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) && dir != at {
			at = dir
			continue
		}
		owned, err := store.Owns(at)
		if err != nil {
			return err
		}
		if owned {
			return fmt.Errorf("%s belongs to a result folder's own files: choose another place", path)
		}
		return nil
	}
}

// regular reports whether a path is a plain file itself, not a link to one.
func regular(path string) bool {
	info, err := os.Lstat(path)
	return err == nil && info.Mode().IsRegular()
}

// captioned checks that the caption of a figure may be written: a text that is there
// already is one if a figure of that name stands beside it.
func captioned(figure string) error {
	beside := made{"the caption of a figure", func([]byte) bool {
		for _, format := range report.Formats {
			path := figure + "." + format
			if info, err := os.Lstat(path); err == nil && info.Mode().IsRegular() && placed(path, madeFigure(format)) == nil {
				return true
			}
		}
		return false
	}}
	return placed(figure+".txt", beside)
}
