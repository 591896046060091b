package runner

import (
	"math"
	"slices"
)

const (
	// neighbours are the trials that tell of one among them: enough to average
	// over what differs by chance, few enough to see an edge.
	neighbours = 8
	// leastNearby is how many trials it takes before places are asked.
	leastNearby = 4 * neighbours
	// maxNearby bounds how many trials are looked through for each prediction.
	maxNearby = 512
	// telling is the share of the variance of ε that may be left unexplained.
	telling = 0.7
)

// nearby predicts the ε of a trial by the mean of those of the trials nearest to it.
// On each axis the distance is counted in values that were seen, as a share of
// all, so that the unit of a parameter and the steps of its axis are no matter.
type nearby struct {
	axes   []axis
	places []float64 // of each trial, one number for each axis
	e, ex  []float64 // ε and e^ε of each trial
	spread float64   // standard deviation of what the others' ε do not tell
	vary   float64   // of e^ε over what the others' say
}

// axis is a parameter that differs among the trials.
type axis struct {
	param  int
	values []float64 // that were seen, ascending
}

// rank is where a value lies among those seen, from 0 to 1, and -1 if it is not set:
// that is near to none of them.
func (a axis) rank(x float64) float64 {
	if x == unset {
		return -1
	}
	i, found := slices.BinarySearch(a.values, x)
	at := float64(i)
	switch {
	case i == len(a.values):
		at = float64(i - 1)
	case i > 0 && !found:
		at += (x-a.values[i-1])/(a.values[i]-a.values[i-1]) - 1
	}
	return at / float64(max(len(a.values)-1, 1))
}

// findNearby is nil unless the place tells of ε: each trial's is predicted by the
// others, and a good part of the variance must be gone. Traits begin with so many
// sizes.
func findNearby(observed []Observation, sizes int, e []float64) *nearby {
	if len(observed) < leastNearby {
		return nil
	}
	step := (len(observed) + maxNearby - 1) / maxNearby
	var kept []int
	for i := 0; i < len(observed); i += step {
		kept = append(kept, i)
	}
	nb := &nearby{}
	for param := range observed[0].Traits[sizes:] {
		a := axis{param: param}
		for _, i := range kept {
			a.values = append(a.values, observed[i].Traits[sizes+param])
		}
		slices.Sort(a.values)
		if a.values = slices.Compact(a.values); len(a.values) > 1 {
			if a.values[0] == unset {
				a.values = a.values[1:]
			}
			nb.axes = append(nb.axes, a)
		}
	}
	if len(nb.axes) == 0 {
		return nil
	}
	mean := 0.
	for _, i := range kept {
		nb.places = nb.appendPlace(nb.places, observed[i].Traits[sizes:])
		nb.e, nb.ex = append(nb.e, e[i]), append(nb.ex, math.Exp(e[i]))
		mean += e[i] / float64(len(kept))
	}
	var all, left, waste float64
	for i, e := range nb.e {
		guess, smear := nb.mean(nb.places[i*len(nb.axes):][:len(nb.axes)], i)
		all += (e - mean) * (e - mean)
		left += (e - guess) * (e - guess)
		waste += (nb.ex[i]/smear - 1) * (nb.ex[i]/smear - 1)
	}
	if left > telling*all || all == 0 {
		return nil
	}
	free := float64(len(nb.e) - 1)
	nb.spread, nb.vary = math.Sqrt(left/free), math.Sqrt(waste/free)
	return nb
}

func (nb *nearby) appendPlace(dst, values []float64) []float64 {
	for _, a := range nb.axes {
		dst = append(dst, a.rank(values[a.param]))
	}
	return dst
}

// at is the mean of ε and of e^ε of the trials nearest to where the parameters have
// these values.
func (nb *nearby) at(values []float64) (e, ex float64) {
	var space [16]float64
	return nb.mean(nb.appendPlace(space[:0], values), -1)
}

// mean is at, of a place, but for the trial without.
func (nb *nearby) mean(place []float64, without int) (e, ex float64) {
	var far [neighbours]float64 // ascending
	var which [neighbours]int
	count := 0
	d := len(nb.axes)
	for i := range nb.e {
		if i == without {
			continue
		}
		square := 0.
		for j, x := range nb.places[i*d : i*d+d] {
			square += (x - place[j]) * (x - place[j])
		}
		if count == neighbours && square >= far[count-1] {
			continue
		}
		k := min(count, neighbours-1)
		for ; k > 0 && far[k-1] > square; k-- {
			far[k], which[k] = far[k-1], which[k-1]
		}
		far[k], which[k] = square, i
		count = min(count+1, neighbours)
	}
	for _, i := range which[:count] {
		e, ex = e+nb.e[i]/float64(count), ex+nb.ex[i]/float64(count)
	}
	return e, ex
}
