package main

import "time"

// moment is a time for people, in the zone of this machine and with its offset. All
// verbs say times in this form; JSON has them as RFC 3339.
func moment(t time.Time) string { return t.Local().Format("2006-01-02 15:04:05 -07:00") }

// nextTime is the next moment after now at which a clock on the wall shows the
// time. Of a time that the clock skips, since it is put forward over it, that is
// the first moment after the gap.
func nextTime(text string, now time.Time) (time.Time, error) {
	clock, err := time.Parse("15:04", text)
	if err != nil {
		return time.Time{}, usagef("--until takes a time of day such as 07:30, not %q", text)
	}
	var next time.Time
	consider := func(t time.Time) {
		if t.After(now) && (next.IsZero() || t.Before(next)) {
			next = t
		}
	}
	// Two days on there is a day without a change behind any change of clocks.
	day := func(k int) time.Time {
		return time.Date(now.Year(), now.Month(), now.Day()+k, clock.Hour(), clock.Minute(), 0, 0, time.UTC)
	}
	const first, last = -1, 3
	for at, end := now.AddDate(0, 0, -2), now.AddDate(0, 0, 4); ; {
		_, offset := at.Zone()
		from, to := at.ZoneBounds() // in which this offset holds; zero without a bound
		for k := first; k <= last; k++ {
			t := day(k).Add(-time.Duration(offset) * time.Second)
			if !t.Before(from) && (to.IsZero() || t.Before(to)) {
				consider(t.In(now.Location()))
			}
		}
		if to.IsZero() || to.After(end) {
			return next, nil
		}
		_, after := to.Zone()
		for k := first; k <= last; k++ {
			wall := day(k)
			shown := func(offset int) time.Time { return to.UTC().Add(time.Duration(offset) * time.Second) }
			if !wall.Before(shown(offset)) && wall.Before(shown(after)) {
				consider(to)
			}
		}
		at = to
	}
}
