package runner

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// MachineMemory is how much memory the process may take before the system ends
// it, in bytes: what the machine has, or less if a control group says so; 0 where
// it can't be had.
func MachineMemory() int64 {
	var info unix.Sysinfo_t
	if unix.Sysinfo(&info) != nil {
		return 0
	}
	least := int64(info.Totalram) * int64(info.Unit)
	groups, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return least
	}
	for _, file := range limitFiles("/sys/fs/cgroup", string(groups)) {
		text, err := os.ReadFile(file)
		if err != nil {
			continue // a controller that is not there limits nothing
		}
		if n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64); err == nil && n > 0 {
			least = min(least, n)
		}
	}
	return least
}

// limitFiles are the files below root that can limit the memory of a process
// whose /proc/self/cgroup is groups: those of its group and of all above it, for
// control groups of version 2 and of version 1. In a container root is the
// container's own group.
func limitFiles(root, groups string) []string {
	var files []string
	for line := range strings.Lines(groups) {
		fields := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(fields) < 3 {
			continue
		}
		names, below := []string{"memory.max", "memory.high"}, ""
		if fields[1] == "memory" {
			names, below = []string{"memory.limit_in_bytes"}, "memory"
		} else if fields[1] != "" {
			continue
		}
		for path := filepath.Clean("/" + fields[2]); ; path = filepath.Dir(path) {
			for _, name := range names {
				files = append(files, filepath.Join(root, below, path, name))
			}
			if path == "/" {
				break
			}
		}
	}
	return files
}
