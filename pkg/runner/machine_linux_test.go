package runner

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestLimitFiles(t *testing.T) {
	for _, c := range []struct {
		groups string
		want   []string
	}{
		{"0::/\n", []string{"/g/memory.max", "/g/memory.high"}},
		{"0::/a/b\n", []string{"/g/a/b/memory.max", "/g/a/b/memory.high", "/g/a/memory.max", "/g/a/memory.high", "/g/memory.max", "/g/memory.high"}},
		{"5:cpu,cpuacct:/x\n4:memory:/x\n", []string{"/g/memory/x/memory.limit_in_bytes", "/g/memory/memory.limit_in_bytes"}},
		{"0::/../..\n", []string{"/g/memory.max", "/g/memory.high"}},
		{"what is this\n", nil},
	} {
		if got := limitFiles("/g", c.groups); !slices.Equal(got, c.want) {
			t.Errorf("%q: %q", c.groups, got)
		}
	}
}

func TestHardLimit(t *testing.T) {
	for _, c := range []struct{ limit, machine, want int64 }{
		{80, 100, 90}, {20, 100, 40}, {100, 100, 112}, {160, 100, 180}, {80, 0, 90},
	} {
		if got := hardLimit(c.limit, c.machine); got != c.want {
			t.Errorf("limit %d on a machine of %d: %d", c.limit, c.machine, got)
		}
	}
}

// TestLeastOf: a group is bound by the limits of those above it.
func TestLeastOf(t *testing.T) {
	const groups = "4:memory:/slurm/job\n0::/user/app\n"
	for _, c := range []struct {
		files map[string]string
		want  int64
	}{
		{nil, 1000},
		{map[string]string{"user/app/memory.max": "max\n", "user/memory.max": "500\n"}, 500},
		{map[string]string{"user/app/memory.max": "700\n", "user/memory.high": "600\n"}, 600},
		{map[string]string{"memory/slurm/job/memory.limit_in_bytes": "9223372036854771712\n", "memory/slurm/memory.limit_in_bytes": "300\n"}, 300},
		{map[string]string{"memory/memory.limit_in_bytes": "200\n"}, 200},
		{map[string]string{"user/app/memory.max": "what is this\n"}, 1000},
	} {
		root := t.TempDir()
		for name, text := range c.files {
			path := filepath.Join(root, name)
			if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
				t.Fatal(err)
			}
		}
		if got := leastOf(root, groups, 1000); got != c.want {
			t.Errorf("%v: %d, not %d", c.files, got, c.want)
		}
	}
}
