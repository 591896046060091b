package store

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"time"
)

// Run is the provenance of one run, kept under runs/.
type Run struct {
	ID         string            `json:"id"`
	Experiment string            `json:"experiment"`
	About      string            `json:"about"`
	Started    time.Time         `json:"started"`
	Ended      time.Time         `json:"ended,omitzero"`
	Host       string            `json:"host"`
	PID        int               `json:"pid"`
	Args       []string          `json:"args"`
	Set        []string          `json:"set,omitempty"` // -s overrides of the spec
	Settings   map[string]string `json:"settings,omitempty"`
	Sweep      string            `json:"sweep"` // version of the module
	Commit     string            `json:"commit,omitempty"`
	Dirty      bool              `json:"dirty,omitempty"`
	Binary     string            `json:"binary_sha256,omitempty"`
	Go         string            `json:"go"`
	Arch       string            `json:"arch"`
	CPU        string            `json:"cpu,omitempty"`
	Cores      int               `json:"cores"`
	Spec       string            `json:"spec_sha256"`
	Before     *Counts           `json:"before,omitempty"` // what there was when it began
	Counts     *Counts           `json:"counts,omitempty"` // and when it ended
	Cut        []Cut             `json:"cut,omitempty"`    // trials that its end cut off
	Error      string            `json:"error,omitempty"`
}

// NewRun describes this process. IDs sort by time.
func NewRun(args []string) (Run, error) {
	now := time.Now().UTC()
	var b [4]byte
	if _, err := rand.Read(b[:]); err != nil {
		return Run{}, err
	}
	r := Run{
		ID:      now.Format("20060102T150405.000Z") + "-" + hex.EncodeToString(b[:]),
		Started: now, PID: os.Getpid(), Args: args,
		Go: runtime.Version(), Arch: Arch(), Cores: runtime.NumCPU(), CPU: cpuModel(),
	}
	r.Host, _ = os.Hostname() // an unnamed host is no reason not to run
	r.Sweep = Version()
	r.Commit, r.Dirty = buildSetting("vcs.revision"), buildSetting("vcs.modified") == "true"
	r.Binary = binaryHash()
	return r, nil
}

// Runs is the provenance of all runs of a folder, the earliest first. Files that
// cannot be read are left out.
func Runs(dir string) ([]*Run, error) {
	names, err := list(filepath.Join(dir, runsDir))
	var runs []*Run
	for _, name := range names {
		if r := readRun(filepath.Join(dir, runsDir, name)); r != nil {
			runs = append(runs, r)
		}
	}
	return runs, err
}

// FindRun is the provenance of a run by its id, nil if it is not there or cannot be
// read.
func FindRun(dir, id string) *Run {
	return readRun(filepath.Join(dir, runsDir, filepath.Base(id)+".json"))
}

// readRun is nil if the file is not the provenance of a run.
func readRun(path string) *Run {
	f, err := openRegular(path)
	if err != nil {
		return nil
	}
	defer f.Close()
	var r Run
	if json.NewDecoder(io.LimitReader(f, 1<<20)).Decode(&r) != nil {
		return nil
	}
	return &r
}

// Version is the version of the module that this binary was built from.
func Version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(devel)"
}

// Commit is the commit that this binary was built from, "" if not known, with
// "+dirty" behind it if the tree had changes.
func Commit() string {
	commit := buildSetting("vcs.revision")
	if commit != "" && buildSetting("vcs.modified") == "true" {
		commit += "+dirty"
	}
	return commit
}

func buildSetting(key string) string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == key {
				return s.Value
			}
		}
	}
	return ""
}

func binaryHash() string {
	name, err := os.Executable()
	if err != nil {
		return ""
	}
	f, err := os.Open(name)
	if err != nil {
		return ""
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return ""
	}
	return hex.EncodeToString(h.Sum(nil))
}

// cpuModel is the processor's name where the system tells it.
func cpuModel() string {
	text, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return ""
	}
	for line := range bytes.Lines(text) {
		if key, value, ok := bytes.Cut(line, []byte(":")); ok && string(bytes.TrimSpace(key)) == "model name" {
			return string(bytes.TrimSpace(value))
		}
	}
	return ""
}

func (s *Store) writeRun() error {
	text, err := json.MarshalIndent(s.run, "", "  ")
	if err != nil {
		return err
	}
	return s.disk.writeText(s.temp(), s.path(runsDir, s.run.ID+".json"), append(text, '\n'))
}

// keepEarlierSpec puts the spec that the folder's data set was run by into this
// run's folder of history/, before any of that data set moves there, if another is
// run now.
func (s *Store) keepEarlierSpec(spec []byte) error {
	old, err := readRegular(s.path(specFile))
	if os.IsNotExist(err) || err == nil && bytes.Equal(old, spec) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := s.disk.mkdir(s.path(historyDir, s.run.ID)); err != nil {
		return err
	}
	return s.disk.writeText(s.temp(), s.path(historyDir, s.run.ID, specFile), old)
}

// keepSpec writes the spec as run.
func (s *Store) keepSpec(spec []byte) error {
	sum := sha256.Sum256(spec)
	s.run.Spec = hex.EncodeToString(sum[:])
	if old, err := readRegular(s.path(specFile)); err == nil && bytes.Equal(old, spec) {
		return nil
	}
	return s.disk.writeText(s.temp(), s.path(specFile), spec)
}
