package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// LockedError says that another run is writing to the result folder.
type LockedError struct {
	Dir     string    `json:"-"`
	Host    string    `json:"host"`
	PID     int       `json:"pid"`
	Started time.Time `json:"started"`
}

func (e *LockedError) Error() string {
	if e.PID == 0 {
		return fmt.Sprintf("%s is locked by another run, which has not said which it is", e.Dir)
	}
	return fmt.Sprintf("%s is locked by process %d on %s, started %s", e.Dir, e.PID, e.Host, e.Started.Local().Format("2006-01-02 15:04:05 -07:00"))
}

// lock makes this process the only writer of the folder until the file is
// closed or the process ends, however it ends.
func lock(d *disk, dir string, me LockedError) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, lockFile), os.O_CREATE|os.O_RDWR|syscall.O_NOFOLLOW, 0o666)
	if err != nil {
		return nil, err
	}
	// A reader that looks whether anybody writes holds the lock for a moment.
	for range 20 {
		if err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); !errors.Is(err, syscall.EWOULDBLOCK) {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if errors.Is(err, syscall.EWOULDBLOCK) {
		defer f.Close()
		return nil, holder(dir, f)
	}
	if errors.Is(err, syscall.ENOSYS) || errors.Is(err, syscall.ENOTSUP) || errors.Is(err, syscall.ENOLCK) {
		err = fmt.Errorf("its file system cannot lock files, mount it with locks or take another results folder: %w", err)
	}
	if err == nil {
		var text []byte
		if text, err = json.Marshal(me); err == nil {
			if err = d.ask("write", f.Name()); err == nil {
				err = f.Truncate(0)
			}
			if err == nil {
				_, err = f.WriteAt(append(text, '\n'), 0)
			}
		}
	}
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("lock %s: %w", dir, err)
	}
	return f, nil
}

func holder(dir string, f *os.File) *LockedError {
	held := &LockedError{}
	if text, err := io.ReadAll(io.LimitReader(f, 4096)); err == nil {
		if json.Unmarshal(text, held) != nil {
			held = &LockedError{} // being written just now
		}
	}
	held.Dir = dir
	return held
}

// locked says who writes to the folder, nil if nobody does.
func locked(dir string) (*LockedError, error) {
	f, err := os.OpenFile(filepath.Join(dir, lockFile), os.O_RDONLY|syscall.O_NOFOLLOW, 0)
	if os.IsNotExist(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close() // gives the lock back
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_SH|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return holder(dir, f), nil
	}
	return nil, err
}
