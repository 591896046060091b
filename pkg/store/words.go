package store

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// What the runtime says when it ends a process begins with the reason, if that is a
// panic, and goes on with stacks, the first of which is that of the goroutine at
// fault. Of a fatal error it leaves the reason out, and there may be a stack of its
// own first.
//
//	panic: no such thing
//
//	goroutine 7 [running]:
//	main.f(0xc000012345)
//		/home/x/main.go:12 +0x1d
//	created by main.g in goroutine 1
//		/home/x/main.go:30 +0x2f

var (
	reason    = regexp.MustCompile(`(?m)^(?:fatal error|panic): .*$`)
	noMemory  = regexp.MustCompile(`out of memory|cannot allocate memory|runtime\.(?:\(\*mheap\)\.(?:grow|alloc|sysAlloc)|sysMap|sysReserve|sysAlloc|persistentalloc|newosproc|newArenaMayUnlock)`)
	goroutine = regexp.MustCompile(`(?m)^goroutine (\d+) `)
	creator   = regexp.MustCompile(`(?m)^created by .* in goroutine (\d+)$`)
	address   = regexp.MustCompile(`0x[0-9a-f]+`)
	lineOf    = regexp.MustCompile(`^\t(.*):(\d+)(?: |$)`)
)

// headline is why a process ended and where, without what differs from time to
// time.
func headline(words string) (message, stack string) {
	message = address.ReplaceAllString(reason.FindString(words), "0x…")
	switch {
	case message != "":
	case strings.Contains(words, "runtime.newstack("):
		message = "fatal error: stack overflow"
	case strings.Contains(words, "/maps.fatal("):
		message = "fatal error: concurrent use of a map"
	case noMemory.MatchString(words):
		message = "fatal error: out of memory"
	case strings.Contains(words, "runtime.sigpanic("):
		message = "fatal error: fault"
	default:
		message = "fatal error"
	}
	var calls []string
	lines := strings.Split(firstStack(words), "\n")
	for i := 1; i+1 < len(lines) && len(calls) < 64; i++ {
		at := lineOf.FindStringSubmatch(lines[i+1])
		if at == nil {
			continue
		}
		name := strings.TrimPrefix(lines[i], "created by ")
		if open := strings.LastIndexByte(name, '('); open > 0 {
			name = name[:open]
		}
		name, _, _ = strings.Cut(name, " in goroutine ")
		if strings.HasSuffix(name, ".(*Model).Execute") {
			break
		}
		if !strings.HasPrefix(name, "runtime.") && !strings.HasPrefix(name, "internal/") && !strings.HasPrefix(name, "panic") {
			calls = append(calls, fmt.Sprintf("%s %s:%s\n", name, at[1][strings.LastIndexAny(at[1], `/\\`)+1:], at[2]))
		}
		i++
	}
	// A stack that is full is of one call many times.
	return message, strings.Join(slices.Compact(calls), "")
}

// firstStack is that of the goroutine that the runtime tells of first.
func firstStack(words string) string {
	at := goroutine.FindStringIndex(words)
	if at == nil {
		return ""
	}
	stack, _, _ := strings.Cut(words[at[0]:], "\n\n")
	return stack
}

// blame is which of the workers' slots have to do with the end of the process: that
// of the goroutine at fault, or of the one that has begun it, if it is a worker's;
// all, where memory has run out, which may come upon anybody, or where the goroutine
// is a model's; and none where it is the program's own.
func blame(words string, slots []slot) []slot {
	if reason.FindString(words) == "" && noMemory.MatchString(words) {
		return slots
	}
	stack := firstStack(words)
	for _, pattern := range []*regexp.Regexp{goroutine, creator} {
		found := pattern.FindStringSubmatch(stack)
		if found == nil {
			continue
		}
		if i := slices.IndexFunc(slots, func(s slot) bool { return fmt.Sprint(s.goroutine) == found[1] }); i >= 0 {
			return slots[i : i+1]
		}
	}
	for _, of := range []string{"/pkg/models/", "/pkg/measure", "/pkg/dynamics", "pkg/models.(*Model).Execute"} {
		if strings.Contains(stack, of) {
			return slots
		}
	}
	if stack == "" {
		return slots // it has not said who
	}
	return nil
}
