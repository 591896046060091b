package store

import (
	"bufio"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// The folders and files of a result folder.
const (
	trialsDir  = "trials"
	timingsDir = "timings"
	statesDir  = "states"
	seriesDir  = "series"
	journalDir = "journal"
	runsDir    = "runs"
	historyDir = "history"
	figuresDir = "figures"
	tracesDir  = "traces"
	tempDir    = ".tmp"
	lockFile   = "lock"
	lockBeside = ".lock" // taken where lock is a link
	specFile   = "spec.yaml"
	readmeFile = "README.md"
)

func randomName() (string, error) {
	var b [8]byte
	if _, err := rand.Read(b[:]); err != nil {
		return "", err
	}
	return hex.EncodeToString(b[:]), nil
}

// newFile is a file that appears under its name whole or not at all: written
// under another name in temp, synced, checked, renamed, and the folder synced.
type newFile struct {
	*bufio.Writer
	file *diskFile
	path string
	sum  hash.Hash // SHA-256 of what has reached the file
}

func (d *disk) newFile(temp, path string) (*newFile, error) {
	random, err := randomName()
	if err != nil {
		return nil, err
	}
	f, err := d.create(filepath.Join(temp, filepath.Base(path)+"."+random), os.O_WRONLY)
	if err != nil {
		return nil, err
	}
	sum := sha256.New()
	return &newFile{bufio.NewWriterSize(io.MultiWriter(f, sum), 1<<18), f, path, sum}, nil
}

// finish makes what was written durable under its present name.
func (f *newFile) finish() error {
	if err := f.Flush(); err != nil {
		return err
	}
	if err := f.file.Sync(); err != nil {
		return err
	}
	return f.file.Close()
}

// discard removes a file that was not published; afterwards it does nothing. If
// it cannot, the next run does.
func (f *newFile) discard() {
	f.file.Close()
	f.file.disk.drop(f.file.Name())
}

// openRegular opens a file for reading, and refuses what is not a plain file or a
// link to one: a pipe planted in a result folder would never end.
func openRegular(path string) (*os.File, error) {
	if err := checkPlain(path); err != nil {
		return nil, err
	}
	return os.Open(path)
}

// checkPlain says why a path cannot be read as a plain file. Where nothing is there
// the error is an [fs.ErrNotExist], but not for a link that leads nowhere: what it
// stands for is elsewhere, not absent.
func checkPlain(path string) error {
	info, err := os.Stat(path)
	if err == nil && info.Mode().IsRegular() {
		return nil
	}
	if err == nil {
		return &fs.PathError{Op: "open", Path: path, Err: fmt.Errorf("it is %s, not a plain file", modeWords(info.Mode()))}
	}
	to, bad := os.Readlink(path)
	switch {
	case bad != nil:
		return err
	case errors.Is(err, fs.ErrNotExist):
		return &fs.PathError{Op: "open", Path: path, Err: fmt.Errorf("it is a link to %s, where there is nothing: fetch the content, as with 'git annex get' or 'dvc checkout', or remove the link", to)}
	}
	return &fs.PathError{Op: "open", Path: path, Err: fmt.Errorf("it is a link to %s: %w", to, bare(err))}
}

// modeWords is what a file is that is not plain.
func modeWords(mode fs.FileMode) string {
	switch {
	case mode.IsDir():
		return "a folder"
	case mode&fs.ModeNamedPipe != 0:
		return "a pipe"
	case mode&fs.ModeSocket != 0:
		return "a socket"
	case mode&fs.ModeSymlink != 0:
		return "a link"
	}
	return "a device"
}

// bare is err without the path that it begins with, for those who name it themselves.
func bare(err error) error {
	if inner := errors.Unwrap(err); inner != nil {
		return inner
	}
	return err
}

// readRegular reads a file of text, and refuses one that is larger than any of a
// result folder: a file with holes can claim more than the memory that there is.
func readRegular(path string) ([]byte, error) {
	f, err := openRegular(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if info.Size() > maxText {
		return nil, &fs.PathError{Op: "read", Path: path, Err: fmt.Errorf("it is larger than %d MiB, which no text of a result folder is: move it out of the way", maxText>>20)}
	}
	return io.ReadAll(io.LimitReader(f, maxText))
}

// maxText is far beyond what specs, READMEs and lists of checksums take.
const maxText = maxSums

// list is the names in a folder in order, none if there is no such folder.
func list(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names, err
}

// Owns reports whether a file of that path, which need not be there yet, would
// lie among the records of a result folder, or in the place of one of its own
// files. Its folder must be there; links in it are followed.
func Owns(path string) (bool, error) {
	dir, err := filepath.Abs(filepath.Dir(path))
	if err != nil {
		return false, err
	}
	if dir, err = filepath.EvalSymlinks(dir); err != nil {
		return false, err
	}
	isResults := func(dir string) bool {
		_, err := os.Lstat(filepath.Join(dir, specFile))
		return err == nil
	}
	folders := []string{trialsDir, timingsDir, statesDir, seriesDir, journalDir, runsDir, runningDir, historyDir, tempDir}
	own := append([]string{specFile, readmeFile, sumsFile, lockFile, lockBeside}, folders...)
	if isResults(dir) && slices.Contains(own, filepath.Base(path)) {
		return true, nil
	}
	for up := filepath.Dir(dir); up != dir; dir, up = up, filepath.Dir(up) {
		if slices.Contains(folders, filepath.Base(dir)) && isResults(up) {
			return true, nil
		}
	}
	return false, nil
}
