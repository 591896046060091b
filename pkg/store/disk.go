package store

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// disk is the way of all that is written to a result folder. It holds the folder
// itself, not its name: no link in it leads what is written, renamed or removed out
// of it, and a folder that takes its place is noticed. A test sets fault, which is
// asked before each step and may let it fail: the promises of the store are about
// such steps, and a disk that fails on command is not at hand.
type disk struct {
	dir    string       // all paths lie below it; "" before open: they may be anywhere
	root   *os.Root     // dir
	lock   *taken       // nil before it is locked
	notice func(string) // is told of links that go; may be nil
	fault  func(step, path string) error
	moved  func(from, to string) // is told of what was renamed, if a test asks for it
}

// open makes the disk that of the folder, which is there.
func (d *disk) open(dir string) (err error) {
	d.dir = dir
	d.root, err = os.OpenRoot(dir)
	return err
}

// close lets go of the folder.
func (d *disk) close() error {
	if d.root == nil {
		return nil
	}
	var err error
	if d.lock != nil {
		err = d.lock.file.Close()
	}
	return errors.Join(err, d.root.Close())
}

// LostError says that a result folder that this process was the only writer of is not
// its own any more.
type LostError struct {
	Dir string
	Why string
}

func (e *LostError) Error() string {
	return fmt.Sprintf("%s: %s while this run wrote to it, so that another may write there: this one stops, and writes nothing more", e.Dir, e.Why)
}

// mine says whether the folder under that name is still the one that this process
// has locked.
func (d *disk) mine() error {
	if d.lock == nil {
		return nil
	}
	there, err := os.Stat(d.dir)
	if err == nil {
		var here fs.FileInfo
		if here, err = d.root.Stat("."); err == nil && !os.SameFile(here, there) {
			err = fs.ErrNotExist
		}
	}
	if err != nil {
		return &LostError{d.dir, "the folder was moved, removed or replaced"}
	}
	if name := lockName(d.dir); name != d.lock.name {
		return &LostError{d.dir, "its file " + d.lock.name + " was replaced"}
	}
	if there, err = d.root.Lstat(d.lock.name); err == nil {
		var here fs.FileInfo
		if here, err = d.lock.file.Stat(); err == nil && !os.SameFile(here, there) {
			err = fs.ErrNotExist
		}
	}
	if err != nil {
		return &LostError{d.dir, "its file " + d.lock.name + " was removed or replaced"}
	}
	return nil
}

func (d *disk) ask(step, path string) error {
	if step != "write" { // what is written reaches the data set by other steps
		if err := d.mine(); err != nil {
			return err
		}
	}
	if d.fault == nil {
		return nil
	}
	if err := d.fault(step, path); err != nil {
		return &fs.PathError{Op: step, Path: path, Err: err}
	}
	return nil
}

// below is the path from the folder on.
func (d *disk) below(path string) string {
	name, err := filepath.Rel(d.dir, path)
	if err != nil {
		return path // which is not below it, as the root will say
	}
	return name
}

// create opens a new file for writing.
func (d *disk) create(path string, flag int) (*diskFile, error) {
	if err := d.ask("create", path); err != nil {
		return nil, err
	}
	flag |= os.O_CREATE | os.O_EXCL
	var f *os.File
	var err error
	if d.root != nil {
		f, err = d.root.OpenFile(d.below(path), flag, 0o666)
	} else {
		f, err = os.OpenFile(path, flag, 0o666)
	}
	if err != nil {
		return nil, err
	}
	return &diskFile{f, d}, nil
}

func (d *disk) rename(from, to string) error {
	if err := d.ask("rename", to); err != nil {
		return err
	}
	d.tellLink(to, "it is a plain file now")
	var err error
	if d.root != nil {
		err = d.root.Rename(d.below(from), d.below(to))
	} else {
		err = os.Rename(from, to)
	}
	if err != nil {
		return err
	}
	if d.moved != nil {
		d.moved(from, to)
	}
	return nil
}

func (d *disk) remove(path string) error {
	if err := d.ask("remove", path); err != nil {
		return err
	}
	d.tellLink(path, "the link is gone, and what it led to is where it was")
	return d.drop(path)
}

// drop removes a file of this process's own, without being asked by anybody.
func (d *disk) drop(path string) error {
	if d.root != nil {
		return d.root.Remove(d.below(path))
	}
	return os.Remove(path)
}

// tellLink tells of a link that goes.
func (d *disk) tellLink(path, what string) {
	if d.notice == nil {
		return
	}
	if to, err := os.Readlink(path); err == nil {
		d.notice(fmt.Sprintf("%s was a link to %s: %s", path, to, what))
	}
}

// relink makes a link at to that leads where the one at from does, and removes that
// one: a link that is renamed to another folder may lead nowhere.
func (d *disk) relink(from, to string) error {
	target, err := os.Readlink(from)
	if err != nil {
		return err
	}
	if !filepath.IsAbs(target) {
		target = filepath.Join(filepath.Dir(from), target)
		if target, err = filepath.Rel(filepath.Dir(to), target); err != nil {
			return err
		}
	}
	if err := d.ask("create", to); err != nil {
		return err
	}
	if err := d.root.Symlink(target, d.below(to)); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	if err := d.ask("remove", from); err != nil {
		return err
	}
	return d.drop(from)
}

func (d *disk) mkdir(path string) error {
	if err := d.ask("mkdir", path); err != nil {
		return err
	}
	if d.root != nil {
		return d.root.MkdirAll(d.below(path), 0o777)
	}
	return os.MkdirAll(path, 0o777)
}

// syncDir makes the names in a folder durable.
func (d *disk) syncDir(dir string) (err error) {
	if err := d.ask("sync folder", dir); err != nil {
		return err
	}
	var f *os.File
	if d.root != nil {
		f, err = d.root.Open(d.below(dir))
	} else {
		f, err = os.Open(dir)
	}
	if err != nil {
		return err
	}
	defer f.Close()
	return syncFolder(f)
}

// writeText makes path hold text, all of it or nothing. A link to a file that holds
// the text stays.
func (d *disk) writeText(temp, path string, text []byte) error {
	if _, err := os.Readlink(path); err == nil {
		if old, err := readRegular(path); err == nil && bytes.Equal(old, text) {
			return nil
		}
	}
	f, err := d.newFile(temp, path)
	if err != nil {
		return err
	}
	defer f.discard()
	if _, err := f.Write(text); err != nil {
		return err
	}
	if err := f.finish(); err != nil {
		return err
	}
	return f.publish()
}

// publish gives the finished file its name.
func (f *newFile) publish() error {
	if err := f.file.disk.rename(f.file.Name(), f.path); err != nil {
		return err
	}
	return f.file.disk.syncDir(filepath.Dir(f.path))
}

// diskFile is a file that is written to.
type diskFile struct {
	*os.File
	disk *disk
}

// Write writes half of p where it is made to fail, as a disk that fills does.
func (f *diskFile) Write(p []byte) (int, error) {
	if err := f.disk.ask("write", f.Name()); err != nil {
		n, _ := f.File.Write(p[:len(p)/2])
		return n, err
	}
	return f.File.Write(p)
}

func (f *diskFile) Sync() error {
	if err := f.disk.ask("sync", f.Name()); err != nil {
		return err
	}
	return f.File.Sync()
}

// WriteFile makes path hold text, all of it or nothing, and durably. A kill may
// leave a file beside it whose name ends in a random number.
func WriteFile(path string, text []byte) error {
	if err := checkOut(filepath.Dir(path)); err != nil {
		return err
	}
	return (&disk{}).writeText(filepath.Dir(path), path, text)
}

// checkOut refuses a folder below a result folder that is a link. A folder elsewhere
// may be one.
func checkOut(dir string) error {
	if _, err := os.Lstat(filepath.Join(filepath.Dir(dir), specFile)); err != nil || !slices.Contains(folders, filepath.Base(dir)) {
		return nil
	}
	return checkFolder(dir)
}

// folders are those of a result folder that this program writes to.
var folders = []string{trialsDir, timingsDir, statesDir, seriesDir, journalDir, runsDir, runningDir, historyDir, tempDir, figuresDir, tracesDir}

// checkFolders refuses a result folder that is to be written to and has something
// else where a folder should be, or where a file of records should be: a link to a
// folder, which would lead out of it, a link that leads nowhere, a pipe. Links to
// plain files are as good as the files.
func checkFolders(dir string) error {
	for _, name := range folders {
		path := filepath.Join(dir, name)
		if err := checkFolder(path); err != nil {
			return err
		}
		names, err := list(path)
		if err != nil {
			return err
		}
		for _, file := range names {
			_, part := partNumber(file)
			switch {
			case name == historyDir:
				if err := checkHistory(filepath.Join(path, file)); err != nil {
					return err
				}
			case part || file == tailName || name == journalDir && filepath.Ext(file) == segmentExt:
				if err := checkPlain(filepath.Join(path, file)); err != nil && !errors.Is(err, fs.ErrNotExist) {
					return err
				}
			}
		}
	}
	for _, name := range []string{specFile, sumsFile, readmeFile} {
		if err := checkPlain(filepath.Join(dir, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// checkHistory does so for what one run has set aside, where what cannot be read is
// left alone.
func checkHistory(run string) error {
	info, err := os.Lstat(run)
	if err != nil || !info.IsDir() && info.Mode()&fs.ModeSymlink == 0 {
		return err
	}
	if err := checkFolder(run); err != nil {
		return err
	}
	names, err := list(run)
	for _, name := range names {
		if err == nil && slices.Contains(folders, name) {
			err = checkFolder(filepath.Join(run, name))
		}
	}
	return err
}

// checkFolder refuses what is there and is no folder.
func checkFolder(path string) error {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case info.Mode()&fs.ModeSymlink != 0:
		to, _ := os.Readlink(path)
		return fmt.Errorf("%s is a link to %s: nothing is written or removed through a link, which may lead out of the result folder; put the folder itself in its place, or keep the whole result folder there and link that", path, to)
	case info.Mode().IsRegular():
		return fmt.Errorf("%s is a file, where a folder should be", path)
	case !info.IsDir():
		return fmt.Errorf("%s is %s, where a folder should be", path, modeWords(info.Mode()))
	}
	return nil
}
