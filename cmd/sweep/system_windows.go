package main

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// writesFail makes a limit on the size of files an error of the write; there is
// none here.
func writesFail() {}

// resized are the signals that say that the terminal has another size; none
// here, where a new size shows at the next frame.
func resized() []os.Signal { return nil }

// noRoom reports whether err is of a disk that takes no more.
func noRoom(err error) bool {
	return errors.Is(err, windows.ERROR_DISK_FULL) || errors.Is(err, windows.ERROR_HANDLE_DISK_FULL) || errors.Is(err, windows.ERROR_DISK_QUOTA_EXCEEDED)
}
