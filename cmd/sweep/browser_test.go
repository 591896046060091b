package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"
)

// browser is a Chromium that is spoken to in the DevTools protocol: JSON with a
// zero byte behind it, through two pipes.
type browser struct {
	t       *testing.T
	in      *os.File
	answers chan answer
	last    int
	session string
	events  []answer
}

type answer struct {
	ID     int
	Method string
	Params json.RawMessage
	Result json.RawMessage
	Error  *struct{ Message string }
}

// openPage opens a file in a browser of its own. Without a browser the test is
// skipped, and fails where CI is set.
func openPage(t *testing.T, path string) *browser {
	t.Helper()
	var program string
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			program = found
			break
		}
	}
	if program == "" {
		if os.Getenv("CI") != "" {
			t.Fatal("there is no Chromium; make browser installs it")
		}
		t.Skip("there is no Chromium; make browser installs it")
	}
	in, ours, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	theirs, out, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	args := []string{"--headless", "--remote-debugging-pipe", "--disable-gpu", "--disable-background-networking", "--disable-dev-shm-usage", "--no-first-run", "--user-data-dir=" + t.TempDir()}
	if os.Getuid() == 0 {
		args = append(args, "--no-sandbox")
	}
	cmd := exec.Command(program, append(args, "about:blank")...)
	cmd.ExtraFiles = []*os.File{in, out} // 3 and 4
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	in.Close()
	out.Close()
	b := &browser{t: t, in: ours, answers: make(chan answer, 1000)}
	go func() {
		defer close(b.answers)
		r := bufio.NewReader(theirs)
		for {
			text, err := r.ReadBytes(0)
			if err != nil {
				return
			}
			var a answer
			if json.Unmarshal(text[:len(text)-1], &a) == nil {
				b.answers <- a
			}
		}
	}()
	t.Cleanup(func() {
		b.send("", "Browser.close", nil)
		kill := time.AfterFunc(5*time.Second, func() { cmd.Process.Kill() })
		cmd.Wait()
		kill.Stop()
		ours.Close()
		theirs.Close()
	})
	var target struct{ TargetID string }
	b.call("Target.createTarget", map[string]any{"url": "about:blank"}, &target)
	var attached struct{ SessionID string }
	b.call("Target.attachToTarget", map[string]any{"targetId": target.TargetID, "flatten": true}, &attached)
	b.session = attached.SessionID
	for _, domain := range []string{"Page", "Runtime", "Log", "Network"} {
		b.call(domain+".enable", nil, nil)
	}
	b.call("Page.navigate", map[string]any{"url": "file://" + path}, nil)
	for range 200 {
		if b.eval(`document.readyState + " " + location.protocol`) == "complete file:" {
			return b
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatal("the page does not load")
	return nil
}

func (b *browser) send(session, method string, params any) error {
	b.last++
	message := map[string]any{"id": b.last, "method": method}
	if params != nil {
		message["params"] = params
	}
	if session != "" {
		message["sessionId"] = session
	}
	text, err := json.Marshal(message)
	if err == nil {
		_, err = b.in.Write(append(text, 0))
	}
	return err
}

// call asks and waits for the answer.
func (b *browser) call(method string, params, result any) {
	b.t.Helper()
	err := b.send(b.session, method, params)
	for late := time.After(30 * time.Second); err == nil; {
		select {
		case a, ok := <-b.answers:
			switch {
			case !ok:
				err = errors.New("the browser has ended")
			case a.ID == 0:
				b.events = append(b.events, a)
			case a.ID == b.last && a.Error != nil:
				err = errors.New(a.Error.Message)
			case a.ID == b.last:
				if result != nil {
					err = json.Unmarshal(a.Result, result)
				}
				if err == nil {
					return
				}
			}
		case <-late:
			err = errors.New("no answer")
		}
	}
	b.t.Fatalf("%s: %v", method, err)
}

// eval is the value of an expression in the page, as text.
func (b *browser) eval(expression string) string {
	b.t.Helper()
	var r struct {
		Result           struct{ Value any }
		ExceptionDetails *struct{ Text string }
	}
	b.call("Runtime.evaluate", map[string]any{"expression": expression, "returnByValue": true}, &r)
	if r.ExceptionDetails != nil {
		b.t.Fatalf("%s: %s", expression, r.ExceptionDetails.Text)
	}
	return fmt.Sprint(r.Result.Value)
}

// scheme makes the page light or dark.
func (b *browser) scheme(name string) {
	b.t.Helper()
	b.call("Emulation.setEmulatedMedia", map[string]any{"features": []any{map[string]any{"name": "prefers-color-scheme", "value": name}}}, nil)
}

// screenshot is the window as a PNG.
func (b *browser) screenshot() []byte {
	b.t.Helper()
	var r struct{ Data []byte }
	b.call("Page.captureScreenshot", map[string]any{"format": "png"}, &r)
	return r.Data
}

// tab presses the key and says what has the focus then.
func (b *browser) tab() string {
	b.t.Helper()
	for _, kind := range []string{"rawKeyDown", "keyUp"} {
		b.call("Input.dispatchKeyEvent", map[string]any{"type": kind, "key": "Tab", "code": "Tab", "windowsVirtualKeyCode": 9}, nil)
	}
	return b.eval(`(e => e.tagName.toLowerCase() + " " + (e.getAttribute("href") || e.id || e.textContent.slice(0, 30)))(document.activeElement)`)
}
