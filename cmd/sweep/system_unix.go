//go:build !windows

package main

import (
	"errors"
	"os"
	"os/signal"
	"syscall"
)

// writesFail makes a limit on the size of files an error of the write, like a
// full disk, and not the end of the process.
func writesFail() { signal.Ignore(syscall.SIGXFSZ) }

// resized are the signals that say that the terminal has another size.
func resized() []os.Signal { return []os.Signal{syscall.SIGWINCH} }

// noRoom reports whether err is of a disk that takes no more.
func noRoom(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) || errors.Is(err, syscall.EFBIG)
}
