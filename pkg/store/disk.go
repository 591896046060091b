package store

import (
	"io/fs"
	"os"
	"path/filepath"
)

// disk is the way of all that is written to a result folder. A test sets fault,
// which is asked before each step and may let it fail: the promises of the store
// are about such steps, and a disk that fails on command is not at hand.
type disk struct {
	fault func(step, path string) error
	moved func(from, to string) // is told of what was renamed, if a test asks for it
}

func (d *disk) ask(step, path string) error {
	if d.fault == nil {
		return nil
	}
	if err := d.fault(step, path); err != nil {
		return &fs.PathError{Op: step, Path: path, Err: err}
	}
	return nil
}

// create opens a new file for writing.
func (d *disk) create(path string, flag int) (*diskFile, error) {
	if err := d.ask("create", path); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|flag, 0o666)
	if err != nil {
		return nil, err
	}
	return &diskFile{f, d}, nil
}

func (d *disk) rename(from, to string) error {
	if err := d.ask("rename", to); err != nil {
		return err
	}
	if err := os.Rename(from, to); err != nil {
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
	return os.Remove(path)
}

func (d *disk) mkdir(path string) error {
	if err := d.ask("mkdir", path); err != nil {
		return err
	}
	return os.MkdirAll(path, 0o777)
}

// syncDir makes the names in a folder durable.
func (d *disk) syncDir(dir string) error {
	if err := d.ask("sync folder", dir); err != nil {
		return err
	}
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer f.Close()
	return syncFolder(f)
}

// writeText makes path hold text, all of it or nothing.
func (d *disk) writeText(temp, path string, text []byte) error {
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
	return (&disk{}).writeText(filepath.Dir(path), path, text)
}
