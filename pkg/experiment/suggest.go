package experiment

import (
	"fmt"
	"strings"
)

// suggest is the hint for a name that is none of the candidates: the nearest
// of them, or all if they are few. noun is what the candidates are, in the
// plural.
func suggest(name, noun string, candidates []string) string {
	best, least := "", -1
	for _, c := range candidates {
		if strings.EqualFold(c, name) {
			return fmt.Sprintf("did you mean %s? names are case-sensitive", c)
		}
		// A third of the letters may be wrong.
		n := max(len(c), len(name))
		if len(name) > 4*len(c)+8 {
			continue
		}
		if d := distance(name, c); d <= (n+1)/3 && n > 2 && (least < 0 || d < least) {
			best, least = c, d
		}
	}
	switch {
	case best != "":
		return fmt.Sprintf("did you mean %s?", best)
	case len(candidates) == 0:
		return ""
	case len(candidates) <= 20:
		return fmt.Sprintf("%s: %s", noun, strings.Join(candidates, ", "))
	}
	return ""
}

// distance is the number of letters to insert, delete, replace or swap with
// their neighbour to turn a into b (optimal string alignment).
func distance(a, b string) int {
	s, t := []rune(a), []rune(b)
	before := make([]int, len(t)+1)
	row := make([]int, len(t)+1)
	next := make([]int, len(t)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(s); i++ {
		next[0] = i
		for j := 1; j <= len(t); j++ {
			cost := 1
			if s[i-1] == t[j-1] {
				cost = 0
			}
			next[j] = min(row[j]+1, next[j-1]+1, row[j-1]+cost)
			if i > 1 && j > 1 && s[i-1] == t[j-2] && s[i-2] == t[j-1] {
				next[j] = min(next[j], before[j-2]+1)
			}
		}
		before, row, next = row, next, before
	}
	return row[len(t)]
}
