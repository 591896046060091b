package store

import (
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
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

// taken is a lock that this process has.
type taken struct {
	name string // below the result folder
	file *os.File
}

// lockName is the file of a result folder that is locked: one beside lock where that
// is a link, as where all files have gone to an annex, for what it leads to belongs
// to nobody here.
func lockName(dir string) string {
	info, err := os.Lstat(filepath.Join(dir, lockFile))
	if err == nil && info.Mode()&fs.ModeSymlink != 0 {
		return lockBeside
	}
	return lockFile
}

// openLock opens the file, which must be plain and no link.
func openLock(dir, name string, open func(name string) (*os.File, error)) (*os.File, error) {
	info, err := os.Lstat(filepath.Join(dir, name))
	if err == nil && !info.Mode().IsRegular() {
		return nil, &fs.PathError{Op: "open", Path: filepath.Join(dir, name), Err: fmt.Errorf("it is %s, not a plain file", modeWords(info.Mode()))}
	}
	return open(name)
}

// take makes this process the only writer of the folder until the disk is closed or
// the process ends, however it ends.
func (d *disk) take(me LockedError) error {
	name := lockName(d.dir)
	f, err := openLock(d.dir, name, func(name string) (*os.File, error) {
		return d.root.OpenFile(name, os.O_CREATE|os.O_RDWR, 0o666)
	})
	if err != nil {
		return err
	}
	// A reader that looks whether anybody writes holds the lock for a moment.
	busy := true
	for try := 0; busy && err == nil && try < 20; try++ {
		if try > 0 {
			time.Sleep(10 * time.Millisecond)
		}
		busy, err = tryLock(f, false)
	}
	if busy && err == nil {
		defer f.Close()
		return holder(d.dir, f)
	}
	if err != nil && cannotLock(err) {
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
		return fmt.Errorf("lock %s: %w", d.dir, err)
	}
	d.lock = &taken{name, f}
	return d.mine() // another may have replaced the file before it was locked
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
	f, err := openLock(dir, lockName(dir), func(name string) (*os.File, error) {
		return os.Open(filepath.Join(dir, name))
	})
	if os.IsNotExist(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close() // gives the lock back
	taken, err := tryLock(f, true)
	if taken {
		return holder(dir, f), nil
	}
	return nil, err
}
