package patience

import (
	"context"
	"testing"
)

// asked is a context that counts how often it is asked.
type asked struct {
	context.Context
	times int
}

func (a *asked) Err() error {
	a.times++
	return a.Context.Err()
}

func TestSpend(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	a := &asked{Context: ctx}
	p := New(a)
	for range 10 {
		if err := p.Spend(Share / 5); err != nil {
			t.Fatal(err)
		}
	}
	// At once, and after each share.
	if a.times != 2 {
		t.Errorf("the context was asked %d times", a.times)
	}
	cancel()
	for k := range 6 {
		if err := p.Spend(Share / 5); err != nil {
			return
		} else if k == 5 {
			t.Error("a context that is done was not heard")
		}
	}
}

func TestLeave(t *testing.T) {
	ran := false
	if err := Leave(t.Context(), func() { ran = true }); err != nil || !ran {
		t.Errorf("%v, %v", ran, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	never := make(chan struct{})
	defer close(never)
	if err := Leave(ctx, func() { cancel(); <-never }); err != context.Canceled {
		t.Errorf("left with %v", err)
	}
	defer func() {
		if r := recover(); r != "lost" {
			t.Errorf("the panic is %v", r)
		}
	}()
	Leave(t.Context(), func() { panic("lost") })
}
