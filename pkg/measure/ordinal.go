package measure

import "math"

// OrdinalPatterns are the frequencies of the orders in which successive values
// of a series stand.
type OrdinalPatterns struct {
	Order     int
	Counts    []int   // by [PatternIndex]
	Entropy   float64 // permutation entropy -sum p ln p, in nats
	Forbidden int     // patterns that never occur
}

// Normalised is the entropy over that of white noise, ln Order!: from 0 to 1.
func (o OrdinalPatterns) Normalised() float64 { return o.Entropy / math.Log(float64(len(o.Counts))) }

// Frequency is the frequency of the pattern.
func (o OrdinalPatterns) Frequency(index int) float64 {
	var n int
	for _, c := range o.Counts {
		n += c
	}
	return float64(o.Counts[index]) / float64(n)
}

// Ordinal counts the ordinal patterns of x after Bandt and Pompe: for windows
// x(t), x(t+delay), ..., of order values, the places of the values in ascending
// order; among equal values the earlier is smaller. Order is from 2 to 8, usually 3
// to 7 with order! well below len(x), and delay 1 for maps. Chaotic maps have
// forbidden patterns, noise has none in the long run.
//
// Cost: some order² comparisons a window.
//
// C. Bandt, B. Pompe, Phys. Rev. Lett. 88:174102 (2002); J.M. Amigó, Permutation
// Complexity in Dynamical Systems (2010).
func Ordinal(x []float64, order, delay int) OrdinalPatterns {
	if order < 2 || order > 8 || delay < 1 || len(x) <= (order-1)*delay {
		panic("measure: an order from 2 to 8 and a series that is longer are needed")
	}
	count := 1
	for k := 2; k <= order; k++ {
		count *= k
	}
	o := OrdinalPatterns{Order: order, Counts: make([]int, count)}
	var places [8]int
	windows := len(x) - (order-1)*delay
	for t := range windows {
		for i := range order { // insertion sort is stable
			j := i
			for ; j > 0 && x[t+places[j-1]*delay] > x[t+i*delay]; j-- {
				places[j] = places[j-1]
			}
			places[j] = i
		}
		o.Counts[PatternIndex(places[:order])]++
	}
	for _, c := range o.Counts {
		if c == 0 {
			o.Forbidden++
			continue
		}
		p := float64(c) / float64(windows)
		o.Entropy -= float64(p * math.Log(p))
	}
	return o
}

// PatternIndex is the place of a permutation of 0, 1, ... in lexicographic order:
// 0 for the ascending one. The permutation lists places by ascending value:
// {2, 0, 1} says x2 < x0 < x1.
func PatternIndex(permutation []int) int {
	index := 0
	for i, p := range permutation {
		smaller := 0
		for _, q := range permutation[i+1:] {
			if q < p {
				smaller++
			}
		}
		index = index*(len(permutation)-i) + smaller
	}
	return index
}
