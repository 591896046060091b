// Package textfile reads the small text files that people write for the program:
// specs and settings.
package textfile

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"syscall"
	"time"
)

// Read is the text of a plain file, of which it reads no more than one byte beyond
// most: so its length tells whether the file is larger. What is no plain file, such
// as a pipe that may never end, is not opened. Errors do not repeat the path.
func Read(path string, most int64) ([]byte, error) {
	return read(most, func() (fs.FileInfo, error) { return os.Stat(path) }, func() (*os.File, error) { return os.OpenFile(path, openFlags, 0) })
}

// ReadIn is Read of a file in a folder that is not left, by no link either.
func ReadIn(folder *os.Root, name string, most int64) ([]byte, error) {
	return read(most, func() (fs.FileInfo, error) { return folder.Stat(name) }, func() (*os.File, error) { return folder.OpenFile(name, openFlags, 0) })
}

// openFlags open a file so that neither that nor a read of it waits.
const openFlags = os.O_RDONLY | syscall.O_NONBLOCK

// readTime bounds how long a read waits for something to read.
const readTime = time.Second

// impatient reads a file that may say that it is plain and be read like a pipe, as
// some of the system are, such as /proc/kmsg. A plain file knows no deadline and needs
// none.
type impatient struct{ f *os.File }

func (r impatient) Read(p []byte) (int, error) {
	if err := r.f.SetReadDeadline(time.Now().Add(readTime)); err != nil && !errors.Is(err, os.ErrNoDeadline) {
		return 0, err
	}
	return r.f.Read(p)
}

func read(most int64, stat func() (fs.FileInfo, error), open func() (*os.File, error)) ([]byte, error) {
	info, err := stat()
	if err == nil {
		err = regular(info)
	}
	if err != nil {
		return nil, plain(err)
	}
	f, err := open()
	if err != nil {
		return nil, plain(err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(impatient{f}, most+1))
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return nil, &NotPlain{"read without end, not a plain file"}
	}
	return text, plain(err)
}

// NotPlain is the error of what is no plain file.
type NotPlain struct {
	What string // it is, with its article
}

func (e *NotPlain) Error() string { return "is " + e.What }

// regular refuses what is no plain file.
func regular(info fs.FileInfo) error {
	switch mode := info.Mode(); {
	case mode.IsRegular():
		return nil
	case mode.IsDir():
		return &NotPlain{"a directory"}
	case mode&fs.ModeNamedPipe != 0:
		return &NotPlain{"a pipe, not a plain file"}
	case mode&fs.ModeSocket != 0:
		return &NotPlain{"a socket, not a plain file"}
	case mode&fs.ModeDevice != 0:
		return &NotPlain{"a device, not a plain file"}
	}
	return &NotPlain{"not a plain file"}
}

// plain is an error without the path that it repeats.
func plain(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}
