package store

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// tryLock locks the file until it is closed; taken says that another process has
// locked it. What is locked is a byte far behind the text of the file, which others
// could not read otherwise.
func tryLock(f *os.File, shared bool) (taken bool, err error) {
	how := uint32(windows.LOCKFILE_FAIL_IMMEDIATELY)
	if !shared {
		how |= windows.LOCKFILE_EXCLUSIVE_LOCK
	}
	err = windows.LockFileEx(windows.Handle(f.Fd()), how, 0, 1, 0, &windows.Overlapped{OffsetHigh: 1})
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) || errors.Is(err, windows.ERROR_IO_PENDING) {
		return true, nil
	}
	return false, err
}

// cannotLock says that the file system has no locks.
func cannotLock(err error) bool { return errors.Is(err, windows.ERROR_NOT_SUPPORTED) }
