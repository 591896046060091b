package runner

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/sys/unix"
)

// MachineMemory is how much memory the process may take before the system ends
// it, in bytes: what the machine has, or less if a control group, one above it or
// ulimit says so; 0 where it can't be had.
func MachineMemory() int64 {
	var info unix.Sysinfo_t
	if unix.Sysinfo(&info) != nil {
		return 0
	}
	least := int64(info.Totalram) * int64(info.Unit)
	if groups, err := os.ReadFile("/proc/self/cgroup"); err == nil {
		least = leastOf("/sys/fs/cgroup", string(groups), least)
	}
	return min(least, mappable())
}

// mappable is how much memory the process may take where ulimit bounds what it may
// map. It is asked for once, when little is mapped: what a run maps besides its heap
// would change it.
var mappable = sync.OnceValue(func() int64 {
	statm, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return math.MaxInt64
	}
	var size, resident, shared, text, lib, data int64 // pages; see proc(5)
	if _, err := fmt.Sscan(string(statm), &size, &resident, &shared, &text, &lib, &data); err != nil {
		return math.MaxInt64
	}
	page := int64(os.Getpagesize())
	return min(mappableOf(unix.RLIMIT_AS, size*page), mappableOf(unix.RLIMIT_DATA, data*page))
})

// leastOf is the least limit of the control groups, and of least.
func leastOf(root, groups string, least int64) int64 {
	for _, file := range limitFiles(root, groups) {
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

// mappableOf is mappable for one limit, where so many bytes are mapped. Threads take
// some of the rest, each by its stack and an arena of the C library. Of what is left
// the heap can have three quarters: it is mapped by 64 MiB, never unmapped, and has
// gaps. It is a multiple of those, so that messages name the same limit each time.
func mappableOf(resource int, mapped int64) int64 {
	var limit unix.Rlimit
	if unix.Getrlimit(resource, &limit) != nil || limit.Cur > math.MaxInt64 {
		return math.MaxInt64
	}
	const arena = 64 << 20
	const threads = 4 * arena
	return max((int64(limit.Cur)-mapped+inUse()-threads)/4*3/arena*arena, arena)
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
